//! A file that a person named as a source, by what it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    ansible,
    listing::{self, Listing},
    terraform, vm_config,
};
use crate::{host::SourceKind, json_file};

/// Files of a folder that are looked at.
const MOST_IN_FOLDER: usize = 200;
/// Bytes of a file by whose beginning it is known what it is.
const BEGINNING: u64 = 8 << 10;

/// The files of a source: itself, or of a folder those that are inventories by their names and by how they begin.
///
/// # Errors
/// The folder has too many files to look at.
pub(super) fn files_of(path: &Path) -> Result<Vec<PathBuf>, String> {
    let Ok(entries) = fs::read_dir(path) else {
        return Ok(vec![path.to_owned()]);
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .take(MOST_IN_FOLDER + 1)
        .map(|entry| entry.path())
        .collect();
    if files.len() > MOST_IN_FOLDER {
        return Err(format!(
            "{}: has more than {MOST_IN_FOLDER} files, and is no folder of inventories: name the inventories themselves",
            path.display()
        ));
    }
    files.retain(|file| file.is_file() && is_named_as_one(file) && begins_as_one(file));
    files.sort();
    Ok(files)
}

/// Whether a file may be an inventory by its name. Variables of groups and hosts are in folders of their own.
fn is_named_as_one(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let end = file.extension().and_then(|end| end.to_str());
    name.is_some_and(|name| !name.starts_with('.') && !name.ends_with('~'))
        && matches!(
            end,
            None | Some(
                "ini" | "inv" | "inventory" | "hosts" | "yml" | "yaml" | "json" | "tfstate"
            )
        )
}

/// Whether a file begins as what its name says. One that names hosts and is broken does; a log, a key or a text does not.
fn begins_as_one(file: &Path) -> bool {
    let end = file.extension().and_then(|end| end.to_str());
    match end {
        Some("tfstate") => true,
        Some("json") => listing::text(file)
            .and_then(|text| listing::json(&text))
            .map_or(true, |value| {
                names_groups(&value) || value.get("resources").is_some()
            }),
        Some("yml" | "yaml") => listing::text(file)
            .and_then(|text| listing::yaml(&text))
            .map_or(true, |value| {
                names_groups(&value) || value.get("vms").is_some()
            }),
        _ => {
            let bytes = json_file::bytes(file, BEGINNING).ok().flatten();
            let bytes = bytes.unwrap_or_default();
            // The last line may be cut, and so may its last character.
            let text = String::from_utf8_lossy(&bytes);
            let is_whole = (bytes.len() as u64) < BEGINNING;
            let lines: Vec<&str> = text.lines().collect();
            let lines = &lines[..lines.len() - usize::from(!is_whole && lines.len() > 1)];
            is_program(file) || ansible::begins_as_ini(lines)
        }
    }
}

/// Whether a value has groups as Ansible has them.
fn names_groups(value: &Value) -> bool {
    let groups = value.as_object().into_iter().flatten();
    let has_parts = |group: &Value| {
        let parts = ["hosts", "children"];
        group.is_array() || parts.iter().any(|part| group.get(part).is_some())
    };
    let mut groups = groups.map(|(name, group)| name == "_meta" || has_parts(group));
    groups.any(|is_one| is_one)
}

/// What a file or a folder holds.
pub(super) fn of_path(path: &Path) -> Listing {
    let mut read = Listing::default();
    match files_of(path) {
        Ok(files) => {
            for file in files {
                read.extend(of_file(&file, &file.display().to_string()));
            }
        }
        Err(why) => read.problems.push(why),
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
        _ if is_key(path) => with_problem(
            place,
            "is a key or a certificate, and is not read: name an inventory",
        ),
        _ => ansible::read(path, place),
    }
}

fn is_key(path: &Path) -> bool {
    let start = json_file::bytes(path, BEGINNING).ok().flatten();
    start.is_some_and(|start| start.windows(11).any(|part| part == b"-----BEGIN "))
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
