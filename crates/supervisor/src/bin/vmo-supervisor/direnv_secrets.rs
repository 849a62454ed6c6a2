//! Secrets that a program between us and make brings: direnv makes an environment of its own, and what is secret in it can
//! be kept out of the log only once we know it.
//!
//! So direnv does not become make but this program, which has the environment that make is to have: it hands the values
//! over, waits until they are kept out, and becomes make. What direnv itself and its `.envrc` print comes before that.

use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Read, Write},
    net::Shutdown,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, RawFd},
        unix::{
            ffi::{OsStrExt, OsStringExt},
            net::UnixStream,
            process::CommandExt,
        },
    },
    path::Path,
    process::{Command, ExitCode},
};

use rustix::io::{FdFlags, fcntl_setfd};
use supervisor::exec::Exec;

use crate::own_log::complain;

/// The word that has this program hand over: `--handover FD NAME,NAME PROGRAM ARGUMENT…`
pub(crate) const WORD: &str = "--handover";
/// The most bytes that are taken over; no environment is larger.
const MOST: usize = 16 << 20;

/// Our end, where values come in.
#[derive(Debug)]
pub(crate) struct Handover {
    socket: UnixStream,
    /// The other end, until the child is there.
    theirs: Option<UnixStream>,
    taken: Vec<u8>,
}

/// Gives the command its arguments, with a handover in them if another program goes between: `direnv exec DIR PROGRAM…`
pub(crate) fn prepare(exec: &Exec, command: &mut Command) -> Option<Handover> {
    let is_direnv = Path::new(&exec.program).file_name() == Some(OsStr::new("direnv"));
    let own = |name: &&String| !name.starts_with("VMO_");
    let names: Vec<&str> = exec
        .secrets
        .iter()
        .filter(own)
        .map(String::as_str)
        .collect();
    let brings = is_direnv && exec.args.len() > 2 && exec.args[0] == "exec" && !names.is_empty();
    if !brings {
        command.args(&exec.args);
        return None;
    }
    match between(command) {
        Ok((program, handover)) => {
            let theirs = handover.theirs.as_ref().map_or(-1, AsRawFd::as_raw_fd);
            command
                .args(&exec.args[..2])
                .arg(program)
                .args([WORD, &theirs.to_string(), &names.join(",")])
                .args(&exec.args[2..]);
            Some(handover)
        }
        Err(error) => {
            complain(format_args!("what direnv brings is not kept out: {error}"));
            command.args(&exec.args);
            None
        }
    }
}

#[expect(
    unsafe_code,
    reason = "one descriptor is left open for the child, which has no safe call"
)]
fn between(command: &mut Command) -> io::Result<(OsString, Handover)> {
    let program = env::current_exe()?;
    // One that was replaced since has no name any more.
    program.metadata()?;
    let (socket, theirs) = UnixStream::pair()?;
    socket.set_nonblocking(true)?;
    let fd = theirs.as_raw_fd();
    // SAFETY: the descriptor is open until the command was started, and this makes one system call.
    unsafe {
        command.pre_exec(move || {
            fcntl_setfd(BorrowedFd::borrow_raw(fd), FdFlags::empty())?;
            Ok(())
        });
    }
    let handover = Handover {
        socket,
        theirs: Some(theirs),
        taken: Vec::new(),
    };
    Ok((program.into_os_string(), handover))
}

impl Handover {
    /// The child is there and has the other end.
    pub(crate) fn begun(mut self) -> Self {
        self.theirs = None;
        self
    }

    /// Takes in what has come; whether that is all. It is, too, if the other end was closed without a word.
    pub(crate) fn is_complete(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return true,
                Ok(n) if self.taken.len() + n <= MOST => self.taken.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return true,
            }
        }
    }

    /// The values.
    pub(crate) fn values(&self) -> Vec<OsString> {
        let values = self.taken.split(|byte| *byte == 0);
        values
            .map(|value| OsString::from_vec(value.to_vec()))
            .collect()
    }
}

impl AsFd for Handover {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Hands over and becomes the program.
pub(crate) fn hand_over(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let (Some(fd), Some(names), Some(program)) = (args.next(), args.next(), args.next()) else {
        eprintln!("vmo-supervisor: {WORD} is for its own use");
        return ExitCode::from(2);
    };
    let fd = fd.to_str().and_then(|fd| fd.parse::<RawFd>().ok());
    if let Some(fd) = fd.filter(|fd| *fd > 2)
        && let Err(error) = send_values(fd, &names)
    {
        eprintln!("vmo-supervisor: what direnv brings is not kept out of the log: {error}");
    }
    let error = Command::new(&program).args(args).exec();
    eprintln!("{}: {error}", program.display());
    ExitCode::from(127)
}

/// Sends the values of these variables and waits until they are known, or the other end is gone.
#[expect(
    unsafe_code,
    reason = "the descriptor was left open for us by its number"
)]
fn send_values(fd: RawFd, names: &OsStr) -> io::Result<()> {
    // SAFETY: this process has no other owner of it. Closed when this returns.
    let mut socket = unsafe { UnixStream::from_raw_fd(fd) };
    for name in names.as_bytes().split(|byte| *byte == b',') {
        if let Some(value) = env::var_os(OsStr::from_bytes(name)) {
            socket.write_all(value.as_bytes())?;
            socket.write_all(&[0])?;
        }
    }
    socket.shutdown(Shutdown::Write)?;
    let _nothing = socket.read(&mut [0])?;
    Ok(())
}
