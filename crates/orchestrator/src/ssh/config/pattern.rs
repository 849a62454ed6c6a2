//! OpenSSH's patterns: `*`, `?`, `!` and lists of them (ssh_config(5), "PATTERNS").

/// Whether `text` matches one pattern.
pub(in crate::ssh) fn one(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where to go on after the last `*`, should what follows it not match here.
    let mut retry = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((after, start)) = retry else {
                    return false;
                };
                retry = Some((after, start + 1));
                (at, from) = (after, start + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether `text` matches a list that is separated by commas; a matching `!` pattern makes it no.
pub(in crate::ssh) fn any(list: &str, text: &str) -> bool {
    all(list.split(','), text)
}

/// The same for a list that is split already.
pub(in crate::ssh) fn all<'a>(patterns: impl Iterator<Item = &'a str>, text: &str) -> bool {
    let mut matched = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if one(pattern, text) => return false,
            Some(_) => {}
            None => matched |= one(pattern, text),
        }
    }
    matched
}

/// Whether a pattern is a plain name.
pub(in crate::ssh) fn is_name(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_ssh_config_says() {
        assert!(one("*.example.com", "a.b.example.com"));
        assert!(!one("*.example.com", "example.com"));
        assert!(one("192.168.0.?", "192.168.0.7"));
        assert!(!one("192.168.0.?", "192.168.0.77"));
        assert!(one("a*b*c", "axxbyybc"));
        assert!(one("**", ""));
        assert!(any("*.co,!bad.co", "good.co"));
        assert!(!any("*.co,!bad.co", "bad.co"));
        assert!(!any("!bad.co", "good.co"));
    }
}
