//! A job as the page and `--json` show it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::job::{
    self, Commit, EnvironmentChange, Exit, Here, JobId, MakeOptions, NamedSpot, Place, Prompt,
    Seal, Status, Waits,
};

/// A job as the page and `--json` show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whether its command runs here or on a host.
    #[serde(rename = "type")]
    pub kind: JobType,
    /// The project's name, of a target.
    pub project: Option<String>,
    /// The targets, separated by spaces.
    pub target: Option<String>,
    /// The targets, one by one; none of a command.
    pub targets: Vec<String>,
    /// The host; none means this machine.
    pub host: Option<String>,
    /// Whether its command runs as root on its host, by `sudo`.
    pub sudo: bool,
    /// The command line as a person would type it.
    pub command: String,
    /// Where it is.
    pub status: Status,
    /// Its exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended it, without `SIG`.
    pub signal: Option<String>,
    /// How it ended, in words; none while it has not or has ended well.
    pub reason: Option<String>,
    /// The place in a file that `reason` names as the cause, and the words around it.
    pub named_spot: Option<NamedSpot>,
    /// What a queued one waits for, in words, if that is not a matter of an instant.
    pub waits: Option<String>,
    /// The same, to be told apart.
    pub waits_for: Option<Waits>,
    /// Processes of it that were still there when it was over, as `sleep 1000 (pid 123)`.
    pub survivors: Vec<String>,
    /// What else is to be known of how it ran on a host, each in words.
    pub notes: Vec<String>,
    /// Why its host was not reached or did not let us in, as a word: `dns`, `refused`, `timeout`, `host_key_unknown`,
    /// `host_key_changed`, `auth_failed`, `route_unsupported`, `needs_consent`, `gssapi`, `pkcs11`, `known_hosts_command`,
    /// `host_certificate`, `algorithms`, `server_too_old`, `link_lost`.
    pub unreachable: Option<String>,
    /// When it was asked for.
    pub queued_at: DateTime<Utc>,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
    /// Lines in its log.
    pub lines: u64,
    /// Bytes in its log.
    pub bytes: u64,
    /// Its batch.
    pub batch: Option<Uuid>,
    /// The exact program and arguments, of a local job.
    pub argv: Vec<String>,
    /// The variables given to make; a secret one has no value here.
    pub variables: Vec<(String, Option<String>)>,
    /// How make was asked, of targets.
    pub options: MakeOptions,
    /// The working directory of a local job.
    pub cwd: Option<String>,
    /// How the environment of a local job differs from the app's own, by name.
    pub environment: Vec<EnvironmentChange>,
    /// Whether it runs in a terminal.
    pub pty: bool,
    /// Where its git work tree was.
    pub commit: Option<Commit>,
    /// Who owns it: `user@machine`.
    pub owner: String,
    /// Whether its owner has not been heard from for half a minute, so that it may have changed by now.
    pub is_silent: bool,
    /// Why what it writes is not read just now, so that it waits; none while it is read.
    pub paused: Option<String>,
    /// What it waits for a person to type, by its last line and who reads; none while it does something else.
    #[cfg_attr(test, ts(type = "'text' | 'secret' | null"))]
    pub prompt: Option<Prompt>,
    /// The last signal that it was sent to end it; none before, and when it is over.
    pub last_signal: Option<LastSignal>,
    /// Why its log does not get into the history, though it is tried again and again; none while all goes well.
    pub unarchived: Option<String>,
    /// Stands for all that decides what it runs: run again takes it back, so that what a person saw is what runs.
    pub seal: String,
}

impl From<job::Job> for Job {
    fn from(job: job::Job) -> Self {
        let seal = Seal::of(&job).text();
        let (project, target) = (job.project().map(ToOwned::to_owned), job.target());
        let (targets, options) = (job.targets().to_vec(), job.options());
        let (reason, named_spot) = (job.reason(), job.named_spot());
        let waits_for = job.state.waits().cloned();
        let sudo = job.sudo();
        let (host, here) = match job.place {
            Place::Here(here) => (None, here),
            Place::Host { name, .. } => (Some(name), Here::default()),
        };
        Self {
            id: job.id,
            kind: if host.is_some() {
                JobType::Ssh
            } else {
                JobType::Local
            },
            project,
            target,
            targets,
            host,
            sudo,
            command: job.command,
            status: job.state.status(),
            exit_code: job.state.exit_code(),
            signal: job.state.signal().map(ToOwned::to_owned),
            reason,
            named_spot,
            waits: waits_for.as_ref().map(ToString::to_string),
            waits_for,
            survivors: job.survivors.iter().map(job::survivor).collect(),
            unreachable: match job.state.exit() {
                Some(Exit::Unreachable { reason, .. }) => Some(reason.clone()),
                _ => None,
            },
            notes: job.notes,
            queued_at: job.queued_at,
            started_at: job.state.started_at(),
            finished_at: job.state.finished_at(),
            lines: job.lines,
            bytes: job.bytes,
            batch: job.batch,
            argv: here.argv,
            variables: job.variables,
            options,
            cwd: here.cwd.map(|cwd| cwd.display().to_string()),
            environment: here.environment,
            pty: job.pty,
            commit: here.commit,
            owner: job.owner,
            is_silent: job.is_silent,
            paused: job.paused,
            prompt: job.prompt,
            last_signal: job.last_signal.map(Into::into),
            unarchived: job.unarchived,
            seal,
        }
    }
}

/// A signal on the way to a job's end, and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LastSignal {
    /// Its name without `SIG`.
    pub signal: String,
    /// The next one, if some of the job are then left; none after the last.
    pub next: Option<NextSignal>,
    /// Whether a person asked for the end; otherwise the job's time was over.
    pub requested: bool,
}

/// A signal that is still to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NextSignal {
    /// Its name without `SIG`.
    pub signal: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl From<job::LastSignal> for LastSignal {
    fn from(sent: job::LastSignal) -> Self {
        Self {
            signal: sent.signal,
            next: sent.next.and_then(|next| {
                Some(NextSignal {
                    signal: next.signal,
                    at: DateTime::from_timestamp_micros(next.at)?,
                })
            }),
            requested: sent.requested,
        }
    }
}

/// Where a job's command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum JobType {
    /// On this machine.
    Local,
    /// On a host.
    Ssh,
}
