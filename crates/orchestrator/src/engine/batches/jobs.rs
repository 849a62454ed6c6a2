//! A batch's jobs, started and awaited one by one; and who hears how the batch is.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    batch::Batch,
    engine::{Engine, EngineError},
    job::{Job, JobId},
    ssh::Route,
    wire::Event,
};

/// Between two looks for a job that the store is to know.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Between two writes of a batch's row, and between two reports of it.
const SAVE_AGAIN: Duration = Duration::from_secs(1);
const REPORT_AGAIN: Duration = Duration::from_millis(100);

impl Engine {
    /// Starts a prepared host of a batch, by the way that is known or is looked up now.
    pub(super) fn start_one(&self, job: Job, route: Option<Route>) -> Result<JobId, EngineError> {
        let id = job.id;
        let route = match route {
            Some(route) => route,
            None => {
                let host = job.host().map(ToOwned::to_owned);
                let mut routes = self.catalog().routes(host.as_slice(), &job.command)?;
                let none = || EngineError::NotFound("there is no way to the host".into());
                routes.pop().ok_or_else(none)?
            }
        };
        self.0.capacity.admit(&[id])?;
        self.launch_on_host(job, route)?;
        Ok(id)
    }

    /// Cancels a job when it has run for this long. Some if it did.
    pub(super) async fn ended_in_time(&self, job: JobId, timeout: Duration) -> Option<Duration> {
        let begun = self.0.jobs.begun(job).await.ok()?;
        let ran = (crate::clock::now() - begun.state.started_at()?)
            .to_std()
            .unwrap_or_default();
        let over = self.0.jobs.over(job);
        match tokio::time::timeout(timeout.saturating_sub(ran), over).await {
            Ok(_over) => None,
            Err(_) => {
                if let Err(error) = self.cancel(job, false).await {
                    tracing::debug!(%job, %error, "its time was over as it ended");
                }
                Some(timeout)
            }
        }
    }

    /// A job of a batch, once it is over; none if there is neither a folder nor a row of it.
    pub(super) async fn job_of_batch(&self, id: JobId) -> Option<Job> {
        loop {
            if self.live(id).is_some()
                && let Ok(job) = self.0.jobs.over(id).await
            {
                return Some(job);
            }
            let kept = self
                .0
                .link
                .insist(|store| async move { store.job(id).await });
            match kept.await {
                Ok(Some(job)) if job.is_over() => return Some(job),
                // One that is not taken in yet, or cannot be read, is not gone.
                Ok(None) if !self.folders().jobs().join(id.to_string()).exists() => return None,
                Ok(_) => {}
                Err(error) => tracing::error!(job = %id, %error, "how a job ended is not known"),
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Reports a batch as it changes.
pub(super) async fn report(engine: Engine, mut batch: watch::Receiver<Arc<Batch>>) {
    loop {
        let summary = batch.borrow_and_update().summary();
        engine.report(Event::Batch(Box::new(summary)));
        if batch.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(REPORT_AGAIN).await;
    }
}

/// Writes a batch's row as it changes. The last word is the driver's own.
pub(super) async fn save(engine: Engine, mut batch: watch::Receiver<Arc<Batch>>) {
    loop {
        let now = Arc::clone(&batch.borrow_and_update());
        if now.finished_at.is_none() {
            let saved = engine
                .0
                .link
                .ask(async |store| store.save_batch(&now).await);
            if let Err(error) = saved.await {
                tracing::debug!(%error, "a batch's row is written later");
            }
        }
        if batch.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(SAVE_AGAIN).await;
    }
}
