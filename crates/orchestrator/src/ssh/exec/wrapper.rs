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

use super::{markers::Nonce, task::InBatch};
use crate::job::JobId;

/// Bytes of a command that may stand in the exec string; each takes four there, and some login shells take no long word.
const SHORT: usize = 1500;
/// Bytes of a line of a command that goes over the channel: a terminal takes no more than 4096 in one.
const LINE: usize = 1000;

/// Becomes the command. `$1` and `$2` are the halves, `$3` the command or `-` if it comes over the channel, `$4` the mode,
/// `$5` the job; `$6` is not empty if it is started by `setsid`, which waits for it. 5, 6 and 7 are the standard streams.
const RUN: &[&str] = &[
    // A host whose output does not begin with that has not run the command.
    "printf +; vmo_t=- vmo_z=- vmo_o=-;",
    "if [ -r /proc/self/stat ]; then read -r vmo_x </proc/self/stat; vmo_p=${vmo_x%% *};",
    "vmo_f() { vmo_z=$4 vmo_t=${20}; }; vmo_f ${vmo_x##*) };",
    "if [ -n \"$6\" ]; then read -r vmo_x </proc/$PPID/stat; vmo_f() { vmo_z=$4; }; vmo_f ${vmo_x##*) }; fi;",
    "vmo_f() { vmo_o=; for vmo_x; do case $vmo_x in pipe:*|socket:*) vmo_o=${vmo_o:+$vmo_o,}$vmo_x;; esac; done; };",
    // Linux before 5.14 does not say in `fdinfo` which pipe it is, and only a program can read a link.
    "vmo_o=; for vmo_w in 6 7; do vmo_x=; if [ -p /proc/self/fd/$vmo_w ]; then vmo_x=pipe;",
    "elif [ -S /proc/self/fd/$vmo_w ]; then vmo_x=socket; else continue; fi;",
    "vmo_y=; while read -r vmo_c vmo_i; do [ $vmo_c = ino: ] && vmo_y=$vmo_i; done </proc/self/fdinfo/$vmo_w;",
    "if [ -n \"$vmo_y\" ]; then vmo_o=${vmo_o:+$vmo_o,}$vmo_x:[$vmo_y];",
    "else vmo_f $(exec ls -ln /proc/self/fd/6 /proc/self/fd/7 2>/dev/null); break; fi; done;",
    r#"elif [ -n "$6" ]; then vmo_p=$$;"#,
    r#"else vmo_p=$(exec /bin/sh -c "$(printf "echo \044PPID")"); fi;"#,
    // By its bare name if PATH leads to it, because that is what sshd has as its argv[0].
    "vmo_s=${SHELL:-/bin/sh} vmo_n=${SHELL##*/};",
    r#"IFS=:; for vmo_w in $PATH; do if [ -x "$vmo_w/$vmo_n" ]; then"#,
    r#"[ "$vmo_w/$vmo_n" -ef "$vmo_s" ] && vmo_s=$vmo_n; break; fi; done; unset IFS;"#,
    // The login shell has read its start files and printed what they print; once is enough.
    "case $vmo_n in bash) vmo_f=--norc;; zsh|csh|tcsh) vmo_f=-f;; fish) vmo_f=--no-config;; *) vmo_f=;; esac;",
    r#"vmo_c=$3; if [ "$vmo_c" = - ]; then vmo_c= vmo_i=; while IFS= read -r vmo_x; do"#,
    r#"[ "$vmo_x" = . ] && vmo_i=x && break; vmo_c=$vmo_c${vmo_x#:}; done <&5;"#,
    // The link broke in the middle of it: half a command is none.
    r#"[ -n "$vmo_i" ] || exit 1; fi;"#,
    r#"vmo_c=$(printf "$vmo_c"); vmo_c=${vmo_c#x}; vmo_c=${vmo_c%x};"#,
    "vmo_w=; [ $4$6 = own ] && vmo_w=setsid; VMO_JOB=$5; export VMO_JOB;",
    // The last process that was started on the host, for [`REPORT`]; a file that is not of this moment says an older one.
    "vmo_y=-; [ -r /proc/loadavg ] && read -r vmo_x </proc/loadavg &&",
    r#"[ "${vmo_x##* }" -ge $vmo_p ] 2>/dev/null && vmo_y=${vmo_x##* }; printf "%s;" $vmo_y;"#,
];

/// Becomes it as who we are.
const AS_OURSELVES: &[&str] = &[
    r#"printf "\036%s%ss%s %s %s %s %s\036" $2 $1 $vmo_p $4 "$vmo_t" $vmo_z "${vmo_o:--}" >&6;"#,
    r#"[ $4 = pty ] || printf "\036%s%ss\036" $2 $1 >&7;"#,
    r#"exec $vmo_w "$vmo_s" $vmo_f -c "$vmo_c" <&5 >&6 2>&7 5<&- 6>&- 7>&-"#,
];

/// Becomes it by `sudo`, which asks with a mark for a prompt; `vmo_u` is what root's shell is given, [`ROOT`].
const BY_SUDO: &[&str] = &[
    r#"command -v sudo >/dev/null || { echo "sudo: command not found" >&7; exit 127; };"#,
    r#"vmo_a=$(printf "\036%s%sp\036" $2 $1); [ -n "$SHELL" ] && vmo_s=$SHELL;"#,
    r#"exec $vmo_w sudo -S -p "$vmo_a" -- /bin/sh -c "$vmo_u" sh $2 $1"#,
    r#""$vmo_p $4 $vmo_t $vmo_z ${vmo_o:--}" $5 "$VMO_HOST" "$VMO_RANK" "$VMO_COUNT" "$VMO_BATCH""#,
    r#""$vmo_s" $vmo_f -c "$vmo_c" <&5 >&6 2>&7 5<&- 6>&- 7>&-"#,
];

/// What root's shell does: the start mark says that `sudo` has let it in. The environment is `sudo`'s own, so the job's
/// variables come as arguments.
const ROOT: &str = r#"printf "\036%s%ss%s\036" "$1" "$2" "$3"; printf "\036%s%ss\036" "$1" "$2" >&2
VMO_JOB=$4; export VMO_JOB
if [ -n "$8" ]; then VMO_HOST=$5 VMO_RANK=$6 VMO_COUNT=$7 VMO_BATCH=$8
export VMO_HOST VMO_RANK VMO_COUNT VMO_BATCH; fi
shift 8; exec "$@""#;

/// Has it run and reports its end. `vmo_k` is what is to be run; `vmo_m` gets what the waiting program has to say, and after
/// `=` the status.
const REPORT: &[&str] = &[
    "trap : HUP INT QUIT TERM; exec 5<&0 6>&1 7>&2 </dev/null 2>/dev/null; vmo_m= vmo_e=x;",
    r#"[ $4 = own ] && vmo_m=$(setsid -fw /bin/sh -c "$vmo_k" sh "$@" x 2>&1; echo "=$?");"#,
    "case $vmo_m in +*) ;; *) vmo_e=;",
    "[ $4 = own ] && { command -v setsid >/dev/null || set -- $1 $2 $3 shared $5; };",
    // dash has its words where the child's redirections point, unless they are made in a subshell.
    r#"vmo_x="trap : HUP INT QUIT TERM; exec 2>&1; ( $vmo_k ); echo =\$?";"#,
    r#"if [ -n "$BASH_VERSION" ];"#,
    r#"then vmo_m=$(trap : HUP INT QUIT TERM; printf %s "$vmo_x" | /bin/sh -s "$@");"#,
    r#"else vmo_m=$(eval "$vmo_x"); fi;; esac;"#,
    "vmo_r=${vmo_m##*=} vmo_m=${vmo_m%=*} vmo_n=- vmo_q=-; vmo_m=${vmo_m#+};",
    "vmo_y=${vmo_m%%;*} vmo_m=${vmo_m#*;};",
    r#"if [ -n "$vmo_m" ]; then"#,
    // It has been killed itself, and what became of the command is not known.
    "if [ -n \"$vmo_e\" ]; then case $vmo_m in *setsid:*) ;; *) exit 1;; esac;",
    "[ $vmo_r -gt 128 ] && vmo_q=core vmo_r=$((vmo_r - 128)); vmo_r=$((vmo_r + 128)); fi;",
    "[ $vmo_r -gt 128 ] && vmo_n=$(kill -l $vmo_r);",
    r#"elif [ -z "$vmo_e" ]; then case $vmo_r in 130|141) vmo_n="?";; esac; fi;"#,
    r#"[ -z "$vmo_e" ] && case $vmo_m in *core*) vmo_q=core;; esac;"#,
    // Whether anything of the job's goes on; who that is is asked for only then. Nothing can, if no process was started on
    // the host since the command became one: to know that takes no look at all of them.
    "vmo_l=- vmo_x=; if [ -r /proc/self/stat ]; then read -r vmo_x </proc/loadavg;",
    r#"[ "${vmo_x##* }" = "$vmo_y" ] || [ -z "$(grep -ls "VMO_JOB=$5" /proc/[0-9]*/environ)" ] || vmo_l=left; fi;"#,
    r#"printf "\036%s%se%s %s %s %s\036" $2 $1 "$vmo_r" "$vmo_n" $vmo_q $vmo_l >&6"#,
];

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
    let exec = format!(
        "exec /bin/sh -c '{batch_variables}set -- {first} {second} \"{payload}\" {mode} {job}; vmo_k=\"{run}\"; {report}'"
    );
    Wrapped { exec, input }
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

    #[test]
    fn every_sh_distinguishes_codes_and_signals() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [
            env::var("PATH").unwrap(),
            path_without_setsid(folder.path()),
        ];
        for (at, path) in paths.iter().enumerate() {
            for login in ["/bin/bash", "/bin/dash"] {
                for sh in ["/bin/dash", "/bin/bash --posix"] {
                    let run = |command: &str| run(path, login, sh, command);
                    let place = format!("{login} {sh} {path}");
                    let ran = run("printf '%s' \"it's \\\\ \\$5\"; echo err >&2; exit 7");
                    let expected = (b"it's \\ $5".to_vec(), b"err\n".to_vec());
                    assert_eq!((ran.0, ran.1), expected, "{place}");
                    assert_eq!(ran.2, "7 - - -", "{place}");
                    assert_eq!(run("sleep 2 & exit 7").2, "7 - - left", "{place}");
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
