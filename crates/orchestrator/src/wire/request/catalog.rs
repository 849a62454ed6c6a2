//! What the page can ask of projects, hosts and what is saved of them.

use serde::{Deserialize, Serialize};

use crate::settings::MarkChange;
#[cfg(doc)]
use crate::wire::Reply;

/// What the page can ask of projects, hosts and what is saved of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CatalogRequest {
    /// Everything the frame shows: answered by [`Reply::Overview`]. Events follow from then on.
    Overview,
    /// The targets of a project, from a scan that runs no command: [`Reply::Scan`].
    Targets {
        /// Its name.
        project: String,
    },
    /// Adds a folder with a makefile: [`Reply::Project`].
    AddProject {
        /// The folder, absolute or starting with `~/`.
        path: String,
    },
    /// Takes an added project off the list; no file of it changes: [`Reply::Ok`].
    RemoveProject {
        /// Its name.
        name: String,
    },
    /// Allows the targets of a project to be run: [`Reply::Ok`].
    TrustProject {
        /// Its name.
        name: String,
    },
    /// Asks for it again before any of them runs: [`Reply::Ok`].
    DistrustProject {
        /// Its name.
        name: String,
    },
    /// Opens the person's editor at a project's makefile, or where it has a target: [`Reply::Edited`].
    EditMakefile {
        /// The project's name.
        project: String,
        /// The target's name.
        target: Option<String>,
    },
    /// Shows a project's folder in the desktop's program for files: [`Reply::Ok`].
    OpenFolder {
        /// The project's name.
        project: String,
    },
    /// Allows a command of the SSH config to run here: [`Reply::Ok`].
    AllowCommand {
        /// Its text as the config writes it.
        command: String,
    },
    /// Says whether at most one job of a project runs at once: [`Reply::Ok`].
    SetExclusive {
        /// Its name.
        name: String,
        /// Whether the project becomes exclusive.
        exclusive: bool,
    },
    /// Copies the sample of a project's missing dotenv file to its place (`.env.sample` to `.env`): [`Reply::Ok`].
    CopyDotenvSample {
        /// The project's name.
        project: String,
    },
    /// Changes what is asked before something runs on hosts or on those of tags, or the color of tags: [`Reply::Ok`].
    Mark {
        /// The hosts' names, and tags as `@tag`.
        on: Vec<String>,
        /// What becomes of their marks.
        change: MarkChange,
    },
    /// Asks for all marks: [`Reply::Marks`].
    Marks,
    /// Says whether a host is in production, as [`Self::Mark`] does too; one that is by a tag is no longer: [`Reply::Ok`].
    MarkProduction {
        /// The host's name in the SSH config.
        host: String,
        /// Whether the host is in production.
        production: bool,
    },
    /// Keeps a command in a host's row of saved commands: [`Reply::Ok`].
    SaveCommand {
        /// The host; none means every host.
        host: Option<String>,
        /// The shell command.
        command: String,
    },
    /// Drops a saved command: [`Reply::Ok`].
    ForgetCommand {
        /// The host it was saved for; none means every host.
        host: Option<String>,
        /// The shell command.
        command: String,
    },
}
