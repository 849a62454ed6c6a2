//! Values of secret variables that are neither typed nor in the environment: the makefile's own, and those of a file
//! `.env`. A supervisor is told them beside the job's environment, so that they are kept out of its log, too.

use std::{ffi::OsString, fs::File, io::Read, path::Path};

use supervisor::exec::MASKED;

use super::{rules::Rules, secret::is_secret};
use crate::project::Scan;

/// Bytes of all such values: they go with the environment, for which the system has a limit.
const MOST: usize = 256 << 10;
/// Bytes of a `.env` that are read.
const MOST_OF_FILE: u64 = 64 << 10;

/// Passes them to the supervisor: names in the rules, values in the environment.
pub(in crate::engine) fn tell(
    rules: &mut Rules,
    environment: &mut Vec<(OsString, OsString)>,
    scan: &Scan,
    folder: &Path,
) {
    let mut values: Vec<String> = Vec::new();
    for secret in &scan.secrets {
        values.extend(secret.values.iter().cloned());
    }
    if !scan.secrets.is_empty() {
        values.extend(of_dotenv(folder, |name| is_secret(scan, name)));
    }
    let mut room = MOST;
    for value in values.into_iter().filter(|value| !value.contains('\0')) {
        let Some(left) = room.checked_sub(value.len()) else {
            tracing::warn!(
                "secrets are longer than {MOST} bytes: some are not kept out of the log"
            );
            break;
        };
        room = left;
        let name = format!("{MASKED}{}", rules.secrets.len());
        rules.secrets.push(name.clone());
        environment.push((name.into(), value.into()));
    }
}

/// What a folder's `.env` gives to secret variables: recipes and programs read it by themselves.
fn of_dotenv(folder: &Path, is_secret: impl Fn(&str) -> bool) -> Vec<String> {
    let mut text = String::new();
    let file = File::open(folder.join(".env"));
    if file
        .and_then(|file| file.take(MOST_OF_FILE).read_to_string(&mut text))
        .is_err()
    {
        return Vec::new();
    }
    let given = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .split_once('=')?;
        is_secret(name.trim()).then(|| value.trim())
    });
    given.flat_map(readings).collect()
}

/// A value in quotes, and without them and what follows.
fn readings(value: &str) -> Vec<String> {
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let inner = quote.and_then(|quote| value[1..].split(quote).next());
    let bare = value.split(" #").next().unwrap_or(value).trim_end();
    let mut all = vec![inner.unwrap_or(bare).to_owned(), value.to_owned()];
    all.dedup();
    all
}
