//! One reading of a log, for a search.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{runtime::Handle, task::spawn_blocking};

use super::{Progress, Shared};
use crate::{
    engine::{Cursor, ReadError},
    log::{Chunk, find::Scan},
};

/// The time between two looks at a log that grows.
const PAUSE: Duration = Duration::from_millis(50);

/// Where a search stands in its log.
pub(super) struct Pass {
    cursor: Cursor,
    scan: Scan,
}

/// Reads the log to its end, and on as it grows, until it is complete.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut growth = shared.log.live.as_ref().map(|live| live.growth());
    let mut pass = Pass {
        cursor: shared.log.cursor(0),
        scan: Scan::new(Arc::clone(&shared.pattern)),
    };
    loop {
        // Looked at before reading: what is complete then is read to its end.
        let complete = growth
            .as_mut()
            .is_none_or(|growth| growth.borrow_and_update().complete);
        let (own, runtime) = (Arc::clone(&shared), Handle::current());
        let reading = spawn_blocking(move || {
            let read = pass.catch_up(&own, &runtime);
            (pass, read)
        });
        let Ok((back, read)) = reading.await else {
            return;
        };
        pass = back;
        let why = read.err().map(|error| error.to_string());
        let over = complete || why.is_some();
        shared.tell(|progress| {
            progress.caught_up = true;
            progress.complete = complete && why.is_none();
            progress.why = why;
        });
        let Some(growth) = &mut growth else { return };
        if over || growth.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Pass {
    /// Looks through all that is there now, lines without an end included; or stops where the search is ended.
    fn catch_up(&mut self, shared: &Shared, runtime: &Handle) -> Result<(), ReadError> {
        while !shared.ended.load(Ordering::Relaxed) {
            let Some(chunks) = runtime.block_on(self.cursor.next())? else {
                let mut hits = Vec::new();
                self.scan.open(|hit| hits.push(hit));
                shared.found().open(hits);
                return Ok(());
            };
            self.look_through(&chunks, shared);
        }
        Ok(())
    }

    fn look_through(&mut self, chunks: &[Chunk], shared: &Shared) {
        let mut found = shared.found();
        found.close();
        for chunk in chunks {
            self.scan
                .feed(chunk.stream, &chunk.bytes, |hit| found.add(hit));
        }
        let (hits, lines) = (found.total(), self.scan.lines());
        drop(found);
        shared.tell(|progress| {
            (progress.hits, progress.lines) = (hits, lines);
            progress.caught_up = false;
        });
    }
}

impl Shared {
    fn found(&self) -> std::sync::MutexGuard<'_, super::Found> {
        self.found.lock().expect("no panic holds it")
    }

    fn tell(&self, change: impl FnOnce(&mut Progress)) {
        let hits = self.found().total();
        self.progress.send_modify(|progress| {
            progress.hits = hits;
            change(progress);
        });
    }
}
