//! The engine: starts, follows and ends jobs, and archives their logs.
//!
//! **Theory of operation.** A job is a folder, and each room does one thing with it.
//! [`catalog`] knows what can be run and with which settings: projects and their targets, hosts, presets, production marks.
//! [`start`] turns a request into a command and its rules, makes the folder, and at the job's turn starts whoever supervises
//! it: a process for a local job, [`remote`] for one on a host.
//! [`follow`] listens at the folder's control socket, reads the spool into a live view, passes orders on, and adopts the
//! folders that another engine left.
//! [`archive`] copies the spool into the store, and drops the folder once everything has arrived.
//! [`logs`] reads a log from spool and store alike: lines, finds, outline, saved files.
//! [`jobs`] lists jobs, with their notes and with word of those who share the store.
//! [`prompts`] holds what jobs ask of a person, and [`watch`] reports changes that other programs make. Everything that
//! happens is sent once, on one channel of [`Event`]s.
//!
//! It must not know the socket server or Tauri.

mod archive;
mod catalog;
mod follow;
mod jobs;
mod logs;
mod prompts;
mod remote;
mod start;
mod watch;

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::Arc,
};

use parking_lot::Mutex;
use supervisor::exec::Window;
use tokio::{
    sync::{Notify, Semaphore, broadcast, watch as news},
    task::JoinHandle,
};

pub use self::{
    archive::link::{Link, Place},
    catalog::Listed,
    follow::live::{Extent, Live},
    jobs::Page,
    logs::{
        find::{Nearest, Progress, Search},
        reader::{Cursor, LINE_BYTES, Log, Piece, ReadError},
        source::Source,
    },
    start::Consent,
};
use self::{
    catalog::{Catalog, make_database::ByMake, preferences::Preferences},
    follow::{adopt::Adopting, skipped::LeftAlone},
    prompts::Prompts,
    start::{
        capacity::Room,
        fork_server::Nursery,
        queue::{Queue, Turn},
    },
};
use crate::{
    folders::Folders,
    job::{Job, JobId, Status},
    json_file::KeptError,
    make,
    ssh::{self, Unallowed},
    store::StoreError,
    wire::{Event, SeenDatabase},
};

/// Events that wait for a slow listener; past that it is told that it missed some.
const EVENTS: usize = 4096;

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lies.
    pub folders: Folders,
    /// Whether the login shell is asked for its environment: yes for an app started from an icon, no in a terminal.
    pub login_path: bool,
    /// Whether jobs that no engine archives are taken over: yes for whoever stays, no for a look at what there is.
    pub takes_over: bool,
}

/// An engine could not do what was asked. Messages are for people: what, where, what to try.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no such project, target, host or job.
    #[error("{0}")]
    NotFound(String),
    /// It breaks a rule.
    #[error("{0}")]
    Refused(String),
    /// The project has to be trusted first.
    #[error("{project} is not trusted yet: its makefile is code that would run as you")]
    Untrusted {
        /// The project's name.
        project: String,
    },
    /// A person has to see first what a job runs that this installation did not start.
    #[error("{why}: see what it would run, and start it as your own")]
    Foreign {
        /// Who its row says that started it.
        owner: String,
        /// What is known of that.
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
    /// The store cannot be asked.
    #[error("failed to {0}")]
    Store(#[from] StoreError),
    /// A log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The disk or the system says no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A file of ours cannot be read or written.
    #[error(transparent)]
    Kept(#[from] KeptError),
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
    preferences: Preferences,
    link: Link,
    /// The login shell, where it is asked.
    login: Option<make::Login>,
    /// What is said of a database that is not used.
    seen_database: Mutex<Option<SeenDatabase>>,
    catalog: Catalog,
    by_make: ByMake,
    prompts: Prompts,
    sessions: Arc<ssh::Sessions>,
    queue: Queue,
    /// The turns of our own jobs until these are over, the lost ones' with all that they left running.
    turns: Mutex<HashMap<JobId, Turn>>,
    room: Room,
    outlines: logs::outline::Outlines,
    launches: catalog::presets::Launches,
    elsewhere: logs::source::Elsewhere,
    lives: Mutex<HashMap<JobId, Arc<Live>>>,
    /// The jobs whose folders this engine made or took in, from before it knows more of them.
    known: Mutex<HashSet<JobId>>,
    /// The tasks that archive jobs, each with the job's lock.
    archiving: Mutex<HashMap<JobId, JoinHandle<()>>>,
    /// Jobs that are over and archived at once; the others wait, and hold no file open.
    late: Arc<Semaphore>,
    /// The size of a new job's terminal.
    window: Mutex<Window>,
    /// Woken whenever a job's folder is gone.
    forgotten: Notify,
    adopting: Adopting,
    left_alone: LeftAlone,
    /// Whether the jobs of ours that have no folder any more have been looked for.
    vanished: news::Sender<bool>,
    nursery: Nursery,
    events: broadcast::Sender<Event>,
}

impl Engine {
    /// Opens the engine of these folders: takes over the jobs that are there and brings the store up, in the background.
    ///
    /// # Errors
    /// Where `VMO_DATABASE_URL` names a database by what is no address. Broken files keep no engine from being opened.
    pub async fn open(options: Options) -> Result<Self, EngineError> {
        let held = catalog::preferences::read(&options.folders.config);
        let chosen = catalog::database::choose(&held.settings, &options.folders.config).await?;
        let most = catalog::preferences::most_jobs(&held.settings);
        let queue = Queue::new(options.folders.claims(), most);
        let engine = Self(Arc::new(Inner {
            link: Link::open(chosen.place, options.folders.clone()),
            login: (options.login_path).then(|| make::Login::ask(&options.folders.data)),
            seen_database: Mutex::new(chosen.seen),
            catalog: Catalog::new(options.folders.clone(), held.settings.trust_again),
            by_make: ByMake::default(),
            preferences: Preferences::new(held),
            prompts: Prompts::default(),
            sessions: ssh::Sessions::new(),
            queue,
            turns: Mutex::default(),
            room: Room::new(),
            outlines: logs::outline::Outlines::default(),
            launches: catalog::presets::Launches::default(),
            elsewhere: logs::source::Elsewhere::default(),
            lives: Mutex::default(),
            known: Mutex::default(),
            archiving: Mutex::default(),
            late: Arc::new(Semaphore::new(archive::LATE)),
            window: Mutex::new(start::job_folder::WINDOW),
            forgotten: Notify::new(),
            adopting: Adopting::default(),
            left_alone: LeftAlone::default(),
            vanished: news::Sender::new(false),
            nursery: Nursery::of(options.folders.jobs()),
            events: broadcast::Sender::new(EVENTS),
            options,
        }));
        if engine.0.options.takes_over {
            start::job_folder::sweep(&engine.folders().jobs());
        }
        engine.tell_of_login();
        engine.adopt_all();
        engine.watch_files();
        engine.watch_store();
        engine.end_vanished();
        if engine.0.options.takes_over {
            engine.watch_others();
            engine.watch_owners();
        }
        Ok(engine)
    }

    /// Does work that reads files or asks programs, as [`Engine::start`] does, on a thread that may block.
    ///
    /// # Errors
    /// What the work says, or that it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || work(&engine))
            .await
            .map_err(|error| EngineError::Io(io::Error::other(error)))?
    }

    /// What happens from now on.
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

    /// The jobs whose folders are there.
    #[must_use]
    pub fn lives(&self) -> Vec<Arc<Live>> {
        self.0.lives.lock().values().cloned().collect()
    }

    /// How large the terminals of jobs are that are started from now on.
    pub fn set_window(&self, rows: u16, cols: u16) {
        *self.0.window.lock() = Window { rows, cols };
    }

    fn window(&self) -> Window {
        *self.0.window.lock()
    }

    fn live(&self, job: JobId) -> Option<Arc<Live>> {
        self.0.lives.lock().get(&job).cloned()
    }

    /// Sends an event to everyone who listens; that nobody does is no fault.
    fn report(&self, event: Event) {
        let _listeners = self.0.events.send(event).unwrap_or_default();
    }

    /// A job is as it is now. One that is over gives its turn in the queue to the next, before anybody hears of its end.
    fn job_changed(&self, job: Job) {
        match job.state.status() {
            Status::Queued => {}
            Status::Running => self.0.queue.runs(job.id),
            _ => self.give_turn_back(job.id),
        }
        self.report(Event::job(job));
    }

    /// A job's log.
    #[must_use]
    pub fn log(&self, job: JobId) -> Log {
        Log {
            id: job,
            live: self.live(job),
            link: self.0.link.clone(),
            elsewhere: self.0.elsewhere.clone(),
        }
    }
}

impl follow::Tell for Engine {
    fn job(&self, job: Job) {
        self.job_changed(job);
    }
}
