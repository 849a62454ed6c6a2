//! One reading of a log, for a find.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{Progress, Shared};
use crate::{
    engine::{Cursor, Piece, ReadError},
    log::find::Finder,
};

/// The time between two looks at a log that grows.
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes read at once.
const READ_BYTES: usize = 1024 * 1024;
/// Pieces read ahead: the store unpacks the next ones while one is looked through.
const AHEAD: usize = 2;

/// Where a find is in its log.
struct Pass {
    cursor: Cursor,
    scan: Finder,
}

/// Reads the log to its end, and on as it grows, until it is complete. It waits for more itself, unlike who only shows a
/// log: that it has caught up is reported, and answers a question for hits.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut pass = Pass {
        cursor: shared.log.cursor(0).reading(READ_BYTES),
        scan: Finder::new(Arc::clone(&shared.pattern)).in_encoding(shared.log.encoding),
    };
    loop {
        // Looked at before reading: what is complete then is read to its end.
        let looked = pass.cursor.look().await;
        let complete = looked.as_ref().is_ok_and(|extent| extent.complete);
        let Some((back, read)) = pass.catch_up(&shared).await else {
            return;
        };
        pass = back;
        let why = looked.and(read).err().map(|error| error.to_string());
        let over = complete || why.is_some();
        shared.report(|progress| {
            progress.caught_up = true;
            progress.complete = complete && why.is_none();
            progress.why = why;
        });
        if over || !pass.cursor.grown().await {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Pass {
    /// Looks through all that is there now, lines without an end included; none if the find is ended meanwhile.
    async fn catch_up(mut self, shared: &Arc<Shared>) -> Option<(Self, Result<(), ReadError>)> {
        let (ahead, pieces) = mpsc::channel(AHEAD);
        let (own, scan) = (Arc::clone(shared), self.scan);
        let looking = spawn_blocking(move || look_through(pieces, scan, &own));
        let read = loop {
            match self.cursor.piece().await {
                Ok(Some(piece)) => {
                    if ahead.send(piece).await.is_err() {
                        break Ok(());
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(ahead);
        self.scan = looking.await.ok()?;
        if shared.ended.load(Ordering::Relaxed) {
            return None;
        }
        if read.is_ok() {
            let mut hits = Vec::new();
            self.scan.open(|hit| hits.push(hit));
            shared.found().open(hits);
        }
        Some((self, read))
    }
}

/// Looks through what is read, until no more comes or the find is ended.
fn look_through(mut pieces: mpsc::Receiver<Piece>, mut scan: Finder, shared: &Shared) -> Finder {
    while let Some(piece) = pieces.blocking_recv() {
        if shared.ended.load(Ordering::Relaxed) {
            break;
        }
        let mut found = shared.found();
        found.close();
        piece.each(|_, stream, _, bytes| scan.feed(stream, bytes, |hit| found.add(hit)));
        let (hits, lines) = (found.total(), scan.lines());
        drop(found);
        shared.report(|progress| {
            (progress.hits, progress.lines) = (hits, lines);
            progress.caught_up = false;
        });
    }
    scan
}

impl Shared {
    fn found(&self) -> parking_lot::MutexGuard<'_, super::Hits> {
        self.found.lock()
    }

    fn report(&self, change: impl FnOnce(&mut Progress)) {
        let hits = self.found().total();
        self.progress.send_modify(|progress| {
            progress.hits = hits;
            change(progress);
        });
    }
}
