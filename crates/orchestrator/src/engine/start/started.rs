//! The jobs and batches that this installation started, by a list of its own: who else can write to the database can write into a
//! row whatever they like, also that it is ours. What is on the list may run again unasked, as it was and no otherwise.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use uuid::Uuid;

use crate::{
    batch::Batch,
    engine::{Engine, EngineError},
    folders,
    job::{Job, Seal},
};

/// Jobs and batches on the list: of older ones is asked as of a stranger's.
const MOST: u64 = 100_000;
/// Bytes of one: its id and its seal.
const ENTRY: usize = 32;

type Entry = [u8; ENTRY];

impl Engine {
    /// Puts a job on the list, before anybody else can know of it. That this fails makes it ask once more, later.
    pub(in crate::engine) fn note_started(&self, job: &Job) {
        if let Err(error) = add(&self.folders().started(), entry(job.id.0, Seal::of(job))) {
            tracing::warn!(job = %job.id, %error, "this job will not be known as ours");
        }
    }

    /// The same of a batch.
    pub(in crate::engine) fn note_started_batch(&self, batch: &Batch) {
        if let Err(error) = add(&self.folders().started(), entry(batch.id, of_batch(batch))) {
            tracing::warn!(batch = %batch.id, %error, "this batch will not be known as ours");
        }
    }

    /// Those of the batches that this installation started as they now are.
    pub(in crate::engine) fn batches_started_here(&self, batches: Vec<Batch>) -> Vec<Batch> {
        let list = self.folders().started();
        let is_known = |batch: &Batch| match find(&list, batch.id) {
            Ok(known) => known == Some(entry(batch.id, of_batch(batch))),
            Err(error) => {
                tracing::warn!(%error, "the list of the batches started here cannot be read");
                false
            }
        };
        batches.into_iter().filter(is_known).collect()
    }

    /// Refuses to run again what this installation did not start as it now is, unless a person has seen whose it is.
    pub(in crate::engine) fn known_or_confirmed(
        &self,
        job: &Job,
        confirmed: &[String],
    ) -> Result<(), EngineError> {
        if confirmed.contains(&job.owner) {
            return Ok(());
        }
        let found = find(&self.folders().started(), job.id.0);
        let known = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the list of the jobs started here cannot be read");
            None
        });
        let why = match known {
            Some(known) if known == entry(job.id.0, Seal::of(job)) => return Ok(()),
            Some(_) => "it was started here, and what its row says of it has been changed since",
            None if job.owner == folders::owner() => {
                "its row says that you started it, and this installation has no note of that"
            }
            None => "somebody else started it",
        };
        Err(EngineError::Foreign {
            owner: job.owner.clone(),
            why,
        })
    }
}

/// A job or a batch as the list has it.
fn entry(id: Uuid, seal: Seal) -> Entry {
    let mut entry = [0; ENTRY];
    let (of, sealed) = entry.split_at_mut(16);
    of.copy_from_slice(id.as_bytes());
    sealed.copy_from_slice(&seal.0);
    entry
}

/// What of a batch is as it was when it was started.
fn of_batch(batch: &Batch) -> Seal {
    let hosts: Vec<&str> = batch.hosts.iter().map(|host| host.name.as_str()).collect();
    let all = (&batch.owner, &batch.command, batch.pty, hosts);
    match &batch.target {
        None => Seal::of_value(&all),
        Some(target) => {
            let own: Vec<_> = batch.hosts.iter().map(|host| &host.command).collect();
            Seal::of_value(&(all, target, own))
        }
    }
}

fn add(list: &Path, entry: Entry) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(list)?;
    file.lock()?;
    folders::is_own(list)?;
    // What a kill left half written is written over.
    let mut end = file.metadata()?.len() / ENTRY as u64 * ENTRY as u64;
    if end >= 2 * MOST * ENTRY as u64 {
        end = keep_newest(&mut file, end)?;
    }
    file.seek(SeekFrom::Start(end))?;
    file.write_all(&entry)
}

/// Drops the older half, and gives the list's new end.
fn keep_newest(file: &mut File, end: u64) -> io::Result<u64> {
    let length = MOST * ENTRY as u64;
    let mut newest = Vec::new();
    file.seek(SeekFrom::Start(end - length))?;
    file.take(length).read_to_end(&mut newest)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&newest)?;
    file.set_len(length)?;
    Ok(length)
}

/// What the list says of a job or a batch.
fn find(list: &Path, id: Uuid) -> io::Result<Option<Entry>> {
    let file = match File::open(list) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    folders::is_own(list)?;
    file.lock_shared()?;
    let mut all = Vec::new();
    file.take(2 * MOST * ENTRY as u64).read_to_end(&mut all)?;
    let (entries, _half) = all.as_chunks::<ENTRY>();
    let mut newest_first = entries.iter().rev();
    Ok(newest_first
        .find(|entry| entry.starts_with(id.as_bytes()))
        .copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_stays_short_and_knows_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("started");
        let of = |number: u128| {
            let mut entry = [7; ENTRY];
            entry[..16].copy_from_slice(&number.to_be_bytes());
            entry
        };
        let all: Vec<u8> = (0..2 * u128::from(MOST)).flat_map(of).collect();
        std::fs::write(&list, &all).unwrap();
        let id = Uuid::from_u128;
        let newest = 2 * u128::from(MOST) - 1;
        assert_eq!(find(&list, id(newest)).unwrap(), Some(of(newest)));
        add(&list, of(newest + 1)).unwrap();
        let length = std::fs::metadata(&list).unwrap().len();
        assert_eq!(length, (MOST + 1) * ENTRY as u64);
        for known in [newest + 1, newest, u128::from(MOST)] {
            assert_eq!(find(&list, id(known)).unwrap(), Some(of(known)));
        }
        assert_eq!(find(&list, id(1)).unwrap(), None);
        // A kill left half of one.
        let half = [&std::fs::read(&list).unwrap()[..], &[1; 9]].concat();
        std::fs::write(&list, half).unwrap();
        add(&list, of(newest + 2)).unwrap();
        for known in [newest + 1, newest + 2] {
            assert_eq!(find(&list, id(known)).unwrap(), Some(of(known)));
        }
    }
}
