//! Who waits for the job's input, by what the kernel says each thread is doing (proc(5), `/proc/PID/syscall`).

use std::{
    fs::{self, File, Metadata},
    os::unix::fs::{FileExt, MetadataExt},
};

/// Threads of one process that are looked at, at most.
const THREADS: usize = 64;
/// Files of one poll that are looked at, at most.
const POLLED: u64 = 64;

/// The input of a job, as its processes have it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A pipe, by its file system and its number there.
    Pipe(u64, u64),
    /// A terminal, by its device number.
    Terminal(u64),
}

impl Source {
    fn is(self, file: &Metadata) -> bool {
        /// `/dev/tty`: whichever terminal a process has.
        const OWN: u64 = libc::makedev(5, 0);
        match self {
            Self::Pipe(device, number) => (file.dev(), file.ino()) == (device, number),
            Self::Terminal(device) => [device, OWN].contains(&file.rdev()),
        }
    }
}

/// Whether a thread of the process waits for something to read from it.
pub(super) fn reads(pid: i32, source: Source) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten().take(THREADS);
    let calls = threads.filter_map(|thread| fs::read_to_string(thread.path().join("syscall")).ok());
    calls
        .into_iter()
        .filter_map(|line| call(&line))
        .any(|(number, arguments)| awaits(pid, source, number, arguments))
}

/// The number of a system call and its first two arguments; none if the thread runs.
fn call(line: &str) -> Option<(i64, [u64; 2])> {
    let mut words = line.split_ascii_whitespace();
    let number = words.next()?.parse().ok()?;
    let mut argument = || {
        let word = words.next()?.strip_prefix("0x")?;
        u64::from_str_radix(word, 16).ok()
    };
    Some((number, [argument()?, argument()?]))
}

fn awaits(pid: i32, source: Source, number: i64, [first, second]: [u64; 2]) -> bool {
    let is_source = |fd: u64| {
        let file = fs::metadata(format!("/proc/{pid}/fd/{fd}"));
        file.is_ok_and(|file| source.is(&file))
    };
    if [libc::SYS_read, libc::SYS_readv].contains(&number) {
        return is_source(first);
    }
    if let Source::Terminal(_) = source {
        // Who polls a terminal edits its lines itself, or shows a whole screen: that is no question.
        return false;
    }
    if number == libc::SYS_ppoll || is_old_poll(number) {
        return polled(pid, first, second).into_iter().any(is_source);
    }
    if number == libc::SYS_epoll_pwait || is_old_epoll(number) {
        return watched(pid, first).into_iter().any(is_source);
    }
    if number == libc::SYS_pselect6 || is_old_select(number) {
        return selected(pid, first, second).into_iter().any(is_source);
    }
    false
}

#[cfg(target_arch = "x86_64")]
fn is_old_poll(number: i64) -> bool {
    number == libc::SYS_poll
}

#[cfg(target_arch = "x86_64")]
fn is_old_epoll(number: i64) -> bool {
    number == libc::SYS_epoll_wait
}

#[cfg(target_arch = "x86_64")]
fn is_old_select(number: i64) -> bool {
    number == libc::SYS_select
}

#[cfg(not(target_arch = "x86_64"))]
fn is_old_poll(_number: i64) -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn is_old_epoll(_number: i64) -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn is_old_select(_number: i64) -> bool {
    false
}

/// The files of `poll(fds, count)` that are waited for to be readable: each is a number (i32) and what is waited for (i16).
fn polled(pid: i32, fds: u64, count: u64) -> Vec<u64> {
    let mut entries = vec![0; usize::try_from(count.min(POLLED)).unwrap_or(0) * 8];
    if read_memory(pid, fds, &mut entries).is_none() {
        return Vec::new();
    }
    let entries = entries.chunks_exact(8);
    let file = |entry: &[u8]| {
        let fd = i32::from_ne_bytes(entry[..4].try_into().ok()?);
        let events = i16::from_ne_bytes(entry[4..6].try_into().ok()?);
        (events & libc::POLLIN != 0).then(|| u64::try_from(fd).ok())?
    };
    entries.filter_map(file).collect()
}

/// The files of `select(count, readable, …)`: a bit each.
fn selected(pid: i32, count: u64, readable: u64) -> Vec<u64> {
    let count = count.min(libc::FD_SETSIZE as u64);
    let mut bits = vec![0; usize::try_from(count.div_ceil(8)).unwrap_or(0)];
    if readable == 0 || read_memory(pid, readable, &mut bits).is_none() {
        return Vec::new();
    }
    let is_set = |fd: &u64| {
        let at = usize::try_from(fd / 8).unwrap_or(usize::MAX);
        bits.get(at).is_some_and(|byte| byte & (1 << (fd % 8)) != 0)
    };
    (0..count).filter(is_set).collect()
}

/// The files that an epoll has (proc(5), `/proc/PID/fdinfo/FD`).
fn watched(pid: i32, epoll: u64) -> Vec<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{epoll}")).unwrap_or_default();
    let files = text.lines().filter_map(|line| {
        let (fd, events) = line.strip_prefix("tfd:")?.trim().split_once(' ')?;
        let (_, events) = events.split_once("events:")?;
        let events = events.split_ascii_whitespace().next()?;
        let events = u32::from_str_radix(events, 16).ok()?;
        let is_input = events & u32::try_from(libc::EPOLLIN).ok()? != 0;
        is_input.then(|| fd.parse().ok())?
    });
    files.collect()
}

/// Reads of another process's memory, which its tracers and its ancestors may.
fn read_memory(pid: i32, at: u64, into: &mut [u8]) -> Option<()> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    memory.read_exact_at(into, at).ok()
}
