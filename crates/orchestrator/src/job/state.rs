//! Where a job is.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Exit, Waits};

/// Where a job is. Each state carries just what is known in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It waits for its turn, its connection or its supervisor.
    Queued {
        /// What for, if that is more than a matter of an instant. It is known to the engine that lets it wait, and kept
        /// nowhere.
        #[serde(skip)]
        waits: Option<Waits>,
    },
    /// Its child, here or on the host, is there.
    Running {
        /// When it started.
        started_at: DateTime<Utc>,
    },
    /// It is over.
    Ended {
        /// When it started; none if it never did.
        started_at: Option<DateTime<Utc>>,
        /// When it was over, as far as is known.
        finished_at: DateTime<Utc>,
        /// How it ended.
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
    /// Whether it is over is unknown.
    Lost,
}

impl Status {
    /// The word as it is in Postgres and on the command line.
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
    /// When it started; none if it has not or never did.
    #[must_use]
    pub const fn started_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Queued { .. } => None,
            Self::Running { started_at } => Some(*started_at),
            Self::Ended { started_at, .. } => *started_at,
        }
    }

    /// When it was over; none if it is not.
    #[must_use]
    pub const fn finished_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Ended { finished_at, .. } => Some(*finished_at),
            Self::Queued { .. } | Self::Running { .. } => None,
        }
    }

    /// How it ended; none if it has not.
    #[must_use]
    pub const fn exit(&self) -> Option<&Exit> {
        match self {
            Self::Ended { exit, .. } => Some(exit),
            Self::Queued { .. } | Self::Running { .. } => None,
        }
    }

    /// Its exit code, if it exited.
    #[must_use]
    pub const fn exit_code(&self) -> Option<i32> {
        match self.exit() {
            Some(Exit::Code { code }) => Some(*code),
            _ => None,
        }
    }

    /// The signal that ended it, without `SIG`.
    #[must_use]
    pub fn signal(&self) -> Option<&str> {
        match self.exit() {
            Some(Exit::Signal { signal, .. }) => Some(signal),
            Some(Exit::TimedOut { signal, .. }) => signal.as_deref(),
            _ => None,
        }
    }

    /// What it waits for, if it does and that is more than a matter of an instant.
    #[must_use]
    pub const fn waits(&self) -> Option<&Waits> {
        match self {
            Self::Queued { waits } => waits.as_ref(),
            Self::Running { .. } | Self::Ended { .. } => None,
        }
    }

    /// Whether a cancel was asked for before it was over.
    #[must_use]
    pub const fn is_canceled(&self) -> bool {
        matches!(self, Self::Ended { canceled: true, .. })
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

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
