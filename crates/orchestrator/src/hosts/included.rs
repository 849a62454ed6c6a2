//! The line by which `ssh` knows a person's own hosts, too: one `Include` at the top of their SSH config, which is written
//! only if they ask for it, after they have seen it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::HostsError;
use crate::json_file::{self, JsonFileError};

/// Bytes of an SSH config that is changed.
const MOST_BYTES: u64 = 16 << 20;

/// Whether `ssh` knows a person's own hosts, and by which line it would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Inclusion {
    /// The SSH config.
    pub file: String,
    /// The line at its top.
    pub line: String,
    /// Whether it is there.
    pub is_there: bool,
}

/// Whether an SSH config includes the file of a person's own hosts.
///
/// # Errors
/// If it cannot be read, or the path cannot stand in a line of it.
pub fn inclusion(config: &Path, own: &Path) -> Result<Inclusion, HostsError> {
    let path = own.display().to_string();
    if path.contains(['"', '\\', '\n', '*', '?', '[']) {
        let why =
            format!("{path} cannot be included by a line of an SSH config: name it there by hand");
        return Err(HostsError::Refused(why));
    }
    let line = format!("Include \"{path}\"");
    let text = read(&place(config))?;
    let is_it = |one: &[u8]| {
        let one = String::from_utf8_lossy(one);
        let words = one
            .trim()
            .strip_prefix("Include")
            .or_else(|| one.trim().strip_prefix("include"));
        words.is_some_and(|rest| rest.trim().trim_matches('"') == path)
    };
    Ok(Inclusion {
        file: config.display().to_string(),
        is_there: text.split(|byte| *byte == b'\n').any(is_it),
        line,
    })
}

/// Writes that line at the top of an SSH config, where no `Host` is in force yet; all else stays as it is. Nothing if it is there.
///
/// # Errors
/// If the file cannot be read or written.
pub fn include(config: &Path, own: &Path) -> Result<(), HostsError> {
    let Inclusion { line, is_there, .. } = inclusion(config, own)?;
    if is_there {
        return Ok(());
    }
    let place = place(config);
    let text = [format!("{line}\n\n").as_bytes(), &read(&place)?].concat();
    write(&place, &text).map_err(|error| failed(&place, error))
}

/// Where it is, behind links: one that a person keeps elsewhere stays there.
fn place(config: &Path) -> PathBuf {
    fs::canonicalize(config).unwrap_or_else(|_| config.to_owned())
}

fn read(place: &Path) -> Result<Vec<u8>, HostsError> {
    let bytes = json_file::bytes(place, MOST_BYTES + 1).map_err(|error| failed(place, error))?;
    let bytes = bytes.unwrap_or_default();
    if bytes.len() as u64 > MOST_BYTES {
        let why = format!(
            "{} is larger than {} MiB",
            place.display(),
            MOST_BYTES >> 20
        );
        return Err(HostsError::Refused(why));
    }
    Ok(bytes)
}

/// Replaces the file whole, with the rights that it has.
fn write(place: &Path, text: &[u8]) -> io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("/"));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mode = fs::metadata(place).map_or(0o600, |found| found.permissions().mode() & 0o777);
    let new = folder.join(format!(".vmo-config-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&new)
        .and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, place));
    if written.is_err() {
        // What is left of it is of no use; that it stays is no further harm.
        fs::remove_file(&new).ok();
    }
    written
}

fn failed(place: &Path, error: io::Error) -> HostsError {
    HostsError::File(JsonFileError::Io {
        path: place.display().to_string(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn one_line_is_written_once_and_all_else_stays() {
        let home = tempfile::tempdir().unwrap();
        let (own, kept) = (home.path().join("hosts.conf"), home.path().join("kept"));
        let config = home.path().join(".ssh/config");
        // Of nobody who has one.
        assert!(!inclusion(&config, &own).unwrap().is_there);
        include(&config, &own).unwrap();
        let line = format!("Include \"{}\"\n\n", own.display());
        assert_eq!(fs::read_to_string(&config).unwrap(), line);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&config), mode(config.parent().unwrap())),
            (0o600, 0o700)
        );
        // Of one who keeps it elsewhere, with bytes that are no UTF-8.
        fs::remove_file(&config).unwrap();
        fs::write(&kept, b"# \xff\nHost a\n").unwrap();
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&kept, &config).unwrap();
        for _ in 0..2 {
            include(&config, &own).unwrap();
            let expected = [line.as_bytes(), b"# \xff\nHost a\n"].concat();
            assert_eq!(fs::read(&kept).unwrap(), expected);
            assert!(inclusion(&config, &own).unwrap().is_there);
        }
        assert!(config.is_symlink());
        assert_eq!(mode(&kept), 0o640);
        assert!(include(&config, Path::new("/a \"b\"/hosts.conf")).is_err());
    }
}
