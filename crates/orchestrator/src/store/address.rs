//! Where a Postgres is: what an address says, read as other programs read it; but an address says all of it, and `PG*` of
//! the environment is for other databases. It connects to nothing.

use std::{fmt, net::IpAddr, path::Path};

use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};

use super::StoreError;
use crate::environment;

/// What an address may have an `@` in beside its password: Azure's users are called `me@server`.
const WITH_AT: [&str; 6] = [
    "user",
    "password",
    "host",
    "dbname",
    "options",
    "application_name",
];

/// Where a Postgres is and how to log in to it.
#[derive(Clone)]
pub struct Address {
    pub(super) options: PgConnectOptions,
    /// The schema our tables are in; none means the role's own first one.
    pub(super) schema: Option<String>,
    /// Whether the server may be on another machine.
    pub(super) remote: bool,
    /// Whether it is our own private server's.
    pub(super) own: bool,
    uri: String,
    /// What its server is given, where that is not in `~/.pgpass`.
    password: Option<String>,
}

impl Address {
    /// Reads an address as `postgres://user:password@host:port/database?sslmode=…`. A `sslmode` in it is honoured;
    /// without one a server on this machine needs no TLS, and one elsewhere needs `verify-full`. A password that is
    /// neither in it nor in `~/.pgpass` is that of `PGPASSWORD`.
    /// `schema` is the schema our tables are in, created where it is missing; none means the role's own first one.
    ///
    /// # Errors
    /// [`StoreError::BadAddress`] where it cannot be read.
    pub fn parse(url: &str, schema: Option<&str>) -> Result<Self, StoreError> {
        let bad = |why: String| StoreError::BadAddress { why };
        let url = url.trim();
        let Some(rest) = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
        else {
            return Err(bad(
                "it has to begin with postgres://, as in postgres://user@host/database".to_owned(),
            ));
        };
        if let Some(why) = torn(rest) {
            return Err(bad(why));
        }
        let options: PgConnectOptions = url.parse().map_err(|error| match error {
            sqlx::Error::Configuration(why) => bad(why.to_string()),
            error => bad(error.to_string()),
        })?;
        let socket = options.get_socket().is_some() || options.get_host().starts_with('/');
        let remote = !socket && !is_loopback(options.get_host());
        let asked = says_sslmode(url);
        let mode = match options.get_ssl_mode() {
            // As everywhere, TLS is not spoken over a socket file, whatever the address says.
            _ if socket => PgSslMode::Disable,
            _ if remote && !asked => PgSslMode::VerifyFull,
            // The driver takes `allow` for `disable`, which a server that insists on TLS turns away.
            PgSslMode::Allow => PgSslMode::Prefer,
            mode => mode,
        };
        let mut options = plain(options.ssl_mode(mode));
        let mut password = apart(url).1;
        // What is kept for this server goes before what a project has set for another.
        if password.is_none() && options.to_url_lossy().password().is_none() {
            password = environment::var("PGPASSWORD").and_then(|word| word.into_string().ok());
            if let Some(password) = &password {
                options = options.password(password);
            }
        }
        Ok(Self {
            options,
            password,
            schema: schema.filter(|name| !name.is_empty()).map(str::to_owned),
            remote,
            own: false,
            uri: url.to_owned(),
        })
    }

    /// Our own server behind a socket file in `folder`, logged in to as `user` without a password.
    #[must_use]
    pub fn socket(folder: &Path, port: u16, user: &str, database: &str) -> Self {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(folder)
            .port(port)
            .username(user)
            .database(database)
            .ssl_mode(PgSslMode::Disable);
        let host: String = folder
            .as_os_str()
            .as_encoded_bytes()
            .iter()
            .copied()
            .map(percent)
            .collect();
        Self {
            options: plain(options),
            schema: None,
            remote: false,
            own: true,
            password: None,
            uri: format!("postgresql:///{database}?host={host}&port={port}&user={user}"),
        }
    }

    /// The address as psql takes it, without the password, which every user of the machine could read in an argument;
    /// and the password, where the address has one.
    #[must_use]
    pub fn uri(&self) -> (String, Option<String>) {
        let (uri, password) = (apart(&self.uri).0, self.password.clone());
        let Some(schema) = &self.schema else {
            return (uri, password);
        };
        let path: String = format!("-c search_path={schema}")
            .bytes()
            .map(percent)
            .collect();
        let join = if uri.contains('?') { '&' } else { '?' };
        (format!("{uri}{join}options={path}"), password)
    }

    /// The schema our tables are in, where one is named.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The address for a person: no password, no parameters.
    #[must_use]
    pub fn shown(&self) -> String {
        let options = &self.options;
        let user = options.get_username();
        let port = options.get_port();
        let database = options.get_database().unwrap_or(user);
        match options.get_socket() {
            Some(folder) => format!("{user}@{}:{port}/{database}", folder.display()),
            None => format!("{user}@{}:{port}/{database}", options.get_host()),
        }
    }

    /// Why what is sent there could be read or answered by somebody else, where it could.
    pub(super) fn exposure(&self) -> Option<&'static str> {
        if !self.remote {
            return None;
        }
        match self.options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow => {
                Some("the connection is not encrypted (sslmode=disable)")
            }
            PgSslMode::Prefer => Some(
                "the connection may not be encrypted, and nothing checks who answers (sslmode=prefer)",
            ),
            PgSslMode::Require => Some("nothing checks who answers (sslmode=require)"),
            PgSslMode::VerifyCa | PgSslMode::VerifyFull => None,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("at", &self.shown())
            .field("schema", &self.schema)
            .field("sslmode", &self.options.get_ssl_mode())
            .finish_non_exhaustive()
    }
}

/// A server's own list of connections should say whose they are; and a session is asked for as any program asks for one,
/// for poolers refuse what is unusual, as the driver's own wish for digits of numbers that we never read.
fn plain(options: PgConnectOptions) -> PgConnectOptions {
    let options = options.extra_float_digits(None::<i8>);
    match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("vm-orchestrator"),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Why an address, without its scheme, is not what its writer meant: a password with a `/`, `?` or `#` in it ends where
/// that is, and the rest of it would be taken for the server's name, and shown.
fn torn(rest: &str) -> Option<String> {
    let odd = |sign: char, code: &str| {
        Some(format!(
            "it has a {sign} where none can be; in a user, password or name it is written {code}"
        ))
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (front, behind) = rest.split_at(end);
    if rest.contains('#') {
        return odd('#', "%23");
    }
    if front.contains('@') || !front.contains(':') {
        return None;
    }
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    if path.contains('@') {
        return odd('/', "%2F");
    }
    let strays = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        pair.contains('@') && !WITH_AT.contains(&name)
    };
    query
        .split('&')
        .any(strays)
        .then(|| odd('?', "%3F"))
        .flatten()
}

fn says_sslmode(url: &str) -> bool {
    url.split_once('?').is_some_and(|(_, query)| {
        query
            .split('&')
            .any(|pair| pair.starts_with("sslmode=") || pair.starts_with("ssl-mode="))
    })
}

/// An address without its passwords, and the one that the server asks for. That of a key's file, which has no other way
/// to psql than an argument, is left to be asked for.
fn apart(uri: &str) -> (String, Option<String>) {
    let (front, query) = match uri.split_once('?') {
        Some((front, query)) => (front, Some(query)),
        None => (uri, None),
    };
    let mut password = None;
    let at = front.find("://").map_or(0, |at| at + 3);
    let end = front[at..].find('/').map_or(front.len(), |end| at + end);
    let mut bare = front.to_owned();
    if let Some(host) = front[at..end].rfind('@').map(|host| at + host)
        && let Some(colon) = front[at..host].find(':').map(|colon| at + colon)
    {
        password = Some(decoded(&front[colon + 1..host]));
        bare.replace_range(colon..host, "");
    }
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    let mut kept = Vec::new();
    for pair in pairs {
        match pair.split_once('=') {
            Some(("password", value)) => password = Some(decoded(value)),
            Some(("sslpassword", _)) => {}
            _ => kept.push(pair),
        }
    }
    if !kept.is_empty() {
        bare = format!("{bare}?{}", kept.join("&"));
    }
    (bare, password.filter(|password| !password.is_empty()))
}

/// A text of a URL without its escapes (RFC 3986 §2.1); what is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, then @ ..] = rest {
        let code = then.get(..2).and_then(|code| str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match code.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &then[2..];
            }
            None => {
                bytes.push(*first);
                rest = then;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> String {
        format!(
            "{:?}",
            Address::parse(url, None).unwrap().options.get_ssl_mode()
        )
    }

    #[test]
    fn tls_is_needed_only_where_the_way_leaves_this_machine() {
        assert_eq!(mode("postgres://localhost/x"), "Prefer");
        assert_eq!(mode("postgres://127.0.0.3:5433/x"), "Prefer");
        assert_eq!(mode("postgres://[::1]/x"), "Prefer");
        assert_eq!(mode("postgres:///x?host=/run/postgresql"), "Disable");
        assert_eq!(
            mode("postgres://%2Frun%2Fpostgresql/x?sslmode=require"),
            "Disable"
        );
        assert_eq!(mode("postgres://db.example.com/x"), "VerifyFull");
        assert_eq!(mode("postgres://x?hostaddr=10.0.0.1"), "VerifyFull");
    }

    #[test]
    fn a_written_sslmode_is_honoured() {
        assert_eq!(
            mode("postgres://db.example.com/x?sslmode=disable"),
            "Disable"
        );
        assert_eq!(
            mode("postgres://db.example.com/x?sslmode=require"),
            "Require"
        );
        assert_eq!(
            mode("postgres://db.example.com/x?a=b&sslmode=verify-ca"),
            "VerifyCa"
        );
        assert_eq!(mode("postgres://db.example.com/x?sslmode=allow"), "Prefer");
        assert_eq!(
            mode("postgres://localhost/x?sslmode=verify-full"),
            "VerifyFull"
        );
        let wrong = Address::parse("postgres://localhost/x?sslmode=maybe", None).unwrap_err();
        assert!(wrong.to_string().contains("maybe"), "{wrong}");
    }

    #[test]
    fn the_password_is_shown_nowhere() {
        let address = Address::parse(
            "postgres://ann:s3cret@db.example.com:6000/ci?sslmode=require",
            None,
        )
        .unwrap();
        assert_eq!(address.shown(), "ann@db.example.com:6000/ci");
        assert!(!format!("{address:?}").contains("s3cret"));
        assert!(address.exposure().unwrap().contains("sslmode=require"));
    }

    /// Each of these passwords is read by a parser of URLs as a host, a port, a database or a parameter.
    #[test]
    fn no_part_of_a_password_that_was_not_written_as_it_has_to_be_is_shown() {
        for sign in ['#', '/', '?', '@', '%', ':', '[', ' ', '\\', '&', '='] {
            for url in [
                format!("postgres://ann:s3cr{sign}3t@db/ci"),
                format!("postgres://ann:12{sign}s3cr3t@db/ci"),
                format!("postgres://ann:12{sign}s3cr=3t@db:5432/ci?sslmode=require"),
                format!("postgres://ann:{sign}s3cr{sign}3t{sign}@db/ci"),
            ] {
                let shown = match Address::parse(&url, None) {
                    Ok(address) => format!("{} {address:?} {}", address.shown(), address.uri().0),
                    Err(error) => error.to_string(),
                };
                let part = ["s3cr", "3t@", "12@", ":12"]
                    .into_iter()
                    .find(|part| shown.contains(part));
                assert_eq!(part, None, "{url}: {shown}");
            }
        }
        for whole in [
            "postgres://db:5432/ci?user=me@corp&password=p@w",
            "postgres:///ci?host=/run/x@y:1",
            "postgres://me%40corp:x@db:5432/ci",
        ] {
            Address::parse(whole, None).unwrap();
        }
    }

    #[test]
    fn psql_is_given_no_password_in_its_arguments() {
        let uri = |url: &str| Address::parse(url, None).unwrap().uri();
        let bare = "postgres://ann@db/ci?sslmode=require";
        for (url, password) in [
            (
                "postgres://ann:s3cr%40t%2F1@db/ci?sslmode=require",
                "s3cr@t/1",
            ),
            ("postgres://ann@db/ci?sslmode=require&password=a%20b", "a b"),
            (
                "postgres://ann@db/ci?password=100%&sslmode=require&sslpassword=key",
                "100%",
            ),
            ("postgres://ann:a:b@db/ci?sslmode=require", "a:b"),
        ] {
            assert_eq!(
                uri(url),
                (bare.to_owned(), Some(password.to_owned())),
                "{url}"
            );
        }
        assert_eq!(uri(bare), (bare.to_owned(), None));
        assert_eq!(uri("postgres://ann:@db").0, "postgres://ann@db");
        let socket = "postgres:///ci?host=/run/x@y:1";
        assert_eq!(uri(socket), (socket.to_owned(), None));
    }

    #[test]
    fn a_schema_is_part_of_what_psql_is_given() {
        let address = Address::parse("postgres://db/ci?sslmode=disable", Some("vmo")).unwrap();
        assert!(
            address.uri().0.ends_with("&options=-c%20search_path%3Dvmo"),
            "{:?}",
            address.uri()
        );
    }

    #[test]
    fn what_is_no_address_says_so() {
        for url in [
            "",
            "mysql://x/y",
            "host=localhost dbname=x",
            "postgres://host:port/x",
        ] {
            assert!(
                matches!(
                    Address::parse(url, None),
                    Err(StoreError::BadAddress { .. })
                ),
                "{url}"
            );
        }
    }
}
