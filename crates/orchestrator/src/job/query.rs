//! Which jobs are asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Job, JobId, Status};

/// Which jobs are asked for; every field that is given narrows it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JobQuery {
    /// Of this status.
    pub status: Option<Status>,
    /// Of one of these statuses; none are named for any.
    pub statuses: Vec<Status>,
    /// Of this project.
    pub project: Option<String>,
    /// Of this target, or of these targets separated by spaces.
    pub target: Option<String>,
    /// On this host.
    pub host: Option<String>,
    /// On one of these hosts; none are named for any, and for this machine.
    pub hosts: Vec<String>,
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
    /// Listed after this one, which need not be there itself: to go on after the last of a page.
    pub before: Option<JobId>,
    /// At most this many, 1 to 500; 50 if it is 0.
    pub limit: u32,
}

impl JobQuery {
    /// Whether a job is one that is asked for, as far as the job itself says: pins and the limit are the store's.
    #[must_use]
    pub fn matches(&self, job: &Job) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        self.status.is_none_or(|status| status == job.status())
            && (self.statuses.is_empty() || self.statuses.contains(&job.status()))
            && is(&self.project, job.project())
            && is(&self.target, job.target().as_deref())
            && is(&self.host, job.host())
            && (self.hosts.is_empty()
                || job
                    .host()
                    .is_some_and(|host| self.hosts.iter().any(|one| one == host)))
            && self.batch.is_none_or(|batch| Some(batch) == job.batch)
            && self
                .text
                .as_ref()
                .is_none_or(|text| job.command.to_lowercase().contains(&text.to_lowercase()))
            && self.owner.as_ref().is_none_or(|owner| *owner == job.owner)
            && self.since.is_none_or(|since| job.queued_at >= since)
            && self.until.is_none_or(|until| job.queued_at < until)
            && self
                .before
                .is_none_or(|before| job.id.listed() > before.listed())
    }
}
