//! The guardian: a process that keeps one server for as long as anyone holds it, and soon becomes a child of init.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use supervisor::{apart::GUARDIAN, folder::Folder, identity::Identity};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    broken,
    lock::{Lock, Mode},
    server::Server,
    server_folders::{ServerFolders, socket},
};
use crate::{runtime::runtime, store::StoreError};

/// How long the server stays when the last has left: the next command may come at once.
const LINGER: Duration = Duration::from_secs(3);
/// How long a guardian may take to go.
const TO_GO: Duration = Duration::from_secs(60);
/// Between two looks whether the socket file is there.
const TO_SWEEP: Duration = Duration::from_secs(2);
/// Between attempts to start a server again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a guardian tells its starter, a line of JSON each on its standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// What it does now, for a person.
    Step(String),
    /// The server is ready, with its socket file in this folder.
    Ready(PathBuf),
    /// It cannot be started.
    Failed(String),
    /// Its data is another version's.
    OtherMajor {
        folder: String,
        found: String,
        known: String,
    },
}

impl Word {
    fn of(error: StoreError) -> Self {
        match error {
            StoreError::OtherMajor {
                folder,
                found,
                known,
            } => Self::OtherMajor {
                folder,
                found,
                known,
            },
            StoreError::Embedded { why } => Self::Failed(why),
            error => Self::Failed(error.to_string()),
        }
    }

    /// To the starter. That it may be gone is no fault.
    fn send(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            let mut out = io::stdout().lock();
            drop(writeln!(out, "{line}").and_then(|()| out.flush()));
        }
    }
}

/// Is the guardian of the embedded server of an app's data folder: starts or adopts the server, tells the starter on the
/// standard output, stays while anyone holds it, lingers 3 s (`VMO_POSTGRES_LINGER_MS` milliseconds), stops the server.
/// The standard input has to be the start lock, which is let go when the server is ready.
///
/// # Errors
/// If the server cannot be brought up or stopped.
pub fn guardian(app: &Path) -> Result<(), StoreError> {
    // A session of its own: what ends the starter's terminal does not end this. Fails if it leads one already.
    rustix::process::setsid().ok();
    let app = std::path::absolute(app).map_err(|error| broken(error.to_string()))?;
    // No folder of the starter's is kept from being unmounted or removed.
    std::env::set_current_dir("/").ok();
    let runtime = runtime(tokio::runtime::Builder::new_current_thread().enable_all())
        .map_err(|error| broken(error.to_string()))?;
    let outcome = runtime.block_on(keep(&app));
    runtime.shutdown_background();
    outcome
}

async fn keep(app: &Path) -> Result<(), StoreError> {
    // Before there is a server, so that this cannot fail once there is one.
    let mut signals =
        EndSignals::new().map_err(|error| broken(format!("cannot wait for signals: {error}")))?;
    let (place, _lock, server) = match begin(app).await {
        Ok(begun) => begun,
        Err(error) => {
            let why = error.to_string();
            Word::of(error).send();
            return Err(broken(why));
        }
    };
    Word::Ready(server.sockets.clone()).send();
    flock(io::stdin(), FlockOperation::Unlock).ok();
    watch(&place, server, &mut signals).await
}

async fn begin(app: &Path) -> Result<(ServerFolders, Lock, Server), StoreError> {
    let place = ServerFolders::of(app)?;
    let lock = Lock::within(TO_GO, &place.guardian(), Mode::Alone)
        .await
        .map_err(|error| broken(format!("an earlier guardian does not end: {error}")))?;
    if let Err(error) = write_down(app) {
        // A cancel of the job whose command started us may then end us, and another guardian comes.
        eprintln!("guardian: {GUARDIAN}: {error}");
    }
    let server = Server::bring_up(&place, |step| Word::Step(step.to_owned()).send()).await?;
    Ok((place, lock, server))
}

/// Says who guards, so that no job's supervisor takes us for a part of its job.
fn write_down(app: &Path) -> io::Result<()> {
    let own = i32::try_from(std::process::id()).map_err(io::Error::other)?;
    Folder::open(app)?.write_json(GUARDIAN, &Identity::of(own)?)
}

/// Whether a signal asked the guardian to end.
struct EndSignals {
    term: Signal,
    int: Signal,
}

impl EndSignals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

/// What wakes a guardian.
enum Event {
    ServerGone,
    Left(io::Result<Lock>),
    Signal,
    /// The server takes no new clients: its socket file is gone.
    Swept,
}

async fn watch(
    place: &ServerFolders,
    mut server: Server,
    signals: &mut EndSignals,
) -> Result<(), StoreError> {
    let holders = place.holders();
    let mut alone = Box::pin(Lock::wait(&holders, Mode::Alone));
    loop {
        let sockets = server.sockets.clone();
        let event = tokio::select! {
            () = server.ended() => Event::ServerGone,
            lock = &mut alone => Event::Left(lock),
            () = signals.wait() => Event::Signal,
            () = swept(&sockets) => Event::Swept,
        };
        match event {
            Event::ServerGone => {
                server = tokio::select! {
                    started = again(place) => started?,
                    () = signals.wait() => return Ok(()),
                }
            }
            Event::Swept => {
                eprintln!(
                    "guardian: the socket in {} is gone",
                    server.sockets.display()
                );
                server.stop().await?;
                server = tokio::select! {
                    started = again(place) => started?,
                    () = signals.wait() => return Ok(()),
                }
            }
            Event::Signal => return server.stop().await,
            Event::Left(left) => {
                // The next comer must not wait for it.
                drop(left);
                drop(tokio::time::timeout(linger(), server.ended()).await);
                // If there is no lock to be had, its folder is gone, and no process can hold it any more.
                let lock = Lock::now(&holders, Mode::Alone);
                if !matches!(lock, Ok(None)) {
                    return server.stop().await;
                }
                alone = Box::pin(Lock::wait(&holders, Mode::Alone));
            }
        }
    }
}

/// Returns when the server's socket file is not there: a folder of temporary files is swept, a run-time folder is made again.
async fn swept(sockets: &Path) {
    while socket(sockets).exists() {
        tokio::time::sleep(TO_SWEEP).await;
    }
}

/// Starts the server again when it is gone: killed, crashed, its disk full. As long as anyone waits for it, with ever
/// longer pauses.
async fn again(place: &ServerFolders) -> Result<Server, StoreError> {
    let mut pause = Duration::from_millis(50);
    loop {
        match Server::bring_up(place, |step| eprintln!("guardian: {step} again")).await {
            Ok(server) => return Ok(server),
            Err(error) => eprintln!("guardian: failed to {error}"),
        }
        if !matches!(Lock::now(&place.holders(), Mode::Alone), Ok(None)) {
            return Err(broken("the server is gone, and so is everyone who used it"));
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn linger() -> Duration {
    std::env::var("VMO_POSTGRES_LINGER_MS")
        .ok()
        .and_then(|text| text.parse().ok())
        .map_or(LINGER, Duration::from_millis)
}
