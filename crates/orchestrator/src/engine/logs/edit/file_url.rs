//! The file that an address leads to (RFC 8089), and the line in it that its fragment may name, as `#12` or `#L12`.

use crate::log::outline::Spot;

/// The place, on the machine of the name `here`; none if the address is of no file.
///
/// # Errors
/// If it is on another machine, in words for a person.
pub(super) fn spot(url: &str, here: &str) -> Result<Option<Spot>, String> {
    let Some(rest) = url.strip_prefix("file://") else {
        return Ok(None);
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let rest = rest.split('?').next().unwrap_or_default();
    let Some(start) = rest.find('/') else {
        return Ok(None);
    };
    let (host, path) = rest.split_at(start);
    let Some(file) = decoded(path) else {
        return Ok(None);
    };
    if !is_here(host, here) {
        return Err(format!("{file} is on {host}, and the editor is here"));
    }
    let digits = fragment.strip_prefix('L').unwrap_or(fragment);
    let digits = digits.split(|char: char| !char.is_ascii_digit()).next();
    let line = digits.and_then(|digits| digits.parse().ok()).unwrap_or(1);
    Ok(Some(Spot {
        file,
        line,
        column: None,
    }))
}

/// Whether a host is this machine: programs write its name with or without the domain.
fn is_here(host: &str, here: &str) -> bool {
    let first = |name: &str| {
        name.split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || host == "127.0.0.1"
        || (!here.is_empty() && first(host) == first(here))
}

/// The text with its `%20`; none if that is no UTF-8, or has a NUL.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|path| !path.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_file_here_is_a_place() {
        let place = |url| {
            let spot = spot(url, "box.lan").unwrap();
            spot.map(|spot| (spot.file, spot.line))
        };
        let is = |file: &str, line| Some((file.to_owned(), line));
        assert_eq!(place("file:///srv/a.c"), is("/srv/a.c", 1));
        assert_eq!(place("file://box/a%20b/%C3%A4.c#12"), is("/a b/ä.c", 12));
        assert_eq!(place("file://BOX.lan/a#L7-L9"), is("/a", 7));
        assert_eq!(place("file://localhost/a?x#top"), is("/a", 1));
        for none in [
            "https://x.org/a",
            "file://box",
            "file:///a%0",
            "file:///a%00",
            "file:///%ff",
        ] {
            assert_eq!(place(none), None, "{none}");
        }
        assert_eq!(
            spot("file://build-7/a%20b", "box").unwrap_err(),
            "/a b is on build-7, and the editor is here"
        );
    }
}
