//! Job folders that this engine did not make: left by an engine that is gone, or another engine's that runs now.
//!
//! The lock on a folder says who archives the job. Who holds it takes the job over; who does not looks on, and waits for
//! the lock on a thread of its own, so that a dead engine's jobs change hands at once.

use std::{fs, io, sync::Arc, time::Duration};

use supervisor::{
    control,
    folder::{self, Folder, Lock},
};
use tokio::sync::watch;

use super::{
    Engine, archive,
    catalog::Changed,
    follow, launch,
    live::{Live, Mark},
};
use crate::{job::JobId, store::Change, wire::Event};

/// Between two tries to hear of others' jobs.
const SUBSCRIBE_AGAIN: Duration = Duration::from_secs(5);

/// Counts the job folders that are being taken in.
#[derive(Debug, Default)]
pub(super) struct Adopting(watch::Sender<usize>);

/// One job folder that is being taken in; dropped when the job's status is right.
#[derive(Debug)]
struct Taking(watch::Sender<usize>);

impl Adopting {
    fn begin(&self) -> Taking {
        self.0.send_modify(|count| *count += 1);
        Taking(self.0.clone())
    }

    /// Returns when none is.
    pub(super) async fn none(&self) {
        let mut count = self.0.subscribe();
        let _none = count.wait_for(|count| *count == 0).await.is_ok();
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Engine {
    /// Takes in every job folder that is there and not yet known.
    pub(super) fn adopt_all(&self) {
        let found = match fs::read_dir(self.folders().jobs()) {
            Ok(found) => found,
            Err(error) => return tracing::error!(%error, "the folder of jobs could not be read"),
        };
        let ids = found
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<JobId>().ok());
        for id in ids.filter(|id| self.live(*id).is_none()) {
            if let Err(error) = self.adopt(id) {
                tracing::warn!(job = %id, %error, "a job folder could not be taken in");
            }
        }
    }

    /// Removes what is left of folders whose dropping was cut short by a kill.
    pub(super) fn drop_the_rest(&self) {
        let found = fs::read_dir(self.folders().jobs()).into_iter().flatten();
        let paths = found.flatten().map(|entry| entry.path());
        for path in paths.filter(|path| path.extension().is_some_and(|end| end == folder::GONE)) {
            // Another engine may be at it in this moment.
            if let Err(error) = fs::remove_dir_all(&path) {
                tracing::debug!(path = %path.display(), %error, "not removed");
            }
        }
    }

    fn adopt(&self, id: JobId) -> io::Result<()> {
        let folder = Folder::open(self.folders().jobs().join(id.to_string()))?;
        let kept = launch::kept(&folder)?;
        if kept.store != self.0.link.key() {
            tracing::info!(job = %id, store = kept.store, "a job waits for the store it was started with");
            return Ok(());
        }
        let takes_over = self.0.options.takes_over;
        let lock = if takes_over { folder.try_lock()? } else { None };
        let taking = self.0.adopting.begin();
        let first = match supervisor::spool::first(folder.path()) {
            // Its supervisor has not come so far.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            first => first?,
        };
        if first.is_none_or(|first| first.offset == 0) {
            self.take_in(kept, folder, lock, Mark::default(), taking);
            return Ok(());
        }
        // The start of the spool is archived and dropped; the store knows what a reader must know to go on from there.
        let engine = self.clone();
        tokio::spawn(async move {
            match engine
                .0
                .link
                .insist(|store| async move { store.mark(id).await })
                .await
            {
                Ok(from) => engine.take_in(
                    kept,
                    folder,
                    lock,
                    from.as_ref()
                        .map_or_else(Mark::default, archive::mark_of_store),
                    taking,
                ),
                Err(error) => {
                    tracing::error!(job = %id, %error, "a job folder could not be taken in");
                }
            }
        });
        Ok(())
    }

    fn take_in(
        &self,
        kept: launch::Kept,
        folder: Folder,
        lock: Option<Lock>,
        from: Mark,
        taking: Taking,
    ) {
        let mut job = kept.job;
        if let Some(running) = follow::started(&folder) {
            job.state = running;
        }
        let (live, orders) = Live::new(job, folder, from.clone());
        let live = Arc::new(live);
        self.register(&live);
        self.tell(Event::job(live.job()));
        match lock {
            Some(lock) => self.archive(Arc::clone(&live), lock),
            None if self.0.options.takes_over => self.wait_for_lock(Arc::clone(&live)),
            None => {}
        }
        let tell = Arc::new(self.clone());
        tokio::spawn(async move {
            match control::connect(live.folder.path()) {
                Ok(connection) => {
                    follow::follow(live, from, connection, orders, tell, taking).await;
                }
                Err(_) => {
                    follow::settle_alone(live, from, tell).await;
                    drop(taking);
                }
            }
        });
    }

    /// Looks on until the engine that archives the job is done with it or gone, and takes the job over then.
    fn wait_for_lock(&self, live: Arc<Live>) {
        let (engine, runtime) = (self.clone(), tokio::runtime::Handle::current());
        let waiting = std::thread::Builder::new()
            .name("lock".into())
            .spawn(move || {
                let lock = live.folder.lock_blocking();
                let _in_runtime = runtime.enter();
                match lock {
                    Ok(lock) if live.folder.path().exists() => engine.archive(live, lock),
                    _ => engine.archived_elsewhere(live.id),
                }
            });
        if let Err(error) = waiting {
            tracing::error!(%error, "another engine's job cannot be waited for");
        }
    }

    /// Another engine archived the job and dropped its folder: from now on the store knows it.
    fn archived_elsewhere(&self, id: JobId) {
        let engine = self.clone();
        tokio::spawn(async move {
            engine.forget(id);
            if let Ok(job) = engine.job(id).await {
                engine.tell(Event::job(job));
            }
        });
    }

    /// Reads projects and hosts again when their files change, and takes in job folders as they appear.
    pub(super) fn watch_files(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            while let Ok((watcher, mut changes)) = engine.0.catalog.watch() {
                loop {
                    let Some(changed) = changes.recv().await else {
                        return;
                    };
                    engine.changed(&changed);
                    // Other folders matter now than before.
                    if matches!(changed, Changed::Projects | Changed::Hosts) {
                        break;
                    }
                }
                drop(watcher);
            }
        });
    }

    fn changed(&self, changed: &Changed) {
        match changed {
            Changed::Jobs => self.adopt_all(),
            Changed::Targets(project) => self.tell(Event::TargetsChanged {
                project: project.clone(),
            }),
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
                engine.tell(Event::Store(state));
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
                                engine.tell(Event::job(job));
                            }
                        }
                        Change::Job(_) => {}
                        Change::Missed => engine.tell(Event::Missed),
                    }
                }
            }
        });
    }
}
