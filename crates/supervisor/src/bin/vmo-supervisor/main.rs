//! `vmo-supervisor JOBDIR`: runs one job's child, spools what it writes, and says how it ended.
//!
//! It outlives its starter. One thread waits in [`watch`] for whatever comes first and never blocks on anything
//! but the spool; two more do what may: syncing the spool and writing `exit.json`.
//!
//! ```text
//! session    away from our starter                    child, pty   the child and the ends of its pipes or terminal
//! signals    SIGCHLD, SIGTERM as bytes to poll for    outputs      what the child writes, into the spool
//! listeners  the control socket                       input        what it reads
//! tree       the child's descendants                  cancel       ending them, signal by signal
//! syncing    the spool onto the disk, as it grows     settle       exit.json onto the disk, at the end
//! lineage    who would be hard to find without us     handover     secrets that a program in between brings
//! prompt     whether a person is to type              fork_server  waits to become supervisors
//! ```

// A function of the product is at most as long as clippy.toml says.
#![cfg_attr(not(test), warn(clippy::too_many_lines))]

mod cancel;
mod child;
mod direnv_secrets;
mod ending;
mod exit_to_disk;
mod fork_server;
mod input;
mod listeners;
mod orphans;
mod outputs;
mod own_log;
mod prompt;
mod pty;
mod session;
mod signals;
mod syncing;
mod time_limit;
mod tree;
mod watch;
mod words;

use std::{
    env, io,
    os::unix::net::UnixListener,
    path::PathBuf,
    process::{ExitCode, id},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use supervisor::{
    claims::Claims,
    control,
    exec::{Exec, FORMAT},
    exit::Exit,
    folder::{EXEC, EXIT, Folder, JOB, SUPERVISOR, Supervisor},
    identity::Identity,
    spool::Writer,
};

use crate::{
    child::StartedChild,
    ending::Verdict,
    exit_to_disk::Settle,
    listeners::Listeners,
    own_log::complain,
    signals::Signals,
    watch::{Ready, Watch},
};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|word| word == direnv_secrets::WORD) {
        return direnv_secrets::hand_over(args);
    }
    // Before anything of ours is open: no descriptor that was left open to us may reach the child.
    supervisor::inherited::close();
    let mut args = env::args_os().skip(1);
    let folder = match [args.next(), args.next(), args.next()] {
        [Some(folder), None, None] => PathBuf::from(folder),
        [Some(word), Some(_), None] if word == "--fork-server" => match fork_server::serve() {
            Ok(Some(folder)) => folder,
            Ok(None) => return ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("vmo-supervisor: the fork server: {error}");
                return ExitCode::FAILURE;
            }
        },
        _ => {
            eprintln!(
                "usage: vmo-supervisor JOBDIR\nRuns the job described in JOBDIR/job.json. Started by vm-orchestrator."
            );
            return ExitCode::from(2);
        }
    };
    let folder = match folder.canonicalize().and_then(Folder::open) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("vmo-supervisor: the job folder: {error}");
            return ExitCode::from(2);
        }
    };
    own_log::write_to(folder.path());
    match supervise(folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("gave up: {error}"));
            eprintln!("vmo-supervisor: {error}");
            ExitCode::FAILURE
        }
    }
}

fn supervise(folder: Folder) -> io::Result<()> {
    let handed = session::handed_listener()?;
    let claims = Claims::handed()?;
    let umask = session::detach()?;
    session::leave_no_core();
    let signals = Signals::catch()?;
    let described = described(&folder)?;
    let Format { format } = understood(described.clone())?;
    if format > FORMAT {
        return refuse(&folder, format);
    }
    let exec: Exec = understood(described)?;
    session::limit_open_files(exec.open_files);
    // Fails if another supervisor was here before us, and leaves its files alone.
    let spool = Writer::create(folder.path())?;
    let listener: UnixListener = match handed {
        Some(listener) => listener,
        None => control::bind(folder.path())?,
    };
    let ready = Ready {
        listeners: Listeners::on(listener)?,
        settle: Settle::new(&folder, spool.sync_handle())?,
        folder,
        exec,
        signals,
        spool,
        claims,
    };
    let start = start(&ready.folder, &ready.exec, umask);
    Watch::new(ready, start).run()
}

/// What every format says of itself.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// What to run, in whichever format.
fn described(folder: &Folder) -> io::Result<Value> {
    #[derive(Deserialize)]
    struct Job {
        exec: Option<Value>,
    }
    let job: Option<Job> = folder.read_json(JOB)?;
    let described = match job.and_then(|job| job.exec) {
        Some(exec) => Some(exec),
        None => folder.read_json(EXEC)?,
    };
    let nothing = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("{JOB} names nothing to run"),
        )
    };
    described.ok_or_else(nothing)
}

fn understood<T: DeserializeOwned>(described: Value) -> io::Result<T> {
    let invalid =
        |error| io::Error::new(io::ErrorKind::InvalidData, format!("{JOB}: exec: {error}"));
    serde_json::from_value(described).map_err(invalid)
}

/// The job is of a later time than we are.
fn refuse(folder: &Folder, format: u32) -> io::Result<()> {
    let why =
        format!("the job has format {format}, and its supervisor knows formats up to {FORMAT}");
    let verdict = Verdict::without_child(Exit::CouldNotStart { why });
    folder.write_json_durably(EXIT, &verdict.exit(0, true, false, None))
}

/// Starts the child and writes down who it is.
fn start(folder: &Folder, exec: &Exec, umask: rustix::fs::Mode) -> Result<StartedChild, Exit> {
    let start = child::start(exec, umask)?;
    if let Err(error) = write_down(folder, &start) {
        complain(format_args!("{SUPERVISOR}: {error}"));
    }
    Ok(start)
}

fn write_down(folder: &Folder, start: &StartedChild) -> io::Result<()> {
    let own = i32::try_from(id()).map_err(io::Error::other)?;
    let child = start.child.pid.as_raw_nonzero().get();
    folder.write_json(
        SUPERVISOR,
        &Supervisor {
            format: FORMAT,
            supervisor: Identity::of(own)?,
            child: Identity::of(child)?,
            pgid: child,
            pipes: start.pipes.clone(),
        },
    )
}
