//! What the page can ask of what is to be started.

use serde::{Deserialize, Serialize};

use crate::job::JobId;
#[cfg(doc)]
use crate::wire::Reply;
use crate::{
    launch::{Copied, CopiedAs, Sought, Start},
    presets::Preset,
};

/// What the page can ask of what is to be started.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LaunchRequest {
    /// What exactly a launch would run, and what to think of before; no job is started: [`Reply::Preview`].
    Preview(Start),
    /// Looks for a project's folder on hosts, by a job on each of them: [`Reply::Checkouts`], once all have answered.
    LookOnHosts(Sought),
    /// The line for a terminal that runs the same, without secrets: [`Reply::Line`].
    Copy {
        /// The job or launch.
        what: Copied,
        /// By which program.
        by: CopiedAs,
    },
    /// Starts a job, or one on each of several hosts: [`Reply::Started`].
    Start(Start),
    /// Starts the same again: [`Reply::Started`].
    RunAgain {
        /// The job to repeat.
        job: JobId,
        /// Its seal, as the person saw the job: another one is refused.
        seen: String,
        /// As [`Start::Command`]'s; and the owner, of a job that this installation did not start as it now is, once a
        /// person has seen what it runs.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
        confirmed: Vec<String>,
    },
    /// What was last filled in for a target, and what was kept under a name: [`Reply::Presets`].
    Presets {
        /// The project's name.
        project: String,
        /// The target.
        target: String,
    },
    /// Keeps what is filled in for a target under a name, in the place of what had that name: [`Reply::Presets`].
    SavePreset {
        /// The project's name.
        project: String,
        /// The target.
        target: String,
        /// The preset.
        preset: Preset,
    },
    /// Drops what was kept under a name: [`Reply::Presets`].
    ForgetPreset {
        /// The project's name.
        project: String,
        /// The target.
        target: String,
        /// The preset's name.
        name: String,
    },
}
