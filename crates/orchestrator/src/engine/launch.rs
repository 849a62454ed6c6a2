//! From what a person asked for to a job with a folder and someone who supervises it.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::{Path, PathBuf},
    process::Stdio,
};

use chrono::Utc;
use serde::{Deserialize, Serialize};
use supervisor::{
    control,
    exec::{self, Exec, Grace, Window},
    folder::{self, Folder, Lock},
};
use uuid::Uuid;

use crate::{
    folders,
    job::{Job, JobId, State, What},
    make, ssh,
};

/// What the engine keeps of a job in its folder, as `job.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The job as it was when it was asked for.
    pub(crate) job: Job,
    /// The store it was started with; no other one gets it.
    pub(crate) store: String,
}

/// A job that can be run.
pub(crate) enum Plan {
    /// A program here.
    Local {
        /// With this environment and no other.
        environment: HashMap<OsString, OsString>,
    },
    /// A command on a host.
    Remote {
        /// How to get there.
        route: Box<ssh::Route>,
    },
}

/// A job whose folder is there and whose control socket can be connected to, before anything runs.
pub(crate) struct Prepared {
    pub(crate) job: Job,
    pub(crate) folder: Folder,
    pub(crate) lock: Lock,
    pub(crate) listener: UnixListener,
}

/// A job as it is asked for: what it is, and where it belongs.
pub(crate) struct Asked {
    pub(crate) what: What,
    pub(crate) command: String,
    pub(crate) argv: Vec<String>,
    pub(crate) variables: Vec<(String, Option<String>)>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) pty: bool,
    pub(crate) batch: Option<Uuid>,
}

/// The size of a job's terminal until a window tells its own.
pub(crate) const WINDOW: Window = Window {
    rows: 24,
    cols: 100,
};

impl Asked {
    /// A new job, queued.
    pub(crate) fn job(self) -> Job {
        Job {
            id: JobId::new(),
            what: self.what,
            command: self.command,
            argv: self.argv,
            variables: self.variables,
            cwd: self.cwd,
            pty: self.pty,
            commit: None,
            batch: self.batch,
            owner: folders::owner(),
            queued_at: Utc::now(),
            state: State::Queued,
            lines: 0,
            bytes: 0,
        }
    }
}

/// Makes a job's folder: elsewhere at first, then moved into place whole, so that nobody finds half of one.
///
/// # Errors
/// What the disk says.
pub(crate) fn prepare(
    jobs: &Path,
    job: Job,
    store: String,
    exec: Option<&Exec>,
) -> io::Result<Prepared> {
    let (making, place) = (
        jobs.join(format!(".new-{}", job.id)),
        jobs.join(job.id.to_string()),
    );
    let folder = Folder::create(making.as_path())?;
    let made = || -> io::Result<_> {
        let kept = Kept {
            job: job.clone(),
            store,
        };
        folder.write_json(folder::JOB, &kept)?;
        if let Some(exec) = exec {
            folder.write_json(folder::EXEC, exec)?;
        }
        let lock = folder.try_lock()?.ok_or(io::ErrorKind::ResourceBusy)?;
        let listener = control::bind(folder.path())?;
        fs::rename(&making, &place)?;
        Ok((lock, listener))
    };
    match made() {
        Ok((lock, listener)) => Ok(Prepared {
            job,
            folder: Folder::open(place)?,
            lock,
            listener,
        }),
        Err(error) => {
            fs::remove_dir_all(&making)?;
            Err(error)
        }
    }
}

/// What is kept of the job in this folder.
///
/// # Errors
/// Where there is nothing, or it cannot be read.
pub(crate) fn kept(folder: &Folder) -> io::Result<Kept> {
    folder
        .read_json(folder::JOB)?
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// What a supervisor is told to run.
pub(crate) fn exec(
    program: &str,
    args: &[String],
    cwd: &Path,
    pty: bool,
    folders: &folders::Folders,
) -> io::Result<Exec> {
    let archiver = vec![
        folders::program("vmo")?.display().to_string(),
        "archive".into(),
    ];
    let environment = folders::environment(folders).into_iter();
    Ok(Exec {
        format: exec::FORMAT,
        program: program.to_owned(),
        args: args.to_vec(),
        cwd: cwd.to_owned(),
        pty: pty.then_some(WINDOW),
        graces: Grace::usual(),
        archiver,
        archiver_env: environment
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect(),
    })
}

/// Starts the supervisor of a prepared local job. The control socket is handed on as its standard input, so it can be
/// connected to before the supervisor runs, and a refused connection means that none does.
///
/// # Errors
/// Where the supervisor cannot be started.
pub(crate) fn spawn(
    folder: &Folder,
    listener: UnixListener,
    environment: &HashMap<OsString, OsString>,
    job: JobId,
) -> io::Result<tokio::process::Child> {
    let program = folders::program("vmo-supervisor")?;
    let mut command = tokio::process::Command::new(&program);
    command
        .arg(folder.path())
        .env_clear()
        .envs(environment)
        .env("VMO_JOB", job.to_string())
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", program.display()));
    command.spawn().map_err(named)
}

/// What make was asked for, in the words a job keeps.
pub(crate) fn asked_of_make(
    run: &make::Run<'_>,
    command: &make::Command,
    project: &str,
    pty: bool,
) -> Asked {
    let mut argv = vec![command.program.clone()];
    argv.extend(command.args.iter().cloned());
    Asked {
        what: What::Target {
            project: project.to_owned(),
            targets: run.targets.to_vec(),
        },
        command: command.shown.clone(),
        argv,
        variables: run.variables.iter().map(kept_variable).collect(),
        cwd: Some(command.cwd.clone()),
        pty,
        batch: None,
    }
}

/// A variable as a job keeps it: a secret one by its name alone.
fn kept_variable(variable: &make::Assignment) -> (String, Option<String>) {
    (
        variable.name.clone(),
        (!variable.secret).then(|| variable.value.clone()),
    )
}
