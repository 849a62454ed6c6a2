//! A process of ours that becomes the supervisors of local jobs, so that no click waits for a program to start: see
//! [`supervisor::fork_server`].
//!
//! The first job of an engine is started without it, for most command lines start just one. It ends with the engine,
//! however that ends, since then its socket is closed. It can be done without: if it fails, it is killed, and the
//! supervisor is started as a program. That one and one the fork server may have become meanwhile cannot both take the job:
//! the first to make its spool does.

use std::{
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use parking_lot::Mutex;
use supervisor::fork_server;

use super::job_folder::SupervisorStart;
use crate::folders;

/// How long the fork server may take to answer; it takes less than a millisecond if it has a processor.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts supervisors.
#[derive(Debug)]
pub(in crate::engine) struct ForkServer {
    /// The folder of job folders.
    jobs: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// No job was started yet.
    Unasked,
    /// There is none; the next job brings it up.
    Wanted,
    /// It waits.
    There(There),
}

#[derive(Debug)]
struct There {
    process: Child,
    socket: UnixStream,
}

impl ForkServer {
    pub(in crate::engine) fn of(jobs: PathBuf) -> Self {
        Self {
            jobs,
            state: Mutex::new(State::Unasked),
        }
    }

    /// Starts a supervisor.
    ///
    /// # Errors
    /// If it cannot be started as a program either.
    pub(in crate::engine) fn start(&self, start: SupervisorStart) -> io::Result<()> {
        let mut state = self.state.lock();
        if let State::There(there) = &mut *state {
            match there.ask(&start) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(%error, "supervisors are started one by one: the fork server failed");
                    there.end();
                    *state = State::Unasked;
                }
            }
        }
        let mut supervisor = start.spawn()?;
        tokio::spawn(async move { supervisor.wait().await });
        *state = match &*state {
            State::Unasked => State::Wanted,
            _ => match There::new(&self.jobs) {
                Ok(there) => State::There(there),
                Err(error) => {
                    tracing::warn!(%error, "supervisors are started one by one: there is no fork server");
                    State::Unasked
                }
            },
        };
        Ok(())
    }
}

impl There {
    fn new(jobs: &std::path::Path) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_read_timeout(Some(PATIENCE))?;
        ours.set_write_timeout(Some(PATIENCE))?;
        let process = Command::new(folders::program("vmo-supervisor")?)
            .arg("--fork-server")
            // Its supervisors show their jobs' folders in this place, which are as long.
            .arg(jobs.join(uuid::Uuid::nil().to_string()))
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            socket: ours,
        })
    }

    fn ask(&self, start: &SupervisorStart) -> io::Result<()> {
        let environment = start.environment.iter();
        let environment = environment.map(|(name, value)| (&**name, &**value));
        let fds = [start.listener.as_fd(), start.turn.as_fd()];
        fork_server::ask(&self.socket, start.folder.path(), environment, fds)
    }

    /// Ends it: it forks no more supervisors.
    fn end(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            tracing::warn!(%error, "the fork server could not be ended");
        }
    }
}
