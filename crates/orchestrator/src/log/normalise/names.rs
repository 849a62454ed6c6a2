//! Who and where: addresses of people, pages, hosts and temporary files.

use std::net::{Ipv4Addr, Ipv6Addr};

use memchr::{memchr, memrchr};

use super::{Mask, Masks, ends_at, run_of_any_length, word};

/// Ends of host names that are no ends of files. A country's two letters count from the third label on.
const TOP: [&str; 22] = [
    "com",
    "net",
    "org",
    "io",
    "dev",
    "edu",
    "gov",
    "mil",
    "int",
    "info",
    "local",
    "lan",
    "internal",
    "corp",
    "home",
    "arpa",
    "localdomain",
    "test",
    "example",
    "invalid",
    "cloud",
    "app",
];
/// Two letters that end files, and are countries, too.
const FILES: [&str; 14] = [
    "rs", "py", "sh", "cc", "so", "md", "pl", "ps", "am", "in", "mk", "tf", "la", "st",
];
/// Temporary folders; macOS has two names more in between.
const TEMP: [&str; 4] = ["/tmp/", "/var/tmp/", "/private/tmp/", "/dev/shm/"];
const TEMP_MACOS: [&str; 2] = ["/var/folders/", "/private/var/folders/"];

/// The token at the start of `rest`, which begins with `run`.
pub(super) fn of(rest: &[u8], run: &[u8], masks: Masks, names: &[String]) -> Option<(usize, Mask)> {
    if masks.has(Mask::HostName) && names.iter().any(|name| is_named(run, name)) {
        let name = names.iter().filter(|name| is_named(run, name));
        let length = name.map(String::len).max();
        return Some((length?, Mask::HostName));
    }
    let first = word(run);
    if run.len() == first {
        return None;
    }
    if rest[first..].starts_with(b"://") {
        return masks.only(run_of_any_length(rest).len(), Mask::Url);
    }
    let may_be_ip = run[0].is_ascii_hexdigit() && matches!(run[first], b'.' | b':');
    let ip = || may_be_ip.then(|| ip(run, masks))?;
    ip().or_else(|| email(run, masks))
        .or_else(|| host(run, masks))
}

/// Whether a name is at the start, and no more of a word or name after it.
fn is_named(run: &[u8], name: &str) -> bool {
    let after = |next: &u8| super::is_word(*next) || *next == b'-';
    !name.is_empty() && run.starts_with(name.as_bytes()) && !run.get(name.len()).is_some_and(after)
}

/// An address of a machine, with a port or a length of its prefix.
pub(super) fn ip(run: &[u8], masks: Masks) -> Option<(usize, Mask)> {
    let of_ip = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
    let length = run
        .iter()
        .position(|byte| !of_ip(byte))
        .unwrap_or(run.len());
    let text = std::str::from_utf8(&run[..length]).ok()?;
    if !text.bytes().any(|byte| byte.is_ascii_digit()) || !ends_at(run, length) {
        return None;
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) if host.contains('.') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let length = if host.parse::<Ipv4Addr>().is_ok() {
        // Behind a place's colon may be anything.
        host.len()
            + port
                .filter(|port| is_port(port))
                .map_or(0, |port| port.len() + 1)
    } else if text.matches(':').count() >= 2 && text.parse::<Ipv6Addr>().is_ok() {
        length
    } else {
        return None;
    };
    masks.only(length + prefix(&run[length..]), Mask::Ip)
}

/// The length of `/24` and the like.
fn prefix(rest: &[u8]) -> usize {
    let digits = word(rest.strip_prefix(b"/").unwrap_or_default());
    let is_prefix = (1..=3).contains(&digits) && rest[1..=digits].iter().all(u8::is_ascii_digit);
    if is_prefix { digits + 1 } else { 0 }
}

fn email(run: &[u8], masks: Masks) -> Option<(usize, Mask)> {
    let at = memchr(b'@', run)?;
    let of_user = |byte: &u8| super::is_word(*byte) || matches!(byte, b'.' | b'+' | b'-');
    let domain = &run[at + 1..];
    let (length, _) = top_of(domain)?;
    let is_email = run[..at].iter().all(of_user) && is_name(&domain[..length]);
    is_email.then(|| masks.only(at + 1 + length, Mask::Email))?
}

fn host(run: &[u8], masks: Masks) -> Option<(usize, Mask)> {
    let (length, top) = top_of(run)?;
    let is_one_of = |all: &[&str]| all.iter().any(|one| one.as_bytes() == top);
    let is_country = || top.len() == 2 && !is_one_of(&FILES);
    let labels = || run[..length].split(|&byte| byte == b'.').count();
    let is_host = is_one_of(&TOP) || (is_country() && labels() > 2);
    let is_lower = || !run[..length].iter().any(u8::is_ascii_uppercase);
    (is_host && is_lower() && is_name(&run[..length]))
        .then(|| masks.only(length, Mask::HostName))?
}

/// The length of what may be a host's name at the start, and its last label, which is of letters alone.
fn top_of(text: &[u8]) -> Option<(usize, &[u8])> {
    let of_label = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let length = text.iter().position(|byte| !of_label(byte));
    let length = length.unwrap_or(text.len());
    let top = &text[memrchr(b'.', &text[..length])? + 1..length];
    let is_top = top.len() > 1 && top.iter().all(u8::is_ascii_alphabetic);
    // `a.b_c` is no name of a host.
    (is_top && ends_at(text, length)).then_some((length, top))
}

/// Whether no label is empty or begins with a dash.
fn is_name(text: &[u8]) -> bool {
    let mut labels = text.split(|&byte| byte == b'.');
    labels.all(|label| label.first().is_some_and(|&first| first != b'-'))
}

/// A temporary folder at the start, and what is first in it.
pub(super) fn temp_path(rest: &[u8], masks: Masks) -> Option<(usize, Mask)> {
    let of_path = |byte: &&u8| !byte.is_ascii_whitespace() && !b"/:,;\"'`()[]<>".contains(byte);
    let part = |from: usize| rest[from..].iter().take_while(of_path).count();
    let begins = |folder: &&&str| rest.starts_with(folder.as_bytes());
    let mut end = match TEMP.iter().find(begins) {
        Some(folder) => folder.len(),
        None => {
            // As in `/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/`.
            let mut end = TEMP_MACOS.iter().find(begins)?.len();
            for _ in 0..3 {
                end += part(end);
                end += usize::from(rest.get(end) == Some(&b'/'));
            }
            end
        }
    };
    let first = part(end);
    end += first;
    (first > 0).then(|| masks.only(end, Mask::TempPath))?
}
