//! All sources: what projects and Docker have by themselves, and what a person named.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use parking_lot::Mutex;

use super::{
    command, docker,
    files::{files_of, of_file},
    listing::Listing,
    named::{Sources, Where},
    vm_config,
};

/// By what a file is known to be unchanged.
type Stamp = Option<(SystemTime, u64, u64)>;

/// What files held when they were read last. A file that cannot be read now counts as it was.
#[derive(Debug, Default)]
pub struct SourceCache(Mutex<HashMap<PathBuf, (Stamp, Listing)>>);

impl SourceCache {
    /// What all sources name. It reads files, and runs no command; `allows` says which commands a person has allowed.
    pub fn read(&self, at: &Where<'_>, allows: &dyn Fn(&str) -> bool) -> Listing {
        let mut all = Listing::default();
        let (sources, problem) = Sources::read(at.config);
        all.problems
            .extend(problem.map(|problem| problem.to_string()));
        let mut cache = self.0.lock();
        let mut now = HashMap::new();
        let mut of = |path: &Path, read: fn(&Path, &str) -> Listing| {
            let place = short(path, at.home);
            let read = again(cache.remove(path), path, |path| {
                let mut read = read(path, &place);
                read.problems = in_one_line(read.problems);
                read
            });
            now.insert(path.to_owned(), read.clone());
            let mut read = read.1;
            read.files.push(path.to_owned());
            read
        };
        let mut vms = Listing::default();
        for file in at
            .projects
            .iter()
            .flat_map(|folder| vm_config::files(folder))
        {
            vms.extend(of(&file, vm_config::read));
        }
        vm_config::tell_apart(&mut vms.machines);
        all.extend(vms);
        for path in &sources.files {
            match files_of(path) {
                Ok(files) => {
                    for file in files {
                        all.extend(of(&file, of_file));
                    }
                }
                Err(why) => all.problems.push(why),
            }
            all.files.push(path.clone());
        }
        for file in docker::files(at.home) {
            all.extend(of(&file, docker::read));
        }
        *cache = now;
        all.extend(command::read(at, &sources, allows));
        all
    }
}

/// What is wrong with one source: the first of it, and how much more there is.
fn in_one_line(mut problems: Vec<String>) -> Vec<String> {
    let more = problems.len().saturating_sub(1);
    problems.truncate(1);
    for first in problems.iter_mut().filter(|_| more > 0) {
        first.push_str(&format!(" (and {more} more there)"));
    }
    problems
}

/// A file as it was, if it has not changed; else as it is, and if that cannot be read, its hosts as they were.
fn again(
    known: Option<(Stamp, Listing)>,
    path: &Path,
    read: impl FnOnce(&Path) -> Listing,
) -> (Stamp, Listing) {
    let stamp = fs::metadata(path)
        .ok()
        .and_then(|kind| Some((kind.modified().ok()?, kind.len(), kind.ino())));
    match known {
        Some((then, known)) if then == stamp && stamp.is_some() => (then, known),
        known => {
            let mut read = read(path);
            if let Some((_, before)) = known
                && read.machines.is_empty()
                && !read.problems.is_empty()
                && !before.machines.is_empty()
            {
                read.machines = before.machines;
                read.problems.push(format!(
                    "{}: the hosts that it last named count until it can be read",
                    path.display()
                ));
            }
            (stamp, read)
        }
    }
}

/// A path as people write it.
fn short(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => path.display().to_string(),
    }
}
