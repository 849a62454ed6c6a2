//! `ProxyJump`: the hosts that the way to a host leads through, first the one that is reached first.

use super::values;

/// One host on the way, as the config writes it. How it is reached itself, its own entry says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Hop {
    /// The login name, if it is not to be the host's own.
    pub(super) user: Option<String>,
    /// Its name in the config, or its address.
    pub(super) host: String,
    /// The port, if it is not to be the host's own.
    pub(super) port: Option<u16>,
}

impl std::fmt::Display for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        let digits = |c: char| c.is_ascii_digit() || c == '.';
        if self.host.contains(':') || self.host.chars().all(digits) {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// The hosts of a `ProxyJump` line; none of `none`.
///
/// # Errors
/// A fragment that says which of them is none.
pub(super) fn parse(line: &str) -> Result<Vec<Hop>, String> {
    let text = line.split('#').next().unwrap_or_default().trim_end();
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|hop| {
            hop_of(hop)
                .ok_or_else(|| format!("'{}' is not a host to go through", hop.escape_debug()))
        })
        .collect()
}

fn hop_of(text: &str) -> Option<Hop> {
    let (rest, is_uri) = match text.get(..6) {
        Some(scheme) if scheme.eq_ignore_ascii_case("ssh://") => (&text[6..], true),
        _ => (text, false),
    };
    let rest = match rest.split_once('/') {
        Some((rest, "")) if is_uri => rest,
        Some(_) if is_uri => return None,
        _ => rest,
    };
    let (user, place) = match rest.rsplit_once('@') {
        Some(("", _)) => return None,
        Some((user, place)) => (Some(user), place),
        None => (None, rest),
    };
    let user = match user {
        // What follows a semicolon of a URI are parameters, which ssh leaves alone.
        Some(user) if is_uri => Some(decoded(user.split(';').next().unwrap_or_default())?),
        other => other.map(str::to_owned),
    };
    let (host, port) = host_and_port(place)?;
    let host = if is_uri {
        decoded(host)?
    } else {
        host.to_owned()
    };
    let port = match port {
        Some(port) => Some(values::port(port)?),
        None => None,
    };
    (!host.is_empty()).then_some(Hop { user, host, port })
}

fn host_and_port(place: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None if after.is_empty() => Some((host, None)),
            None => None,
        };
    }
    match place.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((place, None)),
    }
}

/// `%41` as `A`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let pair = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(
                u8::from_str_radix(pair, 16)
                    .ok()
                    .filter(|byte| *byte != 0)?,
            );
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_are_read_as_ssh_reads_them() {
        let hops =
            |line| parse(line).map(|hops| hops.iter().map(Hop::to_string).collect::<Vec<_>>());
        assert_eq!(hops("a"), Ok(vec!["a".to_owned()]));
        assert_eq!(hops("u@b:7,c # why").unwrap_or_default(), ["u@b:7", "c"]);
        assert_eq!(hops("[::1]:22").unwrap_or_default(), ["[::1]:22"]);
        assert_eq!(hops("ssh://u%41@h:9/").unwrap_or_default(), ["uA@h:9"]);
        assert_eq!(hops("NONE"), Ok(Vec::new()));
        for wrong in ["", "a,", "@a", "a:0", "a:b c", "[::1", "ssh://a/b"] {
            assert!(hops(wrong).is_err(), "{wrong:?}");
        }
    }
}
