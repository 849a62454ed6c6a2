//! What is looked at if something seems wrong.

use serde::{Deserialize, Serialize};

use crate::job::JobId;

/// How the app is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Health {
    /// What `vmo doctor` found, in its order.
    pub findings: Vec<Finding>,
    /// The last lines that the app traced, oldest first; none if all went well.
    pub traces: Vec<String>,
    /// The folder with jobs and our own Postgres.
    pub data: String,
    /// The folder with the settings.
    pub config: String,
    /// The path of `vmo`.
    pub program: String,
}

/// Something that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// What, in a word or two.
    pub what: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// Whether nothing is broken if it is not.
    pub optional: bool,
    /// What was found, or what to do.
    pub found: String,
}

/// What is known of a database that was tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TriedDatabase {
    /// `user@host:port/name`.
    pub at: String,
    /// Whether a history of this app is in it already.
    pub ours: bool,
}

/// How a copy of the history into another database goes, or went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HistoryCopy {
    /// The other database, `user@host:port/name`.
    pub to: String,
    /// Jobs that have been looked at.
    pub jobs: u64,
    /// Jobs that there are.
    pub of_jobs: u64,
    /// Jobs that are there now and were not before.
    pub copied: u64,
    /// Bytes of their logs, and of those on their way.
    pub bytes: u64,
    /// Bytes of log that there are here.
    pub of_bytes: u64,
    /// Jobs that were there already.
    pub known: u64,
    /// Jobs that are not over, and were left out.
    pub unended: u64,
    /// Jobs that could not be copied, and why: the first 100.
    pub failed: Vec<(JobId, String)>,
    /// How many there are of these.
    pub failures: u64,
    /// How it ended; none while it goes on.
    pub end: Option<CopyEnd>,
}

/// How a copy of the history ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CopyEnd {
    /// All jobs were looked at.
    Whole,
    /// A person ended it.
    Stopped,
    /// A server did not go on.
    Failed {
        /// Why, and what to try.
        why: String,
    },
}
