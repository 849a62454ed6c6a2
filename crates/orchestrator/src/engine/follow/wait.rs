//! Waiting for what a program must know before it goes on or leaves.

use std::time::Duration;

use crate::{
    engine::{Engine, EngineError, Log},
    job::{Job, JobId, Status},
    wire::StoreHealth,
};

/// How long the store may take to come before a program goes on without it: a first start makes a whole cluster.
const STORE_START: Duration = Duration::from_secs(20);

/// How long statuses may take to be right (RELIABILITY.md, P2).
const STATUS_RIGHT: Duration = Duration::from_secs(2);
/// How long a job's output may stay open after its end without that being told: its supervisor waits for 2 s.
const HELD: Duration = Duration::from_secs(3);

impl Engine {
    /// Returns when every job's status is right and the store is there, or is known not to be. A supervisor that says
    /// nothing is not waited for, nor a log of which only the store knows where what is left of it begins.
    pub async fn settled(&self) {
        let right = tokio::time::timeout(STATUS_RIGHT, self.0.adopting.none()).await;
        if right.is_err() {
            tracing::warn!("not every job's status is known");
        }
        let mut state = self.0.link.changes();
        let known = state.wait_for(|state| !matches!(state.health, StoreHealth::Starting { .. }));
        let _known = tokio::time::timeout(STORE_START, known).await.is_ok();
    }

    /// Returns when the store is away or refuses us.
    pub async fn store_failed(&self) {
        let mut state = self.0.link.changes();
        let failed = state.wait_for(|state| {
            matches!(
                state.health,
                StoreHealth::Away { .. } | StoreHealth::Refused { .. }
            )
        });
        let _failed = failed.await.is_ok();
    }

    /// The job, once somebody supervises it or it is over.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn begun(&self, id: JobId) -> Result<Job, EngineError> {
        match self.log(id).begun().await {
            Some(job) => Ok(job),
            None => self.job(id).await,
        }
    }

    /// The job, once it is over.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn over(&self, id: JobId) -> Result<Job, EngineError> {
        match self.log(id).over().await {
            Some(job) => Ok(job),
            None => self.job(id).await,
        }
    }

    /// The job, once it is over, or once it is known that no signal of ours reaches it.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn over_or_defied(&self, id: JobId) -> Result<Job, EngineError> {
        let is_so = |job: &Job| job.state.status().is_over() || job.defied.is_some();
        match self.log(id).once(is_so).await {
            Some(job) => Ok(job),
            None => self.job(id).await,
        }
    }

    /// Returns when a job is over and in the store, and a process that outlived it still holds its output. Never where
    /// none does.
    pub async fn held(&self, id: JobId) {
        let Some(live) = self.live(id) else {
            return std::future::pending().await;
        };
        let _settled = live.settling().wait_for(|settled| *settled).await.is_ok();
        let mut growth = live.growth();
        let complete = growth.wait_for(|extent| extent.complete);
        if tokio::time::timeout(HELD, complete).await.is_ok() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when every job that is over has been archived or cannot be just now, or Postgres is away. Those that run are
    /// not waited for.
    pub async fn all_archived(&self) {
        let is_over = |live: &&std::sync::Arc<crate::engine::Live>| {
            live.job_status().is_over() && live.extent().complete
        };
        for live in self.lives().iter().filter(is_over) {
            tokio::select! {
                () = self.archived_or_not(live.id) => {}
                () = self.store_failed() => return,
            }
        }
    }

    /// As [`Self::archived`], or when the job is said not to be archived and to be tried again: that may take for ever.
    pub async fn archived_or_not(&self, id: JobId) {
        let Some(live) = self.live(id) else { return };
        let mut changes = live.job_changes();
        tokio::select! {
            () = self.archived(id) => {}
            _not = changes.wait_for(|job| job.unarchived.is_some()) => {}
        }
    }

    /// Returns when all of the job is in the store and its folder is gone.
    pub async fn archived(&self, id: JobId) {
        loop {
            let forgotten = self.0.forgotten.notified();
            if self.live(id).is_none() {
                return;
            }
            forgotten.await;
        }
    }
}

/// A job's log knows its job too, when that has been archived since and the store is away.
impl Log {
    /// The job, once somebody supervises it or it is over; none where it was archived before this was made.
    pub async fn begun(&self) -> Option<Job> {
        self.once(|job| job.state.status() != Status::Queued).await
    }

    /// The job, once it is over; none where it was archived before this was made.
    pub async fn over(&self) -> Option<Job> {
        self.once(|job| job.state.status().is_over()).await
    }

    async fn once(&self, is_so: impl Fn(&Job) -> bool) -> Option<Job> {
        let live = self.live.as_ref()?;
        let _so = live.job_changes().wait_for(|job| is_so(job)).await.is_ok();
        Some(live.job())
    }
}
