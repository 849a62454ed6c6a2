//! Reads the logs of all jobs of a search, newest first: those whose folders are here from their spools, and those in the
//! store by large steps, each of many jobs.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Part, Shared, Text};
use crate::{
    engine::{Log, ReadError},
    job::{Job, JobId},
    store::{RawBlock, StoreError},
};

/// Jobs of one page, and of one step.
const JOBS: usize = 500;
/// Bytes of log in the first step: what is newest is found soon.
const FIRST: u64 = 1024 * 1024;
/// Bytes of log in a later step: two are in memory at once, beside what the store's driver holds.
const STEP: u64 = 8 * 1024 * 1024;
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
    waiting: Vec<Arc<Job>>,
    bytes: u64,
    step: u64,
    /// Whether the store has failed: then only what is here is read.
    pub(super) is_away: bool,
}

impl Reader<'_> {
    async fn all(&mut self) -> Option<()> {
        if self.by_index().await.ok()? {
            return None;
        }
        let mut before = self.shared.wanted.scope.before;
        loop {
            let page = self.shared.page(before, JOBS as u32);
            let page = match self.shared.logs.jobs.list(&page).await {
                Ok(page) => page,
                Err(error) => {
                    self.shared.fails(error.to_string());
                    return None;
                }
            };
            if let Some(why) = page.incomplete {
                self.lost(why);
            }
            before = page.jobs.last().map(|job| job.id);
            for job in page.jobs {
                self.job(Arc::new(job)).await.ok()?;
            }
            self.flush().await.ok()?;
            if !page.more {
                return None;
            }
        }
    }

    fn lost(&mut self, why: String) {
        self.is_away = true;
        self.shared.fails(why);
    }

    pub(super) async fn job(&mut self, job: Arc<Job>) -> Result<(), Enough> {
        let log = self.shared.logs.of(job.id);
        if log.live.is_some() {
            self.flush().await?;
            return self.spooled(job, &log).await;
        }
        if self.is_away {
            return Ok(());
        }
        if job.bytes > STEP {
            self.flush().await?;
            return self.rest(&job, 0).await;
        }
        self.bytes += job.bytes;
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
        // The order of a step; only jobs of a clock that is ahead are listed otherwise.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        let mut left = &jobs[..];
        while !left.is_empty() {
            let ids: Vec<JobId> = left.iter().map(|job| job.id).collect();
            let limit = 2 * STEP;
            let Some(step) = self.ask(async |store| store.sweep(&ids, limit).await).await else {
                return Ok(());
            };
            self.step = (self.step * 2).min(STEP);
            // One that grew since it was listed may leave others for the next step.
            let cut = step.blocks.last().filter(|_| !step.whole);
            let cut = cut.map(|block| (block.job, block.end.unwrap_or(block.seq + 1)));
            let at = cut.and_then(|(id, _)| left.iter().position(|job| job.id == id));
            let whole = at.unwrap_or(left.len());
            self.send(parts(&left[..(whole + 1).min(left.len())], step.blocks, at))
                .await?;
            if let (Some(at), Some((_, next))) = (at, cut) {
                let job = Arc::clone(&left[at]);
                self.rest(&job, next).await?;
            }
            left = left.get(whole + 1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads a job's log from chunk `seq` on.
    async fn rest(&mut self, job: &Arc<Job>, mut seq: u64) -> Result<(), Enough> {
        loop {
            let (id, limit) = (job.id, self.step());
            let step = self.ask(async |store| store.sweep_on(id, seq, None, limit).await);
            let Some(step) = step.await else {
                return Ok(());
            };
            let last = step.blocks.last();
            let next = last.map_or(seq, |block| block.end.unwrap_or(block.seq + 1));
            let is_last = step.whole || next == seq;
            let text = Text::Stored(step.blocks);
            let job = Arc::clone(job);
            self.send(vec![Part { job, text, is_last }]).await?;
            if is_last {
                return Ok(());
            }
            seq = next;
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
        match self.shared.logs.jobs.link.ask(ask).await {
            Ok(step) => Some(step),
            Err(error) => {
                self.lost(format!("failed to {error}"));
                None
            }
        }
    }

    /// Reads a log whose folder is here, as far as it goes now.
    async fn spooled(&mut self, job: Arc<Job>, log: &Log) -> Result<(), Enough> {
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
            let job = Arc::clone(&job);
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

/// A step's blocks as a part for each job, of which the one at `cut` goes on.
fn parts(jobs: &[Arc<Job>], blocks: Vec<RawBlock>, cut: Option<usize>) -> Vec<Part> {
    let mut blocks = blocks.into_iter().peekable();
    let part = |(at, job): (usize, &Arc<Job>)| {
        let own = std::iter::from_fn(|| blocks.next_if(|block| block.job == job.id));
        Part {
            job: Arc::clone(job),
            text: Text::Stored(own.collect()),
            is_last: cut != Some(at),
        }
    };
    jobs.iter().enumerate().map(part).collect()
}
