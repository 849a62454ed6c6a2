//! What can be run: projects and hosts, read again when their files change.

mod consents;
pub(super) mod database;
pub(super) mod edit;
pub(super) mod files;
pub(super) mod make_database;
pub(super) mod preferences;
pub(super) mod presets;
pub(super) mod production;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;

use self::production::place_of;
use crate::{
    folders::Folders,
    host::Host,
    json_file::KeptError,
    make,
    project::{Project, ProjectSource, Scan},
    settings::{Production, SavedCommands, place},
    ssh,
};

/// Scans that are kept; past that all are made anew.
const SCANS: usize = 64;

/// What was read, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed<T> {
    /// What was read.
    pub found: Vec<T>,
    /// What could not be, each with its file and line.
    pub problems: Vec<String>,
}

fn read_ssh(folders: &Folders) -> ssh::Config {
    let files: Vec<&Path> = folders.ssh_configs.iter().map(PathBuf::as_path).collect();
    ssh::Config::read_all(&files, &folders.home)
}

/// A scan, and what tells whether it is still true.
type Scanned = (Arc<Scan>, Arc<make::Stamps>);

/// Projects and hosts.
#[derive(Debug)]
pub(crate) struct Catalog {
    folders: Folders,
    config: Mutex<Arc<ssh::Config>>,
    /// What is wrong with the SSH config as it now is, where an earlier one counts.
    unread: Mutex<Vec<String>>,
    /// By folder; never more than [`SCANS`].
    scans: Mutex<HashMap<PathBuf, Scanned>>,
    trust_again: AtomicBool,
}

impl Catalog {
    pub(crate) fn new(folders: Folders, trust_again: bool) -> Self {
        let config = Arc::new(read_ssh(&folders));
        Self {
            folders,
            config: Mutex::new(config),
            unread: Mutex::default(),
            scans: Mutex::default(),
            trust_again: AtomicBool::new(trust_again),
        }
    }

    fn list(&self) -> make::Projects {
        make::Projects::new(make::Folders {
            registry: self.folders.registry.clone(),
            config_dir: self.folders.config.clone(),
            demo: self.folders.demo(),
            home: self.folders.home.clone(),
        })
    }

    pub(crate) fn projects(&self) -> Listed<Project> {
        let (mut found, problems) = self.list().read();
        if self.trust_again.load(Ordering::Relaxed) {
            self.doubt_changed(&mut found);
        }
        Listed { found, problems }
    }

    /// Says whether projects whose makefiles have changed have to be trusted anew. True where that is news.
    pub(crate) fn set_trust_again(&self, again: bool) -> bool {
        self.trust_again.swap(again, Ordering::Relaxed) != again
    }

    /// Takes trust away from projects that are no longer what was trusted.
    fn doubt_changed(&self, projects: &mut [Project]) {
        let then = self.list().contents_trusted();
        for project in projects {
            if !project.trusted || project.source == ProjectSource::Demo {
                continue;
            }
            let path = project.path.canonicalize();
            let digest = path.ok().and_then(|path| then.get(&path));
            // What an older app was told to trust counts as it is.
            if let Some(digest) = digest {
                project.changed = self.scanned(&project.path).1.digest() != *digest;
                project.trusted = !project.changed;
            }
        }
    }

    pub(crate) fn add_project(&self, path: &str) -> Result<Project, make::projects::ProjectError> {
        self.list().add(Path::new(path))
    }

    pub(crate) fn remove_project(&self, name: &str) -> Result<(), make::projects::ProjectError> {
        self.list().remove(name)
    }

    pub(crate) fn trust(&self, project: &Project) -> Result<(), make::projects::ProjectError> {
        let (_scan, stamps) = self.scanned(&project.path);
        self.list().trust(&project.path, &stamps.digest())
    }

    pub(crate) fn set_exclusive(
        &self,
        project: &Project,
        exclusive: bool,
    ) -> Result<(), make::projects::ProjectError> {
        self.list().set_exclusive(&project.path, exclusive)
    }

    /// What the makefile of a folder holds; runs nothing. It is read again where a file of it has changed.
    pub(crate) fn scan(&self, folder: &Path) -> Arc<Scan> {
        self.scanned(folder).0
    }

    fn scanned(&self, folder: &Path) -> Scanned {
        let scans = || self.scans.lock();
        let known = scans().get(folder).cloned();
        if let Some((scan, stamps)) = known
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

    /// The SSH config as last read.
    pub(crate) fn ssh(&self) -> Arc<ssh::Config> {
        Arc::clone(&self.config.lock())
    }

    /// The hosts, each with its row of saved commands.
    pub(crate) fn hosts(&self) -> Listed<Host> {
        let config = self.ssh();
        let mut problems = self.unread.lock().clone();
        problems.extend_from_slice(config.problems());
        let (saved, problem) = SavedCommands::read(&self.folders.config);
        problems.extend(problem.map(|problem| problem.to_string()));
        let (marked, problem) = Production::read(&self.folders.config);
        problems.extend(problem.map(|problem| problem.to_string()));
        let marked = marked.marked(|name| place_of(&config, name));
        let mut found = config.hosts();
        for host in &mut found {
            host.production = marked.has(&host.name, &place(&host.hostname, host.port));
            host.commands = saved.of(&host.name);
        }
        Listed { found, problems }
    }

    /// Reads the SSH config again. One of which no host can be read any more counts as the one before.
    pub(crate) fn read_hosts(&self) {
        let config = read_ssh(&self.folders);
        let mut known = self.config.lock();
        let mut unread = Vec::new();
        if config.hosts().is_empty() && !config.problems().is_empty() && !known.hosts().is_empty() {
            unread.extend_from_slice(config.problems());
            unread.push("the last SSH config that could be read counts until it is mended".into());
        } else {
            *known = Arc::new(config);
        }
        *self.unread.lock() = unread;
    }

    pub(crate) fn change_commands(
        &self,
        change: impl FnOnce(&mut SavedCommands),
    ) -> Result<(), KeptError> {
        SavedCommands::change(&self.folders.config, change)
    }
}
