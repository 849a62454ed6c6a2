//! Jobs of ours that are not over in the store and have no folder here any more: the folder was removed, or a power loss took
//! it, or the store went back to a time when they ran. How they ended is unknown.

use std::io;

use supervisor::exit::Exit;

use crate::{
    engine::{Database, Engine},
    folders,
    job::{Job, State},
};

/// Why such a job is lost.
const WHY: &str = "its folder is gone from this machine, so how it ended is not known";

impl Engine {
    /// Calls each of them lost, once the store is there.
    pub(in crate::engine) fn end_vanished(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let owner = folders::owner();
            let owner = owner.as_str();
            let unended = engine
                .0
                .link
                .insist(|store| async move { store.unended_of(owner).await });
            match unended.await {
                Ok(jobs) => {
                    for job in jobs.into_iter().filter(|job| engine.has_vanished(job)) {
                        engine.call_lost(job).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "jobs without a folder are not looked for"),
            }
            engine.0.vanished.send_replace(true);
        });
    }

    /// Whether it is a job of this data folder and has none in it. Our own Postgres holds no jobs of other people.
    fn has_vanished(&self, job: &Job) -> bool {
        let is_private = matches!(self.0.link.database(), Database::Embedded { .. });
        let own = self.folders().id().ok();
        let is_ours = is_private || (own.is_some() && job.data_folder == own);
        let folder = self.folders().jobs().join(job.id.to_string());
        let is_gone = std::fs::symlink_metadata(folder)
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        is_ours && is_gone && self.live(job.id).is_none()
    }

    async fn call_lost(&self, job: Job) {
        let started_at = match job.state {
            State::Running { started_at } => Some(started_at),
            _ => None,
        };
        let job = Job {
            state: State::Ended {
                started_at,
                finished_at: crate::clock::now().max(started_at.unwrap_or_default()),
                exit: Exit::Lost { why: WHY.into() },
                canceled: false,
            },
            ..job
        };
        // It was archived and its folder dropped in this moment? Then its row keeps its end.
        let lost = &job;
        let saved = self
            .0
            .link
            .insist_on_writing(|store| async move { store.save_job(lost).await })
            .await;
        match saved {
            Ok(()) => {
                if let Ok(job) = self.0.jobs.get(job.id).await {
                    self.job_changed(job);
                }
            }
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "that it is lost could not be written");
            }
        }
    }
}
