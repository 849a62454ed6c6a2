//! People's notes on jobs, and the previous runs of a job.

use std::time::{Duration, Instant};

use super::Jobs;
use crate::{
    engine::EngineError,
    folders,
    job::{Earlier, Job, JobId, Note, Status},
    store::StoreError,
    wire::{Event, StoreHealth},
};

/// Jobs whose notes or earlier runs are read at once, at most.
const MOST: usize = 500;
/// A job's row is written a moment after its start: a person who is faster waits for it this long, and it is looked for
/// again after each pause.
const ROW_PATIENCE: Duration = Duration::from_secs(5);
const ROW_PAUSE: Duration = Duration::from_millis(50);
/// A first start makes the folder of Postgres, which takes some seconds: a note is kept once it is there, if within this
/// time.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// Previous runs that are listed.
const EARLIER: u32 = 12;

impl Jobs {
    /// The notes on these jobs; jobs without one are left out.
    ///
    /// # Errors
    /// If more than 500 are asked for, or the store does not answer.
    pub async fn notes(&self, jobs: &[JobId]) -> Result<Vec<(JobId, Note)>, EngineError> {
        if jobs.len() > MOST {
            return Err(EngineError::Refused(format!(
                "failed to read notes: at most {MOST} jobs at once"
            )));
        }
        let answer = self.link.ask(async |store| store.notes(jobs).await);
        Ok(answer.await?)
    }

    /// Sets the note on a job, in place of an earlier one.
    ///
    /// # Errors
    /// If the text is too long, there is no such job in the store yet, or that does not answer.
    pub async fn set_note(&self, job: JobId, pinned: bool, text: &str) -> Result<(), EngineError> {
        if text.len() > Note::LONGEST {
            return Err(EngineError::Refused(format!(
                "failed to keep the note: it has {} bytes, and at most {} are kept",
                text.len(),
                Note::LONGEST
            )));
        }
        if let StoreHealth::Starting { .. } = self.link.state().health {
            // If it does not come, the question below says why.
            drop(tokio::time::timeout(START_PATIENCE, self.link.store()).await);
        }
        let by = &folders::owner();
        let patience = Instant::now() + ROW_PATIENCE;
        let note = loop {
            let set = self
                .link
                .ask(async |store| store.set_note(job, pinned, text, by).await);
            match set.await? {
                Some(note) => break note,
                None if self.lives.get(job).is_some() && Instant::now() < patience => {
                    tokio::time::sleep(ROW_PAUSE).await;
                }
                None => {
                    return Err(EngineError::NotFound(format!(
                        "job {job} is not in Postgres yet, where notes are kept: try again in a moment"
                    )));
                }
            }
        };
        self.events.report(Event::Noted { job, note });
        Ok(())
    }

    /// Reports a note that somebody else wrote.
    pub(in crate::engine) async fn report_note(&self, job: JobId) {
        // A note that cannot be read now is read when the page asks for it.
        let notes = self.notes(&[job]).await.unwrap_or_default();
        for (job, note) in notes {
            self.events.report(Event::Noted { job, note });
        }
    }

    /// The previous runs of what this job ran, newest first.
    ///
    /// # Errors
    /// If there is no such job, or the store does not answer.
    pub async fn earlier(&self, job: JobId) -> Result<Vec<Earlier>, EngineError> {
        let job = &self.get(job).await?;
        let answer = self
            .link
            .ask(async |store| store.earlier(job, None, EARLIER).await);
        Ok(answer.await?)
    }

    /// The previous runs of what each of these jobs ran, newest first; jobs without one are left out.
    ///
    /// # Errors
    /// If more than 500 are asked for, or the store does not answer.
    pub async fn earlier_of_each(
        &self,
        jobs: &[JobId],
    ) -> Result<Vec<(JobId, Vec<Earlier>)>, EngineError> {
        if jobs.len() > MOST {
            return Err(EngineError::Refused(format!(
                "failed to read earlier runs: at most {MOST} jobs at once"
            )));
        }
        let answer = self
            .link
            .ask(async |store| store.earlier_of_each(jobs, EARLIER).await);
        Ok(answer.await?)
    }

    /// The last runs of what this job ran that were before it and ended well, newest first, at most so many.
    ///
    /// # Errors
    /// If the store does not answer.
    pub(in crate::engine) async fn green(
        &self,
        job: &Job,
        most: u32,
    ) -> Result<Vec<JobId>, StoreError> {
        let green = self
            .link
            .ask(async |store| store.earlier(job, Some(Status::Done), most).await);
        Ok(green.await?.into_iter().map(|earlier| earlier.id).collect())
    }
}
