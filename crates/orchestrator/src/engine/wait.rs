//! Waiting for what a program must know before it goes on or leaves.

use std::time::Duration;

use super::{Engine, EngineError};
use crate::{
    job::{Job, JobId, Status},
    wire::StoreHealth,
};

/// How long the store may take to come before a program goes on without it: a first start makes a whole cluster.
const STORE_START: Duration = Duration::from_secs(20);

impl Engine {
    /// Returns when every job's status is right and the store is there, or is known not to be.
    pub async fn settled(&self) {
        self.0.adopting.none().await;
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
        self.once(id, |job| job.state.status() != Status::Queued)
            .await
    }

    /// The job, once it is over.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn over(&self, id: JobId) -> Result<Job, EngineError> {
        self.once(id, |job| job.state.status().is_over()).await
    }

    async fn once(&self, id: JobId, is_so: impl Fn(&Job) -> bool) -> Result<Job, EngineError> {
        let Some(live) = self.live(id) else {
            return self.job(id).await;
        };
        let _so = live.job_changes().wait_for(|job| is_so(job)).await.is_ok();
        Ok(live.job())
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
