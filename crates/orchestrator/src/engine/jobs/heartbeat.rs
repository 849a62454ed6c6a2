//! Heartbeats on a shared database. An owner silent for 30 s is marked "not heard from"; the status of its jobs is not
//! changed.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    engine::{Database, Engine},
    folders,
    job::Job,
};

/// Between two heartbeats of an engine.
const BEAT: Duration = Duration::from_secs(10);
/// An owner without a heartbeat for this long is silent.
const SILENT: Duration = Duration::from_secs(30);

impl Engine {
    /// Sends our heartbeats, and reports the jobs of owners that fall silent or come back.
    pub(in crate::engine) fn watch_owners(&self) {
        if matches!(self.0.link.database(), Database::Embedded { .. }) {
            // It holds no jobs of other people.
            return;
        }
        let engine = self.clone();
        tokio::spawn(async move {
            let own = folders::owner();
            let mut silent = BTreeSet::new();
            loop {
                let store = engine.0.link.store().await;
                if let Ok(now) = store.beat(&own, SILENT).await {
                    let now: BTreeSet<String> = now.into_iter().collect();
                    for owner in now.symmetric_difference(&silent) {
                        let jobs = store.unended_of(owner).await.unwrap_or_default();
                        let is_silent = now.contains(owner);
                        for job in jobs.into_iter().filter(|job| engine.live(job.id).is_none()) {
                            engine.job_changed(Job { is_silent, ..job });
                        }
                    }
                    silent = now;
                }
                tokio::time::sleep(BEAT).await;
            }
        });
    }
}

impl super::Jobs {
    /// Marks those of these jobs, read from the store, whose owner is silent. If the store does not answer, none.
    pub(in crate::engine) async fn mark_silent(&self, jobs: &mut [Job]) {
        let own = folders::owner();
        let others = |job: &&mut Job| !job.state.status().is_over() && job.owner != own;
        if !jobs.iter_mut().any(|job| others(&job)) {
            return;
        }
        let answer = self
            .link
            .ask(async |store| store.silent_owners(SILENT).await);
        let silent = answer.await.unwrap_or_default();
        for job in jobs.iter_mut().filter(others) {
            job.is_silent = silent.contains(&job.owner);
        }
    }
}
