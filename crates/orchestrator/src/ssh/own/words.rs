//! What the user's own `ssh` says of why it gave up, by its kind.

use crate::ssh::failure::{Reason, Refusal};

/// Bytes of its words that are read: the last of them say why.
const KEPT: usize = 4096;

/// Phrases of OpenSSH's, and what each is about; the first that is found counts.
const PHRASES: [(&str, Reason); 11] = [
    ("IDENTIFICATION HAS CHANGED", Reason::HostKeyChanged),
    ("REVOKED HOST KEY", Reason::HostKeyChanged),
    ("Host key verification failed", Reason::HostKeyUnknown),
    ("Permission denied (", Reason::AuthFailed),
    ("Too many authentication failures", Reason::AuthFailed),
    ("Could not resolve hostname", Reason::Dns),
    ("timed out", Reason::Timeout),
    ("Connection refused", Reason::Refused),
    ("No route to host", Reason::Refused),
    ("Network is unreachable", Reason::Refused),
    ("Unable to negotiate", Reason::ServerTooOld),
];

/// How its own words begin that it says on the standard error of what it runs, whatever its log is: one line, the last one.
const FAREWELLS: [&[u8]; 2] = [b"Connection to ", b"Read from remote host "];
/// Bytes of such a line.
const FAREWELL: usize = 300;

/// Where in these bytes begins what may be such a line.
pub(super) fn farewell_in(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(FAREWELL);
    let tail = &bytes[from..];
    let begun = |phrase: &&[u8]| memchr::memmem::rfind(tail, phrase);
    let at = FAREWELLS.iter().filter_map(begun).max()?;
    let line = &tail[at..];
    // It is written at once, and ends so on every system; a command that asks something does not.
    let is_last = line.ends_with(b"\r\n") && !line[..line.len() - 1].contains(&b'\n');
    is_last.then_some(from + at)
}

/// The refusal that its words amount to; none if it did not write.
pub(super) fn refusal(words: &[u8], destination: &str) -> Option<Refusal> {
    let words = String::from_utf8_lossy(&words[words.len().saturating_sub(KEPT)..]);
    let lines = words.lines().map(str::trim).filter(|line| {
        // A frame of @ is around what is said of a changed key.
        !line.is_empty() && !line.starts_with("@@@")
    });
    let text = lines.collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return None;
    }
    let phrase = PHRASES.iter().find(|(phrase, _)| text.contains(phrase));
    let reason = phrase.map_or(Reason::LinkLost, |(_, reason)| *reason);
    Some(Refusal::new(
        reason,
        format!("your own ssh did not get to {destination}: {text}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_last_line_is_held_back_and_no_other() {
        let at = |text: &str| farewell_in(text.as_bytes());
        assert_eq!(
            at("err\nConnection to box closed by remote host.\r\n"),
            Some(4)
        );
        assert_eq!(
            at("half a lineRead from remote host box: reset\r\n"),
            Some(11)
        );
        assert_eq!(at("Connection to box lost\nretry\n"), None);
        assert_eq!(at(""), None);
    }

    #[test]
    fn its_words_have_a_kind() {
        let kind = |words: &str| refusal(words.as_bytes(), "box").map(|refusal| refusal.reason);
        assert_eq!(kind(" \n"), None);
        assert_eq!(
            kind("ann@box: Permission denied (publickey).\r\n"),
            Some(Reason::AuthFailed)
        );
        let changed = "@@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n@@@@\r\nHost key verification failed.";
        assert_eq!(kind(changed), Some(Reason::HostKeyChanged));
        assert_eq!(kind("client_loop: send disconnect"), Some(Reason::LinkLost));
    }
}
