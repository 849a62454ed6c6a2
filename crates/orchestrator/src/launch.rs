//! A launch: what a person wants started, and what it would run.

pub mod argv;
pub mod checkout;
pub mod script;

use serde::{Deserialize, Serialize};

use crate::{
    batch::Rules,
    job::{JobId, MakeOptions},
    project::Danger,
};

/// The command of a shell in a terminal, here or on a host: the login shell of whoever signs in. `job.ts` has it too.
pub const SHELL: &str = r#"exec "${SHELL:-sh}" -l"#;

/// What to start.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Start {
    /// Targets of a project, as one job here.
    Target {
        /// The project's name.
        project: String,
        /// At least one.
        targets: Vec<String>,
        /// Names and values for make, in order.
        variables: Vec<(String, String)>,
        /// Whether it gets a terminal.
        pty: bool,
        /// What to do if it is exclusive and runs already; none means as the settings say.
        #[serde(default)]
        #[cfg_attr(test, ts(optional))]
        when_busy: Option<WhenBusy>,
        /// How make is asked.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<MakeOptions>"))]
        options: MakeOptions,
    },
    /// Targets of a project on hosts, each in the project's folder there: one job each. Several are a batch.
    TargetOnHosts {
        /// The project's name here.
        project: String,
        /// At least one.
        targets: Vec<String>,
        /// Names and values for make, in order; none of them a secret.
        variables: Vec<(String, String)>,
        /// Whether it gets a terminal.
        pty: bool,
        /// How make is asked.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<MakeOptions>"))]
        options: MakeOptions,
        /// The hosts.
        on: Vec<InFolder>,
        /// As [`Self::Command`]'s.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
        confirmed: Vec<String>,
        /// How it is run on several hosts.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Rules>"))]
        rules: Rules,
    },
    /// A shell command.
    Command {
        /// The command line.
        command: String,
        /// The hosts, one job each; none means one job here. Several are a batch.
        hosts: Vec<String>,
        /// The folder of a job here, absolute; none means the home folder.
        #[serde(default)]
        cwd: Option<String>,
        /// Whether it gets a terminal.
        pty: bool,
        /// The names of hosts in production that a person typed: a dangerous command runs only on those that are named.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
        confirmed: Vec<String>,
        /// How it is run on several hosts.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Rules>"))]
        rules: Rules,
    },
}

/// A host, and the project's folder there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InFolder {
    /// The host's name.
    pub host: String,
    /// The folder, absolute; none means the one in which the project was last found there.
    pub folder: Option<String>,
    /// Why it was not reached, if it was not: nothing is started there then, and it is so in the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub unreached: Option<Unreached>,
}

/// Why a host is not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Unreached {
    /// In words.
    pub why: String,
    /// As a word: `dns`, `timeout`, `auth_failed`, ... as of a job.
    pub reason: String,
}

/// A project's folder that is looked for on hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sought {
    /// The project's name here.
    pub project: String,
    /// The targets that are to run there.
    pub targets: Vec<String>,
    /// The hosts, at least one.
    pub hosts: Vec<String>,
    /// The folder there, absolute or below the home folder there as `~/shop`; none means wherever it is found.
    pub folder: Option<String>,
}

/// What becomes of a job that wants for itself what another job has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum WhenBusy {
    /// It waits in the queue.
    #[default]
    Wait,
    /// It is not started.
    Refuse,
}

/// What a launch would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Preview {
    /// The line a person would type, without secrets.
    pub line: String,
    /// The exact program and arguments, without secrets; empty for a command on a host.
    pub argv: Vec<String>,
    /// The folder it would run in; none for a command on a host.
    pub cwd: Option<String>,
    /// The recipe of the targets named, with the values known so far in it: as far as can be seen without running
    /// anything.
    pub recipe: Vec<String>,
    /// Why it asks before it runs; none if it does not.
    pub dangers: Vec<Danger>,
    /// Of the hosts, those marked as production: if something is dangerous, their names are to be typed.
    pub production: Vec<String>,
    /// Of the hosts, those on which anything asks before it runs; those in production are among them.
    pub asking: Vec<String>,
    /// A hash of the hosts and of where they are, which the start is given back in its rules; none here.
    #[cfg_attr(test, ts(optional))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<String>,
    /// What else is worth knowing, in sentences: an `override` in the makefile that goes before a value given here.
    pub notes: Vec<String>,
    /// The rule that forbids it, if one does.
    pub refusal: Option<String>,
}

/// What is copied as a line for a terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Copied {
    /// What a job ran.
    Job {
        /// The job.
        job: JobId,
    },
    /// What a launch would run.
    Start {
        /// The launch.
        start: Box<Start>,
    },
}

/// By which program the copied line runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CopiedAs {
    /// Its own: `make` of targets, `ssh` of a command on a host, the shell of one here.
    Plain,
    /// `vmo`, which keeps it in the history.
    Vmo,
}
