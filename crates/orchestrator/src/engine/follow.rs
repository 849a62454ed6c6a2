//! Follows one job: listens at its control socket, reads its spool as it grows, and learns how it ended.
//!
//! It does not know who supervises the job, a process of its own or one that holds a host's session, and it archives
//! nothing.

pub(super) mod adopt;
pub(super) mod archived;
pub(super) mod connection;
pub(super) mod gaps;
pub(super) mod index;
pub(super) mod live;
pub(super) mod lives;
pub(super) mod lost;
pub(super) mod orders;
mod rebuilt;
pub(super) mod skipped;
pub(super) mod strays;
pub(super) mod vanished;
pub(super) mod wait;

use std::{
    io,
    os::unix::net::UnixStream as StdStream,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::DateTime;
use supervisor::{
    control::{Decoder, Frame, ToEngine},
    exit::ExitRecord,
    folder,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use self::{
    connection::{again, begun_at},
    index::Indexer,
    live::{Live, OrderQueues},
};
use super::archive::link::Backoff;
use crate::job::{Job, JobId, State, Status};

/// How long a job's end waits for what the job wrote to be read, if that is much: a status is due (RELIABILITY.md, P2).
const BEHIND: Duration = Duration::from_millis(250);

/// Called each time the job itself changed.
pub(crate) trait Tell: Send + Sync {
    /// The job as it is now.
    fn job(&self, job: Job);
    /// What its login asks of a person, as [`session::HostQuestion`] in JSON; none once there is no question.
    fn asks(&self, job: JobId, asks: Option<&str>);
}

/// Follows a job until no more of it will come. Orders to it go out on the same connection. `until_known` is dropped
/// when the job's status is known, which the first that is heard says, and so is what it had written by then.
pub(crate) async fn follow(
    mut indexer: Indexer,
    connection: StdStream,
    mut orders: OrderQueues,
    tell: Arc<dyn Tell>,
    until_known: impl Send,
) {
    let mut until_known = Some(until_known);
    if begun_at(&indexer.live.folder).is_none() {
        // Another engine holds the socket and has not started it: it is queued, as it says.
        drop(until_known.take());
    }
    let mut next = Some(connection);
    while let Some(connection) = next {
        let listened = Listening {
            indexer: &mut indexer,
            tell: tell.as_ref(),
            until_known: &mut until_known,
            input_paused: false,
            committed: None,
            end: None,
            complete: false,
        }
        .listen(connection, &mut orders)
        .await;
        next = match listened {
            Ok(true) => None,
            Ok(false) => again(&indexer.live).await,
            Err(error) => {
                tracing::warn!(job = %indexer.live.id, %error, "the control socket broke");
                again(&indexer.live).await
            }
        };
    }
    settle(&mut indexer, tell.as_ref()).await;
}

/// What is known of a job with no supervisor left: its exit if it was written down, else that it is lost.
pub(crate) async fn settle_alone(mut indexer: Indexer, tell: Arc<dyn Tell>) {
    settle(&mut indexer, tell.as_ref()).await;
}

/// One connection to a job's control socket.
struct Listening<'a, K> {
    indexer: &'a mut Indexer,
    tell: &'a dyn Tell,
    until_known: &'a mut Option<K>,
    input_paused: bool,
    /// How far the spool is whole, as was last heard.
    committed: Option<u64>,
    /// The job's end, until all that was written before it is read.
    end: Option<ReceivedExit>,
    complete: bool,
}

/// How a job was seen to end.
struct ReceivedExit {
    record: ExitRecord,
    heard: Instant,
    is_reported: bool,
}

impl<K: Send> Listening<'_, K> {
    /// True once no more will come, false if the connection ended before.
    ///
    /// What goes out never keeps us from hearing what comes in, nor does a log that is long to read; and no more input goes
    /// out than the job reads: orders behind it would be stuck.
    async fn listen(mut self, connection: StdStream, orders: &mut OrderQueues) -> io::Result<bool> {
        connection.set_nonblocking(true)?;
        let (mut input, mut output) = UnixStream::from_std(connection)?.into_split();
        let mut decoder = Decoder::<ToEngine>::default();
        let (mut buffer, mut unsent) = (vec![0; 16 * 1024], Vec::new());
        loop {
            let behind = self.is_behind();
            if self.committed.is_some() && !behind && self.indexer.has_beginning() {
                drop(self.until_known.take());
                if self.complete {
                    return Ok(true);
                }
            }
            // One order at a time: the next is taken only when the socket took the last, so that the channels' bounds
            // hold.
            let idle = unsent.is_empty();
            tokio::select! {
                read = input.read(&mut buffer) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(false);
                    }
                    decoder.push(&buffer[..length]);
                    self.heard(&mut decoder)?;
                }
                written = output.write(&unsent), if !idle => {
                    unsent.drain(..written?);
                }
                Some(order) = orders.now.recv(), if idle => order.encode(&mut unsent),
                Some(typed) = orders.input.recv(), if idle && !self.input_paused => {
                    typed.encode(&mut unsent);
                }
                () = self.indexer.begin(), if !self.indexer.has_beginning() => {}
                // One piece at a time, so that frames and orders get their turn while a long log is read.
                () = tokio::task::yield_now(), if behind => self.read_on()?,
            }
        }
    }

    fn is_behind(&self) -> bool {
        self.committed
            .is_some_and(|committed| self.indexer.is_behind(committed))
    }

    /// Takes in all that has been sent, and reads a piece of what was written.
    fn heard(&mut self, decoder: &mut Decoder<ToEngine>) -> io::Result<()> {
        while let Some(frame) = decoder.next()? {
            match frame {
                ToEngine::Committed { offset } => self.committed = Some(offset),
                ToEngine::Exit(record) => {
                    // If it was sent to others before us, this is all that says how far there is something to read.
                    self.committed = self.committed.max(Some(record.spool_end));
                    self.indexer.exit_record = Some(record.clone());
                    self.end = Some(ReceivedExit {
                        record,
                        heard: Instant::now(),
                        is_reported: false,
                    });
                }
                ToEngine::Complete => {
                    self.indexer.live.set_kept();
                    self.complete = true;
                }
                ToEngine::InputPaused(paused) => self.input_paused = paused,
                ToEngine::Paused(why) => {
                    let job = self.indexer.live.change(|job| job.paused = why);
                    self.tell.job(job);
                }
                ToEngine::Prompts(prompt) => {
                    let job = self.indexer.live.change(|job| job.prompt = prompt);
                    self.tell.job(job);
                }
                ToEngine::LastSignal(sent) => {
                    let job = self.indexer.live.change(|job| job.last_signal = sent);
                    self.tell.job(job);
                }
                ToEngine::Asks(asks) => self.tell.asks(self.indexer.live.id, asks.as_deref()),
                ToEngine::Unkillable(why) => {
                    let job = self.indexer.live.change(|job| job.unkillable = why);
                    self.tell.job(job);
                }
            }
        }
        self.note_begun();
        self.read_on()
    }

    /// Reads a piece, and says the job's end if it is time to.
    fn read_on(&mut self) -> io::Result<()> {
        if let Some(committed) = self.committed
            && self.indexer.is_behind(committed)
        {
            self.indexer.step(committed)?;
        }
        self.say_end();
        Ok(())
    }

    /// Reports how the job ended: after all that was written before, if that is soon read. Whoever is new here says it first
    /// of all, and reads later.
    fn say_end(&mut self) {
        let Some(end) = &mut self.end else { return };
        if self.indexer.has_read(&end.record) {
            say_end(self.indexer, &end.record, self.tell);
            self.end = None;
            return;
        }
        let is_due = self.until_known.is_some()
            || !self.indexer.has_beginning()
            || end.heard.elapsed() > BEHIND;
        if is_due && !end.is_reported {
            let live = &self.indexer.live;
            self.tell.job(over(live, &end.record));
            end.is_reported = true;
        }
    }

    /// Notes that another engine's job, which was queued when we first saw it, runs.
    fn note_begun(&self) {
        let live = &self.indexer.live;
        if live.job_status() == Status::Queued
            && let Some(started_at) = begun_at(&live.folder)
        {
            self.tell
                .job(live.change(|job| job.state = State::Running { started_at }));
        }
    }
}

/// Makes sure that the job is over, one way or the other, and then reads the rest of the spool.
async fn settle(indexer: &mut Indexer, tell: &dyn Tell) {
    let live = Arc::clone(&indexer.live);
    let has_read = |record: &ExitRecord| record.complete && indexer.has_read(record);
    if !(live.job_status().is_over() && indexer.exit_record.as_ref().is_some_and(has_read)) {
        let record = how_it_ended(indexer).await;
        if let Some(record) = record.as_ref().filter(|_| !live.job_status().is_over()) {
            tell.job(over(&live, record));
        }
        if !has_all(indexer).await {
            live.archived_elsewhere();
        }
        if let Some(record) = record {
            say_end(indexer, &record, tell);
        }
    }
    live.completed();
}

/// How a job with no supervisor left ended; none if another engine archived it meanwhile and dropped the folder.
async fn how_it_ended(indexer: &Indexer) -> Option<ExitRecord> {
    let folder = &indexer.live.folder;
    match (
        folder.read_json::<ExitRecord>(folder::EXIT),
        &indexer.exit_record,
    ) {
        (Ok(Some(record)), _) => Some(record),
        // Looked for after the file was: another engine may have dropped the folder in between, and the file with it.
        _ if !folder.path().exists() => None,
        // Its supervisor saw it end and was killed before it had written that down. What we heard is not forgotten.
        (_, Some(heard)) => {
            let record = ExitRecord {
                spool_end: lost::spool_end(&indexer.live),
                complete: true,
                ..heard.clone()
            };
            lost::write_down(folder, &record);
            Some(record)
        }
        (_, None) => lost::settle(&indexer.live).await,
    }
}

/// Reads what is left of the spool, however often the system has to be asked for it; false if another engine archived
/// it meanwhile and dropped the folder.
async fn has_all(indexer: &mut Indexer) -> bool {
    let mut waits = Backoff::new();
    loop {
        let read = indexer.read_to_end().await;
        let is_there = indexer.live.folder.path().exists();
        match read {
            Err(error) if is_there => {
                tracing::warn!(job = %indexer.live.id, %error, "the spool is read again");
            }
            _ => return is_there,
        }
        tokio::time::sleep(waits.next()).await;
    }
}

/// Takes over how the job was seen to end, with what only its log says of that, now that it is read.
fn say_end(indexer: &Indexer, record: &ExitRecord, tell: &dyn Tell) {
    let live = &indexer.live;
    live.ends_at(record.spool_end);
    // In one step: a waiter for the end takes all of it.
    tell.job(live.change(|job| {
        end(job, record);
        job.cause = indexer.cause(record);
        // Of a folder that was damaged before it was taken in, that is known already.
        job.damage = indexer.damage(record).or(job.damage.take());
    }));
}

/// Takes over how the job was seen to end.
fn over(live: &Live, record: &ExitRecord) -> Job {
    live.ends_at(record.spool_end);
    live.change(|job| end(job, record))
}

/// How a job is that was seen to end so.
pub(crate) fn end(job: &mut Job, record: &ExitRecord) {
    job.state = State::Ended {
        started_at: record.started_at.and_then(DateTime::from_timestamp_micros),
        finished_at: DateTime::from_timestamp_micros(record.finished_at)
            .unwrap_or_else(crate::clock::now),
        exit: record.ended.clone(),
        canceled: record.canceled,
    };
    job.paused = None;
    job.unkillable = None;
    job.prompt = None;
    job.last_signal = None;
    job.survivors.clone_from(&record.survivors);
    job.notes.clone_from(&record.notes);
}

#[cfg(test)]
mod tests;
