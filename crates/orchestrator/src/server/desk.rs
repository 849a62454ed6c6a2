//! The session behind one socket of the app: takes each call to the engine, and brings replies and events back. Each group
//! of requests has a file, with one match over the whole group.

mod batch;
mod catalog;
mod compare;
mod find;
mod host;
mod job;
mod launch;
mod log;
mod pending;
mod search;
mod settings;

use std::sync::Arc;

use tokio::{
    sync::{Semaphore, broadcast::error::RecvError},
    task::JoinSet,
};

use self::{find::Finds, log::Logs, pending::Pending, search::Searches};
use super::{Closed, Outbox, Service, Session};
use crate::{
    engine::{Engine, EngineError, ReadError},
    job::Job,
    wire::{self, Call, CommandConsent, Event, Failure, FailureCode, Message, Reply, Request},
};

/// Calls of one socket that are worked on at once; the next one waits to be read.
const CALLS: usize = 32;

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
            logs: Logs::default(),
            finds: Finds::default(),
            searches: Searches::default(),
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
    logs: Logs,
    finds: Finds,
    searches: Searches,
}

impl Session for Desk {
    async fn call(&mut self, call: Call) {
        while self.tasks.try_join_next().is_some() {}
        self.logs.sweep();
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else {
            return;
        };
        let pending = Pending::new(&self.outbox, call.id, room);
        let (engine, tasks) = (self.engine.clone(), &mut self.tasks);
        match call.request {
            Request::Catalog(request) => {
                tasks.spawn(pending.answer(catalog::answer(engine, request)));
            }
            Request::Host(request) => {
                tasks.spawn(pending.answer(host::answer(engine, request)));
            }
            Request::Launch(request) => {
                tasks.spawn(pending.answer(launch::answer(engine, request)));
            }
            Request::Job(request) => {
                tasks.spawn(pending.answer(job::answer(engine, request)));
            }
            Request::Batch(request) => {
                tasks.spawn(pending.answer(batch::answer(engine, request)));
            }
            Request::Compare(request) => {
                tasks.spawn(pending.answer(compare::answer(engine, request)));
            }
            Request::Settings(request) => {
                tasks.spawn(pending.answer(settings::answer(engine, request)));
            }
            Request::Log(request) => self.logs.call(engine, tasks, pending, request).await,
            Request::Search(request) => {
                self.searches.call(&engine, tasks, pending, request).await;
            }
            Request::Find(request) => self.finds.call(&engine, tasks, pending, request).await,
        }
    }

    fn closed(&mut self) {
        self.tasks.abort_all();
    }
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

/// A page that has gone needs no answer.
async fn send(outbox: &Outbox, message: Message) {
    if let Err(Closed { .. }) = outbox.send(message).await {
        tracing::debug!("a page left before its answer");
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let code = match &error {
            EngineError::NotFound(_) | EngineError::Read(ReadError::NoJob(_)) => {
                FailureCode::NotFound
            }
            EngineError::Refused(_) | EngineError::Project(_) => FailureCode::Refused,
            EngineError::Untrusted { .. } => FailureCode::Untrusted,
            EngineError::Foreign { .. } => FailureCode::Foreign,
            EngineError::NeedsConsent { .. } => FailureCode::NeedsConsent,
            EngineError::Store(store) | EngineError::Read(ReadError::Store(store))
                if store.is_transient() =>
            {
                FailureCode::StoreAway
            }
            _ => FailureCode::Failed,
        };
        let message = error.to_string();
        let consent = match error {
            EngineError::NeedsConsent {
                host, unallowed, ..
            } => Some(CommandConsent {
                host,
                command: unallowed.command,
                keyword: unallowed.keyword.to_owned(),
                place: unallowed.place,
            }),
            _ => None,
        };
        Self {
            code,
            message,
            consent,
        }
    }
}
