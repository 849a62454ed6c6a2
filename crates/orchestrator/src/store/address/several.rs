//! An address that names several servers, of which one takes writes: `postgres://user@a:5432,b:5433/database`, as libpq has
//! them. Here is how it is taken apart; which of them is used is found by asking.

/// Servers that one address may name.
const MOST: usize = 32;
/// What says which of several sessions is wanted.
const WANTED: &str = "target_session_attrs=";

/// An address taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Several {
    /// An address for each server, in the order in which they are tried.
    pub(super) urls: Vec<String>,
    /// Whether one that takes no writes is passed over.
    pub(super) primary: bool,
}

/// Takes an address apart. One that names one server is that one.
///
/// # Errors
/// Why it cannot be used, for a person.
pub(super) fn several(url: &str) -> Result<Several, String> {
    let (front, query) = match url.split_once('?') {
        Some((front, query)) => (front, query),
        None => (url, ""),
    };
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let wanted = pairs.iter().find_map(|pair| pair.strip_prefix(WANTED));
    let said = match wanted {
        None | Some("any") => false,
        Some("read-write" | "primary") => true,
        Some(other) => {
            return Err(format!(
                "it says {WANTED}{other}, and the history has to be written: read-write, primary or any"
            ));
        }
    };
    pairs.retain(|pair| !pair.starts_with(WANTED));
    let is_list = |pair: &&&str| {
        let by_name = ["host=", "hostaddr=", "port="];
        let value = by_name.iter().find_map(|name| pair.strip_prefix(name));
        value.is_some_and(|value| value.contains(',') || value.to_lowercase().contains("%2c"))
    };
    if let Some(list) = pairs.iter().find(is_list) {
        return Err(format!(
            "it has several servers in {list}: they are written before the database, as postgres://user@a:5432,b:5432/database"
        ));
    }
    let query = match pairs.as_slice() {
        [] => String::new(),
        pairs => format!("?{}", pairs.join("&")),
    };
    let start = front.find("://").map_or(0, |at| at + 3);
    let end = front[start..]
        .find('/')
        .map_or(front.len(), |at| start + at);
    // A password may have a comma.
    let hosts = front[start..end]
        .rfind('@')
        .map_or(start, |at| start + at + 1);
    let (login, path) = (&front[..hosts], &front[end..]);
    let hosts: Vec<&str> = front[hosts..end].split(',').collect();
    if hosts.len() > MOST {
        return Err(format!(
            "it names {} servers, and at most {MOST} are tried",
            hosts.len()
        ));
    }
    if hosts.len() > 1 && hosts.contains(&"") {
        return Err("one of its servers has no name: there is a comma too many".into());
    }
    Ok(Several {
        primary: said || hosts.len() > 1,
        urls: hosts
            .into_iter()
            .map(|host| format!("{login}{host}{path}{query}"))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_an_address_of_its_own() {
        let of = |url| several(url).map(|it| (it.urls.join(" "), it.primary));
        let ok = |urls: &str, primary| Ok((urls.to_owned(), primary));
        assert_eq!(of("postgres://u@a/x"), ok("postgres://u@a/x", false));
        assert_eq!(
            of("postgres://u:p,w@a:1,[::1]:2,c/x?sslmode=require&target_session_attrs=any"),
            ok(
                "postgres://u:p,w@a:1/x?sslmode=require postgres://u:p,w@[::1]:2/x?sslmode=require \
                 postgres://u:p,w@c/x?sslmode=require",
                true
            )
        );
        assert_eq!(
            of("postgres://a?target_session_attrs=read-write"),
            ok("postgres://a", true)
        );
        // A socket's folder.
        let socket = "postgres:///x?host=/run/postgresql";
        assert_eq!(of(socket), ok(socket, false));
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        let why = |url| several(url).unwrap_err();
        assert!(why("postgres://a,b/x?target_session_attrs=standby").contains("standby"));
        assert!(why("postgres:///x?host=a,b&port=1").contains("host=a,b"));
        assert!(why("postgres://a,,b/x").contains("comma"));
        assert!(why(&format!("postgres://a{}/x", ",a".repeat(32))).contains("33 servers"));
    }
}
