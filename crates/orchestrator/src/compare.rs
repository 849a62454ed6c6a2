//! Comparing the logs of jobs: which lines of one are in none of others, or differ line by line, and what else differs
//! between two jobs. Pure values, as [`crate::search`] is: who reads the logs, and when, is not known here.
//!
//! ```text
//! digest   a log as one number a line, without what differs from run to run
//! align    which lines of two logs belong together  runs     which differ, as they are given
//! around   what else differs: commit, variables, host  failure  whether earlier runs failed the same
//! ```

mod align;
mod around;
mod digest;
mod failure;
mod runs;

use serde::{Deserialize, Serialize};

pub use self::{
    around::{Change, around},
    digest::{Digest, Digesting, TooLong},
    failure::{Failure, FailureKind, Seen, fingerprint, history, telling},
    runs::{RUNS, Runs, line_by_line, new_lines},
};
use crate::{
    job::JobId,
    log::{diff::Side, normalise::Mask},
};

/// Earlier jobs that ended well whose lines are not new, at most.
pub const GREEN: u32 = 5;

/// Which two logs are compared, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CompareWanted"))]
pub struct Wanted {
    /// The job whose log is looked at.
    pub job: JobId,
    /// The one it is compared with. If none is named, the last ones before it of the same thing that ended well: five of them
    /// for new lines, one for a comparison line by line.
    pub with: Option<JobId>,
    /// How they are compared.
    pub view: View,
    /// What counts as a difference although it may differ from run to run.
    #[serde(default)]
    pub counted: Vec<Mask>,
}

/// How logs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CompareView"))]
pub enum View {
    /// Which lines of the job's log are nowhere in the others, whatever the order: `make -j` mixes lines.
    New,
    /// Which lines were removed, and which added, in their order.
    Lines,
}

/// What of a log is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Comparison {
    /// The jobs that it was compared with, newest first; none if there is none that ended well.
    pub with: Vec<JobId>,
    /// Its lines in order, and between them those that it has not; at most 20,000 runs of them.
    pub runs: Vec<Run>,
    /// Whether there are more runs than are given.
    pub cut: bool,
    /// Lines of the log.
    pub lines: u64,
    /// Lines that it has and the others have not.
    pub added: u64,
    /// Lines that the other has and it has not; 0 of new lines.
    pub removed: u64,
    /// What may differ from run to run, and how often the log has it; also what counts as a difference.
    pub masked: Vec<(Mask, u64)>,
    /// What else differs from the first of the others.
    pub changes: Vec<Change>,
}

/// Lines that follow one another and are all new, all gone, or all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CompareRun"))]
pub struct Run {
    /// In which of the two logs they are.
    pub side: Side,
    /// The number of the first of them in the other log, from 1; of added lines, that of the one it stands for, if each has
    /// one. None of new lines.
    pub old: Option<u64>,
    /// The same in the job's own log; of removed lines, that of the one that stands for it.
    pub new: Option<u64>,
    /// How many there are; at least 1.
    pub count: u64,
}
