//! The whole history into another Postgres, which then has all of it but jobs that are not over. This one stays as it is.
//! What is there already is left out, so a copy that was ended or broke off is gone on with by copying again.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::{sync::watch, task::AbortHandle};

use crate::{
    engine::{Database, Engine, EngineError},
    store::{Address, Interruption, Store, StoreError},
    wire::{CopyEnd, Event, HistoryCopy},
};

/// The time between two events of progress.
const PAUSE: Duration = Duration::from_millis(100);
/// Failures that are kept.
const FAILURES: usize = 100;

/// The copy that a page has begun, and the latest if there is none now.
#[derive(Debug, Default)]
pub(in crate::engine) struct Copying(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    latest: Option<HistoryCopy>,
    task: Option<AbortHandle>,
    /// Whether one is about to begin.
    opening: bool,
}

/// Holds back other copies while one is about to begin.
struct Opening<'a>(&'a Copying);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.0.0.lock().opening = false;
    }
}

impl Engine {
    /// Opens the database that the history is to be copied into; its tables are made, or brought up to date.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it is the one that keeps the history; as [`Store::connect`].
    pub async fn open_other(&self, url: &str, schema: Option<&str>) -> Result<Store, EngineError> {
        let address = Address::parse(url.trim(), schema)?;
        let other = Database::Configured(Box::new(address.clone()));
        if other.key() == self.link().key() {
            let why = format!(
                "{} keeps the history already: name another database",
                other.key()
            );
            return Err(EngineError::Refused(why));
        }
        Store::connect(&address).await.map_err(|error| match error {
            StoreError::Refused { at, why } if why.contains("permission denied") => {
                let why = format!(
                    "{why}; the role needs a schema in which it may create tables: name one of its own, or \
                     `grant create, usage on schema NAME to ROLE`"
                );
                StoreError::Refused { at, why }.into()
            }
            error => error.into(),
        })
    }

    /// Copies all jobs that are over and all batches into another store, and shows how far it is; it may be dropped at any
    /// time.
    ///
    /// # Errors
    /// If either server does not go on; what was copied is there.
    pub async fn copy_history(
        &self,
        to: &Store,
        shown: &watch::Sender<HistoryCopy>,
    ) -> Result<(), EngineError> {
        let link = self.link();
        let (of_jobs, of_bytes) = link.ask(async |store| store.to_copy().await).await?;
        shown.send_modify(|copy| {
            to.address_shown().clone_into(&mut copy.to);
            (copy.of_jobs, copy.of_bytes) = (of_jobs, of_bytes);
        });
        let (mut after, mut bytes) = (None, 0);
        loop {
            let came = |more: u64| shown.send_modify(|copy| copy.bytes += more);
            let step = link
                .ask(async |store| store.copy_next(to, after, came).await)
                .await?;
            let Some(last) = step.last else { break };
            after = Some(last);
            bytes += step.bytes;
            let failed = step.failed.len() as u64;
            shown.send_modify(|copy| {
                copy.jobs += step.jobs + step.known + step.unended + failed;
                copy.of_jobs = copy.of_jobs.max(copy.jobs);
                copy.copied += step.jobs;
                copy.bytes = bytes;
                copy.known += step.known;
                copy.unended += step.unended;
                copy.failures += failed;
                copy.failed.extend(step.failed);
                copy.failed.truncate(FAILURES);
            });
        }
        link.ask(async |store| store.copy_batches(to).await).await?;
        Ok(())
    }

    /// Begins to copy the history into another database, and returns once that is open.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if a copy goes on; as [`Self::open_other`].
    pub async fn begin_copy(&self, url: &str, schema: Option<&str>) -> Result<(), EngineError> {
        let copying = &self.0.copying;
        {
            let mut state = copying.0.lock();
            let goes_on = state.task.as_ref().is_some_and(|task| !task.is_finished());
            if goes_on || state.opening {
                let why = "a copy goes on already: wait for its end, or end it".to_owned();
                return Err(EngineError::Refused(why));
            }
            state.opening = true;
        }
        // It ends also if the page goes away meanwhile.
        let opening = Opening(copying);
        let opened = self.open_other(url, schema).await?;
        let (shown, seen) = watch::channel(HistoryCopy {
            to: opened.address_shown().to_owned(),
            ..HistoryCopy::default()
        });
        self.show_copy(seen.borrow().clone());
        let engine = self.clone();
        let task = tokio::spawn(async move {
            let end = engine.copy_and_tell(&opened, &shown).await;
            shown.send_modify(|copy| copy.end = Some(end));
            let last = shown.borrow().clone();
            engine.show_copy(last);
            opened.close().await;
        });
        copying.0.lock().task = Some(task.abort_handle());
        drop(opening);
        Ok(())
    }

    async fn copy_and_tell(&self, to: &Store, shown: &watch::Sender<HistoryCopy>) -> CopyEnd {
        let mut copying = std::pin::pin!(self.copy_history(to, shown));
        let mut ticks = tokio::time::interval(PAUSE);
        let mut seen = shown.subscribe();
        loop {
            tokio::select! {
                copied = &mut copying => return match copied {
                    Ok(()) => CopyEnd::Whole,
                    Err(error) => CopyEnd::Failed { why: broke_off(&error, &shown.borrow()) },
                },
                _at = ticks.tick() => {
                    if seen.has_changed().unwrap_or(false) {
                        let now = seen.borrow_and_update().clone();
                        self.show_copy(now);
                    }
                }
            }
        }
    }

    fn show_copy(&self, copy: HistoryCopy) {
        self.0.copying.0.lock().latest = Some(copy.clone());
        self.report(Event::HistoryCopy(Box::new(copy)));
    }

    /// Ends the copy that a page began, if it goes on.
    pub fn end_copy(&self) {
        let stopped = {
            let mut state = self.0.copying.0.lock();
            if let Some(task) = state.task.take() {
                task.abort();
            }
            let going_on = state.latest.as_mut().filter(|copy| copy.end.is_none());
            going_on.map(|copy| {
                copy.end = Some(CopyEnd::Stopped);
                copy.clone()
            })
        };
        if let Some(stopped) = stopped {
            self.report(Event::HistoryCopy(Box::new(stopped)));
        }
    }

    /// The latest copy that a page began; none if there was none since the engine was opened.
    #[must_use]
    pub fn history_copy(&self) -> Option<HistoryCopy> {
        self.0.copying.0.lock().latest.clone()
    }
}

/// Why a copy broke off, how much is there, and what to do.
#[must_use]
pub fn broke_off(error: &EngineError, copy: &HistoryCopy) -> String {
    let room = match error {
        EngineError::Store(StoreError::Interrupted {
            kind: Interruption::NoSpace,
            ..
        }) => "make room on the server’s disk, and ",
        EngineError::Store(StoreError::Interrupted {
            kind: Interruption::ReadOnly,
            ..
        }) => "have the server take writes, and ",
        _ => "",
    };
    let there = copy.copied + copy.known;
    format!(
        "{error}; {there} of {} jobs are there, whole: {room}copy again to go on",
        copy.of_jobs
    )
}
