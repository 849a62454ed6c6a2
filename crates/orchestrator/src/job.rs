//! A job: one execution of a target here, or of a command here or on a host. It imports nothing of ours
//! but the word for how a process ended.

use std::{fmt, path::PathBuf, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
pub use supervisor::exit::{Ended as Exit, Survivor};
use uuid::Uuid;

use crate::visible::visible;

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
        Self(Uuid::now_v7())
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
    /// Targets of a project's makefile, run here.
    Target {
        /// The project's name.
        project: String,
        /// At least one, in the order make gets them; several are one job.
        targets: Vec<String>,
        /// How make was asked.
        #[serde(default)]
        options: MakeOptions,
        /// Whether a person typed all that make was given, as for `vmo make`: the job's `argv` holds it word by word, and
        /// `options` says nothing of it.
        #[serde(default)]
        typed: bool,
    },
    /// A shell command, here or on a host.
    Command {
        /// The host's name in the SSH config; none means this machine.
        host: Option<String>,
    },
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

/// What a variable of a job's environment is beside what it is in the app's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnvironmentChange {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: EnvironmentChanged,
    /// By whom or why, in a word or two: `login shell`, `direnv`, `would change make`.
    pub by: String,
    /// Its value in the job, where it is known to be harmless, as that of `PATH`.
    pub value: Option<String>,
}

/// What became of a variable of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum EnvironmentChanged {
    /// It is in the job's alone.
    Added,
    /// It has another value there.
    Changed,
    /// It is not there.
    Removed,
}

/// Where a job stands. Each state carries what is known in it and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It waits for its turn, its connection or its supervisor.
    Queued {
        /// What for, in words, where that is not a matter of an instant.
        #[serde(default)]
        waits: Option<String>,
    },
    /// Its child, here or on the host, is there.
    Running {
        /// When it started.
        started_at: DateTime<Utc>,
    },
    /// It is over.
    Ended {
        /// When it started; none where it never did.
        started_at: Option<DateTime<Utc>>,
        /// When it was over, as far as is known.
        finished_at: DateTime<Utc>,
        /// How.
        exit: Exit,
        /// Whether a cancel was asked for before it was over.
        canceled: bool,
    },
}

/// The word a person reads for a [`State`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Status {
    /// Not started yet.
    Queued,
    /// Started and not over.
    Running,
    /// Over, with code 0.
    Done,
    /// Over in any other way that is known.
    Error,
    /// Over because a person wanted it so.
    Canceled,
    /// Over or not, nobody knows.
    Lost,
}

impl Status {
    /// The word as it stands in Postgres and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Error => "error",
            Self::Canceled => "canceled",
            Self::Lost => "lost",
        }
    }

    /// Whether a job of this status is over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl FromStr for Status {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [
            Self::Queued,
            Self::Running,
            Self::Done,
            Self::Error,
            Self::Canceled,
            Self::Lost,
        ]
        .into_iter()
        .find(|status| status.word() == word)
        .ok_or_else(|| {
            format!(
                "no status is called '{word}': it is queued, running, done, error, canceled or lost"
            )
        })
    }
}

impl State {
    /// The word for this state.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Queued { .. } => Status::Queued,
            Self::Running { .. } => Status::Running,
            Self::Ended {
                exit: Exit::Lost { .. },
                ..
            } => Status::Lost,
            Self::Ended { canceled: true, .. } => Status::Canceled,
            Self::Ended {
                exit: Exit::Code { code: 0 },
                ..
            } => Status::Done,
            Self::Ended { .. } => Status::Error,
        }
    }
}

/// One execution. `job.json` in the job's folder and a row of `jobs` hold the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What was asked for.
    pub what: What,
    /// The command line as a person would type it: `make deploy ENV=staging`, or the shell command.
    pub command: String,
    /// The exact program and arguments, of a local job.
    pub argv: Vec<String>,
    /// The variables given to make, in order; a secret one by its name alone.
    pub variables: Vec<(String, Option<String>)>,
    /// The working directory of a local job.
    pub cwd: Option<PathBuf>,
    /// How the environment of a local job differs from the app's own, by name.
    #[serde(default)]
    pub environment: Vec<EnvironmentChange>,
    /// Whether it runs in a terminal.
    pub pty: bool,
    /// The commit its folder stood at, and how many files differed from it.
    pub commit: Option<Commit>,
    /// The jobs that one click started on many hosts share this.
    pub batch: Option<Uuid>,
    /// Who owns it: `user@machine`.
    pub owner: String,
    /// When it was asked for.
    pub queued_at: DateTime<Utc>,
    /// Where it stands.
    pub state: State,
    /// What made it fail, in the words of make's last lines: `deploy failed with exit code 7 at Makefile:12`. None of a job that
    /// has not failed, is no make, or did not say.
    #[serde(default)]
    pub cause: Option<String>,
    /// Processes of it that were still there when it was over: left running, or, after a cancel, what no signal ended.
    #[serde(default)]
    pub survivors: Vec<Survivor>,
    /// What is wrong with its log where not all that was written is there any more.
    #[serde(default)]
    pub damage: Option<String>,
    /// Lines in its log so far.
    pub lines: u64,
    /// Bytes in its log so far.
    pub bytes: u64,
    /// Whether its owner has not been heard of for a while, so that it may stand otherwise by now.
    #[serde(skip)]
    pub is_silent: bool,
    /// Why what it writes is not read just now, so that it waits: its disk is full. None while it is read.
    #[serde(skip)]
    pub paused: Option<String>,
    /// Why its log does not get into the history, where that is more than a matter of time; it is tried again. None while
    /// all goes well.
    #[serde(skip)]
    pub unarchived: Option<String>,
    /// Why it goes on though it was canceled: no signal of ours reaches it. None where a cancel works, or was not asked for.
    #[serde(skip)]
    pub defied: Option<String>,
}

/// Which jobs are asked for; every field that is given narrows it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobQuery {
    /// Of this status.
    pub status: Option<Status>,
    /// Of this project.
    pub project: Option<String>,
    /// Of this target, or of these targets separated by spaces.
    pub target: Option<String>,
    /// On this host.
    pub host: Option<String>,
    /// Of this batch.
    pub batch: Option<Uuid>,
    /// Whose command holds this text, in upper or lower case.
    pub text: Option<String>,
    /// Of this owner, `user@machine`.
    pub owner: Option<String>,
    /// Asked for at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Asked for before this time.
    pub until: Option<DateTime<Utc>>,
    /// Pinned by somebody; false means any.
    pub pinned: bool,
    /// Older than this one, which need not be there itself: to go on after the last of a page.
    pub before: Option<JobId>,
    /// At most this many, 1 to 500; 50 where it is 0.
    pub limit: u32,
}

/// What people say of a job when it is over, or before. It is nobody's own: who writes last is right.
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

/// Where a git work tree stood when a job started in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Commit {
    /// The first ten digits of its hash.
    pub hash: String,
    /// The branch, where there is one.
    pub branch: Option<String>,
    /// Files that differ from it.
    pub dirty: u32,
    /// Whether no file was compared with it, as in a folder that is not trusted: `dirty` is 0 then and says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub not_compared: bool,
}

/// Milliseconds as a person says them: `90 s`, `10 min`, `2 h`.
#[must_use]
pub fn span(ms: u64) -> String {
    match ms {
        ms if ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms => format!("{ms} ms"),
    }
}

/// A process that outlived its job, in words; the ids of those on a host are not known here.
#[must_use]
pub fn survivor(survivor: &Survivor) -> String {
    match survivor.pid {
        0 => survivor.command.clone(),
        pid => format!("{} (pid {pid})", survivor.command),
    }
}

impl Job {
    /// The host it runs on; none means this machine.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match &self.what {
            What::Command { host } => host.as_deref(),
            What::Target { .. } => None,
        }
    }

    /// How it ended, in words a person reads and as they may be shown, or none while it has not or has ended well, with all
    /// of its log.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let damage = self
            .damage
            .clone()
            .filter(|_| self.state.status().is_over());
        let words = match (self.ending(), damage) {
            (Some(ending), Some(damage)) => Some(format!("{ending}; {damage}")),
            (ending, damage) => ending.or(damage),
        };
        words.map(|words| visible(&words).into_owned())
    }

    fn ending(&self) -> Option<String> {
        let State::Ended { exit, canceled, .. } = &self.state else {
            return self.defied.clone();
        };
        match exit {
            Exit::Code { code: 0 } => None,
            Exit::Code { code } => Some(match &self.cause {
                Some(cause) => format!("make exited with code {code}: {cause}"),
                None => format!("exit code {code}"),
            }),
            Exit::Signal { signal, core } => Some(format!(
                "{} by SIG{signal}{}{}",
                // What a person asked for did not kill it behind their back.
                if *canceled { "ended" } else { "killed" },
                if signal == "KILL" && !canceled {
                    ", often out of memory"
                } else {
                    ""
                },
                if *core { " (core dumped)" } else { "" },
            )),
            Exit::TimedOut { after_ms, signal } => {
                let signal = signal
                    .as_ref()
                    .map(|signal| format!(", ended by SIG{signal}"));
                let signal = signal.unwrap_or_default();
                Some(format!("timed out after {}{signal}", span(*after_ms)))
            }
            Exit::CouldNotStart { .. } if *canceled => Some("canceled before it started".into()),
            Exit::CouldNotStart { why } => Some(format!("could not start: {why}")),
            Exit::Unreachable { why, .. } => Some(format!("host unreachable: {why}")),
            Exit::Lost { why } => Some(format!("lost: {why}")),
        }
    }
}
