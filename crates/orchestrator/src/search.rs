//! Search: what is looked for in the logs of many jobs, what has been found, and how one log is looked through. Pure
//! values, as [`crate::log::find`] is for one log: who reads the logs, and when, is not known here.
//!
//! ```text
//! log_search  one log that goes by, with its holes     context  which lines are shown, none twice
//! ```

mod context;
mod log_search;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::{context::Context, log_search::LogSearch};
use crate::{
    job::{Job, JobQuery},
    log::{
        Line,
        find::{Hit, Query},
    },
};

/// Lines around a line with a hit, at most.
pub const CONTEXT: u32 = 100;

/// What is looked for, in which logs, and how much of it is wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "SearchWanted"))]
pub struct Wanted {
    /// What is looked for.
    pub query: Query,
    /// In the logs of which jobs; its limit does not count.
    pub scope: JobQuery,
    /// Lines shown before and after each line with a hit, at most 100.
    pub context: u32,
    /// Lines with hits that are shown of each job; 0 for all of them.
    pub per_job: u32,
    /// Lines with hits that are shown in all: then the search ends; 0 for all of them.
    pub limit: u32,
}

/// Something that was found in one job.
#[derive(Debug, Clone)]
pub struct Found {
    /// The job, as it was when its log was looked through.
    pub job: Arc<Job>,
    /// Lines with hits and those around them, after those that came before.
    pub lines: Vec<Line>,
    /// The hits in them; one that is only in the part of a line that is not shown is after its text.
    pub hits: Vec<Hit>,
    /// Lines of the job that hold a hit, so far.
    pub count: u64,
}

/// How far a search has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "SearchProgress"))]
pub struct Progress {
    /// Jobs whose logs have been looked through.
    pub jobs: u64,
    /// Bytes of log that have been looked through.
    pub bytes: u64,
    /// Jobs in the scope, and the bytes of their logs; none until they are counted.
    pub of: Option<(u64, u64)>,
    /// Lines that hold a hit, so far.
    pub hits: u64,
    /// Jobs that have such lines.
    pub found_in: u64,
    /// The logs of jobs from then on have been looked through.
    pub since: Option<DateTime<Utc>>,
    /// How it ended, once it has.
    pub end: Option<End>,
}

/// How a search ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "SearchEnd"))]
pub struct End {
    /// Whether as much was found as was wanted, and there may be more.
    pub full: bool,
    /// Why not all logs could be looked through.
    pub why: Option<String>,
    /// Jobs whose logs have holes: rows are gone from the history.
    pub torn: u64,
    /// Jobs with hits that were there no more when their lines were to be shown.
    pub gone: u64,
}
