//! One process of the user's own `ssh`.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags},
    process::{Pid, Signal, kill_process, kill_process_group},
    pty,
    termios::{self, Winsize},
};

use super::words;
use crate::{
    log::Stream,
    ssh::{channel::Report, failure::Refusal, login::way::reap},
};

/// What `ssh` exits with if it failed itself, and if the command did so.
const FAILED: i32 = 255;

/// A process that is to be started, runs or is over.
pub(in crate::ssh) struct Process {
    /// Without a terminal, and with one.
    commands: [Command; 2],
    log: PathBuf,
    destination: String,
    size: Option<(u16, u16)>,
    child: Option<Child>,
    status: Option<ExitStatus>,
    /// None once its end is known, or was given.
    input: Option<File>,
    output: Option<File>,
    errors: Option<File>,
    /// The last of what came from `errors`, which may be words of its own.
    held: Vec<u8>,
    /// Its own last words, if it had some among those of the command.
    farewell: Vec<u8>,
}

impl Process {
    pub(super) fn new(commands: [Command; 2], log: PathBuf, destination: String) -> Self {
        Self {
            commands,
            log,
            destination,
            size: None,
            child: None,
            status: None,
            input: None,
            output: None,
            errors: None,
            held: Vec::new(),
            farewell: Vec::new(),
        }
    }

    pub(in crate::ssh) fn request_terminal(&mut self, rows: u16, cols: u16) {
        self.size = Some((rows, cols));
    }

    /// Starts it with a command for the host.
    ///
    /// # Errors
    /// There is no `ssh`, or no room for it.
    pub(in crate::ssh) fn exec(&mut self, line: &str) -> io::Result<()> {
        let [plain, terminal] = &mut self.commands;
        let (errors, its_errors) = io::pipe()?;
        let (input, output, command) = match self.size {
            None => {
                let (its_input, input) = io::pipe()?;
                let (output, its_output) = io::pipe()?;
                plain.stdin(its_input).stdout(its_output);
                (OwnedFd::from(input), OwnedFd::from(output), plain)
            }
            Some(size) => {
                let (ours, its) = open_terminal(size)?;
                terminal.stdin(Stdio::from(its.try_clone()?));
                terminal.stdout(Stdio::from(its));
                (ours.try_clone()?, ours, terminal)
            }
        };
        let started = command
            .arg(line)
            .stderr(its_errors)
            .process_group(0)
            .spawn();
        // The ends that are its own must not stay open here.
        for command in &mut self.commands {
            *command = Command::new("ssh");
        }
        self.child = Some(started.map_err(|error| {
            let why = format!("your own ssh cannot be started: {error}");
            io::Error::new(error.kind(), why)
        })?);
        let ready = |fd: OwnedFd| -> io::Result<Option<File>> {
            rustix::io::ioctl_fionbio(&fd, true)?;
            Ok(Some(File::from(fd)))
        };
        self.input = ready(input)?;
        self.output = ready(output)?;
        self.errors = ready(errors.into())?;
        Ok(())
    }

    /// Changes the size of its terminal. It has none of its own, so a signal says that the size changed.
    ///
    /// # Errors
    /// It is over.
    pub(in crate::ssh) fn resize(&self, rows: u16, cols: u16) -> io::Result<()> {
        if let (Some(_), Some(terminal), Some(child)) = (self.size, &self.output, &self.child) {
            termios::tcsetwinsize(terminal, winsize((rows, cols)))?;
            kill_process(Pid::from_child(child), Signal::WINCH)?;
        }
        Ok(())
    }

    /// Reads bytes of a stream; none are its end.
    ///
    /// # Errors
    /// `WouldBlock`.
    pub(in crate::ssh) fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> io::Result<usize> {
        match stream {
            Stream::Stdout => read_of(&mut self.output, buffer),
            Stream::Stderr => self.read_errors(buffer),
        }
    }

    /// The same without what it says itself there, which it does in spite of its log when the link breaks.
    fn read_errors(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let held = self.held.len();
        if held >= buffer.len() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let was_open = self.errors.is_some();
        let count = read_of(&mut self.errors, &mut buffer[held..])?;
        let whole = std::mem::take(&mut self.held);
        buffer[..held].copy_from_slice(&whole);
        if count == 0 {
            if was_open && held > 0 && self.has_failed_soon() {
                self.farewell = whole;
                return Ok(0);
            }
            return Ok(held);
        }
        let end = held + count;
        let own = words::farewell_in(&buffer[..end]).unwrap_or(end);
        self.held = buffer[own..end].to_vec();
        if own == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(own)
    }

    /// Whether it ends in this moment, by a failure of its own.
    fn has_failed_soon(&mut self) -> bool {
        for _ in 0..20 {
            if self.has_ended() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.status.and_then(|status| status.code()) == Some(FAILED)
    }

    fn has_ended(&mut self) -> bool {
        if self.status.is_none()
            && let Some(child) = &mut self.child
        {
            self.status = child.try_wait().unwrap_or_default();
        }
        self.child.is_none() || self.status.is_some()
    }

    pub(in crate::ssh) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.input {
            Some(input) => input.write(bytes),
            None => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    /// Ends its input; in a terminal that is not done by closing it.
    pub(in crate::ssh) fn send_eof(&mut self) {
        if self.size.is_none() {
            self.input = None;
        }
    }

    /// Whether it has ended, and all it wrote was read.
    pub(in crate::ssh) fn is_over(&mut self) -> bool {
        self.output.is_none() && self.errors.is_none() && self.has_ended()
    }

    /// Sends it SIGTERM.
    pub(in crate::ssh) fn end(&mut self) {
        self.input = None;
        if let (Some(child), None) = (&self.child, self.status) {
            // It may have ended by itself.
            kill_process_group(Pid::from_child(child), Signal::TERM).ok();
        }
    }

    pub(in crate::ssh) fn report(&self) -> Option<Report> {
        let code = self.status?.code()?;
        self.refusal().is_none().then_some(Report::Status(code))
    }

    /// Why it gave up: its own words, if they are all there is to the end of a command.
    pub(in crate::ssh) fn refusal(&self) -> Option<Refusal> {
        if self.status?.code() != Some(FAILED) {
            return None;
        }
        let mut words_of_ssh = fs::read(&self.log).unwrap_or_default();
        words_of_ssh.extend(&self.farewell);
        words::refusal(&words_of_ssh, &self.destination)
    }

    pub(in crate::ssh) fn fds(&self, reads: bool, writes: bool) -> Vec<PollFd<'_>> {
        let outputs = [&self.output, &self.errors].into_iter().flatten();
        let outputs = outputs
            .filter(|_| reads)
            .map(|file| PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN));
        let input = self.input.iter().filter(|_| writes);
        let input = input.map(|file| PollFd::from_borrowed_fd(file.as_fd(), PollFlags::OUT));
        outputs.chain(input).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        (self.input, self.output, self.errors) = (None, None, None);
        if let Some(mut child) = self.child.take()
            && self.status.is_none()
        {
            kill_process_group(Pid::from_child(&child), Signal::TERM).ok();
            reap(&mut child);
        }
    }
}

/// Reads; at the end the file is closed.
fn read_of(end: &mut Option<File>, buffer: &mut [u8]) -> io::Result<usize> {
    let Some(file) = end else {
        return Ok(0);
    };
    match file.read(buffer) {
        // A terminal whose other end is closed says so by an error.
        Err(error) if error.raw_os_error() == Some(libc::EIO) => *end = None,
        Ok(0) => *end = None,
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            return Err(ErrorKind::WouldBlock.into());
        }
        read => return read,
    }
    Ok(0)
}

fn winsize((rows, cols): (u16, u16)) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// A terminal of this size, our end first. It is as terminals are: `ssh` has the one on the host be so, and then has this one
/// pass every byte on as it is.
fn open_terminal(size: (u16, u16)) -> io::Result<(OwnedFd, OwnedFd)> {
    let ours = pty::openpt(pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY)?;
    pty::grantpt(&ours)?;
    pty::unlockpt(&ours)?;
    rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::CLOEXEC)?;
    let name = pty::ptsname(&ours, Vec::new())?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let its = rustix::fs::open(&name, flags, rustix::fs::Mode::empty())?;
    termios::tcsetwinsize(&its, winsize(size))?;
    Ok((ours, its))
}
