//! Where commands are run: a channel of a session of libssh2, or the user's own `ssh`, started for each.
//!
//! No call waits. What would have to wait is none, or `WouldBlock`, and is repeated with the same arguments.

use std::io;

use libssh2_sys::LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
use rustix::event::PollFd;
use ssh2::{ErrorCode, MethodType, Session};

use super::{
    channel::{Channel, Report, STDERR},
    failure::Refusal,
    own::{Own, process::Process},
};
use crate::log::Stream;

/// What lines are opened in.
#[derive(Clone, Copy)]
pub(super) enum Link<'a> {
    /// A session: one login, several channels.
    Session(&'a Session),
    /// The user's own `ssh`.
    Own(&'a Own),
}

impl Link<'_> {
    /// By which algorithms its keys were made and its bytes go, for a person; none of what the user's own `ssh` does.
    pub(super) fn algorithms(self) -> Option<String> {
        let Self::Session(session) = self else {
            return None;
        };
        let key_exchange = session.methods(MethodType::Kex)?;
        let cipher = session.methods(MethodType::CryptCs)?;
        Some(format!("key exchange {key_exchange}, cipher {cipher}"))
    }

    /// What the host shows of itself, its key and its version; nothing of one that the user's own `ssh` reaches.
    pub(super) fn host(self) -> Vec<u8> {
        let Self::Session(session) = self else {
            return Vec::new();
        };
        let key = session.host_key().map_or(&[][..], |(key, _)| key);
        [key, session.banner_bytes().unwrap_or_default()].concat()
    }
}

/// One command's way to its host and back.
pub(super) enum Line {
    /// A channel.
    Channel(Channel),
    /// A process.
    Process(Box<Process>),
}

impl Line {
    /// Opens one; `window` is how many bytes the host may send ahead of our reading, `packet` how many of them in one packet.
    ///
    /// # Errors
    /// The host refuses it, or the link is gone.
    pub(super) fn open(link: Link<'_>, window: u32, packet: u32) -> io::Result<Option<Self>> {
        match link {
            Link::Session(session) => {
                let opened = io_of(Channel::open(session, window, packet))?;
                Ok(opened.map(Self::Channel))
            }
            Link::Own(own) => Ok(Some(Self::Process(Box::new(own.process())))),
        }
    }

    /// Sends a variable along; the user's own `ssh` does that by itself, as its config says.
    ///
    /// # Errors
    /// The host does not take it.
    pub(super) fn set_variable(&self, name: &str, value: &str) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.set_variable(name, value)),
            Self::Process(_) => Ok(Some(())),
        }
    }

    /// Asks for a terminal of this size.
    ///
    /// # Errors
    /// The host gives none.
    pub(super) fn request_terminal(&mut self, rows: u16, cols: u16) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.request_terminal(rows, cols)),
            Self::Process(process) => {
                process.request_terminal(rows, cols);
                Ok(Some(()))
            }
        }
    }

    /// Changes the size of its terminal.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn resize(&self, rows: u16, cols: u16) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.resize(rows, cols)),
            Self::Process(process) => process.resize(rows, cols).map(Some),
        }
    }

    /// Asks that what it runs may use the agent here; the user's own `ssh` does that by itself, as its config says.
    ///
    /// # Errors
    /// The host does not allow it.
    pub(super) fn request_agent(&self) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.request_agent()),
            Self::Process(_) => Ok(Some(())),
        }
    }

    /// Has a command run.
    ///
    /// # Errors
    /// The host refuses it, or there is no `ssh` here.
    pub(super) fn exec(&mut self, command: &str) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.exec(command)),
            Self::Process(process) => process.exec(command).map(Some),
        }
    }

    /// Sends a signal by its name without `SIG`; whether the host heeds it is not reported.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn signal(&self, name: &str) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.signal(name)),
            // There is no way to tell it that.
            Self::Process(_) => Ok(Some(())),
        }
    }

    /// Reads bytes of a stream. No bytes are its end, or that there are none before the end of all is known.
    ///
    /// # Errors
    /// `WouldBlock`, or that the link is gone.
    pub(super) fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> io::Result<usize> {
        match (self, stream) {
            (Self::Channel(channel), Stream::Stdout) => channel.read(0, buffer),
            (Self::Channel(channel), Stream::Stderr) => channel.read(STDERR, buffer),
            (Self::Process(process), stream) => process.read(stream, buffer),
        }
    }

    /// Sends bytes to its standard input, and says how many went.
    ///
    /// # Errors
    /// `WouldBlock`, or that the command takes no more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Channel(channel) => channel.write(bytes),
            Self::Process(process) => process.write(bytes),
        }
    }

    /// Says that no more input will come.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn send_eof(&mut self) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.send_eof()),
            Self::Process(process) => {
                process.send_eof();
                Ok(Some(()))
            }
        }
    }

    /// Whether no more output will come.
    pub(super) fn eof(&mut self) -> bool {
        match self {
            Self::Channel(channel) => channel.eof(),
            Self::Process(process) => process.is_over(),
        }
    }

    /// Closes it from our side.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn close(&mut self) -> io::Result<Option<()>> {
        match self {
            Self::Channel(channel) => io_of(channel.close()),
            Self::Process(process) => {
                process.end();
                Ok(Some(()))
            }
        }
    }

    /// How the host says that the command ended; none if it does not say, which is no end.
    pub(super) fn report(&self) -> Option<Report> {
        match self {
            Self::Channel(channel) => channel.report(),
            Self::Process(process) => process.report(),
        }
    }

    /// Why the user's own `ssh` gave up, if it did.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Channel(_) => None,
            Self::Process(process) => process.refusal(),
        }
    }

    /// What to poll besides a session's socket; `reads` and `writes` are what is to be done next.
    pub(super) fn fds(&self, reads: bool, writes: bool) -> Vec<PollFd<'_>> {
        match self {
            Self::Channel(_) => Vec::new(),
            Self::Process(process) => process.fds(reads, writes),
        }
    }
}

/// What the host itself refuses is `PermissionDenied`.
fn io_of<T>(result: Result<Option<T>, ssh2::Error>) -> io::Result<Option<T>> {
    let denied = ErrorCode::Session(LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED);
    result.map_err(|error| {
        let kind = if error.code() == denied {
            io::ErrorKind::PermissionDenied
        } else {
            io::ErrorKind::Other
        };
        io::Error::new(kind, error.message().to_owned())
    })
}
