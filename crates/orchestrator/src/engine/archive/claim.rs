//! The tasks that archive jobs, each with the claim on its job.

use std::{sync::Arc, time::Duration};

use supervisor::{
    exit::ExitRecord,
    folder::{self, Lock},
};
use tokio::{sync::OwnedSemaphorePermit, task::JoinHandle};

use crate::{
    engine::{Engine, follow::live::Live},
    job::{JobId, Status},
};

/// Between two tries to claim a job that somebody else holds; and how long a store may be away before who waits for it
/// lets go of everything.
const CLAIM_AGAIN: Duration = Duration::from_secs(1);

/// What is held while a job is archived: its lock, and one of the places for those that are over.
type Hold = (Lock, Option<OwnedSemaphorePermit>);

impl Engine {
    /// Archives a job in the background, holding its lock, and forgets it when that is done. `noted` is waited for
    /// before anything is written.
    pub(in crate::engine) fn archive(
        &self,
        live: Arc<Live>,
        lock: Option<Lock>,
        noted: Option<JoinHandle<()>>,
    ) {
        let engine = self.clone();
        let id = live.id;
        // Hold until the task is in the list, so that it cannot be off it before.
        let mut archiving = self.0.jobs.archiving.lock();
        let task = tokio::spawn(async move {
            if let Some(noted) = noted {
                let _noted = noted.await.is_ok();
            }
            let Some((archived, held)) = engine.archive_or_wait(&live, lock).await else {
                return engine.archived_elsewhere(id);
            };
            if archived {
                if live.job_status() == Status::Lost {
                    engine.take_what_is_known(&live).await;
                }
                if live.job().damage.is_some() {
                    // Found on the way to the store, after everything else had been reported.
                    engine.job_changed(live.job());
                }
                engine.forget(id);
            }
            drop(held);
        });
        archiving.insert(id, task);
    }

    /// Archives a job to its end. One that is over and waits for the store holds no file open, not even its lock; so
    /// whoever comes may archive it. Whether it is in the store, with what was held for that; none if somebody else
    /// archived it.
    async fn archive_or_wait(&self, live: &Arc<Live>, lock: Option<Lock>) -> Option<(bool, Hold)> {
        let (mut held, mut place) = (lock, None);
        loop {
            let lock = match held.take() {
                Some(lock) => lock,
                None => {
                    let _there = self.0.link.store().await;
                    place = Arc::clone(&self.0.late).acquire_owned().await.ok();
                    match live.folder.try_lock() {
                        _ if !live.folder.path().exists() => return None,
                        Ok(Some(lock)) => lock,
                        taken => {
                            if let Err(error) = taken {
                                tracing::warn!(job = %live.id, %error, "a job cannot be claimed yet");
                            }
                            drop(place.take());
                            tokio::time::sleep(CLAIM_AGAIN).await;
                            continue;
                        }
                    }
                }
            };
            let archived = tokio::select! {
                archived = self.archive_for_good(live) => Some(archived),
                () = self.only_waits(live) => None,
            };
            match archived {
                Some(archived) => return Some((archived, (lock, place))),
                None => {
                    drop((lock, place.take()));
                    self.0.capacity.leave(live.id);
                }
            }
        }
    }

    /// Returns when the job is over, all of its log is here, and the store is away for more than a moment.
    async fn only_waits(&self, live: &Live) {
        let mut growth = live.growth();
        let mut changes = self.0.link.changes();
        loop {
            if growth.wait_for(|extent| extent.complete).await.is_err() {
                return std::future::pending().await;
            }
            if self.0.link.now().is_none() {
                tokio::time::sleep(CLAIM_AGAIN).await;
                if self.0.link.now().is_none() {
                    return;
                }
            }
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Gives up the claim on a job, so that its supervisor has it archived when it is over. False if it is over
    /// already: the supervisor may have gone, trusting in us.
    pub async fn let_go(&self, job: JobId) -> bool {
        let archiving = self.0.jobs.archiving.lock().remove(&job);
        if let Some(task) = archiving {
            task.abort();
            let _over = task.await.is_ok();
        }
        let Some(live) = self.live(job) else {
            return true;
        };
        let record = live.folder.read_json::<ExitRecord>(folder::EXIT);
        !record.is_ok_and(|record| record.is_some_and(|record| record.complete))
    }
}
