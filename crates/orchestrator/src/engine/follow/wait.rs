//! Waiting for a job or the whole engine to reach a state, for programs that leave again.

use std::{sync::Arc, time::Duration};

use supervisor::{exec::Exec, folder};

use crate::{
    engine::{Engine, EngineError, Jobs, Live, Log},
    job::{Job, JobId, Status},
    wire::StoreHealth,
};

/// How long the store may take to come before a program goes on without it: a first start makes a whole cluster.
const STORE_START: Duration = Duration::from_secs(20);

/// How long statuses may take to be right (RELIABILITY.md, P2).
const STATUS_RIGHT: Duration = Duration::from_secs(2);
/// How long all of a job's processes may take to end once its child has, beside the graces of its own.
const TO_END: Duration = Duration::from_secs(5);
/// The same with the usual graces, of a job whose own are not known.
const USUALLY: Duration = Duration::from_secs(15);
/// How long a job's output may stay open after its end without that being reported: its supervisor waits for 2 s.
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
        let answered =
            state.wait_for(|state| !matches!(state.health, StoreHealth::Starting { .. }));
        let _answered = tokio::time::timeout(STORE_START, answered).await.is_ok();
        if matches!(self.0.link.state().health, StoreHealth::Ready { .. }) {
            let mut vanished = self.0.vanished.subscribe();
            let looked = vanished.wait_for(|looked| *looked);
            let _looked = tokio::time::timeout(STATUS_RIGHT, looked).await.is_ok();
        }
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

    /// Returns when every job that is over has been archived or cannot be just now, or Postgres is away. Those that run are
    /// not waited for.
    pub async fn all_archived(&self) {
        let can_be = |live: &&Arc<Live>| {
            live.job_status().is_over() && live.extent().complete && !live.is_elsewhere()
        };
        for live in self.lives().iter().filter(can_be) {
            tokio::select! {
                () = self.archived_or_not(live.id) => {}
                () = self.store_failed() => return,
            }
        }
    }

    /// As [`Self::archived`], or when the job is said not to be archived and to be tried again: that may take for ever.
    pub async fn archived_or_not(&self, id: JobId) {
        let Some(live) = self.live(id) else { return };
        let mut tries = live.tries();
        tokio::select! {
            () = self.archived(id) => {}
            _not = tries.changed() => {}
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

impl Jobs {
    /// The job, once somebody supervises it or it is over.
    ///
    /// # Errors
    /// If there is no such job.
    pub async fn begun(&self, id: JobId) -> Result<Job, EngineError> {
        self.once(id, is_begun).await
    }

    /// The job, once it is over.
    ///
    /// # Errors
    /// If there is no such job.
    pub async fn over(&self, id: JobId) -> Result<Job, EngineError> {
        self.once(id, is_over).await
    }

    /// The job, once it is over, or once it is known that no signal of ours reaches it.
    ///
    /// # Errors
    /// If there is no such job.
    pub async fn over_or_defied(&self, id: JobId) -> Result<Job, EngineError> {
        let is_so = |job: &Job| is_over(job) || job.unkillable.is_some();
        self.once(id, is_so).await
    }

    /// The job, once all of it is over after a cancel or a time limit, or it is known what is not.
    ///
    /// # Errors
    /// If there is no such job.
    pub async fn ended_whole(&self, id: JobId) -> Result<Job, EngineError> {
        let job = self.over_or_defied(id).await?;
        let Some(live) = self.lives.get(id).filter(|_| job.unkillable.is_none()) else {
            return Ok(job);
        };
        let mut growth = live.growth();
        let mut changes = live.job_changes();
        let settled = async {
            tokio::select! {
                _complete = growth.wait_for(|extent| extent.complete) => {}
                _left = changes.wait_for(|job| !job.survivors.is_empty()) => {}
            }
        };
        let _settled = tokio::time::timeout(graces(&live), settled).await.is_ok();
        Ok(live.job())
    }

    /// Returns when a job is over and in the store, and a process that outlived it still holds its output. Never if none
    /// does.
    pub async fn held(&self, id: JobId) {
        let Some(live) = self.lives.get(id) else {
            return std::future::pending().await;
        };
        let _settled = live.settling().wait_for(|settled| *settled).await.is_ok();
        let mut growth = live.growth();
        let complete = growth.wait_for(|extent| extent.complete);
        if tokio::time::timeout(HELD, complete).await.is_ok() {
            std::future::pending::<()>().await;
        }
    }

    async fn once(&self, id: JobId, is_so: impl Fn(&Job) -> bool) -> Result<Job, EngineError> {
        match self.lives.get(id) {
            Some(live) => Ok(once(&live, is_so).await),
            None => self.get(id).await,
        }
    }
}

async fn once(live: &Live, is_so: impl Fn(&Job) -> bool) -> Job {
    let _so = live.job_changes().wait_for(|job| is_so(job)).await.is_ok();
    live.job()
}

/// A job's log knows its job too, when that has been archived since and the store is away.
impl Log {
    /// The job, once somebody supervises it or it is over; none if it was archived before this was made.
    pub async fn begun(&self) -> Option<Job> {
        Some(once(self.live.as_ref()?, is_begun).await)
    }

    /// The job, once it is over; none if it was archived before this was made.
    pub async fn over(&self) -> Option<Job> {
        Some(once(self.live.as_ref()?, is_over).await)
    }
}

fn is_begun(job: &Job) -> bool {
    job.state.status() != Status::Queued
}

fn is_over(job: &Job) -> bool {
    job.state.status().is_over()
}

/// How long a job's processes may take to end once signals of ours are on their way.
fn graces(live: &Live) -> Duration {
    let exec = live.folder.read_json::<Exec>(folder::EXEC);
    let Ok(Some(exec)) = exec else { return USUALLY };
    let own = exec.graces.iter().map(|grace| grace.wait_ms).sum();
    Duration::from_millis(own) + TO_END
}
