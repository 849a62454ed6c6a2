//! Follows one job: listens at its control socket, reads its spool as it grows, and learns how it ended.
//!
//! It does not know who supervises the job, a process of its own or this very engine, and it archives nothing.

use std::{
    io::{self, ErrorKind},
    os::unix::net::UnixStream as StdStream,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use supervisor::{
    control::{self, Decoder, Frame, ToEngine},
    exit::Exit as Seen,
    folder::{self, Folder, Supervisor},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use super::{
    index::Indexer,
    link::Backoff,
    live::{Live, Mark, Orders},
    lost, remote,
};
use crate::job::{Job, State, Status};

/// Before a broken connection to a supervisor that lives is made anew.
const AGAIN: Duration = Duration::from_millis(200);

/// Told each time the job itself changed.
pub(crate) trait Tell: Send + Sync {
    /// The job as it is now.
    fn job(&self, job: Job);
}

/// Connects to whoever supervises a job; none where nobody does. Only a refusal says so: that we are out of file
/// descriptors, or whatever else may come, says nothing about the job.
pub(crate) async fn connect(live: &Live) -> Option<StdStream> {
    loop {
        match control::connect(live.folder.path()) {
            Ok(connection) => return Some(connection),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused
                ) =>
            {
                return None;
            }
            Err(error) => {
                tracing::warn!(job = %live.id, %error, "the control socket could not be reached");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Follows a job until no more of it will come. Orders to it go out on the same connection. `until_known` is dropped
/// when the job's status is known: the first that is heard says it.
pub(crate) async fn follow(
    live: Arc<Live>,
    from: Mark,
    connection: StdStream,
    mut orders: Orders,
    tell: Arc<dyn Tell>,
    until_known: impl Send,
) {
    let mut indexer = Indexer::new(live, from);
    let mut until_known = Some(until_known);
    if begun_at(&indexer.live.folder).is_none() {
        // Somebody holds the socket and has started nothing: it is queued, as it says.
        drop(until_known.take());
    }
    let mut next = Some(connection);
    while let Some(connection) = next {
        let listened = Listening {
            indexer: &mut indexer,
            tell: tell.as_ref(),
            until_known: &mut until_known,
            input_paused: false,
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

/// What is known of a job with no supervisor left: its exit where it was written down, else that it is lost.
pub(crate) async fn settle_alone(live: Arc<Live>, from: Mark, tell: Arc<dyn Tell>) {
    settle(&mut Indexer::new(live, from), tell.as_ref()).await;
}

/// Another connection, where the supervisor lives although this one broke: what we failed to read is no evidence.
async fn again(live: &Live) -> Option<StdStream> {
    let seen: Option<Seen> = live.folder.read_json(folder::EXIT).ok().flatten();
    if seen.is_some_and(|seen| seen.complete) || !is_supervised(&live.folder) {
        return None;
    }
    tokio::time::sleep(AGAIN).await;
    connect(live).await
}

/// Whether the process that wrote down that it supervises the job is there.
fn is_supervised(folder: &Folder) -> bool {
    let known = folder.read_json::<Supervisor>(folder::SUPERVISOR);
    known.is_ok_and(|known| known.is_some_and(|known| known.supervisor.is_alive()))
}

/// When the job's child was there, here or on its host; none where it has not been.
pub(crate) fn begun_at(folder: &Folder) -> Option<DateTime<Utc>> {
    let written = |name| std::fs::metadata(folder.path().join(name)).and_then(|it| it.modified());
    let at = written(folder::SUPERVISOR).or_else(|_| written(remote::LEADER));
    at.ok().map(DateTime::from)
}

/// One connection to a job's control socket.
struct Listening<'a, K> {
    indexer: &'a mut Indexer,
    tell: &'a dyn Tell,
    until_known: &'a mut Option<K>,
    input_paused: bool,
}

impl<K: Send> Listening<'_, K> {
    /// True once no more will come, false where the connection ended before.
    ///
    /// What goes out never keeps us from hearing what comes in, and no more input goes out than the job reads: orders
    /// behind it would be stuck.
    async fn listen(mut self, connection: StdStream, orders: &mut Orders) -> io::Result<bool> {
        connection.set_nonblocking(true)?;
        let (mut input, mut output) = UnixStream::from_std(connection)?.into_split();
        let mut decoder = Decoder::<ToEngine>::default();
        let (mut buffer, mut unsent) = (vec![0; 16 * 1024], Vec::new());
        loop {
            let idle = unsent.is_empty();
            tokio::select! {
                read = input.read(&mut buffer) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(false);
                    }
                    decoder.push(&buffer[..length]);
                    let complete = self.heard(&mut decoder)?;
                    drop(self.until_known.take());
                    if complete {
                        return Ok(true);
                    }
                }
                written = output.write(&unsent), if !idle => {
                    unsent.drain(..written?);
                }
                Some(order) = orders.now.recv(), if idle => order.encode(&mut unsent),
                Some(typed) = orders.input.recv(), if idle && !self.input_paused => {
                    typed.encode(&mut unsent);
                }
            }
        }
    }

    /// Takes in all that has been told; true once no more will come.
    fn heard(&mut self, decoder: &mut Decoder<ToEngine>) -> io::Result<bool> {
        let mut committed = None;
        let mut complete = false;
        while let Some(frame) = decoder.next()? {
            match frame {
                ToEngine::Committed { offset } => committed = Some(offset),
                ToEngine::Exit(seen) => {
                    self.indexer.catch_up(seen.spool_end)?;
                    self.indexer.end = seen.complete.then_some(seen.spool_end);
                    let job = self
                        .indexer
                        .live
                        .change(|job| end(job, &seen, self.indexer));
                    self.tell.job(job);
                }
                ToEngine::Complete => complete = true,
                ToEngine::InputPaused(paused) => self.input_paused = paused,
                ToEngine::Paused(why) => {
                    let job = self.indexer.live.change(|job| job.paused = why);
                    self.tell.job(job);
                }
            }
        }
        self.note_begun();
        if let Some(offset) = committed {
            self.indexer.catch_up(offset)?;
        }
        Ok(complete)
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

/// Reads the rest of the spool and makes sure that the job is over, one way or the other.
async fn settle(indexer: &mut Indexer, tell: &dyn Tell) {
    let live = Arc::clone(&indexer.live);
    if !has_all(indexer).await {
        live.archived_elsewhere();
    }
    if live.job_status().is_over() {
        if let Some(damage) = indexer.found_damage() {
            tell.job(live.change(|job| job.damage = Some(damage)));
        }
    } else {
        settle_state(indexer, tell).await;
    }
    live.completed();
}

/// Makes sure that a job that has not been seen to end is over, one way or the other.
async fn settle_state(indexer: &Indexer, tell: &dyn Tell) {
    let live = &indexer.live;
    let seen = match live.folder.read_json::<Seen>(folder::EXIT) {
        Ok(Some(seen)) => Some(seen),
        // Looked for after the file was: another engine may have dropped the folder in between, and the file with it.
        _ if !live.folder.path().exists() => None,
        _ => lost::settle(live).await,
    };
    if let Some(seen) = seen {
        tell.job(live.change(|job| end(job, &seen, indexer)));
    }
}

/// Reads what is left of the spool, however often the system has to be asked for it; false where another engine archived
/// it meanwhile and dropped the folder.
async fn has_all(indexer: &mut Indexer) -> bool {
    if indexer.end == Some(indexer.mark.at.offset) {
        return true;
    }
    let mut waits = Backoff::new();
    loop {
        let read = indexer.read_to_end();
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

/// Takes over how the job was seen to end.
fn end(job: &mut Job, seen: &Seen, indexer: &Indexer) {
    job.state = State::Ended {
        started_at: seen.started_at.and_then(DateTime::from_timestamp_micros),
        finished_at: DateTime::from_timestamp_micros(seen.finished_at).unwrap_or_else(Utc::now),
        exit: seen.ended.clone(),
        canceled: seen.canceled,
    };
    job.paused = None;
    job.cause = indexer.cause(seen);
    job.damage = indexer.damage(seen);
    job.survivors.clone_from(&seen.survivors);
}
