//! The child's descendants, wherever they went: as their subreaper we are an ancestor of every one, whatever session
//! or process group it made for itself. Who is [apart](supervisor::apart) is none of them.

#[cfg(target_os = "linux")]
#[path = "tree/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "tree/other_systems.rs"]
mod system;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use supervisor::{exit::Survivor, mask::Secrets};

use system::Process;
pub(crate) use system::{Source, adopted, descendants, heeds, is_read};

/// No more survivors are named than this.
const MOST: usize = 32;

/// Longest command line of a survivor, in characters.
const LONGEST: usize = 200;

/// How long a tree that goes on forking is stopped, until no new process is found.
const TO_STOP: Duration = Duration::from_secs(2);

/// Sends a signal to the whole tree: to the child's process group in one go, if the child is there to vouch for its
/// number, and to each descendant outside of it.
pub(crate) fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // An error means that no process is there any more, or that they changed user, which [`why_unkillable`] finds out.
        rustix::process::kill_process_group(group, signal).ok();
    }
    let outside = |process: &Process| group.is_none_or(|group| !process.is_in(group));
    for process in descendants().iter().filter(|process| outside(process)) {
        process.signal(signal);
    }
}

/// Kills the whole tree. Whether there was anybody to kill: one who was not on the way out already, and may be killed.
///
/// All are stopped first, each before its children are looked for, so that it has no more of them than are seen; and again
/// until no new process is found. Else a tree that forks fast enough is always ahead of a walk through it. One that
/// lost its parent meanwhile is our child, and stopped before anybody is looked at.
pub(crate) fn kill(group: Option<Pid>) -> bool {
    let until = Instant::now() + TO_STOP;
    let mut processes: HashMap<(i32, u64), Process> = HashMap::new();
    let mut stopped = HashSet::new();
    if system::is_crowd() {
        // Before anybody is looked at, which takes its time and lets all others fork.
        system::stop_children(&mut stopped, until);
    }
    loop {
        let count = processes.len();
        let apart = system::walk(|process| {
            processes.entry(process.key()).or_insert_with(|| {
                process.signal(Signal::STOP);
                stopped.insert(process.pid());
                process
            });
        });
        stopped.extend(apart);
        if processes.len() == count || Instant::now() > until {
            break;
        }
        system::stop_children(&mut stopped, until);
    }
    let struck = processes.into_values().filter(|process| {
        let was_there = !process.is_dying() && process.why_unkillable().is_none();
        process.signal(Signal::KILL);
        was_there
    });
    let struck = struck.count() > 0;
    if let Some(group) = group {
        rustix::process::kill_process_group(group, Signal::KILL).ok();
    }
    struck
}

/// Whether no process of the tree is left, though ones set apart may be below us. One look can miss processes that move.
pub(crate) fn is_gone() -> bool {
    (0..3).all(|_| descendants().is_empty())
}

/// Whether a KILL is on its way to all remaining processes; none if there are none.
pub(crate) fn is_any_left() -> Option<bool> {
    let remaining = descendants();
    (!remaining.is_empty()).then(|| remaining.iter().all(Process::is_dying))
}

/// Why a process that is there cannot be signaled, as a fragment for a person: it runs as somebody else by now.
pub(crate) fn why_unkillable(process: Pid) -> Option<String> {
    Process::of(process)?.why_unkillable()
}

/// Who is still there, for a person; no secret is in a command line that may have been cut in it.
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
