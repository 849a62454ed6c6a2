//! Bringing a spool onto the disk, beside the writing and never in its way.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::folder::JOB;

/// How long written bytes may wait for the disk: what a power loss can take.
pub const SYNC_EVERY: Duration = Duration::from_millis(200);

/// Brings a spool onto the disk. Cheap to clone; it outlives its writer.
#[derive(Debug, Clone)]
pub struct SyncHandle(Arc<Unsynced>);

impl SyncHandle {
    pub(super) fn new(unsynced: Arc<Unsynced>) -> Self {
        Self(unsynced)
    }

    /// Has a file of the job's folder brought onto the disk before anything more of the spool is: one without which the
    /// spool has no record, or fewer. What the job is, `job.json`, is one from the start.
    pub fn note(&self, name: &'static str) {
        let mut work = self.0.work();
        work.notes.push(name);
        work.names = Names::All;
        self.0.wake.notify_one();
    }

    /// Blocks until everything appended before the call is on the disk, with the files and folders that it needs to be
    /// found and understood; those come first.
    ///
    /// # Errors
    /// Those of `fdatasync`. What it failed for is tried again at the next call.
    pub fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }

    /// Starts a thread that syncs what is there at once, even if there is only a job and no output, and then every
    /// 200 ms while there is something to sync, until the writer is dropped. Its failures are met again by [`Self::sync`].
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn keep_syncing(self) -> io::Result<()> {
        thread::Builder::new()
            .name("spool sync".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || {
                self.0.sync().ok();
                while self.0.wait_for_work() {
                    self.0.sync().ok();
                }
            })
            .map(drop)
    }
}

/// What was written and not synced yet. Bounded by the segments written since the last sync, and few notes.
#[derive(Debug)]
pub(super) struct Unsynced {
    spool: PathBuf,
    work: Mutex<Work>,
    wake: Condvar,
}

#[derive(Debug)]
struct Work {
    /// Files of the job's folder, by their names.
    notes: Vec<&'static str>,
    files: Vec<Arc<File>>,
    /// New names to make last: those of the spool folder, and at first those above it.
    names: Names,
    closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Synced,
    /// A segment is new.
    Segments,
    /// The job's folder is new.
    All,
}

impl Unsynced {
    pub(super) fn new(spool: &Path) -> Self {
        Self {
            spool: spool.to_owned(),
            work: Mutex::new(Work {
                notes: vec![JOB],
                files: Vec::new(),
                names: Names::All,
                closed: false,
            }),
            wake: Condvar::new(),
        }
    }

    pub(super) fn wrote(&self, file: &Arc<File>) {
        let mut work = self.work();
        let is_listed = work
            .files
            .last()
            .is_some_and(|last| Arc::ptr_eq(last, file));
        if !is_listed {
            work.files.push(Arc::clone(file));
            self.wake.notify_one();
        }
    }

    /// How many segments are not synced yet.
    pub(super) fn segments(&self) -> usize {
        self.work().files.len()
    }

    pub(super) fn rolled(&self) {
        let mut work = self.work();
        work.names = match work.names {
            Names::Synced => Names::Segments,
            names => names,
        };
    }

    pub(super) fn close(&self) {
        self.work().closed = true;
        self.wake.notify_all();
    }

    /// Waits until something was written, and 200 ms more so that a sync serves many writes. False when closed.
    fn wait_for_work(&self) -> bool {
        let idle = |work: &mut Work| !work.is_dirty() && !work.closed;
        let open = |work: &mut Work| !work.closed;
        let work = self.wake.wait_while(self.work(), idle);
        let work = work.unwrap_or_else(PoisonError::into_inner);
        let (work, _) = self
            .wake
            .wait_timeout_while(work, SYNC_EVERY, open)
            .unwrap_or_else(PoisonError::into_inner);
        !work.closed
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        let dirty = {
            let mut work = self.work();
            let closed = work.closed;
            std::mem::replace(
                &mut *work,
                Work {
                    notes: Vec::new(),
                    files: Vec::new(),
                    names: Names::Synced,
                    closed,
                },
            )
        };
        let done = dirty.sync_in(&self.spool);
        if done.is_err() {
            let mut work = self.work();
            work.names = dirty.names.max(work.names);
            work.notes.splice(0..0, dirty.notes);
            work.files.splice(0..0, dirty.files);
        }
        done
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Segments, _) | (_, Self::Segments) => Self::Segments,
            (Self::Synced, Self::Synced) => Self::Synced,
        }
    }
}

impl Work {
    fn is_dirty(&self) -> bool {
        !(self.notes.is_empty() && self.files.is_empty())
    }

    /// First what the log is of and where it is, then the log: bytes that a power loss leaves without a job are of no use.
    fn sync_in(&self, spool: &Path) -> io::Result<()> {
        for name in &self.notes {
            match File::open(spool.with_file_name(name)) {
                Ok(note) => note.sync_all()?,
                // A folder of an earlier version, or one that is being dropped.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let levels = match self.names {
            Names::Synced => 0,
            Names::Segments => 1,
            Names::All => 3,
        };
        for folder in spool.ancestors().take(levels) {
            File::open(folder)?.sync_all()?;
        }
        for file in &self.files {
            file.sync_data()?;
        }
        Ok(())
    }
}
