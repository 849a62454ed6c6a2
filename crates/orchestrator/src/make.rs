//! Makefile projects: where they are known from, what their makefiles offer, and the exact command that runs a target.
//!
//! ```text
//! registry, projects   mkcli's registry ∪ folders added in the app ∪ the demo; who is trusted
//! scan                 targets, docs and variables, read from the text; runs no command
//! database             make's own list of targets, asked only of a trusted project
//! argv, line           targets and variables, or make's own arguments → program and arguments, or why not
//! environment, login   what a job inherits; what the login shell has
//! failure              the recipe that failed, from make's own `***` lines
//! git                  the commit a job started from
//! ask                  a program asked a short question, with a limit on time and output
//! ```
//!
//! It imports only the nouns: it knows no job's life, no store, no socket. Reading a project runs no command; `database`,
//! `git` and `login` run programs and say so.

pub mod argv;
mod command_line;
pub mod database;
pub mod environment;
pub mod failure;
pub mod git;
pub mod login;
pub mod projects;
pub mod registry;
pub mod scan;
pub(crate) mod short_command;

pub use argv::{Assignment, Command, Refusal, Run, argv, carrier, direnv, shell};
pub use command_line::{Elsewhere, Line, line};
pub use database::database;
pub use environment::{FOR_ITSELF, environment, with_login};
pub use failure::{Failure, How, failure};
pub use login::{Known, Login};
pub use projects::{Folders, Projects};
pub use scan::{
    Previewed, Stamps, copy_dotenv_sample, danger, danger_of_recipe, echoed, is_secret_name,
    makefile, preview, previews, scan, scan_files, scan_stamped, settle,
};
