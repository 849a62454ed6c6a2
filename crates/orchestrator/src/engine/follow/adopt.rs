//! Job folders that this engine did not make: left by an engine that is gone, or another engine's that runs now.
//!
//! The lock on a folder says who archives the job. Who holds it takes the job over; who does not looks on, and waits for
//! the lock on a thread of its own, so that a dead engine's jobs change hands at once.

use std::{collections::BTreeMap, fs, io, sync::Arc};

use supervisor::{
    exit::ExitRecord,
    folder::{self, Folder, Lock},
};
use tokio::sync::{oneshot, watch};

use super::{
    index::Indexer,
    live::{Live, Mark},
    skipped::SkipReason,
};
use crate::{
    engine::{
        Engine, EngineError,
        archive::{self, link::Backoff},
        follow,
        start::job_folder,
    },
    folders,
    job::{JobId, State},
};

/// Counts the job folders that are being taken in.
#[derive(Debug, Default)]
pub(in crate::engine) struct Adopting(watch::Sender<usize>);

/// One job folder that is being taken in; dropped when the job's status is right.
#[derive(Debug)]
pub(super) struct Taking(watch::Sender<usize>);

impl Adopting {
    pub(super) fn begin(&self) -> Taking {
        self.0.send_modify(|count| *count += 1);
        Taking(self.0.clone())
    }

    /// Returns when none is.
    pub(in crate::engine) async fn none(&self) {
        let mut count = self.0.subscribe();
        let _none = count.wait_for(|count| *count == 0).await.is_ok();
    }
}

/// Who archives a job that is taken in.
enum Archiving {
    /// This engine, which holds the lock.
    Here(Lock),
    /// This engine, once the store is there: it is over.
    Late,
    /// Another engine, until that is gone.
    ByAnother,
    /// Not this engine.
    NotHere,
}

/// Whether a job is over and no engine archives it, though the store in use is its own.
fn is_left_over(live: &Arc<Live>) -> bool {
    let is_over = live.job_status().is_over() && live.extent().complete;
    let is_free = || live.folder.is_claimed().is_ok_and(|claimed| !claimed);
    is_over && !live.is_elsewhere() && is_free()
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Engine {
    /// Takes in every job folder that is there and not yet known.
    pub(in crate::engine) fn adopt_all(&self) {
        let entries = match fs::read_dir(self.folders().jobs()) {
            Ok(entries) => entries,
            Err(error) => return tracing::error!(%error, "the folder of jobs could not be read"),
        };
        let ids = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<JobId>().ok());
        let known = || self.0.known.lock();
        let mut skipped = self.elsewhere();
        for id in ids {
            if !known().insert(id) {
                continue;
            }
            let reason = match self.adopt(id) {
                Ok(None) => continue,
                Ok(Some(store)) => {
                    skipped.insert(id, SkipReason::OfStore(store));
                    continue;
                }
                Err(error) => {
                    tracing::warn!(job = %id, %error, "a job folder could not be taken in");
                    self.rebuild(id);
                    SkipReason::Unreadable(error.to_string())
                }
            };
            known().remove(&id);
            // Another engine may have dropped it in between.
            if self.folders().jobs().join(id.to_string()).exists() {
                skipped.insert(id, reason);
            }
        }
        self.set_skipped(skipped);
    }

    /// The jobs that wait for another store. One whose folder is gone has been archived there, or handed over.
    fn elsewhere(&self) -> BTreeMap<JobId, SkipReason> {
        let mut all = BTreeMap::new();
        for live in self.lives().into_iter().filter(|live| live.is_elsewhere()) {
            match job_folder::kept(&live.folder) {
                Ok(kept) if !self.0.link.database().is(&kept.store) => {
                    all.insert(live.id, SkipReason::OfStore(kept.store));
                }
                _ => self.forget(live.id),
            }
        }
        all
    }

    /// Hands a job that waits for another store over to the one in use.
    ///
    /// # Errors
    /// If it is not one of those, a program archives it just now, or it runs.
    pub async fn move_here(&self, job: JobId) -> Result<(), EngineError> {
        self.blocking(move |engine| engine.hand_over(job)).await
    }

    fn hand_over(&self, job: JobId) -> Result<(), EngineError> {
        let live = self.live(job).filter(|live| live.is_elsewhere());
        let Some(live) = live else {
            let why = format!("job {job} does not wait for another database");
            return Err(EngineError::Refused(why));
        };
        if !live.job_status().is_over() {
            let why = format!("job {job} runs: wait for its end, or cancel it");
            return Err(EngineError::Refused(why));
        }
        let Some(_claim) = live.folder.try_lock()? else {
            let why = format!("another program archives job {job} just now");
            return Err(EngineError::Refused(why));
        };
        Ok(job_folder::move_to(&live.folder, &self.0.link.key())?)
    }

    /// The jobs that wait for another store.
    #[must_use]
    pub fn waiting_elsewhere(&self) -> Vec<JobId> {
        let lives = self.lives().into_iter();
        lives
            .filter(|live| live.is_elsewhere())
            .map(|live| live.id)
            .collect()
    }

    /// Takes a job in, and gives the store it waits for if that is not ours: then it is only looked at.
    fn adopt(&self, id: JobId) -> io::Result<Option<String>> {
        let folder = Folder::open(self.folders().jobs().join(id.to_string()))?;
        folders::is_own(folder.path())?;
        let kept = job_folder::kept(&folder)?;
        let elsewhere = (!self.0.link.database().is(&kept.store)).then(|| kept.store.clone());
        let is_over = folder
            .read_json::<ExitRecord>(folder::EXIT)
            .is_ok_and(|record| record.is_some_and(|record| record.complete));
        let takes_over = self.0.options.takes_over && elsewhere.is_none();
        // One that is over waits for the store without holding anything open.
        let lock = if takes_over && !is_over {
            folder.try_lock()?
        } else {
            None
        };
        let how = match (takes_over, lock) {
            (false, _) => Archiving::NotHere,
            (true, None) if is_over => Archiving::Late,
            (true, None) => Archiving::ByAnother,
            (true, Some(lock)) => Archiving::Here(lock),
        };
        let taking = self.0.adopting.begin();
        let from = match supervisor::spool::first(folder.path()) {
            Ok(None) => Some(Mark::default()),
            Ok(Some(first)) if first.offset == 0 => Some(Mark::default()),
            // A mark before that was written down when less had been dropped.
            Ok(Some(first)) => {
                archive::dropped_before(&folder).filter(|mark| mark.at.offset >= first.offset)
            }
            // It has no supervisor yet: it is queued, or its engine died before it started one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Mark::default()),
            // The store that knows where it begins is not there.
            _ if elsewhere.is_some() => archive::beginning(&folder, &Mark::default(), |_| None)?,
            // The store may know the number that is lost.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
            Err(error) => return Err(error),
        };
        self.take_in(kept, folder, how, from, taking);
        Ok(elsewhere)
    }

    /// Asks the store where the rest of a spool begins whose start is archived and dropped: the engine that did so left no
    /// `archived.json`. It is asked until it answers.
    fn ask_for_beginning(&self, id: JobId) -> oneshot::Receiver<Mark> {
        let (answer, beginning) = oneshot::channel();
        let link = self.0.link.clone();
        tokio::spawn(async move {
            let mut waits = Backoff::new();
            let from = loop {
                let mark = link.insist(|store| async move { store.mark(id).await });
                match mark.await {
                    Ok(mark) => break mark,
                    Err(error) => {
                        tracing::error!(job = %id, %error, "where a log begins is not known yet");
                        link.fails(id, &error);
                        tokio::time::sleep(waits.next()).await;
                    }
                }
            };
            link.goes_on(id);
            let from = from
                .as_ref()
                .map_or_else(Mark::default, archive::mark_of_store);
            // If the answer cannot be sent, the index is gone, and so is the need for it.
            let _taken = answer.send(from).is_ok();
        });
        beginning
    }

    /// Takes in a job whose log begins at `from`; if that is none, only the store knows where. An end that `exit.json`
    /// holds is reported at once: it waits neither for the log to be read nor for the store.
    fn take_in(
        &self,
        kept: job_folder::JobFile,
        folder: Folder,
        how: Archiving,
        from: Option<Mark>,
        taking: Taking,
    ) {
        let elsewhere = (!self.0.link.database().is(&kept.store)).then(|| kept.store.clone());
        self.0.queue.know(kept.job.id, kept.claims);
        let mut job = kept.job;
        // `job.json` was written before its turn came, so it still says queued.
        if let Some(started_at) = follow::connection::begun_at(&folder) {
            job.state = State::Running { started_at };
        }
        let record = folder.read_json::<ExitRecord>(folder::EXIT).ok().flatten();
        if let Some(record) = &record {
            follow::end(&mut job, record);
        }
        let (live, orders) = Live::new(job, folder, from.clone());
        let live = Arc::new(live);
        if let Some(record) = &record {
            // Before the job is reported as over, so that no reader takes the log for complete too early.
            live.ends_at(record.spool_end);
        }
        if let Some(store) = &elsewhere {
            live.waits_elsewhere(store);
        }
        self.register(&live);
        self.job_changed(live.job());
        match how {
            Archiving::Here(lock) => self.archive(Arc::clone(&live), Some(lock), None),
            Archiving::Late => self.archive(Arc::clone(&live), None, None),
            // The other engine may die in the middle: then this one goes on with it.
            Archiving::ByAnother => self.wait_for_lock(Arc::clone(&live)),
            Archiving::NotHere => {}
        }
        let engine = self.clone();
        let indexer = match from {
            Some(from) => Indexer::new(Arc::clone(&live), from),
            None => Indexer::beginning_at(Arc::clone(&live), self.ask_for_beginning(live.id)),
        };
        tokio::spawn(async move {
            let tell = Arc::new(engine.clone());
            match follow::connection::connect(&live).await {
                Some(connection) => {
                    follow::follow(indexer, connection, orders, tell, taking).await;
                }
                None => {
                    follow::settle_alone(indexer, tell).await;
                    drop(taking);
                }
            }
            if !live.job_status().is_over() && !live.is_elsewhere() {
                engine.ask_how_it_ended(&live).await;
            }
        });
    }

    /// Another engine archived the job before we saw its end, and dropped the folder: the store knows it.
    async fn ask_how_it_ended(&self, live: &Live) {
        let id = live.id;
        let answer = self
            .0
            .link
            .insist(|store| async move { store.job(id).await });
        match answer.await {
            Ok(Some(job)) => self.job_changed(live.change(|known| *known = job)),
            Ok(None) => {
                tracing::warn!(job = %id, "a job's folder is gone, and the store does not know it");
            }
            Err(error) => tracing::error!(job = %id, %error, "how a job ended is not known"),
        }
    }

    /// Archives the jobs that are over and that no engine archives, and returns their ids. For a program that leaves
    /// again: jobs that run are left to their supervisors.
    ///
    /// # Errors
    /// If looking for them panicked.
    pub async fn archive_left_over(&self) -> Result<Vec<JobId>, EngineError> {
        self.blocking(|engine| Ok(engine.claim_left_over())).await
    }

    fn claim_left_over(&self) -> Vec<JobId> {
        job_folder::sweep(&self.folders().jobs());
        let take = |live: Arc<Live>| {
            let id = live.id;
            self.archive(live, None, None);
            id
        };
        let left_over: Vec<_> = self.lives().into_iter().filter(is_left_over).collect();
        left_over.into_iter().map(take).collect()
    }

    /// Whether there are jobs that are over and that no engine archives.
    #[must_use]
    pub fn has_left_over(&self) -> bool {
        self.lives().iter().any(is_left_over)
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
                    Ok(lock) if live.folder.path().exists() => {
                        engine.archive(live, Some(lock), None);
                    }
                    _ => engine.archived_elsewhere(live.id),
                }
            });
        if let Err(error) = waiting {
            tracing::error!(%error, "another engine's job cannot be waited for");
        }
    }

    /// Another engine archived the job and dropped its folder: from now on the store knows it.
    pub(in crate::engine) fn archived_elsewhere(&self, id: JobId) {
        let engine = self.clone();
        tokio::spawn(async move {
            engine.forget(id);
            if let Ok(job) = engine.0.jobs.get(id).await {
                engine.job_changed(job);
            }
        });
    }
}
