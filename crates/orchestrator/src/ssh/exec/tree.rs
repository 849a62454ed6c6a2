//! The end of a command's processes on a host: who they are, a signal for them, and a look at who is left.
//!
//! They are the members of the session that the wrapper made, the leader's descendants and, if `/proc` tells, all
//! that have the job's mark: `VMO_JOB=` and the job in the environment, or the job's number as their limit of file locks.
//! A child that left the session and its parent is found by that. The limit is one that Linux has long ceased to look at; it
//! is inherited whatever a process does to its environment, and can be read of processes of other users, and of one
//! that is just becoming another program. One that has changed that, too, is found by the outputs that it still holds. One
//! that has left all of that is ended by no process, since it may be a stranger's; it is named.

use super::{
    task::{Exec, Remote},
    wrapper::{self, mark},
};

/// Lists them. `$g` leader, `$t` its start, `$m` mode, `$j` job, `$k` its mark.
const LIST: &str = r#"list() {
if [ -r /proc/self/stat ]
then cat /proc/[0-9]*/stat 2>/dev/null | awk '{ p = $1; sub(/^.*\) /, ""); print "p", p, $1, $2, $3, $4, $20 }'
grep -ls -e "VMO_JOB=$j" -e "^Max file locks  *$k " /proc/[0-9]*/environ /proc/[0-9]*/limits | sed 's/[^0-9]//g; s/^/m /'
else ps -A -o pid= -o stat= -o ppid= -o pgid= | awk '{ print "p", $1, $2, $3, $4, $4, "-" }'
fi | awk -v g="$g" -v t="$t" -v own="$m" '
$1 == "m" { if (!($2 in older)) in_it[$2] = 1; next }
$1 == "p" { if ($2 == g && t != "-" && $7 != t) other = 1
  if (t != "-" && $7 + 0 < t + 0) older[$2] = 1
  if ($3 ~ /^Z/) next
  parent[$2] = $4; group[$2] = $5; session[$2] = $6 }
END {
  for (p in parent) if (!other && (p == g || (own == "own" && (group[p] == g || session[p] == g)))) in_it[p] = 1
  do { more = 0; for (p in parent) if (!(p in in_it) && (parent[p] in in_it)) { in_it[p] = 1; more = 1 } } while (more)
  for (p in in_it) if (p in parent) printf "%s ", p
}'
}"#;

/// Lists those that hold an output `$o` of the command's, and are neither the wrapper, whose session is `$z`, nor sshd.
const HOLDERS: &str = r#"holders() {
[ "$o" = - ] && return
ls -ln /proc/[0-9]*/fd 2>/dev/null | awk -v o="$o" -v z="$z" -v t="$t" '
BEGIN { n = split(o, out, ",") }
/^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3]; next }
{ for (i = 1; i <= n; i++) if (index($0, "-> " out[i]) && !(pid in seen)) {
  seen[pid] = 1; file = "/proc/" pid "/stat"
  if ((getline line < file) > 0) { close(file); name = line; sub(/\).*$/, "", name); sub(/^.*\(/, "", name)
    sub(/^.*\) /, "", line); split(line, f, " ")
    if (f[1] != "Z" && f[4] != z && f[20] >= t && name !~ /^(sshd|dropbear)/) printf "%s ", pid } } }'
}"#;

/// Names those that may be the command's though no mark of it is left on them: of the same user, begun since, orphans,
/// and of the same group of processes that the system keeps account of.
const SUSPECTS: &str = r#"suspects() {
[ "$t" = - ] && return
read -r c </proc/self/cgroup
cat /proc/[0-9]*/stat 2>/dev/null | awk -v t="$t" -v z="$z" '
{ pid = $1; name = $0; sub(/\).*$/, "", name); sub(/^.*\(/, "", name); sub(/^.*\) /, ""); comm[pid] = name
  if ($1 != "Z" && $4 != z && $20 >= t) parent[pid] = $2 }
END { for (p in parent) if (comm[p] !~ /^(sshd|dropbear)/ &&
  (parent[p] == 1 || comm[parent[p]] ~ /^(systemd|init|tini|dumb-init|docker-init|catatonit)$/)) print p }' |
while read -r x
do [ -O "/proc/$x" ] && [ -r "/proc/$x/environ" ] && read -r d <"/proc/$x/cgroup" && [ "$d" = "$c" ] || continue
grep -qs -e VMO_JOB= -e '^Max file locks  *[0-9]\{10\} ' "/proc/$x/environ" "/proc/$x/limits" || grep -qs vmo_k= "/proc/$x/cmdline" || echo "$x"
done | head -n 5
}"#;

/// Signals them, each by itself, since some may have ended since they were listed; and looks, ten times a second, until none
/// is left or `$n` looks are over; then names the processes left. Signal 0 only asks which are there, without waiting.
const END: &str = r#"all() { p=$(list); [ -n "$p" ] || p=$(holders); }
p=$(printf '%s\n' $(list) $(holders) | sort -un)
w=
for x in $p
do kill -s "$s" "$x" 2>/dev/null && w==sent
done
[ -z "$w" ] || echo "$w"
[ "$s" = 0 ] || while all; [ -n "$p" ] && [ "$n" -gt 0 ]
do n=$((n - 1))
[ "$s" = KILL ] && kill -s KILL $p 2>/dev/null
sleep 0.1 2>/dev/null || sleep 1
done
for x in $p
do [ ! -r /proc/self/stat ] || [ -d /proc/$x ] || continue
printf '%s ' "$x"
if [ -r /proc/self/stat ]; then tr '\0\n' '  ' </proc/$x/cmdline; else ps -o args= -p "$x" | tr '\n' ' '; fi 2>/dev/null
echo
done
for x in $(suspects 2>/dev/null)
do printf '? %s ' "$x"
tr '\0\n' '  ' <"/proc/$x/cmdline" 2>/dev/null
echo
done
echo =looked"#;

/// The last line of a complete look: without it the look is not used.
const LOOKED: &str = "=looked";
/// The first line, if a process was there for the signal.
const SENT: &str = "=sent";

/// The exec string that sends `signal` (a name without `SIG`) to the tree and waits this long for it to go.
/// It is root who does it if the command runs by `sudo`.
pub(in crate::ssh) fn end(remote: &Remote, exec: &Exec, signal: &str, wait_ms: u64) -> String {
    let Remote {
        leader,
        started,
        mode,
        around,
        outputs,
    } = remote;
    let (looks, job, mark) = (wait_ms.div_ceil(100), exec.job, mark(exec.job));
    let script = format!(
        "g={leader} t={started} m={mode} z={around} o={outputs} j={job} k={mark} s={signal} n={looks}\n{LIST}\n{HOLDERS}\n{SUSPECTS}\n{END}"
    );
    if exec.sudo {
        wrapper::sudo_sh(&script)
    } else {
        wrapper::sh(&script)
    }
}

/// Whether the signal met anybody.
pub(in crate::ssh) fn was_sent(output: &[u8]) -> bool {
    output.starts_with(SENT.as_bytes())
}

/// Who was left, as `pid command`; none if the look was not completed.
pub(in crate::ssh) fn survivors(output: &[u8]) -> Option<Vec<String>> {
    named(output, "")
}

/// Processes that may belong to the command, though no mark of it is left on them.
pub(in crate::ssh) fn suspects(output: &[u8]) -> Vec<String> {
    named(output, "? ").unwrap_or_default()
}

/// The lines of a look that name a process after this.
fn named(output: &[u8], before: &str) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(output);
    let (names, _) = text.rsplit_once(LOOKED)?;
    let names = names.lines().filter_map(|line| {
        let line = line.strip_prefix(before)?;
        let pid = line.split(' ').next()?;
        pid.parse::<u32>().ok().map(|_| line)
    });
    Some(
        names
            .map(|line| line.trim().chars().take(200).collect())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_names_who_is_left_and_who_may_be() {
        let look = b"=sent\n12 sleep 5 \n? 13 sleep 6\nnoise\n=looked\n";
        assert_eq!(survivors(look).unwrap(), ["12 sleep 5"]);
        assert_eq!(suspects(look), ["13 sleep 6"]);
        assert_eq!(survivors(b"12 sleep 5\n"), None);
    }
}
