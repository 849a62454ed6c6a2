//! Batches: one command on many hosts, driven from wave to wave.
//!
//! A batch is a folder, as a job is ([`place`]). Whoever has its lock drives it ([`driver`]): it starts the hosts whose turn
//! has come, and writes down what happens before it acts on it. So a killed engine loses no job: jobs run on, as
//! all jobs do, what is queued waits, what is held stays held. The next engine that takes jobs over drives the batch on
//! ([`look`]); so does `vmo batch --let-go`. The store gets the batch's row as it goes, and the folder is dropped when
//! nothing more can come. What its hosts wrote is compared where it is read ([`outputs`]).

pub(in crate::engine) mod adopt;
pub(in crate::engine) mod driver;
pub(in crate::engine) mod folder;
mod jobs;
mod outputs;
mod sets;
pub(in crate::engine) mod sudo;

use std::{collections::HashMap, io::ErrorKind, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use self::{folder::BatchFolder, outputs::Outputs, sudo::Passwords};
use super::{Engine, EngineError};
use crate::{
    batch::{Batch, End, HostState, OnHost, Order},
    folders,
    job::{Job, JobId},
    ssh::InBatch,
};

/// Batches of one list, at most.
const MOST: u32 = 500;
/// Of the newest so many, a person's own is looked for.
const RECENT: u32 = 50;

/// The batches that this engine drives or looks at.
#[derive(Debug, Default)]
pub(in crate::engine) struct Batches {
    watched: Mutex<HashMap<Uuid, Watched>>,
    outputs: Outputs,
    pub(in crate::engine) passwords: Passwords,
}

/// A batch that is there.
#[derive(Debug, Clone)]
struct Watched {
    batch: watch::Receiver<Arc<Batch>>,
    /// Wakes the engine that drives it here.
    ordered: Arc<Notify>,
    /// Whether that is this engine.
    is_driven: bool,
}

impl Batches {
    fn get(&self, batch: Uuid) -> Option<Watched> {
        self.watched.lock().get(&batch).cloned()
    }

    /// Notes a batch, unless it is known already.
    fn add(&self, id: Uuid, watched: Watched) -> bool {
        let mut all = self.watched.lock();
        let is_known = all
            .get(&id)
            .is_some_and(|known| known.is_driven || !watched.is_driven);
        if !is_known {
            all.insert(id, watched);
        }
        !is_known
    }

    fn remove(&self, batch: Uuid) {
        self.watched.lock().remove(&batch);
    }
}

impl Engine {
    /// A batch as it changes, if its folder is here and this engine drives it or looks at it.
    #[must_use]
    pub fn watch_batch(&self, batch: Uuid) -> Option<watch::Receiver<Arc<Batch>>> {
        self.0.batches.get(batch).map(|watched| watched.batch)
    }

    /// The batches, newest first.
    ///
    /// # Errors
    /// If the store refuses. If it is away, those whose folders are here.
    pub async fn list_batches(&self, limit: u32) -> Result<Vec<Batch>, EngineError> {
        let limit = limit.clamp(1, MOST);
        let mut all = self.batches_here().await?;
        all.retain(|batch| !batch.rules.looks);
        let answer = self
            .0
            .link
            .ask(async |store| store.list_batches(limit).await);
        match answer.await {
            Ok(kept) => {
                let is_new = |one: &Batch| all.iter().all(|here| here.id != one.id);
                let kept: Vec<Batch> = kept.into_iter().filter(is_new).collect();
                all.extend(kept);
            }
            Err(error) if error.is_transient() => {}
            Err(error) => return Err(error.into()),
        }
        all.sort_by_key(|batch| JobId(batch.id).listed());
        all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(all)
    }

    /// One batch by its id, a unique prefix of it, or `last`.
    ///
    /// # Errors
    /// If none or several fit, or the store does not answer.
    pub async fn find_batch(&self, name: &str) -> Result<Batch, EngineError> {
        let is_meant = |id: Uuid| name == "last" || id.to_string().starts_with(name);
        let mut found = self.batches_here().await?;
        let is_listed = |batch: &Batch| name != "last" || !batch.rules.looks;
        found.retain(|batch| is_meant(batch.id) && is_listed(batch));
        let has_own = !found.is_empty();
        let answer = self.0.link.ask(async |store| match name {
            // A person's own last one, and anybody's only if they have none.
            "last" => {
                let mut recent = store.list_batches(RECENT).await?;
                let own = folders::owner();
                match recent.iter().position(|batch| batch.owner == own) {
                    Some(at) => drop(recent.drain(..at)),
                    None if has_own => recent.clear(),
                    None => {}
                }
                recent.truncate(1);
                Ok(recent)
            }
            prefix => store.batches_by_prefix(prefix).await,
        });
        match answer.await {
            Ok(kept) => found.extend(kept),
            Err(error) if found.is_empty() => return Err(error.into()),
            Err(_) => {}
        }
        // Of one that is in both, the folder's comes first.
        found.sort_by_key(|batch| JobId(batch.id).listed());
        found.dedup_by_key(|batch| batch.id);
        match found.as_slice() {
            [] if name == "last" => Err(EngineError::NotFound("there is no batch yet".into())),
            [] => Err(EngineError::NotFound(format!(
                "no batch's id starts with '{name}': vmo batch lists them"
            ))),
            [_, _, ..] if name != "last" => Err(EngineError::NotFound(format!(
                "several batches' ids start with '{name}': give more of it"
            ))),
            [newest, ..] => Ok(newest.clone()),
        }
    }

    /// Lets the held hosts of a batch go, drops them, or cancels the batch as a whole. Returns once that is written down:
    /// the engine that drives the batch does it then.
    ///
    /// # Errors
    /// If the order would not change the batch, or its folder is elsewhere.
    pub async fn order_batch(&self, id: Uuid, order: Order) -> Result<(), EngineError> {
        let batch = self.find_batch(&id.to_string()).await?;
        let counts = batch.counts();
        let refused = match order {
            Order::LetGo | Order::Drop if counts.held == 0 => "no host of it is held",
            Order::Cancel { .. } if counts.held + counts.queued + counts.running == 0 => {
                "it is over"
            }
            _ => "",
        };
        if !refused.is_empty() {
            return Err(EngineError::Refused(format!("batch {id}: {refused}")));
        }
        self.blocking(move |engine| {
            let written = BatchFolder::of(engine.folders(), id).and_then(|place| place.order(order));
            written.map_err(|error| match error.kind() {
                ErrorKind::NotFound => EngineError::Refused(format!(
                    "batch {id} was started by {}, from another data folder: only an app that uses that folder can \
                     change it",
                    batch.owner
                )),
                _ => error.into(),
            })
        })
        .await?;
        if let Some(watched) = self.0.batches.get(id) {
            watched.ordered.notify_one();
        }
        Ok(())
    }

    /// The batch that a job is of, if this engine drives it.
    pub(in crate::engine) fn driven_batch_of(&self, job: JobId) -> Option<Uuid> {
        let batch = self.live(job)?.job().batch?;
        let watched = self.0.batches.get(batch)?;
        watched.is_driven.then_some(batch)
    }

    /// What a job finds in its environment of where it runs: a set of one host has the variables of many, with the job's id
    /// in the place of a batch's.
    pub(in crate::engine) fn place_of(&self, job: &Job) -> Option<InBatch> {
        if let Some(batch) = job.batch {
            return self.place_in(batch, job.id);
        }
        let host = job.host()?.to_owned();
        Some(InBatch {
            host,
            rank: 0,
            count: 1,
            batch: job.id.0,
        })
    }

    /// Which host of its batch a job runs on.
    pub(in crate::engine) fn place_in(&self, batch: Uuid, job: JobId) -> Option<InBatch> {
        let watched = self.0.batches.get(batch)?;
        let batch = watched.batch.borrow();
        let is_its = |host: &OnHost| host.job == Some(job) || host.check == Some(job);
        let rank = batch.hosts.iter().position(is_its)?;
        Some(InBatch {
            host: batch.hosts[rank].name.clone(),
            rank,
            count: batch.hosts.len(),
            batch: batch.id,
        })
    }

    /// Whether an order that was left for a batch still waits for somebody to carry it out.
    #[must_use]
    pub fn is_ordered(&self, id: Uuid) -> bool {
        BatchFolder::of(self.folders(), id).is_ok_and(|place| !place.orders().is_empty())
    }

    /// The batches whose folders are here, as they are now: a job's end may not be written down if no engine drives its
    /// batch.
    pub(in crate::engine) async fn batches_here(&self) -> Result<Vec<Batch>, EngineError> {
        let mut all = self
            .blocking(|engine| {
                let places = BatchFolder::all(engine.folders()).into_iter();
                let read = |(id, place): (Uuid, BatchFolder)| match engine.0.batches.get(id) {
                    Some(watched) => Some(Batch::clone(&watched.batch.borrow())),
                    None => match place.read_left() {
                        Ok(batch) => Some(batch),
                        Err(error) => {
                            tracing::warn!(batch = %id, %error, "a batch's folder cannot be read");
                            None
                        }
                    },
                };
                Ok(places.filter_map(read).collect::<Vec<_>>())
            })
            .await?;
        for batch in &mut all {
            for host in &mut batch.hosts {
                let Some(job) = host.job.filter(|_| host.state == HostState::Running) else {
                    continue;
                };
                let over = match self.0.jobs.get(job).await {
                    Ok(job) => End::of(&job),
                    Err(_) => None,
                };
                if let Some(End {
                    state,
                    why,
                    unreachable,
                }) = over
                {
                    (host.state, host.why, host.unreachable) = (state, why, unreachable);
                }
            }
        }
        Ok(all)
    }
}
