//! What happens to a batch: an entry of its journal each, from which it is as it was when it is read again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Batch, End, HostState};
use crate::job::JobId;

/// What happened. Hosts are numbered as in [`Batch::hosts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A job is about to be started on a host: written down before there is anything of it.
    Started {
        /// The host.
        host: usize,
        /// Its job.
        job: JobId,
    },
    /// The job that was about to be started was not, so the host waits again.
    Requeued {
        /// The host.
        host: usize,
    },
    /// The command is over on a host.
    Ended {
        /// The host.
        host: usize,
        /// How it ended.
        state: HostState,
        /// Why, in words.
        why: Option<String>,
        /// Why it was not reached, as a word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unreachable: Option<String>,
    },
    /// The check is about to be started on a host.
    Checking {
        /// The host.
        host: usize,
        /// The check's job.
        job: JobId,
    },
    /// The check is over on a host.
    Checked {
        /// The host.
        host: usize,
        /// Why it failed; none if it did not.
        why: Option<String>,
    },
    /// No new job starts: queued hosts are held.
    Held {
        /// Why.
        why: String,
    },
    /// A person lets the held hosts go.
    Released,
    /// A person drops the held hosts.
    Dropped,
    /// A person canceled it as a whole.
    Canceled,
    /// The batch is over, held hosts aside.
    Rested {
        /// Since when.
        at: DateTime<Utc>,
    },
}

/// What a person wants of a batch that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchOrder"))]
pub enum Order {
    /// Let the held hosts go.
    LetGo,
    /// Drop the held hosts.
    Drop,
    /// End what runs, and start no more.
    Cancel {
        /// KILL at once.
        force: bool,
    },
}

impl Entry {
    /// The command is over on this host, so.
    #[must_use]
    pub fn ended(host: usize, end: End) -> Self {
        let End {
            state,
            why,
            unreachable,
        } = end;
        Self::Ended {
            host,
            state,
            why,
            unreachable,
        }
    }
}

impl Batch {
    /// Takes in what happened. What speaks of a host that is not there is passed over.
    pub fn apply(&mut self, entry: &Entry) {
        self.changes += 1;
        match entry {
            Entry::Started { host, job } => self.change(*host, |host| {
                (host.state, host.job) = (HostState::Running, Some(*job));
                (host.why, host.unreachable) = (None, None);
            }),
            Entry::Requeued { host } => self.change(*host, |host| {
                (host.state, host.job) = (HostState::Queued, None);
            }),
            Entry::Ended {
                host,
                state,
                why,
                unreachable,
            } => self.change(*host, |host| {
                (host.state, host.why) = (*state, why.clone());
                host.unreachable.clone_from(unreachable);
            }),
            Entry::Checking { host, job } => self.change(*host, |host| {
                (host.check, host.checked) = (Some(*job), false);
            }),
            Entry::Checked { host, why } => self.change(*host, |host| {
                host.checked = true;
                if let Some(why) = why {
                    host.state = HostState::Error;
                    host.why = Some(format!("the check failed: {why}"));
                }
            }),
            Entry::Held { why } => {
                self.held = Some(why.clone());
                self.turn(&[HostState::Queued], HostState::Held);
            }
            Entry::Released => {
                self.held = None;
                self.finished_at = None;
                let failed = self.having(HostState::is_failure).count();
                // A person has seen these failures and goes on: only later ones count towards the limit.
                self.forgiven = u32::try_from(failed).unwrap_or(u32::MAX);
                self.turn(&[HostState::Held], HostState::Queued);
            }
            Entry::Dropped => {
                self.held = None;
                self.turn(&[HostState::Held], HostState::Skipped);
            }
            Entry::Canceled => {
                self.canceled = true;
                self.held = None;
                let waiting = [HostState::Queued, HostState::Held];
                self.turn(&waiting, HostState::Canceled);
            }
            Entry::Rested { at } => self.finished_at = Some(*at),
        }
    }

    fn change(&mut self, host: usize, change: impl FnOnce(&mut super::OnHost)) {
        if let Some(host) = self.hosts.get_mut(host) {
            change(host);
        }
    }

    fn turn(&mut self, from: &[HostState], to: HostState) {
        for host in &mut self.hosts {
            if from.contains(&host.state) {
                host.state = to;
            }
        }
    }
}
