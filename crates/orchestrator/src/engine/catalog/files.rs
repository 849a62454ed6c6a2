//! The files that the catalog is read from, watched: what a change of one means, and the changes that wait to be taken.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Catalog;
use crate::job::JobId;

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

impl Catalog {
    /// Watches the files that matter, for as long as what is returned lives. What the watch `before` this one saw last,
    /// while no task waited for it, is not lost.
    pub(in crate::engine) fn watch(&self, before: Option<&Watching>) -> notify::Result<Watching> {
        let waiting = before.map_or_else(Arc::default, |before| Arc::clone(&before.waiting));
        let matter = self.what_matters();
        let projects = matter.projects.clone();
        let files: Vec<PathBuf> = matter
            .ssh_files
            .iter()
            .chain([&self.0.folders.registry])
            .chain(&self.0.folders.ssh_configs)
            .chain(&matter.host_files)
            .cloned()
            .collect();
        let changed = Arc::clone(&waiting);
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if !event.kind.is_access() {
                    changed.add(event.paths.iter().filter_map(|path| matter.of(path)));
                }
            })?;
        watcher.watch(&self.0.folders.jobs(), RecursiveMode::NonRecursive)?;
        watcher.watch(&self.0.folders.config, RecursiveMode::NonRecursive)?;
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
        let projects = self.list_projects().found.into_iter();
        Matter {
            jobs: self.0.folders.jobs(),
            config: self.0.folders.config.clone(),
            registry: self.0.folders.registry.clone(),
            ssh_files: self.ssh().files().iter().cloned().collect(),
            ssh_configs: self.0.folders.ssh_configs.clone(),
            host_files: self.host_files().into_iter().collect(),
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
    /// The files of other sources of hosts.
    host_files: BTreeSet<PathBuf>,
    projects: Vec<(PathBuf, String)>,
}

impl Matter {
    /// What a change of this path means; none if it has no meaning here.
    fn of(&self, path: &Path) -> Option<Changed> {
        if path.parent() == Some(&self.jobs) {
            // One that is being made or dropped is not a job's folder yet, or no longer.
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
        if self.ssh_files.contains(path)
            || self.host_files.contains(path)
            || ssh.any(|file| file.starts_with(path))
        {
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

/// The folder to watch for a file: its own, or if that is not there yet, the nearest one above.
fn nearest(file: &Path) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above.find(|folder| folder.is_dir()).map(PathBuf::from)
}

/// What a change of a file in our config folder means; none if it means nothing to us.
fn of_ours(path: &Path) -> Option<Changed> {
    match path.file_name()?.to_str()? {
        "settings.json" => Some(Changed::Settings),
        "projects.json" | "trusted.json" | "exclusive.json" => Some(Changed::Projects),
        "commands.json"
        | "marks.json"
        | "production.json"
        | "host-tags.json"
        | "host-sources.json"
        | "hosts.conf"
        | "allowed-commands.json" => Some(Changed::Hosts),
        _ => None,
    }
}

/// Changes that were not taken yet, each once however often it came: no more than there are files that matter.
#[derive(Debug, Default)]
struct Pending {
    changes: Mutex<BTreeSet<Changed>>,
    some: Notify,
}

impl Pending {
    fn add(&self, changes: impl Iterator<Item = Changed>) {
        self.changes.lock().extend(changes);
        self.some.notify_one();
    }
}

/// Files that are watched.
#[derive(Debug)]
pub(crate) struct Watching {
    _watcher: RecommendedWatcher,
    waiting: Arc<Pending>,
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
        std::mem::take(&mut *self.waiting.changes.lock())
    }
}
