//! The control socket: pokes and endings out to any number of listeners, orders in from any of them.
//!
//! Both ways go frames: a kind (u8), the payload's length (u32, little-endian), the payload. A frame of a kind the
//! reader does not know is skipped, so that older and newer programs understand each other.
//!
//! A listener is sent the current state as soon as it connects: the committed offset, and the exit if there is one.
//! A slow listener is sent the latest state once it reads again, not each step on the way; no backlog builds up for it.
//! Output itself never goes through here: a poke says up to where the spool may be read.
//!
//! **Input** the child does not read is kept up to a bound. At 256 KiB everybody is sent `InputPaused(true)`, and
//! `InputPaused(false)` once it has shrunk to 64 KiB. Who goes on sending all the same is not read any more at 1 MiB,
//! orders behind that input included, until the child reads or closes its input; no byte is dropped while it can
//! still be read.
//!
//! **Starting without a race**: who starts a supervisor may [`bind`] the socket itself and give the listening socket to
//! it as standard input. A connection then succeeds before the supervisor has run its first line, and closes when it
//! dies; the first `Committed` says that the spool is there. Given anything else, a supervisor binds the socket itself.

use std::{
    fmt,
    fs::File,
    io,
    os::{
        fd::AsRawFd,
        unix::{
            fs::OpenOptionsExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{exec::Window, exit::ExitRecord};

mod decoder;
mod frames;
mod news;

pub use decoder::{Decoder, Error, Frame};
pub use news::News;

/// The socket's name in a job's folder.
pub const SOCKET: &str = "control.sock";

/// The most bytes of payload in a frame that is not input.
pub const MAX_FRAME: usize = 64 * 1024;

/// The most bytes in one frame of input.
pub const MAX_INPUT: usize = 1024 * 1024;

/// What a listener is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToEngine {
    /// The spool holds whole records up to this offset.
    Committed {
        /// As [`crate::spool`] counts.
        offset: u64,
    },
    /// The child has ended. Reported at once, before any sync, and again if more is known.
    Exit(ExitRecord),
    /// No output comes any more, and `exit.json` says so durably.
    Complete,
    /// Whether more input should wait.
    InputPaused(bool),
    /// Why the child's output is not read at the moment, as a fragment for a person; None once it is again.
    Paused(Option<String>),
    /// The child waits for what a person types; None once it does not.
    Prompts(Option<Prompt>),
    /// Why the child does not end, though it was to, as a sentence for a person: it runs as another user.
    Unkillable(Option<String>),
    /// The last signal that the job's tree was sent to end it; None before, and once none of it is left.
    LastSignal(Option<LastSignal>),
    /// What a person is asked before the job can begin, at most [`MAX_FRAME`], in the words of who asks and who answers; None
    /// once there is no question.
    Asks(Option<String>),
}

/// What a child waits for, by what it wrote last and by what its terminal is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// A line of text.
    Text,
    /// What is not to be seen, as a password.
    Secret,
}

/// A signal on the way to a job's end, and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSignal {
    /// Its name without `SIG`.
    pub signal: String,
    /// The next one, if some of the job are then left; none after the last.
    pub next: Option<NextSignal>,
    /// Whether a person asked for the end; otherwise the job's time was over.
    pub requested: bool,
}

/// A signal that is still to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextSignal {
    /// Its name without `SIG`.
    pub signal: String,
    /// When it comes, in microseconds since 1970.
    pub at: i64,
}

/// What a listener may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToSupervisor {
    /// End the job's whole tree: by the signals of [`crate::exec::Exec`] with their graces, or at once.
    Cancel {
        /// At once, by KILL.
        force: bool,
    },
    /// Bytes for the child's standard input or its terminal, at most [`MAX_INPUT`].
    Input(Vec<u8>),
    /// Close the child's standard input when it has read the rest; in a terminal: type ^D.
    EndInput,
    /// Give the child's terminal another size.
    Resize(Window),
    /// Send a signal to the child's process group.
    Signal(i32),
    /// A person's answer to what [`ToEngine::Asks`] asks.
    Answer(Answer),
}

/// A person's answer, which may be a secret: it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// Connects to a job's control socket.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` when the supervisor is gone.
pub fn connect(folder: &Path) -> io::Result<UnixStream> {
    at_socket(folder, UnixStream::connect)
}

/// Listens on a job's control socket, in place of the one before.
///
/// # Errors
/// Those of the system.
pub fn bind(folder: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(folder.join(SOCKET)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    at_socket(folder, UnixListener::bind)
}

/// Calls `with` a path of the socket that fits a socket address, which holds 107 bytes and a folder's path may not.
fn at_socket<T>(folder: &Path, with: impl FnOnce(PathBuf) -> io::Result<T>) -> io::Result<T> {
    const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
    let path = folder.join(SOCKET);
    if path.as_os_str().len() <= LONGEST || !cfg!(target_os = "linux") {
        return with(path);
    }
    let folder = File::options()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
        .open(folder)?;
    with(PathBuf::from(format!(
        "/proc/self/fd/{}/{SOCKET}",
        folder.as_raw_fd()
    )))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_folder_may_have_a_long_path() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch
            .path()
            .join("long ".repeat(40))
            .join("a".repeat(200));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(
            connect(&folder).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        drop(bind(&folder).unwrap());
        assert_eq!(
            connect(&folder).unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
        let listener = bind(&folder).unwrap();
        connect(&folder).unwrap().write_all(b"hello").unwrap();
        let mut sent = String::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_string(&mut sent)
            .unwrap();
        assert_eq!(sent, "hello");
    }
}
