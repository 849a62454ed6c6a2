//! Values from elsewhere than a makefile: the environment a job inherits, and what `.envrc` and dotenv files set. Nothing is
//! run to find out, and of no value anything is known but whose name it has.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use super::super::{
    files::source::Files,
    recipes::shell::{commands, is_assignment},
    syntax::text::is_name,
};
use crate::project::{DotenvSample, Need, Scan, SetBy};

/// Names under which a project keeps a sample of its dotenv file.
const SAMPLES: [&str; 5] = [
    ".env.sample",
    ".env.example",
    ".env.template",
    ".env.dist",
    ".env.tmpl",
];

/// Whether a file is one of names and values alone, as `.env`, `.env.local` or `prod.env`.
pub(in crate::make::scan) fn is_dotenv(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    name == ".env" || name.starts_with(".env.") || name.ends_with(".env")
}

/// The dotenv file that a project lacks, and the sample of it that lies in its place.
fn dotenv_sample(dir: &Path) -> Option<DotenvSample> {
    let is_there = |name: &str| dir.join(name).symlink_metadata().is_ok();
    if is_there(".env") {
        return None;
    }
    let sample = SAMPLES.into_iter().find(|name| dir.join(name).is_file())?;
    Some(DotenvSample {
        file: ".env".to_owned(),
        sample: sample.to_owned(),
    })
}

/// Copies the sample of a missing dotenv file to its place. What is there already is never written over.
///
/// # Errors
/// If no sample is missing its file any more, or what the disk says.
pub fn copy_dotenv_sample(dir: &Path) -> io::Result<()> {
    let missing = dotenv_sample(dir).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "the file is there, or no sample of it",
        )
    })?;
    let mut sample = fs::File::open(dir.join(missing.sample))?;
    let mut file = fs::File::create_new(dir.join(missing.file))?;
    file.set_permissions(sample.metadata()?.permissions())?;
    io::copy(&mut sample, &mut file)?;
    file.sync_all()
}

/// Tells a scan which variables have a value in the environment of a job in `dir`: `environment`, and if `direnv` goes
/// before make, what `.envrc` exports. These are needed by no target any more.
pub fn settle(scan: &mut Scan, dir: &Path, environment: &[(OsString, OsString)], by_direnv: bool) {
    let mut set: BTreeMap<String, SetBy> = BTreeMap::new();
    if by_direnv {
        let mut files = Files::new(dir);
        for (name, file) in exported(&mut files, dir) {
            set.insert(name, SetBy::File { file });
        }
    }
    let names = environment.iter().filter(|(_, value)| !value.is_empty());
    for name in names.filter_map(|(name, _)| name.to_str()) {
        set.entry(name.to_owned()).or_insert(SetBy::Environment);
    }
    for variable in &mut scan.variables {
        // What the makefile sets by `=` or `:=` goes before the environment.
        let is_open = variable.default.is_none() || variable.optional;
        let Some(by) = set.get(&variable.name).filter(|_| is_open) else {
            continue;
        };
        if variable.set_by.is_none() {
            variable.set_by = Some(by.clone());
        }
        variable.need = Need::Met;
    }
    let variables = &scan.variables;
    let is_needed = |name: &String| {
        let known = variables.iter().find(|variable| variable.name == *name);
        known.is_none_or(|variable| variable.need == Need::Guarded)
    };
    for target in &mut scan.targets {
        target.guards.retain(is_needed);
    }
    scan.dotenv_sample = dotenv_sample(dir);
}

/// The names that `.envrc` exports, each with the file that sets it.
fn exported(files: &mut Files, dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Ok(text) = files.open(&dir.join(".envrc")) else {
        return found;
    };
    files.close();
    for command in commands(&text) {
        let arguments = command.arguments().iter();
        match command.program() {
            Some("export") => {
                let names = arguments.map(|word| word.split('=').next().unwrap_or(word));
                let names = names.filter(|name| is_name(name));
                found.extend(names.map(|name| (name.to_owned(), ".envrc".to_owned())));
            }
            Some("declare" | "typeset") if command.arguments().iter().any(|word| word == "-x") => {
                let names = arguments.filter(|word| is_assignment(word));
                let names = names.filter_map(|word| word.split('=').next());
                found.extend(names.map(|name| (name.to_owned(), ".envrc".to_owned())));
            }
            Some("dotenv" | "dotenv_if_exists") => {
                let file = arguments.last().map_or(".env", String::as_str);
                let path: PathBuf = dir.join(file);
                if let Ok(text) = files.open(&path) {
                    files.close();
                    let names = text.lines().filter_map(name_of_line);
                    found.extend(names.map(|name| (name.to_owned(), file.to_owned())));
                }
            }
            _ => {}
        }
    }
    found
}

/// The name that a dotenv file's line sets.
fn name_of_line(line: &str) -> Option<&str> {
    let line = line.trim();
    let (name, _) = line
        .strip_prefix("export ")
        .unwrap_or(line)
        .split_once('=')?;
    let name = name.trim();
    is_name(name).then_some(name)
}
