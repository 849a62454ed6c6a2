//! Descendants by `/proc`.

#[path = "waits_for_input.rs"]
mod waits_for_input;

use std::{collections::HashSet, fs, os::unix::fs::MetadataExt, time::Instant};

use rustix::{
    io::Errno,
    process::{
        Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal,
        test_kill_process, waitid,
    },
};
use supervisor::{apart::is_apart, stat::Stat};

pub(crate) use self::waits_for_input::Source;

/// Children that are looked at faster than one of them forks again.
const CROWD: usize = 32;

/// A descendant that was alive when it was looked at.
#[derive(Debug)]
pub(crate) struct Process {
    pid: i32,
    stat: Stat,
}

impl Process {
    /// Who has this id now, and runs.
    pub(super) fn of(pid: Pid) -> Option<Self> {
        let pid = pid.as_raw_nonzero().get();
        let stat = stat(pid).filter(|stat| !stat.has_ended())?;
        Some(Self { pid, stat })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// What distinguishes it from a later one with its number.
    pub(super) fn key(&self) -> (i32, u64) {
        (self.pid, self.stat.start)
    }

    pub(crate) fn is_in(&self, group: Pid) -> bool {
        self.stat.pgid == group.as_raw_nonzero().get()
    }

    /// Whether a KILL is on its way to it.
    pub(super) fn is_dying(&self) -> bool {
        let status = status(self.pid);
        status.is_empty() || says(&status, ["SigPnd:", "ShdPnd:"], Signal::KILL)
    }

    /// Why no signal of ours reaches it; none if one does.
    pub(super) fn why_unkillable(&self) -> Option<String> {
        let pid = Pid::from_raw(self.pid)?;
        if test_kill_process(pid) != Err(Errno::PERM) {
            return None;
        }
        let user = fs::metadata(format!("/proc/{}", self.pid)).ok()?.uid();
        let name = fs::read_to_string(format!("/proc/{}/comm", self.pid)).unwrap_or_default();
        let user = match user {
            0 => "root".to_owned(),
            other => format!("user {other}"),
        };
        Some(format!(
            "{} (pid {pid}) runs as {user} and cannot be ended from here: sudo kill {pid}",
            name.trim_end(),
        ))
    }

    /// Sends a signal to this very process, and not to a later one with its number.
    pub(super) fn signal(&self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return;
        };
        // Errors mean that it is gone, or that it changed user, which is reported.
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

    /// Its arguments, each ended by NUL; its name if it has hidden them.
    pub(super) fn command(&self) -> Vec<u8> {
        let line = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        if line.is_empty() {
            fs::read(format!("/proc/{}/comm", self.pid)).unwrap_or_default()
        } else {
            line
        }
    }
}

/// Whether one of the descendants waits to read from the job's input.
pub(crate) fn is_read(source: Source) -> bool {
    descendants()
        .iter()
        .any(|process| waits_for_input::reads(process.pid, source))
}

/// Every living process below this one.
pub(crate) fn descendants() -> Vec<Process> {
    let mut processes = Vec::new();
    walk(|process| processes.push(process));
    processes
}

/// Gives every living process below this one, each before its children are looked for. Who is apart is passed over with
/// all that is below it; their numbers are given at the end.
pub(super) fn walk(mut meet: impl FnMut(Process)) -> Vec<i32> {
    let mut apart = Vec::new();
    if is_alone() {
        return apart;
    }
    let mut parents = vec!["self".to_owned()];
    while let Some(parent) = parents.pop() {
        for pid in children(&parent) {
            let Some(stat) = stat(pid) else { continue };
            if stat.is_buried_soon() {
                // A tree that forks fast leaves thousands of these.
            } else if stat.has_ended() {
                // Other threads of it may live, and have children.
                parents.push(pid.to_string());
            } else if is_apart(pid, &stat) {
                apart.push(pid);
            } else {
                meet(Process { pid, stat });
                parents.push(pid.to_string());
            }
        }
    }
    apart
}

/// Whether we have so many children that some fork while others are looked at.
pub(super) fn is_crowd() -> bool {
    children("self").len() > CROWD
}

/// Stops our own children as fast as can be, until there is no new one: a child's number is its own as long as we do not take
/// its status. Its identity is read once it is stopped; a process that is apart is continued.
pub(super) fn stop_children(stopped: &mut HashSet<i32>, until: Instant) {
    let mut apart = Vec::new();
    loop {
        let mut new = children("self");
        new.retain(|pid| stopped.insert(*pid));
        for pid in new.iter().filter_map(|pid| Pid::from_raw(*pid)) {
            rustix::process::kill_process(pid, Signal::STOP).ok();
        }
        apart.extend_from_slice(&new);
        if new.is_empty() || Instant::now() > until {
            break;
        }
    }
    apart.retain(|pid| stat(*pid).is_some_and(|stat| is_apart(*pid, &stat)));
    for pid in apart.into_iter().filter_map(Pid::from_raw) {
        rustix::process::kill_process(pid, Signal::CONT).ok();
    }
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

/// Whether we have no descendants: the usual end of a job, and then /proc is better left alone. Whoever has looked at the
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
