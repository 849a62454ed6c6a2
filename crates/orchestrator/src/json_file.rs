//! A small JSON file of our own: read whole, replaced whole. It does not know the meaning of its content.
//!
//! Beside `NAME.json` is `NAME.json.good`, a copy of what was last read or written and right: if a person or a
//! full disk has spoilt the file, that copy counts, the problem is reported with its line, and no change is written
//! until the file is mended or removed. What replaces a spoilt file by a person's own wish leaves it as
//! `NAME.json.broken`.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::folders;

/// As much of a file of ours as is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JsonFileError {
    /// Its content is not in the form that we write. It was not changed.
    #[error("{place}: {why}; mend or remove the file")]
    Corrupt {
        /// `file:line`.
        place: String,
        /// What is wrong, and of which key.
        why: String,
    },
    /// The system's error.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// The message.
        error: io::Error,
    },
}

/// A value that can be read and makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    /// The key that has it.
    pub key: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// What the file holds, or what it last held and why it is not the former. No file is an empty one.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> (T, Option<JsonFileError>) {
    read_checked(path, |_| Ok(()))
}

/// As [`read`], of a file whose values have to make sense beyond their types.
pub(crate) fn read_checked<T: DeserializeOwned + Default>(
    path: &Path,
    check: impl Fn(&T) -> Result<(), InvalidValue>,
) -> (T, Option<JsonFileError>) {
    let good = beside(path, "good");
    match strictly(path, &check) {
        Ok((value, bytes)) => {
            remember(&good, bytes.as_deref());
            (value, None)
        }
        Err(error) => {
            let last = strictly(&good, &check).unwrap_or_default();
            (last.0, Some(error))
        }
    }
}

/// Reads, lets `change` change, and writes if it says that it did. Others who do the same wait for their turn.
pub(crate) fn change<T, R>(
    path: &Path,
    change: impl FnOnce(&mut T) -> (bool, R),
) -> Result<R, JsonFileError>
where
    T: DeserializeOwned + Default + Serialize,
{
    let _turn = turn(path).map_err(io_error_at(path))?;
    let (mut value, _) = strictly(path, &|_| Ok(()))?;
    let (changed, answer) = change(&mut value);
    if changed {
        write(path, &value).map_err(io_error_at(path))?;
    }
    Ok(answer)
}

/// Puts `value` there whatever the file holds. A spoilt one is not lost: it is called `NAME.json.broken` from then on.
pub(crate) fn replace<T>(path: &Path, value: &T) -> Result<(), JsonFileError>
where
    T: DeserializeOwned + Default + Serialize,
{
    let _turn = turn(path).map_err(io_error_at(path))?;
    if let Err(JsonFileError::Corrupt { .. }) = strictly::<T>(path, &|_| Ok(())) {
        let broken = beside(path, "broken");
        fs::rename(path, &broken).map_err(io_error_at(path))?;
        // Whoever made it may have made it for all to read, and it may hold a password.
        fs::set_permissions(&broken, Permissions::from_mode(0o600))
            .map_err(io_error_at(&broken))?;
    }
    write(path, value).map_err(io_error_at(path))
}

/// Copies bytes that were right to where the last good ones are kept. That this fails costs no more than the copy.
pub(crate) fn remember(good: &Path, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else { return };
    if fs::read(good).is_ok_and(|last_good| last_good == bytes) {
        return;
    }
    if let Err(error) = put(good, bytes) {
        tracing::debug!(file = %good.display(), %error, "no copy of the last good file was made");
    }
}

/// A file's bytes, or as many as `most`; none if it is not there. What is no file, as a pipe that would be waited
/// for, is not opened.
///
/// # Errors
/// Those of the system, and that it is not a file.
pub(crate) fn bytes(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let kind = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if !kind.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// As [`bytes`], of a file of ours: what somebody else has put in its place is not read.
///
/// # Errors
/// As [`bytes`], and that it is not ours.
pub(crate) fn own_bytes(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let own = match path.parent() {
        // If others may write, they may put one file in another's place.
        Some(folder) if path.try_exists()? => folders::is_own(folder),
        _ => Ok(()),
    };
    match own.and_then(|()| folders::is_own(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(()) => bytes(path, most),
    }
}

fn strictly<T: DeserializeOwned + Default>(
    path: &Path,
    check: &impl Fn(&T) -> Result<(), InvalidValue>,
) -> Result<(T, Option<Vec<u8>>), JsonFileError> {
    let Some(bytes) = own_bytes(path, MAX_BYTES).map_err(io_error_at(path))? else {
        return Ok((T::default(), None));
    };
    let spoilt = |line: usize, why| JsonFileError::Corrupt {
        place: format!("{}:{line}", path.display()),
        why,
    };
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let key = error.path().to_string();
        let error = error.into_inner();
        spoilt(error.line(), unlike(&key, &error))
    })?;
    json.end()
        .map_err(|error| spoilt(error.line(), unlike(".", &error)))?;
    check(&value).map_err(|wrong| {
        spoilt(
            line_of(&bytes, wrong.key),
            format!("{}: {}", wrong.key, wrong.why),
        )
    })?;
    Ok((value, Some(bytes)))
}

/// The words for JSON that is not as we would write it, with its key if it has one.
fn unlike(key: &str, error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = error.to_string().replace(&place, "");
    if key == "." || error.is_syntax() || error.is_eof() {
        return format!("not as we wrote it ({what})");
    }
    format!("{key}: {what}")
}

/// The line a key is in, from 1; the first one if it does not.
fn line_of(bytes: &[u8], key: &str) -> usize {
    let key = format!("\"{key}\"");
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .position(|line| line.contains(&key))
        .map_or(1, |before| before + 1)
}

/// The right to write a file, which is given up when it is dropped.
pub(crate) fn turn(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let lock = private(&beside(path, "lock"), false)?;
    lock.lock()?;
    Ok(lock)
}

fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    put(path, &text)?;
    put(&beside(path, "good"), &text)
}

/// Puts a file there in one step: whole, or not at all.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Those who remember what they read have no turn.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let new = beside(path, &format!("new-{}-{number}", std::process::id()));
    let written = private(&new, true).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        // The error is already being reported.
        fs::remove_file(&new).ok();
    }
    written
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

fn io_error_at(path: &Path) -> impl Fn(io::Error) -> JsonFileError {
    let path = path.display().to_string();
    move |error| JsonFileError::Io {
        path: path.clone(),
        error,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Held = BTreeMap<String, Vec<u32>>;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Whatever becomes of the file, what counts is its content now or its last good one, never a mix of both.
        #[test]
        fn a_file_cut_or_flipped_anywhere_leaves_what_it_held(
            held in prop::collection::btree_map("[a-z]{1,6}", prop::collection::vec(any::<u32>(), 0..4), 0..4),
            at in any::<prop::sample::Index>(), bit in 0_u32..8, cut in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.json");
            change(&path, |now: &mut Held| { *now = held.clone(); (true, ()) }).unwrap();
            let mut text = fs::read(&path).unwrap();
            let at = at.index(text.len());
            if cut { text.truncate(at) } else { text[at] ^= 1 << bit }
            fs::write(&path, &text).unwrap();
            let (found, problem) = read::<Held>(&path);
            if problem.is_some() {
                prop_assert_eq!(&found, &held);
            } else {
                prop_assert_eq!(&serde_json::from_slice::<Held>(&text).unwrap(), &found);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_reported_with_its_line_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let message = |text: &str| {
            fs::write(&path, text).unwrap();
            let (_, problem) = read_checked::<Held>(&path, |held| {
                let wrong = InvalidValue {
                    key: "most",
                    why: "too many".into(),
                };
                if held.contains_key("most") {
                    Err(wrong)
                } else {
                    Ok(())
                }
            });
            problem
                .unwrap()
                .to_string()
                .replace(&path.display().to_string(), "a.json")
        };
        let mend = "; mend or remove the file";
        for (text, expected) in [
            (
                "",
                "a.json:1: not as we wrote it (EOF while parsing a value)",
            ),
            (
                "{\n\"a\": [1,",
                "a.json:2: not as we wrote it (EOF while parsing a value)",
            ),
            (
                "{\n\n\"a\": \"b\"}",
                "a.json:3: a: invalid type: string \"b\", expected a sequence",
            ),
            (
                "{\"a\": [1,\n-1]}",
                "a.json:2: a[1]: invalid value: integer `-1`, expected u32",
            ),
            (
                "{\"a\": []}\n\n}",
                "a.json:3: not as we wrote it (trailing characters)",
            ),
            ("{\"a\": [],\n\"most\": []}", "a.json:2: most: too many"),
        ] {
            assert_eq!(message(text), format!("{expected}{mend}"));
        }
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let (held, problem) = read::<Held>(&path);
        assert!(held.is_empty());
        assert!(problem.unwrap().to_string().ends_with("it is not a file"));
    }
}
