//! The process that holds the sessions with one host, from its start to its end.

use std::{
    fs,
    io::{self, ErrorKind},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rustix::net::sockopt;
use supervisor::{
    apart::SESSION,
    folder::Folder,
    fork_server::{self, Request},
    identity::Identity,
    inherited,
};
use tokio::{runtime::Handle, time::timeout};

use super::{
    census::{Census, Count, JobCounted},
    order::{NAME, Order},
    remote::RemoteJob,
};
use crate::{confined, folders::Folders, runtime::runtime, ssh::Sessions};

/// How long the process stays when it is not needed: the next command of a script finds it, and an engine that has
/// just connected has time to say what it wants.
const LINGER: Duration = Duration::from_secs(1);
/// How long the sessions may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Engines that are connected at most; more are turned away.
const MOST: usize = 64;
/// Threads that sync spools and write ends down, at most.
const WRITERS: usize = 4;
/// Bytes of stack of a thread that takes jobs.
const STACK: usize = 256 << 10;

/// All that a job needs of the process.
#[derive(Clone)]
struct Desk {
    sessions: Arc<Sessions>,
    census: Census,
    identity: Identity,
    runtime: Handle,
}

/// Lives as the session process of this folder. Its keeper's socket is its standard input, and by that come its own socket
/// and the folder's lock; no thread is there but the caller's, and no other file is open.
///
/// # Errors
/// It was not started as one; those of the system.
pub fn live(folder: &Path) -> io::Result<()> {
    let (keeper, listener, lock) = handed()?;
    inherited::leave_session()?;
    inherited::leave_streams(0..2)?;
    inherited::leave_no_core()?;
    // Where a ProxyCommand's relative paths begin, and no folder that somebody may want to unmount.
    let home = std::env::var_os("HOME").unwrap_or_else(|| "/".into());
    if std::env::set_current_dir(home).is_err() {
        std::env::set_current_dir("/")?;
    }
    let own = i32::try_from(std::process::id()).map_err(io::Error::other)?;
    let identity = Identity::of(own)?;
    let place = Folder::open(folder)?;
    place.write_json(SESSION, &identity)?;
    confined::prepare(keeper, own_folders(folder)?);
    let runtime = runtime(
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WRITERS)
            .thread_keep_alive(Duration::from_secs(1)),
    )?;
    let desk = Desk {
        sessions: kept_for().map_or_else(Sessions::new, Sessions::kept_for),
        census: Census::default(),
        identity,
        runtime: runtime.handle().clone(),
    };
    let served = runtime.block_on(serve(listener, &desk));
    // Under the lock: the next process makes the folder again.
    let swept = fs::remove_dir_all(folder);
    drop(lock);
    runtime.shutdown_background();
    served.and(swept)
}

/// What the keeper hands over: its socket, our own, and the folder's lock.
fn handed() -> io::Result<(UnixStream, UnixListener, OwnedFd)> {
    let stranger = || {
        let why = "this is started by vm-orchestrator, for its sessions with a host";
        io::Error::new(ErrorKind::InvalidInput, why)
    };
    let keeper = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let handed = fork_server::next(&keeper).map_err(|_no_socket| stranger())?;
    let Request { stdin, stdout, .. } = handed.ok_or_else(stranger)?;
    fork_server::answer(&keeper, &Ok(()))?;
    if !matches!(sockopt::socket_acceptconn(&stdin), Ok(true)) {
        return Err(stranger());
    }
    Ok((keeper, UnixListener::from(stdin), stdout))
}

/// Those whose files this process makes, reads and writes: the jobs', and those of sessions, from where it removes its own.
fn own_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let sessions = folder.parent().ok_or(ErrorKind::NotFound)?;
    Ok(vec![Folders::of_user()?.jobs(), sessions.to_owned()])
}

/// How long a session without a job is kept, if the environment says so in seconds, as tests do.
fn kept_for() -> Option<Duration> {
    let text = std::env::var("VMO_SESSION_IDLE").ok()?;
    text.parse().ok().map(Duration::from_secs)
}

/// Takes jobs until the process is no longer needed.
async fn serve(listener: UnixListener, desk: &Desk) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let over = is_over(desk);
    tokio::pin!(over);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, _)) => {
                    if let Err(error) = welcome(connection.into_std()?, desk) {
                        tracing::warn!(%error, "an engine is turned away");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "an engine could not connect");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = &mut over => break,
        }
    }
    drop(listener);
    desk.sessions.close();
    let _gone = timeout(GOODBYE, desk.sessions.ended()).await.is_ok();
    Ok(())
}

/// Returns when the process takes no job any more.
async fn is_over(desk: &Desk) {
    let mut changes = desk.census.changes();
    loop {
        let idle = |count: &Count| count.jobs == 0;
        if changes.wait_for(idle).await.is_err() {
            return;
        }
        // No engine is there that could want another command, or there is no session for it.
        let count = *changes.borrow_and_update();
        tokio::select! {
            () = desk.sessions.ended(), if count.engines > 0 => {}
            () = std::future::ready(()), if count.engines == 0 => {}
            _changed = changes.changed() => continue,
        }
        let stays = timeout(LINGER, changes.changed()).await.is_err();
        if stays && desk.census.close() {
            return;
        }
    }
}

/// Takes jobs from an engine as long as that is connected, on a thread of its own.
fn welcome(connection: UnixStream, desk: &Desk) -> io::Result<()> {
    connection.set_nonblocking(false)?;
    is_ours(&connection)?;
    if desk.census.changes().borrow().engines >= MOST {
        return Err(io::Error::new(
            ErrorKind::ResourceBusy,
            "too many are connected",
        ));
    }
    let (desk, counted) = (desk.clone(), desk.census.engine());
    thread::Builder::new()
        .name("engine".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            let _counted = counted;
            if let Err(error) = hear(&connection, &desk) {
                tracing::debug!(%error, "an engine is gone");
            }
        })?;
    Ok(())
}

/// Whether it is this user who connected; the folder's mode says so already.
fn is_ours(connection: &UnixStream) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let theirs = sockopt::socket_peercred(connection)?.uid;
        if theirs != rustix::process::geteuid() && !theirs.is_root() {
            return Err(ErrorKind::PermissionDenied.into());
        }
    }
    Ok(())
}

fn hear(connection: &UnixStream, desk: &Desk) -> io::Result<()> {
    while let Some(request) = fork_server::next(connection)? {
        // Unanswered, it is handed to the next process.
        let Some(counted) = desk.census.job() else {
            return Ok(());
        };
        let outcome = desk.take(request, counted);
        fork_server::answer(connection, &outcome)?;
    }
    Ok(())
}

impl Desk {
    fn take(&self, request: Request, counted: JobCounted) -> io::Result<()> {
        let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
        let words = request.environment.iter();
        let mut order = words.filter(|(name, _)| name == NAME).map(|(_, text)| text);
        let order = order.next().ok_or_else(invalid)?;
        let order: Order =
            serde_json::from_slice(order.as_encoded_bytes()).map_err(|_| invalid())?;
        let folder = Folder::open(request.folder)?;
        let remote = RemoteJob {
            sessions: Arc::clone(&self.sessions),
            order,
            folder,
            holder: self.identity.clone(),
            turn: request.stdout,
            counted: Arc::new(counted),
        };
        let _in_runtime = self.runtime.enter();
        remote.supervise(request.stdin.into())
    }
}
