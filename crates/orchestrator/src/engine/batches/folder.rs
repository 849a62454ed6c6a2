//! A batch's folder: what was asked for, what has happened since, and what people want of it. As a job's folder does, it
//! outlives the engine that drives the batch, and its lock says who that is.
//!
//! ```text
//! batch.json    the batch as it was asked for, written once; its lock is the claim on the batch
//! journal       a line of JSON for each thing that happened, written before it is acted on
//! order-UUID    what a person wants of it, from any program; gone once the driver has taken it
//! ```

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde::{Deserialize, Serialize};
use supervisor::folder::Folder;
use uuid::Uuid;

use crate::{
    batch::{Batch, Entry, Order},
    folders::{self, Folders},
    ids,
};

const BATCH: &str = "batch.json";
const JOURNAL: &str = "journal";
const ORDER: &str = "order-";
/// How the name begins of a folder that is being made.
const NEW: &str = ".new-";

/// What is kept of a batch when it is asked for.
#[derive(Debug, Serialize, Deserialize)]
struct BatchFile {
    batch: Batch,
    /// The boot of the machine in which it was asked for; none if the system does not say.
    boot: Option<String>,
}

/// The folder of one batch.
#[derive(Debug, Clone)]
pub(in crate::engine) struct BatchFolder(Folder);

/// The claim on a batch: the engine that has it drives the batch, and writes its journal.
#[derive(Debug)]
pub(in crate::engine) struct Claim {
    /// Holds the lock.
    _lock: File,
    journal: File,
}

/// A batch as its folder has it.
#[derive(Debug)]
pub(in crate::engine) struct Journal {
    pub(in crate::engine) batch: Batch,
    /// Whether the machine has been started anew since it was asked for.
    pub(in crate::engine) is_of_earlier_boot: bool,
}

impl BatchFolder {
    /// Makes the folder: elsewhere at first, then moved into place whole.
    pub(in crate::engine) fn make(
        folders: &Folders,
        batch: &Batch,
        happened: &[Entry],
    ) -> io::Result<(Self, Claim)> {
        let (all, name) = (folders.batches(), batch.id.to_string());
        folders::private_folder(&all)?;
        let (making, path) = (all.join(format!("{NEW}{name}")), all.join(name));
        let place = Self(Folder::create(making.as_path())?);
        let kept = BatchFile {
            batch: batch.clone(),
            boot: supervisor::identity::this_boot().ok(),
        };
        let write = || -> io::Result<_> {
            place.0.write_json_durably(BATCH, &kept)?;
            let mut claim = place.claim()?.ok_or(ErrorKind::ResourceBusy)?;
            claim.note(happened)?;
            fs::rename(&making, &path)?;
            File::open(&all)?.sync_all()?;
            Ok((Self(Folder::open(path)?), claim))
        };
        write().inspect_err(|_| drop(fs::remove_dir_all(&making)))
    }

    /// The folders of all batches that are there.
    pub(in crate::engine) fn all(folders: &Folders) -> Vec<(Uuid, Self)> {
        let entries = fs::read_dir(folders.batches()).into_iter().flatten();
        let found = entries.flatten().filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            Self::open(&entry.path()).map(|place| (id, place)).ok()
        });
        found.collect()
    }

    /// The folder of this batch, if it is there.
    pub(in crate::engine) fn of(folders: &Folders, batch: Uuid) -> io::Result<Self> {
        Self::open(&folders.batches().join(batch.to_string()))
    }

    fn open(path: &Path) -> io::Result<Self> {
        let folder = Folder::open(path)?;
        folders::is_own(path)?;
        Ok(Self(folder))
    }

    /// The batch, as what happened has made it. A last line that a kill left half written has not happened.
    pub(in crate::engine) fn read(&self) -> io::Result<Journal> {
        let kept: Option<BatchFile> = self.0.read_json(BATCH)?;
        let BatchFile { mut batch, boot } = kept.ok_or(ErrorKind::NotFound)?;
        let journal = self.0.read_file(JOURNAL)?.unwrap_or_default();
        let end = journal.iter().rposition(|byte| *byte == b'\n');
        let whole = &journal[..end.map_or(0, |end| end + 1)];
        for line in whole.split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                batch.apply(&serde_json::from_slice(line).map_err(io::Error::other)?);
            }
        }
        let now = supervisor::identity::this_boot().ok();
        Ok(Journal {
            batch,
            is_of_earlier_boot: boot != now,
        })
    }

    /// The claim on the batch; none if somebody has it.
    pub(in crate::engine) fn claim(&self) -> io::Result<Option<Claim>> {
        let lock = File::open(self.0.path().join(BATCH))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if !self.is_there() {
            return Err(ErrorKind::NotFound.into());
        }
        let journal = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(self.0.path().join(JOURNAL))?;
        let written = self.0.read_file(JOURNAL)?.unwrap_or_default();
        // What a kill left half written is cut off, so that the next line is one.
        let whole = written.iter().rposition(|byte| *byte == b'\n');
        journal.set_len(whole.map_or(0, |end| end as u64 + 1))?;
        Ok(Some(Claim {
            _lock: lock,
            journal,
        }))
    }

    /// Whether some engine drives it.
    pub(in crate::engine) fn is_driven(&self) -> io::Result<bool> {
        match File::open(self.0.path().join(BATCH))?.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The batch as it is now: if no engine drives it, what waits is held, for nobody would start it.
    pub(in crate::engine) fn read_left(&self) -> io::Result<Batch> {
        // Looked at first: who drives it by then may have started what this has as queued.
        let is_driven = self.is_driven()?;
        let mut batch = self.read()?.batch;
        if !is_driven && let Some(held) = batch.left() {
            batch.apply(&held);
        }
        Ok(batch)
    }

    /// Whether it is there.
    pub(in crate::engine) fn is_there(&self) -> bool {
        self.0.path().join(BATCH).exists()
    }

    /// Bytes of the journal so far.
    pub(in crate::engine) fn length(&self) -> u64 {
        let journal = fs::metadata(self.0.path().join(JOURNAL));
        journal.map_or(0, |journal| journal.len())
    }

    /// Leaves an order for the engine that drives the batch.
    pub(in crate::engine) fn order(&self, order: Order) -> io::Result<()> {
        let name = format!("{ORDER}{}", ids::new_id());
        self.0.write_json_durably(&name, &order)
    }

    /// The orders that wait, in the order in which they came.
    pub(in crate::engine) fn orders(&self) -> Vec<(String, Order)> {
        let entries = fs::read_dir(self.0.path()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(ORDER)).collect();
        names.sort_unstable();
        let read = |name: String| Some((name.clone(), self.0.read_json(&name).ok()??));
        names.into_iter().filter_map(read).collect()
    }

    /// Takes an order away that has been carried out.
    pub(in crate::engine) fn carried_out(&self, order: &str) {
        if let Err(error) = fs::remove_file(self.0.path().join(order)) {
            tracing::warn!(%error, "an order to a batch stays, and is carried out once more");
        }
    }

    /// Drops the folder.
    pub(in crate::engine) fn remove(&self) -> io::Result<()> {
        self.0.remove()
    }
}

impl Claim {
    /// Writes down what happened. What has to be known before it is acted on is on the disk when this returns; that
    /// something has ended can be seen again.
    pub(in crate::engine) fn note(&mut self, happened: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in happened {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        self.journal.write_all(&lines)?;
        let ends = |entry: &Entry| matches!(entry, Entry::Ended { .. } | Entry::Checked { .. });
        if happened.iter().all(ends) {
            return Ok(());
        }
        self.journal.sync_data()
    }
}
