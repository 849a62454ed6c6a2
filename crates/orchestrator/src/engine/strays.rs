//! Processes of a job whose supervisor is gone, found by `VMO_JOB` in their environment or by their session, and ended.

use std::{collections::BTreeMap, fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use supervisor::{folder::Supervisor, identity::Identity, stat::Stat};
use tokio::time::Instant;

use crate::job::JobId;

/// How long a stray has to go after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_millis(500);
/// How long they are looked for in all. A job has to be called lost 2 s after its supervisor's end.
const PATIENCE: Duration = Duration::from_millis(1200);
/// Between two looks.
const AGAIN: Duration = Duration::from_millis(20);
/// Nobody is left once this many looks have found nobody: a process shows no environment while it becomes another
/// program, and one that forks meanwhile can be missed.
const LOOKS: usize = 3;

/// What was found of a job, each as `sleep (pid 4711)`.
#[derive(Debug, Default)]
pub(crate) struct Strays {
    /// Those that run no more.
    pub(crate) ended: Vec<String>,
    /// Those that do.
    pub(crate) left: Vec<String>,
}

/// Ends every process of this job, TERM first, then KILL. `known` is who supervised it, where that is written down.
pub(crate) async fn end(job: JobId, known: Option<&Supervisor>) -> Strays {
    let begun = Instant::now();
    let mut all = BTreeMap::new();
    let mut in_vain = 0;
    let left = loop {
        let found = find(job, known);
        in_vain = if found.is_empty() { in_vain + 1 } else { 0 };
        if in_vain == LOOKS || begun.elapsed() > PATIENCE {
            break found;
        }
        for (pid, name) in found {
            let is_new = all.insert(pid, name).is_none();
            if begun.elapsed() > GRACE {
                signal(pid, Signal::KILL);
            } else if is_new {
                signal(pid, Signal::TERM);
            }
        }
        tokio::time::sleep(AGAIN).await;
    };
    all.retain(|pid, _| !left.contains_key(pid));
    let named = |(pid, name): (i32, String)| format!("{name} (pid {pid})");
    Strays {
        ended: all.into_iter().map(named).collect(),
        left: left.into_iter().map(named).collect(),
    }
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid)
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!(?pid, %error, "a stray could not be signalled");
    }
}

/// Who runs, by pid, with its name. Linux alone: elsewhere another process's environment cannot be read, and nothing is
/// found.
fn find(job: JobId, known: Option<&Supervisor>) -> BTreeMap<i32, String> {
    let mark = format!("VMO_JOB={job}");
    let session = known
        .map(|known| &known.child)
        .filter(|child| is_there(child));
    let session = session.map(|child| child.pid);
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| is_of(*pid, &mark, session))
        .map(|pid| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            (pid, name.trim().to_owned())
        })
        .collect()
}

fn is_of(pid: i32, mark: &str, session: Option<i32>) -> bool {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok();
    let Some(stat) = stat.and_then(|stat| Stat::parse(&stat)) else {
        return false;
    };
    let environment = || fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let is_marked = || {
        environment()
            .split(|byte| *byte == 0)
            .any(|one| one == mark.as_bytes())
    };
    !stat.has_ended() && (session == Some(stat.session) || is_marked())
}

/// Whether the child is there, be it dead: as long as it is, the number of its session is nobody else's.
fn is_there(child: &Identity) -> bool {
    Identity::of(child.pid).is_ok_and(|found| found == *child)
}
