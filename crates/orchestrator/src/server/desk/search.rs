//! One page's search of many logs: it has one at a time, which ends with the page.

use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};

use super::Pending;
use crate::{
    engine::{Engine, EngineError, Searching},
    job::Job,
    search::{Found, Progress, Wanted},
    server::{Closed, Outbox},
    wire::{Event, Message, Reply, SearchRequest},
};

/// Lines with hits that a page is sent, at most.
const LINES: u32 = 5000;
/// Lines around each, at most.
const CONTEXT: u32 = 10;
/// The time between two events of progress.
const PAUSE: Duration = Duration::from_millis(100);

/// The search of one page, by the page's number.
#[derive(Debug, Default)]
pub(super) struct Searches(Option<(u32, AbortHandle)>);

impl Searches {
    /// Answers a call.
    pub(super) async fn call(
        &mut self,
        engine: &Engine,
        tasks: &mut JoinSet<()>,
        pending: Pending,
        request: SearchRequest,
    ) {
        let answer = match request {
            SearchRequest::SearchLogs { search, wanted } => {
                self.end();
                let begun = begin(engine, *wanted);
                begun.map(|searching| {
                    let outbox = pending.outbox().clone();
                    let telling = tasks.spawn(async move {
                        // A page that has gone needs no answer.
                        tell(searching, &outbox, search).await.ok();
                    });
                    self.0 = Some((search, telling));
                })
            }
            SearchRequest::EndSearch { search } => {
                if self.0.as_ref().is_some_and(|(number, _)| *number == search) {
                    self.end();
                }
                Ok(())
            }
        };
        pending.reply(answer.map(|()| Reply::Ok)).await;
    }

    fn end(&mut self) {
        if let Some((_, telling)) = self.0.take() {
            telling.abort();
        }
    }
}

fn begin(engine: &Engine, mut wanted: Wanted) -> Result<Searching, EngineError> {
    wanted.limit = match wanted.limit {
        0 => LINES,
        limit => limit.min(LINES),
    };
    wanted.context = wanted.context.min(CONTEXT);
    engine.logs().search(&wanted)
}

/// Reports what is found at once and the progress now and then, until the search is over.
async fn tell(mut searching: Searching, outbox: &Outbox, search: u32) -> Result<(), Closed> {
    let progress = searching.progress();
    let mut reported = Progress::default();
    let mut ticks = tokio::time::interval(PAUSE);
    loop {
        tokio::select! {
            biased;
            _at = ticks.tick() => {
                let now = progress.borrow().clone();
                if now != reported {
                    outbox.send(came(search, now.clone())).await?;
                    reported = now;
                }
            }
            found = searching.next() => match found {
                Some(found) => outbox.send(of(search, found)).await?,
                None => {
                    let now = progress.borrow().clone();
                    return outbox.send(came(search, now)).await;
                }
            },
        }
    }
}

fn came(search: u32, progress: Progress) -> Message {
    Message::Event(Event::SearchCame { search, progress })
}

fn of(search: u32, found: Found) -> Message {
    Message::Event(Event::SearchFound {
        search,
        job: Box::new(Job::clone(&found.job).into()),
        lines: found.lines,
        hits: found.hits,
        count: found.count,
    })
}
