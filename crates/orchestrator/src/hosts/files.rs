//! A file that a person named as a source, by what it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    ansible,
    listing::{self, Listing},
    terraform, vm_config,
};
use crate::{host::SourceKind, json_file};

/// Files of a folder that is named.
const MOST_IN_FOLDER: usize = 200;

/// The files of a source: itself, or those of a folder but for variables of groups and hosts.
pub(super) fn files_of(path: &Path) -> Vec<PathBuf> {
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

/// What a file or a folder holds.
pub(super) fn of_path(path: &Path) -> Listing {
    let mut read = Listing::default();
    for file in files_of(path) {
        read.extend(of_file(&file, &file.display().to_string()));
    }
    read
}

/// A file that a person named, by what it is.
pub(super) fn of_file(path: &Path, place: &str) -> Listing {
    let end = path
        .extension()
        .and_then(|end| end.to_str())
        .unwrap_or_default();
    match end {
        "tfstate" => terraform::read(path, place),
        "json" => match listing::text(path).and_then(|text| listing::json(&text)) {
            Ok(value) if value.get("resources").is_some() => terraform::read(path, place),
            Ok(value) => match ansible::of_json(&value) {
                Ok(inventory) => inventory.into_listing(SourceKind::Ansible, place),
                Err(why) => with_problem(place, why),
            },
            Err(why) => with_problem(place, why),
        },
        "yml" | "yaml" => match listing::text(path).and_then(|text| listing::yaml(&text)) {
            Ok(value) if value.get("vms").is_some() => vm_config::read(path, place),
            _ => ansible::read(path, place),
        },
        _ if is_program(path) => with_problem(
            place,
            "is a program, and is not run just because it is in this folder; to run it: vmo hosts import --command",
        ),
        _ => ansible::read(path, place),
    }
}

fn is_program(path: &Path) -> bool {
    let start = json_file::bytes(path, 2).ok().flatten();
    start.is_some_and(|start| start == b"#!")
}

fn with_problem(place: &str, why: impl std::fmt::Display) -> Listing {
    let mut read = Listing::default();
    read.problem(place, why);
    read
}
