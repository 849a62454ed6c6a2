//! Away from our starter: a session of our own, no descriptors of theirs, and orphans of the job come to us.
#![expect(
    unsafe_code,
    reason = "descriptors are handled here by their bare numbers"
)]

use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixListener,
    },
};

use rustix::{fs::Mode, net::sockopt, process};
use supervisor::inherited;

use crate::own_log::complain;

/// The listening socket on standard input, if our starter left one there.
pub(crate) fn handed_listener() -> io::Result<Option<UnixListener>> {
    let stdin = io::stdin();
    match sockopt::socket_acceptconn(&stdin) {
        Ok(true) => Ok(Some(stdin.as_fd().try_clone_to_owned()?.into())),
        Ok(false) | Err(_) => Ok(None),
    }
}

/// Leaves the session, the standard streams and the umask of our starter; says that umask, for the child.
pub(crate) fn detach() -> io::Result<Mode> {
    inherited::leave_session()?;
    #[cfg(target_os = "linux")]
    process::set_child_subreaper(Some(process::getpid()))?;
    let umask = process::umask(Mode::RWXG | Mode::RWXO);
    inherited::leave_streams(0..3)?;
    process::chdir("/")?;
    Ok(umask)
}

/// Gives us the soft limit that the child is to have; we need less than anybody. One above the hard limit is not taken.
pub(crate) fn limit_open_files(soft: Option<u64>) {
    let Some(soft) = soft else { return };
    let limit = process::getrlimit(process::Resource::Nofile);
    let wanted = process::Rlimit {
        current: Some(soft),
        ..limit
    };
    if limit != wanted
        && let Err(error) = process::setrlimit(process::Resource::Nofile, wanted)
    {
        complain(format_args!(
            "the limit of open files stays as it is: {error}"
        ));
    }
}

/// Has the system write no core dump of us, and let only the administrator read our memory: the environment may hold
/// secrets. What we start has its own, as ever.
pub(crate) fn leave_no_core() {
    if let Err(error) = inherited::leave_no_core() {
        complain(format_args!("a core dump may hold secrets: {error}"));
    }
}

/// Has a child begin a session of its own. Called between fork and exec.
pub(crate) fn lead() -> io::Result<()> {
    process::setsid()?;
    Ok(())
}

/// Has a child begin a session of its own with the terminal on its standard input. Called between fork and exec.
pub(crate) fn lead_terminal() -> io::Result<()> {
    lead()?;
    // SAFETY: descriptor 0 is the terminal, put there by the one who forked.
    process::ioctl_tiocsctty(unsafe { BorrowedFd::borrow_raw(0) })?;
    Ok(())
}
