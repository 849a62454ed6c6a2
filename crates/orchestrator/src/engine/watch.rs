//! What changes without us: files of projects and hosts, job folders of other engines, the store and what others write
//! into it.

use std::{collections::BTreeSet, time::Duration};

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
                let watched = engine.blocking(move |engine| {
                    let watching = engine.0.catalog.watch(before.as_ref());
                    if watching.is_ok() {
                        engine.look_again();
                    }
                    Ok((before, watching))
                });
                before = match watched.await {
                    Ok((before, Ok(mut watching))) => {
                        // Two watches of one folder wake twice for each file that is opened there.
                        drop(before);
                        while !engine.take_changes(watching.next().await).await {}
                        Some(watching)
                    }
                    Ok((before, Err(error))) => {
                        engine.look_later(error.to_string()).await;
                        before
                    }
                    Err(error) => {
                        engine.look_later(error.to_string()).await;
                        None
                    }
                };
            }
        });
    }

    /// Takes what changed before the watch began.
    fn look_again(&self) {
        self.adopt_all();
        self.0.catalog.reload_settings();
        self.0.catalog.report_projects();
        // A config may have come together with its folder, which was not watched.
        self.0.catalog.reload_hosts();
        self.0.catalog.report_hosts();
    }

    /// Takes whatever may have changed, after a while: files that cannot be watched are read now and then.
    async fn look_later(&self, error: String) {
        tracing::warn!(
            error,
            "files cannot be watched, so they are checked now and then"
        );
        tokio::time::sleep(LOOK_AGAIN).await;
        let all = [
            Changed::Settings,
            Changed::Projects,
            Changed::Hosts,
            Changed::Jobs,
        ];
        self.take_changes(all.into()).await;
    }

    /// Takes these changes; whether the folders to watch may have changed with them.
    async fn take_changes(&self, changes: BTreeSet<Changed>) -> bool {
        let is_elsewhere =
            |changed: &Changed| matches!(changed, Changed::Projects | Changed::Hosts);
        let others = changes.iter().any(is_elsewhere);
        let reread = self.blocking(move |engine| {
            changes.iter().for_each(|changed| engine.changed(changed));
            Ok(())
        });
        if let Err(error) = reread.await {
            tracing::error!(%error, "a changed file was not read again");
        }
        others
    }

    fn changed(&self, changed: &Changed) {
        let catalog = &self.0.catalog;
        match changed {
            Changed::Jobs => {
                self.adopt_all();
                // A batch has its folder before its first job has one.
                self.look_at_batches();
            }
            Changed::Targets(project) => {
                self.report(Event::TargetsChanged {
                    project: project.clone(),
                });
                if catalog.settings().trust_again {
                    catalog.report_projects();
                }
            }
            Changed::Settings => catalog.reload_settings(),
            Changed::Projects => catalog.report_projects(),
            Changed::Hosts => {
                catalog.reload_hosts();
                catalog.report_hosts();
            }
        }
    }

    /// Reports when the store comes and goes.
    pub(super) fn watch_store(&self) {
        let (engine, mut changes) = (self.clone(), self.0.link.changes());
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let state = changes.borrow_and_update().clone();
                engine.report(Event::Store(state));
            }
        });
    }

    /// Reports jobs that others write into the store: another engine on this machine, or a colleague's. The store only names
    /// the job; its row is read then.
    pub(super) fn watch_others(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut again = false;
            loop {
                let store = engine.0.link.store().await;
                let Ok(mut changes) = store.subscribe().await else {
                    // The link learns it from the next caller that needs the store.
                    tokio::time::sleep(SUBSCRIBE_AGAIN).await;
                    continue;
                };
                // What changed while nobody listened is named by nobody.
                if std::mem::replace(&mut again, true) {
                    engine.report(Event::Missed);
                }
                loop {
                    let change = tokio::select! {
                        change = changes.next() => change,
                        () = engine.0.link.left(&store) => break,
                    };
                    match change {
                        Change::Job(id) if engine.live(id).is_none() => {
                            if let Ok(job) = engine.0.jobs.get(id).await {
                                engine.job_changed(job);
                            }
                        }
                        Change::Job(_) => {}
                        Change::Note(id) => engine.0.jobs.report_note(id).await,
                        // Perhaps with all of the server.
                        Change::Lost => engine.0.link.look(),
                        Change::Missed => engine.report(Event::Missed),
                    }
                }
            }
        });
    }
}
