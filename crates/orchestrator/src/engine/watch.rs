//! What changes without us: files of projects and hosts, job folders of other engines, the store and what others write
//! into it.

use std::time::Duration;

use super::{Engine, catalog::files::Changed};
use crate::{store::Change, wire::Event};

/// Between two tries to hear of others' jobs.
const SUBSCRIBE_AGAIN: Duration = Duration::from_secs(5);
/// Between two looks at what cannot be watched.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

impl Engine {
    /// Reads projects and hosts again when their files change, and takes in job folders as they appear.
    pub(super) fn watch_files(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut before = None;
            loop {
                match engine.0.catalog.watch(before.as_ref()) {
                    Ok(mut watching) => {
                        // What changed while nobody looked.
                        engine.adopt_all();
                        engine.read_settings();
                        engine.tell_projects();
                        if before.is_some() {
                            // A config may have come together with its folder, which was not watched.
                            engine.0.catalog.read_hosts();
                            engine.tell_hosts();
                        }
                        while !engine.take_changes(watching.next().await) {}
                        before = Some(watching);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "files are looked at now and then: they cannot be watched");
                        tokio::time::sleep(LOOK_AGAIN).await;
                        engine.take_changes([
                            Changed::Settings,
                            Changed::Projects,
                            Changed::Hosts,
                            Changed::Jobs,
                        ]);
                    }
                }
            }
        });
    }

    /// True where other folders matter now than before.
    fn take_changes(&self, changes: impl IntoIterator<Item = Changed>) -> bool {
        let mut others = false;
        for changed in changes {
            others |= matches!(changed, Changed::Projects | Changed::Hosts);
            self.changed(&changed);
        }
        others
    }

    fn changed(&self, changed: &Changed) {
        match changed {
            Changed::Jobs => self.adopt_all(),
            Changed::Targets(project) => {
                self.report(Event::TargetsChanged {
                    project: project.clone(),
                });
                if self.settings().trust_again {
                    self.tell_projects();
                }
            }
            Changed::Settings => self.read_settings(),
            Changed::Projects => self.tell_projects(),
            Changed::Hosts => {
                self.0.catalog.read_hosts();
                self.tell_hosts();
            }
        }
    }

    /// Tells when the store comes and goes.
    pub(super) fn watch_store(&self) {
        let (engine, mut changes) = (self.clone(), self.0.link.changes());
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let state = changes.borrow_and_update().clone();
                engine.report(Event::Store(state));
            }
        });
    }

    /// Tells of jobs that others write into the store, be it another engine on this machine or a colleague's. The store
    /// only hints; what a job is now is asked for.
    pub(super) fn watch_others(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            loop {
                let Ok(mut changes) = engine.0.link.store().await.subscribe().await else {
                    // The link is told by whoever meets the trouble in earnest.
                    tokio::time::sleep(SUBSCRIBE_AGAIN).await;
                    continue;
                };
                while engine.0.link.now().is_some() {
                    match changes.next().await {
                        Change::Job(id) if engine.live(id).is_none() => {
                            if let Ok(job) = engine.job(id).await {
                                engine.job_changed(job);
                            }
                        }
                        Change::Job(_) => {}
                        Change::Note(id) => engine.tell_note(id).await,
                        Change::Missed => engine.report(Event::Missed),
                    }
                }
            }
        });
    }
}
