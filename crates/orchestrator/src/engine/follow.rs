//! Follows one job: listens at its control socket, reads its spool as it grows, and learns how it ended.
//!
//! It does not know who supervises the job, a process of its own or this very engine, and it archives nothing.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::net::UnixStream as StdStream,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use supervisor::{
    control::{Decoder, Frame, ToEngine, ToSupervisor},
    exit::Exit as Seen,
    folder::{self, Folder},
    spool::{self, Reader},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::mpsc,
};

use super::{
    live::{Live, Mark},
    remote, strays,
};
use crate::{
    job::{Exit, Job, State, Status},
    log::Stream,
};

/// Bytes of spool read at once; also the finest grain of marks.
const READ_BYTES: usize = 256 * 1024;

/// Told each time the job itself changed.
pub(crate) trait Tell: Send + Sync {
    /// The job as it is now.
    fn job(&self, job: Job);
}

/// Follows a job until no more of it will come. Orders to it go out on the same connection. `until_known` is dropped
/// when the job's status is known: the first that is heard says it.
pub(crate) async fn follow(
    live: Arc<Live>,
    from: Mark,
    connection: StdStream,
    orders: mpsc::Receiver<ToSupervisor>,
    tell: Arc<dyn Tell>,
    until_known: impl Send,
) {
    let mut indexer = Indexer {
        live,
        reader: None,
        mark: from,
    };
    let told = listen(&mut indexer, connection, orders, tell.as_ref(), until_known).await;
    if let Err(error) = told {
        tracing::warn!(job = %indexer.live.id, %error, "the control socket broke");
    }
    settle(&mut indexer, tell.as_ref()).await;
}

/// What is known of a job with no supervisor left: its exit where it was written down, else that it is lost.
pub(crate) async fn settle_alone(live: Arc<Live>, from: Mark, tell: Arc<dyn Tell>) {
    settle(
        &mut Indexer {
            live,
            reader: None,
            mark: from,
        },
        tell.as_ref(),
    )
    .await;
}

async fn listen(
    indexer: &mut Indexer,
    connection: StdStream,
    mut orders: mpsc::Receiver<ToSupervisor>,
    tell: &dyn Tell,
    until_known: impl Send,
) -> io::Result<()> {
    connection.set_nonblocking(true)?;
    let (mut input, mut output) = UnixStream::from_std(connection)?.into_split();
    let mut decoder = Decoder::<ToEngine>::default();
    let mut until_known = Some(until_known);
    let (mut buffer, mut frame) = (vec![0; 16 * 1024], Vec::new());
    loop {
        tokio::select! {
            read = input.read(&mut buffer) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                decoder.push(&buffer[..length]);
                if indexer.live.job_status() == Status::Queued
                    && let Some(running) = started(&indexer.live.folder)
                {
                    tell.job(indexer.live.change(|job| job.state = running));
                }
                let complete = heard(indexer, &mut decoder, tell)?;
                drop(until_known.take());
                if complete {
                    return Ok(());
                }
            }
            Some(order) = orders.recv() => {
                frame.clear();
                order.encode(&mut frame);
                output.write_all(&frame).await?;
            }
        }
    }
}

/// Since when the job of this folder runs, once it does: that is written down before the first word of it is told.
pub(crate) fn started(folder: &Folder) -> Option<State> {
    let written = fs::metadata(folder.path().join(folder::SUPERVISOR)).ok()?;
    let started_at = written.modified().ok()?.into();
    Some(State::Running { started_at })
}

/// Takes in all that has been told; true once no more will come.
fn heard(
    indexer: &mut Indexer,
    decoder: &mut Decoder<ToEngine>,
    tell: &dyn Tell,
) -> io::Result<bool> {
    let mut committed = None;
    let mut complete = false;
    while let Some(frame) = decoder.next()? {
        match frame {
            ToEngine::Committed { offset } => committed = Some(offset),
            ToEngine::Exit(seen) => {
                indexer.catch_up(seen.spool_end)?;
                tell.job(indexer.live.change(|job| end(job, &seen)));
            }
            ToEngine::Complete => complete = true,
            ToEngine::InputPaused(paused) => {
                tracing::debug!(job = %indexer.live.id, paused, "input");
            }
            ToEngine::Paused(why) => {
                tracing::warn!(job = %indexer.live.id, ?why, "reading paused");
            }
        }
    }
    if let Some(offset) = committed {
        indexer.catch_up(offset)?;
    }
    Ok(complete)
}

/// Reads the rest of the spool and makes sure that the job is over, one way or the other.
async fn settle(indexer: &mut Indexer, tell: &dyn Tell) {
    let live = Arc::clone(&indexer.live);
    if !live.folder.path().exists() {
        // Another engine archived it and dropped the folder; the store knows how it ended.
        return live.completed();
    }
    let end_of_spool =
        spool::end(live.folder.path()).map_or(indexer.mark.at.offset, |end| end.offset);
    if let Err(error) = indexer.catch_up(end_of_spool) {
        tracing::error!(job = %live.id, %error, "the spool could not be read to its end");
    }
    if !live.job().state.status().is_over() {
        let job = match live.folder.read_json::<Seen>(folder::EXIT) {
            Ok(Some(seen)) => live.change(|job| end(job, &seen)),
            _ => {
                let why = lost(&live).await;
                live.change(|job| lose(job, why))
            }
        };
        tell.job(job);
    }
    live.completed();
}

/// Ends what a dead supervisor left running, and says what happened in words.
async fn lost(live: &Live) -> Result<String, String> {
    let job = live.job();
    if let Some(host) = job.host() {
        let ended = "the app that held its connection ended";
        return Ok(match remote::process_group(&live.folder) {
            Some(group) => format!("{ended}; process group {group} may still run on {host}"),
            None => format!("{ended} before the command was seen to start on {host}"),
        });
    }
    let was_started = live.folder.path().join(folder::SUPERVISOR).exists();
    if !was_started {
        return Err("the supervisor ended before it started anything".into());
    }
    let ended = strays::end(live.id).await;
    Ok(match ended.as_slice() {
        [] => "its supervisor was killed".into(),
        some => format!("its supervisor was killed; also ended: {}", some.join(", ")),
    })
}

fn lose(job: &mut Job, why: Result<String, String>) {
    let started_at = match job.state {
        State::Running { started_at } => Some(started_at),
        _ => None,
    };
    let exit = match why {
        Ok(why) => Exit::Lost { why },
        Err(why) => Exit::CouldNotStart {
            why: format!("never started: {why}"),
        },
    };
    job.state = State::Ended {
        started_at,
        finished_at: Utc::now(),
        exit,
        canceled: false,
    };
}

/// Takes over what the supervisor saw.
pub(crate) fn end(job: &mut Job, seen: &Seen) {
    job.state = State::Ended {
        started_at: seen.started_at.and_then(DateTime::from_timestamp_micros),
        finished_at: DateTime::from_timestamp_micros(seen.finished_at).unwrap_or_else(Utc::now),
        exit: seen.ended.clone(),
        canceled: seen.canceled,
    };
}

/// Reads a spool once, and keeps count of lines and styles on the way.
struct Indexer {
    live: Arc<Live>,
    reader: Option<Reader>,
    mark: Mark,
}

impl Indexer {
    fn catch_up(&mut self, until: u64) -> io::Result<()> {
        if until <= self.mark.at.offset {
            return Ok(());
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(Reader::open(self.live.folder.path(), self.mark.at)?),
        };
        while let Some(block) = reader.read(until, READ_BYTES)? {
            for record in &block.records {
                let bytes = &block.bytes[record.payload.clone()];
                self.mark.state.advance(stream(record.stream), bytes);
                self.mark.bytes += bytes.len() as u64;
            }
            self.mark.at = block.end;
            self.live.grew(&self.mark);
        }
        if self.mark.at.offset < until {
            return Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                format!(
                    "{until} bytes were told of, {} are there",
                    self.mark.at.offset
                ),
            ));
        }
        Ok(())
    }
}

/// The spool's word for a stream in ours.
pub(crate) fn stream(stream: spool::Stream) -> Stream {
    match stream {
        spool::Stream::Stdout => Stream::Stdout,
        spool::Stream::Stderr => Stream::Stderr,
    }
}
