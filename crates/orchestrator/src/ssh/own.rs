//! The user's own `ssh`, for hosts that it alone can reach (Kerberos, PKCS#11, `KnownHostsCommand`, certificates of hosts),
//! each after a person has allowed that. A **process** of it is what a channel of a session is elsewhere: the same wrapper
//! goes over it, and the same marks come back.
//!
//! Its own words go to a file, so that they are neither in the output nor lost; what it asks comes to a socket, by our program
//! in the place of `ssh-askpass`. Both are in a folder that only this user can open, and that goes with the process.

pub(super) mod askpass;
pub(super) mod process;
mod words;

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use self::{askpass::Askpass, process::Process};
use super::config::route::{OwnSsh, Route};
use crate::{folders, job::JobId};

/// After how many seconds of silence it asks for a sign of life, and how many it may miss, if its config does not say.
const ALIVE: [&str; 4] = ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"];

/// The user's own `ssh` for one job.
pub(super) struct Own {
    how: OwnSsh,
    folder: PathBuf,
    within: Option<PathBuf>,
    connect_timeout: u64,
    has_alive: bool,
    askpass: Option<Askpass>,
    started: AtomicU32,
}

impl Own {
    /// Made ready, not started.
    ///
    /// # Errors
    /// Its folder cannot be made.
    pub(super) fn new(how: &OwnSsh, route: &Route) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("vmo-ssh-{}", JobId::new()));
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let mut own = Self {
            how: how.clone(),
            folder,
            within: route.folder.clone().filter(|folder| folder.is_dir()),
            connect_timeout: route.connect_timeout.as_secs().max(1),
            has_alive: route.alive_interval.is_some(),
            askpass: None,
            started: AtomicU32::new(0),
        };
        if !route.batch_mode {
            own.askpass = Some(Askpass::listen(&own.folder)?);
        }
        Ok(own)
    }

    /// One process more, not started yet.
    pub(super) fn process(&self) -> Process {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.join(format!("{number}.log"));
        let (plain, terminal) = (self.command(&log, false), self.command(&log, true));
        Process::new([plain, terminal], log, self.how.destination.clone())
    }

    /// What it asks.
    pub(super) fn askpass(&self) -> Option<&Askpass> {
        self.askpass.as_ref()
    }

    fn command(&self, log: &Path, terminal: bool) -> Command {
        let mut command = Command::new("ssh");
        command.env_remove("VMO_JOB").envs(self.how.env.clone());
        if let Some(folder) = &self.within {
            command.current_dir(folder);
        }
        // A terminal is asked for by force: its input is none of a person's.
        command.arg(if terminal { "-tt" } else { "-T" });
        if let Some(config) = &self.how.config {
            command.arg("-F").arg(config);
        }
        command.arg("-E").arg(log).arg("-x");
        for option in [
            "LogLevel=ERROR",
            "RemoteCommand=none",
            "ClearAllForwardings=yes",
            "PermitLocalCommand=no",
            "EscapeChar=none",
        ] {
            command.args(["-o", option]);
        }
        if !self.has_alive {
            command.args(ALIVE);
        }
        command.args(["-o", &format!("ConnectTimeout={}", self.connect_timeout)]);
        let program = folders::program("vmo");
        match (&self.askpass, program) {
            (Some(askpass), Ok(program)) => {
                command.env("SSH_ASKPASS", program);
                command.env("SSH_ASKPASS_REQUIRE", "force");
                command.env(askpass::SOCKET, askpass.socket());
            }
            _ => {
                command.args(["-o", "BatchMode=yes"]);
            }
        }
        command.arg("--").arg(&self.how.destination);
        command
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::debug!(%error, folder = %self.folder.display(), "not removed");
        }
    }
}
