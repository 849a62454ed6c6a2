//! Talking to jobs while they run: cancel, input, window size.

use supervisor::{control::ToSupervisor, exec::Window};

use super::live::{Live, NotTaken};
use crate::{
    engine::{Engine, EngineError, start::begin::CANCEL},
    folders,
    job::{JobId, Status},
};

impl Engine {
    /// Ends a job's whole tree; returns when that has been asked for, not when it is done.
    ///
    /// # Errors
    /// If the job is unknown or over.
    pub async fn cancel(&self, job: JobId, force: bool) -> Result<(), EngineError> {
        self.withdraw(job);
        let live = self.running(job).await?;
        if live.job_status() == Status::Queued
            && let Err(error) = live.folder.write_file(CANCEL, b"")
        {
            // It has just been dropped, or another engine reads the order below when the job's turn comes.
            tracing::debug!(%job, %error, "a queued job is not canceled at once");
        }
        self.order(job, ToSupervisor::Cancel { force }).await
    }

    /// Types into a job. It never waits: past a bound, input that the job does not read is refused.
    ///
    /// # Errors
    /// If the job is unknown or over, or does not read its input.
    pub async fn input(&self, job: JobId, text: String, end: bool) -> Result<(), EngineError> {
        let live = self.running(job).await?;
        let typed = (!text.is_empty()).then(|| ToSupervisor::Input(text.into_bytes()));
        for order in typed
            .into_iter()
            .chain(end.then_some(ToSupervisor::EndInput))
        {
            live.offer(order).map_err(|why| not_taken(job, why))?;
        }
        Ok(())
    }

    /// Sends bytes to a job's input, as fast as it reads them; none of them end it.
    ///
    /// # Errors
    /// If the job is unknown or over.
    pub async fn input_bytes(&self, job: JobId, bytes: Vec<u8>) -> Result<(), EngineError> {
        let order = if bytes.is_empty() {
            ToSupervisor::EndInput
        } else {
            ToSupervisor::Input(bytes)
        };
        self.order(job, order).await
    }

    /// Sends a job in a terminal its size.
    ///
    /// # Errors
    /// If the job is unknown or over.
    pub async fn resize(&self, job: JobId, rows: u16, cols: u16) -> Result<(), EngineError> {
        self.order(job, ToSupervisor::Resize(Window { rows, cols }))
            .await
    }

    async fn order(&self, job: JobId, order: ToSupervisor) -> Result<(), EngineError> {
        let live = self.running(job).await?;
        live.order(order).await.map_err(|why| not_taken(job, why))
    }

    async fn running(&self, job: JobId) -> Result<std::sync::Arc<Live>, EngineError> {
        if let Some(live) = self.live(job) {
            return Ok(live);
        }
        let archived = self.0.jobs.get(job).await?;
        Err(if archived.state.status().is_over() {
            not_taken(job, NotTaken::Over)
        } else if archived.owner == folders::owner() {
            EngineError::Refused(format!(
                "job {job} was started as {}, from another data folder than {}: only an app that uses that folder can reach it",
                archived.owner,
                self.folders().data.display()
            ))
        } else {
            EngineError::Refused(format!(
                "job {job} belongs to {}, and only the app there can reach it",
                archived.owner
            ))
        })
    }
}

fn not_taken(job: JobId, why: NotTaken) -> EngineError {
    EngineError::Refused(match why {
        NotTaken::Over => format!("job {job} is over"),
        NotTaken::Full => format!("job {job} does not read its input, and enough of it waits"),
    })
}
