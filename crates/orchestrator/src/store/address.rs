//! The address of a Postgres, read as other programs read it, except that it ignores `PG*` of the environment: those
//! are for other databases. It does not connect.

mod several;
mod url;

use std::{fmt, net::IpAddr, path::Path};

use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};

use self::{
    several::several,
    url::{percent, says_sslmode, torn, without_passwords},
};
use super::StoreError;
use crate::environment;

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
    /// Whether a server that takes no writes is passed over.
    pub(super) primary: bool,
    /// An address for each server, if it names several; the rest here is that of the first.
    each: Vec<Self>,
    uri: String,
    /// The password, unless it is in `~/.pgpass`.
    password: Option<String>,
}

impl Address {
    /// Reads an address as `postgres://user:password@host:port/database?sslmode=…`. An `sslmode` in it is honoured;
    /// without one a server on this machine needs no TLS, and one elsewhere needs `verify-full`. A password that is
    /// neither in it nor in `~/.pgpass` is that of `PGPASSWORD`. It may name several servers (`host:port,host:port`), of which
    /// one takes writes.
    /// `schema` is the schema our tables are in, created if it is missing; none means the role's own first one.
    ///
    /// # Errors
    /// [`StoreError::BadAddress`] if it cannot be read.
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
        let several = several(url).map_err(bad)?;
        let each = several.urls.iter().map(|url| Self::of_one(url, schema));
        let each: Vec<Self> = each.collect::<Result<_, _>>()?;
        let first = each.first().cloned();
        let first = first.ok_or_else(|| bad("it names no server".to_owned()))?;
        Ok(Self {
            uri: url.to_owned(),
            primary: several.primary,
            remote: each.iter().any(|one| one.remote),
            each: if each.len() > 1 { each } else { Vec::new() },
            ..first
        })
    }

    /// Reads the address of one server.
    fn of_one(url: &str, schema: Option<&str>) -> Result<Self, StoreError> {
        let bad = |why: String| StoreError::BadAddress { why };
        let options: PgConnectOptions = url.parse().map_err(|error| match error {
            sqlx::Error::Configuration(why) => bad(why.to_string()),
            error => bad(error.to_string()),
        })?;
        let socket = options.get_socket().is_some() || options.get_host().starts_with('/');
        let remote = !socket && !is_loopback(options.get_host());
        let mode = match options.get_ssl_mode() {
            // No program speaks TLS over a socket file, whatever the address says.
            _ if socket => PgSslMode::Disable,
            _ if remote && !says_sslmode(url) => PgSslMode::VerifyFull,
            // The driver reads `allow` as `disable`, and a server that insists on TLS refuses that.
            PgSslMode::Allow => PgSslMode::Prefer,
            mode => mode,
        };
        let mut options = plain(options.ssl_mode(mode));
        let mut password = without_passwords(url).1;
        // A password in ~/.pgpass is for this very server; PGPASSWORD may have been set for a project's own.
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
            primary: false,
            each: Vec::new(),
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
            primary: false,
            each: Vec::new(),
            password: None,
            uri: format!("postgresql:///{database}?host={host}&port={port}&user={user}"),
        }
    }

    /// The address as psql takes it, without the password, which every user of the machine could read in an argument;
    /// and the password, if the address has one.
    #[must_use]
    pub fn uri(&self) -> (String, Option<String>) {
        let (uri, password) = (without_passwords(&self.uri).0, self.password.clone());
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

    /// The address of each server that it names, in the order in which they are tried.
    pub(super) fn each(&self) -> &[Self] {
        match self.each.as_slice() {
            [] => std::slice::from_ref(self),
            each => each,
        }
    }

    /// The schema our tables are in, if one is named.
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
        if !self.each.is_empty() {
            let place = |one: &Self| {
                let options = &one.options;
                format!("{}:{}", options.get_host(), options.get_port())
            };
            let places: Vec<String> = self.each.iter().map(place).collect();
            return format!("{user}@{}/{database}", places.join(","));
        }
        match options.get_socket() {
            Some(folder) => format!("{user}@{}:{port}/{database}", folder.display()),
            None => format!("{user}@{}:{port}/{database}", options.get_host()),
        }
    }

    /// Why another could read what is sent there, or answer in the server's place; none if that is impossible.
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

/// Names us in the server's list of connections, and leaves out the driver's `extra_float_digits`: poolers refuse start-up
/// parameters that they do not know.
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

#[cfg(test)]
mod tests;
