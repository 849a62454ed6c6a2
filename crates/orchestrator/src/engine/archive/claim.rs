//! The tasks that archive jobs, each with the claim on its job.

use std::sync::Arc;

use supervisor::{
    exit::Exit as Seen,
    folder::{self, Lock},
};
use tokio::task::JoinHandle;

use crate::{
    engine::{Engine, follow::live::Live},
    job::{JobId, Status},
};

impl Engine {
    /// Archives a job in the background, holding its lock, and forgets it when that is done. `noted` is waited for
    /// before anything is written.
    pub(in crate::engine) fn archive(
        &self,
        live: Arc<Live>,
        lock: Lock,
        noted: Option<JoinHandle<()>>,
    ) {
        let engine = self.clone();
        let id = live.id;
        // Held until the task is in the list, so that it cannot be off it before.
        let mut archiving = self.0.archiving.lock();
        let task = tokio::spawn(async move {
            if let Some(noted) = noted {
                let _noted = noted.await.is_ok();
            }
            if engine.archive_for_good(&live).await {
                if live.job_status() == Status::Lost {
                    engine.take_what_is_known(&live).await;
                }
                if live.job().damage.is_some() {
                    // Found on the way to the store, after all else had been told.
                    engine.job_changed(live.job());
                }
                engine.forget(id);
            }
            drop(lock);
        });
        archiving.insert(id, task);
    }

    /// Gives up the claim on a job, so that its supervisor has it archived when it is over. False where it is over
    /// already: the supervisor may have gone, trusting in us.
    pub async fn let_go(&self, job: JobId) -> bool {
        let archiving = self.0.archiving.lock().remove(&job);
        if let Some(task) = archiving {
            task.abort();
            let _over = task.await.is_ok();
        }
        let Some(live) = self.live(job) else {
            return true;
        };
        let seen = live.folder.read_json::<Seen>(folder::EXIT);
        !seen.is_ok_and(|seen| seen.is_some_and(|seen| seen.complete))
    }
}
