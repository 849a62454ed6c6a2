//! A channel of a session, by libssh2's own calls: the crate `ssh2` does not say whether the host has reported an exit
//! status, and 0 is what it gives for a host that has not reported.
//!
//! No call waits. What would have to wait is none, and is repeated with the same arguments, as libssh2 wants it.

use std::{
    ffi::{c_char, c_int, c_uint},
    io,
    ptr::{self, NonNull},
    slice,
};

use libssh2_sys as raw;
use ssh2::{Error, Session};

use super::session::transport;

/// The stream of a channel that carries what a command writes to its standard error (RFC 4254, section 5.2).
pub(super) const STDERR: c_int = 1;

/// The terminal that a command gets.
const TERMINAL: &str = "xterm-256color";

#[expect(
    unsafe_code,
    reason = "libssh2-sys binds neither; the version is pinned and checked at start"
)]
unsafe extern "C" {
    fn libssh2_channel_has_exit_status(channel: *mut raw::LIBSSH2_CHANNEL) -> c_int;
    fn libssh2_channel_signal_ex(
        channel: *mut raw::LIBSSH2_CHANNEL,
        name: *const c_char,
        length: usize,
    ) -> c_int;
}

/// How the host says that what it ran has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// With this status.
    Status(i32),
    /// By this signal, without `SIG`.
    Signal(String),
}

/// An open channel. Dropped, libssh2 forgets it.
pub(super) struct Channel {
    raw: NonNull<raw::LIBSSH2_CHANNEL>,
    session: Session,
}

#[expect(
    unsafe_code,
    reason = "each call holds the session's lock, and what is passed lives until it returns"
)]
impl Channel {
    /// Opens a channel for a command; `window` is how many bytes the host may send ahead of our reading, `packet` how many
    /// of them in one packet.
    ///
    /// # Errors
    /// The host refuses it, or the link is gone.
    pub(super) fn open(session: &Session, window: u32, packet: u32) -> Result<Option<Self>, Error> {
        let kind = "session";
        let (opened, code) = {
            let mut locked = session.raw();
            let locked = &raw mut *locked;
            // SAFETY: the session is locked, and the name lives until the call returns.
            unsafe {
                let opened = raw::libssh2_channel_open_ex(
                    locked,
                    kind.as_ptr().cast(),
                    length(kind.len()),
                    window,
                    packet,
                    ptr::null(),
                    0,
                );
                (
                    NonNull::new(opened),
                    raw::libssh2_session_last_errno(locked),
                )
            }
        };
        match opened {
            Some(raw) => Ok(Some(Self {
                raw,
                session: session.clone(),
            })),
            None if code == raw::LIBSSH2_ERROR_EAGAIN => Ok(None),
            None => Err(Error::from_session_error(session, code)),
        }
    }

    /// A channel that the host has opened.
    pub(super) fn adopt(raw: NonNull<raw::LIBSSH2_CHANNEL>, session: &Session) -> Self {
        Self {
            raw,
            session: session.clone(),
        }
    }

    /// One of libssh2's calls, under the session's lock.
    fn with<T>(&self, call: impl FnOnce(*mut raw::LIBSSH2_CHANNEL) -> T) -> T {
        let _locked = self.session.raw();
        call(self.raw.as_ptr())
    }

    /// The same of a call that has a result.
    fn done(
        &self,
        call: impl FnOnce(*mut raw::LIBSSH2_CHANNEL) -> c_int,
    ) -> Result<Option<()>, Error> {
        match self.with(call) {
            raw::LIBSSH2_ERROR_EAGAIN => Ok(None),
            code if code < 0 => Err(Error::from_session_error(&self.session, code)),
            _ => Ok(Some(())),
        }
    }

    /// The same of a request that the host answers. libssh2 takes the next answer that it reads for this channel's, and gives
    /// up if it is another's. So all that has come is read first, which libssh2 then keeps by channels; while it looks for
    /// the answer there, nothing more is read.
    fn answered(
        &self,
        call: impl FnOnce(*mut raw::LIBSSH2_CHANNEL) -> c_int,
    ) -> Result<Option<()>, Error> {
        // Why it cannot be read is found out by the request.
        drop(self.read(0, &mut []));
        transport::held(|| self.done(call))
    }

    /// Sends a variable along.
    ///
    /// # Errors
    /// The host does not take it.
    pub(super) fn set_variable(&self, name: &str, value: &str) -> Result<Option<()>, Error> {
        // SAFETY: the strings live until the call returns.
        self.answered(|channel| unsafe {
            raw::libssh2_channel_setenv_ex(
                channel,
                name.as_ptr().cast(),
                length(name.len()),
                value.as_ptr().cast(),
                length(value.len()),
            )
        })
    }

    /// Asks for a terminal of this size.
    ///
    /// # Errors
    /// The host gives none.
    pub(super) fn request_terminal(&self, rows: u16, cols: u16) -> Result<Option<()>, Error> {
        // SAFETY: the name lives until the call returns; there are no modes.
        self.answered(|channel| unsafe {
            raw::libssh2_channel_request_pty_ex(
                channel,
                TERMINAL.as_ptr().cast(),
                length(TERMINAL.len()),
                ptr::null(),
                0,
                c_int::from(cols),
                c_int::from(rows),
                0,
                0,
            )
        })
    }

    /// Changes the size of its terminal.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn resize(&self, rows: u16, cols: u16) -> Result<Option<()>, Error> {
        // SAFETY: only numbers are passed.
        self.done(|channel| unsafe {
            raw::libssh2_channel_request_pty_size_ex(
                channel,
                c_int::from(cols),
                c_int::from(rows),
                0,
                0,
            )
        })
    }

    /// Asks that jobs in it may use the agent here.
    ///
    /// # Errors
    /// The host does not allow it.
    pub(super) fn request_agent(&self) -> Result<Option<()>, Error> {
        // SAFETY: it takes no argument but the channel.
        self.answered(|channel| unsafe { raw::libssh2_channel_request_auth_agent(channel) })
    }

    /// Has a command run.
    ///
    /// # Errors
    /// The host refuses it.
    pub(super) fn exec(&self, command: &str) -> Result<Option<()>, Error> {
        let kind = "exec";
        // SAFETY: the strings live until the call returns.
        self.answered(|channel| unsafe {
            raw::libssh2_channel_process_startup(
                channel,
                kind.as_ptr().cast(),
                length(kind.len()),
                command.as_ptr().cast(),
                length(command.len()),
            )
        })
    }

    /// Sends a signal by its name without `SIG`; whether the host heeds it is not reported.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn signal(&self, name: &str) -> Result<Option<()>, Error> {
        // SAFETY: the name lives until the call returns.
        self.done(|channel| unsafe {
            libssh2_channel_signal_ex(channel, name.as_ptr().cast(), name.len())
        })
    }

    /// Reads bytes of a stream: 0 is its standard output. No bytes are its end, or that there are none before the end of
    /// the channel is known.
    ///
    /// # Errors
    /// `WouldBlock`, or that the link is gone.
    pub(super) fn read(&self, stream: c_int, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the buffer is ours and as long as is said.
        let read = self.with(|channel| unsafe {
            raw::libssh2_channel_read_ex(
                channel,
                stream,
                buffer.as_mut_ptr().cast::<c_char>(),
                buffer.len(),
            )
        });
        self.count(read)
    }

    /// Sends bytes to its standard input, and says how many went.
    ///
    /// # Errors
    /// `WouldBlock`, or that the command takes no more.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the bytes live until the call returns.
        let written = self.with(|channel| unsafe {
            raw::libssh2_channel_write_ex(channel, 0, bytes.as_ptr().cast::<c_char>(), bytes.len())
        });
        self.count(written)
    }

    fn count(&self, moved: isize) -> io::Result<usize> {
        usize::try_from(moved).map_err(|_| {
            let code = c_int::try_from(moved).unwrap_or(raw::LIBSSH2_ERROR_SOCKET_RECV);
            if code == raw::LIBSSH2_ERROR_EAGAIN {
                io::ErrorKind::WouldBlock.into()
            } else {
                let error = Error::from_session_error(&self.session, code);
                io::Error::other(error.message().to_owned())
            }
        })
    }

    /// Says that no more input will come.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn send_eof(&self) -> Result<Option<()>, Error> {
        // SAFETY: it takes no argument but the channel.
        self.done(|channel| unsafe { raw::libssh2_channel_send_eof(channel) })
    }

    /// Whether no more output will come.
    pub(super) fn eof(&self) -> bool {
        // SAFETY: it takes no argument but the channel.
        self.with(|channel| unsafe { raw::libssh2_channel_eof(channel) }) != 0
    }

    /// Closes it from our side.
    ///
    /// # Errors
    /// The link is gone.
    pub(super) fn close(&self) -> Result<Option<()>, Error> {
        // SAFETY: it takes no argument but the channel.
        self.done(|channel| unsafe { raw::libssh2_channel_close(channel) })
    }

    /// How the host says that the command ended; none if it does not say, which is no end.
    pub(super) fn report(&self) -> Option<Report> {
        if let Some(signal) = self.exit_signal() {
            return Some(Report::Signal(signal));
        }
        // SAFETY: it takes no argument but the channel.
        self.with(|channel| unsafe {
            (libssh2_channel_has_exit_status(channel) != 0)
                .then(|| Report::Status(raw::libssh2_channel_get_exit_status(channel)))
        })
    }

    fn exit_signal(&self) -> Option<String> {
        let mut locked = self.session.raw();
        let (mut name, mut long) = (ptr::null_mut(), 0);
        // SAFETY: libssh2 gives a string of the length it says, which its own allocator frees.
        unsafe {
            let code = raw::libssh2_channel_get_exit_signal(
                self.raw.as_ptr(),
                &raw mut name,
                &raw mut long,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            );
            if code != 0 || name.is_null() {
                return None;
            }
            let bytes = slice::from_raw_parts(name.cast::<u8>(), long);
            let text = String::from_utf8_lossy(bytes).into_owned();
            raw::libssh2_free(&raw mut *locked, name.cast());
            Some(text)
        }
    }
}

impl io::Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Self::read(self, 0, buffer)
    }
}

impl io::Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::write(self, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[expect(
    unsafe_code,
    reason = "the channel is not used afterwards, and its session is still there"
)]
impl Drop for Channel {
    fn drop(&mut self) {
        // SAFETY: no other reference to it is left. What the host has not acknowledged yet libssh2 frees with the
        // session.
        self.with(|channel| unsafe { raw::libssh2_channel_free(channel) });
    }
}

fn length(bytes: usize) -> c_uint {
    c_uint::try_from(bytes).unwrap_or(c_uint::MAX)
}
