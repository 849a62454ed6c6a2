//! Brings the [index of logs](crate::log_index) up to date, in the background: whoever archives or reads goes first, and what
//! goes wrong here is tried again later, while searches read what is not in the index.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::{task::spawn_blocking, time::sleep};

use super::{Logs, quiet::Quiet};
use crate::{
    engine::{Engine, EngineError},
    ids,
    job::JobId,
    log_index::{Writer, key},
    store::{Arrived, IndexProgress, Lease, RawBlock, Store, StoreError},
};

/// Between two looks at whether there is something to do, and after one that failed.
const EVERY: Duration = Duration::from_secs(20);
const AFTER_TROUBLE: Duration = Duration::from_secs(300);
/// How long one engine has the right to write the index, after its last step.
const LEASE: Duration = Duration::from_secs(120);
/// Jobs, or bytes of their logs, that are worth a step: a search reads so much in some milliseconds.
const JOBS: u64 = 500;
const BYTES: u64 = 256 * 1024;
/// Jobs of one step, and bytes of their logs that are read at once.
const PAGE: u32 = 500;
const READ: u64 = 8 * 1024 * 1024;
/// Units that are kept at once.
const UNITS: usize = 64;
/// How long it waits for those who archive a lot.
const TO_REST: Duration = Duration::from_millis(500);
/// Bytes of logs that are gone and still in the index, until it is built anew.
const GONE: u64 = 64 * 1024 * 1024;
/// Says so if it is not to be built here.
const VARIABLE: &str = "VMO_LOG_INDEX";

/// How bringing the index up to date ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// All that there was is in it.
    All,
    /// There was too little to be worth it.
    Little,
    /// Another engine is at it.
    Elsewhere,
}

impl Engine {
    /// Keeps the index up to date from now on.
    pub(in crate::engine) fn keep_index(&self) {
        if std::env::var(VARIABLE).is_ok_and(|value| value == "off") {
            return;
        }
        let logs = self.logs().clone();
        tokio::spawn(async move {
            loop {
                sleep(EVERY).await;
                let _there = logs.jobs.link.store().await;
                if let Err(error) = logs.index(false, false, |_| ()).await {
                    tracing::info!(%error, "the index of logs stays behind");
                    sleep(AFTER_TROUBLE).await;
                }
            }
        });
    }
}

impl Logs {
    /// Brings the index up to date, or builds it anew. If it is not `asked` for by a person, it is done only when there is
    /// enough to do, and gives way to whoever else needs the server. `each` is called after each step with the bytes of log
    /// that are in the index.
    ///
    /// # Errors
    /// If the store does not answer, or has no room: what is in the index stays.
    pub async fn index(
        &self,
        asked: bool,
        anew: bool,
        each: impl FnMut(u64),
    ) -> Result<Indexed, EngineError> {
        let link = &self.jobs.link;
        let pass = link.ask(async |store| {
            let by = ids::new_id().to_string();
            let Some(lease) = store.lease_index(&by, LEASE).await? else {
                return Ok(Indexed::Elsewhere);
            };
            let pass = Pass {
                logs: self,
                store,
                lease,
                asked,
                quiet: Quiet::new(self.jobs.lives.clone()),
                each,
                writer: Writer::default(),
                open: VecDeque::new(),
                late: Vec::new(),
            };
            pass.run(anew).await
        });
        Ok(pass.await?)
    }

    /// How far the index is, and its size.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn index_progress(&self) -> Result<IndexProgress, EngineError> {
        let link = &self.jobs.link;
        Ok(link.ask(async |store| store.index_progress().await).await?)
    }
}

struct Pass<'a, E> {
    logs: &'a Logs,
    store: Store,
    lease: Lease,
    asked: bool,
    quiet: Quiet,
    each: E,
    writer: Writer,
    /// Jobs whose logs have gone by, as far as they end in no full unit yet.
    open: VecDeque<JobId>,
    /// Jobs that are not over.
    late: Vec<JobId>,
}

/// A piece of a job's log.
struct Piece {
    job: JobId,
    blocks: Vec<RawBlock>,
    begins: bool,
    ends: bool,
}

impl<E: FnMut(u64)> Pass<'_, E> {
    async fn run(mut self, anew: bool) -> Result<Indexed, StoreError> {
        let known = self.store.index_progress().await?.bytes;
        if anew || known.0 > known.1.saturating_mul(2) + GONE {
            self.store.forget_index(&mut self.lease).await?;
            // From now on all jobs have come again.
            let by = self.lease.by().to_owned();
            match self.store.lease_index(&by, LEASE).await? {
                Some(lease) => self.lease = lease,
                None => return Ok(Indexed::Elsewhere),
            }
        }
        let (jobs, bytes) = self.store.waiting_for_index(&self.lease).await?;
        let is_enough = self.asked || jobs >= JOBS || bytes >= BYTES;
        if !is_enough || !self.all().await? {
            self.store.release_index(&self.lease).await?;
            return Ok(if is_enough {
                Indexed::Elsewhere
            } else {
                Indexed::Little
            });
        }
        self.store.release_index(&self.lease).await?;
        Ok(Indexed::All)
    }

    /// Takes all that has come; false if another has taken the lease.
    async fn all(&mut self) -> Result<bool, StoreError> {
        let late = self.store.late_for_index().await?;
        if !self.page(&late).await? {
            return Ok(false);
        }
        loop {
            let page = self.store.arrived_for_index(&self.lease, PAGE).await?;
            if !self.page(&page).await? {
                return Ok(false);
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => self.lease.done_to(last.job),
                _ => break,
            }
        }
        self.lease.all_done();
        if self.asked || self.open.len() as u64 >= JOBS || self.writer.bytes() >= BYTES / 2 {
            self.writer.close();
        }
        self.keep().await
    }

    async fn page(&mut self, page: &[Arrived]) -> Result<bool, StoreError> {
        let not_over = page.iter().filter(|job| !job.is_over);
        self.late.extend(not_over.map(|job| job.job));
        let mut some = Vec::new();
        let mut bytes = 0;
        for job in page.iter().filter(|job| job.is_over) {
            if job.bytes > READ {
                self.log(job.job, 0).await?;
            } else {
                some.push(job.job);
                bytes += job.bytes;
            }
            if bytes > READ {
                self.logs(std::mem::take(&mut some)).await?;
                bytes = 0;
            }
            if self.writer.full() >= UNITS && !self.keep().await? {
                return Ok(false);
            }
        }
        self.logs(some).await?;
        Ok(self.writer.full() < UNITS || self.keep().await?)
    }

    /// Takes the logs of some jobs.
    async fn logs(&mut self, mut jobs: Vec<JobId>) -> Result<(), StoreError> {
        // The order of a step.
        jobs.sort_unstable_by_key(|job| std::cmp::Reverse(*job));
        let mut left = &jobs[..];
        while !left.is_empty() {
            let begun = self.turn().await;
            let step = self.store.sweep(left, 2 * READ).await?;
            let cut = step.blocks.last().filter(|_| !step.whole);
            let cut = cut.map(|block| (block.job, block.end.unwrap_or(block.seq + 1)));
            let at = cut.and_then(|(id, _)| left.iter().position(|job| *job == id));
            let mut blocks = step.blocks.into_iter().peekable();
            let whole = at.map_or(left.len(), |at| at + 1);
            let pieces = left[..whole].iter().enumerate().map(|(place, job)| Piece {
                job: *job,
                blocks: std::iter::from_fn(|| blocks.next_if(|block| block.job == *job)).collect(),
                begins: true,
                ends: at != Some(place),
            });
            let mut pieces: Vec<Piece> = pieces.collect();
            if cut.is_none() {
                // As they were made: then units are in the order of lists, and a few of them at a time are asked for so.
                pieces.reverse();
            }
            self.note(pieces, begun).await?;
            if let Some((job, next)) = cut {
                self.log(job, next).await?;
            }
            left = &left[whole..];
        }
        Ok(())
    }

    /// Takes a job's log from chunk `seq` on.
    async fn log(&mut self, job: JobId, mut seq: u64) -> Result<(), StoreError> {
        let mut begins = seq == 0;
        loop {
            let begun = self.turn().await;
            let step = self.store.sweep_on(job, seq, None, READ).await?;
            let last = step.blocks.last();
            let next = last.map_or(seq, |block| block.end.unwrap_or(block.seq + 1));
            let ends = step.whole || next == seq;
            let piece = Piece {
                job,
                blocks: step.blocks,
                begins,
                ends,
            };
            self.note(vec![piece], begun).await?;
            if ends {
                return Ok(());
            }
            // A log may be longer than what is kept at once.
            if self.writer.full() >= UNITS {
                self.keep().await?;
            }
            (seq, begins) = (next, false);
        }
    }

    async fn note(&mut self, pieces: Vec<Piece>, begun: Instant) -> Result<(), StoreError> {
        let ended = pieces.iter().filter(|piece| piece.ends);
        self.open.extend(ended.map(|piece| piece.job));
        let mut writer = std::mem::take(&mut self.writer);
        let noted = spawn_blocking(move || {
            pieces.iter().for_each(|piece| take(&mut writer, piece));
            writer
        });
        match noted.await {
            Ok(writer) => self.writer = writer,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        if !self.asked {
            // Half of the time is for others.
            sleep(begun.elapsed()).await;
        }
        Ok(())
    }

    /// Waits until nobody archives a lot, and jobs leave the machine time.
    async fn turn(&mut self) -> Instant {
        if !self.asked {
            self.quiet.wait().await;
        }
        let link = &self.logs.jobs.link;
        while !self.asked && (link.bulk_now(), link.bulk_now()).1.is_none() {
            sleep(TO_REST).await;
        }
        Instant::now()
    }

    /// Keeps what is full, and how far that is.
    async fn keep(&mut self) -> Result<bool, StoreError> {
        let units = self.writer.take();
        let whole: usize = units.iter().map(|unit| unit.logs).sum();
        let in_time: Vec<JobId> = self.open.drain(..whole).collect();
        let mut late = std::mem::take(&mut self.late);
        late.extend(&self.open);
        let kept = self
            .store
            .extend_index(&mut self.lease, &units, (&late, &in_time), LEASE);
        let kept = kept.await?;
        (self.each)(self.lease.bytes);
        Ok(kept)
    }
}

fn take(writer: &mut Writer, piece: &Piece) {
    if piece.begins {
        writer.begin(key(piece.job.0.as_u128()));
    }
    for block in &piece.blocks {
        writer.block(block.seq, block.end, block.state());
        block.each(|stream, bytes| writer.feed(stream, bytes));
        writer.end_block();
    }
    if piece.ends {
        writer.end();
    }
}
