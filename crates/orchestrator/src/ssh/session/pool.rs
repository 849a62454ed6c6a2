//! The sessions that are open, and which job goes to which.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{by_own_ssh, driver};
use crate::{
    job::{Exit, JobId},
    log::Stream,
    ssh::{
        config::route::{OwnSsh, Route},
        exec::{
            known_raw::KnownRaw,
            orders::{Orders, controls},
            task::{Exec, Output, REPLIES, Remote, RemoteExit, Settled, Task, Unfinished},
            tree,
        },
        failure::{Reason, Refusal},
        inbox::Shared,
        login::ask::{Ask, Question},
    },
};
use parking_lot::{Mutex, MutexGuard};
use supervisor::control::ToSupervisor;
use tokio::{sync::watch, task::spawn_blocking};

/// How often a job that a dying session gave back is placed again.
const TRIES: usize = 3;

/// How long a host that is away is tried, and how long is waited in between, at least and at most.
const LONGEST_TRY: Duration = Duration::from_secs(3600);
const SHORTEST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// How long a session without a job is kept.
const IDLE: Duration = Duration::from_secs(600);

/// All sessions of this process: one for each way to a host, shared by its jobs, closed when idle.
#[derive(Debug)]
pub struct Sessions {
    open: Mutex<HashMap<Route, Way>>,
    /// How many threads of sessions there are.
    threads: watch::Sender<usize>,
    /// How long a session without a job is kept.
    idle: Duration,
}

/// A way to a host: its sessions, and what they have found out about it.
#[derive(Debug, Default)]
struct Way {
    sessions: Vec<Arc<Shared>>,
    known_raw: Arc<KnownRaw>,
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
        Self::kept_for(IDLE)
    }

    /// None open yet; one without a job is kept for this long.
    #[must_use]
    pub fn kept_for(idle: Duration) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            threads: watch::Sender::default(),
            idle,
        })
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
            known_raw: Arc::clone(&self.lock().entry(route.shared()).or_default().known_raw),
            env: route.env.clone(),
            forwards_agent: route.forward_agent.is_some(),
            own_ssh: route
                .own_ssh
                .as_ref()
                .map(|own| OwnSsh::line(&own.destination)),
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
        for shared in self.lock().drain().flat_map(|(_, way)| way.sessions) {
            shared.close();
        }
    }

    /// Returns when no session is open.
    pub async fn ended(&self) {
        let mut threads = self.threads.subscribe();
        let _none = threads.wait_for(|count| *count == 0).await.is_ok();
    }

    /// Does the rest of a cancel once the host is back, which is tried for an hour; whether no process is left there. A
    /// host that does not let us in by itself is not tried again.
    pub async fn finish(
        self: &Arc<Self>,
        route: &Route,
        unfinished: Unfinished,
        ask: &Arc<dyn Ask>,
    ) -> bool {
        let begun = Instant::now();
        let mut commands = unfinished.commands.into_iter().peekable();
        let mut rest = SHORTEST_REST;
        while let Some(command) = commands.peek().cloned() {
            match self.look(route, command, Vec::new(), ask).await {
                Ok(text) => {
                    if tree::survivors(&text).is_some_and(|left| left.is_empty()) {
                        return true;
                    }
                    commands.next();
                }
                Err(exit) if begun.elapsed() < LONGEST_TRY && may_come_back(&exit) => {
                    tokio::time::sleep(rest).await;
                    rest = (rest * 2).min(LONGEST_REST);
                }
                Err(_) => return false,
            }
        }
        false
    }

    /// Runs something of our own, for what it prints. In a box, since a look may want another look.
    ///
    /// # Errors
    /// How it ended, if not well.
    fn look<'a>(
        self: &'a Arc<Self>,
        route: &'a Route,
        command: String,
        input: Vec<u8>,
        ask: &'a Arc<dyn Ask>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, Exit>> + Send + 'a>> {
        Box::pin(async move {
            let (text, printed) = mpsc::channel();
            let exec = Exec {
                job: JobId::new(),
                command,
                sudo: false,
                pty: None,
                graces: Vec::new(),
                in_batch: None,
            };
            let failed = |error: io::Error| Exit::CouldNotStart {
                why: error.to_string(),
            };
            let (controls, orders) = controls().map_err(failed)?;
            if !input.is_empty() {
                controls.send(ToSupervisor::Input(input)).map_err(|_full| {
                    let why = "what it reads is longer than it may be".to_owned();
                    Exit::CouldNotStart { why }
                })?;
            }
            let look = self.submit(route, exec, Box::new(Printed(text)), orders, ask);
            match look.ended().await.exit {
                Exit::Code { code: 0 } => Ok(printed.try_iter().flatten().collect()),
                exit => Err(exit),
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Route, Way>> {
        self.open.lock()
    }

    /// Gives it to a session that has room, or to a new one.
    fn place(&self, route: &Route, mut task: Task, ask: &Arc<dyn Ask>) {
        let mut open = self.lock();
        let way = open.entry(route.shared()).or_default();
        way.sessions.retain(|shared| !shared.is_closed());
        for shared in &way.sessions {
            match shared.give(task) {
                Ok(()) => return,
                Err(back) => task = back,
            }
        }
        let known_raw = Arc::clone(&way.known_raw);
        match begin(route, ask, self.idle, Thread::of(&self.threads), known_raw) {
            Ok(shared) => match shared.give(task) {
                Ok(()) => way.sessions.push(shared),
                Err(task) => task.send_back(),
            },
            Err(error) => {
                let why = format!("a session could not be set up here: {error}");
                task.settle_refused(Refusal::new(Reason::LinkLost, why));
            }
        }
    }
}

/// A command that was given to a session. Once it is dropped, the command's end is not reported, and it is not started
/// again.
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
    pub async fn ended(mut self) -> RemoteExit {
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
                    input,
                    sender,
                    wake,
                } => {
                    // If it fails, the sender is dropped, and that is an answer too.
                    let looked = self.sessions.look(&self.route, command, input, &self.ask);
                    let looked = looked.await;
                    drop(looked.map(|text| sender.send(text)));
                    wake.nudge();
                }
                Settled::Password { sender, wake } => {
                    let (ask, host) = (Arc::clone(&self.ask), self.route.name.clone());
                    let user = self.route.user.clone();
                    // A job that is canceled meanwhile has this answered.
                    spawn_blocking(move || {
                        drop(sender.send(ask.ask(&host, Question::Sudo { user })));
                        wake.nudge();
                    });
                }
            }
        }
        lost("its session's thread ended unexpectedly")
    }
}

/// A session's thread. It waits for its first job before it does anything.
fn begin(
    route: &Route,
    ask: &Arc<dyn Ask>,
    idle: Duration,
    counted: Thread,
    known_raw: Arc<KnownRaw>,
) -> io::Result<Arc<Shared>> {
    let shared = Arc::new(Shared::new()?);
    let (its, route, ask) = (Arc::clone(&shared), route.clone(), Arc::clone(ask));
    thread::Builder::new()
        .name(format!("ssh {}", route.name))
        .spawn(move || {
            let _counted = counted;
            its.wait_for_first();
            match &route.own_ssh {
                Some(own) => by_own_ssh::live(&its, own, &route, &*ask),
                None => driver::live(&its, &route, &ask, idle, &known_raw),
            }
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

/// Whether a host that was not reached may be another time, without anybody's doing anything.
fn may_come_back(exit: &Exit) -> bool {
    let away = [
        Reason::Dns,
        Reason::Refused,
        Reason::Timeout,
        Reason::LinkLost,
    ];
    match exit {
        Exit::Unreachable { reason, .. } => away.iter().any(|away| away.word() == reason),
        Exit::Lost { .. } => true,
        _ => false,
    }
}

fn lost(why: &str) -> RemoteExit {
    RemoteExit {
        exit: Exit::Lost {
            why: why.to_owned(),
        },
        canceled: false,
        survivors: Vec::new(),
        complete: true,
        notes: Vec::new(),
        unfinished: None,
    }
}
