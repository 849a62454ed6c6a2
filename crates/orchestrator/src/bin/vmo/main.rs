//! `vmo`: the command line, for people, scripts and checks. DESIGN: "The command line is a contract".

// A function of the product is at most as long as clippy.toml says.
#![cfg_attr(not(test), warn(clippy::too_many_lines))]

mod arguments;
mod batch;
mod current_folder;
mod db;
mod diff;
mod doctor;
mod exchange;
mod host_set;
mod hosts;
mod index;
mod job_words;
mod list;
mod log;
mod log_lines;
mod manual;
mod many_hosts;
mod out;
mod prompts;
mod prune;
mod run;
mod search;
mod serve;
mod show_jobs;
mod terminal;
mod times;

use std::{
    os::unix::process::CommandExt,
    pin::Pin,
    process::{ExitCode, Stdio},
};

use clap::{Parser, Subcommand};
use orchestrator::{
    engine::{Engine, Options},
    environment,
    folders::Folders,
    job::Status,
    runtime::runtime,
};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Where the history is kept, for `--help`.
const DATABASES: &str = "\
The history is in a private Postgres of this app. VMO_DATABASE_URL, or database_url in settings.json, names another:
postgres://user@host/name?sslmode=verify-full. DATABASE_URL counts only if that database holds this app's tables already,
or after `vmo db use`. PG* of the environment is for jobs, not for the history.";

/// Runs make targets here and commands on SSH hosts, and keeps every byte they write.
#[derive(Debug, Parser)]
#[command(name = "vmo", version, about, after_help = DATABASES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run make targets of a project, or after `--` a shell command, here or on hosts
    Run(run::Run),
    /// Run make in this folder with these arguments, kept in the history
    #[command(disable_help_flag = true)]
    Make {
        /// Arguments for make
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// List, add, trust or remove projects
    Projects(list::Projects),
    /// List a project's targets; of a project that is not trusted, without running anything
    Targets(list::Targets),
    /// List hosts; add, tag and import them, or mark one as production
    Hosts(hosts::Hosts),
    /// Allow a command of the SSH config (ProxyCommand, Match exec), or your own ssh for a host, to run here; or list them
    Trust {
        /// Its text, as the config has it, or `ssh -T HOST`
        command: Option<String>,
        /// Withdraw the permission
        #[arg(long, requires = "command")]
        remove: bool,
    },
    /// List jobs, newest first
    Jobs(list::Jobs),
    /// List batches (commands on many hosts), newest first, or show one; let its held hosts go, drop or cancel them
    Batch(batch::Batch),
    /// Print a job's log
    Log(log::Log),
    /// Look for a text in every job's log, newest job first; exits with 1 if it is in none, and with 2 after an error
    Search(search::Search),
    /// Show what of a job's log is new beside earlier runs, or how it differs from another's; exits with 1 if it does, and with
    /// 2 after an error
    Diff(diff::Diff),
    /// Write jobs with every byte of their logs, times and notes into one file
    Export(exchange::Export),
    /// Bring the jobs of such a file into the history; those that are there already stay as they are
    Import(exchange::Import),
    /// Drop old jobs of the history, by age, number or size; says first which, and asks. Pinned ones and those with a note stay
    Prune(prune::Prune),
    /// Bring the index up to date by which search finds texts, and say how large it is; the app that stays does it by itself
    Index(index::Index),
    /// Cancel a job: end its whole process tree with INT, then TERM, then KILL
    Cancel {
        /// The job: its id, the start of it, or `last`
        job: String,
        /// Send KILL at once
        #[arg(long)]
        force: bool,
    },
    /// Run psql on the history, or print its address and keep the server up; `use` chooses its database
    Db(db::Db),
    /// Serve the app to a browser on this machine
    Serve(serve::Serve),
    /// Check the installation: what is there, what is missing, and what to do about it
    Doctor {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Archive jobs in the database in use that were started with another one
    Move {
        /// The ids of the jobs
        #[arg(required_unless_present = "all")]
        jobs: Vec<String>,
        /// All jobs that wait for another database
        #[arg(long)]
        all: bool,
    },
    /// Print what a shell needs to complete `vmo`; packages have it installed
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder (for those who make packages)
    #[command(hide = true)]
    Manual {
        /// A folder that is there
        folder: std::path::PathBuf,
    },
    /// Guard the private Postgres (started by the first program that needs it)
    #[command(hide = true)]
    Postgres,
    /// Start the process that holds the SSH sessions with a host, and do for it what it may not (started by whoever runs a job
    /// there)
    #[command(hide = true)]
    Keep {
        /// The process's folder
        folder: std::path::PathBuf,
    },
    /// Hold the SSH sessions with a host, and the jobs there (started by its keeper)
    #[command(hide = true)]
    Session {
        /// The process's folder
        folder: std::path::PathBuf,
    },
    /// Archive jobs that ended with no engine there (started by their supervisors)
    #[command(hide = true)]
    Archive {
        /// The job it was started for
        job: Option<String>,
    },
}

/// What went wrong, for a person, and the code to exit with.
#[derive(Debug)]
struct Failed {
    message: Option<String>,
    code: u8,
}

/// The exit code of "could not start" and "host unreachable".
const NEVER_RAN: u8 = 255;

impl Failed {
    fn new(message: impl ToString) -> Self {
        Self {
            message: Some(message.to_string()),
            code: 1,
        }
    }

    /// No failure: the reader of our output closed it.
    fn enough() -> Self {
        Self {
            message: None,
            code: 0,
        }
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

type Outcome = Result<ExitCode, Failed>;

fn main() -> ExitCode {
    if let Some(reply) = orchestrator::ssh::answer_as_askpass() {
        return out::answer(reply);
    }
    environment::set_postgres_apart();
    let cli: Cli = arguments::parse();
    let wanted = EnvFilter::try_from_env("VMO_TRACE");
    let writer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(|| out::Traces);
    tracing_subscriber::registry()
        .with(wanted.unwrap_or_else(|_| "error,sqlx=off".into()))
        .with(filter_fn(orchestrator::traces::may_be_written))
        .with(writer)
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(|| orchestrator::traces::Recent),
        )
        .init();
    orchestrator::open_files::raise_open_files();
    let outcome = dispatch(cli.command);
    // A question may still be open, with its answer unseen.
    terminal::restore();
    match outcome {
        Ok(code) => code,
        Err(failed) => {
            if let Some(message) = failed.message {
                out::say(message);
            }
            ExitCode::from(failed.code)
        }
    }
}

fn dispatch(command: Command) -> Outcome {
    let serving: Pin<Box<dyn Future<Output = Outcome>>> = match command {
        Command::Postgres => {
            return outliving(|| {
                Ok(orchestrator::store::embedded::guardian(
                    &Folders::of_user()?.data,
                )?)
            });
        }
        Command::Keep { folder } => {
            return outliving(|| Ok(orchestrator::session::keep(&folder)?));
        }
        Command::Session { folder } => {
            return outliving(|| Ok(orchestrator::session::live(&folder)?));
        }
        Command::Completions { shell } => return manual::completions(shell),
        Command::Manual { folder } => return manual::manual(&folder),
        Command::Run(run) => Box::pin(run::run(run)),
        Command::Make { args } => Box::pin(run::make(args)),
        Command::Projects(projects) => Box::pin(list::projects(projects)),
        Command::Targets(targets) => Box::pin(list::targets(targets)),
        Command::Hosts(hosts) => Box::pin(hosts::hosts(hosts)),
        Command::Trust { command, remove } => {
            Box::pin(async move { list::trust(command.as_deref(), remove).await })
        }
        Command::Jobs(jobs) => Box::pin(list::jobs(jobs)),
        Command::Batch(batch) => Box::pin(batch::batch(batch)),
        Command::Log(log) => Box::pin(log::log(log)),
        Command::Search(search) => Box::pin(search::search(search)),
        Command::Diff(diff) => Box::pin(diff::diff(diff)),
        Command::Index(index) => Box::pin(index::index(index)),
        Command::Prune(prune) => Box::pin(prune::prune(prune)),
        Command::Export(export) => Box::pin(exchange::export(export)),
        Command::Import(import) => Box::pin(exchange::import(import)),
        Command::Cancel { job, force } => Box::pin(async move { cancel(&job, force).await }),
        Command::Db(db) => Box::pin(db::db(db)),
        Command::Serve(serve) => Box::pin(serve::serve(serve)),
        Command::Doctor { json } => Box::pin(doctor::doctor(json)),
        Command::Move { jobs, all } => Box::pin(async move { list::move_here(&jobs, all).await }),
        Command::Archive { job: _ } => Box::pin(run::archive()),
    };
    threads()?;
    let runtime = runtime(tokio::runtime::Builder::new_multi_thread().enable_all())?;
    let outcome = runtime.block_on(serving);
    // A thread that waits for another engine's lock, or for a line of input, must not hold us up.
    runtime.shutdown_background();
    outcome
}

/// What outlives its caller, and has a runtime of its own or needs none.
fn outliving(work: impl FnOnce() -> Result<(), Failed>) -> Outcome {
    supervisor::inherited::close();
    work()?;
    Ok(ExitCode::SUCCESS)
}

/// Sees that as many threads can be had as the runtime cannot do without: it would panic.
fn threads() -> Result<(), Failed> {
    let needed = std::thread::available_parallelism().map_or(2, usize::from) + 4;
    let (wait, go) = std::sync::mpsc::channel::<()>();
    let go = std::sync::Arc::new(parking_lot::Mutex::new(go));
    let probe = |_| {
        let go = std::sync::Arc::clone(&go);
        // It ends once no process can let it go on.
        std::thread::Builder::new().spawn(move || go.lock().recv().ok())
    };
    let probes: Result<Vec<_>, _> = (0..needed).map(probe).collect();
    drop(wait);
    let probes = probes.map_err(|error| {
        Failed::new(format!(
            "this user may start too few threads and processes, and {needed} are needed here: {error}; \
             raise the limit (ulimit -u) or end some programs"
        ))
    })?;
    for probe in probes {
        drop(probe.join());
    }
    Ok(())
}

/// An engine on the user's folders that looks at what there is.
async fn engine() -> Result<Engine, Failed> {
    open(false).await
}

/// An engine that only reads, and prints no problems.
async fn silent() -> Result<Engine, Failed> {
    Ok(Engine::open(options(false)?).await?)
}

fn options(takes_over: bool) -> Result<Options, Failed> {
    Ok(Options {
        folders: Folders::of_user()?,
        login_path: false,
        takes_over,
    })
}

/// An engine on the user's folders. One that `takes_over` archives jobs that no other engine does.
async fn open(takes_over: bool) -> Result<Engine, Failed> {
    let engine = Engine::open(options(takes_over)?).await?;
    for problem in engine.catalog().settings_problems() {
        out::say(problem);
    }
    if let Some(database) = engine.catalog().seen_database() {
        out::say(db::not_used(&database));
    }
    Ok(engine)
}

/// An engine that knows every job's status, and sees to it that what is over is archived.
async fn settled() -> Result<Engine, Failed> {
    let engine = engine().await?;
    engine.settled().await;
    if engine.has_left_over() {
        archive_in_background();
    }
    Ok(engine)
}

async fn cancel(name: &str, force: bool) -> Outcome {
    let engine = settled().await?;
    let job = engine.jobs().find(name).await?;
    if job.state.status() != Status::Queued && job.state.status() != Status::Running {
        return Err(Failed::new(format!(
            "job {} is over: {}",
            job.id,
            job.state.status().word()
        )));
    }
    engine.cancel(job.id, force).await?;
    let job = engine.jobs().ended_whole(job.id).await?;
    let late = match job.state.status() {
        Status::Done | Status::Error => " (the cancel came too late)",
        _ => "",
    };
    out::line(format_args!("{} {}{late}", job.id, job_words::end(&job)))?;
    let remaining = job_words::left_by_cancel(&job);
    remaining.iter().for_each(out::say);
    let is_ended = job.state.status().is_over() && remaining.is_empty();
    Ok(ExitCode::from(u8::from(!is_ended)))
}

/// Has jobs archived that are over and that no engine archives, by a process that stays until that is done.
fn archive_in_background() {
    let spawned = orchestrator::folders::program("vmo").and_then(|vmo| {
        std::process::Command::new(vmo)
            .arg("archive")
            .envs(environment::apart().iter().cloned())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "jobs that are over stay in their spools");
    }
}
