mod bad_input;
mod commands;
mod files;
mod list;
mod own;

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{Listing, Machine, SourceCache, Sources, Where};

/// A person's folders.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn source(&self, path: &str, text: &str) -> PathBuf {
        let path = self.write(path, text);
        Sources::add_file(self.0.path(), &path).unwrap();
        path
    }

    fn place<'a>(&'a self, projects: &'a [PathBuf]) -> Where<'a> {
        Where {
            home: self.0.path(),
            config: self.0.path(),
            data: self.0.path(),
            projects,
        }
    }

    fn read(&self) -> Listing {
        let projects = [self.path("shop"), self.path("none")];
        SourceCache::default().read(&self.place(&projects), &|_| true)
    }
}

/// `name user@address:port #tags`, sorted.
fn lines(read: &Listing) -> Vec<String> {
    let mut all: Vec<String> = read.machines.iter().map(line).collect();
    all.sort();
    all
}

fn line(machine: &Machine) -> String {
    let mut text = machine.name.clone();
    let address = machine.address.as_deref().unwrap_or("-");
    let user = machine
        .user
        .as_deref()
        .map_or(String::new(), |user| format!("{user}@"));
    let port = machine
        .port
        .map_or(String::new(), |port| format!(":{port}"));
    text += &format!(" {user}{address}{port}");
    for tag in &machine.tags {
        text += &format!(" #{tag}");
    }
    text
}
