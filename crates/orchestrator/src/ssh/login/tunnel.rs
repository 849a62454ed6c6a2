//! A channel through another host as a socket, which a session is made over: a thread carries the bytes between the two.

use std::{
    io::{self, ErrorKind, Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    thread,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags};
use ssh2::{Channel, Session};

use crate::ssh::{
    poll::{interest, pause, socket},
    session::transport,
};

/// Bytes carried at once.
const BUFFER: usize = 64 << 10;
/// The longest wait for either side; both wake the thread by themselves.
const LONGEST: Duration = Duration::from_secs(60);

/// Carries the bytes of a channel to a socket and back, on a thread of its own, until either side is closed.
///
/// # Errors
/// The system has no socket or thread left.
pub(super) fn carry(session: Session, channel: Channel) -> io::Result<UnixStream> {
    let (ours, its) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    its.set_nonblocking(true)?;
    thread::Builder::new()
        .name("ssh way".to_owned())
        .spawn(move || {
            let mut carrier = Carrier {
                session,
                channel,
                socket: its,
                inbound: Backlog::new(),
                outbound: Backlog::new(),
            };
            if let Err(error) = carrier.run() {
                tracing::debug!(%error, "a way through another host ended");
            }
            if let Err(error) = carrier.session.disconnect(None, "done", None) {
                tracing::debug!(%error, "disconnect");
            }
        })?;
    Ok(ours)
}

/// Bytes that were read on one side and not yet written on the other.
pub(in crate::ssh) struct Backlog {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
}

impl Backlog {
    /// None yet.
    pub(in crate::ssh) fn new() -> Self {
        Self {
            bytes: vec![0; BUFFER],
            from: 0,
            to: 0,
        }
    }

    /// Whether no byte waits.
    pub(in crate::ssh) fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Reads more if no byte waits; false at the end.
    pub(in crate::ssh) fn fill(&mut self, from: &mut impl Read) -> io::Result<bool> {
        if !self.is_empty() {
            return Ok(true);
        }
        match from.read(&mut self.bytes) {
            Ok(0) => Ok(false),
            Ok(count) => {
                (self.from, self.to) = (0, count);
                Ok(true)
            }
            Err(error) if is_later(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Writes what waits; whether anything was written.
    pub(in crate::ssh) fn drain(&mut self, to: &mut impl Write) -> io::Result<bool> {
        if self.is_empty() {
            return Ok(false);
        }
        match to.write(&self.bytes[self.from..self.to]) {
            Ok(count) => {
                self.from += count;
                Ok(count > 0)
            }
            Err(error) if is_later(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

struct Carrier {
    session: Session,
    channel: Channel,
    socket: UnixStream,
    /// From the host to us.
    inbound: Backlog,
    /// From us to the host.
    outbound: Backlog,
}

impl Carrier {
    fn run(&mut self) -> io::Result<()> {
        loop {
            transport::refill();
            let there = self.inbound.fill(&mut self.channel)?;
            let ended = !there && self.channel.eof();
            let mut moved = self.inbound.drain(&mut self.socket)?;
            if !self.outbound.fill(&mut self.socket)? {
                return Ok(());
            }
            moved |= self.outbound.drain(&mut self.channel)?;
            if ended && self.inbound.is_empty() {
                return Ok(());
            }
            if !moved {
                self.wait();
            }
        }
    }

    fn wait(&self) {
        let flag = |wanted: bool, flag: PollFlags| {
            if wanted { flag } else { PollFlags::empty() }
        };
        // What cannot be passed on is left where it is: the other side then has to wait.
        let host = if self.inbound.is_empty() {
            interest(&self.session)
        } else {
            flag(!self.outbound.is_empty(), PollFlags::OUT)
        };
        let local = flag(self.outbound.is_empty(), PollFlags::IN)
            | flag(!self.inbound.is_empty(), PollFlags::OUT);
        let mut fds = [
            PollFd::from_borrowed_fd(socket(&self.session), host),
            PollFd::from_borrowed_fd(self.socket.as_fd(), local),
        ];
        pause(&mut fds, LONGEST);
    }
}
