//! Jobs whose logs cannot be archived: each is tried again for as long as its folder is there, and said at the job, in
//! the store's health, and in the folder, where other programs find it.

use std::{fs, io, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use supervisor::folder::Folder;

use super::{ArchiveError, link::Backoff};
use crate::engine::{Engine, EngineError, archive, blocking::blocking, follow::live::Live};

/// What a job's folder says of why it is not archived: a [`Trouble`].
const TROUBLE: &str = "unarchived.json";

/// Why a job is not archived.
#[derive(Debug, Serialize, Deserialize)]
struct Trouble {
    why: String,
    since: DateTime<Utc>,
}

impl Engine {
    /// Archives a job, whatever the store and the disk answer; false if its folder is gone before that is done.
    pub(in crate::engine) async fn archive_for_good(&self, live: &Arc<Live>) -> bool {
        if let Some(trouble) = noted(&live.folder) {
            // Of an engine that is gone; it holds until something has arrived.
            live.change(|job| job.unarchived = Some(trouble.why));
        }
        let mut waits = Backoff::new();
        loop {
            let (engine, job) = (self.clone(), Arc::clone(live));
            let goes_on = move || engine.is_archived_again(&job);
            let done = archive::archive(
                Arc::clone(live),
                self.0.link.clone(),
                self.catalog().disk_floor(),
                goes_on,
            );
            let done = done.await;
            let Err(error) = done else {
                self.0.link.goes_on(live.id);
                return true;
            };
            if is_gone(&live.folder) {
                tracing::error!(job = %live.id, %error, "a job's folder is gone before it was archived");
                self.0.link.goes_on(live.id);
                return false;
            }
            if live.unarchived().is_none() {
                // Something has arrived since the last time.
                waits = Backoff::new();
            }
            self.is_not_archived(live, &error);
            tokio::time::sleep(waits.next()).await;
        }
    }

    fn is_not_archived(&self, live: &Live, error: &ArchiveError) {
        if let ArchiveError::Store(error) = error {
            self.0.link.fails(live.id, error);
        }
        live.failed_again();
        let why = error.to_string();
        if live.unarchived().as_ref() == Some(&why) {
            return;
        }
        tracing::error!(job = %live.id, %error, "a log stays in its spool, and is tried again");
        let since = crate::clock::now();
        let trouble = Trouble { why, since };
        if let Err(error) = live.folder.write_json(TROUBLE, &trouble) {
            tracing::debug!(job = %live.id, %error, "why it is not archived is known here alone");
        }
        let job = live.change(|job| job.unarchived = Some(trouble.why));
        self.job_changed(job);
    }

    fn is_archived_again(&self, live: &Live) {
        if live.unarchived().is_none() {
            return;
        }
        self.0.link.goes_on(live.id);
        drop(fs::remove_file(live.folder.path().join(TROUBLE)));
        let job = live.change(|job| job.unarchived = None);
        self.job_changed(job);
    }

    /// Why jobs here are not archived, whichever engine archives them: a line each.
    ///
    /// # Errors
    /// If reading their folders panicked.
    pub async fn unarchived(&self) -> Result<Vec<String>, EngineError> {
        let lives = self.lives();
        blocking(move || Ok(lives.iter().filter_map(|live| reason(live)).collect())).await
    }
}

fn reason(live: &Live) -> Option<String> {
    let trouble = noted(&live.folder)?;
    let since = trouble.since.format("%Y-%m-%d %H:%M:%S UTC");
    Some(format!(
        "job {} has been missing from the history since {since}; it is tried again, and all of it is in {}: {}",
        live.id,
        live.folder.path().display(),
        trouble.why
    ))
}

fn noted(folder: &Folder) -> Option<Trouble> {
    folder.read_json(TROUBLE).ok().flatten()
}

fn is_gone(folder: &Folder) -> bool {
    let metadata = fs::symlink_metadata(folder.path());
    metadata.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}
