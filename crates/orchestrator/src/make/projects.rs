//! The projects: mkcli's, the folders added in the app, and the demo; and which of them are trusted.
//!
//! What is ours is kept in the config folder, in `projects.json` and `trusted.json`; mkcli's registry is never written.

mod error;
mod list;
mod not_found;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use self::list::{List, Trouble, folder_name, problem, same, unique};
pub use self::{error::ProjectError, not_found::NotFound};
use super::registry;
use crate::{
    json_file,
    project::{Project, ProjectSource},
};

/// Where projects are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// mkcli's registry, as [`registry::place`] finds it.
    pub registry: PathBuf,
    /// Our own config folder; it need not be there yet.
    pub config_dir: PathBuf,
    /// The demo project's folder, if the app brought one; it is trusted and goes by the name `vm`.
    pub demo: Option<PathBuf>,
    /// The home folder, for paths that start with `~/`.
    pub home: PathBuf,
}

/// Reads and keeps the projects. It holds no list: each call reads the files, so the last write is seen.
#[derive(Debug, Clone)]
pub struct Projects {
    folders: Folders,
}

/// A folder added in the app, as `projects.json` keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Added {
    name: String,
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct AddedList {
    projects: Vec<Added>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct ExclusiveList {
    /// Canonical paths.
    exclusive: Vec<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct TrustedList {
    /// Canonical paths.
    trusted: Vec<PathBuf>,
    /// What the makefiles of each were when it was trusted: their digest.
    #[serde(default)]
    contents: BTreeMap<PathBuf, String>,
}

impl Projects {
    /// Projects of these folders. Nothing is read yet.
    #[must_use]
    pub const fn new(folders: Folders) -> Self {
        Self { folders }
    }

    /// All projects, mkcli's first, then added folders, then the demo; and what could not be read, with its place.
    /// A name is unique; a folder that two aliases name is there twice, one added in the app as well is not.
    #[must_use]
    pub fn read(&self) -> (Vec<Project>, Vec<String>) {
        let (mut projects, problems) = self.names();
        projects.iter_mut().for_each(look_into);
        (projects, problems)
    }

    /// The project of this name or folder, as [`find`] has it. No other folder is looked into, however many there are.
    ///
    /// # Errors
    /// As [`find`].
    pub fn find(&self, name_or_folder: &str, cwd: &Path) -> Result<Project, NotFound> {
        let mut project = find(&self.names().0, name_or_folder, cwd)?;
        look_into(&mut project);
        Ok(project)
    }

    /// As [`Projects::read`], but that no project's folder was looked into.
    fn names(&self) -> (Vec<Project>, Vec<String>) {
        let (entries, mut problems) = registry::read(
            &self.folders.registry,
            &self.folders.config_dir.join("registry.good"),
        );
        let (added, problem): (AddedList, _) = json_file::read(&self.added_file());
        problems.extend(problem.map(|problem| problem.to_string()));
        let (trusted, problem): (TrustedList, _) = json_file::read(&self.trusted_file());
        problems.extend(problem.map(|problem| problem.to_string()));
        let (exclusive, problem): (ExclusiveList, _) = json_file::read(&self.exclusive_file());
        problems.extend(problem.map(|problem| problem.to_string()));

        let mut list = List::new(trusted.trusted, exclusive.exclusive);
        for entry in entries {
            list.push(entry.alias, entry.path, ProjectSource::Mkcli);
        }
        for project in added.projects {
            if !list.holds(&project.path) {
                list.push(project.name, project.path, ProjectSource::Added);
            }
        }
        if let Some(demo) = &self.folders.demo
            && !list.holds(demo)
        {
            list.push("vm".to_owned(), demo.clone(), ProjectSource::Demo);
        }
        (list.projects, problems)
    }

    /// Adds a folder with a makefile, absolute or starting with `~/`; its own name becomes the project's.
    ///
    /// # Errors
    /// [`ProjectError`] if there is no makefile in it, if it is known already, or if our file cannot be written.
    pub fn add(&self, path: &Path) -> Result<Project, ProjectError> {
        let shown = path.display().to_string();
        let path = self.canonical(path)?;
        match problem(&path) {
            Some(Trouble::NoMakefile) => return Err(ProjectError::NoMakefile(shown)),
            Some(Trouble::Unreadable(error)) => {
                return Err(ProjectError::Folder { path: shown, error });
            }
            None => {}
        }
        let (projects, _) = self.names();
        if let Some(known) = projects.iter().find(|known| same(&known.path, &path)) {
            return Err(ProjectError::Known {
                path: shown,
                name: known.name.clone(),
            });
        }
        let name = unique(&folder_name(&path), |name| {
            projects.iter().any(|known| known.name == name)
        });
        json_file::change(&self.added_file(), |list: &mut AddedList| {
            list.projects.push(Added {
                name: name.clone(),
                path: path.clone(),
            });
            (true, ())
        })?;
        self.find(&name, &path).map_err(Into::into)
    }

    /// Takes an added project off the list. Nothing else changes on disk.
    ///
    /// # Errors
    /// [`ProjectError`] if the name is unknown, mkcli's or the demo's, or if our file cannot be written.
    pub fn remove(&self, name: &str) -> Result<(), ProjectError> {
        let (projects, _) = self.names();
        let project = projects
            .iter()
            .find(|project| project.name == name)
            .ok_or_else(|| NotFound::near(name, &projects))?;
        match project.source {
            ProjectSource::Mkcli => return Err(ProjectError::OfMkcli(name.to_owned())),
            ProjectSource::Demo => return Err(ProjectError::OfDemo(name.to_owned())),
            ProjectSource::Added => {}
        }
        json_file::change(&self.added_file(), |list: &mut AddedList| {
            list.projects.retain(|added| added.path != project.path);
            (true, ())
        })?;
        Ok(())
    }

    /// Allows the targets of the makefiles in this folder to be run, under whatever name it is known; `digest` is what
    /// they are now.
    ///
    /// # Errors
    /// [`ProjectError`] if the folder is gone or our file cannot be written.
    pub fn trust(&self, path: &Path, digest: &str) -> Result<(), ProjectError> {
        let path = self.canonical(path)?;
        json_file::change(&self.trusted_file(), |list: &mut TrustedList| {
            let new = !list.trusted.contains(&path);
            if new {
                list.trusted.push(path.clone());
            }
            let known = list.contents.insert(path, digest.to_owned());
            (new || known.as_deref() != Some(digest), ())
        })?;
        Ok(())
    }

    /// Takes the trust in a folder away.
    ///
    /// # Errors
    /// As [`Projects::trust`].
    pub fn distrust(&self, path: &Path) -> Result<(), ProjectError> {
        let path = self.canonical(path)?;
        json_file::change(&self.trusted_file(), |list: &mut TrustedList| {
            let was = list.trusted.contains(&path);
            list.trusted.retain(|known| *known != path);
            list.contents.remove(&path);
            (was, ())
        })?;
        Ok(())
    }

    /// What the makefiles of each trusted folder were when it was trusted, by canonical path: a digest as
    /// [`Stamps::digest`](super::Stamps::digest) has it. Those trusted by an older app have none.
    #[must_use]
    pub fn contents_trusted(&self) -> BTreeMap<PathBuf, String> {
        let (trusted, _told_by_read): (TrustedList, _) = json_file::read(&self.trusted_file());
        trusted.contents
    }

    /// Says whether at most one job of this folder may run at once.
    ///
    /// # Errors
    /// As [`Projects::trust`].
    pub fn set_exclusive(&self, path: &Path, exclusive: bool) -> Result<(), ProjectError> {
        let path = self.canonical(path)?;
        json_file::change(&self.exclusive_file(), |list: &mut ExclusiveList| {
            let was = list.exclusive.contains(&path);
            list.exclusive.retain(|known| *known != path);
            if exclusive {
                list.exclusive.push(path);
            }
            (was != exclusive, ())
        })?;
        Ok(())
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ProjectError> {
        let shown = path.display().to_string();
        let path = fs::canonicalize(self.at_home(path)).map_err(|error| ProjectError::Folder {
            path: shown.clone(),
            error,
        })?;
        if path.to_str().is_none() {
            return Err(ProjectError::NotUtf8(shown));
        }
        Ok(path)
    }

    fn added_file(&self) -> PathBuf {
        self.folders.config_dir.join("projects.json")
    }

    fn trusted_file(&self) -> PathBuf {
        self.folders.config_dir.join("trusted.json")
    }

    fn exclusive_file(&self) -> PathBuf {
        self.folders.config_dir.join("exclusive.json")
    }

    fn at_home(&self, path: &Path) -> PathBuf {
        path.strip_prefix("~")
            .map_or_else(|_| path.to_owned(), |rest| self.folders.home.join(rest))
    }
}

/// Notes what keeps a project's folder from being used, if anything does.
fn look_into(project: &mut Project) {
    project.problem = problem(&project.path).map(|trouble| trouble.to_string());
}

/// The project of this name, or of this folder as seen from `cwd`: `.`, `../other`, an absolute path. A name goes before
/// a folder. A folder that is on no list is a project all the same, untrusted, named after itself.
///
/// # Errors
/// [`NotFound`] if it is neither; it names what comes near.
pub fn find(projects: &[Project], name_or_folder: &str, cwd: &Path) -> Result<Project, NotFound> {
    if let Some(project) = projects
        .iter()
        .find(|project| project.name == name_or_folder)
    {
        return Ok(project.clone());
    }
    let path = fs::canonicalize(cwd.join(name_or_folder)).ok();
    let Some(path) = path.filter(|path| path.is_dir() && !name_or_folder.is_empty()) else {
        return Err(NotFound::near(name_or_folder, projects));
    };
    if let Some(project) = projects.iter().find(|project| same(&project.path, &path)) {
        return Ok(project.clone());
    }
    Ok(Project {
        name: unique(&folder_name(&path), |name| {
            projects.iter().any(|known| known.name == name)
        }),
        source: ProjectSource::Added,
        trusted: false,
        changed: false,
        exclusive: false,
        problem: problem(&path).map(|trouble| trouble.to_string()),
        path,
    })
}

#[cfg(test)]
mod tests;
