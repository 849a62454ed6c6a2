//! Which sources there are: what projects and Docker have by themselves, and what a person named in `host-sources.json`.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    HostsError, ansible, command, docker,
    found::{self, Read},
    terraform, vm_config,
};
use crate::{
    host::SourceKind,
    json_file::{self, KeptError},
};

/// Sources that a person can name.
const MOST: usize = 100;
/// Files of a folder that is named.
const MOST_IN_FOLDER: usize = 200;

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
    pub fn read(config: &Path) -> (Self, Option<KeptError>) {
        json_file::read(&config.join("host-sources.json"))
    }

    /// Adds a file or a folder, absolute.
    ///
    /// # Errors
    /// If it holds nothing that can be read as hosts, or the list is full or cannot be written.
    pub fn add_file(config: &Path, path: &Path) -> Result<(), HostsError> {
        let read = of_path(path);
        if read.found.is_empty() {
            let why = match read.problems.first() {
                Some(problem) => problem.clone(),
                None => format!("{}: no hosts were found in it", path.display()),
            };
            return Err(HostsError::Refused(why));
        }
        Self::change(config, |sources| add(&mut sources.files, path.to_owned()))
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
                true => Err(format!("'{what}' is no source of hosts that was added")),
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

/// By what a file is known to be unchanged.
type Stamp = Option<(SystemTime, u64, u64)>;

/// What files held when they were read last. A file that cannot be read now counts as it was.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<PathBuf, (Stamp, Read)>>);

impl Kept {
    /// What all sources name. It reads files, and runs nothing; `allows` says which commands a person has allowed.
    pub fn read(&self, at: &Where<'_>, allows: &dyn Fn(&str) -> bool) -> Read {
        let mut all = Read::default();
        let (sources, problem) = Sources::read(at.config);
        all.problems
            .extend(problem.map(|problem| problem.to_string()));
        let mut known = self.0.lock();
        let mut now = HashMap::new();
        let mut of = |path: &Path, read: fn(&Path, &str) -> Read| {
            let place = short(path, at.home);
            let read = again(known.remove(path), path, |path| read(path, &place));
            now.insert(path.to_owned(), read.clone());
            let mut read = read.1;
            read.files.push(path.to_owned());
            read
        };
        let mut vms = Read::default();
        for file in at
            .projects
            .iter()
            .flat_map(|folder| vm_config::files(folder))
        {
            vms.extend(of(&file, vm_config::read));
        }
        vm_config::tell_apart(&mut vms.found);
        all.extend(vms);
        for path in &sources.files {
            for file in files_of(path) {
                all.extend(of(&file, of_file));
            }
            all.files.push(path.clone());
        }
        for file in docker::files(at.home) {
            all.extend(of(&file, docker::read));
        }
        *known = now;
        all.extend(command::read(at, &sources, allows));
        all
    }
}

/// A file as it was, if it has not changed; else as it is, and if that cannot be read, its hosts as they were.
fn again(
    known: Option<(Stamp, Read)>,
    path: &Path,
    read: impl FnOnce(&Path) -> Read,
) -> (Stamp, Read) {
    let stamp = fs::metadata(path)
        .ok()
        .and_then(|kind| Some((kind.modified().ok()?, kind.len(), kind.ino())));
    match known {
        Some((then, known)) if then == stamp && stamp.is_some() => (then, known),
        known => {
            let mut read = read(path);
            if let Some((_, before)) = known
                && read.found.is_empty()
                && !read.problems.is_empty()
                && !before.found.is_empty()
            {
                read.found = before.found;
                read.problems.push(format!(
                    "{}: the hosts that it last named count until it can be read",
                    path.display()
                ));
            }
            (stamp, read)
        }
    }
}

/// The files of a source: itself, or those of a folder but for variables of groups and hosts.
fn files_of(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let files = entries
        .flatten()
        .take(MOST_IN_FOLDER)
        .map(|entry| entry.path());
    let is_inventory = |file: &PathBuf| {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        file.is_file()
            && !name.starts_with('.')
            && ![".cfg", ".md", ".py", ".sh", "~", ".orig", ".backup"]
                .iter()
                .any(|end| name.ends_with(end))
    };
    let mut files: Vec<PathBuf> = files.filter(is_inventory).collect();
    files.sort();
    files
}

fn of_path(path: &Path) -> Read {
    let mut read = Read::default();
    for file in files_of(path) {
        read.extend(of_file(&file, &file.display().to_string()));
    }
    read
}

/// A file that a person named, by what it is.
fn of_file(path: &Path, place: &str) -> Read {
    let end = path
        .extension()
        .and_then(|end| end.to_str())
        .unwrap_or_default();
    match end {
        "tfstate" => terraform::read(path, place),
        "json" => match found::text(path).and_then(|text| found::json(&text)) {
            Ok(value) if value.get("resources").is_some() => terraform::read(path, place),
            Ok(value) => match ansible::of_json(&value) {
                Ok(inventory) => inventory.found(SourceKind::Ansible, place),
                Err(why) => with_problem(place, why),
            },
            Err(why) => with_problem(place, why),
        },
        "yml" | "yaml" => match found::text(path).and_then(|text| found::yaml(&text)) {
            Ok(value) if value.get("vms").is_some() => vm_config::read(path, place),
            _ => ansible::read(path, place),
        },
        _ if is_program(path) => with_problem(
            place,
            "is a program, and is not run for being here: add it as a command, vmo hosts import --command",
        ),
        _ => ansible::read(path, place),
    }
}

fn is_program(path: &Path) -> bool {
    let start = json_file::bytes(path, 2).ok().flatten();
    start.is_some_and(|start| start == b"#!")
}

fn with_problem(place: &str, why: impl std::fmt::Display) -> Read {
    let mut read = Read::default();
    read.problem(place, why);
    read
}

/// A path as people write it.
fn short(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => path.display().to_string(),
    }
}
