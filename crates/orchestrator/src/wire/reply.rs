//! Answers to requests, and why there is none.

use serde::{Deserialize, Serialize};

use super::{Health, HistoryCopy, Job, Prompt, SeenDatabase, StoreState, TriedDatabase};
use crate::{
    batch::{Answers, Batch, Difference, LastTime, Merged, Summary},
    compare::{self, Comparison},
    fleet::{Choice, fold},
    host::{Host, Reach},
    hosts::{ImportedHosts, Inclusion, SavedSet},
    job::{Earlier, JobId, Kept, Note, Outdated, Silence},
    launch::{Preview, checkout::Checkout},
    log::{Line, diff::DiffLine, find::Hit, normalise::MaskedPart, outline::Outline},
    presets::Presets,
    project::{Project, Scan},
    settings::{MarkOf, Settings},
};

/// Answers to requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Reply {
    /// It is done.
    Ok,
    /// Everything the frame shows.
    Overview(Box<Overview>),
    /// A project.
    Project(Project),
    /// What a makefile holds.
    Scan(Scan),
    /// What would be run.
    Preview(Box<Preview>),
    /// A line for a terminal.
    Line {
        /// The line; several if it is for several hosts.
        line: String,
    },
    /// Where a project is on hosts.
    Checkouts {
        /// In the order of the hosts asked for.
        checkouts: Vec<Checkout>,
    },
    /// What is known of earlier launches.
    Presets(Presets),
    /// The jobs that were started, in the order of the hosts asked for. Of a batch, those of the hosts whose turn has come: it
    /// starts the others.
    Started {
        /// At least one.
        jobs: Vec<Job>,
    },
    /// A page of jobs.
    Jobs {
        /// Newest first.
        jobs: Vec<Job>,
        /// Whether there are older ones.
        more: bool,
        /// Why the list may be short: Postgres cannot be asked just now.
        incomplete: Option<String>,
    },
    /// One job.
    Job(Box<Job>),
    /// Batches.
    Batches {
        /// Newest first.
        batches: Vec<Summary>,
    },
    /// One batch, with its hosts.
    Batch(Box<Batch>),
    /// What the hosts of a batch answered.
    Answers(Answers),
    /// The last lines of a batch's hosts by time.
    Merged(Merged),
    /// A host's output beside that of most others.
    Difference(Difference),
    /// What a batch's hosts answered the last time.
    LastTime {
        /// None if the same command has not run on them before.
        last_time: Option<LastTime>,
    },
    /// The jobs before one, of the same thing, newest first.
    Earlier {
        /// At most 12.
        jobs: Vec<Earlier>,
    },
    /// The jobs before each of some, newest first.
    EarlierOfEach {
        /// At most 12 of each; a job without one is left out.
        runs: Vec<(JobId, Vec<Earlier>)>,
    },
    /// How long runs of the same are usually silent.
    Silence(Silence),
    /// Jobs were dropped.
    Deleted {
        /// Those that are gone.
        gone: Vec<JobId>,
        /// How many of those that were named stay.
        stay: u64,
    },
    /// What people say of jobs.
    Notes {
        /// The jobs with a note.
        notes: Vec<(JobId, Note)>,
    },
    /// The hosts that a line means.
    Chosen {
        /// The hosts, and how the line means them.
        choice: Choice,
        /// Their names, folded: `web[01-37]`.
        folded: String,
    },
    /// Whether `ssh` knows the hosts of a person's own.
    Inclusion(Inclusion),
    /// The sets that are saved.
    Sets(Vec<SavedSet>),
    /// All marks.
    Marks(Vec<MarkOf>),
    /// Whether an address answers.
    Reached(Reach),
    /// How large a log is.
    Extent(Extent),
    /// Lines of a log.
    Lines {
        /// The lines, consecutive.
        lines: Vec<Line>,
    },
    /// What stands out in a log.
    Outline(Box<Outline>),
    /// An editor was opened, or is to be.
    Edited {
        /// The command line of an editor that needs a terminal: the page runs it in one.
        terminal: Option<String>,
    },
    /// A log was saved.
    Saved {
        /// The file.
        path: String,
    },
    /// A hit.
    Hit {
        /// It; none if there is none.
        hit: Option<Hit>,
        /// Its number among all, from 1; 0 if there is none.
        index: u64,
        /// How many of the lines near hits come before its own.
        row: u64,
    },
    /// Hits, in order.
    Hits {
        /// At most 10,000.
        hits: Vec<Hit>,
    },
    /// Lines near hits.
    HitLines {
        /// The lines, in order and with gaps.
        lines: Vec<Line>,
        /// The hits in them, at most 10,000.
        hits: Vec<Hit>,
        /// How many there are in all.
        total: u64,
    },
    /// Which parts of a log have hits.
    HitMarks(HitMarks),
    /// What of a log differs from others.
    Comparison(Box<Comparison>),
    /// A line as it is compared.
    MaskedLine {
        /// Its parts, in order.
        parts: Vec<MaskedPart>,
    },
    /// What made a job fail.
    Failure {
        /// None of a job that has not failed, or wrote nothing.
        failure: Option<compare::Failure>,
    },
    /// Lines of a comparison.
    ComparedLines {
        /// In the order of the runs that were asked for.
        lines: Vec<DiffLine>,
    },
    /// A raw subscription has begun.
    Subscribed {
        /// Its number, in each of its frames.
        subscription: u32,
        /// The first chunk that comes; later than the one asked for if something is left out.
        seq: u64,
        /// The first chunk that was not there yet; none if no more will come.
        live: Option<u64>,
    },
    /// A source of hosts was added.
    HostsImported(ImportedHosts),
    /// The settings.
    Settings(Settings),
    /// How much of the history there is.
    Kept(Kept),
    /// What rules would let go.
    Outdated(Outdated),
    /// What is known of a database that was tried.
    TriedDatabase(TriedDatabase),
    /// The latest copy of the history into another database.
    HistoryCopy {
        /// None if there was none since the app started.
        copy: Option<Box<HistoryCopy>>,
    },
    /// How the app is.
    Health(Box<Health>),
}

impl Reply {
    /// The hosts that a line means.
    #[must_use]
    pub fn chosen(choice: Choice) -> Self {
        let folded = fold(choice.hosts.iter().map(String::as_str));
        Self::Chosen { choice, folded }
    }
}

/// Why a request could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// For the page to branch on.
    pub code: FailureCode,
    /// For a person: what happened, where, what to try.
    pub message: String,
    /// With [`FailureCode::NeedsConsent`]: what is to be allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub consent: Option<CommandConsent>,
}

/// A command of the SSH config that runs here only once a person has allowed its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CommandConsent {
    /// The host that it leads to.
    pub host: String,
    /// Its text as the config writes it.
    pub command: String,
    /// `ProxyCommand` or `Match exec`.
    pub keyword: String,
    /// `file:line`.
    pub place: String,
}

/// Kinds of failure that a page distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum FailureCode {
    /// There is no such project, target, host or job.
    NotFound,
    /// The request makes no sense or breaks a rule.
    Refused,
    /// The project has to be trusted first.
    Untrusted,
    /// This installation did not start the job: what it runs has to be seen, and its owner confirmed.
    Foreign,
    /// A command of the SSH config has to be allowed first: [`Failure::consent`].
    NeedsConsent,
    /// Postgres cannot be asked just now.
    StoreAway,
    /// Anything else.
    Failed,
}

/// Everything the frame shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Overview {
    /// The projects.
    pub projects: Vec<Project>,
    /// What could not be read of mkcli's registry or our own list, with its place.
    pub project_problems: Vec<String>,
    /// The hosts.
    pub hosts: Vec<Host>,
    /// What could not be read of the SSH config, with its place.
    pub host_problems: Vec<String>,
    /// What is known of whether hosts answer, of those that were asked.
    pub reached: Vec<Reach>,
    /// What else a person should see to: settings that cannot be read, with their place, jobs that wait for another store.
    pub problems: Vec<String>,
    /// Jobs that are not over, newest first.
    pub active: Vec<Job>,
    /// Questions that wait for an answer.
    pub prompts: Vec<Prompt>,
    /// Where logs are kept.
    pub store: StoreState,
    /// A database that was seen and keeps no history, to be asked about.
    pub seen_database: Option<SeenDatabase>,
    /// The app's version.
    pub version: String,
    /// The home folder, so that paths can be shown as `~/…`.
    pub home: String,
    /// Who starts jobs here: `user@machine`.
    pub owner: String,
}

/// How large a log is just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Extent {
    /// Lines, open ones included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether what runs has the whole screen of its terminal just now, or without one draws as if it had: it takes the screen,
    /// or goes back to lines above; not known of a job that is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub full_screen: bool,
    /// Whether no more will come.
    pub complete: bool,
    /// Bytes that the history has had and has no more: rows of it are gone.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(test, ts(optional, as = "Option<u64>"))]
    pub missing: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Which parts of a log have hits, for a ruler beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HitMarks {
    /// Lines in each part.
    pub every: u64,
    /// The parts with hits, from 0, at most 1000.
    pub parts: Vec<u32>,
}
