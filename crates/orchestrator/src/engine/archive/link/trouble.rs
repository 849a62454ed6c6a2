//! What those who use the store meet, and how long they wait before they try again.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    job::JobId,
    store::{Interruption, StoreError},
    wire::StoreHealth,
};

/// The waits between tries: a quarter of a second, then twice as long each time, up to half a minute.
#[derive(Debug)]
pub(in crate::engine) struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(30);

    pub(in crate::engine) const fn new() -> Self {
        Self(Self::FIRST)
    }

    pub(in crate::engine) fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(Self::LONGEST);
        now
    }
}

/// What a server says once while it restarts or another is in the way, and so often in a row if it says it for good: its
/// tables stay locked, a time limit ends each statement. That is some four seconds.
const OFTEN: u32 = 5;

/// A server that gives signs of life and lets somebody wait.
const SLOW: &str = "Postgres is there and has not done what it was asked for 10 s: another program may hold a lock on our \
     tables, or its disk is very slow";

/// What those who use the store meet, for the keeper to look into.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    pub(super) met: Notify,
    /// Why a store that gives signs of life does not do its work: its disk is full, it only reads.
    useless: Mutex<Option<StoreHealth>>,
    /// The jobs whose archiving fails by an answer that only they get, each with the text that reports it.
    of_jobs: Mutex<BTreeMap<JobId, StoreHealth>>,
    /// How many wait for longer than an answer takes.
    waiting: AtomicUsize,
}

/// Somebody waits for longer than an answer takes, until this is dropped.
pub(super) struct Waits<'a>(&'a Trouble);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.met.notify_one();
    }
}

impl Trouble {
    /// It has failed so many times in a row for the caller that met it.
    pub(super) fn meet(&self, error: &StoreError, times: u32) {
        if is_of_its_work(error) || (times >= OFTEN && is_interrupted(error)) {
            *self.useless.lock() = Some(health(error));
        }
        self.met.notify_one();
    }

    /// Somebody waits from now on.
    pub(super) fn waits(&self) -> Waits<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waits(self)
    }

    /// The store answers and does not do its work for this job. It may do it for all others.
    pub(super) fn meet_at(&self, job: JobId, error: &StoreError) {
        let why = format!("job {job} stays in its spool, and is tried again: failed to {error}");
        let mut of_jobs = self.of_jobs.lock();
        of_jobs.insert(job, StoreHealth::Refused { why });
        self.met.notify_one();
    }

    /// The store does its work for this job, or the job needs it no more.
    pub(super) fn overcome_at(&self, job: JobId) {
        let mut of_jobs = self.of_jobs.lock();
        if of_jobs.remove(&job).is_some() {
            self.met.notify_one();
        }
    }

    /// What is wrong with a store that answers; none if it is in order.
    pub(super) fn health(&self) -> Option<StoreHealth> {
        let useless = self.useless.lock().clone();
        let slow = || {
            let is_slow = self.waiting.load(Ordering::Relaxed) > 0;
            is_slow.then(|| StoreHealth::Away { why: SLOW.into() })
        };
        let of_jobs = self.of_jobs.lock();
        useless
            .or_else(slow)
            .or_else(|| of_jobs.values().next().cloned())
    }

    /// The store has done something it had failed to do, or something it could not have done in trouble.
    pub(super) fn overcome(&self) {
        if self.forget() {
            self.met.notify_one();
        }
    }

    pub(super) fn forget(&self) -> bool {
        self.useless.lock().take().is_some()
    }
}

fn is_interrupted(error: &StoreError) -> bool {
    matches!(error, StoreError::Interrupted { .. })
}

/// Whether a store that answers may say this again and again.
fn is_of_its_work(error: &StoreError) -> bool {
    let kind = match error {
        StoreError::Interrupted { kind, .. } => kind,
        StoreError::Unreachable { .. } => return false,
        _ => return true,
    };
    matches!(
        kind,
        Interruption::Full | Interruption::ReadOnly | Interruption::NoSpace
    )
}

pub(super) fn health(error: &StoreError) -> StoreHealth {
    let why = format!("failed to {error}");
    if error.is_transient() {
        StoreHealth::Away { why }
    } else {
        StoreHealth::Refused { why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_none_is_longer_than_half_a_minute() {
        let mut waits = Backoff::new();
        let all: Vec<_> = (0..12).map(|_| waits.next()).collect();
        assert_eq!(all[..3], [250, 500, 1000].map(Duration::from_millis));
        assert!(all.is_sorted() && all[11] == Duration::from_secs(30));
    }
}
