//! A program asked a short question: its standard output, within a limit of time and size, or nothing.

use std::{
    io::Read,
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, kill_process_group},
};

/// What a program said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its standard output.
    pub(super) stdout: Vec<u8>,
    /// Whether it exited with 0.
    pub(super) success: bool,
}

/// Runs a program with no input, in a session of its own, until it ends. None where it cannot be started, takes longer
/// than `limit` or writes more than `max` bytes; it and its group are then killed. `enough` ends the reading early: what
/// a shell's start-up files left running may hold the output open for ever.
pub(super) fn ask(
    command: &mut Command,
    limit: Duration,
    max: usize,
    enough: impl Fn(&[u8]) -> bool,
) -> Option<Answer> {
    let deadline = Instant::now() + limit;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // Without a terminal of its own, an interactive shell cannot be stopped for reaching for ours.
    #[expect(
        unsafe_code,
        reason = "setsid is async-signal-safe, and std has no call for it"
    )]
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            Ok(())
        });
    }
    let mut child = command.spawn().ok()?;
    let stdout = read(&mut child, deadline, max, enough);
    match stdout.and_then(|stdout| Some((stdout, wait(&mut child, deadline)?))) {
        Some((stdout, success)) => Some(Answer { stdout, success }),
        None => {
            kill(&mut child);
            None
        }
    }
}

fn read(
    child: &mut Child,
    deadline: Instant,
    max: usize,
    enough: impl Fn(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    let mut output = child.stdout.take()?;
    let mut all = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let left = deadline.checked_duration_since(Instant::now())?;
        let left = Timespec::try_from(left).ok()?;
        let ready = {
            let mut wait = [PollFd::from_borrowed_fd(output.as_fd(), PollFlags::IN)];
            poll(&mut wait, Some(&left))
        };
        match ready {
            Ok(0) => return None,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        let length = output.read(&mut buffer).ok()?;
        all.extend(&buffer[..length]);
        if all.len() > max {
            return None;
        }
        if length == 0 || enough(&all) {
            return Some(all);
        }
    }
}

fn wait(child: &mut Child, deadline: Instant) -> Option<bool> {
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status.success());
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::sleep(left.min(Duration::from_millis(2)));
    }
}

fn kill(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It leads its own group, so nobody else's processes are in it. The group may be gone already.
        kill_process_group(pid, Signal::KILL).ok();
    }
    child.wait().ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn gives_what_was_said_and_how_it_ended() {
        let answer = ask(&mut sh("echo hi; exit 3"), LONG, 100, |_| false).unwrap();
        assert_eq!(
            (answer.stdout.as_slice(), answer.success),
            (&b"hi\n"[..], false)
        );
        assert_eq!(
            ask(&mut Command::new("/no/such"), LONG, 100, |_| false),
            None
        );
    }

    #[test]
    fn ends_what_takes_too_long_or_says_too_much() {
        let start = Instant::now();
        let limit = Duration::from_millis(200);
        assert_eq!(ask(&mut sh("sleep 60; :"), limit, 100, |_| false), None);
        assert_eq!(
            ask(&mut sh("exec >&-; sleep 60; :"), limit, 100, |_| false),
            None
        );
        assert_eq!(ask(&mut sh("yes"), LONG, 10_000, |_| false), None);
        assert!(start.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn does_not_wait_for_what_holds_the_output_open() {
        let start = Instant::now();
        let script = "sleep 60 & echo \"$!\"";
        let answer = ask(&mut sh(script), LONG, 100, |said| said.ends_with(b"\n")).unwrap();
        assert!(answer.success && start.elapsed() < LONG);
        let pid: i32 = String::from_utf8(answer.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }
}
