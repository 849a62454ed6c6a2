//! What the child reads: kept until it does, up to a bound.

use std::{
    collections::VecDeque,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::io::Errno;

use crate::{
    own_log::complain,
    pty,
    tree::{self, Source},
};

/// From here on listeners are asked to wait, and below [`RESUME`] to go on.
const PAUSE: usize = 256 * 1024;
const RESUME: usize = 64 * 1024;

/// No more is taken from here on. What is kept may be larger by one frame.
const FULL: usize = 1024 * 1024;

/// What a person types to end their input in a terminal (VEOF of a new one).
const END_OF_INPUT: u8 = 4;

/// The child's standard input.
#[derive(Debug)]
pub(crate) struct Input {
    fd: Option<OwnedFd>,
    terminal: bool,
    waiting: VecDeque<u8>,
    /// Closed once no input waits.
    ending: bool,
    paused: bool,
}

/// How the child waits for input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Awaited {
    /// Whether its terminal does not show what is typed.
    pub(crate) is_hidden: bool,
}

impl Input {
    /// Our end of a pipe.
    pub(crate) fn to_pipe(fd: OwnedFd) -> Self {
        Self::new(Some(fd), false)
    }

    /// Our end of a terminal.
    pub(crate) fn to_terminal(fd: OwnedFd) -> Self {
        Self::new(Some(fd), true)
    }

    /// None, for a child that could not be started.
    pub(crate) fn none() -> Self {
        Self::new(None, false)
    }

    fn new(fd: Option<OwnedFd>, terminal: bool) -> Self {
        Self {
            fd,
            terminal,
            waiting: VecDeque::new(),
            ending: false,
            paused: false,
        }
    }

    /// How a process of the job waits for input; none if none does, or there is some that was not taken yet.
    pub(crate) fn awaited(&self) -> Option<Awaited> {
        let fd = self.fd.as_ref().filter(|_| self.waiting.is_empty())?;
        if !self.terminal {
            let file = rustix::fs::fstat(fd).ok()?;
            let is_read = tree::is_read(Source::Pipe(file.st_dev, file.st_ino));
            return is_read.then_some(Awaited { is_hidden: false });
        }
        let terminal = pty::line_input(fd)?;
        let is_read = tree::is_read(Source::Terminal(terminal.device));
        is_read.then_some(Awaited {
            is_hidden: terminal.is_hidden,
        })
    }

    /// Whether listeners should wait.
    pub(crate) fn paused(&self) -> bool {
        self.paused
    }

    /// Whether no more input is taken now.
    pub(crate) fn full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    /// What to poll for room, while something waits.
    pub(crate) fn to_poll(&self) -> Option<BorrowedFd<'_>> {
        let waits = !self.waiting.is_empty();
        self.fd.as_ref().filter(|_| waits).map(AsFd::as_fd)
    }

    /// Takes bytes for the child. They are dropped once it reads no more.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        if self.fd.is_some() && !self.ending {
            self.waiting.extend(bytes);
            self.write();
        }
    }

    /// No more will come.
    pub(crate) fn end(&mut self) {
        if self.terminal {
            self.take(&[END_OF_INPUT]);
        } else {
            self.ending = true;
            self.write();
        }
    }

    /// Closes it now; what waits is not wanted any more.
    pub(crate) fn close(&mut self) {
        self.fd = None;
        self.waiting = VecDeque::new();
        self.paused = false;
    }

    /// Writes what there is room for.
    pub(crate) fn write(&mut self) {
        while let (Some(fd), Some(bytes)) = (&self.fd, front(&self.waiting)) {
            match rustix::io::write(fd, bytes) {
                Ok(n) => drop(self.waiting.drain(..n)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    // A child may close its input whenever it likes.
                    if !matches!(error, Errno::PIPE | Errno::IO) {
                        complain(format_args!("writing the child's input: {error}"));
                    }
                    self.close();
                }
            }
        }
        if self.ending && self.waiting.is_empty() {
            self.close();
        }
        self.paused = self.waiting.len() >= if self.paused { RESUME } else { PAUSE };
    }
}

fn front(waiting: &VecDeque<u8>) -> Option<&[u8]> {
    Some(waiting.as_slices().0).filter(|bytes| !bytes.is_empty())
}
