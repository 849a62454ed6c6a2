//! What can be run: projects and hosts, read again when their files change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::{
    folders::Folders,
    host::Host,
    make,
    project::{Project, Scan},
    settings::{SavedCommands, SettingsError},
    ssh,
};

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

/// Projects and hosts.
#[derive(Debug)]
pub(crate) struct Catalog {
    folders: Folders,
    config: Mutex<Arc<ssh::Config>>,
}

impl Catalog {
    pub(crate) fn new(folders: Folders) -> Self {
        let config = Arc::new(ssh::Config::read(&folders.ssh_config, &folders.home));
        Self {
            folders,
            config: Mutex::new(config),
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

    /// What the project's makefile holds; runs nothing.
    pub(crate) fn scan(&self, project: &Project) -> Scan {
        make::scan(&project.path)
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
        let config = Arc::new(ssh::Config::read(
            &self.folders.ssh_config,
            &self.folders.home,
        ));
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

    /// Tells of changed files for as long as what is returned lives. A change told twice is told once where the first
    /// has not been taken yet; none is missed.
    pub(crate) fn watch(&self) -> notify::Result<(RecommendedWatcher, mpsc::Receiver<Changed>)> {
        let (tell, told) = mpsc::channel(256);
        let (jobs, config) = (self.folders.jobs(), self.folders.config.clone());
        let registry = self.folders.registry.clone();
        let ssh_files: BTreeSet<PathBuf> = self.ssh().files().iter().cloned().collect();
        let projects = self.projects().found;
        let watched: Vec<(PathBuf, String)> = projects
            .iter()
            .map(|project| (project.path.clone(), project.name.clone()))
            .collect();
        let ssh_known = ssh_files.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if event.kind.is_access() {
                    return;
                }
                for path in event.paths {
                    let changed = if path.parent() == Some(&jobs) {
                        Changed::Jobs
                    } else if path == registry
                        || (path.parent() == Some(&config)
                            && path.extension().is_some_and(|end| end == "json")
                            && !path.ends_with("commands.json"))
                    {
                        Changed::Projects
                    } else if ssh_known.contains(&path) || path.ends_with("commands.json") {
                        Changed::Hosts
                    } else if let Some((_, name)) = watched
                        .iter()
                        .find(|(folder, _)| path.parent() == Some(folder))
                    {
                        Changed::Targets(name.clone())
                    } else {
                        continue;
                    };
                    // Where 256 changes wait, what they tell of will be read after this one anyway.
                    if tell.try_send(changed).is_err() {
                        return;
                    }
                }
            })?;
        watcher.watch(&self.folders.jobs(), RecursiveMode::NonRecursive)?;
        watcher.watch(&self.folders.config, RecursiveMode::NonRecursive)?;
        let beside = ssh_files
            .iter()
            .chain([&self.folders.registry, &self.folders.ssh_config]);
        let folders: BTreeSet<PathBuf> = beside
            .filter_map(|file| file.parent().map(PathBuf::from))
            .chain(projects.into_iter().map(|project| project.path))
            .collect();
        for folder in folders {
            if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
                tracing::debug!(folder = %folder.display(), %error, "not watched");
            }
        }
        Ok((watcher, told))
    }
}
