//! Reads the logs of all jobs of a search, newest first: those whose folders are here from their spools, and those in the
//! store by large steps, each of many jobs.

use std::{collections::VecDeque, sync::Arc};

use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle},
};

use super::{Looked, Part, Shared, Text};
use crate::{
    engine::{EngineError, Log, Page, ReadError},
    job::JobId,
    log_index::Entry,
    store::{RawBlock, Step, StoreError},
};

/// Jobs of one page, and of one step.
const JOBS: usize = 500;
/// Bytes of log in the first step, and jobs of the first page: what is newest is found soon.
const FIRST: u64 = 128 * 1024;
const FEW: usize = 50;
/// Bytes of log in a later step: some are in memory at once, beside what the store's driver holds.
const STEP: u64 = 4 * 1024 * 1024;
/// Steps that are asked for before the first of them is there: a server unpacks each on a processor of its own.
const AHEAD: usize = 2;
/// Bytes of a spool that are read at once.
const READ_BYTES: usize = 1024 * 1024;

/// Sends all parts of all logs, those of one job together. It ends early once nobody takes them.
pub(super) async fn read(shared: &Arc<Shared>, parts: mpsc::Sender<Vec<Part>>) {
    let mut reader = Reader {
        shared,
        parts,
        waiting: Vec::new(),
        bytes: 0,
        step: FIRST,
        ahead: VecDeque::new(),
        is_away: false,
    };
    reader.all().await;
}

/// Nobody takes what is read.
pub(super) struct Enough;

pub(super) struct Reader<'a> {
    pub(super) shared: &'a Shared,
    parts: mpsc::Sender<Vec<Part>>,
    /// Jobs whose logs are read in the next step, and about how many bytes those have.
    waiting: Vec<Looked>,
    bytes: u64,
    step: u64,
    /// Steps that have been asked for, in their order. One that nobody waits for any more comes to its end by itself: a
    /// connection that is left while it brings something is lost.
    ahead: VecDeque<(Read, JoinHandle<Result<Step, StoreError>>)>,
    /// Whether the store has failed: then only what is here is read.
    pub(super) is_away: bool,
}

/// What is read of the store.
pub(super) enum Read {
    /// The logs of some jobs, in the order of a step.
    Logs(Vec<Looked>),
    /// The log of one.
    Log(Looked),
    /// A part of one, which is the last that is read of it or not.
    Part(Looked, Entry, bool),
}

impl Reader<'_> {
    async fn all(&mut self) -> Option<()> {
        if self.by_index().await.ok()? {
            return None;
        }
        let mut page = self.page(self.shared.wanted.scope.before, FEW);
        loop {
            let listed = match (&mut page).await {
                Ok(Ok(listed)) => listed,
                Ok(Err(error)) => {
                    self.shared.fails(error.to_string());
                    return None;
                }
                Err(error) => over(error).ok()?,
            };
            if let Some(why) = listed.incomplete {
                self.lost(why);
            }
            let last = listed.jobs.last().map(|job| job.id);
            let next = listed.more.then(|| self.page(last, JOBS));
            for job in listed.jobs {
                self.job(Arc::new(job).into()).await.ok()?;
            }
            self.flush().await.ok()?;
            match next {
                Some(next) => page = next,
                None => return self.rest_comes().await.ok(),
            }
        }
    }

    /// Asks for so many jobs after one: they come while others are read.
    fn page(&self, before: Option<JobId>, most: usize) -> JoinHandle<Result<Page, EngineError>> {
        let page = self.shared.page(before, most as u32);
        let jobs = self.shared.logs.jobs.clone();
        tokio::spawn(async move { jobs.list(&page).await })
    }

    fn lost(&mut self, why: String) {
        self.is_away = true;
        self.shared.fails(why);
    }

    pub(super) async fn job(&mut self, job: Looked) -> Result<(), Enough> {
        let log = self.shared.logs.of(job.size.job);
        if log.live.is_some() {
            self.flush().await?;
            self.rest_comes().await?;
            return self.spooled(job, &log).await;
        }
        self.stored(job).await
    }

    /// Reads a job's log, all of which is in the store.
    pub(super) async fn stored(&mut self, job: Looked) -> Result<(), Enough> {
        if job.size.bytes > STEP {
            self.flush().await?;
            return self.read(Read::Log(job)).await;
        }
        self.bytes += job.size.bytes;
        self.waiting.push(job);
        if self.bytes >= self.step || self.waiting.len() >= JOBS {
            self.flush().await?;
        }
        Ok(())
    }

    /// Reads the logs of the jobs that wait.
    pub(super) async fn flush(&mut self) -> Result<(), Enough> {
        let mut jobs = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        if jobs.is_empty() {
            return Ok(());
        }
        // The order of a step; only jobs of a clock that is ahead are listed otherwise.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.size.job));
        self.read(Read::Logs(jobs)).await
    }

    /// Asks for something of the store, and sends what was asked for before, as far as it has to be there by now.
    pub(super) async fn read(&mut self, read: Read) -> Result<(), Enough> {
        if self.is_away {
            return Ok(());
        }
        let link = self.shared.logs.jobs.link.clone();
        let limit = self.step();
        let step = match &read {
            Read::Logs(jobs) => {
                let ids: Vec<JobId> = jobs.iter().map(|job| job.size.job).collect();
                tokio::spawn(async move {
                    link.ask(async |store| store.sweep(&ids, 2 * STEP).await)
                        .await
                })
            }
            Read::Log(job) => {
                let id = job.size.job;
                tokio::spawn(async move {
                    link.ask(async |store| store.sweep_on(id, 0, None, limit).await)
                        .await
                })
            }
            Read::Part(job, part, _) => {
                let (id, part) = (job.size.job, *part);
                tokio::spawn(async move {
                    link.ask(async |store| store.sweep_on(id, part.from, part.end, limit).await)
                        .await
                })
            }
        };
        self.ahead.push_back((read, step));
        while self.ahead.len() > AHEAD {
            self.next_comes().await?;
        }
        Ok(())
    }

    /// Sends all that has been asked for.
    pub(super) async fn rest_comes(&mut self) -> Result<(), Enough> {
        while !self.ahead.is_empty() {
            self.next_comes().await?;
        }
        Ok(())
    }

    /// Sends the first of what has been asked for, as soon as it is there, and what is left of it.
    async fn next_comes(&mut self) -> Result<(), Enough> {
        let Some((read, step)) = self.ahead.pop_front() else {
            return Ok(());
        };
        let step = match step.await {
            Ok(step) => self.answer(step),
            Err(error) => over(error)?,
        };
        match (read, step) {
            (_, None) => Ok(()),
            (Read::Logs(jobs), Some(step)) => self.logs(&jobs, step).await,
            (Read::Log(job), Some(step)) => self.log(&job, 0, step).await,
            (Read::Part(job, part, is_last), Some(step)) => {
                self.part(&job, part, is_last, step).await
            }
        }
    }

    /// Sends the logs of some jobs, of which a step has come.
    async fn logs(&mut self, jobs: &[Looked], mut step: Step) -> Result<(), Enough> {
        let mut left = jobs;
        loop {
            // One that grew since it was listed may leave others for the next step.
            let cut = step.blocks.last().filter(|_| !step.whole);
            let cut = cut.map(|block| (block.job, block.end.unwrap_or(block.seq + 1)));
            let at = cut.and_then(|(id, _)| left.iter().position(|job| job.size.job == id));
            let whole = at.unwrap_or(left.len());
            self.send(parts(&left[..(whole + 1).min(left.len())], step.blocks, at))
                .await?;
            if let (Some(at), Some((_, next))) = (at, cut) {
                self.rest(&left[at], next).await?;
            }
            left = left.get(whole + 1..).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            let ids: Vec<JobId> = left.iter().map(|job| job.size.job).collect();
            let next = self.ask(async |store| store.sweep(&ids, 2 * STEP).await);
            let Some(next) = next.await else {
                return Ok(());
            };
            step = next;
        }
    }

    /// Reads a job's log from chunk `seq` on.
    async fn rest(&mut self, job: &Looked, seq: u64) -> Result<(), Enough> {
        let (id, limit) = (job.size.job, self.step());
        let step = self.ask(async |store| store.sweep_on(id, seq, None, limit).await);
        match step.await {
            Some(step) => self.log(job, seq, step).await,
            None => Ok(()),
        }
    }

    /// Sends a job's log from chunk `seq` on, of which a step has come.
    async fn log(&mut self, job: &Looked, mut seq: u64, mut step: Step) -> Result<(), Enough> {
        loop {
            let last = step.blocks.last();
            let next = last.map_or(seq, |block| block.end.unwrap_or(block.seq + 1));
            let is_last = step.whole || next == seq;
            let text = Text::Stored(step.blocks);
            let job = job.clone();
            let id = job.size.job;
            self.send(vec![Part { job, text, is_last }]).await?;
            if is_last {
                return Ok(());
            }
            seq = next;
            let limit = self.step();
            let next = self.ask(async |store| store.sweep_on(id, seq, None, limit).await);
            let Some(next) = next.await else {
                return Ok(());
            };
            step = next;
        }
    }

    /// Bytes of log in the next step; each one is larger.
    pub(super) fn step(&mut self) -> u64 {
        let step = self.step;
        self.step = (step * 2).min(STEP);
        step
    }

    /// Asks the store; none if it does not answer.
    pub(super) async fn ask<T>(
        &mut self,
        ask: impl AsyncFnOnce(crate::store::Store) -> Result<T, StoreError>,
    ) -> Option<T> {
        if self.is_away {
            return None;
        }
        let answer = self.shared.logs.jobs.link.ask(ask).await;
        self.answer(answer)
    }

    fn answer<T>(&mut self, answer: Result<T, StoreError>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.lost(format!("failed to {error}"));
                None
            }
        }
    }

    /// Reads a log whose folder is here, as far as it goes now.
    async fn spooled(&mut self, job: Looked, log: &Log) -> Result<(), Enough> {
        let mut cursor = log.cursor(0).reading(READ_BYTES);
        loop {
            let read = cursor.piece().await;
            let text = match read {
                Ok(Some(piece)) => Text::Spooled(Box::new(piece), cursor.take_jump().map(Box::new)),
                Ok(None) => Text::None,
                Err(ReadError::Store(error)) => {
                    self.lost(format!("failed to {error}"));
                    Text::None
                }
                Err(error) => {
                    self.shared.fails(error.to_string());
                    Text::None
                }
            };
            let is_last = matches!(text, Text::None);
            let job = job.clone();
            self.send(vec![Part { job, text, is_last }]).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    pub(super) async fn send(&self, parts: Vec<Part>) -> Result<(), Enough> {
        if self.shared.is_stopped() {
            return Err(Enough);
        }
        self.parts.send(parts).await.map_err(|_| Enough)
    }
}

/// A task that gave nothing: it panicked, or the program ends.
fn over<T>(error: JoinError) -> Result<T, Enough> {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(Enough),
    }
}

/// A step's blocks as a part for each job, of which the one at `cut` goes on.
fn parts(jobs: &[Looked], blocks: Vec<RawBlock>, cut: Option<usize>) -> Vec<Part> {
    let mut blocks = blocks.into_iter().peekable();
    let part = |(at, job): (usize, &Looked)| {
        let own = std::iter::from_fn(|| blocks.next_if(|block| block.job == job.size.job));
        Part {
            job: job.clone(),
            text: Text::Stored(own.collect()),
            is_last: cut != Some(at),
        }
    };
    jobs.iter().enumerate().map(part).collect()
}
