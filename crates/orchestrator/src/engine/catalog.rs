//! What can be run: projects and hosts, read again when their files change.

pub(super) mod make_database;
pub(super) mod preferences;
pub(super) mod presets;
pub(super) mod production;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use self::production::place_of;
use crate::{
    folders::Folders,
    host::Host,
    job::JobId,
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

/// A file that matters to the catalog has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Changed {
    /// The settings.
    Settings,
    /// The registry, our list of projects, or what is trusted.
    Projects,
    /// The SSH config or the saved commands.
    Hosts,
    /// A project's folder.
    Targets(String),
    /// The folder of job folders.
    Jobs,
}

/// How long writing a file may take that somebody has begun to write.
const WRITTEN: Duration = Duration::from_millis(30);

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
        let scans = || self.scans.lock().expect("no panic holds it");
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
        Arc::clone(&self.config.lock().expect("no panic holds it"))
    }

    /// The hosts, each with its row of saved commands.
    pub(crate) fn hosts(&self) -> Listed<Host> {
        let config = self.ssh();
        let mut problems = self.unread.lock().expect("no panic holds it").clone();
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
        let mut known = self.config.lock().expect("no panic holds it");
        let mut unread = Vec::new();
        if config.hosts().is_empty() && !config.problems().is_empty() && !known.hosts().is_empty() {
            unread.extend_from_slice(config.problems());
            unread.push("the last SSH config that could be read counts until it is mended".into());
        } else {
            *known = Arc::new(config);
        }
        *self.unread.lock().expect("no panic holds it") = unread;
    }

    pub(crate) fn change_commands(
        &self,
        change: impl FnOnce(&mut SavedCommands),
    ) -> Result<(), KeptError> {
        SavedCommands::change(&self.folders.config, change)
    }

    /// Watches the files that matter, for as long as what is returned lives. What the watch `before` this one saw last,
    /// while nobody asked, is not lost.
    pub(crate) fn watch(&self, before: Option<&Watching>) -> notify::Result<Watching> {
        let waiting = before.map_or_else(Arc::default, |before| Arc::clone(&before.waiting));
        let matter = self.what_matters();
        let projects = matter.projects.clone();
        let files: Vec<PathBuf> = matter
            .ssh_files
            .iter()
            .chain([&self.folders.registry])
            .chain(&self.folders.ssh_configs)
            .cloned()
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
        for (project, _) in &projects {
            watch(&mut watcher, project);
        }
        for file in &files {
            watch_for(&mut watcher, file);
        }
        // What was added just before it could be seen.
        if self.what_matters().projects != projects {
            waiting.add([Changed::Projects].into_iter());
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
            ssh_configs: self.folders.ssh_configs.clone(),
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
    ssh_configs: Vec<PathBuf>,
    projects: Vec<(PathBuf, String)>,
}

impl Matter {
    /// What a change of this path means; none where it means nothing.
    fn of(&self, path: &Path) -> Option<Changed> {
        if path.parent() == Some(&self.jobs) {
            // One that is being made or dropped is nobody's yet, or any more.
            let is_job = path.file_name()?.to_str()?.parse::<JobId>().is_ok();
            return is_job.then_some(Changed::Jobs);
        }
        if path.parent() == Some(&self.config)
            && let Some(changed) = of_ours(path)
        {
            return Some(changed);
        }
        // Or a folder that it will lie in.
        if self.registry.starts_with(path) {
            return Some(Changed::Projects);
        }
        let mut ssh = self.ssh_configs.iter();
        if self.ssh_files.contains(path) || ssh.any(|file| file.starts_with(path)) {
            return Some(Changed::Hosts);
        }
        let mut projects = self.projects.iter();
        projects
            .find(|(folder, _)| path.parent() == Some(folder))
            .map(|(_, name)| Changed::Targets(name.clone()))
    }
}

fn watch(watcher: &mut RecommendedWatcher, folder: &Path) {
    if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
        tracing::debug!(folder = %folder.display(), %error, "not watched");
    }
}

/// Watches for a file. A folder of it that is made in this moment, unseen, is watched next.
fn watch_for(watcher: &mut RecommendedWatcher, file: &Path) {
    let mut watched = None;
    while let Some(folder) = nearest(file).filter(|folder| watched.as_ref() != Some(folder)) {
        watch(watcher, &folder);
        watched = Some(folder);
    }
}

/// The folder to watch for a file: its own, or where that is not there yet, the nearest one above.
fn nearest(file: &Path) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above.find(|folder| folder.is_dir()).map(PathBuf::from)
}

/// What a change of a file in our config folder means; none where nobody waits for it.
fn of_ours(path: &Path) -> Option<Changed> {
    match path.file_name()?.to_str()? {
        "settings.json" => Some(Changed::Settings),
        "projects.json" | "trusted.json" | "exclusive.json" => Some(Changed::Projects),
        "commands.json" | "production.json" => Some(Changed::Hosts),
        _ => None,
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
    /// What has changed since it was asked last; waits until something has. A file that is written is empty at first, so
    /// it is not read in that instant.
    pub(crate) async fn next(&mut self) -> BTreeSet<Changed> {
        loop {
            let mut changes = self.take();
            if changes.iter().any(|change| *change != Changed::Jobs) {
                tokio::time::sleep(WRITTEN).await;
                changes.append(&mut self.take());
            }
            if !changes.is_empty() {
                return changes;
            }
            self.waiting.some.notified().await;
        }
    }

    fn take(&self) -> BTreeSet<Changed> {
        std::mem::take(&mut *self.waiting.changes.lock().expect("no panic holds it"))
    }
}
