//! A program asked a short question: its output within a limit of time and size, or none.

use std::{
    io::{self, PipeReader, Read, Write},
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, kill_process_group},
};

/// The output of a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its standard output, and its standard error if that was wanted.
    pub(crate) stdout: Vec<u8>,
    /// Its exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
}

/// What a question may cost, and what counts as its answer.
pub(crate) struct Limits<'a> {
    /// How long it may take until the program has ended.
    pub(crate) time: Duration,
    /// How much it may say, in bytes.
    pub(crate) bytes: usize,
    /// Whether its standard error is part of the answer.
    pub(crate) stderr: bool,
    /// Written to its standard input; at most 4 KiB, so that it never has to be waited for.
    pub(crate) input: &'a [u8],
    /// Ends the reading early: what a shell's start-up files left running may hold the output open for ever.
    pub(crate) enough: fn(&[u8]) -> bool,
}

impl Limits<'_> {
    /// No input, and the whole standard output as the answer.
    pub(crate) fn of(time: Duration, bytes: usize) -> Self {
        Self {
            time,
            bytes,
            stderr: false,
            input: b"",
            enough: |_| false,
        }
    }
}

/// Runs a program in a session of its own until it ends. None if it cannot be started, takes longer or says more than
/// the limits allow; it and its group are then killed.
pub(crate) fn ask(command: &mut Command, limits: &Limits<'_>) -> Option<Answer> {
    let deadline = Instant::now() + limits.time;
    let (output, writer) = io::pipe().ok()?;
    let (stdin, mut input) = io::pipe().ok()?;
    input.write_all(limits.input).ok()?;
    drop(input);
    let stderr = match limits.stderr {
        true => writer.try_clone().ok()?.into(),
        false => Stdio::null(),
    };
    command.stdin(stdin).stdout(writer).stderr(stderr);
    // Without a terminal of its own, an interactive shell cannot be stopped for reaching for ours.
    #[expect(
        unsafe_code,
        reason = "both calls are async-signal-safe, and std has none for them"
    )]
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            end_with_us()
        });
    }
    let mut child = command.spawn().ok()?;
    // The command holds our copies of the child's ends; while it does, there is no end of the output.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let stdout = read(output, deadline, limits);
    match stdout.and_then(|stdout| Some((stdout, wait(&mut child, deadline)?))) {
        Some((stdout, status)) => Some(Answer {
            stdout,
            code: status.code(),
        }),
        None => {
            kill(&mut child);
            None
        }
    }
}

/// Has an endless program killed with us, since nothing would stop it at its time limit then.
#[cfg(target_os = "linux")]
fn end_with_us() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(
        Signal::KILL,
    ))?)
}

#[cfg(not(target_os = "linux"))]
fn end_with_us() -> io::Result<()> {
    // Not yet: there is no such call.
    Ok(())
}

fn read(mut output: PipeReader, deadline: Instant, limits: &Limits<'_>) -> Option<Vec<u8>> {
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
        if all.len() > limits.bytes {
            return None;
        }
        if length == 0 || (limits.enough)(&all) {
            return Some(all);
        }
    }
}

fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::sleep(left.min(Duration::from_millis(2)));
    }
}

fn kill(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It leads its own group, so only its own processes are in it. The group may be gone already.
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

    fn limits() -> Limits<'static> {
        Limits::of(LONG, 100)
    }

    #[test]
    fn gives_what_was_said_and_how_it_ended() {
        let answer = ask(&mut sh("echo hi; echo no >&2; exit 3"), &limits()).unwrap();
        assert_eq!(
            (answer.stdout.as_slice(), answer.code),
            (&b"hi\n"[..], Some(3))
        );
        let both = Limits {
            stderr: true,
            input: b"in",
            ..limits()
        };
        let answer = ask(&mut sh("cat; echo no >&2"), &both).unwrap();
        assert_eq!(
            (answer.stdout.as_slice(), answer.code),
            (&b"inno\n"[..], Some(0))
        );
        assert_eq!(ask(&mut Command::new("/no/such"), &limits()), None);
    }

    #[test]
    fn ends_what_takes_too_long_or_says_too_much() {
        let start = Instant::now();
        let short = Limits::of(Duration::from_millis(200), 100);
        assert_eq!(ask(&mut sh("sleep 60; :"), &short), None);
        assert_eq!(ask(&mut sh("exec >&-; sleep 60; :"), &short), None);
        assert_eq!(ask(&mut sh("yes"), &limits()), None);
        assert!(start.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn does_not_wait_for_what_holds_the_output_open() {
        let start = Instant::now();
        let line = Limits {
            enough: |stdout| stdout.ends_with(b"\n"),
            ..limits()
        };
        let answer = ask(&mut sh("sleep 60 & echo \"$!\""), &line).unwrap();
        assert!(answer.code == Some(0) && start.elapsed() < LONG);
        let pid = String::from_utf8(answer.stdout).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }
}
