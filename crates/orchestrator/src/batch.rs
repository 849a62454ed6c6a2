//! A batch: one command on many hosts, as one thing. Who asked for it, on which set, by which rules, and how each host is.
//!
//! ```text
//! rules    how many at once, in which waves, when it stops     entry    what happens to it, as its journal has it
//! step     what is to be done next                             counts   how it is, in one word and in numbers
//! answers  what its hosts wrote, and which of them the same    merged    what they wrote, by time
//! ```
//! It is a value and starts nothing: the engine asks it for its next [`Step`], does that, and reports it by an [`Entry`].

mod answers;
mod counts;
mod entry;
mod merged;
mod rules;
mod step;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    answers::{
        Answer, Answers, Difference, Differs, Ended, Group, LastTime, Then, grouped, has_run,
    },
    counts::{Counts, Status, Summary},
    entry::{Entry, Order},
    merged::{Merged, MergedLine},
    rules::{Rules, Share, Waves},
    step::Step,
};
use crate::job::{self, Exit, Job, JobId, MakeOptions};

/// One command on many hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Batch {
    /// Its id, which its jobs carry: ids sort by when they were made.
    #[cfg_attr(test, ts(type = "string"))]
    pub id: Uuid,
    /// Who started it: `user@machine`.
    pub owner: String,
    /// The shell command; of a target, the line that runs it in its project's folder.
    pub command: String,
    /// The target that it runs; none of a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub target: Option<Target>,
    /// Whether each job gets a terminal.
    pub pty: bool,
    /// The set of hosts as it was written; empty if they were picked one by one.
    pub chosen: String,
    /// How it is run.
    pub rules: Rules,
    /// When it was asked for.
    pub queued_at: DateTime<Utc>,
    /// When it was over, held hosts aside; none before.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether it was canceled as a whole.
    pub canceled: bool,
    /// Why hosts are held; none if none are.
    pub held: Option<String>,
    /// Failures that a person has seen and gone on after: they count no more toward the rule that stops it.
    #[serde(default)]
    pub forgiven: u32,
    /// How much has happened to it so far: of two versions, the one with more is newer.
    #[serde(default)]
    pub changes: u64,
    /// The hosts, in the order in which they are tried.
    pub hosts: Vec<OnHost>,
}

/// Targets of a project, which a batch runs in the project's folder on each host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchTarget"))]
pub struct Target {
    /// The project's name here.
    pub project: String,
    /// At least one.
    pub targets: Vec<String>,
    /// The variables given to make, in order; none of them is a secret.
    pub variables: Vec<(String, String)>,
    /// How make is asked.
    pub options: MakeOptions,
}

/// A batch's command on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchHost"))]
pub struct OnHost {
    /// The host's name.
    pub name: String,
    /// The exact command there, if it is another than the batch's: a target's has the project's folder in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub command: Option<String>,
    /// Its wave, from 0.
    pub wave: u32,
    /// How it is.
    pub state: HostState,
    /// Its job; none if none was started.
    pub job: Option<JobId>,
    /// The job of its check; none if none was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<JobId>,
    /// Whether the check is over.
    #[serde(default)]
    pub checked: bool,
    /// Why it is so, in words, if there is more to say.
    #[serde(default)]
    pub why: Option<String>,
    /// Why it is [`HostState::Unreachable`], as a word: `dns`, `timeout`, `auth_failed`, ... as of a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub unreachable: Option<String>,
}

impl OnHost {
    /// How it is, in words: a refused login is told from a host that is not there.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (&self.unreachable, self.state) {
            (Some(reason), HostState::Unreachable) => job::not_reached(reason),
            (_, state) => state.word(),
        }
    }
}

/// How a host's command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// How the host is.
    pub state: HostState,
    /// Why, in words, if there is more to say.
    pub why: Option<String>,
    /// Why it is [`HostState::Unreachable`], as a word.
    pub unreachable: Option<String>,
}

/// How one host of a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum HostState {
    /// Its turn has not come.
    Queued,
    /// Its job is there.
    Running,
    /// Its command ended well.
    Done,
    /// It ended in any other way, or its check did.
    Error,
    /// The host could not be reached, could not be trusted or refused the login: the command did not run. Which of these,
    /// [`OnHost::unreachable`] says.
    Unreachable,
    /// A person ended it, or kept it from starting.
    Canceled,
    /// It waits until a person lets it go.
    Held,
    /// It was held, and a person dropped it.
    Skipped,
}

impl HostState {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Error => "error",
            Self::Unreachable => "unreachable",
            Self::Canceled => "canceled",
            Self::Held => "held",
            Self::Skipped => "skipped",
        }
    }

    /// Whether it counts toward the rule that stops a batch.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Unreachable)
    }

    /// Whether nothing more happens to it by itself, and its command was tried.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Done | Self::Error | Self::Unreachable | Self::Canceled
        )
    }
}

impl End {
    /// An end that is no matter of a host that was not reached.
    #[must_use]
    pub const fn new(state: HostState, why: Option<String>) -> Self {
        Self {
            state,
            why,
            unreachable: None,
        }
    }

    /// How a host is whose job is so, and why; none if the job is not over.
    #[must_use]
    pub fn of(job: &Job) -> Option<Self> {
        let state = match (job.status(), job.state.exit()) {
            (job::Status::Queued | job::Status::Running, _) => return None,
            (job::Status::Done, _) => return Some(Self::new(HostState::Done, None)),
            (job::Status::Canceled, _) => HostState::Canceled,
            (_, Some(Exit::Unreachable { reason, .. })) => {
                return Some(Self {
                    unreachable: Some(reason.clone()),
                    ..Self::new(HostState::Unreachable, job.reason())
                });
            }
            _ => HostState::Error,
        };
        Some(Self::new(state, job.reason()))
    }
}

impl Batch {
    /// A new batch. The hosts get their waves in this order.
    #[must_use]
    pub fn new(
        id: Uuid,
        owner: String,
        (command, pty): (String, bool),
        hosts: Vec<String>,
        rules: Rules,
    ) -> Self {
        let waves = rules.waves_of(hosts.len());
        let on = |(name, wave): (String, u32)| OnHost {
            name,
            command: None,
            wave,
            state: HostState::Queued,
            job: None,
            check: None,
            checked: false,
            why: None,
            unreachable: None,
        };
        Self {
            id,
            owner,
            command,
            target: None,
            pty,
            chosen: rules.chosen.clone(),
            queued_at: crate::clock::now(),
            finished_at: None,
            canceled: false,
            held: None,
            forgiven: 0,
            changes: 0,
            hosts: hosts.into_iter().zip(waves).map(on).collect(),
            rules,
        }
    }

    /// What runs on a host: the check, or the command.
    #[must_use]
    pub fn command_on(&self, host: usize, is_check: bool) -> &str {
        match &self.rules.check {
            Some(check) if is_check => check,
            _ => self.hosts[host].command.as_ref().unwrap_or(&self.command),
        }
    }

    /// The names of the hosts that are so.
    pub fn names(&self, is_meant: impl Fn(HostState) -> bool) -> impl Iterator<Item = &str> {
        let hosts = self.hosts.iter();
        let meant = hosts.filter(move |host| is_meant(host.state));
        meant.map(|host| host.name.as_str())
    }
}

#[cfg(test)]
mod tests;
