//! The exec string: a POSIX `sh` wrapper around the user's command that says, in the output, where the command's bytes
//! begin, who leads its processes and how it ended.
//!
//! libssh2's exit status is no evidence: it reads 0 for a killed command, a cut session and a channel that was closed
//! early. So the wrapper's last act is to print a mark, RS and 128 random bits. The two halves of those bits are apart
//! in the exec string and meet only in `printf`, so that neither `ps` nor a shell that echoes what it runs can print it.
//!
//! The string is read by whatever the login shell is, so all of it is in one pair of single quotes, and nothing in
//! it means anything inside those to `sh`, csh or fish: no single quote, no `!`, no line break, no two backslashes. The
//! command itself travels as octal escapes; a long one goes over the channel, before all other input, since a request must
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

/// Bytes of a command that may stand in the exec string; each takes four there, and some login shells take no long word.
const SHORT: usize = 1500;
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
        (octal(&whole), Vec::new())
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

/// Escapes for what single quotes in some shell, double quotes in `sh` or a `printf` format would change.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'\'' | b'"' | b'\\' | b'$' | b'`' | b'%' | b'!' | 0..=31 | 127.. => {
                out.push_str(&format!("\\{byte:03o}"));
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        io::Write,
        os::unix::fs::symlink,
        path::Path,
        process::{Command, Stdio},
    };

    use super::{
        super::markers::{Found, Marks},
        *,
    };

    #[test]
    fn the_mark_and_the_command_are_nowhere_in_the_exec_string() {
        let nonce = Nonce::new();
        let exec = wrap("pkill -f needle", &nonce, false, false, JobId::new(), None).exec;
        let (first, second) = nonce.halves();
        assert!(exec.contains(&first) && exec.contains(&second));
        assert!(!exec.contains(&format!("{second}{first}")));
        assert!(!exec.contains("needle"));
    }

    /// What a command's output and end look like under these shells.
    fn run(path: &str, login: &str, sh: &str, command: &str) -> (Vec<u8>, Vec<u8>, String) {
        let nonce = Nonce::new();
        let wrapped = wrap(command, &nonce, false, false, JobId::new(), None);
        let exec = wrapped.exec.replace("/bin/sh", sh);
        let mut child = Command::new(login)
            .args(["-c", &exec])
            .env("SHELL", login)
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = [&wrapped.input[..], b"typed\n"].concat();
        // A command need not read.
        child.stdin.take().unwrap().write_all(&input).ok();
        let output = child.wait_with_output().unwrap();
        let (mut out, mut err, mut end) = (Vec::new(), Vec::new(), String::new());
        let mut sink = |found: Found<'_>| match found {
            Found::Bytes(bytes) => out.extend_from_slice(bytes),
            Found::Ended(text) => end = text.to_owned(),
            Found::Noise(bytes) => panic!("{bytes:?}"),
            Found::Started(text) => assert_eq!(text.split(' ').count(), 5),
            Found::Prompt => panic!("nothing asks"),
        };
        Marks::new(&nonce, true).feed(&output.stdout, &mut sink);
        Marks::new(&nonce, false).feed(&output.stderr, &mut |found| {
            if let Found::Bytes(bytes) = found {
                err.extend_from_slice(bytes);
            }
        });
        (out, err, end)
    }

    /// A PATH whose programs are the usual ones, but with no `setsid`, or with busybox's.
    fn path_without_setsid(folder: &Path) -> String {
        for name in ["ls", "sleep", "kill", "grep"] {
            let usual = ["/usr/bin", "/bin"].map(|at| Path::new(at).join(name));
            if let Some(program) = usual.iter().find(|path| path.exists()) {
                symlink(program, folder.join(name)).unwrap();
            }
        }
        folder.to_str().unwrap().to_owned()
    }

    /// A command's end says that somebody goes on: a child, and one that has left all that it was given.
    fn leaves_somebody(run: &impl Fn(&str) -> (Vec<u8>, Vec<u8>, String), place: &str) {
        for how in ["sleep 60", "/usr/bin/setsid /usr/bin/env -i /bin/sleep 60"] {
            let (out, _, end) = run(&format!(
                "{how} </dev/null >/dev/null 2>&1 & echo $!; exit 7"
            ));
            let pid = String::from_utf8(out).unwrap();
            let killed = Command::new("kill").args(["-KILL", pid.trim()]).status();
            assert_eq!(end, "7 - - left", "{how} {place}");
            assert!(killed.unwrap().success(), "{how} {place}");
        }
    }

    #[test]
    fn every_sh_distinguishes_codes_and_signals() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [
            env::var("PATH").unwrap(),
            path_without_setsid(folder.path()),
        ];
        let shells = ["/bin/dash", "/bin/bash --posix", "/bin/busybox sh"];
        let is_there = |sh: &&str| {
            sh.split(' ')
                .next()
                .is_some_and(|sh| Path::new(sh).exists())
        };
        let shells: Vec<_> = shells.into_iter().filter(is_there).collect();
        for (at, path) in paths.iter().enumerate() {
            for login in ["/bin/bash", "/bin/dash"] {
                for sh in &shells {
                    let run = |command: &str| run(path, login, sh, command);
                    let place = format!("{login} {sh} {path}");
                    let ran = run("printf '%s' \"it's \\\\ \\$5\"; echo err >&2; exit 7");
                    let expected = (b"it's \\ $5".to_vec(), b"err\n".to_vec());
                    assert_eq!((ran.0, ran.1), expected, "{place}");
                    assert_eq!(ran.2, "7 - - -", "{place}");
                    leaves_somebody(&run, &place);
                    for (signal, code) in
                        [("KILL", 137), ("TERM", 143), ("HUP", 129), ("SEGV", 139)]
                    {
                        let (_, err, end) = run(&format!("ulimit -c 0; kill -s {signal} $$"));
                        assert_eq!(end, format!("{code} {signal} - -"), "{place}");
                        assert_eq!(err, b"", "{place}");
                    }
                    for code in [1, 2, 13, 127, 128, 129, 137, 143, 255] {
                        assert_eq!(
                            run(&format!("exit {code}")).2,
                            format!("{code} - - -"),
                            "{place}"
                        );
                    }
                    // No shell has words for these; `setsid` has.
                    for (signal, code) in [("INT", 130), ("PIPE", 141)] {
                        let (killed, exited) = (
                            run(&format!("kill -s {signal} $$")).2,
                            run(&format!("exit {code}")).2,
                        );
                        if at == 0 {
                            assert_eq!(killed, format!("{code} {signal} - -"), "{place}");
                            assert_eq!(exited, format!("{code} - - -"), "{place}");
                        } else {
                            assert_eq!(exited, format!("{code} ? - -"), "{place}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_command_goes_over_the_channel_and_leaves_the_input_alone() {
        let path = env::var("PATH").unwrap();
        // Quoted and no here-document: the process that writes one may outlive the shell for a moment.
        let rest = r#"\"$`% !"#.to_owned() + "\n\tü'\\''";
        let command = format!("read x; echo $x; : '{}'; exit 3", rest.repeat(7_000));
        assert!(command.len() > 100_000 && command.len() < 131_000);
        for login in ["/bin/bash", "/bin/dash"] {
            let (out, err, end) = run(&path, login, "/bin/sh", &command);
            assert_eq!(String::from_utf8_lossy(&err), "");
            assert!(String::from_utf8_lossy(&out).starts_with("typed\n"));
            assert_eq!(end, "3 - - -");
        }
    }

    #[test]
    fn no_escape_is_torn() {
        let text = plain(&"a'".repeat(3_000));
        let text = String::from_utf8(lines(&text)).unwrap();
        let all: Vec<&str> = text.lines().collect();
        let (last, parts) = all.split_last().unwrap();
        assert_eq!(*last, ".");
        assert!(parts.len() > 10);
        let all_of = |count: &str| {
            parts
                .iter()
                .map(|part| part.matches(count).count())
                .sum::<usize>()
        };
        assert_eq!(all_of("\\047"), 3_000);
        assert!(
            parts
                .iter()
                .all(|part| part.starts_with(':') && part.len() <= LINE + 1)
        );
    }

    #[test]
    fn no_shell_finds_anything_special_in_it() {
        for exec in [
            wrap(
                "it's $5 \\ \"now\"!\n",
                &Nonce::new(),
                true,
                false,
                JobId::new(),
                None,
            )
            .exec,
            sh("echo 'it''s' \\\\ ! $x\n"),
        ] {
            let inside = exec.strip_prefix("exec /bin/sh -c '").unwrap();
            let inside = inside.strip_suffix('\'').unwrap();
            assert!(!inside.contains(['\'', '!', '\n']), "{inside}");
            assert!(!inside.contains(r"\\"), "{inside}");
        }
    }
}
