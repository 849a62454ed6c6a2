//! What is asked of logs: those that one socket follows or reads raw, by [`send`] and as [`messages`].

mod messages;
mod send;

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use self::send::Stopped;
use super::{Pending, send};
use crate::{
    engine::{Engine, EngineError, LINE_BYTES, Log},
    job::JobId,
    wire::{Event, LogRequest, Message, Reply},
};

/// Logs that one socket reads at once.
const READERS: usize = 256;
/// Lines of one answer, at most.
const LINES: u32 = 1000;
/// Lines of a tail, at most.
const TAIL: u32 = 500;
/// Bytes of the one line that is asked for whole, at most.
const WHOLE_LINE: usize = 16 * 1024 * 1024;

/// The logs that one socket reads.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// How much of the tail is sent along, by followed job; dropped when another task follows it.
    follows: HashMap<JobId, (watch::Sender<u32>, AbortHandle)>,
    subscriptions: HashMap<u32, AbortHandle>,
    /// The number of the last subscription.
    last: u32,
}

impl Logs {
    /// Forgets those that have ended.
    pub(super) fn sweep(&mut self) {
        self.follows.retain(|_, (_, task)| !task.is_finished());
        self.subscriptions.retain(|_, task| !task.is_finished());
    }

    /// Answers a call; everything slow is done by a task.
    pub(super) async fn call(
        &mut self,
        engine: Engine,
        tasks: &mut JoinSet<()>,
        pending: Pending,
        request: LogRequest,
    ) {
        let answer: BoxFuture<'static, Result<Reply, EngineError>> = match request {
            LogRequest::Lines {
                job,
                first,
                count,
                encoding,
            } => {
                let log = engine.logs().of(job).in_encoding(encoding);
                let count = u64::from(count.min(LINES));
                Box::pin(lines(log, first, count, LINE_BYTES))
            }
            LogRequest::WholeLine {
                job,
                number,
                encoding,
            } => {
                let log = engine.logs().of(job).in_encoding(encoding);
                Box::pin(lines(log, number, 1, WHOLE_LINE))
            }
            LogRequest::Outline { job } => Box::pin(async move {
                let outline = engine.logs().outline(job).await?;
                Ok(Reply::Outline(Box::new(outline)))
            }),
            LogRequest::SaveLog {
                job,
                form,
                encoding,
            } => Box::pin(async move {
                let path = engine.logs().save(job, form, encoding).await?;
                Ok(Reply::Saved {
                    path: path.display().to_string(),
                })
            }),
            LogRequest::Edit { job, line, url } => Box::pin(async move {
                let terminal = engine.logs().edit(job, line, url).await?;
                Ok(Reply::Edited { terminal })
            }),
            LogRequest::Browse { job, line, url } => Box::pin(async move {
                engine.logs().browse(job, line, url).await?;
                Ok(Reply::Ok)
            }),
            LogRequest::Follow {
                job,
                tail,
                encoding,
            } => match self.room() {
                Ok(()) => {
                    let log = engine.logs().of(job).in_encoding(encoding);
                    return self.follow(log, tasks, pending, tail.min(TAIL));
                }
                Err(full) => return pending.reply(Err(full)).await,
            },
            LogRequest::Subscribe { job, seq, tail } => match self.room() {
                Ok(()) => return self.subscribe(engine, tasks, pending, job, (seq, tail)),
                Err(full) => return pending.reply(Err(full)).await,
            },
            // These two change the tables of this socket, so they are carried out in the order of the calls.
            LogRequest::Unfollow { job } => {
                if let Some((_, task)) = self.follows.remove(&job) {
                    task.abort();
                }
                return pending.reply(Ok(Reply::Ok)).await;
            }
            LogRequest::Unsubscribe { subscription } => {
                if let Some(task) = self.subscriptions.remove(&subscription) {
                    task.abort();
                }
                return pending.reply(Ok(Reply::Ok)).await;
            }
        };
        tasks.spawn(pending.answer(answer));
    }

    /// Whether one more can be read.
    fn room(&self) -> Result<(), EngineError> {
        if self.follows.len() + self.subscriptions.len() < READERS {
            return Ok(());
        }
        let why = format!("this page reads {READERS} logs already: close some");
        Err(EngineError::Refused(why))
    }

    fn follow(&mut self, log: Log, tasks: &mut JoinSet<()>, pending: Pending, tail: u32) {
        let pending = pending.without_room();
        let (wanted, tail) = watch::channel(tail);
        let job = log.id;
        let task = tasks.spawn(send::follow(log, pending, tail));
        // An earlier follower answers its call and ends, since its tail is no longer wanted. It is not
        // asked to go on for both calls: its own may be about to fail.
        self.follows.insert(job, (wanted, task));
    }

    fn subscribe(
        &mut self,
        engine: Engine,
        tasks: &mut JoinSet<()>,
        pending: Pending,
        job: JobId,
        (seq, tail): (u64, Option<u64>),
    ) {
        self.last += 1;
        let subscription = self.last;
        let outbox = pending.outbox().clone();
        let pending = pending.without_room();
        let task = tasks.spawn(async move {
            let (seq, live) = match send::beginning(&engine, job, seq, tail).await {
                Ok(beginning) => beginning,
                Err(error) => return pending.reply(Err(error)).await,
            };
            let subscribed = Reply::Subscribed {
                subscription,
                seq,
                live,
            };
            pending.reply(Ok(subscribed)).await;
            let why = match send::send_chunks(&engine, &outbox, job, subscription, seq).await {
                Ok(()) => None,
                Err(Stopped::Unreadable(error)) => Some(error.to_string()),
                Err(Stopped::Closed(_)) => return,
            };
            let ended = Event::SubscriptionEnded { subscription, why };
            send(&outbox, Message::Event(ended)).await;
        });
        self.subscriptions.insert(subscription, task);
    }
}

async fn lines(log: Log, first: u64, count: u64, bytes: usize) -> Result<Reply, EngineError> {
    let lines = log.lines(first.max(1), count, bytes).await?;
    Ok(Reply::Lines { lines })
}
