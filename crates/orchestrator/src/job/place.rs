//! Where a job's command runs, and what is known of it there.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a job's command runs, and what is known of it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// On this machine.
    Here(Here),
    /// On a host.
    Host {
        /// Its name in the SSH config.
        name: String,
        /// Whether its command runs as root there, by `sudo`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sudo: bool,
        /// Whether it only looks there for what a person wants to run, and no list of theirs has it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        looks: bool,
    },
}

/// A local job's process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Here {
    /// The exact program and arguments.
    pub argv: Vec<String>,
    /// The working directory; none if a row of the history does not say.
    pub cwd: Option<PathBuf>,
    /// How its environment differs from the app's own, by name.
    pub environment: Vec<EnvironmentChange>,
    /// The commit its folder was at, and how many files differed from it.
    pub commit: Option<Commit>,
}

/// What a variable of a job's environment is beside what it is in the app's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnvironmentChange {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: EnvironmentChanged,
    /// By whom or why, in a word or two: `login shell`, `direnv`, `would change make`.
    pub by: String,
    /// Its value in the job, if it is known to be harmless, as that of `PATH`.
    pub value: Option<String>,
}

/// What became of a variable of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum EnvironmentChanged {
    /// It is in the job's alone.
    Added,
    /// It has another value there.
    Changed,
    /// It is not there.
    Removed,
}

/// Where a git work tree was when a job started in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Commit {
    /// The first ten digits of its hash.
    pub hash: String,
    /// The branch, if there is one.
    pub branch: Option<String>,
    /// Files that differ from it.
    pub dirty: u32,
    /// Whether no file was compared with it, as in a folder that is not trusted: `dirty` is 0 then and has no meaning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub not_compared: bool,
}
