//! One window for each data folder: a second start has the first come to the front, and ends. By a lock and a socket in the
//! data folder, since not every desktop has a session bus, and whoever names another folder wants another window.
//!
//! The lock's file also says whether the window before was closed: it has a word in it while one is open.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    os::{
        fd::AsRawFd,
        unix::{
            fs::OpenOptionsExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use tauri::{AppHandle, Manager};

use crate::links;

/// How long a first window may take to come to the front; then it hangs, and a second one opens beside it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks whether a window that closes has gone.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// What a second start may say, in bytes: a link.
const LONGEST: u64 = 8 << 10;
/// What the first answers.
const SHOWN: u8 = b'y';
const OPEN: &[u8] = b"open\n";

/// What this start is.
pub(crate) enum Start {
    /// The one window of its data folder.
    First(Instance),
    /// Another is there and was shown.
    Second,
}

/// The right to be the one window, until it is let go of.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    held: Mutex<Option<Held>>,
    /// Whether the window before was not closed, but killed or lost with the machine.
    pub(crate) after_crash: bool,
}

#[derive(Debug)]
struct Held {
    lock: File,
    listener: UnixListener,
    socket: PathBuf,
}

/// Becomes the one window of a data folder, or shows the one that is there, to which go the arguments.
pub(crate) fn take(data: &Path, arguments: &[String]) -> Start {
    let end = Instant::now() + PATIENCE;
    loop {
        match hold(data) {
            Ok(Some(instance)) => return Start::First(instance),
            Ok(None) if show_other(data, arguments).is_ok() => return Start::Second,
            Ok(None) if Instant::now() < end => thread::sleep(BETWEEN_LOOKS),
            Ok(None) => {
                tracing::warn!(
                    "the window that is open already does not answer: another opens beside it"
                );
                return Start::First(Instance::default());
            }
            Err(error) => {
                tracing::warn!("a second start will open a second window: {error}");
                return Start::First(Instance::default());
            }
        }
    }
}

/// Takes the lock; none if another has it.
fn hold(data: &Path) -> io::Result<Option<Instance>> {
    let mut open = File::options();
    open.read(true).write(true).create(true).truncate(false);
    let mut lock = open.mode(0o600).open(data.join("window.lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        Err(fs::TryLockError::Error(error)) => return Err(error),
    }
    let after_crash = lock.metadata()?.len() > 0;
    lock.set_len(0)?;
    lock.write_all(OPEN)?;
    let socket = data.join("window.sock");
    match fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = at(data, UnixListener::bind)?;
    let held = Held {
        lock,
        listener,
        socket,
    };
    Ok(Some(Instance {
        held: Mutex::new(Some(held)),
        after_crash,
    }))
}

/// Hands the arguments to the window that is open; fails if it is not seen to have come to the front.
fn show_other(data: &Path, arguments: &[String]) -> io::Result<()> {
    let mut other = at(data, UnixStream::connect)?;
    other.set_read_timeout(Some(PATIENCE))?;
    other.write_all(arguments.join("\0").as_bytes())?;
    other.shutdown(std::net::Shutdown::Write)?;
    let mut answer = [0];
    other.read_exact(&mut answer)?;
    (answer[0] == SHOWN)
        .then_some(())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Calls `with` a path of the socket that fits a socket address, which holds 107 bytes and a folder's path may not.
fn at<T>(data: &Path, with: impl FnOnce(PathBuf) -> io::Result<T>) -> io::Result<T> {
    if !cfg!(target_os = "linux") {
        return with(data.join("window.sock"));
    }
    let folder = File::open(data)?;
    with(format!("/proc/self/fd/{}/window.sock", folder.as_raw_fd()).into())
}

/// Shows the window whenever a second start asks for it.
pub(crate) fn listen(app: &AppHandle) {
    let instance = app.state::<Instance>();
    let listener = match &*instance
        .held
        .lock()
        .unwrap_or_else(|held| held.into_inner())
    {
        Some(held) => held.listener.try_clone(),
        None => return,
    };
    let app = app.clone();
    let listening = listener.and_then(|listener| {
        let hear = move || {
            listener
                .incoming()
                .flatten()
                .for_each(|other| answer(&app, other));
        };
        thread::Builder::new()
            .name("second starts".into())
            .spawn(hear)
    });
    if let Err(error) = listening {
        tracing::warn!("a second start will not be heard: {error}");
    }
}

fn answer(app: &AppHandle, mut other: UnixStream) {
    let mut arguments = String::new();
    let read = other
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| (&other).take(LONGEST).read_to_string(&mut arguments));
    // One that closes shows itself no more: the second start waits, and becomes the first.
    let is_open = app
        .state::<Instance>()
        .held
        .lock()
        .is_ok_and(|held| held.is_some());
    if read.is_ok() && is_open {
        links::follow(app, arguments.split('\0').map(str::to_owned).collect());
        // Whoever asked may be gone.
        drop(other.write_all(&[SHOWN]));
    }
}

/// Lets another start be the one window: this one is being closed, as it should be.
pub(crate) fn let_go(app: &AppHandle) {
    let held = app
        .state::<Instance>()
        .held
        .lock()
        .ok()
        .and_then(|mut held| held.take());
    if let Some(Held {
        mut lock, socket, ..
    }) = held
    {
        let closed = lock.rewind().and_then(|()| lock.set_len(0));
        if let Err(error) = closed.and_then(|()| fs::remove_file(socket)) {
            tracing::debug!("the next start takes this one for a crash: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Instance, OPEN, at, hold};

    #[test]
    fn one_holds_a_data_folder_and_the_next_knows_how_it_ended() {
        let data = tempfile::tempdir().unwrap();
        let first = hold(data.path()).unwrap().unwrap();
        assert!(!first.after_crash);
        assert!(hold(data.path()).unwrap().is_none());
        // As the system does when a process is killed.
        drop(first);
        let Instance { held, after_crash } = hold(data.path()).unwrap().unwrap();
        assert!(after_crash);
        let lock = held.into_inner().unwrap().unwrap().lock;
        assert_eq!(lock.metadata().unwrap().len(), OPEN.len() as u64);
        lock.set_len(0).unwrap();
        drop(lock);
        assert!(!hold(data.path()).unwrap().unwrap().after_crash);
    }

    #[test]
    fn a_data_folder_may_have_a_long_path() {
        let scratch = tempfile::tempdir().unwrap();
        let data = scratch.path().join("long/".repeat(40));
        std::fs::create_dir_all(&data).unwrap();
        let _first = hold(&data).unwrap().unwrap();
        at(&data, std::os::unix::net::UnixStream::connect).unwrap();
    }
}
