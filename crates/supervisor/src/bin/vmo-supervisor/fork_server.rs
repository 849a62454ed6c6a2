//! The fork server: waits to be asked for supervisors, and becomes each of them.
#![expect(
    unsafe_code,
    reason = "a process becomes two, and writes its own name and environment anew"
)]

use std::{
    env, io,
    os::{
        fd::{AsFd, AsRawFd},
        unix::{ffi::OsStrExt, net::UnixStream},
    },
    path::{Path, PathBuf},
    ptr,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{WaitOptions, wait},
};
use supervisor::fork_server::{Request, answer, next};

use crate::{session, signals::Signals};

/// Waits for requests on standard input until all its writers are gone. What it returns is the folder of a job if this
/// process has become that job's supervisor.
pub(crate) fn serve() -> io::Result<Option<PathBuf>> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // What is typed at our starter is not for us, nor for those we become.
    supervisor::inherited::leave_session()?;
    // Nor is the folder it was started in to be kept from being unmounted.
    rustix::process::chdir("/")?;
    let mut signals = Signals::catch()?;
    // What it is asked with may hold secrets.
    session::leave_no_core();
    loop {
        let awaited = PollFlags::IN;
        let mut fds = [
            PollFd::new(&signals, awaited),
            PollFd::new(&socket, awaited),
        ];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let is_requested = !fds[1].revents().is_empty();
        if signals.take().end {
            return Ok(None);
        }
        bury();
        if !is_requested {
            continue;
        }
        let Some(request) = next(&socket)? else {
            return Ok(None);
        };
        // SAFETY: this process has one thread, so its child has all it had.
        let forked = match unsafe { libc::fork() } {
            0 => {
                signals.forget();
                return become_supervisor(request, socket).map(Some);
            }
            1.. => Ok(()),
            _ => Err(io::Error::last_os_error()),
        };
        drop(request);
        answer(&socket, &forked)?;
    }
}

/// Takes the statuses of supervisors that have ended, which only repeat what is in their jobs' folders.
fn bury() {
    while matches!(wait(WaitOptions::NOHANG), Ok(Some(_)) | Err(Errno::INTR)) {}
}

/// Takes over what a supervisor that is started finds: its standard streams, its environment and its name, and nothing
/// else.
fn become_supervisor(request: Request, socket: UnixStream) -> io::Result<PathBuf> {
    for (fd, standard) in [(&request.stdin, 0), (&request.stdout, 1)] {
        // SAFETY: dup2 takes any two numbers; 0 and 1 belong to the standard streams, which stay open so.
        if unsafe { libc::dup2(fd.as_raw_fd(), standard) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let Request {
        folder,
        environment,
        stdin,
        stdout,
    } = request;
    // Before all that is left is closed.
    drop((stdin, stdout, socket));
    supervisor::inherited::close();
    for (name, _) in env::vars_os() {
        // SAFETY: this process has one thread.
        unsafe { env::remove_var(name) };
    }
    for (name, value) in environment {
        // SAFETY: as above.
        unsafe { env::set_var(name, value) };
    }
    show(&folder);
    Ok(folder)
}

/// Shows the job's folder as the last argument, for people and programs that look for a job's supervisor, if the
/// fork server was started with one as long.
fn show(folder: &Path) {
    let folder = folder.as_os_str().as_bytes();
    let room = env::args_os().last().unwrap_or_default();
    let Some(end) = end_of_arguments().filter(|_| room.len() == folder.len()) else {
        return;
    };
    let place = ptr::with_exposed_provenance_mut::<u8>(end - 1 - room.len());
    // SAFETY: the kernel says that this process's arguments end there, the last one with its NUL. They may be written, and
    // no reference to them exists: `args_os` copies.
    unsafe { ptr::copy_nonoverlapping(folder.as_ptr(), place, folder.len()) };
}

/// The address after the last argument's NUL (proc(5), `/proc/PID/stat`, `arg_end`).
#[cfg(target_os = "linux")]
fn end_of_arguments() -> Option<usize> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit(')').next()?;
    after_name.split_ascii_whitespace().nth(46)?.parse().ok()
}

// Not yet: macOS has `_NSGetArgv`.
#[cfg(not(target_os = "linux"))]
fn end_of_arguments() -> Option<usize> {
    None
}
