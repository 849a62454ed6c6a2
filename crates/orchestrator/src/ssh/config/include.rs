//! The files that an `Include` means (glob(7)), in the order of their names.

use std::{
    fs,
    path::{Path, PathBuf},
};

use glob::{MatchOptions, Pattern};

/// The files below `base` that a path with patterns in any of its parts means; an absolute one has no base.
pub(super) fn files_of(base: &Path, path: &Path) -> Vec<PathBuf> {
    let mut paths = vec![base.to_owned()];
    for part in path.components() {
        let part = part.as_os_str();
        match part
            .to_str()
            .filter(|part| part.contains(['*', '?', '[', '\\']))
        {
            None => paths.iter_mut().for_each(|path| path.push(part)),
            Some(wild) => {
                paths = paths.iter().flat_map(|path| matching(path, wild)).collect();
            }
        }
    }
    paths
}

fn matching(folder: &Path, wild: &str) -> Vec<PathBuf> {
    let Ok(pattern) = Pattern::new(&as_crate_has_it(wild)) else {
        // A bracket that is not closed stands for itself.
        return vec![folder.join(wild)];
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut paths: Vec<_> = entries
        .flatten()
        .filter(|entry| pattern.matches_with(&entry.file_name().to_string_lossy(), options))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

/// A pattern of OpenSSH's glob(3) as the crate `glob` writes it: without escapes, names of classes and a second `*`. In
/// both, `[!` alone makes a set of all others; `^` is a character of it.
fn as_crate_has_it(wild: &str) -> String {
    let classes = [
        ("[:digit:]", "0-9"),
        ("[:lower:]", "a-z"),
        ("[:upper:]", "A-Z"),
        ("[:alpha:]", "a-zA-Z"),
        ("[:alnum:]", "a-zA-Z0-9"),
        ("[:xdigit:]", "0-9a-fA-F"),
    ];
    let mut wild = wild.to_owned();
    for (name, range) in classes {
        wild = wild.replace(name, range);
    }
    let mut pattern = String::new();
    let mut chars = wild.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => pattern.extend(chars.next().map(|c| Pattern::escape(&c.to_string()))),
            '*' if pattern.ends_with('*') => {}
            c => pattern.push(c),
        }
    }
    pattern
}
