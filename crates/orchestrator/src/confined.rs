//! What a process that has met a host may still do. The process that holds a host's sessions reads what that host sends, and
//! a hostile one may find a way to have it do what it wants. So once the first login is made the process **confines** itself:
//! it can open no file but those of jobs and its own, run no program, and reach no socket of this machine.
//!
//! What a later login needs is had in another way. Key files are kept in memory, the private ones only if they let us in
//! ([`key_file`]); the rest is done by the **keeper**, the small process that started this one and reads nothing that a host
//! sent: it opens the known hosts, connects to the agent, looks names up and starts the archiver, for the paths that were
//! named before the confinement and for no others.
//!
//! In a process without a keeper, as a test or the bench is, everything here is done at once and by itself.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod syscalls;
#[cfg(target_os = "linux")]
mod threads;
mod wish;

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{self, Read},
    net::{SocketAddr, ToSocketAddrs},
    os::unix::{fs::OpenOptionsExt, net::UnixStream},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretSlice};

pub(crate) use self::wish::{Needs, Wish, answer, next_wish};

/// What a private key file has in it.
const PRIVATE: &[u8] = b"PRIVATE KEY";

/// This process, if it may have to confine itself.
static PROCESS: OnceLock<Process> = OnceLock::new();

struct Process {
    keeper: Mutex<UnixStream>,
    /// The folders whose files it may make, read, write and remove.
    folders: Vec<PathBuf>,
    /// Whether the keeper does from now on what this process cannot.
    is_sealed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Key files that were read.
    kept: HashMap<PathBuf, SecretSlice<u8>>,
    /// Those of them that let us in.
    used: HashSet<PathBuf>,
    /// Whether it was confined, or found not to be for this.
    outcome: Option<Option<String>>,
}

/// Says that this process has a keeper, and will have to confine itself to these folders.
pub(crate) fn prepare(keeper: UnixStream, folders: Vec<PathBuf>) {
    let process = Process {
        keeper: Mutex::new(keeper),
        folders,
        is_sealed: AtomicBool::new(false),
        state: Mutex::default(),
    };
    // It is called once, at the start.
    drop(PROCESS.set(process));
}

/// Confines this process, if it has a keeper and was not confined before; `needs` is what its later logins do not do
/// without, or why it cannot be confined.
pub(crate) fn confine(needs: Result<Needs, String>) {
    let Some(process) = PROCESS.get() else {
        return;
    };
    let mut state = process.state.lock();
    if state.outcome.is_some() {
        return;
    }
    let confined = needs.and_then(|needs| {
        wish::ask(&process.keeper, &Wish::Seal(needs)).map_err(|error| error.to_string())?;
        let State { kept, used, .. } = &mut *state;
        kept.retain(|path, text| {
            used.contains(path) || memchr::memmem::find(text.expose_secret(), PRIVATE).is_none()
        });
        process.is_sealed.store(true, Ordering::SeqCst);
        restrict(&process.folders)
    });
    match &confined {
        Ok(()) => tracing::debug!("this process is confined"),
        Err(why) => tracing::warn!(why, "this process is not confined"),
    }
    state.outcome = Some(confined.err());
}

/// What a person may want to know: that a job's process is not confined, and why.
pub(crate) fn remark() -> Option<String> {
    let why = PROCESS.get()?.state.lock().outcome.clone()??;
    Some(format!(
        "the process that holds the session is not confined: {why}"
    ))
}

/// By what a session process is confined here.
///
/// # Errors
/// What this system does not offer, in words.
pub fn available() -> Result<String, String> {
    #[cfg(target_os = "linux")]
    return linux::available();
    #[cfg(not(target_os = "linux"))]
    Err("this system has neither Landlock nor seccomp".to_owned())
}

#[cfg(target_os = "linux")]
fn restrict(folders: &[PathBuf]) -> Result<(), String> {
    linux::restrict(folders)
}

#[cfg(not(target_os = "linux"))]
fn restrict(_: &[PathBuf]) -> Result<(), String> {
    available().map(drop)
}

/// This process, if its keeper has to do it.
fn sealed() -> Option<&'static Process> {
    let process = PROCESS.get()?;
    process.is_sealed.load(Ordering::SeqCst).then_some(process)
}

/// The bytes of a key file, as it was before the confinement.
///
/// # Errors
/// It cannot be read; in a confined process, if it is no public key and has not let us in before.
pub(crate) fn key_file(path: &Path) -> io::Result<Vec<u8>> {
    let Some(process) = PROCESS.get() else {
        return fs::read(path);
    };
    let mut state = process.state.lock();
    if process.is_sealed.load(Ordering::SeqCst) {
        let kept = state.kept.get(path);
        return kept.map_or_else(|| fs::read(path), |text| Ok(text.expose_secret().to_vec()));
    }
    let text = fs::read(path)?;
    state
        .kept
        .insert(path.to_owned(), SecretSlice::from(text.clone()));
    Ok(text)
}

/// Says that this private key has let us in.
pub(crate) fn has_let_in(path: &Path) {
    if let Some(process) = PROCESS.get() {
        process.state.lock().used.insert(path.to_owned());
    }
}

/// The bytes of a file of known hosts.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let Some(process) = sealed() else {
        return fs::read(path);
    };
    let (_, fd) = wish::ask(&process.keeper, &Wish::Read(path.to_owned()))?;
    let mut text = Vec::new();
    File::from(fd).read_to_end(&mut text)?;
    Ok(text)
}

/// A file of known hosts, to add to at its end.
///
/// # Errors
/// It cannot be written.
pub(crate) fn append_to(path: &Path) -> io::Result<File> {
    match sealed() {
        None => OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path),
        Some(process) => {
            let (_, fd) = wish::ask(&process.keeper, &Wish::Append(path.to_owned()))?;
            Ok(File::from(fd))
        }
    }
}

/// Connects to an agent.
///
/// # Errors
/// None listens there.
pub(crate) fn connect(path: &Path) -> io::Result<UnixStream> {
    let Some(process) = sealed() else {
        return UnixStream::connect(path);
    };
    let (_, fd) = wish::ask(&process.keeper, &Wish::Connect(path.to_owned()))?;
    Ok(UnixStream::from(fd))
}

/// The addresses of a name. It may block for as long as the system's resolver does.
///
/// # Errors
/// Those of the resolver.
pub(crate) fn resolve(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let Some(process) = sealed() else {
        return Ok((name, port).to_socket_addrs()?.collect());
    };
    let (addresses, _) = wish::ask(&process.keeper, &Wish::Resolve(name.to_owned(), port))?;
    Ok(addresses)
}

/// Has the keeper start what archives jobs that no engine follows.
///
/// # Errors
/// The program cannot be started, or there is no keeper.
pub(crate) fn archive() -> io::Result<()> {
    let process = PROCESS.get().ok_or(io::ErrorKind::NotFound)?;
    wish::ask(&process.keeper, &Wish::Archive).map(drop)
}
