//! The keeper: starts a session process, and does for it what that cannot do once it is confined (see
//! [`confined`](crate::confined)). It reads nothing that a host sent, and no secret but the address of the history, which
//! comes by its environment and which the session process does not get.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind},
    net::ToSocketAddrs,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{fs::OpenOptionsExt, net::UnixStream, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use parking_lot::Mutex;
use rustix::net::sockopt;
use supervisor::{
    apart::KEEPER, exec::DATABASE, folder::Folder, fork_server, identity::Identity, inherited,
};

use crate::{
    confined::{self, Needs, Wish},
    folders,
};

/// What is no business of a process that a hostile host may look into, and of the commands that it starts.
const NOT_FOR_IT: [&str; 4] = [DATABASE, "DATABASE_URL", "PGPASSWORD", "VMO_JOB"];
/// Wishes that are worked on at once; more are turned away.
const MOST: usize = 32;
/// Bytes of stack of a thread that works on one: the resolver needs some.
const STACK: usize = 256 << 10;

/// Lives as the keeper of this folder's session process, until that is gone. The process's socket is its standard input, the
/// folder's lock its standard output.
///
/// # Errors
/// It was not started as one; those of the system.
pub fn keep(folder: &Path) -> io::Result<()> {
    let (listener, lock) = inherited::handed()?;
    if !matches!(sockopt::socket_acceptconn(&listener), Ok(true)) {
        let why = "this is started by vm-orchestrator, for its sessions with a host";
        return Err(io::Error::new(ErrorKind::InvalidInput, why));
    }
    inherited::leave_session()?;
    inherited::leave_streams(0..2)?;
    inherited::leave_no_core()?;
    let own = i32::try_from(std::process::id()).map_err(io::Error::other)?;
    Folder::open(folder)?.write_json(KEEPER, &Identity::of(own)?)?;
    let (ours, its) = UnixStream::pair()?;
    let mut session = start(folder, its)?;
    fork_server::ask(&ours, folder, [], [listener.as_fd(), lock.as_fd()])?;
    // The lock's life is the session process's.
    drop((listener, lock));
    let (needs, working) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
    while let Some((wish, to)) = confined::next_wish(&ours)? {
        serve(wish, to, &needs, &working);
    }
    session.wait().map(drop)
}

fn start(folder: &Path, its: UnixStream) -> io::Result<std::process::Child> {
    let mut command = Command::new(folders::program("vmo")?);
    for name in NOT_FOR_IT {
        command.env_remove(name);
    }
    command
        .arg("session")
        .arg(folder)
        .stdin(Stdio::from(OwnedFd::from(its)))
        .stdout(Stdio::null())
        .spawn()
}

/// Answers a wish, on a thread of its own; what cannot be answered is hung up.
fn serve(
    wish: Wish,
    to: UnixStream,
    needs: &Arc<Mutex<Option<Needs>>>,
    working: &Arc<AtomicUsize>,
) {
    if working.fetch_add(1, Ordering::Relaxed) >= MOST {
        working.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let (needs, its) = (Arc::clone(needs), Arc::clone(working));
    let begun = thread::Builder::new().stack_size(STACK).spawn(move || {
        let outcome = fulfil(wish, &needs);
        if let Err(error) = confined::answer(&to, outcome) {
            tracing::debug!(%error, "a wish was not waited for");
        }
        its.fetch_sub(1, Ordering::Relaxed);
    });
    if begun.is_err() {
        working.fetch_sub(1, Ordering::Relaxed);
    }
}

type Outcome = io::Result<(Vec<std::net::SocketAddr>, Option<OwnedFd>)>;

fn fulfil(wish: Wish, needs: &Mutex<Option<Needs>>) -> Outcome {
    let is_named = |path: &Path, list: fn(&Needs) -> &Vec<PathBuf>| {
        let named = needs.lock();
        let listed = named
            .as_ref()
            .is_some_and(|needs| list(needs).iter().any(|one| one == path));
        if listed {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(libc::EACCES))
        }
    };
    let with = |fd: OwnedFd| (Vec::new(), Some(fd));
    match wish {
        Wish::Seal(named) => {
            let mut needs = needs.lock();
            if needs.is_some() {
                return Err(io::Error::from_raw_os_error(libc::EPERM));
            }
            *needs = Some(named);
            Ok((Vec::new(), None))
        }
        Wish::Read(path) => {
            is_named(&path, |needs| &needs.read)?;
            Ok(with(File::open(path)?.into()))
        }
        Wish::Append(path) => {
            is_named(&path, |needs| &needs.append)?;
            let mut options = OpenOptions::new();
            options.append(true).create(true).mode(0o600);
            Ok(with(options.open(path)?.into()))
        }
        Wish::Connect(path) => {
            is_named(&path, |needs| &needs.connect)?;
            Ok(with(UnixStream::connect(path)?.into()))
        }
        Wish::Resolve(name, port) => Ok(((name.as_str(), port).to_socket_addrs()?.collect(), None)),
        Wish::Archive => {
            archive()?;
            Ok((Vec::new(), None))
        }
    }
}

/// Starts what archives jobs that no engine follows. Its environment is ours, which is that of the engine that started us: so
/// it finds the same history.
fn archive() -> io::Result<()> {
    let mut command = Command::new(folders::program("vmo")?);
    command.arg("archive");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    let mut archiver = command.spawn()?;
    // Reaped as long as we live.
    thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || archiver.wait())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read};

    use super::*;

    #[test]
    fn a_keeper_does_what_was_named_before_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("known_hosts"), "known").unwrap();
        fs::write(path("id"), "secret").unwrap();
        let needs = Mutex::default();
        let refused = |wish| fulfil(wish, &needs).unwrap_err().raw_os_error();
        // Before anything is named.
        assert_eq!(refused(Wish::Read(path("known_hosts"))), Some(libc::EACCES));
        let named = Needs {
            read: vec![path("known_hosts")],
            ..Needs::default()
        };
        fulfil(Wish::Seal(named), &needs).unwrap();
        let (_, fd) = fulfil(Wish::Read(path("known_hosts")), &needs).unwrap();
        let mut text = String::new();
        File::from(fd.unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "known");
        let other = Needs {
            read: vec![path("id")],
            ..Needs::default()
        };
        assert_eq!(refused(Wish::Seal(other)), Some(libc::EPERM));
        for path in [path("id"), path("sub/../known_hosts"), path("./id")] {
            assert_eq!(refused(Wish::Read(path.clone())), Some(libc::EACCES));
            assert_eq!(refused(Wish::Append(path.clone())), Some(libc::EACCES));
            assert_eq!(refused(Wish::Connect(path)), Some(libc::EACCES));
        }
        assert_eq!(
            refused(Wish::Append(path("known_hosts"))),
            Some(libc::EACCES)
        );
    }
}
