//! What a person named as sources of hosts: `host-sources.json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{HostsError, files::of_path, listing::Listing};
use crate::json_file::{self, JsonFileError};

/// Sources that a person can name.
const MOST: usize = 100;

/// Where sources are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Where<'a> {
    /// The person's home.
    pub home: &'a Path,
    /// Our configuration files.
    pub config: &'a Path,
    /// Our data.
    pub data: &'a Path,
    /// The folders of projects.
    pub projects: &'a [PathBuf],
}

/// What a person named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sources {
    /// Files and folders, absolute.
    pub files: Vec<PathBuf>,
    /// Commands that print an inventory.
    pub commands: Vec<String>,
}

impl Sources {
    /// Reads them: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        json_file::read(&config.join("host-sources.json"))
    }

    /// Adds a file or a folder, absolute, and returns what is in it.
    ///
    /// # Errors
    /// If it cannot be read as hosts, or the list is full or cannot be written.
    pub fn add_file(config: &Path, path: &Path) -> Result<Listing, HostsError> {
        let read = of_path(path);
        if read.machines.is_empty() {
            let why = match read.problems.first() {
                Some(problem) => problem.clone(),
                None => format!("{}: no hosts were found in it", path.display()),
            };
            return Err(HostsError::Refused(why));
        }
        Self::change(config, |sources| add(&mut sources.files, path.to_owned()))?;
        Ok(read)
    }

    /// Adds a command.
    ///
    /// # Errors
    /// As [`Self::add_file`].
    pub fn add_command(config: &Path, text: &str) -> Result<(), HostsError> {
        if text.trim().is_empty() || text.contains('\0') {
            return Err(HostsError::Refused("there is no command to run".to_owned()));
        }
        Self::change(config, |sources| {
            add(&mut sources.commands, text.to_owned())
        })
    }

    /// Takes a file, a folder or a command off the list.
    ///
    /// # Errors
    /// If it is not on the list, or that cannot be written.
    pub fn remove(config: &Path, what: &str) -> Result<(), HostsError> {
        Self::change(config, |sources| {
            let before = (sources.files.len(), sources.commands.len());
            sources.files.retain(|file| file != Path::new(what));
            sources.commands.retain(|text| text != what);
            match before == (sources.files.len(), sources.commands.len()) {
                true => Err(format!("'{what}' is not among the added sources of hosts")),
                false => Ok(()),
            }
        })
    }

    fn change(
        config: &Path,
        change: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<(), HostsError> {
        let file = config.join("host-sources.json");
        json_file::change(&file, |sources: &mut Self| {
            let changed = change(sources);
            (changed.is_ok(), changed)
        })?
        .map_err(HostsError::Refused)
    }
}

fn add<T: PartialEq>(all: &mut Vec<T>, one: T) -> Result<(), String> {
    if all.len() >= MOST {
        return Err(format!(
            "{MOST} sources of hosts are as many as can be named"
        ));
    }
    if !all.contains(&one) {
        all.push(one);
    }
    Ok(())
}
