//! Waiting at a session's socket, which never blocks.

use std::{os::fd::BorrowedFd, time::Duration};

use rustix::event::{PollFd, PollFlags, poll};

/// Whether a non-blocking operation only has to be tried again.
pub(super) fn again(error: &ssh2::Error) -> bool {
    error.code() == ssh2::ErrorCode::Session(libssh2_sys::LIBSSH2_ERROR_EAGAIN)
}

/// What to wait for on a session's socket: there is always something to read, and sometimes something left to send.
pub(super) fn interest(session: &ssh2::Session) -> PollFlags {
    match session.block_directions() {
        ssh2::BlockDirections::Outbound | ssh2::BlockDirections::Both => {
            PollFlags::IN | PollFlags::OUT
        }
        _ => PollFlags::IN,
    }
}

/// A session's socket.
#[expect(
    unsafe_code,
    reason = "ssh2 gives a raw descriptor; the session owns the socket and is borrowed as long as the descriptor"
)]
pub(super) fn socket(session: &ssh2::Session) -> BorrowedFd<'_> {
    use std::os::fd::AsRawFd;
    unsafe { BorrowedFd::borrow_raw(session.as_raw_fd()) }
}

/// Polls for this long at most; a signal or an error is an early return, and everyone looks again anyway.
pub(super) fn pause(fds: &mut [PollFd<'_>], most: Duration) {
    let most = rustix::event::Timespec {
        tv_sec: i64::try_from(most.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: most.subsec_nanos().into(),
    };
    if let Err(error) = poll(fds, Some(&most)) {
        tracing::debug!(%error, "poll");
    }
}

/// Whether a session's socket is ready for this now.
pub(super) fn is_ready(session: &ssh2::Session, what: PollFlags) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(socket(session), what)];
    pause(&mut fds, Duration::ZERO);
    fds[0].revents().contains(what)
}

/// Bytes that wait at a session's socket; none if the system does not say.
pub(super) fn unread(session: &ssh2::Session) -> Option<u64> {
    rustix::io::ioctl_fionread(socket(session)).ok()
}
