//! From what a person asked for to a job with a folder and someone who supervises it.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStringExt, net::UnixListener},
    },
    path::Path,
    process::Stdio,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use supervisor::{
    control, disk,
    exec::{self, DATABASE, Exec, Window},
    folder::{self, Folder, Lock},
};

use super::{
    queue::{Claim, Turn},
    rules::Rules,
};
use crate::{
    folders,
    job::{Job, JobId},
    make, open_files, ssh,
};

/// The store that gets the job in the place of the one that it was started with, if a person said so.
const MOVED: &str = "moved.json";
/// How the name begins of a folder that is being made.
const NEW: &str = ".new-";
/// A folder that has been made for this long has been left there.
const LEFT: Duration = Duration::from_secs(600);

/// What the engine keeps of a job in its folder, as `job.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JobFile {
    /// The job as it was when it was asked for.
    pub(crate) job: Job,
    /// The store it was started with; no other one gets it.
    pub(crate) store: String,
    /// What its supervisor runs; none of a job on a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exec: Option<Exec>,
    /// What it has for itself while it runs: places in the file of claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<u64>,
    /// The boot of the machine in which it was asked for; none if an older version wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boot: Option<String>,
}

/// A job that can be run.
pub(crate) enum Plan {
    /// A program here.
    Local {
        /// With this environment and no other.
        environment: HashMap<OsString, OsString>,
        /// What it wants for itself.
        claims: Vec<Claim>,
    },
    /// A command on a host.
    Remote {
        /// How to get there.
        route: Box<ssh::Route>,
    },
}

impl Plan {
    /// What it wants for itself.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Local { claims, .. } => claims.clone(),
            Self::Remote { .. } => Vec::new(),
        }
    }
}

/// A job whose folder is there and whose control socket can be connected to, before anything runs.
pub(crate) struct Prepared {
    pub(crate) job: Job,
    pub(crate) folder: Folder,
    pub(crate) lock: Lock,
    pub(crate) listener: UnixListener,
}

/// The size of a job's terminal until a window reports its own.
pub(crate) const WINDOW: Window = Window {
    rows: 24,
    cols: 100,
};

/// Makes a job's folder: elsewhere at first, then moved into place whole, so that no engine finds half of one.
///
/// # Errors
/// What the disk says.
pub(crate) fn prepare(jobs: &Path, kept: JobFile) -> io::Result<Prepared> {
    has_room_for_files(jobs)?;
    let (making, place) = (
        jobs.join(format!("{NEW}{}", kept.job.id)),
        jobs.join(kept.job.id.to_string()),
    );
    let folder = Folder::create(making.as_path())?;
    let write = || -> io::Result<_> {
        let text = serde_json::to_vec(&kept)?;
        folder.write_first(folder::JOB, &text)?;
        folder.write_first(folder::JOB_COPY, &text)?;
        let lock = folder.try_lock()?.ok_or(io::ErrorKind::ResourceBusy)?;
        let listener = control::bind(folder.path())?;
        fs::rename(&making, &place)?;
        Ok((lock, listener))
    };
    match write() {
        Ok((lock, listener)) => Ok(Prepared {
            job: kept.job,
            folder: Folder::open(place)?,
            lock,
            listener,
        }),
        Err(error) => {
            remove(&making);
            Err(error)
        }
    }
}

/// Takes back a prepared job that will not be launched.
pub(crate) fn drop_prepared(prepared: Prepared) {
    remove(prepared.folder.path());
}

/// Removes what engines left that were killed while they made a job's folder or dropped it.
pub(crate) fn sweep(jobs: &Path) {
    for entry in fs::read_dir(jobs).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let age = entry.metadata().and_then(|it| it.modified());
        let is_old = age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT));
        let was_new = is_old && name.to_string_lossy().starts_with(NEW);
        if was_new || path.extension().is_some_and(|end| end == folder::GONE) {
            remove(&path);
        }
    }
}

/// Refuses if the disk is about to have no room for another file, however many bytes are free: a supervisor that cannot make
/// its own would die without a word.
fn has_room_for_files(jobs: &Path) -> io::Result<()> {
    match disk::free_files(jobs) {
        Ok(Some(free)) if free < disk::FILES => Err(io::Error::new(
            io::ErrorKind::StorageFull,
            format!("only {free} more files can be made on its disk (df -i): remove some"),
        )),
        // If it is not known, making them finds out.
        _ => Ok(()),
    }
}

/// What cannot be removed now is swept later.
fn remove(folder: &Path) {
    // Another engine may be at it in this moment.
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::debug!(folder = %folder.display(), %error, "a job's folder could not be removed");
    }
}

/// What is kept of the job in this folder.
///
/// # Errors
/// If there is no such file, or it cannot be read.
pub(crate) fn kept(folder: &Folder) -> io::Result<JobFile> {
    let read = |name: &str| {
        folder
            .read_json::<JobFile>(name)?
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no {name} is in it")))
    };
    let moved = |mut kept: JobFile| {
        if let Some(store) = folder.read_json(MOVED)? {
            kept.store = store;
        }
        Ok(kept)
    };
    let spoilt = match read(folder::JOB) {
        Ok(kept) => return moved(kept),
        Err(error) => error,
    };
    // Its folder says whose it is, and the copy is as old as the job.
    let id = folder.path().file_name().map(|name| name.to_string_lossy());
    match read(folder::JOB_COPY) {
        Ok(mut kept) if id.is_some_and(|id| id == kept.job.id.to_string()) => {
            let place = folder.path().join(folder::JOB);
            kept.job.damage = Some(format!(
                "what is known of it comes from a copy: {} cannot be read: {spoilt}",
                place.display()
            ));
            moved(kept)
        }
        _ => Err(spoilt),
    }
}

/// Has another store get the job, as `job.json` itself is never written again.
///
/// # Errors
/// What the disk says.
pub(crate) fn move_to(folder: &Folder, store: &str) -> io::Result<()> {
    folder.write_json_durably(MOVED, &store)
}

/// The command that archives a job that no engine follows.
fn archiver() -> io::Result<Vec<String>> {
    let vmo = folders::program("vmo")?.display().to_string();
    Ok(vec![vmo, "archive".into()])
}

/// What a supervisor is told to run.
pub(crate) fn exec(
    command: &make::Command,
    window: Option<Window>,
    rules: &Rules,
    folders: &folders::Folders,
) -> io::Result<Exec> {
    let archiver = archiver()?;
    let environment = folders::environment(folders).into_iter();
    Ok(Exec {
        format: exec::FORMAT,
        program: command.program.clone(),
        args: command.args.clone(),
        cwd: command.cwd.clone(),
        pty: window,
        graces: rules.graces.clone(),
        timeout_ms: rules.timeout,
        secrets: rules.secrets.clone(),
        open_files: open_files::open_files_of_jobs(),
        archiver,
        archiver_env: environment
            .clone()
            .filter_map(|(name, value)| Some((name, value.into_string().ok()?)))
            .collect(),
        archiver_env_bytes: environment
            .filter_map(|(name, value)| Some((name, value.into_string().err()?.into_vec())))
            .collect(),
    })
}

/// What the supervisor of a prepared local job is started with. The control socket becomes its standard input, so it can
/// be connected to before the supervisor runs, and a refused connection means that none does; its turn its standard output,
/// so that it lasts as long as the job.
pub(crate) struct SupervisorStart {
    pub(crate) folder: Folder,
    pub(crate) listener: UnixListener,
    pub(crate) turn: OwnedFd,
    /// All of it.
    pub(crate) environment: HashMap<OsString, OsString>,
}

impl SupervisorStart {
    /// The start of a job that has its turn.
    pub(crate) fn of(
        folder: &Folder,
        listener: UnixListener,
        turn: Turn,
        mut environment: HashMap<OsString, OsString>,
        job: JobId,
        floor: u64,
    ) -> Self {
        environment.insert("VMO_JOB".into(), job.to_string().into());
        environment.insert(disk::FLOOR_VARIABLE.into(), floor.to_string().into());
        if let Some(address) = std::env::var_os(DATABASE) {
            environment.insert(DATABASE.into(), address);
        }
        Self {
            folder: folder.clone(),
            listener,
            turn: turn.into_fd(),
            environment,
        }
    }

    /// Starts it as a program of its own.
    ///
    /// # Errors
    /// If the supervisor cannot be started.
    pub(crate) fn spawn(self) -> io::Result<tokio::process::Child> {
        let program = folders::program("vmo-supervisor")?;
        let mut command = tokio::process::Command::new(&program);
        command
            .arg(self.folder.path())
            .env_clear()
            .envs(self.environment)
            .stdin(Stdio::from(OwnedFd::from(self.listener)))
            .stdout(Stdio::from(self.turn))
            .stderr(Stdio::null());
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", program.display()))
        };
        command.spawn().map_err(named)
    }
}
