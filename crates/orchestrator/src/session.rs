//! A process for each way to a host: it holds the SSH sessions with that host, its secrets, and the spools and control
//! sockets of the jobs there, and outlives the app as a local job's supervisor does.
//!
//! ```text
//! processes   the engine's side: which process a job goes to, and starting it     starting
//! keeper      starts that process, and does what it cannot do once it is confined
//! process     the process itself: takes jobs, and ends when it is not needed       census
//! order       a job as it goes from one to the other
//! remote      a job's folder, kept as a supervisor keeps it                       socket, spooled, standing, archiver
//! asking      what a login asks of a person, through the job's control socket
//! ```
//!
//! **A process** is `vmo session FOLDER`, in a session of its own. Its folder, below `sessions` in the data folder, is named
//! by a digest of the way to the host, of the history and of the version of the program, so that two engines that want the
//! same share one, and an upgraded one starts its own. Whoever has the lock in the folder is the only process there: the
//! engine that starts it takes the lock, binds the socket, and hands both to `vmo keep FOLDER`, the keeper, and that to the
//! process, so that a connection succeeds before the process has run its first line. The lock goes with the process's life.
//!
//! **A job** is handed over as a supervisor's is: its listening control socket, its claims, and what to run. The process
//! answers once it has made the spool, which it does first of all, and which cannot be made twice; so a job that had no
//! answer is handed to the next process if there is no spool, and else is followed to whatever became of it.
//!
//! **Its end**: an engine keeps its connection open as long as it lives. Without a job, the process ends when no engine is
//! connected, or when its sessions are closed, which they are after ten idle minutes or a failed login. A canceled job whose
//! link broke keeps it until the host is back and the cancel is done, for an hour at most.

mod archiver;
mod asking;
mod census;
mod keeper;
mod order;
mod process;
mod processes;
mod remote;
mod standing;
mod starting;

use supervisor::{apart::SESSION, folder::Folder, identity::Identity};

pub use self::{
    asking::{Answer, Answered, HostQuestion, Wanted},
    keeper::keep,
    order::{JobStart, Order},
    process::live,
    processes::Processes,
    remote::{LEADER, process_group},
};

/// Whether the process that holds a job's session is there; false if none wrote down that it does.
#[must_use]
pub fn is_held(folder: &Folder) -> bool {
    let holder = folder.read_json::<Identity>(SESSION);
    holder.is_ok_and(|holder| holder.is_some_and(|holder| holder.is_alive()))
}
