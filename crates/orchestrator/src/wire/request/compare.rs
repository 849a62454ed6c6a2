//! What the page can ask of comparing logs.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::wire::Reply;
use crate::{
    compare::{Run, Wanted},
    job::JobId,
};

/// What the page can ask of comparing logs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CompareRequest {
    /// Which lines of a log are new or differ from another's, as far as it is there: [`Reply::Comparison`]. Of logs of a
    /// million lines it takes seconds the first time.
    CompareLogs(Wanted),
    /// Lines of runs of a comparison, with what changed in them: [`Reply::ComparedLines`]; at most 1,000.
    ComparedLines {
        /// The job whose log is looked at.
        job: JobId,
        /// The one it was compared with; none of new lines.
        with: Option<JobId>,
        /// Runs, or parts of them.
        runs: Vec<Run>,
    },
    /// What of a line is left out when logs are compared: [`Reply::MaskedLine`].
    TryMasks {
        /// Rules of a person's own, as the settings have them; beside ours.
        rules: Vec<String>,
        /// The line, at most 8,192 bytes.
        line: String,
    },
    /// What made a job fail, and whether earlier runs failed the same: [`Reply::Failure`].
    Failure {
        /// The job.
        job: JobId,
    },
}
