//! The engine: starts, follows and ends jobs, and archives their logs.
//!
//! **Theory of operation.** A job is a folder, and each room does one thing with it. [`Catalog`], [`Jobs`] and [`Logs`] are
//! the rooms with fields of their own; the others are methods of [`Engine`]. A public method that reads files or runs programs
//! is async and does that on a thread that may block.
//!
//! [`catalog`] knows what can be run and with which settings: projects and their targets, hosts, presets, production marks.
//! [`start`] turns a request into a command and its rules, makes the folder, and at the job's turn starts its supervisor:
//! a process for a local job, the one that holds the host's [`session`](crate::session) for a job there.
//! [`follow`] listens at the folder's control socket, reads the spool into a live view, passes orders on, and adopts the
//! folders that another engine left.
//! [`archive`] copies the spool into the store, and drops the folder once everything has arrived.
//! [`logs`] reads a log from spool and store alike: lines, finds, searches of many, outline, saved files.
//! [`exchange`] writes jobs into a file, takes them from one, and copies them into another Postgres.
//! [`batches`] drives one command over many hosts, wave by wave.
//! [`jobs`] lists jobs, with their notes and the heartbeats of all who share the store.
//! [`prompts`] holds the questions of jobs to a person, and [`watch`] reports changes that other programs make. Everything
//! that happens is sent once, on one channel of [`Event`]s ([`events`]).
//!
//! The engine must not know the socket server or Tauri.

mod archive;
mod batches;
mod blocking;
mod catalog;
mod editor;
mod events;
mod exchange;
mod follow;
mod health;
mod jobs;
mod logs;
mod overview;
mod prompts;
mod start;
mod watch;

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::Arc,
};

use parking_lot::Mutex;
use supervisor::exec::Window;
use tokio::sync::{Notify, Semaphore, broadcast, watch as news};

pub use self::{
    archive::link::{Database, Link},
    catalog::{Catalog, Listed, Names, seal_of_places},
    exchange::{Exported, Imported, broke_off},
    follow::live::{Extent, Live},
    jobs::{Jobs, Page},
    logs::{
        Logs,
        cursor::Cursor,
        find::{Find, Nearest, Progress},
        index::Indexed,
        lines::LINE_BYTES,
        log::{Log, ReadError},
        piece::Piece,
        search::Searching,
        source::Source,
    },
    start::Consent,
};
use self::{
    batches::Batches,
    blocking::blocking,
    events::Events,
    exchange::copy::Copying,
    follow::{adopt::Adopting, lives::Lives, skipped::Skipped},
    jobs::Archiving,
    prompts::Prompts,
    start::{
        capacity::Capacity,
        fork_server::ForkServer,
        queue::{Queue, Turn},
    },
};
use crate::{
    folders::Folders,
    job::{Job, JobId, Status},
    json_file::JsonFileError,
    make, session,
    ssh::Unallowed,
    store::StoreError,
    wire::Event,
};

/// Jobs that are handed to session processes at once.
const BEGINNING: usize = 8;

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folders of data, configuration and the like.
    pub folders: Folders,
    /// Whether the login shell is asked for its environment: yes for an app started from an icon, no in a terminal.
    pub login_path: bool,
    /// Whether jobs that no engine archives are taken over: yes for a program that stays, no for one that only lists.
    pub takes_over: bool,
}

/// A request that failed. Messages are for people: what, where, what to try.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no such project, target, host or job.
    #[error("{0}")]
    NotFound(String),
    /// The request breaks a rule.
    #[error("{0}")]
    Refused(String),
    /// The project has to be trusted first.
    #[error("{project} is not trusted yet: its makefile is code that would run as you")]
    Untrusted {
        /// The project's name.
        project: String,
    },
    /// This installation did not start the job: a person has to see first what it runs.
    #[error("{why}: see what it would run, and start it as your own")]
    Foreign {
        /// Who started it, by its row.
        owner: String,
        /// Why that is not certain.
        why: &'static str,
    },
    /// A command of the SSH config has to be allowed first.
    #[error("{why}")]
    NeedsConsent {
        /// The host that it leads to.
        host: String,
        /// The command.
        unallowed: Unallowed,
        /// What wants to run it, where, and how to allow it.
        why: String,
    },
    /// The store does not answer, or refuses.
    #[error("failed to {0}")]
    Store(#[from] StoreError),
    /// A log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file system or the system refuses.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A file of ours cannot be read or written.
    #[error(transparent)]
    File(#[from] JsonFileError),
    /// The list of projects cannot be read or written.
    #[error(transparent)]
    Project(#[from] make::projects::ProjectError),
}

/// Starts, follows and ends jobs. Clones share one engine.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    link: Link,
    catalog: Catalog,
    jobs: Jobs,
    logs: Logs,
    prompts: Prompts,
    processes: Arc<session::Processes>,
    /// Session processes that are started at once, so that a batch leaves the machine to others.
    beginning: Semaphore,
    queue: Arc<Queue>,
    /// The turns of our own jobs, each until its job is over; of a lost job, until all that it left running has ended.
    turns: Mutex<HashMap<JobId, Turn>>,
    capacity: Capacity,
    copying: Copying,
    batches: Batches,
    /// The jobs whose folders this engine made or took in: noted before the folder can be seen, so that no job is taken in
    /// twice.
    known: Mutex<HashSet<JobId>>,
    /// Jobs that are over and are archived at the same time. The others wait, and hold no file open.
    late: Arc<Semaphore>,
    /// The size of the terminals of new jobs.
    window: Mutex<Window>,
    /// Notified whenever a job's folder is gone.
    forgotten: Notify,
    adopting: Adopting,
    /// Whether our jobs in the store that have no folder any more have been looked for.
    vanished: news::Sender<bool>,
    fork_server: ForkServer,
    events: Events,
}

impl Engine {
    /// Opens the engine of these folders. It takes over the jobs that are there and connects to the store, in the background.
    ///
    /// # Errors
    /// If `VMO_DATABASE_URL` cannot be read as a database's address. An engine opens in spite of broken files.
    pub async fn open(options: Options) -> Result<Self, EngineError> {
        let held = catalog::preferences::read(&options.folders.config);
        let chosen = catalog::database::choose(&held.settings, &options.folders.config).await?;
        let most = catalog::preferences::most_jobs(&held.settings);
        let queue = Arc::new(Queue::new(options.folders.claims(), most));
        let (events, skipped) = (Events::default(), Skipped::default());
        let shared = (events.clone(), Arc::clone(&queue), skipped.clone());
        let link = Link::open(chosen.place, options.folders.clone());
        let jobs = Jobs {
            lives: Lives::default(),
            archiving: Archiving::default(),
            link: link.clone(),
            events: events.clone(),
            skipped,
        };
        let catalog = Catalog::new(&options, held, chosen.env_database, shared);
        let engine = Self(Arc::new(Inner {
            link,
            logs: Logs::new(&options.folders, &catalog, &jobs),
            catalog,
            jobs,
            prompts: Prompts::default(),
            processes: Arc::new(session::Processes::of(options.folders.clone())),
            beginning: Semaphore::new(BEGINNING),
            queue,
            turns: Mutex::default(),
            capacity: Capacity::new(),
            copying: Copying::default(),
            batches: Batches::default(),
            known: Mutex::default(),
            late: Arc::new(Semaphore::new(archive::LATE)),
            window: Mutex::new(start::job_folder::WINDOW),
            forgotten: Notify::new(),
            adopting: Adopting::default(),
            vanished: news::Sender::new(false),
            fork_server: ForkServer::of(options.folders.jobs()),
            events,
            options,
        }));
        if engine.0.options.takes_over {
            start::job_folder::sweep(&engine.folders().jobs());
        }
        engine.catalog().watch_login();
        engine.adopt_all();
        engine.look_at_batches();
        engine.watch_files();
        engine.watch_store();
        engine.end_vanished();
        if engine.0.options.takes_over {
            engine.watch_others();
            engine.watch_owners();
            engine.apply_retention();
            engine.keep_index();
        }
        Ok(engine)
    }

    /// Does work on this engine on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let engine = self.clone();
        blocking(move || work(&engine)).await
    }

    /// What can be run, and with which settings.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// The list of jobs.
    #[must_use]
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// The logs of jobs.
    #[must_use]
    pub fn logs(&self) -> &Logs {
        &self.0.logs
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// The way to the store.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.0.link
    }

    /// The folders of this engine.
    #[must_use]
    pub fn folders(&self) -> &Folders {
        &self.0.options.folders
    }

    /// The jobs whose folders are here.
    #[must_use]
    pub fn lives(&self) -> Vec<Arc<Live>> {
        self.0.jobs.lives.all()
    }

    /// Sets the size of the terminals of jobs started from now on.
    pub fn set_window(&self, rows: u16, cols: u16) {
        *self.0.window.lock() = Window { rows, cols };
    }

    fn window(&self) -> Window {
        *self.0.window.lock()
    }

    fn live(&self, job: JobId) -> Option<Arc<Live>> {
        self.0.jobs.lives.get(job)
    }

    fn report(&self, event: Event) {
        self.0.events.report(event);
    }

    /// Reports a job as it is now. If it is over, its turn in the queue goes to the next job before the end is reported.
    fn job_changed(&self, job: Job) {
        match job.state.status() {
            Status::Queued => {}
            Status::Running => self.0.queue.runs(job.id),
            _ => {
                self.give_turn_back(job.id);
                self.withdraw(job.id);
            }
        }
        self.report(Event::job(job));
    }
}

impl follow::Tell for Engine {
    fn job(&self, job: Job) {
        self.job_changed(job);
    }

    fn asks(&self, job: JobId, asks: Option<&str>) {
        self.job_asks(job, asks);
    }
}
