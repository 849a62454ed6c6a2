//! How a job ended: `exit.json`, and the last word on the control socket.

use serde::{Deserialize, Serialize};

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Exit {
    /// It exited.
    Code {
        /// 0 to 255.
        code: i32,
    },
    /// A signal ended it.
    Signal {
        /// The signal's name without `SIG`, as `KILL`; `34` if it has none.
        signal: String,
        /// Whether it left a core dump.
        core: bool,
    },
    /// It ran longer than it may, so it was ended.
    TimedOut {
        /// How long it was given, in milliseconds.
        after_ms: u64,
        /// The signal that ended it, without `SIG`; none if it took one as a word to exit.
        signal: Option<String>,
    },
    /// The host could not be reached or refused the login, so the command did not run. Of a job on a host.
    Unreachable {
        /// The kind: `dns`, `refused`, `timeout`, `host_key_unknown`, `host_key_changed`, `auth_failed`, …
        reason: String,
        /// A fragment for a person.
        why: String,
    },
    /// We lost sight of it; what became of it is not known. No supervisor writes this.
    Lost {
        /// A fragment for a person.
        why: String,
    },
    /// It was never there: no such program, no such folder, no permission.
    CouldNotStart {
        /// A sentence fragment for a person: `make: not found in PATH`.
        why: String,
    },
}

/// What the supervisor knows when the child has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// How it ended.
    pub ended: Exit,
    /// Whether a cancel was asked for before it ended.
    pub canceled: bool,
    /// When the child was started: microseconds since 1970. None if it could not be.
    pub started_at: Option<i64>,
    /// When it ended: microseconds since 1970, never before `started_at`.
    pub finished_at: i64,
    /// Where the spool ended when this was written: a position as [`crate::spool`] counts.
    pub spool_end: u64,
    /// False while a process that outlived the child still holds its output: more may come.
    pub complete: bool,
    /// Processes that were still there: after a cancel, what the last signal did not end; else what was left running.
    pub survivors: Vec<Survivor>,
    /// What a person may want to know of how it ran, in words. A job on a host alone has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A process that outlived the job's child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// Its process id.
    pub pid: i32,
    /// Its command line, at most 200 characters.
    pub command: String,
}
