//! The list while it is put together: names, what is wrong with a folder, and what a person has set for it.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, AtFlags, CWD};

use crate::{
    make::scan::MAKEFILES,
    project::{Project, ProjectSource},
};

/// The list while it is put together.
#[derive(Default)]
pub(super) struct List {
    pub(super) projects: Vec<Project>,
    names: HashSet<String>,
    canonical: HashSet<PathBuf>,
    /// Canonical paths.
    trusted: HashSet<PathBuf>,
    /// Canonical paths.
    exclusive: HashSet<PathBuf>,
}

impl List {
    /// An empty one, with what a person has set for folders.
    pub(super) fn new(trusted: Vec<PathBuf>, exclusive: Vec<PathBuf>) -> Self {
        Self {
            trusted: trusted.into_iter().collect(),
            exclusive: exclusive.into_iter().collect(),
            ..Self::default()
        }
    }

    pub(super) fn holds(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| self.canonical.contains(&path))
    }

    /// Adds a project, which nobody has looked into yet.
    pub(super) fn push(&mut self, name: String, path: PathBuf, source: ProjectSource) {
        let canonical = fs::canonicalize(&path).ok();
        let trusted = source == ProjectSource::Demo
            || canonical
                .as_ref()
                .is_some_and(|path| self.trusted.contains(path));
        let exclusive = canonical
            .as_ref()
            .is_some_and(|path| self.exclusive.contains(path));
        let name = unique(&name, |name| self.names.contains(name));
        self.names.insert(name.clone());
        self.canonical.extend(canonical);
        self.projects.push(Project {
            name,
            source,
            trusted,
            changed: false,
            exclusive,
            // Who needs to know looks into the folder.
            problem: None,
            path,
        });
    }
}

/// What keeps a folder from being used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("no makefile in it")]
    NoMakefile,
    #[error("{}", if .0.kind() == io::ErrorKind::NotFound { "the folder is gone".to_owned() } else { format!("cannot be read: {}", .0) })]
    Unreadable(io::Error),
}

pub(super) fn problem(path: &Path) -> Option<Trouble> {
    // Asked and not tried: our own watch of the folder wakes if it is opened.
    let (may, rights) = (Access::READ_OK | Access::EXEC_OK, AtFlags::EACCESS);
    if let Err(error) = rustix::fs::accessat(CWD, path.join("."), may, rights) {
        return Some(Trouble::Unreadable(error.into()));
    }
    let found = MAKEFILES.iter().any(|name| path.join(name).exists());
    (!found).then_some(Trouble::NoMakefile)
}

pub(super) fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

pub(super) fn folder_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// `name`, or `name-2`, `name-3`, … if it is taken.
pub(super) fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while taken(&candidate) {
        candidate = format!("{name}-{number}");
        number += 1;
    }
    candidate
}
