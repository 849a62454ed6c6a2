//! What can be run, and with which settings. Projects and hosts are read again when their files change.
//!
//! Each public method that reads a file or runs a program does so on a thread that may block. The engine's other rooms
//! call the methods beneath them, on a thread of their own that may.

mod choose;
mod consents;
mod danger_rules;
pub(super) mod database;
pub(super) mod edit;
pub(super) mod files;
mod host_sources;
mod hosts;
pub(super) mod make_database;
pub(super) mod marks;
mod own_hosts;
mod places;
pub(super) mod preferences;
pub(super) mod presets;
mod reach;

use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

pub use self::{choose::Names, places::seal_of_places};
use self::{
    hosts::HostList,
    make_database::ByMake,
    preferences::{InForce, Preferences},
    presets::Launches,
    reach::Reached,
};
use super::{
    EngineError, Options, blocking::blocking, events::Events, follow::skipped::Skipped,
    start::queue::Queue,
};
use crate::{
    environment,
    folders::Folders,
    json_file::JsonFileError,
    make,
    project::{Project, ProjectSource, Scan},
    settings::SavedCommands,
    ssh,
    wire::SeenDatabase,
};

/// Scans that are kept. Past that all are dropped, and made again when they are needed.
const SCANS: usize = 64;

/// What was read, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed<T> {
    /// What was read.
    pub found: Vec<T>,
    /// What could not be, each with its file and line.
    pub problems: Vec<String>,
}

/// A scan, and the times of its files, by which it is known to be current.
type Scanned = (Arc<Scan>, Arc<make::Stamps>);

/// Projects and hosts, what is saved for them, and the settings. Clones share one.
#[derive(Debug, Clone)]
pub struct Catalog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folders: Folders,
    events: Events,
    /// The login shell, if its environment is asked for.
    login: Option<make::Login>,
    preferences: Preferences,
    /// The queue, which gets how many jobs may run at once.
    queue: Arc<Queue>,
    /// Job folders this engine skips: among the problems that a person sees.
    skipped: Skipped,
    seen_database: Mutex<Option<SeenDatabase>>,
    hosts: HostList,
    reached: Reached,
    /// By folder; never more than [`SCANS`].
    scans: Mutex<HashMap<PathBuf, Scanned>>,
    by_make: ByMake,
    launches: Launches,
}

impl Catalog {
    pub(in crate::engine) fn new(
        options: &Options,
        held: InForce,
        env_database: Option<SeenDatabase>,
        (events, queue, skipped): (Events, Arc<Queue>, Skipped),
    ) -> Self {
        let folders = options.folders.clone();
        Self(Arc::new(Inner {
            events,
            login: (options.login_path).then(|| make::Login::ask(&folders.data)),
            preferences: Preferences::new(held),
            queue,
            skipped,
            seen_database: Mutex::new(env_database),
            hosts: HostList::read(&folders),
            reached: Reached::default(),
            scans: Mutex::default(),
            by_make: ByMake::default(),
            launches: Launches::default(),
            folders,
        }))
    }

    /// Does work on this catalog on a thread that may block.
    pub(in crate::engine) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let catalog = self.clone();
        blocking(move || work(&catalog)).await
    }

    /// What a job here inherits.
    pub(in crate::engine) fn environment(&self) -> Vec<(OsString, OsString)> {
        let base = environment::of_the_person();
        let Some(login) = &self.0.login else {
            return make::environment(base, None);
        };
        let inherited = login.known();
        make::environment(
            make::with_login(base, &inherited),
            inherited.path.as_deref(),
        )
    }

    fn list(&self) -> make::Projects {
        make::Projects::new(make::Folders {
            registry: self.0.folders.registry.clone(),
            config_dir: self.0.folders.config.clone(),
            demo: self.0.folders.demo(),
            home: self.0.folders.home.clone(),
        })
    }

    /// The projects. It reads files.
    pub(in crate::engine) fn list_projects(&self) -> Listed<Project> {
        let (mut found, problems) = self.list().read();
        self.revoke_trust_of_changed(&mut found);
        Listed { found, problems }
    }

    /// Takes trust away from projects that are no longer what was trusted, if the settings want that.
    fn revoke_trust_of_changed(&self, projects: &mut [Project]) {
        if !self.settings().trust_again {
            return;
        }
        let then = self.list().contents_trusted();
        for project in projects {
            if !project.trusted || project.source == ProjectSource::Demo {
                continue;
            }
            let path = project.path.canonicalize();
            let digest = path.ok().and_then(|path| then.get(&path));
            // What a person trusted in an older app counts as it is.
            if let Some(digest) = digest {
                project.changed = self.scanned(&project.path).1.digest() != *digest;
                project.trusted = !project.changed;
            }
        }
    }

    /// What the makefile of a folder holds, read without running it. It is read again if a file of it has changed.
    pub(in crate::engine) fn scan(&self, folder: &Path) -> Arc<Scan> {
        self.scanned(folder).0
    }

    fn scanned(&self, folder: &Path) -> Scanned {
        let scans = || self.0.scans.lock();
        let cached = scans().get(folder).cloned();
        if let Some((scan, stamps)) = cached
            && stamps.hold()
        {
            return (scan, stamps);
        }
        let (scan, stamps) = make::scan_stamped(folder);
        let scanned = (Arc::new(scan), Arc::new(stamps));
        let mut scans = scans();
        if scans.len() >= SCANS {
            scans.clear();
        }
        scans.insert(folder.to_owned(), scanned.clone());
        scanned
    }

    /// The SSH config as last read, with the hosts of our own and of inventories before it.
    pub(in crate::engine) fn ssh(&self) -> Arc<ssh::Config> {
        self.0.hosts.ssh()
    }

    fn change_commands(
        &self,
        change: impl FnOnce(&mut SavedCommands),
    ) -> Result<(), JsonFileError> {
        SavedCommands::change(self.config(), change)
    }

    /// The folder of our configuration files.
    pub(in crate::engine) fn config(&self) -> &Path {
        &self.0.folders.config
    }
}
