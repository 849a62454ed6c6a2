//! Whether a job is silent longer than the same usually is.

use chrono::DateTime;

use crate::{
    compare::GREEN,
    engine::{EngineError, Logs},
    job::{JobId, Silence, usual},
};

impl Logs {
    /// How long runs of the same are usually silent, and since when a job is.
    ///
    /// # Errors
    /// If there is no such job, or the earlier ones are in the store and that does not answer.
    pub async fn silence(&self, job: JobId) -> Result<Silence, EngineError> {
        let job = self.jobs.get(job).await?;
        let green = self.jobs.green(&job, GREEN).await?;
        let link = &self.jobs.link;
        let longest = link.ask(async |store| store.longest_silences(&green).await);
        let longest = longest.await?.into_iter().map(|(_, longest)| longest);
        let log = self.of(job.id);
        let end = log.source().await?.extent().end.seq;
        let mut last = None;
        if end > 0
            && let Some(piece) = log.cursor(end - 1).piece().await?
        {
            piece.each(|_, _, at, _| last = DateTime::from_timestamp_micros(at));
        }
        Ok(Silence {
            usual_ms: usual(longest.collect()),
            since: last.or(job.state.started_at()),
        })
    }
}
