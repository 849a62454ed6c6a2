//! When the job begins to be brought onto the disk: once it has run for a while, whether it writes or not. Most jobs are
//! over before, and are synced at their end anyway; a thread is dear beside them.

use std::time::{Duration, Instant};

use supervisor::{folder::SUPERVISOR, spool::Writer};

use crate::own_log::complain;

/// How long that waits, and the first output with it; with what comes after it, no longer than a sync may take to come
/// (RELIABILITY.md, P4).
const AFTER: Duration = Duration::from_millis(100);

/// Whether the job is synced as it goes on.
#[derive(Debug)]
pub(crate) enum Syncing {
    /// The syncing begins then.
    At(Instant),
    /// It goes on by itself.
    Begun,
}

impl Syncing {
    /// Of a job that begins now.
    pub(crate) fn of_new_job() -> Self {
        Self::At(Instant::now() + AFTER)
    }

    /// When to call [`Self::tick`] at the latest.
    pub(crate) fn tick_at(&self) -> Option<Instant> {
        match self {
            Self::At(at) => Some(*at),
            Self::Begun => None,
        }
    }

    /// Looks whether it is time.
    pub(crate) fn tick(&mut self, now: Instant, spool: &Writer) {
        if !matches!(self, Self::At(at) if *at <= now) {
            return;
        }
        *self = Self::Begun;
        let sync = spool.sync_handle();
        // It is not asked for once the job has ended, so those that are over by now go without.
        sync.note(SUPERVISOR);
        if let Err(error) = sync.keep_syncing() {
            complain(format_args!("the job is synced at the end alone: {error}"));
        }
    }
}
