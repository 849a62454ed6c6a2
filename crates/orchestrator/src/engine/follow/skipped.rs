//! Job folders this engine skips: they belong to another database or cannot be read. They are reported wherever jobs are
//! listed.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

use crate::{engine::Engine, job::JobId};

/// Why a job folder was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum SkipReason {
    /// The job was started with this store.
    OfStore(String),
    /// Its folder cannot be read.
    Unreadable(String),
}

/// The job folders that are skipped. Clones share the list.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Skipped(Arc<Mutex<BTreeMap<JobId, SkipReason>>>);

impl Skipped {
    /// Replaces the list; whether it changed.
    fn replace(&self, now: BTreeMap<JobId, SkipReason>) -> bool {
        let mut list = self.0.lock();
        let changed = *list != now;
        *list = now;
        changed
    }

    /// The list for a person: a line for each database, and one for each folder that cannot be read.
    pub(in crate::engine) fn lines(&self) -> Vec<String> {
        let list = self.0.lock();
        let mut of_store: BTreeMap<&str, Vec<JobId>> = BTreeMap::new();
        for (id, reason) in &*list {
            if let SkipReason::OfStore(store) = reason {
                of_store.entry(store).or_default().push(*id);
            }
        }
        let mut lines = unreadable(&list);
        let waiting = of_store.into_iter();
        lines.extend(waiting.map(|(store, jobs)| waiting_line(store, &jobs)));
        lines
    }

    /// Those of folders that cannot be read.
    pub(in crate::engine) fn unreadable(&self) -> Vec<String> {
        unreadable(&self.0.lock())
    }
}

fn unreadable(list: &BTreeMap<JobId, SkipReason>) -> Vec<String> {
    let lines = list.iter().filter_map(|(id, reason)| match reason {
        SkipReason::Unreadable(why) => Some(format!(
            "job {id} cannot be taken in: {why}; its folder is left as it is"
        )),
        SkipReason::OfStore(_) => None,
    });
    lines.collect()
}

impl Engine {
    /// Sets which job folders are skipped, and reports it if that changed.
    pub(in crate::engine) fn set_skipped(&self, now: BTreeMap<JobId, SkipReason>) {
        if self.0.jobs.skipped.replace(now) {
            self.0.catalog.report_problems();
        }
    }
}

fn waiting_line(store: &str, jobs: &[JobId]) -> String {
    let store = match store {
        "embedded" => "our own Postgres",
        other => other,
    };
    match jobs {
        [one] => format!("job {one} waits for the store it was started with: {store}"),
        more => format!(
            "{} jobs wait for the store they were started with: {store}",
            more.len()
        ),
    }
}
