//! The logs of jobs: read from spool and store alike, looked through, compared, outlined and saved.

mod compare;
pub(super) mod cursor;
mod edit;
mod failures;
pub(super) mod find;
pub(super) mod index;
pub(super) mod lines;
pub(super) mod log;
pub(super) mod outline;
pub(super) mod piece;
mod quiet;
mod save;
pub(super) mod search;
mod silence;
pub(super) mod source;

use std::{path::PathBuf, sync::Arc};

use self::{outline::Outlines, source::Elsewhere};
use super::{Catalog, Jobs, Log};
use crate::{folders::Folders, job::JobId, log::Encoding};

/// The logs of jobs. Clones share what is known of them.
#[derive(Debug, Clone)]
pub struct Logs {
    catalog: Catalog,
    jobs: Jobs,
    elsewhere: Elsewhere,
    outlines: Arc<Outlines>,
    searches: search::SearchSlots,
    digests: compare::Digests,
    failures: failures::Known,
    /// The person's home folder.
    home: PathBuf,
}

impl Logs {
    pub(super) fn new(folders: &Folders, catalog: &Catalog, jobs: &Jobs) -> Self {
        Self {
            catalog: catalog.clone(),
            jobs: jobs.clone(),
            elsewhere: Elsewhere::default(),
            outlines: Arc::default(),
            searches: search::SearchSlots::default(),
            digests: compare::Digests::default(),
            failures: failures::Known::default(),
            home: folders.home.clone(),
        }
    }

    /// A job's log.
    #[must_use]
    pub fn of(&self, job: JobId) -> Log {
        Log {
            id: job,
            live: self.jobs.lives.get(job),
            link: self.jobs.link.clone(),
            elsewhere: self.elsewhere.clone(),
            encoding: Encoding::default(),
        }
    }
}
