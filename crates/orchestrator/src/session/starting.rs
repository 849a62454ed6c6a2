//! Bringing a session process up, if it is not there.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    os::{
        fd::OwnedFd,
        unix::{
            fs::{MetadataExt, OpenOptionsExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use supervisor::control;

use crate::{
    folders::{self, Folders},
    visible::visible,
};

/// The file in a process's folder whose lock says that the process lives.
const LOCK: &str = "lock";
/// What a process that ends before its time writes.
const COMPLAINTS: &str = "session.log";
/// Bytes of that which a person is shown.
const SHOWN: usize = 500;
/// How long a process may take to end, or another engine to start it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at that.
const AGAIN: Duration = Duration::from_millis(2);

/// Connects to the process of this folder, which is started if it is not there. Called in a runtime, on a thread that may
/// block.
///
/// # Errors
/// If the program cannot be started; those of the file system.
pub(super) fn connect(place: &Path, folders: &Folders) -> io::Result<UnixStream> {
    let begun = Instant::now();
    loop {
        folders::private_folder(place)?;
        match control::connect(place) {
            Err(error) if is_nobody(&error) => {}
            connected => return connected,
        }
        if let Some(lock) = claim(place)? {
            let listener = match control::bind(place) {
                // It was swept away by the one before, in its last moment.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                bound => bound?,
            };
            spawn(place, folders, listener, lock)?;
            return control::connect(place);
        }
        // Another engine starts it in this moment, or it is about to end.
        if begun.elapsed() > PATIENCE {
            let why = format!(
                "{}: a process has the lock and does not answer",
                place.display()
            );
            return Err(io::Error::new(ErrorKind::TimedOut, why));
        }
        thread::sleep(AGAIN);
    }
}

/// An error with what the process of this folder has written, if it has.
pub(super) fn explained(place: &Path, error: io::Error) -> io::Error {
    let written = fs::read(place.join(COMPLAINTS)).unwrap_or_default();
    let written = String::from_utf8_lossy(&written[written.len().saturating_sub(SHOWN)..]);
    let why = match written.trim() {
        "" => format!("the process that holds the host's session failed: {error}"),
        words => format!(
            "the process that holds the host's session failed: {error}; it wrote: {}",
            visible(words)
        ),
    };
    io::Error::new(error.kind(), why)
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::ConnectionRefused
    )
}

/// The lock, if it is free and still the folder's.
fn claim(place: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let path = place.join(LOCK);
    let lock = match options.open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let held = lock.metadata()?;
    let is_there = fs::metadata(&path).is_ok_and(|metadata| metadata.ino() == held.ino());
    Ok(is_there.then_some(lock))
}

fn spawn(place: &Path, folders: &Folders, listener: UnixListener, lock: File) -> io::Result<()> {
    let program = folders::program("vmo")?;
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", program.display()));
    let mut complaints = OpenOptions::new();
    complaints.write(true).create(true).truncate(true);
    let complaints = complaints.mode(0o600).open(place.join(COMPLAINTS))?;
    let mut command = tokio::process::Command::new(&program);
    let mut process = command
        .env_remove("VMO_JOB")
        .arg("keep")
        .arg(place)
        .envs(folders::environment(folders))
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::from(lock))
        .stderr(Stdio::from(complaints))
        .spawn()
        .map_err(named)?;
    // One that ends before us would stay as a zombie.
    tokio::spawn(async move { process.wait().await });
    Ok(())
}
