//! Sends logs to a socket by cursor: the next piece is read when the one before has found room in the outbox, so a slow
//! page lags and no backlog builds up for it.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{super::Pending, messages};
use crate::{
    engine::{Engine, EngineError, Extent, LINE_BYTES, Log, ReadError, Source},
    job::JobId,
    log::Line,
    server::{Closed, Outbox},
    wire::{self, Event, Message, Reply},
};

/// The time between two events of one followed log: one frame of a screen.
const FRAME: Duration = Duration::from_millis(16);

/// How large a log is.
async fn extent(log: &Log, source: &Source) -> Result<wire::Extent, EngineError> {
    Ok(wire::Extent {
        missing: log.missing().await?,
        ..source.extent().into()
    })
}

impl From<Extent> for wire::Extent {
    fn from(extent: Extent) -> Self {
        Self {
            lines: extent.lines,
            bytes: extent.bytes,
            full_screen: extent.full_screen,
            complete: extent.complete,
            missing: 0,
        }
    }
}

/// Reports how a log grows, at most once a frame, until it is complete.
pub(super) async fn follow(log: Log, pending: Pending, mut tail: watch::Receiver<u32>) {
    let job = log.id;
    let (reply, source) = match log.source().await {
        Ok(source) => (extent(&log, &source).await, Some(source)),
        Err(error) => (Err(error.into()), None),
    };
    let outbox = pending.outbox().clone();
    pending.reply(reply.map(Reply::Extent)).await;
    let mut growth = match source {
        // That was all.
        None | Some(Source::Archived(_)) => return,
        Some(grows) => grows.growth(),
    };
    let mut reported = None;
    // Until a later call follows it.
    while tail.has_changed().is_ok() {
        let extent = *growth.borrow_and_update();
        let wanted = u64::from(*tail.borrow_and_update());
        let begun = Instant::now();
        if reported != Some((extent, wanted)) {
            let lines = tail_of(&log, extent, wanted).await;
            if outbox
                .send(Message::Event(Event::LogGrew {
                    job,
                    extent: extent.into(),
                    tail: lines,
                }))
                .await
                .is_err()
            {
                return;
            }
            reported = Some((extent, wanted));
        }
        if extent.complete {
            return;
        }
        tokio::select! {
            changed = growth.changed() => if changed.is_err() { return },
            changed = tail.changed() => if changed.is_err() { return },
        }
        tokio::time::sleep(FRAME.saturating_sub(begun.elapsed())).await;
    }
}

/// The last lines, as many as are wanted; none if they cannot be read just now.
async fn tail_of(log: &Log, extent: Extent, wanted: u64) -> Vec<Line> {
    if wanted == 0 {
        return Vec::new();
    }
    let first = (extent.lines + 1).saturating_sub(wanted).max(1);
    let lines = log.lines(first, wanted, LINE_BYTES).await;
    lines.unwrap_or_else(|error| {
        tracing::warn!(job = %log.id, %error, "the tail of a log could not be read");
        Vec::new()
    })
}

/// Where a subscription begins that asked for chunk `seq` on, and at most about `tail` bytes of what is there; and the
/// first chunk that is not there yet, if more will come.
pub(super) async fn beginning(
    engine: &Engine,
    job: JobId,
    seq: u64,
    tail: Option<u64>,
) -> Result<(u64, Option<u64>), EngineError> {
    let log = engine.logs().of(job);
    let extent = log.source().await?.extent();
    let first = match tail {
        Some(bytes) => log.seq_before_end(bytes, extent.bytes).await?.max(seq),
        None => seq,
    };
    Ok((first, (!extent.complete).then_some(extent.end.seq)))
}

/// Why a subscription stopped before the log's end.
pub(super) enum Stopped {
    Unreadable(ReadError),
    Closed(Closed),
}

/// Sends every chunk from `seq` on, and returns when the log is complete and all of it is sent.
pub(super) async fn send_chunks(
    engine: &Engine,
    outbox: &Outbox,
    job: JobId,
    subscription: u32,
    seq: u64,
) -> Result<(), Stopped> {
    let log = engine.logs().of(job);
    let mut cursor = log.cursor(seq);
    while let Some(piece) = cursor.next_or_wait().await.map_err(Stopped::Unreadable)? {
        for message in messages::of(subscription, piece) {
            let sent = outbox.send_bytes(message).await;
            sent.map_err(Stopped::Closed)?;
        }
    }
    match log.missing().await.map_err(Stopped::Unreadable)? {
        0 => Ok(()),
        missing => Err(Stopped::Unreadable(ReadError::Missing(missing))),
    }
}
