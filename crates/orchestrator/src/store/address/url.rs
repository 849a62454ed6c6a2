//! The text of an address: what is wrong with it, and its passwords.

/// Parameters whose value may hold an `@`: Azure's users are called `me@server`.
const WITH_AT: [&str; 6] = [
    "user",
    "password",
    "host",
    "dbname",
    "options",
    "application_name",
];

/// Why an address, given without its scheme, is not what its writer meant. A password with a `/`, `?` or `#` in it would end
/// at that sign, and the rest of it would be read as the server's name, and shown.
pub(super) fn torn(rest: &str) -> Option<String> {
    let odd = |sign: char, code: &str| {
        Some(format!(
            "it has a {sign} that cannot be there; in a user, password or name it is written {code}"
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

/// Whether an address has an `sslmode`.
pub(super) fn says_sslmode(url: &str) -> bool {
    url.split_once('?').is_some_and(|(_, query)| {
        query
            .split('&')
            .any(|pair| pair.starts_with("sslmode=") || pair.starts_with("ssl-mode="))
    })
}

/// An address without its passwords, and the one that the server asks for. The password of a key's file (`sslpassword`) is
/// dropped: psql takes it by an argument only, so psql asks for it itself.
pub(super) fn without_passwords(uri: &str) -> (String, Option<String>) {
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

/// A text of a URL without its percent-escapes (RFC 3986 §2.1). A `%` that begins none is kept.
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

/// A byte as it is written in a URL.
pub(super) fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}
