//! What a confined process asks of its keeper, and how that answers: over the socket between them, each with a socket of its
//! own for the answer, so that a name that takes long to be looked up holds up nothing else.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, ErrorKind},
    net::SocketAddr,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use supervisor::fork_server;

/// The names that a wish and an answer go by.
const WISH: &str = "wish";
const ANSWER: &str = "answer";

/// What later logins do not do without.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Needs {
    /// Files that may be read: known hosts.
    pub(crate) read: Vec<PathBuf>,
    /// Files that may be added to: known hosts.
    pub(crate) append: Vec<PathBuf>,
    /// Sockets that may be connected to: agents.
    pub(crate) connect: Vec<PathBuf>,
}

/// What a keeper is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// From now on nothing but this may be asked for. It can be said once.
    Seal(Needs),
    /// A file, open to be read.
    Read(PathBuf),
    /// A file, open to be added to.
    Append(PathBuf),
    /// A connection to this socket.
    Connect(PathBuf),
    /// The addresses of a name, each with this port.
    Resolve(String, u16),
    /// That what archives jobs is started.
    Archive,
}

/// What it answers, beside a descriptor.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Answer {
    addresses: Vec<SocketAddr>,
    /// Why not: the system's number for it, and in words.
    refusal: Option<(Option<i32>, String)>,
}

/// Asks, and waits for the answer; the descriptor is of no use to those who asked for none.
///
/// # Errors
/// What the keeper could not do, and that it is gone.
pub(super) fn ask(
    keeper: &Mutex<UnixStream>,
    wish: &Wish,
) -> io::Result<(Vec<SocketAddr>, OwnedFd)> {
    let (ours, its) = UnixStream::pair()?;
    let text = serde_json::to_string(wish)?;
    let words = [(OsStr::new(WISH), OsStr::new(&text))];
    let fds = [its.as_fd(), its.as_fd()];
    fork_server::ask(&keeper.lock(), Path::new("/"), words, fds)?;
    drop(its);
    let answered = fork_server::next(&ours)?.ok_or(ErrorKind::UnexpectedEof)?;
    fork_server::answer(&ours, &Ok(()))?;
    let answer: Answer = word(&answered, ANSWER)?;
    match answer.refusal {
        None => Ok((answer.addresses, answered.stdin)),
        Some((Some(number), _)) => Err(io::Error::from_raw_os_error(number)),
        Some((None, why)) => Err(io::Error::other(why)),
    }
}

/// What the confined process asks for next, and where to answer; none once it is gone.
///
/// # Errors
/// Those of the socket, and what is no wish.
pub(crate) fn next_wish(socket: &UnixStream) -> io::Result<Option<(Wish, UnixStream)>> {
    let Some(message) = fork_server::next(socket)? else {
        return Ok(None);
    };
    let wish = word(&message, WISH);
    fork_server::answer(socket, &Ok(()))?;
    Ok(Some((wish?, UnixStream::from(message.stdin))))
}

/// Answers with addresses, a descriptor or a refusal.
///
/// # Errors
/// The one who asked is gone.
pub(crate) fn answer(
    to: &UnixStream,
    outcome: io::Result<(Vec<SocketAddr>, Option<OwnedFd>)>,
) -> io::Result<()> {
    let (answer, fd) = match outcome {
        Ok((addresses, fd)) => {
            let refusal = None;
            (Answer { addresses, refusal }, fd)
        }
        Err(error) => {
            let refusal = Some((error.raw_os_error(), error.to_string()));
            let addresses = Vec::new();
            (Answer { addresses, refusal }, None)
        }
    };
    let fd = match fd {
        Some(fd) => fd,
        None => File::open("/dev/null")?.into(),
    };
    let text = serde_json::to_string(&answer)?;
    let words = [(OsStr::new(ANSWER), OsStr::new(&text))];
    fork_server::ask(to, Path::new("/"), words, [fd.as_fd(), fd.as_fd()])
}

fn word<T: for<'a> Deserialize<'a>>(request: &fork_server::Request, name: &str) -> io::Result<T> {
    let words = request.environment.iter();
    let mut texts = words.filter(|(word, _)| word == name).map(|(_, text)| text);
    let text = texts.next().ok_or(ErrorKind::InvalidData)?;
    Ok(serde_json::from_slice(text.as_encoded_bytes())?)
}
