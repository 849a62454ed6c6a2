//! A small JSON file of our own: read whole, replaced whole. It knows nothing of what it holds.
//!
//! Beside `NAME.json` stands `NAME.json.good`, a copy of what was last written: where a person or a full disk has spoilt
//! the file, that copy is read, the problem is told, and nothing is written until the file is mended or removed.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// As much of a file as is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It holds something else than we would write. Nothing was changed.
    #[error("{place}: {why}; mend or remove the file")]
    Spoilt {
        /// `file:line`.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The system said no.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What it said.
        error: io::Error,
    },
}

/// What the file holds, or what it last held and why it is not the former. No file is an empty one.
pub(super) fn read<T: DeserializeOwned + Default>(path: &Path) -> (T, Option<KeptError>) {
    match read_strictly(path) {
        Ok(value) => (value, None),
        Err(error) => (
            read_strictly(&beside(path, "good")).unwrap_or_default(),
            Some(error),
        ),
    }
}

/// Reads, lets `change` change, and writes where it says that it did. Others who do the same wait for their turn.
pub(super) fn change<T, R>(
    path: &Path,
    change: impl FnOnce(&mut T) -> (bool, R),
) -> Result<R, KeptError>
where
    T: DeserializeOwned + Default + Serialize,
{
    let io = |error| KeptError::Io {
        path: path.display().to_string(),
        error,
    };
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(io)?;
    }
    let lock = private(&beside(path, "lock"), false).map_err(io)?;
    lock.lock().map_err(io)?;
    let mut value = read_strictly(path)?;
    let (changed, answer) = change(&mut value);
    if changed {
        write(path, &value).map_err(io)?;
    }
    Ok(answer)
}

fn read_strictly<T: DeserializeOwned + Default>(path: &Path) -> Result<T, KeptError> {
    let io = |error| KeptError::Io {
        path: path.display().to_string(),
        error,
    };
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(io)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(io(error)),
    };
    serde_json::from_slice(&bytes).map_err(|error| KeptError::Spoilt {
        place: format!("{}:{}", path.display(), error.line()),
        why: format!("not as we wrote it ({error})"),
    })
}

fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    for place in [path, &beside(path, "good")] {
        let new = beside(place, "new");
        let mut file = private(&new, true)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&new, place)?;
    }
    Ok(())
}

fn private(path: &Path, truncate: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(truncate)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
