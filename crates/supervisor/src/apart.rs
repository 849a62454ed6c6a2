//! Processes that are no job's, wherever they were started: the supervisors of other jobs, the guardian of our Postgres and
//! the processes of SSH sessions.
//! A command of ours that runs in a job starts them, and the kernel makes that job's supervisor their parent. A cancel of
//! the job leaves them alone.
//!
//! Each is known by what it wrote down of itself, and not by its name: who has this identity, in the folder it says that
//! it works for. It leads a session of its own.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use crate::{
    folder::{Folder, JOB, SUPERVISOR, Supervisor},
    identity::Identity,
    stat::Stat,
};

/// Who guards the Postgres of a data folder, in that folder: an [`Identity`].
pub const GUARDIAN: &str = "guardian.json";

/// Who holds the sessions with a host, in the folder of these and in that of each of its jobs: an [`Identity`].
pub const SESSION: &str = "session.json";

/// Who started that process and works for it, in its folder: an [`Identity`].
pub const KEEPER: &str = "keeper.json";

/// What such processes are started with, before their folder.
const SESSION_WORD: &[u8] = b"session";
const KEEPER_WORD: &[u8] = b"keep";

/// The program of supervisors.
const PROGRAM: &[u8] = b"vmo-supervisor";

/// Whether a process that is below a job's supervisor is no part of that job.
#[must_use]
pub fn is_apart(pid: i32, stat: &Stat) -> bool {
    // A process that is apart left its starter's session first of all.
    if stat.session != pid {
        return false;
    }
    // A name is no proof, but saves reading the rest of everybody else: who goes through a tree that forks must be fast.
    match fs::read(format!("/proc/{pid}/comm")).as_deref() {
        Ok(b"vmo-supervisor\n") => is_supervisor(pid, stat),
        Ok(b"vmo\n") => is_session(pid, stat) || is_guardian(pid, stat),
        _ => false,
    }
}

/// A supervisor shows its job's folder as its last argument. It is one too while it has not written down who it is.
fn is_supervisor(pid: i32, stat: &Stat) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = line
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty());
    let (Some(program), Some(folder)) = (words.next(), words.next_back()) else {
        return false;
    };
    let folder = Path::new(OsStr::from_bytes(folder));
    if !folder.is_absolute() || !folder.join(JOB).exists() {
        return false;
    }
    match read::<Supervisor>(folder, SUPERVISOR) {
        Some(note) => is_who(&note.supervisor, pid, stat),
        None => program.ends_with(PROGRAM),
    }
}

/// A session process and its keeper show their folder as their last argument. One is such too while it has not written down
/// who it is.
fn is_session(pid: i32, stat: &Stat) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = line.split(|byte| *byte == 0).collect();
    let (note, folder) = match *words {
        [_, SESSION_WORD, folder, ..] => (SESSION, folder),
        [_, KEEPER_WORD, folder, ..] => (KEEPER, folder),
        _ => return false,
    };
    let folder = Path::new(OsStr::from_bytes(folder));
    match read::<Identity>(folder, note) {
        Some(holder) => is_who(&holder, pid, stat),
        None => folder.is_absolute() && folder.join(crate::control::SOCKET).exists(),
    }
}

/// A guardian has its data folder in its environment.
fn is_guardian(pid: i32, stat: &Stat) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0);
    let folder = variables.find_map(|variable| variable.strip_prefix(b"VMO_DATA_DIR="));
    let folder = folder.map(|folder| PathBuf::from(OsStr::from_bytes(folder)));
    let guardian = folder.and_then(|folder| read::<Identity>(&folder, GUARDIAN));
    guardian.is_some_and(|guardian| is_who(&guardian, pid, stat))
}

fn is_who(who: &Identity, pid: i32, stat: &Stat) -> bool {
    (who.pid, who.start) == (pid, stat.start)
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Option<T> {
    Folder::open(folder).ok()?.read_json(name).ok().flatten()
}
