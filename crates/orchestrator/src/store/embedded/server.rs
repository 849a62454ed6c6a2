//! One server process: started, or adopted if it is there already; seen to be ready; stopped. It signals only what it
//! knows to be ours.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal};
use sqlx::{ConnectOptions, Connection};
use tokio::{process::Child, time::Instant};

use super::{
    broken, cannot,
    cluster::{self, ROLE},
    note::{Note, clear, cluster_name, mark_of},
    process::{Process, is_server},
    programs::Programs,
    server_folders::{PORT, ServerFolders},
};
use crate::store::{Address, StoreError};

/// Recovery after a crash replays the log, which may take its time; longer than this something is wrong.
const TO_BE_READY: Duration = Duration::from_secs(600);
/// How often is looked whether a starting server is ready: it says so in a file.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// What stops a server, and how long each may take: end the sessions, drop everything, kill.
const TO_STOP: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(30)),
    (Signal::QUIT, Duration::from_secs(10)),
    (Signal::KILL, Duration::from_secs(10)),
];
/// Beside what a person watches, the archive may wait: a busy processor goes to make, its supervisor and the socket first.
const NICE: i32 = 5;
/// A log larger than this is put aside at the next start.
const LARGEST_LOG: u64 = 1024 * 1024;

/// A server that was seen to be ready.
pub(super) struct Server {
    process: Process,
    /// If we are its parent: it is waited for.
    child: Option<Child>,
    pub(super) sockets: PathBuf,
}

impl Server {
    /// Adopts the server that is there, or makes the data if there is none and starts one.
    pub(super) async fn bring_up(
        place: &ServerFolders,
        progress: impl Fn(&str),
    ) -> Result<Self, StoreError> {
        if let Some(server) = Self::adopt(place, &progress).await? {
            return Ok(server);
        }
        let programs = Programs::fitting(place)?;
        if !place.data().exists() {
            progress(&format!(
                "setting up PostgreSQL {} for the first time",
                programs.version
            ));
            cluster::make(place, &programs)?;
        }
        progress(&format!("starting PostgreSQL {}", programs.version));
        clear(place).await?;
        cluster::admit(place)?;
        Self::start(place, &programs, &progress).await
    }

    async fn adopt(
        place: &ServerFolders,
        progress: &impl Fn(&str),
    ) -> Result<Option<Self>, StoreError> {
        let Some(note) = Note::read(place) else {
            return Ok(None);
        };
        // First held, then looked at: so what is looked at is what is held.
        let held = Process::open(note.pid)
            .map_err(|error| broken(format!("cannot watch a server: {error}")))?;
        let Some(process) = held.filter(|_| {
            is_server(
                note.pid,
                &mark_of(&place.data(), place.uid(), &cluster_name(place)),
            )
        }) else {
            return Ok(None);
        };
        progress("finding PostgreSQL running already");
        let mut server = Self {
            process,
            child: None,
            sockets: note.sockets,
        };
        match server.ready(place, note.pid, progress).await {
            Ok(()) => Ok(Some(server)),
            // It is ours and cannot be reached: its socket was deleted, or it hangs.
            Err(_) => {
                server.stop().await?;
                Ok(None)
            }
        }
    }

    async fn start(
        place: &ServerFolders,
        programs: &Programs,
        progress: &impl Fn(&str),
    ) -> Result<Self, StoreError> {
        let sockets = place.sockets()?;
        let log = open_log(&place.log()).map_err(|error| cannot("write", &place.log(), &error))?;
        let mut command = place.command(&programs.bin.join("postgres"));
        command.arg("-D").arg(place.data());
        for setting in settings(place, &sockets) {
            command.arg("-c").arg(setting);
        }
        let errors = log
            .try_clone()
            .map_err(|error| cannot("write", &place.log(), &error))?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let fails = |error: io::Error| {
            broken(format!(
                "cannot run {}: {error}",
                programs.bin.join("postgres").display()
            ))
        };
        let child = tokio::process::Command::from(command)
            .spawn()
            .map_err(fails)?;
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let pid = pid.ok_or_else(|| ended(place))?;
        let process = Process::open(pid)
            .map_err(fails)?
            .ok_or_else(|| ended(place))?;
        // Archiving can wait for a processor; the jobs that are archived should not.
        if let Err(error) = rustix::process::setpriority_process(Some(pid), NICE) {
            tracing::debug!(%error, "the server is as important as what it stores");
        }
        let mut server = Self {
            process,
            child: Some(child),
            sockets,
        };
        match server.ready(place, pid, progress).await {
            Ok(()) => Ok(server),
            // A server that was started and did not become ready must not outlive this call.
            Err(error) => {
                server.stop().await?;
                Err(error)
            }
        }
    }

    /// Waits until it says that it is ready, and answers.
    async fn ready(
        &mut self,
        place: &ServerFolders,
        pid: Pid,
        progress: &impl Fn(&str),
    ) -> Result<(), StoreError> {
        let begun = Instant::now();
        let mut patient = false;
        loop {
            tokio::select! {
                () = self.ended() => return Err(ended(place)),
                () = tokio::time::sleep(BETWEEN_LOOKS) => {}
            }
            match Note::read(place) {
                Some(note) if note.pid == pid && note.ready => break,
                _ if begun.elapsed() > TO_BE_READY => {
                    return Err(broken("the server did not get ready in 10 minutes"));
                }
                _ if begun.elapsed() > Duration::from_secs(3) && !patient => {
                    progress("PostgreSQL is putting its data in order after a crash");
                    patient = true;
                }
                _ => {}
            }
        }
        answers(&self.sockets).await
    }

    /// Waits until the process is gone.
    pub(super) async fn ended(&mut self) {
        match &mut self.child {
            Some(child) => drop(child.wait().await),
            None => self.process.ended().await,
        }
    }

    /// Stops it, and waits until it is gone. It loses no data, and clients get the server's notice.
    pub(super) async fn stop(&mut self) -> Result<(), StoreError> {
        for (signal, limit) in TO_STOP {
            self.process.signal(signal);
            if tokio::time::timeout(limit, self.ended()).await.is_ok() {
                // Empty now; if it is not, it stays.
                drop(fs::remove_dir(&self.sockets));
                return Ok(());
            }
        }
        Err(broken("the server cannot be stopped"))
    }
}

/// The settings that a server is started with; they override those of its own files.
fn settings(place: &ServerFolders, sockets: &Path) -> [String; 12] {
    [
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories=\"{}\"", sockets.display()),
        "unix_socket_permissions=0700".to_owned(),
        format!("port={PORT}"),
        format!("cluster_name={}", cluster_name(place)),
        "fsync=on".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
        // Each app and each command line holds a few connections.
        "max_connections=200".to_owned(),
        // It shares a disk with the spools it empties: what it keeps of its own log is taken from their room.
        "max_wal_size=64MB".to_owned(),
        "min_wal_size=32MB".to_owned(),
        "wal_compression=on".to_owned(),
    ]
}

/// The address of a server with its socket file in this folder.
pub(super) fn address(sockets: &Path) -> Address {
    Address::socket(sockets, PORT, ROLE, ROLE)
}

/// Whether a ready server is there, by its own note, and answers.
pub(super) async fn reachable(place: &ServerFolders) -> Option<PathBuf> {
    let note = Note::read(place).filter(|note| note.ready)?;
    answers(&note.sockets).await.ok()?;
    Some(note.sockets)
}

async fn answers(sockets: &Path) -> Result<(), StoreError> {
    let address = address(sockets);
    let ask = async {
        let mut connection = address.options.connect().await?;
        sqlx::query("select 1").execute(&mut connection).await?;
        connection.close().await
    };
    match tokio::time::timeout(Duration::from_secs(5), ask).await {
        Ok(answer) => answer.map_err(|error| StoreError::of(&address.shown(), error)),
        Err(_) => Err(broken(
            "the server reports that it is ready, but does not answer",
        )),
    }
}

/// The server ended before it was ready: its own last words say why. Those of its guardian, which are in the same file,
/// repeat them.
fn ended(place: &ServerFolders) -> StoreError {
    let log = fs::read(place.log()).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log
        .trim_end()
        .lines()
        .rev()
        .filter(|line| !line.starts_with("vmo: "))
        .take(6)
        .collect();
    let last: Vec<&str> = lines.into_iter().rev().collect();
    broken(format!(
        "the server ended before it was ready; the end of {}: {}",
        place.log().display(),
        last.join(" / ")
    ))
}

pub(super) fn open_log(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|about| about.len() > LARGEST_LOG) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}
