//! Letting go of what the history need not keep, in steps so small that no job's archive waits for them.

use std::{ops::ControlFlow, time::Instant};

use super::Jobs;
use crate::{
    engine::EngineError,
    store::{Outdated, Retention},
};

/// Jobs that are dropped in one step, at most, and bytes of their logs if they are more than one.
const JOBS: u32 = 500;
const BYTES: u64 = 64 * 1024 * 1024;

impl Jobs {
    /// What the rules would let go just now.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn outdated(&self, rules: &Retention) -> Result<Outdated, EngineError> {
        let outdated = self
            .link
            .ask(async |store| store.outdated(rules).await)
            .await?;
        Ok(outdated)
    }

    /// Drops what the rules let go, oldest first, and returns what has gone. `each` is called after each step with what has
    /// gone so far, and may end it.
    ///
    /// # Errors
    /// If the store does not answer: what has gone is gone, and the rest stays.
    pub async fn prune(
        &self,
        rules: &Retention,
        mut each: impl FnMut(&Outdated) -> ControlFlow<()>,
    ) -> Result<Outdated, EngineError> {
        let mut gone = Outdated::default();
        loop {
            let began = Instant::now();
            let oldest = self
                .link
                .ask(async |store| store.oldest_outdated(rules, JOBS).await)
                .await?;
            let mut left = BYTES;
            let step: Vec<_> = oldest
                .iter()
                .take_while(|(_, bytes)| {
                    let fits = left > 0;
                    left = left.saturating_sub(*bytes);
                    fits
                })
                .map(|(job, _)| *job)
                .collect();
            let (jobs, bytes) = self
                .link
                .ask(async |store| store.drop_jobs(&step).await)
                .await?;
            if jobs == 0 {
                return Ok(gone);
            }
            (gone.jobs, gone.bytes) = (gone.jobs + jobs, gone.bytes + bytes);
            if each(&gone).is_break() {
                return Ok(gone);
            }
            // Half of the server's time is for those who archive and read.
            tokio::time::sleep(began.elapsed()).await;
        }
    }

    /// Bytes that the history takes on the server's disk.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn size_on_disk(&self) -> Result<u64, EngineError> {
        let size = self.link.ask(async |store| store.size_on_disk().await);
        Ok(size.await?)
    }

    /// Makes the room of what has gone free for new logs, or gives it back to the disk. The latter keeps everybody from the
    /// history until it is done, and needs as much room as is left of it.
    ///
    /// # Errors
    /// If the store does not answer, or refuses.
    pub async fn reclaim(&self, on_the_disk: bool) -> Result<(), EngineError> {
        let reclaimed = self
            .link
            .ask(async |store| store.reclaim(on_the_disk).await);
        Ok(reclaimed.await?)
    }
}
