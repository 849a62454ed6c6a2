//! A job on its way from an engine to the process that holds its host's sessions.

use std::os::{fd::OwnedFd, unix::net::UnixListener};

use serde::{Deserialize, Serialize};
use supervisor::{exec::Grace, folder::Folder};

use crate::{job::JobId, ssh};

/// The name that it goes by in a [`supervisor::fork_server::Request`].
pub(super) const NAME: &str = "order";

/// What to run, and how to get there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The job.
    pub job: JobId,
    /// The way to its host.
    pub route: ssh::Route,
    /// The shell command, verbatim.
    pub command: String,
    /// Whether it runs as root, by `sudo` on the host.
    #[serde(default)]
    pub sudo: bool,
    /// Rows and columns, if it gets a terminal.
    pub pty: Option<(u16, u16)>,
    /// Which host of a batch it runs on; none outside of one.
    #[serde(default)]
    pub in_batch: Option<ssh::InBatch>,
    /// What cancel sends, in order.
    pub graces: Vec<Grace>,
    /// Free bytes of the disk below which it waits.
    pub floor: u64,
}

impl Order {
    /// What its session is to run.
    pub(super) fn exec(&self) -> ssh::Exec {
        ssh::Exec {
            job: self.job,
            command: self.command.clone(),
            sudo: self.sudo,
            pty: self.pty,
            graces: self.graces.clone(),
            in_batch: self.in_batch.clone(),
        }
    }
}

/// A job that has its turn.
#[derive(Debug)]
pub struct JobStart {
    /// What to run.
    pub order: Order,
    /// Which history it is for, as the engine names it; no secret.
    pub store: String,
    /// The job's folder.
    pub folder: Folder,
    /// Its control socket.
    pub listener: UnixListener,
    /// What it has for itself: it lasts as long as the job.
    pub turn: OwnedFd,
}
