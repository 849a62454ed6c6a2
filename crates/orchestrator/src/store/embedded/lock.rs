//! File locks (flock): each goes with the open file it was taken on, and so with the process that has it.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use tokio::sync::oneshot;

/// How a lock is held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    /// Beside others.
    Shared,
    /// Alone.
    Alone,
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock if that can be done at once.
    pub(super) fn now(path: &Path, mode: Mode) -> io::Result<Option<Self>> {
        let file = open(path)?;
        let operation = match mode {
            Mode::Shared => FlockOperation::NonBlockingLockShared,
            Mode::Alone => FlockOperation::NonBlockingLockExclusive,
        };
        match flock(&file, operation) {
            Ok(()) => Ok(Some(Self(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the lock, however long that takes. If the wait is given up, the lock is let go as soon as it comes.
    pub(super) async fn wait(path: &Path, mode: Mode) -> io::Result<Self> {
        if let Some(lock) = Self::now(path, mode)? {
            return Ok(lock);
        }
        let file = open(path)?;
        let (sender, result) = oneshot::channel();
        // A thread of its own: the runtime would wait for one of its pool when it shuts down.
        std::thread::Builder::new()
            .name("lock".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || drop(sender.send(block(&file, mode).map(|()| Self(file)))))?;
        result
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()))
    }

    /// As [`Lock::wait`], and no longer than this.
    pub(super) async fn within(limit: Duration, path: &Path, mode: Mode) -> io::Result<Self> {
        match tokio::time::timeout(limit, Self::wait(path, mode)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// The open file, for a child that is to hold the lock too.
    pub(super) fn into_file(self) -> File {
        self.0
    }
}

fn block(file: &File, mode: Mode) -> io::Result<()> {
    let operation = match mode {
        Mode::Shared => FlockOperation::LockShared,
        Mode::Alone => FlockOperation::LockExclusive,
    };
    loop {
        match flock(file, operation) {
            Err(rustix::io::Errno::INTR) => {}
            outcome => return Ok(outcome?),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
}
