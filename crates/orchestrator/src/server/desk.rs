//! What stands behind one socket of the app: takes each call to the engine, and brings replies and events back.
//!
//! Logs are sent by [`logs`], as [`messages`]; nothing queues up for a slow page.

mod finds;
mod logs;
mod messages;

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast::error::RecvError, watch},
    task::{AbortHandle, JoinSet},
};

use self::{finds::Finds, logs::Stopped};
use super::{Closed, Outbox, Service, Session};
use crate::{
    engine::{Consent, Engine, EngineError, LINE_BYTES, ReadError},
    job::{Job, JobId},
    wire::{self, Call, Event, Failure, FailureCode, Message, Reply, Request},
};

/// Calls of one socket that are worked on at once; the next one waits to be read.
const CALLS: usize = 32;
/// Logs that one socket reads at once.
const READERS: usize = 256;
/// Lines of one answer, at most.
const LINES: u32 = 1000;
/// Lines of a tail, at most.
const TAIL: u32 = 500;
/// Bytes of the one line that is asked for whole, at most.
const WHOLE_LINE: usize = 16 * 1024 * 1024;

impl Service for Engine {
    type Session = Desk;

    fn open(&self, outbox: Outbox) -> Desk {
        let mut tasks = JoinSet::new();
        tasks.spawn(forward_events(self.clone(), outbox.clone()));
        Desk {
            engine: self.clone(),
            outbox,
            tasks,
            room: Arc::new(Semaphore::new(CALLS)),
            follows: HashMap::new(),
            subscriptions: HashMap::new(),
            next_subscription: 1,
            finds: Finds::default(),
        }
    }
}

/// One socket's side of the engine.
#[derive(Debug)]
pub struct Desk {
    engine: Engine,
    outbox: Outbox,
    /// Everything that runs for this socket ends with it.
    tasks: JoinSet<()>,
    room: Arc<Semaphore>,
    /// How much of the tail is sent along, by followed job.
    follows: HashMap<JobId, (watch::Sender<u32>, AbortHandle)>,
    subscriptions: HashMap<u32, AbortHandle>,
    next_subscription: u32,
    finds: Finds,
}

impl Session for Desk {
    async fn call(&mut self, call: Call) {
        self.sweep();
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else {
            return;
        };
        match call.request {
            Request::Follow { .. } | Request::Subscribe { .. } if self.is_full() => {
                let why = format!("{READERS} logs are read by this page already: close some");
                let refused = Err(EngineError::Refused(why));
                self.reply(call.id, room, refused).await;
            }
            Request::Follow { job, tail } => self.follow(call.id, job, tail.min(TAIL)),
            Request::Unfollow { job } => {
                if let Some((_, task)) = self.follows.remove(&job) {
                    task.abort();
                }
                self.reply(call.id, room, Ok(Reply::Ok)).await;
            }
            Request::Subscribe { job, seq, tail } => self.subscribe(call.id, job, seq, tail),
            Request::Unsubscribe { subscription } => {
                if let Some(task) = self.subscriptions.remove(&subscription) {
                    task.abort();
                }
                self.reply(call.id, room, Ok(Reply::Ok)).await;
            }
            other if finds::is_find(&other) => {
                let (engine, outbox) = (&self.engine, &self.outbox);
                let tasks = &mut self.tasks;
                let id = (call.id, room);
                self.finds.call(engine, outbox, tasks, id, other).await;
            }
            other => {
                let (engine, outbox) = (self.engine.clone(), self.outbox.clone());
                self.tasks.spawn(async move {
                    let answer = answer(&engine, other).await;
                    send_reply(&outbox, call.id, answer).await;
                    drop(room);
                });
            }
        }
    }

    fn closed(&mut self) {
        self.tasks.abort_all();
    }
}

impl Desk {
    /// Forgets what has ended.
    fn sweep(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.follows.retain(|_, (_, task)| !task.is_finished());
        self.subscriptions.retain(|_, task| !task.is_finished());
    }

    fn is_full(&self) -> bool {
        self.follows.len() + self.subscriptions.len() >= READERS
    }

    async fn reply(&self, id: u32, room: OwnedSemaphorePermit, answer: Result<Reply, EngineError>) {
        send_reply(&self.outbox, id, answer).await;
        drop(room);
    }

    fn follow(&mut self, id: u32, job: JobId, tail: u32) {
        if let Some((wanted, _)) = self.follows.get(&job) {
            wanted.send_replace(tail);
            let (engine, outbox) = (self.engine.clone(), self.outbox.clone());
            self.tasks.spawn(async move {
                let extent = logs::extent(&engine, job).await.map(Reply::Extent);
                send_reply(&outbox, id, extent).await;
            });
            return;
        }
        let (wanted, tail) = watch::channel(tail);
        let task = self.tasks.spawn(logs::follow(
            self.engine.clone(),
            self.outbox.clone(),
            id,
            job,
            tail,
        ));
        self.follows.insert(job, (wanted, task));
    }

    fn subscribe(&mut self, id: u32, job: JobId, seq: u64, tail: Option<u64>) {
        let subscription = self.next_subscription;
        self.next_subscription += 1;
        let (engine, outbox) = (self.engine.clone(), self.outbox.clone());
        let task = self.tasks.spawn(async move {
            let (seq, live) = match logs::beginning(&engine, job, seq, tail).await {
                Ok(beginning) => beginning,
                Err(error) => return send_reply(&outbox, id, Err(error)).await,
            };
            let subscribed = Reply::Subscribed {
                subscription,
                seq,
                live,
            };
            send_reply(&outbox, id, Ok(subscribed)).await;
            let why = match logs::send_chunks(&engine, &outbox, job, subscription, seq).await {
                Ok(()) => None,
                Err(Stopped::Unreadable(error)) => Some(error.to_string()),
                Err(Stopped::Closed(_)) => return,
            };
            send(
                &outbox,
                Message::Event(Event::SubscriptionEnded { subscription, why }),
            )
            .await;
        });
        self.subscriptions.insert(subscription, task);
    }
}

/// Answers what needs no state of the socket's own.
async fn answer(engine: &Engine, request: Request) -> Result<Reply, EngineError> {
    let done = |()| Reply::Ok;
    Ok(match request {
        Request::RunAgain { job, confirmed } => {
            started(engine.run_again(job, confirmed, Consent::Trusted).await?)
        }
        Request::Cancel { job, force } => done(engine.cancel(job, force).await?),
        Request::Input { job, text, end } => done(engine.input(job, text, end).await?),
        Request::Resize { job, rows, cols } => {
            // The next job's terminal will most likely be shown at the same place.
            engine.set_window(rows, cols);
            done(engine.resize(job, rows, cols).await?)
        }
        Request::Jobs(query) => {
            let page = engine.jobs(&query).await?;
            Reply::Jobs {
                jobs: shown(page.jobs),
                more: page.more,
                incomplete: page.incomplete,
            }
        }
        Request::Job { job } => Reply::Job(Box::new(engine.job(job).await?.into())),
        Request::Earlier { job } => Reply::Earlier {
            jobs: engine.earlier(job).await?,
        },
        Request::Notes { jobs } => Reply::Notes {
            notes: engine.notes(&jobs).await?,
        },
        Request::SetNote { job, pinned, text } => done(engine.set_note(job, pinned, &text).await?),
        Request::Lines { job, first, count } => {
            let lines = engine
                .log(job)
                .lines(first.max(1), u64::from(count.min(LINES)), LINE_BYTES)
                .await?;
            Reply::Lines { lines }
        }
        Request::UseDatabase { used } => done(engine.use_database(used).await.map(drop)?),
        Request::Outline { job } => Reply::Outline(Box::new(engine.outline(job).await?)),
        Request::SaveLog { job, form } => Reply::Saved {
            path: engine.save_log(job, form).await?.display().to_string(),
        },
        Request::Edit { job, line } => done(engine.edit(job, line).await?),
        Request::WholeLine { job, number } => Reply::Lines {
            lines: engine.log(job).lines(number.max(1), 1, WHOLE_LINE).await?,
        },
        other => {
            return engine
                .blocking(move |engine| answer_from_files(engine, other))
                .await;
        }
    })
}

/// Answers what is known from files and programs; it may block.
fn answer_from_files(engine: &Engine, request: Request) -> Result<Reply, EngineError> {
    let done = |()| Reply::Ok;
    Ok(match request {
        Request::Overview => Reply::Overview(Box::new(engine.overview())),
        Request::Targets { project } => Reply::Scan(engine.targets(&project)?),
        Request::AddProject { path } => Reply::Project(engine.add_project(&path)?),
        Request::RemoveProject { name } => done(engine.remove_project(&name)?),
        Request::TrustProject { name } => done(engine.trust_project(&name)?),
        Request::SetExclusive { name, exclusive } => done(engine.set_exclusive(&name, exclusive)?),
        Request::CopyDotenvSample { project } => done(engine.copy_dotenv_sample(&project)?),
        Request::SaveCommand { host, command } => {
            done(engine.save_command(host.as_deref(), &command)?)
        }
        Request::ForgetCommand { host, command } => {
            done(engine.forget_command(host.as_deref(), &command)?)
        }
        Request::Start(start) => started(engine.start(start, Consent::Trusted)?),
        Request::Answer { prompt, answer } => done(engine.answer(prompt, answer)?),
        Request::Preview(start) => Reply::Preview(Box::new(engine.preview(&start)?)),
        Request::Presets { project, target } => Reply::Presets(engine.presets(&project, &target)?),
        Request::SavePreset {
            project,
            target,
            preset,
        } => Reply::Presets(engine.save_preset(&project, &target, preset)?),
        Request::ForgetPreset {
            project,
            target,
            name,
        } => Reply::Presets(engine.forget_preset(&project, &target, &name)?),
        Request::MarkProduction { host, production } => {
            done(engine.mark_production(&host, production)?)
        }
        Request::Settings => Reply::Settings(engine.settings()),
        Request::ChangeSettings(settings) => Reply::Settings(engine.change_settings(settings)?),
        _ => unreachable!("all others are taken before"),
    })
}

fn started(jobs: Vec<Job>) -> Reply {
    Reply::Started { jobs: shown(jobs) }
}

fn shown(jobs: Vec<Job>) -> Vec<wire::Job> {
    jobs.into_iter().map(Into::into).collect()
}

async fn forward_events(engine: Engine, outbox: Outbox) {
    let mut events = engine.events();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Missed,
            Err(RecvError::Closed) => return,
        };
        if outbox.send(Message::Event(event)).await.is_err() {
            return;
        }
    }
}

async fn send_reply(outbox: &Outbox, id: u32, answer: Result<Reply, EngineError>) {
    let message = match answer {
        Ok(reply) => Message::Reply { id, reply },
        Err(error) => Message::Failed {
            id,
            failure: error.into(),
        },
    };
    send(outbox, message).await;
}

/// A page that has gone needs no answer.
async fn send(outbox: &Outbox, message: Message) {
    if let Err(Closed { .. }) = outbox.send(message).await {
        tracing::debug!("a page left before its answer");
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let code = match &error {
            EngineError::NotFound(_) => FailureCode::NotFound,
            EngineError::Refused(_) | EngineError::Project(_) => FailureCode::Refused,
            EngineError::Untrusted { .. } => FailureCode::Untrusted,
            EngineError::Foreign { .. } => FailureCode::Foreign,
            EngineError::Store(store) | EngineError::Read(ReadError::Store(store))
                if store.is_transient() =>
            {
                FailureCode::StoreAway
            }
            _ => FailureCode::Failed,
        };
        Self {
            code,
            message: error.to_string(),
        }
    }
}
