//! The child's descendants, wherever they went: as their subreaper we are an ancestor of every one, whatever session
//! or process group it made for itself.

use rustix::process::{Pid, Signal};
use supervisor::{exit::Survivor, mask::Secrets};

pub(crate) use system::{Process, adopted, descendants, heeds};

/// No more survivors are named than this.
const MOST: usize = 32;

/// Longest command line of a survivor, in characters.
const LONGEST: usize = 200;

/// Sends a signal to the whole tree: to the child's process group in one go, where the child is there to vouch for its
/// number, and to each descendant outside of it.
pub(crate) fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // An error means that nobody is there any more, or that they changed user, which the survivors tell.
        rustix::process::kill_process_group(group, signal).ok();
    }
    let outside = |process: &Process| group.is_none_or(|group| !process.is_in(group));
    for process in descendants().iter().filter(|process| outside(process)) {
        process.signal(signal);
    }
}

/// Kills the whole tree, and whatever it forked meanwhile.
pub(crate) fn kill(group: Option<Pid>) {
    // A tree that forks faster than this is struck again when its orphans' ends are told to us.
    for _ in 0..10 {
        signal(group, Signal::KILL);
        if descendants().iter().all(Process::is_dying) {
            break;
        }
    }
}

/// Who is still there, for a person; no secret stands in a command line that may have been cut in it.
pub(crate) fn survivors(secrets: Option<&Secrets>) -> Vec<Survivor> {
    let alive = descendants().into_iter().take(MOST);
    let shown = |command: Vec<u8>| match secrets {
        Some(secrets) => readable(&secrets.masked(&command)),
        None => readable(&command),
    };
    alive
        .map(|process| Survivor {
            pid: process.pid(),
            command: shown(process.command()),
        })
        .collect()
}

/// A command line as one line: no control characters, at most [`LONGEST`].
fn readable(command: &[u8]) -> String {
    let text = String::from_utf8_lossy(command);
    let line = text.trim_end_matches('\0').chars().take(LONGEST);
    line.map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;

    use rustix::{
        io::Errno,
        process::{
            Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
        },
    };
    use supervisor::stat::Stat;

    /// A descendant that was alive when it was looked at.
    #[derive(Debug)]
    pub(crate) struct Process {
        pid: i32,
        stat: Stat,
    }

    impl Process {
        pub(crate) fn pid(&self) -> i32 {
            self.pid
        }

        pub(crate) fn is_in(&self, group: Pid) -> bool {
            self.stat.pgid == group.as_raw_nonzero().get()
        }

        /// Whether a KILL is on its way to it.
        pub(crate) fn is_dying(&self) -> bool {
            let status = status(self.pid);
            status.is_empty() || says(&status, ["SigPnd:", "ShdPnd:"], Signal::KILL)
        }

        /// Sends a signal to this very process, and not to a later one with its number.
        pub(crate) fn signal(&self, signal: Signal) {
            let Some(pid) = Pid::from_raw(self.pid) else {
                return;
            };
            // Errors mean that it is gone, or that it changed user, which the survivors tell.
            match pidfd_open(pid, PidfdFlags::empty()) {
                Ok(fd) if stat(self.pid).is_some_and(|stat| stat.start == self.stat.start) => {
                    pidfd_send_signal(fd, signal).ok();
                }
                // Before Linux 5.3.
                Err(Errno::NOSYS) => {
                    rustix::process::kill_process(pid, signal).ok();
                }
                Ok(_) | Err(_) => {}
            }
        }

        /// Its arguments, each ended by NUL; its name where it has hidden them.
        pub(crate) fn command(&self) -> Vec<u8> {
            let line = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
            if line.is_empty() {
                fs::read(format!("/proc/{}/comm", self.pid)).unwrap_or_default()
            } else {
                line
            }
        }
    }

    /// Every living process below this one.
    pub(crate) fn descendants() -> Vec<Process> {
        let mut found = Vec::new();
        if is_alone() {
            return found;
        }
        let mut parents = vec!["self".to_owned()];
        while let Some(parent) = parents.pop() {
            for pid in children(&parent) {
                parents.push(pid.to_string());
                found.extend(stat(pid).map(|stat| Process { pid, stat }));
            }
        }
        found.retain(|process| !process.stat.has_ended());
        found
    }

    /// Whether a process that is there catches a signal or ignores it: only then can it end with a code of its own after it.
    pub(crate) fn heeds(pid: Pid, signal: Signal) -> bool {
        let pid = pid.as_raw_nonzero().get();
        let heeds = says(&status(pid), ["SigCgt:", "SigIgn:"], signal);
        heeds && stat(pid).is_some_and(|stat| !stat.has_ended())
    }

    /// Those that are our own children beside this one: their parents have ended.
    pub(crate) fn adopted(child: Option<Pid>) -> Vec<i32> {
        let child = child.map(|child| child.as_raw_nonzero().get());
        let mut all = children("self");
        all.retain(|pid| Some(*pid) != child);
        all.sort_unstable();
        all
    }

    fn status(pid: i32) -> String {
        fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default()
    }

    /// Whether one of these lines of a status has the signal's bit (proc(5)).
    fn says(status: &str, lines: [&str; 2], signal: Signal) -> bool {
        let bit = 1_u64 << (signal.as_raw() - 1);
        let masks = status.lines().filter_map(|line| {
            let mask = lines.iter().find_map(|name| line.strip_prefix(name))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        });
        masks.into_iter().any(|mask| mask & bit != 0)
    }

    /// Whether nobody is below us: the usual end of a job, and then /proc is better left alone. Whoever has looked at the
    /// threads of a process there makes its parent, which buries it, wait for the kernel to forget each of them.
    fn is_alone() -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::All, look), Err(Errno::CHILD))
    }

    /// The children of all its threads (proc(5), `/proc/PID/task/TID/children`).
    fn children(parent: &str) -> Vec<i32> {
        let threads = fs::read_dir(format!("/proc/{parent}/task"));
        let lists = threads
            .into_iter()
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
        lists
            .flat_map(|list| {
                let pids = list
                    .split_ascii_whitespace()
                    .filter_map(|pid| pid.parse().ok());
                pids.collect::<Vec<i32>>()
            })
            .collect()
    }

    fn stat(pid: i32) -> Option<Stat> {
        Stat::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }
}

// Not yet: on macOS the process table comes from `sysctl(KERN_PROC_ALL)`, and there is no subreaper, so strays have to
// be found by `VMO_JOB` in their environment. Until then a cancel reaches the process group alone.
#[cfg(not(target_os = "linux"))]
mod system {
    use rustix::process::{Pid, Signal};

    /// A descendant; none is ever found.
    #[derive(Debug)]
    pub(crate) enum Process {}

    impl Process {
        pub(crate) fn pid(&self) -> i32 {
            match *self {}
        }
        pub(crate) fn is_in(&self, _group: Pid) -> bool {
            match *self {}
        }
        pub(crate) fn is_dying(&self) -> bool {
            match *self {}
        }
        pub(crate) fn signal(&self, _signal: Signal) {
            match *self {}
        }
        pub(crate) fn command(&self) -> Vec<u8> {
            match *self {}
        }
    }

    pub(crate) fn descendants() -> Vec<Process> {
        Vec::new()
    }

    pub(crate) fn adopted(_child: Option<Pid>) -> Vec<i32> {
        Vec::new()
    }

    pub(crate) fn heeds(_pid: Pid, _signal: Signal) -> bool {
        true
    }
}
