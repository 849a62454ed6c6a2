//! What to run: `exec` in `job.json`, written by the engine before it starts a supervisor.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The format of a job folder and its spool. A reader refuses a larger one and says both numbers.
pub const FORMAT: u32 = 1;

/// How the names of variables begin that only tell a supervisor what is secret: the child does not get them.
pub const MASKED: &str = "VMO_MASK_";

/// A variable of its own environment that only its archiver gets: the address of the history may hold a password.
pub const DATABASE: &str = "VMO_DATABASE_URL";

/// A program to run, with everything about its start but its environment: that is the supervisor's own, handed on,
/// because an environment may hold secrets and a file must not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// The program, looked up in `PATH` if it has no slash.
    pub program: String,
    /// Its arguments, without the program's own name.
    pub args: Vec<String>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// A terminal of this size, if the job runs in one; its output is then all `stdout`.
    pub pty: Option<Window>,
    /// What cancel sends, in order.
    pub graces: Vec<Grace>,
    /// How long it may run, in milliseconds; then its tree is ended as by a cancel. The time a machine sleeps is not
    /// counted. None is no limit.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// The names of variables in its environment whose values are kept out of the log: a [`crate::mask`].
    #[serde(default)]
    pub secrets: Vec<String>,
    /// How many files the child may have open (the soft limit), if that is not as many as we may.
    #[serde(default)]
    pub open_files: Option<u64>,
    /// Started with the job's id as last argument when the job has ended and no engine has claimed it.
    pub archiver: Vec<String>,
    /// The environment of the archiver, beside `PATH` and `HOME`: names and values, no secrets.
    pub archiver_env: Vec<(String, String)>,
    /// The same, of values that are no text: their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub archiver_env_bytes: Vec<(String, Vec<u8>)>,
}

/// The size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Height.
    pub rows: u16,
    /// Width.
    pub cols: u16,
}

/// One step of a cancel: a signal, and how long to wait for the whole tree to go before the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// The signal's name: `INT`, `TERM` or `KILL`.
    pub signal: String,
    /// Milliseconds.
    pub wait_ms: u64,
}

impl Grace {
    /// INT for 3 s, TERM for 5 s, then KILL.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        [("INT", 3_000), ("TERM", 5_000), ("KILL", 1_000)]
            .map(|(signal, wait_ms)| Self {
                signal: signal.to_owned(),
                wait_ms,
            })
            .into()
    }
}
