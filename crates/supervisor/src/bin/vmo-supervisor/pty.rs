//! A terminal for the child: its two ends, and its size.

use std::{io, os::fd::OwnedFd};

use rustix::{
    io::{Errno, FdFlags},
    pty::{OpenptFlags, grantpt, openpt, unlockpt},
    termios::{self, InputModes, LocalModes, OptionalActions, Winsize},
};
use supervisor::exec::Window;

const FLAGS: OpenptFlags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY);

/// A new terminal: our end and the child's.
pub(crate) fn open(size: Window) -> io::Result<(OwnedFd, OwnedFd)> {
    let master = openpt(FLAGS)?;
    rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let terminal = other_end(&master)?;
    // So that erasing takes away a whole character, not its last byte.
    let mut modes = termios::tcgetattr(&terminal)?;
    modes.input_modes |= InputModes::IUTF8;
    termios::tcsetattr(&terminal, OptionalActions::Now, &modes)?;
    resize(&master, size)?;
    Ok((master, terminal))
}

#[cfg(target_os = "linux")]
fn other_end(master: &OwnedFd) -> Result<OwnedFd, Errno> {
    rustix::pty::ioctl_tiocgptpeer(master, FLAGS | OpenptFlags::CLOEXEC)
}

#[cfg(not(target_os = "linux"))]
fn other_end(master: &OwnedFd) -> Result<OwnedFd, Errno> {
    use rustix::fs::{Mode, OFlags};
    let name = rustix::pty::ptsname(master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(name, flags, Mode::empty())
}

/// A terminal that gives its processes whole lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineInput {
    /// The number of the child's end.
    pub(crate) device: u64,
    /// Whether what is typed is not shown.
    pub(crate) is_hidden: bool,
}

/// How a terminal takes lines; none if its processes take each key, as an editor does.
pub(crate) fn line_input(terminal: &OwnedFd) -> Option<LineInput> {
    let modes = termios::tcgetattr(terminal).ok()?.local_modes;
    let name = rustix::pty::ptsname(terminal, Vec::new()).ok()?;
    let device = rustix::fs::stat(name).ok()?.st_rdev;
    modes.contains(LocalModes::ICANON).then_some(LineInput {
        device,
        is_hidden: !modes.contains(LocalModes::ECHO),
    })
}

/// Gives the terminal another size; the system tells who runs in it by SIGWINCH.
pub(crate) fn resize(terminal: &OwnedFd, size: Window) -> io::Result<()> {
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(termios::tcsetwinsize(terminal, size)?)
}
