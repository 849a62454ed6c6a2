//! What the config folder remembers of the data folders that were used with it: their ids. A data folder that was removed
//! takes its own note of it along, and its jobs in a shared Postgres can be recognized only by that id.
//!
//! A config folder that was copied to another machine, as people do with theirs, is not taken for the one here: it is
//! known by its number in the file system.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// The file in the config folder. A line each: the number of the config folder, the id of a data folder, its path.
pub(super) fn file(config: &Path) -> PathBuf {
    config.join("data-folders")
}

/// The id that this data folder had when it was last made.
pub(super) fn id_of(config: &Path, data: &Path) -> Option<Uuid> {
    let all = fs::read(file(config)).ok()?;
    let here = number(config).ok()?;
    let mut lines = all.rsplit(|byte| *byte == b'\n');
    lines.find_map(|line| {
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let (number, id, path) = (words.next()?, words.next()?, words.next()?);
        let is_it = number == here.as_bytes() && path == data.as_os_str().as_bytes();
        Uuid::try_parse_ascii(id).ok().filter(|_| is_it)
    })
}

/// Remembers the id of this data folder. If that fails, its jobs are not reported as lost once the folder is removed.
pub(super) fn keep(config: &Path, data: &Path, id: Uuid) {
    if id_of(config, data) == Some(id) || data.as_os_str().as_bytes().contains(&b'\n') {
        return;
    }
    let add = || -> io::Result<()> {
        let mut line = format!("{} {id} ", number(config)?).into_bytes();
        line.extend_from_slice(data.as_os_str().as_bytes());
        line.push(b'\n');
        let mut private = OpenOptions::new();
        private.append(true).create(true).mode(0o600);
        private.open(file(config))?.write_all(&line)
    };
    if let Err(error) = add() {
        tracing::debug!(%error, "the id of the data folder is in it alone");
    }
}

fn number(config: &Path) -> io::Result<String> {
    Ok(fs::metadata(config)?.ino().to_string())
}
