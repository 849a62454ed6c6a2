//! What happened, sent to every page; and what a job asks of a person.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Extent, HistoryCopy, Job, Prompt, SeenDatabase, StoreState};
use crate::{
    batch::Summary,
    host::{Host, Reach},
    job::{self, JobId, Note},
    log::{Line, find::Hit},
    project::Project,
    search::Progress,
    settings::Settings,
};

/// What happened, sent to every page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Event {
    /// A job is new, or its status or anything else of it changed.
    Job(Box<Job>),
    /// A batch is new, or how its hosts are has changed; at most ten times a second.
    Batch(Box<Summary>),
    /// A followed log has grown or is complete.
    LogGrew {
        /// The job.
        job: JobId,
        /// How large it is now.
        extent: Extent,
        /// The last lines, as many as were asked for.
        tail: Vec<Line>,
    },
    /// A find has come on; sent to the page that asked, at most 20 times a second.
    Found {
        /// The find.
        find: u32,
        /// Hits so far; the places of the first 1,000,000 are kept.
        hits: u64,
        /// Lines looked at so far.
        lines: u64,
        /// Whether all that there is of the log has been looked at.
        caught_up: bool,
        /// Whether no more of the log will come.
        complete: bool,
        /// Why it stopped early.
        why: Option<String>,
    },
    /// A search of many logs has found something in a job; sent to the page that asked.
    SearchFound {
        /// The search.
        search: u32,
        /// The job, as it was when its log was looked through.
        job: Box<Job>,
        /// Lines with hits and those around them, after those that came before; of a job with more lines than are shown, none
        /// at last.
        lines: Vec<Line>,
        /// The hits in them; one that is only in the part of a line that is not shown is after its text.
        hits: Vec<Hit>,
        /// Lines of the job that hold a hit, so far.
        count: u64,
    },
    /// A search of many logs has come on; sent to the page that asked, at most 10 times a second. Its last one has an end.
    SearchCame {
        /// The search.
        search: u32,
        /// How far it has come.
        progress: Progress,
    },
    /// A raw subscription has sent its last frame.
    SubscriptionEnded {
        /// Its number.
        subscription: u32,
        /// Why, if it is not that the log is complete.
        why: Option<String>,
    },
    /// The list of projects changed.
    Projects {
        /// All of them.
        projects: Vec<Project>,
        /// What could not be read.
        problems: Vec<String>,
    },
    /// A project's makefile changed; its targets are worth asking for again.
    TargetsChanged {
        /// The project's name.
        project: String,
    },
    /// The list of hosts changed.
    Hosts {
        /// All of them.
        hosts: Vec<Host>,
        /// What could not be read.
        problems: Vec<String>,
    },
    /// A host was asked whether it answers.
    Reached(Reach),
    /// The settings in force changed, here or by hand in their file.
    Settings(Settings),
    /// What a person should see to changed.
    Problems {
        /// All of it.
        problems: Vec<String>,
    },
    /// Somebody wrote a note on a job.
    Noted {
        /// The job.
        job: JobId,
        /// The note.
        note: Note,
    },
    /// A job needs an answer.
    Asked(Prompt),
    /// A prompt is over, answered here or elsewhere.
    Answered {
        /// The prompt's id.
        prompt: Uuid,
    },
    /// Postgres came or went.
    Store(StoreState),
    /// A database was found that the history is not kept in, or a person has decided about it.
    SeenDatabase {
        /// The unused database; none once there is no question about it.
        seen: Option<SeenDatabase>,
    },
    /// A copy of the history into another database has begun, come on or ended; at most 10 times a second.
    HistoryCopy(Box<HistoryCopy>),
    /// Jobs were removed for good: lists of jobs are to be read again.
    Removed,
    /// The page was too slow and missed events: it should ask for the overview again.
    Missed,
}

impl Event {
    /// A job as it is now.
    #[must_use]
    pub fn job(job: job::Job) -> Self {
        Self::Job(Box::new(job.into()))
    }
}
