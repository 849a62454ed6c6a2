//! Commands that print an Ansible inventory as JSON. Each runs only once a person has allowed its text, within ten seconds;
//! its last good answer counts until there is a better one. Its output is never repeated: it may be a secret.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    HostsError, ansible,
    listing::{self, Listing, MOST_BYTES, Machine},
    named::{Sources, Where},
};
use crate::{
    host::SourceKind,
    json_file::{self, JsonFileError},
    make::short_command::{Limits, ask},
};

/// How long one may take.
const MOST: Duration = Duration::from_secs(10);
/// Hosts of one that are kept.
const MOST_KEPT: usize = 8_000;

/// What commands have answered, by their texts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Answers(BTreeMap<String, Answer>);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Answer {
    /// When it answered last.
    at: Option<DateTime<Utc>>,
    /// Its last good answer.
    #[serde(rename = "found")]
    machines: Vec<Machine>,
    /// Why the try after that failed.
    problem: Option<String>,
}

fn file(data: &Path) -> std::path::PathBuf {
    data.join("host-commands.json")
}

/// Runs the commands that are allowed, one after another, and keeps what they answer. What went wrong is among the problems
/// of the next reading.
///
/// # Errors
/// If the answers cannot be kept.
pub fn refresh(at: &Where<'_>, allows: impl Fn(&str) -> bool) -> Result<(), JsonFileError> {
    let (sources, _) = Sources::read(at.config);
    for text in sources.commands.iter().filter(|text| allows(text)) {
        keep(at, text, answer(text, at.home))?;
    }
    // What no source names any more needs no answer.
    json_file::change(&file(at.data), |answers: &mut Answers| {
        let before = answers.0.len();
        answers.0.retain(|text, _| sources.commands.contains(text));
        (answers.0.len() != before, ())
    })
}

/// Runs a command that is to become a source, and keeps what it answers.
///
/// # Errors
/// It has no good answer, and is none; or the answer cannot be kept.
pub fn first_answer(at: &Where<'_>, text: &str) -> Result<(), HostsError> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err(HostsError::Refused("there is no command to run".to_owned()));
    }
    let machines = answer(text, at.home).map_err(|why| {
        HostsError::Refused(format!(
            "this command {why}, so no hosts are read from it: {text}"
        ))
    })?;
    Ok(keep(at, text, Ok(machines))?)
}

fn keep(
    at: &Where<'_>,
    text: &str,
    answer: Result<Vec<Machine>, String>,
) -> Result<(), JsonFileError> {
    json_file::change(&file(at.data), |answers: &mut Answers| {
        let kept = answers.0.entry(text.to_owned()).or_default();
        match answer {
            Ok(machines) => {
                *kept = Answer {
                    at: Some(crate::clock::now()),
                    machines,
                    problem: None,
                }
            }
            Err(why) => kept.problem = Some(why),
        }
        (true, ())
    })
}

fn answer(text: &str, home: &Path) -> Result<Vec<Machine>, String> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "--", text]).current_dir(home);
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    let answer = ask(&mut command, &Limits::of(MOST, most));
    let answer = answer.ok_or_else(|| {
        let (time, size) = (MOST.as_secs(), MOST_BYTES >> 20);
        format!("took more than {time} s or printed more than {size} MiB")
    })?;
    match answer.code {
        Some(0) => {}
        Some(code) => return Err(format!("ended with exit code {code}")),
        None => return Err("was ended by a signal".to_owned()),
    }
    let text_of = String::from_utf8(answer.stdout).map_err(|_| "printed no UTF-8 text")?;
    let value = listing::json(&text_of)?;
    let mut read = ansible::of_json(&value)?.into_listing(SourceKind::Command, text);
    read.machines.truncate(MOST_KEPT);
    match read.problems.first() {
        Some(problem) if read.machines.is_empty() => Err(problem.clone()),
        _ => Ok(read.machines),
    }
}

/// Seconds as a person says them.
fn age(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{} s", seconds.max(0)),
        60..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// What one command answered last.
#[must_use]
pub fn of_command(at: &Where<'_>, text: &str, allows: &dyn Fn(&str) -> bool) -> Listing {
    let only = Sources {
        files: Vec::new(),
        commands: vec![text.to_owned()],
    };
    read(at, &only, allows)
}

/// What the commands answered last.
pub(super) fn read(at: &Where<'_>, sources: &Sources, allows: &dyn Fn(&str) -> bool) -> Listing {
    let mut read = Listing::default();
    if sources.commands.is_empty() {
        return read;
    }
    let (mut answers, problem) = json_file::read::<Answers>(&file(at.data));
    read.problems
        .extend(problem.map(|problem| problem.to_string()));
    for text in &sources.commands {
        let answer = answers.0.remove(text).unwrap_or_default();
        let age = answer
            .at
            .map(|at| age((crate::clock::now() - at).num_seconds()));
        if !allows(text) {
            read.problem(text, "this command lists hosts and is not allowed to run here; to allow it: vmo trust, with its text");
        } else if let Some(why) = answer.problem {
            let kept = age.map_or_else(String::new, |age| {
                format!("; its answer of {age} ago counts")
            });
            read.problem(text, format!("this command {why}{kept}"));
        } else if age.is_none() {
            read.problem(
                text,
                "this command has not run yet; to run it: vmo hosts refresh",
            );
        }
        read.machines.extend(answer.machines);
    }
    read
}
