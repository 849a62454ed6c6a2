//! One page's searches: tells how each comes on, and answers what is asked of it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::task::{AbortHandle, JoinSet};

use super::{Due, Outbox};
use crate::{
    engine::{Engine, EngineError, Progress, Search},
    log::find::Hit,
    wire::{Event, Message, Reply, Request},
};

/// Searches of one page at once; past that one has to be ended before.
const SEARCHES: usize = 8;
/// Lines one call may ask about.
const LINES: u32 = 1000;
/// Lines around a hit, at most.
const AROUND: u32 = 100;
/// Hits of one answer, at most.
const HITS: usize = 10_000;
/// The time between two events of one search.
const PAUSE: Duration = Duration::from_millis(50);

/// The searches of one page, by its numbers.
#[derive(Debug, Default)]
pub(super) struct Finds(HashMap<u32, (Arc<Search>, AbortHandle)>);

impl Finds {
    /// Answers a call that is about a search; everything slow is done by a task.
    pub(super) async fn call(
        &mut self,
        engine: &Engine,
        outbox: &Outbox,
        tasks: &mut JoinSet<()>,
        due: Due,
        request: Request,
    ) {
        let answer = match request {
            Request::Find { job, search, query } => {
                self.end(search);
                let begun = self
                    .room()
                    .and_then(|()| Ok(Arc::new(engine.search(job, &query)?)));
                begun.map(|begun| {
                    let telling = tell(Arc::clone(&begun), outbox.clone(), search);
                    self.0.insert(search, (begun, tasks.spawn(telling)));
                    Reply::Ok
                })
            }
            Request::EndFind { search } => {
                self.end(search);
                Ok(Reply::Ok)
            }
            other => match self.of(&other) {
                Ok(search) => {
                    tasks.spawn(async move { due.answer(answer(&search, other).await).await });
                    return;
                }
                Err(error) => Err(error),
            },
        };
        due.answer(answer).await;
    }

    fn room(&self) -> Result<(), EngineError> {
        if self.0.len() < SEARCHES {
            return Ok(());
        }
        let why = format!("{SEARCHES} searches are under way in this page: end some");
        Err(EngineError::Refused(why))
    }

    fn end(&mut self, search: u32) {
        if let Some((_, telling)) = self.0.remove(&search) {
            telling.abort();
        }
    }

    fn of(&self, request: &Request) -> Result<Arc<Search>, EngineError> {
        let (Request::Hit { search: number, .. }
        | Request::Hits { search: number, .. }
        | Request::HitLines { search: number, .. }
        | Request::HitMarks { search: number }) = request
        else {
            unreachable!("all others are taken before");
        };
        let known = self.0.get(number).map(|(search, _)| Arc::clone(search));
        known.ok_or_else(|| EngineError::NotFound(format!("there is no search {number}")))
    }
}

/// Whether a call is about a search.
pub(super) const fn is_find(request: &Request) -> bool {
    matches!(
        request,
        Request::Find { .. }
            | Request::EndFind { .. }
            | Request::Hit { .. }
            | Request::Hits { .. }
            | Request::HitLines { .. }
            | Request::HitMarks { .. }
    )
}

async fn answer(search: &Search, request: Request) -> Result<Reply, EngineError> {
    Ok(match request {
        Request::Hit {
            line,
            start,
            back,
            around,
            ..
        } => {
            let nearest = search.nearest(line, start, back);
            let around = around.min(AROUND).into();
            Reply::Hit {
                hit: nearest.map(|nearest| nearest.hit),
                index: nearest.map_or(0, |nearest| nearest.index),
                row: nearest.map_or(0, |nearest| search.row(nearest.hit.line, around)),
            }
        }
        Request::Hits { first, count, .. } => {
            let mut hits: Vec<Hit> = search.hits(first.max(1), count.min(LINES).into()).await?;
            hits.truncate(HITS);
            Reply::Hits { hits }
        }
        Request::HitLines {
            around,
            skip,
            count,
            ..
        } => {
            let around = around.min(AROUND).into();
            let count = count.min(LINES).into();
            let (lines, mut hits, total) = search.lines(around, skip, count).await?;
            hits.truncate(HITS);
            Reply::HitLines { lines, hits, total }
        }
        _ => Reply::HitMarks(search.marks()),
    })
}

/// Tells how a search comes on, until it is over: its first hit at once, and later ones now and then.
async fn tell(search: Arc<Search>, outbox: Outbox, number: u32) {
    let mut progress = search.progress();
    drop(search);
    let mut said = Progress::default();
    loop {
        let now = progress.borrow_and_update().clone();
        // Of lines without hits it is enough to hear now and then.
        if now != said {
            let event = found(number, &now);
            if outbox.send(Message::Event(event)).await.is_err() {
                return;
            }
            let is_first = said.hits == 0 && now.hits == 0;
            said = now;
            if !is_first {
                tokio::time::sleep(PAUSE).await;
            }
        }
        let waits = said.hits == 0 && !said.caught_up;
        let changed = if waits {
            let heard = |now: &Progress| {
                now.hits > 0 || now.caught_up || now.lines >= said.lines + 1_000_000
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

fn found(search: u32, now: &Progress) -> Event {
    Event::Found {
        search,
        hits: now.hits,
        lines: now.lines,
        caught_up: now.caught_up,
        complete: now.complete,
        why: now.why.clone(),
    }
}
