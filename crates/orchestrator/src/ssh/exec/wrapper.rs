//! The exec string: a POSIX `sh` wrapper around the user's command that says, in the output, where the command's bytes
//! begin, who leads its processes and how it ended.
//!
//! libssh2's exit status is no evidence: it reads 0 for a killed command, a cut session and a channel that was closed
//! early. So the wrapper's last act is to print a mark, RS and 128 random bits. The two halves of those bits are apart
//! in the exec string and meet only in `printf`, so that neither `ps` nor a shell that echoes what it runs can print it.
//!
//! The string is read by whatever the login shell is, so all of it is in one pair of single quotes, and nothing in
//! it means anything inside those to `sh`, csh or fish: no single quote, no `!`, no line break, no two backslashes. The
//! command itself travels as octal escapes. Its variables begin with `vmo_`: one of the user's that happens to be
//! exported must reach the command as it was.

use super::markers::Nonce;
use crate::job::JobId;

/// Runs the command and says `=` and its status, after whatever the shell had to say about the end of its child. `$1`
/// and `$2` are the halves, `$3` the command, `$4` the mode, `$5` the job. 5, 6 and 7 are the standard streams.
///
/// 130 may be a code or a signal, and the difference is whether the waiting shell says something: bash does when it
/// reads its script from a pipe, dash does so where the child's redirections point unless they are made in a subshell.
/// The subshell becomes the command, by way of `setsid`, so its process id is told before it is the user's shell.
const RUN: &[&str] = &[
    "trap : HUP INT QUIT TERM; exec 2>&1;",
    "( vmo_t=- vmo_z=- vmo_i=0; unset vmo_o;",
    "if [ -r /proc/self/stat ]; then read -r vmo_x </proc/self/stat; vmo_p=${vmo_x%% *};",
    "for vmo_w in ${vmo_x##*) }; do vmo_i=$((vmo_i + 1)); case $vmo_i in 4) vmo_z=$vmo_w;; 20) vmo_t=$vmo_w;; esac; done;",
    "for vmo_i in 6 7; do vmo_x=$(exec readlink /proc/self/fd/$vmo_i);",
    "case $vmo_x in pipe:*|socket:*) vmo_o=${vmo_o+$vmo_o,}$vmo_x;; esac; done;",
    r#"else vmo_p=$(exec /bin/sh -c "$(printf "echo \044PPID")"); fi;"#,
    // By its bare name if PATH leads to it, because that is what sshd has as its argv[0].
    "vmo_s=${SHELL:-/bin/sh} vmo_n=${SHELL##*/};",
    r#"IFS=:; for vmo_w in $PATH; do if [ -x "$vmo_w/$vmo_n" ]; then"#,
    r#"[ "$vmo_w/$vmo_n" -ef "$vmo_s" ] && vmo_s=$vmo_n; break; fi; done; unset IFS;"#,
    // The login shell has read its start files and printed what they print; once is enough.
    "case $vmo_n in bash) vmo_f=--norc;; zsh|csh|tcsh) vmo_f=-f;; fish) vmo_f=--no-config;; *) vmo_f=;; esac;",
    r#"vmo_c=$(printf "$3"); vmo_c=${vmo_c#x}; vmo_c=${vmo_c%x};"#,
    "vmo_w=; [ $4 = own ] && vmo_w=setsid; VMO_JOB=$5; export VMO_JOB;",
    r#"printf "\036%s%ss%s %s %s %s %s\036" $2 $1 $vmo_p $4 "$vmo_t" $vmo_z "${vmo_o:--}" >&6;"#,
    r#"[ $4 = pty ] || printf "\036%s%ss\036" $2 $1 >&7;"#,
    r#"exec $vmo_w "$vmo_s" $vmo_f -c "$vmo_c" <&5 >&6 2>&7 5<&- 6>&- 7>&- );"#,
    r#"echo "=$?""#,
];

/// Has it run and reports its end.
const REPORT: &[&str] = &[
    "trap : HUP INT QUIT TERM; exec 5<&0 6>&1 7>&2 </dev/null 2>/dev/null;",
    "[ $4 = own ] && { command -v setsid >/dev/null || set -- $1 $2 $3 shared $5; };",
    r#"if [ -n "$BASH_VERSION" ];"#,
    r#"then vmo_m=$(trap : HUP INT QUIT TERM; printf %s "$vmo_k" | /bin/sh -s "$@");"#,
    r#"else vmo_m=$(eval "$vmo_k"); fi;"#,
    "vmo_r=${vmo_m##*=} vmo_m=${vmo_m%=*} vmo_n=- vmo_q=-;",
    r#"if [ "$vmo_r" -gt 128 ] && { [ -n "$vmo_m" ] || [ $vmo_r = 130 ] || [ $vmo_r = 141 ]; };"#,
    "then vmo_n=$(kill -l $vmo_r); fi;",
    "case $vmo_m in *core*) vmo_q=core;; esac;",
    // Whether anything of the job's goes on; who that is is asked for only then.
    r#"vmo_l=-; [ -r /proc/self/stat ] && [ -n "$(grep -ls "VMO_JOB=$5" /proc/[0-9]*/environ)" ] && vmo_l=left;"#,
    r#"printf "\036%s%se%s %s %s %s\036" $2 $1 "$vmo_r" "$vmo_n" $vmo_q $vmo_l >&6"#,
];

/// The exec string that runs `command`.
pub(in crate::ssh) fn wrap(command: &str, nonce: &Nonce, pty: bool, job: JobId) -> String {
    let (first, second) = nonce.halves();
    let mode = if pty { "pty" } else { "own" };
    let payload = octal(&format!("x{command}x"));
    let run = RUN.join(" ").replace('"', r#"\""#).replace('$', r"\$");
    let report = REPORT.join(" ");
    format!(
        "exec /bin/sh -c 'set -- {first} {second} \"{payload}\" {mode} {job}; vmo_k=\"{run}\"; {report}'"
    )
}

/// An exec string that has `/bin/sh` run any `script`, whatever the login shell is.
pub(in crate::ssh) fn sh(script: &str) -> String {
    format!("exec /bin/sh -c 'eval \"$(printf \"{}\")\"'", plain(script))
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
    use std::process::Command;

    use super::{
        super::markers::{Found, Marks},
        *,
    };

    #[test]
    fn the_mark_and_the_command_stand_nowhere_in_the_exec_string() {
        let nonce = Nonce::new();
        let exec = wrap("pkill -f needle", &nonce, false, JobId::new());
        let (first, second) = nonce.halves();
        assert!(exec.contains(&first) && exec.contains(&second));
        assert!(!exec.contains(&format!("{second}{first}")));
        assert!(!exec.contains("needle"));
    }

    /// What a command's output and end look like under these shells.
    fn run(login: &str, sh: &str, command: &str) -> (Vec<u8>, Vec<u8>, String) {
        let nonce = Nonce::new();
        let exec = wrap(command, &nonce, false, JobId::new()).replace("/bin/sh", sh);
        let output = Command::new(login)
            .args(["-c", &exec])
            .env("SHELL", login)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let (mut out, mut err, mut end) = (Vec::new(), Vec::new(), String::new());
        let mut sink = |found: Found<'_>| match found {
            Found::Bytes(bytes) => out.extend_from_slice(bytes),
            Found::Ended(text) => end = text.to_owned(),
            Found::Noise(bytes) => panic!("{bytes:?}"),
            Found::Started(text) => assert_eq!(text.split(' ').count(), 5),
        };
        Marks::new(&nonce, true).feed(&output.stdout, &mut sink);
        Marks::new(&nonce, false).feed(&output.stderr, &mut |found| {
            if let Found::Bytes(bytes) = found {
                err.extend_from_slice(bytes);
            }
        });
        (out, err, end)
    }

    #[test]
    fn every_sh_tells_codes_and_signals_apart() {
        for login in ["/bin/bash", "/bin/dash"] {
            for sh in ["/bin/dash", "/bin/bash --posix"] {
                let run = |command: &str| run(login, sh, command);
                let said = run("printf '%s' \"it's \\\\ \\$5\"; echo err >&2; exit 7");
                let expected = (b"it's \\ $5".to_vec(), b"err\n".to_vec());
                assert_eq!((said.0, said.1), expected, "{login} {sh}");
                assert_eq!(said.2, "7 - - -", "{login} {sh}");
                assert_eq!(run("sleep 2 & exit 7").2, "7 - - left", "{login} {sh}");
                for (signal, code) in [("KILL", 137), ("TERM", 143), ("HUP", 129), ("PIPE", 141)] {
                    let (_, err, end) = run(&format!("kill -s {signal} $$"));
                    assert_eq!(end, format!("{code} {signal} - -"), "{login} {sh}");
                    assert_eq!(err, b"", "{login} {sh}");
                }
                assert_eq!(run("exit 143").2, "143 - - -", "{login} {sh}");
            }
        }
    }

    #[test]
    fn no_shell_finds_anything_special_in_it() {
        for exec in [
            wrap("it's $5 \\ \"now\"!\n", &Nonce::new(), true, JobId::new()),
            sh("echo 'it''s' \\\\ ! $x\n"),
        ] {
            let inside = exec.strip_prefix("exec /bin/sh -c '").unwrap();
            let inside = inside.strip_suffix('\'').unwrap();
            assert!(!inside.contains(['\'', '!', '\n']), "{inside}");
            assert!(!inside.contains(r"\\"), "{inside}");
        }
    }
}
