//! The exec string: a POSIX `sh` wrapper around the user's command that says, in the output, where the command's bytes
//! begin, who leads its processes and how it ended.
//!
//! libssh2's exit status is no evidence: it reads 0 for a killed command, a cut session and a channel that was closed
//! early. So the wrapper's last act is to print a mark, RS and 128 random bits. The two halves of those bits are apart
//! in the exec string and meet only in `printf`, so that neither `ps` nor a shell that echoes what it runs can print it.
//!
//! The string is read by whatever the login shell is, so all of it is in one pair of single quotes, and nothing in
//! it means anything inside those to `sh`, csh or fish: no single quote, no `!`, no line break, no two backslashes. The
//! command itself travels with its bytes apart, or as octal escapes; a long one goes over the channel, before all other input, since a request must
//! fit into one packet. The wrapper's variables begin with `vmo_`: one of the user's that happens to be exported must reach
//! the command as it was.
//!
//! A shell says 130 both of a command that exited with 130 and of one that SIGINT ended. util-linux's `setsid -fw` knows
//! which, and says so in words if it was a signal. If there is none, the shell that waits has words for every signal but
//! INT and PIPE; then the mark says `?`.

mod scripts;

use self::scripts::{AS_OURSELVES, BY_SUDO, REPORT, ROOT, RUN};
use super::{markers::Nonce, task::InBatch};
use crate::job::JobId;

/// Bytes of a command that may stand in the exec string; each takes two or four there, and some login shells take no long word.
const SHORT: usize = 1500;
/// What may be between the bytes of a command, as [`scripts::RUN`] takes them: each alone is nothing special to any shell.
const BETWEEN: [char; 4] = [',', ':', '@', '^'];
/// Bytes of a line of a command that goes over the channel: a terminal takes no more than 4096 in one.
const LINE: usize = 1000;

/// How a command is run on a host.
pub(in crate::ssh) struct Wrapped {
    /// The exec string.
    pub(in crate::ssh) exec: String,
    /// What goes over the channel before all other input.
    pub(in crate::ssh) input: Vec<u8>,
}

/// How `command` is run with marks around its output.
pub(in crate::ssh) fn wrap(
    command: &str,
    nonce: &Nonce,
    pty: bool,
    sudo: bool,
    job: JobId,
    in_batch: Option<&InBatch>,
) -> Wrapped {
    let (first, second) = nonce.halves();
    let mode = if pty { "pty" } else { "own" };
    let whole = format!("x{command}x");
    let (payload, input) = if command.len() <= SHORT {
        let payload = apart(command).unwrap_or_else(|| octal(&whole));
        (payload, Vec::new())
    } else {
        ("-".to_owned(), lines(&plain(&whole)))
    };
    let root = format!("vmo_u=$(printf \"{}\");", plain(ROOT));
    let run = if sudo {
        [&[RUN, &[root.as_str()]].concat(), BY_SUDO].concat()
    } else {
        [RUN, AS_OURSELVES].concat()
    };
    let run = run.join(" ").replace('"', r#"\""#).replace('$', r"\$");
    let report = REPORT.join(" ");
    let batch_variables = in_batch.map(batch_variables).unwrap_or_default();
    let mark = mark(job);
    let exec = format!(
        "exec /bin/sh -c '{batch_variables}set -- {first} {second} \"{payload}\" {mode} {job} {mark}; vmo_k=\"{run}\"; {report}'"
    );
    Wrapped { exec, input }
}

/// A job's number among the limits of its processes, of ten digits: 30 of its random bits, which a system of 32 bits can
/// keep as well. That others began before the job tells theirs apart.
pub(super) fn mark(job: JobId) -> u64 {
    let (_, random) = job.0.as_u64_pair();
    (random & ((1 << 30) - 1)) | 1 << 30
}

/// Has the command find its place in a batch. What a host's name holds is an escape each, as of the command.
fn batch_variables(in_batch: &InBatch) -> String {
    let InBatch {
        host,
        rank,
        count,
        batch,
    } = in_batch;
    let host = octal(host);
    format!(
        "VMO_HOST=$(printf \"{host}\") VMO_RANK={rank} VMO_COUNT={count} VMO_BATCH={batch}; \
         export VMO_HOST VMO_RANK VMO_COUNT VMO_BATCH; "
    )
}

/// Escapes in lines, each after a colon, and a last line that says that there are no more.
fn lines(escaped: &str) -> Vec<u8> {
    let mut lines = Vec::with_capacity(escaped.len() + escaped.len() / LINE * 2 + 8);
    let mut rest = escaped;
    while !rest.is_empty() {
        let mut end = rest.len().min(LINE);
        // No escape may be torn.
        if let Some(at) = rest[..end]
            .rfind('\\')
            .filter(|at| at + 4 > end && end < rest.len())
        {
            end = at;
        }
        lines.push(b':');
        lines.extend(&rest.as_bytes()[..end]);
        lines.push(b'\n');
        rest = &rest[end..];
    }
    lines.extend(b".\n");
    lines
}

/// An exec string that has `/bin/sh` run any `script`, whatever the login shell is.
pub(in crate::ssh) fn sh(script: &str) -> String {
    format!("exec /bin/sh -c 'eval \"$(printf \"{}\")\"'", plain(script))
}

/// The same as root, by `sudo`, which reads its password from the input.
pub(in crate::ssh) fn sudo_sh(script: &str) -> String {
    let script = plain(script);
    format!("exec sudo -S -p \"\" -- /bin/sh -c 'eval \"$(printf \"{script}\")\"'")
}

/// Every byte as an escape, so that the command's words are nowhere for `pkill -f` to find.
fn octal(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:03o}")).collect()
}

/// Every byte by itself, after one of [`BETWEEN`] that is none of them; none if one would have to be an escape.
fn apart(text: &str) -> Option<String> {
    let between = BETWEEN.into_iter().find(|one| !text.contains(*one))?;
    let is_plain = |byte| byte == b'%' || !is_special(byte);
    let all = text.bytes().all(is_plain);
    all.then(|| text.chars().flat_map(|one| [between, one]).collect())
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`' | b'%' | b'!' | 0..=31 | 127..)
}

/// Escapes for what single quotes in some shell, double quotes in `sh` or a `printf` format would change.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if is_special(byte) {
            out.push_str(&format!("\\{byte:03o}"));
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

#[cfg(test)]
mod tests;
