//! What people say of jobs, and how the jobs before one went.

use crate::{
    engine::{Engine, EngineError},
    folders,
    job::{Earlier, JobId, Note},
    wire::Event,
};

/// Jobs whose notes are told at once.
const MOST: usize = 500;
/// As many earlier jobs are told.
const EARLIER: u32 = 12;

impl Engine {
    /// What is said of these jobs: those of which nothing is are left out.
    ///
    /// # Errors
    /// Where more than 500 are asked for, or the store does not answer.
    pub async fn notes(&self, jobs: &[JobId]) -> Result<Vec<(JobId, Note)>, EngineError> {
        if jobs.len() > MOST {
            return Err(EngineError::Refused(format!(
                "failed to read notes: at most {MOST} jobs at once"
            )));
        }
        let asked = self.0.link.ask(async |store| store.notes(jobs).await);
        Ok(asked.await?)
    }

    /// Says something of a job, in the place of what was said.
    ///
    /// # Errors
    /// Where the text is too long, there is no such job in the store yet, or that does not answer.
    pub async fn set_note(&self, job: JobId, pinned: bool, text: &str) -> Result<(), EngineError> {
        if text.len() > Note::LONGEST {
            return Err(EngineError::Refused(format!(
                "failed to keep the note: it has {} bytes, and {} are the most",
                text.len(),
                Note::LONGEST
            )));
        }
        let by = &folders::owner();
        let set = self
            .0
            .link
            .ask(async |store| store.set_note(job, pinned, text, by).await);
        let note = set.await?.ok_or_else(|| {
            EngineError::NotFound(format!(
                "job {job} is not in Postgres yet, where notes are kept: try again in a moment"
            ))
        })?;
        self.report(Event::Noted { job, note });
        Ok(())
    }

    /// Somebody else wrote a note.
    pub(in crate::engine) async fn tell_note(&self, job: JobId) {
        // What cannot be read now is read when the page asks for it.
        let notes = self.notes(&[job]).await.unwrap_or_default();
        for (job, note) in notes {
            self.report(Event::Noted { job, note });
        }
    }

    /// The jobs before this one of the same thing, newest first.
    ///
    /// # Errors
    /// Where there is no such job, or the store does not answer.
    pub async fn earlier(&self, job: JobId) -> Result<Vec<Earlier>, EngineError> {
        let job = &self.job(job).await?;
        let asked = self
            .0
            .link
            .ask(async |store| store.earlier(job, EARLIER).await);
        Ok(asked.await?)
    }
}
