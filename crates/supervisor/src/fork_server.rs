//! Asking a supervisor that waits to be forked: the **fork server**, a supervisor without a job that forks itself
//! for each it is asked for. Starting a program is dear beside a short job, and forking a small process is not.
//!
//! It is asked over a stream socket, which is its standard input. A request is a length (u32, little-endian) and that many
//! bytes: the job's folder and then the environment, each `NAME=VALUE`, all ended by NUL. With its first byte come two
//! descriptors: the supervisor's standard input and output. The answer is an `errno` (i32, little-endian), 0 for none,
//! once there is a supervisor. When the socket is closed, by whom ever it is held or by that one's death, the fork server
//! ends; its supervisors live on.

use std::{
    ffi::{OsStr, OsString},
    io::{self, IoSlice, IoSliceMut, Read, Write},
    mem::MaybeUninit,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::{
            ffi::{OsStrExt, OsStringExt},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
};

use rustix::{
    cmsg_space,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

/// No request is longer, in bytes: more than any system takes as arguments and environment of a program.
const LONGEST: usize = 16 * 1024 * 1024;

/// A supervisor that is asked for.
#[derive(Debug)]
pub struct Request {
    /// The job's folder.
    pub folder: PathBuf,
    /// Its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Its standard input: the listening control socket.
    pub stdin: OwnedFd,
    /// Its standard output: the job's claims.
    pub stdout: OwnedFd,
}

/// Asks a fork server for a supervisor of this folder, and waits until it is there.
///
/// # Errors
/// Those of the fork server, and those of the socket; after these a supervisor may be there all the same.
pub fn ask<'a>(
    mut fork_server: &UnixStream,
    folder: &Path,
    environment: impl IntoIterator<Item = (&'a OsStr, &'a OsStr)>,
    [stdin, stdout]: [BorrowedFd<'_>; 2],
) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    let mut put = |parts: &[&[u8]]| {
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.push(0);
    };
    put(&[folder.as_os_str().as_bytes()]);
    for (name, value) in environment {
        put(&[name.as_bytes(), b"=", value.as_bytes()]);
    }
    let length = u32::try_from(bytes.len() - 4).map_err(io::Error::other)?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());

    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(2))];
    let mut along = SendAncillaryBuffer::new(&mut space);
    let both = [stdin, stdout];
    if !along.push(SendAncillaryMessage::ScmRights(&both)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let sent = sendmsg(
        fork_server,
        &[IoSlice::new(&bytes)],
        &mut along,
        SendFlags::NOSIGNAL,
    )?;
    fork_server.write_all(&bytes[sent..])?;
    let mut answer = [0; 4];
    fork_server.read_exact(&mut answer)?;
    match i32::from_le_bytes(answer) {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// The next request; none when all writers are gone.
///
/// # Errors
/// Those of the socket, and `InvalidData` for what is no request.
pub fn next(mut socket: &UnixStream) -> io::Result<Option<Request>> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(2))];
    let mut along = RecvAncillaryBuffer::new(&mut space);
    let read = loop {
        let mut parts = [IoSliceMut::new(&mut length)];
        match recvmsg(socket, &mut parts, &mut along, RecvFlags::CMSG_CLOEXEC) {
            Ok(got) => break got.bytes,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    };
    if read == 0 {
        return Ok(None);
    }
    socket.read_exact(&mut length[read..])?;
    let rights = along.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(rights) => Some(rights),
        _ => None,
    });
    let mut fds = rights.flatten();
    let (Some(stdin), Some(stdout)) = (fds.next(), fds.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    socket.read_exact(&mut bytes)?;
    let mut words = bytes.split(|byte| *byte == 0);
    let folder = words.next().unwrap_or_default();
    Ok(Some(Request {
        folder: OsStr::from_bytes(folder).into(),
        environment: words.filter_map(variable).collect(),
        stdin,
        stdout,
    }))
}

/// Answers the last request.
///
/// # Errors
/// Those of the socket.
pub fn answer(mut socket: &UnixStream, outcome: &io::Result<()>) -> io::Result<()> {
    let errno = match outcome {
        Ok(()) => 0,
        Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
    };
    socket.write_all(&errno.to_le_bytes())
}

fn variable(word: &[u8]) -> Option<(OsString, OsString)> {
    let (name, value) = word.split_at(memchr::memchr(b'=', word)?);
    let owned = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    (!name.is_empty()).then(|| (owned(name), owned(&value[1..])))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::fd::AsFd, thread};

    use super::*;

    #[test]
    fn a_request_comes_whole_with_its_descriptors() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let long = OsString::from("x".repeat(1 << 20));
        let odd = OsStr::from_bytes(b"\xff=\n");
        let environment = vec![
            (OsString::from("LONG"), long),
            ("ODD".into(), odd.to_owned()),
        ];
        let requested = environment.clone();
        let asking = thread::spawn(move || {
            let (zero, null) = (File::open("/dev/zero")?, File::open("/dev/null")?);
            let variables = requested.iter().map(|(name, value)| (&**name, &**value));
            let fds = [zero.as_fd(), null.as_fd()];
            let one = ask(&ours, Path::new("/a job"), variables, fds);
            ask(&ours, Path::new("/a job"), [], fds)?;
            one
        });
        let request = next(&theirs).unwrap().unwrap();
        assert_eq!(request.folder, Path::new("/a job"));
        assert_eq!(request.environment, environment);
        let mut byte = [1];
        File::from(request.stdin).read_exact(&mut byte).unwrap();
        assert_eq!(byte, [0]);
        assert_eq!(File::from(request.stdout).read(&mut byte).unwrap(), 0);
        let again = io::Error::from_raw_os_error(libc::EAGAIN);
        answer(&theirs, &Err(again)).unwrap();
        assert!(next(&theirs).unwrap().unwrap().environment.is_empty());
        answer(&theirs, &Ok(())).unwrap();
        let outcome = asking.join().unwrap();
        assert_eq!(outcome.unwrap_err().raw_os_error(), Some(libc::EAGAIN));
        assert!(next(&theirs).unwrap().is_none());
    }
}
