//! Job folders that this engine leaves alone: of a store that is not the one in use, or not to be read. Nobody may miss
//! them, so they are told wherever jobs are.

use std::collections::BTreeMap;

use crate::{engine::Engine, job::JobId, wire::Event};
use parking_lot::Mutex;

/// Why a job folder was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Apart {
    /// The job was started with this store.
    OfStore(String),
    /// Its folder cannot be read.
    Unreadable(String),
}

/// The job folders that are left alone.
#[derive(Debug, Default)]
pub(in crate::engine) struct LeftAlone(Mutex<BTreeMap<JobId, Apart>>);

impl Engine {
    /// Takes over which job folders are left alone, and tells of it where that changed.
    pub(in crate::engine) fn leave_alone(&self, now: BTreeMap<JobId, Apart>) {
        let mut known = self.0.left_alone.0.lock();
        if *known == now {
            return;
        }
        *known = now;
        drop(known);
        self.report(Event::Problems {
            problems: self.problems(),
        });
    }

    /// Jobs that are there and in no list, each store's in one line.
    #[must_use]
    pub fn jobs_apart(&self) -> Vec<String> {
        let known = self.0.left_alone.0.lock();
        let mut of_store: BTreeMap<&str, Vec<JobId>> = BTreeMap::new();
        let mut told = Vec::new();
        for (id, apart) in &*known {
            match apart {
                Apart::OfStore(store) => of_store.entry(store).or_default().push(*id),
                Apart::Unreadable(why) => {
                    told.push(format!(
                        "job {id} cannot be taken in: {why}; its folder is left as it is"
                    ));
                }
            }
        }
        told.extend(
            of_store
                .into_iter()
                .map(|(store, jobs)| waiting(store, &jobs)),
        );
        told
    }
}

fn waiting(store: &str, jobs: &[JobId]) -> String {
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
