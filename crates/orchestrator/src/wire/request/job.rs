//! What the page can ask of jobs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::job::{JobId, JobQuery};
use crate::wire::Answer;
#[cfg(doc)]
use crate::wire::{Event, Reply};

/// What the page can ask of jobs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum JobRequest {
    /// Jobs, newest first: [`Reply::Jobs`].
    Jobs(JobQuery),
    /// One job: [`Reply::Job`].
    Job {
        /// Its id.
        job: JobId,
    },
    /// The jobs before one, of the same thing: [`Reply::Earlier`].
    Earlier {
        /// The job.
        job: JobId,
    },
    /// The jobs before each of some: [`Reply::EarlierOfEach`].
    EarlierOfEach {
        /// At most 500.
        jobs: Vec<JobId>,
    },
    /// How long runs of the same are usually silent, and since when a job is: [`Reply::Silence`].
    Silence {
        /// The job.
        job: JobId,
    },
    /// What people say of jobs: [`Reply::Notes`].
    Notes {
        /// At most 500.
        jobs: Vec<JobId>,
    },
    /// Sets the note on a job, in place of an earlier one: [`Reply::Ok`], and [`Event::Noted`] to every page.
    SetNote {
        /// The job.
        job: JobId,
        /// Whether it is pinned.
        pinned: bool,
        /// The text, at most 8,000 bytes; empty for none.
        text: String,
    },
    /// Drops jobs that are over, with their logs, for good: [`Reply::Deleted`]. Those that are pinned or have a note stay, and
    /// those of others who share the history, and those whose logs are not in it yet.
    DeleteJobs {
        /// At most 500.
        jobs: Vec<JobId>,
    },
    /// Writes jobs into a new file in the folder for downloads, as `vmo export` does: [`Reply::Saved`].
    ExportJobs {
        /// At most 500.
        jobs: Vec<JobId>,
    },
    /// Ends a job's whole tree: INT, then TERM, then KILL: [`Reply::Ok`].
    Cancel {
        /// The job.
        job: JobId,
        /// KILL at once.
        force: bool,
    },
    /// Types into a job: [`Reply::Ok`].
    Input {
        /// The job.
        job: JobId,
        /// What was typed, as UTF-8; control characters included.
        text: String,
        /// Whether its input ends after that.
        end: bool,
    },
    /// Sends a job in a terminal how large its window is, and how large those of the next ones will be: [`Reply::Ok`].
    Resize {
        /// The job.
        job: JobId,
        /// Height in characters.
        rows: u16,
        /// Width in characters.
        cols: u16,
    },
    /// Answers what a job asked: [`Reply::Ok`].
    Answer {
        /// The prompt.
        prompt: Uuid,
        /// The answer.
        answer: Answer,
    },
}
