//! A job: one execution of a target or of a command, here or on a host. It imports nothing of ours but the word for how a
//! process ended, and a place in a file.
//!
//! ```text
//! state    where it is                     query    which jobs are asked for
//! waits    what a queued one waits for         reason   how it ended, in words
//! place    where it runs, and what is known    stored   as it is written down, and was by older versions
//! seal     a hash of all that it runs          kept     how many there are, and what need not be kept
//! ```

mod kept;
mod place;
mod query;
mod reason;
mod seal;
mod silence;
mod state;
mod stored;
mod waits;

use std::{cmp::Reverse, fmt, path::Path, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
pub use supervisor::{
    control::{LastSignal, NextSignal, Prompt},
    exit::{Exit, Survivor},
};
use uuid::Uuid;

use crate::ids;

pub(crate) use self::seal::Seal;
pub use self::{
    kept::{Kept, Outdated},
    place::{Commit, EnvironmentChange, EnvironmentChanged, Here, Place},
    query::JobQuery,
    reason::{Cause, NamedSpot, by_shell, is_silent, not_reached, span, survivor},
    silence::{Silence, longest, usual},
    state::{State, Status},
    waits::Waits,
};

/// A job's id: a version 7 UUID, so ids sort by when they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub struct JobId(pub Uuid);

impl JobId {
    /// A new id.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each call gives another id")]
    pub fn new() -> Self {
        Self(ids::new_id())
    }

    /// When it was made, by the clock of who made it; none if that is no time.
    #[must_use]
    pub fn made_at(self) -> Option<DateTime<Utc>> {
        // The upper 48 bits of an id are the time (RFC 9562, 5.7).
        let ms = i64::try_from(self.0.as_u128() >> 80).ok();
        ms.and_then(DateTime::from_timestamp_millis)
    }

    /// Whether it was made by a clock that was ahead: it is listed after all others, until its time has come.
    #[must_use]
    pub fn is_ahead(self) -> bool {
        self.0 >= ids::first_ahead()
    }

    /// The order of lists: newest first, and at the end those that a clock ahead has made.
    #[must_use]
    pub fn listed(self) -> (bool, Reverse<Self>) {
        (self.is_ahead(), Reverse(self))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// Targets of a project's makefile.
    Target {
        /// The project's name.
        project: String,
        /// At least one, in the order make gets them; several are one job.
        targets: Vec<String>,
        /// How make was asked.
        #[serde(default)]
        options: MakeOptions,
        /// Whether a person typed all that make was given, as for `vmo make`: the job's `argv` holds it word by word, and
        /// `options` does not include it.
        #[serde(default)]
        typed: bool,
    },
    /// A shell command.
    Command,
}

/// What make is asked for beside targets and variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MakeOptions {
    /// How many recipes at once (`-j N`); 0 means without a limit (`-j`), none means as make does by itself.
    pub jobs: Option<u32>,
    /// Go on after a failure with what does not depend on it (`-k`).
    pub keep_going: bool,
    /// Make everything anew (`-B`).
    pub always_make: bool,
    /// Say what would be done (`-n`). Lines with a `+` or with `$(MAKE)` run all the same.
    pub dry_run: bool,
    /// The names of variables in whose values a `$` is make's own; in all others a `$` is a `$`.
    pub raw: Vec<String>,
    /// Whether a person confirmed that variables which change make itself, as `SHELL`, are to be set.
    pub reserved: bool,
    /// How long it may run, in milliseconds, whatever its makefile says; then it is ended.
    #[cfg_attr(test, ts(optional = nullable))]
    pub timeout: Option<u64>,
}

/// One execution. `job.json` in the job's folder and a row of `jobs` hold the same; what older versions wrote is read too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What was asked for.
    pub what: What,
    /// The command line as a person would type it: `make deploy ENV=staging`, or the shell command.
    pub command: String,
    /// Where it runs, and what is known of it there.
    pub place: Place,
    /// The variables given to make, in order; a secret one by its name alone.
    pub variables: Vec<(String, Option<String>)>,
    /// Whether it runs in a terminal.
    pub pty: bool,
    /// The jobs that one click started on many hosts share this.
    pub batch: Option<Uuid>,
    /// Who owns it: `user@machine`.
    pub owner: String,
    /// The id of the data folder that has its folder while it is not over: machines may share a name. None of a job of an
    /// earlier version.
    #[serde(default)]
    pub data_folder: Option<Uuid>,
    /// When it was asked for.
    pub queued_at: DateTime<Utc>,
    /// Where it is.
    pub state: State,
    /// What made it fail. None of a job that has not failed, is no make, or did not say.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// Processes of it that were still there when it was over: left running, or, after a cancel, what no signal ended.
    #[serde(default)]
    pub survivors: Vec<Survivor>,
    /// What else is to be known of how it ran on a host: what the login shell printed before, what is not proven.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What is wrong with its log if not all that was written is there any more.
    #[serde(default)]
    pub damage: Option<String>,
    /// Lines in its log so far.
    pub lines: u64,
    /// Bytes in its log so far.
    pub bytes: u64,
    /// Whether its owner has not been heard of for a while, so that it may have changed by now.
    #[serde(skip)]
    pub is_silent: bool,
    /// Why what it writes is not read just now, so that it waits: its disk is full. None while it is read.
    #[serde(skip)]
    pub paused: Option<String>,
    /// Why its log does not get into the history, if that is more than a matter of time; it is tried again. None while
    /// all goes well.
    #[serde(skip)]
    pub unarchived: Option<String>,
    /// Why it goes on though it was canceled: no signal of ours reaches it. None if a cancel works, or was not asked for.
    #[serde(skip)]
    pub unkillable: Option<String>,
    /// What it waits for a person to type; none while it does something else.
    #[serde(skip)]
    pub prompt: Option<Prompt>,
    /// The last signal that it was sent to end it; none before, and when it is over.
    #[serde(skip)]
    pub last_signal: Option<LastSignal>,
}

/// What people say of a job when it is over, or before. It has no owner: who writes last is right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Note {
    /// Whether it is to be kept whatever else goes, and found among the pinned ones.
    pub pinned: bool,
    /// At most [`Note::LONGEST`] bytes; empty means none.
    pub text: String,
    /// Who wrote it last: `user@machine`.
    pub by: String,
    /// When, by the server's clock.
    pub at: DateTime<Utc>,
}

impl Note {
    /// Bytes that a note's text may have.
    pub const LONGEST: usize = 8_000;
}

/// An earlier job of the same thing: how it ended and how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Earlier {
    /// Its id.
    pub id: JobId,
    /// How it ended.
    pub status: Status,
    /// Milliseconds from its start to its end.
    pub took_ms: u64,
}

impl Job {
    /// The word for where it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// Whether it is over: then it does not change any more and cannot be canceled.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.state.is_over()
    }

    /// The project's name, of targets.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        match &self.what {
            What::Target { project, .. } => Some(project),
            What::Command => None,
        }
    }

    /// The targets, in the order make got them; none of a command.
    #[must_use]
    pub fn targets(&self) -> &[String] {
        match &self.what {
            What::Target { targets, .. } => targets,
            What::Command => &[],
        }
    }

    /// The targets, separated by spaces; none of a command.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        matches!(self.what, What::Target { .. }).then(|| self.targets().join(" "))
    }

    /// How make was asked, of targets.
    #[must_use]
    pub fn options(&self) -> MakeOptions {
        match &self.what {
            What::Target { options, .. } => options.clone(),
            What::Command => MakeOptions::default(),
        }
    }

    /// The host it runs on; none means this machine.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match &self.place {
            Place::Host { name, .. } => Some(name),
            Place::Here(_) => None,
        }
    }

    /// Whether its command runs as root on its host, by `sudo`.
    #[must_use]
    pub const fn sudo(&self) -> bool {
        matches!(self.place, Place::Host { sudo: true, .. })
    }

    /// Whether it only looks on its host for what a person wants to run there.
    #[must_use]
    pub const fn looks(&self) -> bool {
        matches!(self.place, Place::Host { looks: true, .. })
    }

    /// What is known of its process, of a local job.
    #[must_use]
    pub const fn here(&self) -> Option<&Here> {
        match &self.place {
            Place::Here(here) => Some(here),
            Place::Host { .. } => None,
        }
    }

    /// The same, to be changed.
    pub const fn here_mut(&mut self) -> Option<&mut Here> {
        match &mut self.place {
            Place::Here(here) => Some(here),
            Place::Host { .. } => None,
        }
    }

    /// The exact program and arguments, of a local job.
    #[must_use]
    pub fn argv(&self) -> &[String] {
        self.here().map_or(&[], |here| &here.argv)
    }

    /// The working directory of a local job.
    #[must_use]
    pub fn cwd(&self) -> Option<&Path> {
        self.here()?.cwd.as_deref()
    }

    /// The commit that the folder of a local job was at.
    #[must_use]
    pub fn commit(&self) -> Option<&Commit> {
        self.here()?.commit.as_ref()
    }
}
