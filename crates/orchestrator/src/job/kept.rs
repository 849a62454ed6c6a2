//! How much of the history there is, and what of it need not be kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Kept {
    /// Jobs of everybody who shares it.
    pub jobs: u64,
    /// Bytes of their logs, as they were written.
    pub bytes: u64,
    /// Bytes on the server's disk, of jobs and logs.
    pub on_disk: u64,
    /// When the oldest was asked for.
    pub oldest: Option<DateTime<Utc>>,
}

/// What would go, or has gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Outdated {
    /// How many jobs.
    pub jobs: u64,
    /// Bytes of their logs, as they were written.
    pub bytes: u64,
    /// When the oldest was asked for, and the newest.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Jobs that would go, but are pinned or have a note.
    pub stay: u64,
}

impl Outdated {
    /// Adds those of other rules.
    pub fn add(&mut self, other: &Self) {
        (self.jobs, self.bytes) = (self.jobs + other.jobs, self.bytes + other.bytes);
        self.stay += other.stay;
        self.span = match (self.span, other.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }
}
