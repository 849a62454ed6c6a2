//! Batches that this engine did not start: left by one that is gone, or driven by another that runs now.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::{Watched, driver::Driver, folder::BatchFolder};
use crate::{
    batch::{Batch, Entry, Status},
    engine::{Engine, EngineError},
    wire::Event,
};

/// Between two looks at a batch that another engine drives.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Engine {
    /// Takes over the batches that no engine drives, whose waiting hosts are held then, and watches the others: if their
    /// engine ends, it goes on with them.
    pub(in crate::engine) fn look_at_batches(&self) {
        if !self.0.options.takes_over {
            return;
        }
        for (id, place) in BatchFolder::all(self.folders()) {
            if self.0.batches.get(id).is_some() {
                continue;
            }
            match self.try_drive(id, &place, true) {
                Ok(true) => {}
                Ok(false) => self.look_on(id, place),
                Err(error) => tracing::warn!(batch = %id, %error, "a batch is left alone"),
            }
        }
    }

    /// Updates the rows of batches that are over and that no engine drives: for a program that ends again soon.
    /// Those that still have something to start are left to one that stays.
    pub async fn settle_batches(&self) {
        let Ok(all) = self.batches_here().await else {
            return;
        };
        for batch in all {
            if batch.status() == Status::Running {
                continue;
            }
            let id = batch.id;
            if let Err(error) = self.settle_batch(batch).await {
                tracing::debug!(batch = %id, %error, "not settled");
            }
        }
    }

    async fn settle_batch(&self, recorded: Batch) -> Result<(), EngineError> {
        let claimed = self.blocking(move |engine| {
            let place = BatchFolder::of(engine.folders(), recorded.id)?;
            let Some(mut claim) = place.claim()? else {
                return Ok(None);
            };
            let mut batch = place.read()?.batch;
            let hosts = batch.hosts.iter().zip(&recorded.hosts).enumerate();
            let ended = hosts.filter(|(_, (known, recorded))| {
                known.state != recorded.state && recorded.state.is_over()
            });
            let mut happened: Vec<Entry> = ended
                .map(|(host, (_, recorded))| Entry::Ended {
                    host,
                    state: recorded.state,
                    why: recorded.why.clone(),
                    unreachable: recorded.unreachable.clone(),
                })
                .collect();
            happened.extend(batch.left());
            if batch.finished_at.is_none() {
                happened.push(Entry::Rested {
                    at: crate::clock::now(),
                });
            }
            claim.note(&happened)?;
            happened.iter().for_each(|entry| batch.apply(entry));
            // Somebody has gone on with it meanwhile.
            let goes_on = batch.status() == Status::Running || !place.orders().is_empty();
            Ok((!goes_on).then_some((batch, place, claim)))
        });
        let Some((batch, place, claim)) = claimed.await? else {
            return Ok(());
        };
        let row = &batch;
        let saved = self
            .0
            .link
            .insist_on_writing(|store| async move { store.save_batch(row).await });
        saved.await?;
        if batch.counts().held == 0 {
            place.remove()?;
        }
        drop(claim);
        Ok(())
    }

    /// Drives a batch unless another engine does; false if one does.
    ///
    /// # Errors
    /// If its folder is not here or cannot be read.
    pub async fn drive_batch(&self, id: Uuid) -> Result<bool, EngineError> {
        self.blocking(move |engine| {
            let place = BatchFolder::of(engine.folders(), id)?;
            Ok(engine.try_drive(id, &place, true)?)
        })
        .await
    }

    /// `is_left` is whether nobody has seen another engine drive it, whose work this one goes on with.
    fn try_drive(&self, id: Uuid, place: &BatchFolder, is_left: bool) -> std::io::Result<bool> {
        let Some(claim) = place.claim()? else {
            return Ok(false);
        };
        let found = place.read()?;
        tracing::debug!(batch = %id, "a batch is taken over");
        Driver::new(self, place.clone(), claim, found)
            .held_if(is_left)
            .go();
        Ok(true)
    }

    /// Reports what another engine does with a batch, and takes it over when that one is gone.
    fn look_on(&self, id: Uuid, place: BatchFolder) {
        let Ok(found) = place.read() else { return };
        let (sender, batch) = watch::channel(Arc::new(found.batch));
        let watched = Watched {
            batch,
            ordered: Arc::new(Notify::new()),
            is_driven: false,
        };
        if !self.0.batches.add(id, watched) {
            return;
        }
        let engine = self.clone();
        tokio::spawn(async move {
            let mut length = 0;
            while engine
                .still_another_drives(id, &place, &mut length, &sender)
                .await
            {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        });
    }

    async fn still_another_drives(
        &self,
        id: Uuid,
        place: &BatchFolder,
        length: &mut u64,
        sender: &watch::Sender<Arc<Batch>>,
    ) -> bool {
        let (place, before) = (place.clone(), *length);
        let looked = self.blocking(move |engine| {
            if !place.is_there() {
                return Ok((0, None, false));
            }
            let now = place.length();
            let batch = if now == before {
                None
            } else {
                Some(place.read()?.batch)
            };
            // At the first look, nobody knows whether it was driven a moment ago.
            Ok((now, batch, !engine.try_drive(id, &place, before == 0)?))
        });
        match looked.await {
            Ok((now, batch, goes_on)) => {
                *length = now;
                if let Some(batch) = batch {
                    let summary = batch.summary();
                    // First there, then reported: a request after the report gets it as reported.
                    sender.send_replace(Arc::new(batch));
                    self.report(Event::Batch(Box::new(summary)));
                }
                if !goes_on && self.0.batches.get(id).is_some_and(|it| !it.is_driven) {
                    // It is over, and in the store.
                    self.0.batches.remove(id);
                    self.report_batch_kept(id).await;
                }
                goes_on
            }
            Err(error) => {
                tracing::debug!(batch = %id, %error, "a batch could not be looked at");
                true
            }
        }
    }

    async fn report_batch_kept(&self, id: Uuid) {
        if let Ok(batch) = self.find_batch(&id.to_string()).await {
            self.report(Event::Batch(Box::new(batch.summary())));
        }
    }
}
