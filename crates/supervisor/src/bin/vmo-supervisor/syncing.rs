//! When the spool begins to be brought onto the disk: once something has waited there for a while. Most jobs are over
//! before, and are synced at their end anyway; a thread is dear beside them.

use std::time::{Duration, Instant};

use supervisor::spool::Writer;

use crate::complaints::complain;

/// How long the first output waits; with what comes after it, no longer than a sync may take to come (RELIABILITY.md, P4).
const AFTER: Duration = Duration::from_millis(100);

/// Whether the spool is synced as it grows.
#[derive(Debug)]
pub(crate) enum Syncing {
    /// Nothing is written yet.
    Idle,
    /// Something is; the syncing begins then.
    At(Instant),
    /// It goes on by itself.
    Begun,
}

impl Syncing {
    /// When to call [`Self::tick`] at the latest.
    pub(crate) fn tick_at(&self) -> Option<Instant> {
        match self {
            Self::At(at) => Some(*at),
            Self::Idle | Self::Begun => None,
        }
    }

    /// Looks whether it is time.
    pub(crate) fn tick(&mut self, now: Instant, spool: &Writer) {
        match self {
            Self::Idle if spool.position().offset > 0 => *self = Self::At(now + AFTER),
            Self::At(at) if *at <= now => {
                *self = Self::Begun;
                if let Err(error) = spool.sync_handle().keep_syncing() {
                    complain(format_args!(
                        "the spool is synced at the end alone: {error}"
                    ));
                }
            }
            Self::Idle | Self::At(_) | Self::Begun => {}
        }
    }
}
