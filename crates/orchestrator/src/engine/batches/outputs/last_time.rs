//! What the hosts of a batch answer beside what they answered when the same command ran on them the last time.

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use uuid::Uuid;

use super::{AT_ONCE, digest::Output, masking::Masking};
use crate::{
    batch::{Batch, LastTime, OnHost, Then, has_run},
    engine::{Engine, EngineError, ReadError, batches::MOST},
};

impl Engine {
    /// What a batch's hosts answered when the same command ran the last time before on any of them, in a batch that is over;
    /// none if it did not. `masked` is as in [`Self::batch_answers`].
    ///
    /// # Errors
    /// As [`Self::batch_answers`].
    pub async fn batch_last_time(
        &self,
        id: Uuid,
        masked: bool,
    ) -> Result<Option<LastTime>, EngineError> {
        let batch = self.find_batch(&id.to_string()).await?;
        let all = self.list_batches(MOST).await?;
        let Some(before) = all.into_iter().find(|one| is_before(one, &batch)) else {
            return Ok(None);
        };
        let masking = self.masking(masked).await?;
        let then: HashMap<&str, &OnHost> = before
            .hosts
            .iter()
            .map(|host| (host.name.as_str(), host))
            .collect();
        let pairs = batch.hosts.iter().enumerate().filter_map(|(rank, now)| {
            let then = then.get(now.name.as_str())?;
            let is_over = has_run(now.state) && has_run(then.state);
            is_over.then_some((rank, now, *then))
        });
        let read: Vec<_> = pairs
            .map(|(rank, now, then)| self.beside(rank, now, then, masking.as_ref()))
            .collect();
        let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).collect().await;
        let hosts: Result<Vec<Option<Then>>, ReadError> = read.into_iter().collect();
        Ok(Some(LastTime {
            batch: before.id,
            queued_at: before.queued_at,
            hosts: hosts?.into_iter().flatten().collect(),
        }))
    }

    /// What a host answered then; none if a job of it was deleted.
    async fn beside(
        &self,
        rank: usize,
        now: &OnHost,
        then: &OnHost,
        masking: Option<&Masking>,
    ) -> Result<Option<Then>, ReadError> {
        let (Some(job_now), Some(job_then)) = (now.job, then.job) else {
            return Ok(None);
        };
        let masks = || masking.map(|masking| masking.of(&[&now.name]));
        let outputs = (
            self.output(job_now, masks()).await,
            self.output(job_then, masks()).await,
        );
        let (now_wrote, then_wrote): (Output, Output) = match outputs {
            (Err(ReadError::NoJob(_)), _) | (_, Err(ReadError::NoJob(_))) => return Ok(None),
            (now, then) => (now?, then?),
        };
        let is_same =
            (now.state, &now.why, now_wrote.hash) == (then.state, &then.why, then_wrote.hash);
        Ok(Some(Then {
            host: u32::try_from(rank).unwrap_or(u32::MAX),
            state: then.state,
            last: then_wrote.last.as_ref().to_owned(),
            has_changed: !is_same,
        }))
    }
}

/// Whether a batch was the same command, earlier, on a host of this one; all come newest first.
fn is_before(one: &Batch, batch: &Batch) -> bool {
    let is_same = one.command == batch.command && one.rules.sudo == batch.rules.sudo;
    let is_earlier = one.queued_at < batch.queued_at && one.finished_at.is_some();
    let is_on = |host: &OnHost| batch.hosts.iter().any(|mine| mine.name == host.name);
    one.id != batch.id && is_same && is_earlier && one.hosts.iter().any(is_on)
}
