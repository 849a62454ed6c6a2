//! What can be run: projects and hosts, read again when their files change.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::{
    folders::Folders,
    host::Host,
    make,
    project::{Project, Scan},
    settings::{SavedCommands, SettingsError},
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

/// A file that matters to the catalog has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Changed {
    /// The registry, our list of projects, or what is trusted.
    Projects,
    /// The SSH config or the saved commands.
    Hosts,
    /// A project's folder.
    Targets(String),
    /// The folder of job folders.
    Jobs,
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
    /// By folder; never more than [`SCANS`].
    scans: Mutex<HashMap<PathBuf, Scanned>>,
}

impl Catalog {
    pub(crate) fn new(folders: Folders) -> Self {
        let config = Arc::new(read_ssh(&folders));
        Self {
            folders,
            config: Mutex::new(config),
            scans: Mutex::default(),
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
        let (found, problems) = self.list().read();
        Listed { found, problems }
    }

    pub(crate) fn add_project(&self, path: &str) -> Result<Project, make::projects::ProjectError> {
        self.list().add(Path::new(path))
    }

    pub(crate) fn remove_project(&self, name: &str) -> Result<(), make::projects::ProjectError> {
        self.list().remove(name)
    }

    pub(crate) fn trust(&self, project: &Project) -> Result<(), make::projects::ProjectError> {
        self.list().trust(&project.path)
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
        let scans = || self.scans.lock().expect("no panic holds it");
        let known = scans().get(folder).cloned();
        if let Some((scan, stamps)) = known
            && stamps.hold()
        {
            return scan;
        }
        let (scan, stamps) = make::scan_stamped(folder);
        let scan = Arc::new(scan);
        let mut scans = scans();
        if scans.len() >= SCANS {
            scans.clear();
        }
        scans.insert(folder.to_owned(), (Arc::clone(&scan), Arc::new(stamps)));
        scan
    }

    /// The SSH config as last read.
    pub(crate) fn ssh(&self) -> Arc<ssh::Config> {
        Arc::clone(&self.config.lock().expect("no panic holds it"))
    }

    /// The hosts, each with its row of saved commands.
    pub(crate) fn hosts(&self) -> Listed<Host> {
        let config = self.ssh();
        let mut problems = config.problems().to_vec();
        let saved = SavedCommands::read(&self.folders.config).unwrap_or_else(|error| {
            problems.push(error.to_string());
            SavedCommands::default()
        });
        let mut found = config.hosts();
        for host in &mut found {
            host.commands = saved.of(&host.name);
        }
        Listed { found, problems }
    }

    /// Reads the SSH config again.
    pub(crate) fn read_hosts(&self) {
        let config = Arc::new(read_ssh(&self.folders));
        *self.config.lock().expect("no panic holds it") = config;
    }

    pub(crate) fn change_commands(
        &self,
        change: impl FnOnce(&mut SavedCommands),
    ) -> Result<(), SettingsError> {
        let mut saved = SavedCommands::read(&self.folders.config)?;
        change(&mut saved);
        saved.write(&self.folders.config)
    }

    /// Watches the files that matter, for as long as what is returned lives.
    pub(crate) fn watch(&self) -> notify::Result<Watching> {
        let waiting = Arc::new(Waiting::default());
        let matter = self.what_matters();
        let beside = matter
            .ssh_files
            .iter()
            .chain([&self.folders.registry])
            .chain(&self.folders.ssh_configs);
        let folders: BTreeSet<PathBuf> = beside
            .filter_map(|file| file.parent().map(PathBuf::from))
            .chain(matter.projects.iter().map(|(path, _)| path.clone()))
            .collect();
        let told = Arc::clone(&waiting);
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if !event.kind.is_access() {
                    told.add(event.paths.iter().filter_map(|path| matter.of(path)));
                }
            })?;
        watcher.watch(&self.folders.jobs(), RecursiveMode::NonRecursive)?;
        watcher.watch(&self.folders.config, RecursiveMode::NonRecursive)?;
        for folder in folders {
            if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
                tracing::debug!(folder = %folder.display(), %error, "not watched");
            }
        }
        Ok(Watching {
            _watcher: watcher,
            waiting,
        })
    }

    fn what_matters(&self) -> Matter {
        let projects = self.projects().found.into_iter();
        Matter {
            jobs: self.folders.jobs(),
            config: self.folders.config.clone(),
            registry: self.folders.registry.clone(),
            ssh_files: self.ssh().files().iter().cloned().collect(),
            projects: projects
                .map(|project| (project.path, project.name))
                .collect(),
        }
    }
}

/// The paths whose changes matter.
struct Matter {
    jobs: PathBuf,
    config: PathBuf,
    registry: PathBuf,
    ssh_files: BTreeSet<PathBuf>,
    projects: Vec<(PathBuf, String)>,
}

impl Matter {
    /// What a change of this path means; none where it means nothing.
    fn of(&self, path: &Path) -> Option<Changed> {
        if path.parent() == Some(&self.jobs) {
            return Some(Changed::Jobs);
        }
        let is_config = path.parent() == Some(&self.config)
            && path.extension().is_some_and(|end| end == "json");
        if path == self.registry || (is_config && !path.ends_with("commands.json")) {
            return Some(Changed::Projects);
        }
        if self.ssh_files.contains(path) || path.ends_with("commands.json") {
            return Some(Changed::Hosts);
        }
        let mut projects = self.projects.iter();
        projects
            .find(|(folder, _)| path.parent() == Some(folder))
            .map(|(_, name)| Changed::Targets(name.clone()))
    }
}

/// Changes that nobody has taken yet, each once however often it came: no more than there are files that matter.
#[derive(Debug, Default)]
struct Waiting {
    changes: Mutex<BTreeSet<Changed>>,
    some: Notify,
}

impl Waiting {
    fn add(&self, changes: impl Iterator<Item = Changed>) {
        self.changes
            .lock()
            .expect("no panic holds it")
            .extend(changes);
        self.some.notify_one();
    }
}

/// Files that are watched.
#[derive(Debug)]
pub(crate) struct Watching {
    _watcher: RecommendedWatcher,
    waiting: Arc<Waiting>,
}

impl Watching {
    /// What has changed since it was asked last; waits until something has.
    pub(crate) async fn next(&mut self) -> BTreeSet<Changed> {
        loop {
            let changes =
                std::mem::take(&mut *self.waiting.changes.lock().expect("no panic holds it"));
            if !changes.is_empty() {
                return changes;
            }
            self.waiting.some.notified().await;
        }
    }
}
