//! The session processes that an engine is connected to, and which of them a job goes to.

use std::{
    collections::HashMap,
    ffi::OsStr,
    io::{self, ErrorKind},
    os::{
        fd::AsFd,
        unix::{ffi::OsStrExt, net::UnixStream},
    },
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use data_encoding::HEXLOWER;
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sha2::{Digest, Sha256};
use supervisor::fork_server;

use super::{
    order::{JobStart, NAME},
    starting,
};
use crate::{folders::Folders, ssh::Route};

/// How long a process may take to answer: it makes one file.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a job is handed to another process, if one ends in the moment that it is asked.
const TRIES: usize = 5;
/// How often the connections to processes that have ended are closed, at most.
const TIDY: Duration = Duration::from_secs(10);

/// A connection to one process, if there is one.
type Slot = Arc<Mutex<Option<UnixStream>>>;

/// The session processes of an engine. They notice its end by that of its connections.
#[derive(Debug)]
pub struct Processes {
    folders: Folders,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    slots: HashMap<String, Slot>,
    tidied: Instant,
}

impl Processes {
    /// Of an engine on these folders; none yet.
    #[must_use]
    pub fn of(folders: Folders) -> Self {
        Self {
            folders,
            open: Mutex::new(Open {
                slots: HashMap::new(),
                tidied: Instant::now(),
            }),
        }
    }

    /// Hands a job to the process of its host, which is started if it is not there. Returns once that has the job, which is
    /// before anything of it runs; it blocks for a few milliseconds.
    ///
    /// # Errors
    /// If no process can be started, or it cannot make the job's spool.
    pub fn start(&self, start: &JobStart) -> io::Result<()> {
        let name = name_of(&start.order.route, &start.store)?;
        let slot = self.slot(&name);
        let mut slot = slot.lock();
        let order = serde_json::to_vec(&start.order)?;
        let words = [(OsStr::new(NAME), OsStr::from_bytes(&order))];
        let mut tries = 1;
        loop {
            let process = match slot.take() {
                Some(process) => process,
                None => self.connect(&name)?,
            };
            let fds = [start.listener.as_fd(), start.turn.as_fd()];
            match fork_server::ask(&process, start.folder.path(), words, fds) {
                Ok(()) => {
                    *slot = Some(process);
                    return Ok(());
                }
                // It took the job, and was killed before it could say so: the engine that follows the job sees that.
                Err(error) if has_ended(&error) && start.folder.spool_dir().exists() => {
                    return Ok(());
                }
                Err(error) if has_ended(&error) && tries < TRIES => tries += 1,
                Err(error) => return Err(starting::explained(&self.place(&name), error)),
            }
        }
    }

    fn slot(&self, name: &str) -> Slot {
        let mut open = self.open.lock();
        if open.tidied.elapsed() > TIDY {
            open.tidied = Instant::now();
            open.slots.retain(|_, slot| is_of_use(slot));
        }
        Arc::clone(open.slots.entry(name.to_owned()).or_default())
    }

    fn connect(&self, name: &str) -> io::Result<UnixStream> {
        let process = starting::connect(&self.place(name), &self.folders)?;
        process.set_read_timeout(Some(PATIENCE))?;
        process.set_write_timeout(Some(PATIENCE))?;
        Ok(process)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folders.sessions().join(name)
    }
}

/// Whether somebody uses it just now, or its process is there.
fn is_of_use(slot: &Slot) -> bool {
    let Some(process) = slot.try_lock() else {
        return true;
    };
    let Some(process) = process.as_ref() else {
        return Arc::strong_count(slot) > 1;
    };
    // It writes only when asked: what can be read is its end.
    let mut fds = [PollFd::new(process, PollFlags::IN)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    !matches!(poll(&mut fds, Some(&now)), Ok(1..))
}

/// Whether an error says that the process is gone, or was about to go.
fn has_ended(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe
            | ErrorKind::ConnectionReset
            | ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionRefused
    )
}

/// The name of the folder of a way to a host: equal for all that may share a session, and whose jobs go to one history.
fn name_of(route: &Route, store: &str) -> io::Result<String> {
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.update(store);
    digest.update([0]);
    digest.update(serde_json::to_vec(&route.shared())?);
    Ok(HEXLOWER.encode(&digest.finalize()[..16]))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ssh::{Config, Purpose};

    #[test]
    fn one_process_for_all_that_may_share_a_session() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let hosts = [
            ("a", "ada", 22),
            ("b", "ada", 22),
            ("c", "bob", 22),
            ("d", "ada", 23),
        ];
        let blocks = hosts.map(|(name, user, port)| {
            format!("Host {name}\n HostName box\n User {user}\n Port {port}\n")
        });
        fs::write(&path, blocks.concat()).unwrap();
        let config = Config::read(&path, folder.path());
        let name = |host: &str| {
            let purpose = Purpose::new(None, &|_| true);
            let route = config.resolve_for(host, &purpose).unwrap();
            name_of(&route, "here").unwrap()
        };
        assert_eq!(name("a"), name("b"));
        assert_ne!(name("a"), name("c"));
        assert_ne!(name("a"), name("d"));
    }
}
