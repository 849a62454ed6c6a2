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

/// Passes them to the supervisor: names in the rules, values in the environment. Gives the names of secrets whose values,
/// wherever they come from but `typed`, are too short to be masked: so short a text is in half of all lines.
pub(in crate::engine) fn tell(
    rules: &mut Rules,
    environment: &mut Vec<(OsString, OsString)>,
    scan: &Scan,
    folder: &Path,
    typed: &[&str],
) -> Vec<String> {
    let mut values: Vec<(String, String)> = Vec::new();
    for secret in &scan.secrets {
        let own = secret.values.iter().cloned();
        values.extend(own.map(|value| (secret.name.clone(), value)));
    }
    if !scan.secrets.is_empty() {
        values.extend(of_dotenv(folder, |name| is_secret(scan, name)));
    }
    let inherited = environment.iter().filter_map(|(name, value)| {
        let name = name.to_str().filter(|name| is_secret(scan, name))?;
        Some((name, value.to_str()?))
    });
    let own = values.iter().map(|(name, value)| (&**name, &**value));
    let mut shown: Vec<String> = own
        .chain(inherited)
        .filter(|(name, value)| is_too_short(value) && !typed.contains(name))
        .map(|(name, _)| name.to_owned())
        .collect();
    shown.sort();
    shown.dedup();
    let mut room = MOST;
    let values = values.into_iter().map(|(_, value)| value);
    for value in values.filter(|value| !value.contains('\0')) {
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
    shown
}

/// Whether a value is not looked for in a log.
pub(in crate::engine) fn is_too_short(value: &str) -> bool {
    (1..supervisor::mask::SHORTEST).contains(&value.len())
}

/// What a folder's `.env` gives to secret variables: recipes and programs read it by themselves.
fn of_dotenv(folder: &Path, is_secret: impl Fn(&str) -> bool) -> Vec<(String, String)> {
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
        is_secret(name.trim()).then(|| (name.trim(), value.trim()))
    });
    let all = given.flat_map(|(name, value)| {
        let readings = readings(value).into_iter();
        readings.map(|reading| (name.to_owned(), reading))
    });
    all.collect()
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
