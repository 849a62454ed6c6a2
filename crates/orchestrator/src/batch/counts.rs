//! How a batch is, in one word and in numbers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Batch, HostState};

/// How many hosts are how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchCounts"))]
#[expect(missing_docs, reason = "each is the state of its name")]
pub struct Counts {
    pub queued: u32,
    pub running: u32,
    pub done: u32,
    pub error: u32,
    /// Whose command did not run for whichever reason: [`Summary::unreachable`] has them by reason.
    pub unreachable: u32,
    pub canceled: u32,
    pub held: u32,
    pub skipped: u32,
}

impl Counts {
    /// The count of hosts that are so.
    pub const fn of(&mut self, state: HostState) -> &mut u32 {
        match state {
            HostState::Queued => &mut self.queued,
            HostState::Running => &mut self.running,
            HostState::Done => &mut self.done,
            HostState::Error => &mut self.error,
            HostState::Unreachable => &mut self.unreachable,
            HostState::Canceled => &mut self.canceled,
            HostState::Held => &mut self.held,
            HostState::Skipped => &mut self.skipped,
        }
    }
}

/// How a batch is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchStatus"))]
pub enum Status {
    /// Something runs, or will by itself.
    Running,
    /// All hosts ended well.
    Done,
    /// Some did, and some did not.
    Partial,
    /// None did.
    Error,
    /// A person canceled it as a whole, before all was over.
    Canceled,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Error => "error",
            Self::Canceled => "canceled",
        }
    }
}

/// A batch without its hosts: what lists show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchSummary"))]
pub struct Summary {
    /// Its id.
    #[cfg_attr(test, ts(type = "string"))]
    pub id: Uuid,
    /// Who started it: `user@machine`.
    pub owner: String,
    /// The shell command.
    pub command: String,
    /// The set of hosts as it was written; empty if they were picked one by one.
    pub chosen: String,
    /// How it is.
    pub status: Status,
    /// How many hosts are how.
    pub counts: Counts,
    /// How many hosts were not reached, by the word for the reason: `auth_failed`, `timeout`, ...
    pub unreachable: BTreeMap<String, u32>,
    /// Why hosts are held; none if none are.
    pub held: Option<String>,
    /// When it was asked for.
    pub queued_at: DateTime<Utc>,
    /// When it was over, held hosts aside; none before.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Batch {
    /// How many hosts are how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for host in &self.hosts {
            *counts.of(host.state) += 1;
        }
        counts
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        let counts = self.counts();
        let is_busy = counts.queued > 0 || counts.running > 0;
        match counts {
            _ if is_busy || self.hosts.iter().any(super::OnHost::is_in_check) => Status::Running,
            Counts { canceled: 1.., .. } if self.canceled => Status::Canceled,
            Counts { done: 0, .. } => Status::Error,
            Counts { done, .. } if usize::try_from(done) == Ok(self.hosts.len()) => Status::Done,
            _ => Status::Partial,
        }
    }

    fn not_reached(&self) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        let hosts = self.hosts.iter();
        for reason in hosts.filter_map(|host| host.unreachable.as_ref()) {
            *counts.entry(reason.clone()).or_default() += 1;
        }
        counts
    }

    /// It without its hosts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            id: self.id,
            owner: self.owner.clone(),
            command: self.command.clone(),
            chosen: self.chosen.clone(),
            status: self.status(),
            counts: self.counts(),
            unreachable: self.not_reached(),
            held: self.held.clone(),
            queued_at: self.queued_at,
            finished_at: self.finished_at,
        }
    }
}
