//! The sessions that are open, and which job goes to which.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, mpsc},
    thread,
};

use super::driver;
use crate::{
    job::{Exit, JobId},
    log::Stream,
    ssh::{
        config::route::Route,
        exec::{
            orders::{Orders, controls},
            task::{Ended, Exec, Output, REPLIES, Remote, Settled, Task},
        },
        failure::{Reason, Refusal},
        inbox::Shared,
        login::ask::Ask,
    },
};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

/// How often a job that a dying session gave back is placed anew.
const TRIES: usize = 3;

/// All sessions of this process: one for each way to a host, shared by its jobs, closed when idle.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<HashMap<Route, Vec<Arc<Shared>>>>,
    /// How many threads of sessions there are.
    threads: watch::Sender<usize>,
}

/// One thread of a session, counted as long as it lives.
struct Thread(watch::Sender<usize>);

impl Thread {
    fn of(threads: &watch::Sender<usize>) -> Self {
        threads.send_modify(|count| *count += 1);
        Self(threads.clone())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Sessions {
    /// None open yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Gives a command to a session of its host, and returns at once; it is run as long as its [`Handle`] is waited for.
    /// Input, size and cancel come through `orders`. Standard input stays open until
    /// [`EndInput`](supervisor::control::ToSupervisor::EndInput). `ask` is asked at most while the session is made, and the jobs
    /// that wait for the same session wait for its answer.
    pub fn submit(
        self: &Arc<Self>,
        route: &Route,
        exec: Exec,
        output: Box<dyn Output>,
        orders: Orders,
        ask: &Arc<dyn Ask>,
    ) -> Handle {
        let (reply, settled) = tokio::sync::mpsc::channel(REPLIES);
        let task = Task {
            exec: Box::new(exec),
            env: route.env.clone(),
            forwards_agent: route.forward_agent.is_some(),
            output,
            orders,
            reply,
        };
        self.place(route, task, ask);
        Handle {
            sessions: Arc::clone(self),
            route: route.clone(),
            ask: Arc::clone(ask),
            settled,
        }
    }

    /// Closes every session once its jobs are over.
    pub fn close(&self) {
        for shared in self.lock().drain().flat_map(|(_, list)| list) {
            shared.close();
        }
    }

    /// Returns when no session is open.
    pub async fn ended(&self) {
        let mut threads = self.threads.subscribe();
        let _none = threads.wait_for(|count| *count == 0).await.is_ok();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Route, Vec<Arc<Shared>>>> {
        self.open.lock()
    }

    /// Gives it to a session that has room, or to a new one.
    fn place(&self, route: &Route, mut task: Task, ask: &Arc<dyn Ask>) {
        let mut open = self.lock();
        let list = open.entry(route.shared()).or_default();
        list.retain(|shared| !shared.is_closed());
        for shared in &*list {
            match shared.give(task) {
                Ok(()) => return,
                Err(back) => task = back,
            }
        }
        match begin(route, ask, Thread::of(&self.threads)) {
            Ok(shared) => match shared.give(task) {
                Ok(()) => list.push(shared),
                Err(task) => task.send_back(),
            },
            Err(error) => {
                let why = format!("a session could not be set up here: {error}");
                task.settle_refused(Refusal::new(Reason::LinkLost, why));
            }
        }
    }
}

/// A command that was given to a session. Dropped, nobody hears what comes of it, and it is not placed anew.
pub struct Handle {
    sessions: Arc<Sessions>,
    route: Route,
    ask: Arc<dyn Ask>,
    settled: tokio::sync::mpsc::Receiver<Settled>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("host", &self.route.name)
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// What came of the command, once it is over; until then, what its session cannot do is done in another one.
    pub async fn ended(mut self) -> Ended {
        let mut tries = 1;
        while let Some(settled) = self.settled.recv().await {
            match settled {
                Settled::Ended(ended) => return ended,
                Settled::Again(_) if tries == TRIES => {
                    return lost("the host closed every session before the command could start");
                }
                Settled::Again(back) => {
                    tries += 1;
                    self.sessions.place(&self.route, back, &self.ask);
                }
                Settled::Look {
                    command,
                    seen,
                    wake,
                } => {
                    // If it fails, the sender is dropped, and that is an answer too.
                    drop(self.look(command).await.map(|text| seen.send(text)));
                    wake.nudge();
                }
            }
        }
        lost("its session's thread ended unexpectedly")
    }

    /// Runs something of our own, for what it prints. In a box, since a look may want another look.
    fn look(&self, command: String) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + '_>> {
        Box::pin(async move {
            let (text, printed) = mpsc::channel();
            let exec = Exec {
                job: JobId::new(),
                command,
                pty: None,
                graces: Vec::new(),
                in_batch: None,
            };
            let (_controls, orders) = controls().ok()?;
            let (sessions, output) = (&self.sessions, Box::new(Printed(text)));
            let look = sessions.submit(&self.route, exec, output, orders, &self.ask);
            let is_seen = look.ended().await.exit == Exit::Code { code: 0 };
            is_seen.then(|| printed.try_iter().flatten().collect())
        })
    }
}

/// A session's thread. It waits for its first job before it does anything.
fn begin(route: &Route, ask: &Arc<dyn Ask>, counted: Thread) -> io::Result<Arc<Shared>> {
    let shared = Arc::new(Shared::new()?);
    let (its, route, ask) = (Arc::clone(&shared), route.clone(), Arc::clone(ask));
    thread::Builder::new()
        .name(format!("ssh {}", route.name))
        .spawn(move || {
            let _counted = counted;
            its.wait_for_first();
            driver::live(&its, &route, &*ask);
        })?;
    Ok(shared)
}

/// Passes stdout on.
struct Printed(mpsc::Sender<Vec<u8>>);

impl Output for Printed {
    fn started(&mut self, _: &Remote) {}

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        if stream == Stream::Stdout {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn noise(&mut self, _: &[u8]) {}
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.close();
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
        notes: Vec::new(),
    }
}
