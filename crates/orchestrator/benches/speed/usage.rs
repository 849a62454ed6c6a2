//! What processes use, from /proc (proc(5)): processor time of whole trees, and memory.

use std::{collections::HashMap, fs, time::Duration};

use crate::Outcome;

/// Milliseconds of a tick, in which the kernel shows processor time: `USER_HZ` is 100 wherever we run.
const TICK: u64 = 10;

/// What one process used: itself, and the children it has waited for.
struct Used {
    parent: i32,
    ticks: u64,
}

/// The processor time of these processes, of all below them that live, and of all below them that were waited for. It
/// only grows, so the difference of two readings is what was used between.
pub(crate) fn processor_time(roots: &[i32]) -> Duration {
    let all = everybody();
    let is_ours = |pid: &i32| {
        let mut pid = *pid;
        while !roots.contains(&pid) {
            match all.get(&pid) {
                Some(used) => pid = used.parent,
                None => return false,
            }
        }
        true
    };
    let ours = all.iter().filter(|(pid, _)| is_ours(pid));
    let ticks: u64 = ours.map(|(_, used)| used.ticks).sum();
    Duration::from_millis(ticks * TICK)
}

/// Processes below this one that live, and it.
pub(crate) fn tree(root: i32) -> Vec<i32> {
    let all = everybody();
    let mut tree = vec![root];
    let mut done = 0;
    while let Some(&parent) = tree.get(done) {
        tree.extend(
            all.iter()
                .filter(|(_, used)| used.parent == parent)
                .map(|(pid, _)| *pid),
        );
        done += 1;
    }
    tree
}

fn everybody() -> HashMap<i32, Used> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, used(pid)?))).collect()
}

fn used(pid: i32) -> Option<Used> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold spaces and parentheses.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Used {
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
    })
}

/// KiB of memory that are a process's own, with its share of what it has in common with others.
pub(crate) fn proportional(pid: i32) -> u64 {
    kib(&format!("/proc/{pid}/smaps_rollup"), "Pss:").unwrap_or(0)
}

/// The same of a process and all below it.
pub(crate) fn of_tree(root: i32) -> u64 {
    tree(root).into_iter().map(proportional).sum()
}

/// KiB of memory it holds.
pub(crate) fn resident(pid: i32) -> Outcome<u64> {
    kib(&format!("/proc/{pid}/status"), "VmRSS:")
        .ok_or_else(|| format!("process {pid} is gone").into())
}

/// KiB of memory it held at its highest.
pub(crate) fn peak(pid: i32) -> Outcome<u64> {
    kib(&format!("/proc/{pid}/status"), "VmHWM:")
        .ok_or_else(|| format!("process {pid} is gone").into())
}

/// The name of its program.
pub(crate) fn name(pid: i32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// The process above it.
pub(crate) fn parent(pid: i32) -> Option<i32> {
    used(pid).map(|used| used.parent)
}

fn kib(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
