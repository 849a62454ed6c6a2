//! One page's finds: reports the progress of each, and answers questions about it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::task::{AbortHandle, JoinSet};

use super::Pending;
use crate::{
    engine::{Engine, EngineError, Find, Progress},
    log::find::Hit,
    server::Outbox,
    wire::{Event, FindRequest, Message, Reply},
};

/// Searches of one page at once; past that one has to be ended before.
const FINDS: usize = 8;
/// Lines one call may ask about.
const LINES: u32 = 1000;
/// Lines around a hit, at most.
const AROUND: u32 = 100;
/// Hits of one answer, at most.
const HITS: usize = 10_000;
/// The time between two events of one find.
const PAUSE: Duration = Duration::from_millis(50);

/// The finds of one page, by its numbers.
#[derive(Debug, Default)]
pub(super) struct Finds(HashMap<u32, (Arc<Find>, AbortHandle)>);

impl Finds {
    /// Answers a call; everything slow is done by a task.
    pub(super) async fn call(
        &mut self,
        engine: &Engine,
        tasks: &mut JoinSet<()>,
        pending: Pending,
        request: FindRequest,
    ) {
        let answer: Result<BoxFuture<'static, _>, EngineError> = match request {
            FindRequest::Find {
                job,
                find,
                query,
                encoding,
            } => {
                let begun = engine.logs().find(job, &query, encoding);
                let begun = self.begin(tasks, pending.outbox(), find, begun);
                return pending.reply(begun).await;
            }
            FindRequest::EndFind { find } => {
                self.end(find);
                return pending.reply(Ok(Reply::Ok)).await;
            }
            FindRequest::Hit {
                find,
                line,
                start,
                back,
                around,
            } => self.of(find).map(|find| {
                let hit = async move { Ok(hit(&find, (line, start), back, around)) };
                hit.boxed()
            }),
            FindRequest::Hits { find, first, count } => {
                self.of(find).map(|find| hits(find, first, count).boxed())
            }
            FindRequest::HitLines {
                find,
                around,
                skip,
                count,
            } => self
                .of(find)
                .map(|find| hit_lines(find, around, skip, count).boxed()),
            FindRequest::HitMarks { find } => self
                .of(find)
                .map(|find| async move { Ok(Reply::HitMarks(find.marks())) }.boxed()),
        };
        match answer {
            // In a task of its own, so that a hit that takes long keeps no other request waiting.
            Ok(answer) => {
                tasks.spawn(pending.answer(answer));
            }
            Err(error) => pending.reply(Err(error)).await,
        }
    }

    fn begin(
        &mut self,
        tasks: &mut JoinSet<()>,
        outbox: &Outbox,
        number: u32,
        find: Result<Find, EngineError>,
    ) -> Result<Reply, EngineError> {
        self.end(number);
        self.room()?;
        let find = Arc::new(find?);
        let reporting = tasks.spawn(report(Arc::clone(&find), outbox.clone(), number));
        self.0.insert(number, (find, reporting));
        Ok(Reply::Ok)
    }

    fn room(&self) -> Result<(), EngineError> {
        if self.0.len() < FINDS {
            return Ok(());
        }
        let why = format!("{FINDS} finds run in this page already: end some");
        Err(EngineError::Refused(why))
    }

    fn end(&mut self, find: u32) {
        if let Some((_, reporting)) = self.0.remove(&find) {
            reporting.abort();
        }
    }

    fn of(&self, number: u32) -> Result<Arc<Find>, EngineError> {
        let find = self.0.get(&number).map(|(find, _)| Arc::clone(find));
        find.ok_or_else(|| EngineError::NotFound(format!("there is no find {number}")))
    }
}

fn hit(find: &Find, (line, start): (u64, u32), back: bool, around: u32) -> Reply {
    let nearest = find.nearest(line, start, back);
    let around = around.min(AROUND).into();
    Reply::Hit {
        hit: nearest.map(|nearest| nearest.hit),
        index: nearest.map_or(0, |nearest| nearest.index),
        row: nearest.map_or(0, |nearest| find.row(nearest.hit.line, around)),
    }
}

async fn hits(find: Arc<Find>, first: u64, count: u32) -> Result<Reply, EngineError> {
    let mut hits: Vec<Hit> = find.hits(first.max(1), count.min(LINES).into()).await?;
    hits.truncate(HITS);
    Ok(Reply::Hits { hits })
}

async fn hit_lines(
    find: Arc<Find>,
    around: u32,
    skip: u64,
    count: u32,
) -> Result<Reply, EngineError> {
    let around = around.min(AROUND).into();
    let count = count.min(LINES).into();
    let (lines, mut hits, total) = find.lines(around, skip, count).await?;
    hits.truncate(HITS);
    Ok(Reply::HitLines { lines, hits, total })
}

/// Reports the progress of a find, until it is over: its first hit at once, and later ones now and then.
async fn report(find: Arc<Find>, outbox: Outbox, number: u32) {
    let mut progress = find.progress();
    drop(find);
    let mut reported = Progress::default();
    loop {
        let now = progress.borrow_and_update().clone();
        // Of lines without hits it is enough to hear now and then.
        if now != reported {
            let event = found(number, &now);
            if outbox.send(Message::Event(event)).await.is_err() {
                return;
            }
            let is_first = reported.hits == 0 && now.hits == 0;
            reported = now;
            if !is_first {
                tokio::time::sleep(PAUSE).await;
            }
        }
        let waits = reported.hits == 0 && !reported.caught_up;
        let changed = if waits {
            let heard = |now: &Progress| {
                now.hits > 0 || now.caught_up || now.lines >= reported.lines + 1_000_000
            };
            progress.wait_for(heard).await.is_ok()
        } else {
            progress.changed().await.is_ok()
        };
        if !changed {
            return;
        }
    }
}

fn found(find: u32, now: &Progress) -> Event {
    Event::Found {
        find,
        hits: now.hits,
        lines: now.lines,
        caught_up: now.caught_up,
        complete: now.complete,
        why: now.why.clone(),
    }
}
