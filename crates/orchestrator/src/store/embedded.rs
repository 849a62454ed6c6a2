//! Our own private Postgres, for those who have configured none: found, made, started by the first comer, and stopped
//! when the last one has left, however they left. On unix it listens on no network; Windows: not yet.
//!
//! Three lock files in `<data folder>/postgres` do all the telling, since a lock goes with its process:
//! - **holders**: everyone who uses the server holds it shared. The **guardian**, a process of its own in a session of its
//!   own, waits for it alone: then nobody is left, and after lingering a little it stops the server.
//! - **guardian**: the guardian holds it while it lives. Who uses the server waits for it shared: then the guardian is
//!   dead, and a new one is started, which adopts the server.
//! - **start**: held from before a guardian is started until its server is ready, by the starter and then by the guardian,
//!   which gets it as its standard input. So many starters at once get one server.
//!
//! ```text
//! server_folders  where its folders are              account   whose they are, if we are root
//! programs        which PostgreSQL to run            cluster   makes the data folder; who may log in
//! server          starts, adopts and stops one       note      what servers leave in their folders
//! process         another process, distinct from any later one
//! lock            file locks
//! guardian        keeps the server while anyone holds it
//! starter         holds it, and a guardian with it
//! ```

mod account;
mod cluster;
mod guardian;
mod lock;
mod note;
mod process;
mod programs;
mod server;
mod server_folders;
mod starter;

pub use guardian::guardian;
pub use programs::Programs;
pub use server_folders::{data_folder, shared_account};
pub use starter::{Running, start};

use std::{io, path::Path};

use super::StoreError;

/// A failure to bring the server up, with what to try.
fn broken(why: impl Into<String>) -> StoreError {
    StoreError::Embedded { why: why.into() }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> StoreError {
    broken(format!("cannot {what} {}: {error}", path.display()))
}
