mod bad_input;
mod commands;
mod files;
mod list;
mod own;

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{Found, Kept, Read, Sources, Where};

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

    fn read(&self) -> Read {
        let projects = [self.path("shop"), self.path("none")];
        Kept::default().read(&self.place(&projects), &|_| true)
    }
}

/// `name user@address:port #tags`, sorted.
fn lines(read: &Read) -> Vec<String> {
    let mut all: Vec<String> = read.found.iter().map(line).collect();
    all.sort();
    all
}

fn line(found: &Found) -> String {
    let mut text = found.name.clone();
    let address = found.address.as_deref().unwrap_or("-");
    let user = found
        .user
        .as_deref()
        .map_or(String::new(), |user| format!("{user}@"));
    let port = found.port.map_or(String::new(), |port| format!(":{port}"));
    text += &format!(" {user}{address}{port}");
    for tag in &found.tags {
        text += &format!(" #{tag}");
    }
    text
}
