//! The exec string: a POSIX `sh` wrapper around the user's command that says, in the output, where the command's bytes
//! begin, who leads its processes and how it ended.
//!
//! libssh2's exit status is no evidence: it reads 0 for a killed command, a cut session and a channel that was closed
//! early. So the wrapper's last act is to print a mark, RS and 128 random bits. The two halves of those bits stand apart
//! in the exec string and meet only in `printf`, so that neither `ps` nor a shell that echoes what it runs can print it.
//!
//! Everything travels as octal escapes inside single quotes, which sh, csh and fish read alike. The command is a child
//! of three shells that wait: `sh` (the marks) → `sh` (the status) → the user's own shell, started in a session of its
//! own. How a child ended is told by `$?` and, since 130 may be a code or a signal, by whether the waiting shell had
//! something to say about it; bash says it only when it reads its script from a pipe.

use super::marks::Nonce;
use crate::job::JobId;

/// Printed by the process that becomes the user's shell, just before it does.
const LEADER: &str = r#"t=- i=0
[ -r /proc/$$/stat ] && read -r x </proc/$$/stat && for w in ${x##*) }
do i=$((i + 1)); [ $i = 20 ] && t=$w
done
printf '\036%s%ss%s %s %s\036' "$2" "$1" $$ "$4" "$t"
[ "$4" = pty ] || printf '\036%s%ss\036' "$2" "$1" >&2
s=${SHELL:-/bin/sh} n=${SHELL##*/}
[ "$(command -v "$n" 2>/dev/null)" -ef "$s" ] 2>/dev/null && s=$n
c=$(printf "$3") c=${c#x} c=${c%x}
VMO_JOB=$5; export VMO_JOB
case $n in
bash) exec "$s" --norc -c "$c";;
zsh|csh|tcsh) exec "$s" -f -c "$c";;
fish) exec "$s" --no-config -c "$c";;
*) exec "$s" -c "$c";;
esac"#;

/// Waits for it. What its own stderr holds at the end is the shell's word that a signal ended the child; dash says it
/// where the child's redirections point, unless they are made in a subshell.
const WAITER: &str = r#"trap : HUP INT QUIT TERM
exec 2>&1
w=; [ "$4" = own ] && w=setsid
(exec $w /bin/sh -c "$6" sh "$1" "$2" "$3" "$4" "$5" <&5 >&6 2>&7 5<&- 6>&- 7>&-)
echo "=$?""#;

/// Reports it.
const REPORTER: &str = r#"trap : HUP INT QUIT TERM
exec 5<&0 6>&1 7>&2 </dev/null 2>/dev/null
[ "$4" = own ] && { command -v setsid >/dev/null || set -- "$1" "$2" "$3" shared "$5" "$6" "$7"; }
if [ -n "$BASH_VERSION" ]
then m=$(trap : HUP INT QUIT TERM; printf %s "$7" | /bin/sh -s "$@")
else m=$(eval "$7")
fi
r=${m##*=} m=${m%=*} n=- q=-
case $r$m in 130|141|1*[!0-9]*|2*[!0-9]*) [ "$r" -gt 128 ] && n=$(kill -l "$r") ;; esac
case $m in *core*) q=core;; esac
printf '\036%s%se%s %s %s\036' "$2" "$1" "$r" "$n" "$q" >&6"#;

/// The exec string that runs `command`.
pub(super) fn wrap(command: &str, nonce: &Nonce, pty: bool, job: JobId) -> String {
    let (first, second) = nonce.halves();
    let mode = if pty { "pty" } else { "own" };
    let payload = octal(&format!("x{command}x"));
    let script = format!(
        "set -- {first} {second} {} {mode} {job} {} {}\n{REPORTER}",
        quote(&payload),
        quote(LEADER),
        quote(WAITER),
    );
    sh(&script)
}

/// An exec string that has `/bin/sh` run `script`, whatever the login shell is.
pub(super) fn sh(script: &str) -> String {
    format!("exec /bin/sh -c 'eval \"$(printf \"{}\")\"'", plain(script))
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Every byte as an escape, so that the command's words stand nowhere for `pkill -f` to find.
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
    use super::*;

    #[test]
    fn the_mark_and_the_command_stand_nowhere_in_the_exec_string() {
        let nonce = Nonce::new();
        let exec = wrap("pkill -f needle", &nonce, false, JobId::new());
        let (first, second) = nonce.halves();
        assert!(exec.contains(&first) && exec.contains(&second));
        assert!(!exec.contains(&format!("{second}{first}")));
        assert!(!exec.contains("needle"));
        assert!(!exec.contains(['\n', '!']));
    }
}
