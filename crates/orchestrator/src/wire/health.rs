//! What is looked at if something seems wrong.

use serde::{Deserialize, Serialize};

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
