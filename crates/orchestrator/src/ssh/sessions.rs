//! The sessions that are open, and which job goes to which.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, BorrowedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use super::{
    control::{Orders, calm, wake, waker},
    failure::{Reason, Refusal},
    job::{Ended, Exec, Output, Settled, Task},
    login::Ask,
    route::Route,
    session,
};
use crate::job::Exit;

/// Jobs in one session. Servers commonly allow ten channels; a cancel needs one more for a moment.
const CHANNELS: usize = 8;
/// How often a job that a dying session gave back is placed anew.
const TRIES: usize = 3;

/// All sessions of this process: one for each way to a host, shared by its jobs, closed when idle.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<HashMap<Route, Vec<Arc<Shared>>>>,
}

/// What a session's thread and those who give it jobs both hold.
#[derive(Debug)]
pub(super) struct Shared {
    inbox: Mutex<Inbox>,
    woken: io::PipeReader,
    wake: io::PipeWriter,
}

#[derive(Debug)]
struct Inbox {
    tasks: Vec<Task>,
    /// Jobs given to it that are not over.
    load: usize,
    capacity: usize,
    closed: bool,
}

impl Sessions {
    /// None open yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Runs a command on a host and blocks until it is over. Input, size and cancel come through `orders`. Standard
    /// input stays open until [`super::Control::EndInput`]. `ask` is asked at most while the session is made, and the
    /// jobs that wait for the same session wait for its answer.
    pub fn run(
        self: &Arc<Self>,
        route: &Route,
        exec: Exec,
        output: Box<dyn Output>,
        orders: Orders,
        ask: &Arc<dyn Ask>,
    ) -> Ended {
        let (reply, settled) = mpsc::channel();
        let mut task = Task {
            exec,
            env: route.env.clone(),
            output,
            orders,
            reply,
        };
        for _ in 0..TRIES {
            if let Err((task, refusal)) = self.place(route, task, ask) {
                task.settle_refused(refusal);
            }
            match settled.recv() {
                Ok(Settled::Ended(ended)) => return ended,
                Ok(Settled::Again(back)) => task = back,
                Err(mpsc::RecvError) => return lost("its session's thread ended unexpectedly"),
            }
        }
        lost("the host closed every session before the command could start")
    }

    /// Closes every session once its jobs are over.
    pub fn close(&self) {
        for shared in self.lock().drain().flat_map(|(_, list)| list) {
            shared.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Route, Vec<Arc<Shared>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(
        self: &Arc<Self>,
        route: &Route,
        task: Task,
        ask: &Arc<dyn Ask>,
    ) -> Result<(), (Task, Refusal)> {
        let mut key = route.clone();
        key.name.clear();
        key.place.clear();
        let mut open = self.lock();
        let list = open.entry(key).or_default();
        list.retain(|shared| !shared.is_closed());
        let mut task = task;
        for shared in &*list {
            match shared.give(task) {
                Ok(()) => return Ok(()),
                Err(back) => task = back,
            }
        }
        let refusal = |error: io::Error| {
            Refusal::new(
                Reason::LinkLost,
                format!("a session could not be set up here: {error}"),
            )
        };
        let shared = match Shared::new() {
            Ok(shared) => Arc::new(shared),
            Err(error) => return Err((task, refusal(error))),
        };
        if let Err(back) = shared.give(task) {
            let error = io::Error::other("it takes no jobs");
            return Err((back, refusal(error)));
        }
        let (route, ask, its) = (route.clone(), Arc::clone(ask), Arc::clone(&shared));
        let name = format!("ssh {}", route.name);
        let started = thread::Builder::new()
            .name(name)
            .spawn(move || session::live(&its, &route, &*ask));
        if let Err(error) = started {
            for task in shared.close() {
                task.settle_refused(refusal(io::Error::new(error.kind(), error.to_string())));
            }
            return Ok(());
        }
        list.push(shared);
        Ok(())
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn new() -> io::Result<Self> {
        let (woken, wake) = waker()?;
        Ok(Self {
            inbox: Mutex::new(Inbox {
                tasks: Vec::new(),
                load: 0,
                capacity: CHANNELS,
                closed: false,
            }),
            woken,
            wake,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, task: Task) -> Result<(), Task> {
        let mut inbox = self.lock();
        if inbox.closed || inbox.load >= inbox.capacity {
            return Err(task);
        }
        inbox.load += 1;
        inbox.tasks.push(task);
        drop(inbox);
        wake(&self.wake);
        Ok(())
    }

    /// The jobs that have come since it was last asked.
    pub(super) fn take(&self) -> Vec<Task> {
        calm(&self.woken);
        std::mem::take(&mut self.lock().tasks)
    }

    /// One job less.
    pub(super) fn let_go(&self) {
        let mut inbox = self.lock();
        inbox.load = inbox.load.saturating_sub(1);
    }

    /// The host takes no more than this many jobs in a session.
    pub(super) fn limit(&self, jobs: usize) {
        self.lock().capacity = jobs.max(1);
    }

    /// What to poll for new jobs.
    pub(super) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// Takes no more jobs, and gives back those that nobody has taken.
    pub(super) fn close(&self) -> Vec<Task> {
        let mut inbox = self.lock();
        inbox.closed = true;
        let tasks = std::mem::take(&mut inbox.tasks);
        drop(inbox);
        wake(&self.wake);
        tasks
    }

    /// Closes it if it has no jobs.
    pub(super) fn close_idle(&self) -> bool {
        let mut inbox = self.lock();
        inbox.closed |= inbox.load == 0;
        inbox.closed
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}

fn lost(why: &str) -> Ended {
    Ended {
        exit: Exit::Lost {
            why: why.to_owned(),
        },
        canceled: false,
        survivors: Vec::new(),
        complete: true,
    }
}
