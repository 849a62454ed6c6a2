//! Processes of a job whose supervisor is gone, found and ended, whatever they did to hide: by `VMO_JOB` in their
//! environment, by the supervisor's and the child's session, by the job's pipes, by what the supervisor wrote down of
//! orphans, and by their parents. What only a number says of them is not believed if somebody else can have it by now.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use supervisor::{
    apart::is_apart,
    folder::{Folder, ORPHANS, SUPERVISOR, Supervisor},
    identity::Identity,
    stat::Stat,
};
use tokio::time::Instant;

use crate::job::JobId;

/// How long a stray has to go after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_millis(500);
/// How long they are looked for in all. A job has to be called lost 2 s after its supervisor's end.
const PATIENCE: Duration = Duration::from_millis(1200);
/// Between two looks.
const AGAIN: Duration = Duration::from_millis(20);
/// The tree is over once this many looks in a row find no process: a process shows no environment while it becomes
/// another program, and one that forks meanwhile can be missed.
const LOOKS: usize = 3;

/// What was found of a job, each as `sleep (pid 4711)`.
#[derive(Debug, Default)]
pub(crate) struct Strays {
    /// Those that run no more.
    pub(crate) ended: Vec<String>,
    /// Those that do.
    pub(crate) left: Vec<String>,
}

/// Ends every process of this job, TERM first, then KILL.
pub(crate) async fn end(job: JobId, folder: &Folder) -> Strays {
    let begun = Instant::now();
    let kin = Kin::of(job, folder);
    let mut all = BTreeMap::new();
    let mut in_vain = 0;
    let remaining = loop {
        let alive = kin.alive();
        in_vain = if alive.is_empty() { in_vain + 1 } else { 0 };
        if in_vain == LOOKS || begun.elapsed() > PATIENCE {
            break alive;
        }
        for (pid, name) in alive {
            let is_new = all.insert(pid, name).is_none();
            if begun.elapsed() > GRACE {
                signal(pid, Signal::KILL);
            } else if is_new {
                signal(pid, Signal::TERM);
            }
        }
        tokio::time::sleep(AGAIN).await;
    };
    all.retain(|pid, _| !remaining.contains_key(pid));
    let named = |(pid, name): (i32, String)| format!("{name} (pid {pid})");
    Strays {
        ended: all.into_iter().map(named).collect(),
        left: remaining.into_iter().map(named).collect(),
    }
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid)
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!(?pid, %error, "a stray could not be signalled");
    }
}

/// By what a job's processes are known.
struct Kin {
    mark: Vec<u8>,
    /// Who supervised it, in this boot and if that is written down.
    known: Option<Supervisor>,
    /// The child, and those whose parents ended under the supervisor, by pid and start.
    named: BTreeSet<(i32, u64)>,
}

/// A process that runs.
struct Process {
    stat: Stat,
    is_kin: bool,
}

impl Kin {
    fn of(job: JobId, folder: &Folder) -> Self {
        let is_now = |one: &Identity| Identity::of(1).is_ok_and(|init| init.boot == one.boot);
        let known: Option<Supervisor> = folder.read_json(SUPERVISOR).ok().flatten();
        let known = known.filter(|known| is_now(&known.supervisor));
        let orphans: Vec<Identity> = folder.read_json(ORPHANS).ok().flatten().unwrap_or_default();
        let child = known.as_ref().map(|known| known.child.clone());
        let named = child.into_iter().chain(orphans).filter(is_now);
        Self {
            mark: format!("VMO_JOB={job}").into_bytes(),
            known,
            named: named.map(|one| (one.pid, one.start)).collect(),
        }
    }

    /// Who runs, by pid, with its name. Linux alone: elsewhere another process's environment cannot be read, and nothing
    /// is found.
    fn alive(&self) -> BTreeMap<i32, String> {
        let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut all: BTreeMap<i32, Process> = pids
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid| Some((pid, stat(pid)?)))
            .filter(|(pid, stat)| !stat.has_ended() && !is_apart(*pid, stat))
            .map(|(pid, stat)| {
                let is_kin = self.knows(pid, &stat);
                (pid, Process { stat, is_kin })
            })
            .collect();
        all.remove(&i32::try_from(std::process::id()).unwrap_or_default());
        while self.knows_by_others(&mut all) {}
        let kin = all.into_iter().filter(|(_, process)| process.is_kin);
        kin.map(|(pid, _)| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            (pid, name.trim().to_owned())
        })
        .collect()
    }

    /// Whether a process is known by itself.
    fn knows(&self, pid: i32, stat: &Stat) -> bool {
        self.named.contains(&(pid, stat.start))
            || self.is_in_session(stat)
            || environment(pid).any(|one| one == self.mark)
            || self.holds_pipe(pid, stat)
    }

    /// Whether it is in the child's own session, or in the child's group in the supervisor's.
    fn is_in_session(&self, stat: &Stat) -> bool {
        let Some(known) = &self.known else {
            return false;
        };
        let (child, supervisor) = (&known.child, &known.supervisor);
        let is_later = stat.start >= supervisor.start;
        let of_child = stat.session == child.pid && is_still(child);
        let of_supervisor =
            stat.session == supervisor.pid && stat.pgid == known.pgid && is_still(supervisor);
        is_later && (of_child || of_supervisor)
    }

    /// Whether it has one of the job's pipes open, which no stranger can have.
    fn holds_pipe(&self, pid: i32, stat: &Stat) -> bool {
        let Some(known) = &self.known else {
            return false;
        };
        if known.pipes.is_empty() || stat.start < known.supervisor.start {
            return false;
        }
        let open = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten();
        let links = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        links.into_iter().any(|link| {
            known
                .pipes
                .iter()
                .any(|pipe| link.as_os_str() == pipe.as_str())
        })
    }

    /// Whether some are known now by those that were before: by a parent, or by the supervisor's session once one in it
    /// shows that it is still that.
    fn knows_by_others(&self, all: &mut BTreeMap<i32, Process>) -> bool {
        let session = self.known.as_ref().map(|known| known.supervisor.pid);
        let kin: BTreeSet<i32> = all
            .iter()
            .filter_map(|(pid, process)| process.is_kin.then_some(*pid))
            .collect();
        let is_ours = kin.iter().any(|pid| Some(all[pid].stat.session) == session);
        let mut are_more = false;
        for process in all.values_mut().filter(|process| !process.is_kin) {
            let stat = &process.stat;
            process.is_kin = kin.contains(&stat.ppid) || is_ours && Some(stat.session) == session;
            are_more |= process.is_kin;
        }
        are_more
    }
}

fn stat(pid: i32) -> Option<Stat> {
    Stat::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn environment(pid: i32) -> impl Iterator<Item = Vec<u8>> {
    let block = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let all: Vec<Vec<u8>> = block.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    all.into_iter()
}

/// Whether a process's number is still its own: the process is there, dead or alive, or the number is free. As long as
/// any process is in the session or group of that number, the system gives it to no new one.
fn is_still(process: &Identity) -> bool {
    stat(process.pid).is_none_or(|stat| stat.start == process.start)
}
