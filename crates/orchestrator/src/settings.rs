//! What a person has set: `settings.json`, `commands.json` and `marks.json` in the config folder. A broken file is named with its
//! line and left as it is; what it last held stays in force.

mod allowed;
mod checkouts;
mod marks;
mod retention;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use self::{
    allowed::AllowedCommands,
    checkouts::Checkouts,
    marks::{Mark, MarkChange, MarkOf, Marked, Marks},
    retention::{Keep, Retention},
};
use crate::{
    json_file::{self, InvalidValue, JsonFileError},
    launch::WhenBusy,
    log::find::Pattern,
};

/// Jobs at once that can be asked for: each has a process of ours beside its own.
const MOST_JOBS: u32 = 10_000;
/// Rules of what reports an error, or is dangerous: each is looked for in all of a log or a recipe that is looked at.
const MOST_RULES: usize = 20;

/// What a person can set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Settings {
    /// A Postgres to keep history in; none means our own private one. `VMO_DATABASE_URL` goes before it.
    pub database_url: Option<String>,
    /// The schema of our tables in a configured Postgres; none means the role's own first one.
    pub database_schema: Option<String>,
    /// How many jobs may run at once here; 0 means 128.
    pub max_jobs: u32,
    /// Free mebibytes of the disk with the data folder below which jobs wait; none means 64. `VMO_DISK_FLOOR`, in bytes, goes
    /// before it.
    pub disk_floor: Option<u32>,
    /// What becomes of a job that is exclusive and runs already.
    pub when_busy: WhenBusy,
    /// Whether a project has to be trusted again when its makefiles have changed.
    pub trust_again: bool,
    /// The program that opens a terminal; none means the first one found.
    pub terminal: Option<String>,
    /// The command that opens an editor, with `{file}`, `{line}` and `{column}` in it; none means the first one found.
    pub editor: Option<String>,
    /// Regular expressions; a line of a log in which one is found reports an error. Case does not matter.
    pub error_rules: Vec<String>,
    /// Regular expressions; a command or a recipe in which one is found asks before it runs, beside what ours know. Case does
    /// not matter.
    pub danger_rules: Vec<String>,
    /// Regular expressions; what one finds in a line of a log differs from run to run, and is left out when logs are compared.
    /// Case does not matter.
    pub mask_rules: Vec<String>,
    /// Of which jobs the desktop is told when they end.
    pub notify: Notify,
    /// Seconds that a job runs at least for the desktop to be told that it is done; none means 10.
    pub notify_after: Option<u32>,
    /// What of the own history is kept.
    pub retention: Retention,
}

/// Of which jobs the desktop is told when they end while the window is out of sight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Notify {
    /// Of failures, and of long ones that are done.
    #[default]
    Long,
    /// Of failures alone.
    Failures,
    /// Of none. What waits for a person is told of all the same.
    None,
}

/// The settings that are in force, and what is wrong with the file if something is. `check` says what else has to
/// hold of them.
#[must_use]
pub fn read(
    config: &Path,
    check: impl Fn(&Settings) -> Result<(), InvalidValue>,
) -> (Settings, Option<JsonFileError>) {
    json_file::read_checked(&file(config), |settings| {
        in_range(settings)?;
        check(settings)
    })
}

/// Writes the settings, in the place of whatever the file holds; a broken one is kept as `settings.json.broken`.
///
/// # Errors
/// [`JsonFileError::Io`], with the file.
pub fn write(config: &Path, settings: &Settings) -> Result<(), JsonFileError> {
    json_file::replace(&file(config), settings)
}

/// What no setting may be, set by hand or in the window.
///
/// # Errors
/// The key, and why.
pub fn in_range(settings: &Settings) -> Result<(), InvalidValue> {
    if settings.max_jobs > MOST_JOBS {
        return Err(InvalidValue {
            key: "max_jobs",
            why: format!("{} are too many; at most {MOST_JOBS}", settings.max_jobs),
        });
    }
    settings.retention.in_range()?;
    rules_in_range("error_rules", &settings.error_rules)?;
    rules_in_range("danger_rules", &settings.danger_rules)?;
    rules_in_range("mask_rules", &settings.mask_rules)?;
    Ok(())
}

fn rules_in_range(key: &'static str, rules: &[String]) -> Result<(), InvalidValue> {
    if rules.len() > MOST_RULES {
        return Err(InvalidValue {
            key,
            why: format!("at most {MOST_RULES} rules can be kept"),
        });
    }
    for rule in rules {
        Pattern::regex(rule).map_err(|bad| InvalidValue {
            key,
            why: format!("`{rule}` cannot be used: {bad}"),
        })?;
    }
    Ok(())
}

fn file(config: &Path) -> PathBuf {
    config.join("settings.json")
}

/// Commands a person saved, by host; those under `*` are every host's. What is in `{{…}}` is asked for before one runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SavedCommands(BTreeMap<String, Vec<String>>);

const EVERY_HOST: &str = "*";

impl Default for SavedCommands {
    fn default() -> Self {
        let first = [
            "docker ps",
            "docker logs -f --tail 200 {{container}}",
            "journalctl -n 200 -fu {{unit}}",
            "systemctl status {{unit}}",
            "systemctl --failed",
            "df -h",
            "uptime",
            "nomad job dispatch {{job}}",
            "sbatch --wait {{script}}",
            "kubectl create job {{name}} --from=cronjob/{{cronjob}}",
        ];
        Self(BTreeMap::from([(
            EVERY_HOST.into(),
            first.map(Into::into).into(),
        )]))
    }
}

impl SavedCommands {
    /// Reads `commands.json`: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        json_file::read(&config.join("commands.json"))
    }

    /// Changes `commands.json`.
    ///
    /// # Errors
    /// If the file is broken, which leaves it as it is, or cannot be written.
    pub fn change(config: &Path, change: impl FnOnce(&mut Self)) -> Result<(), JsonFileError> {
        json_file::change(&config.join("commands.json"), |saved| {
            change(saved);
            (true, ())
        })
    }

    /// A host's row: every host's commands, then its own.
    #[must_use]
    pub fn of(&self, host: &str) -> Vec<String> {
        let row = |key: &str| self.0.get(key).into_iter().flatten().cloned();
        let mut all: Vec<String> = row(EVERY_HOST).collect();
        all.extend(row(host).filter(|command| {
            !self
                .0
                .get(EVERY_HOST)
                .is_some_and(|every| every.contains(command))
        }));
        all
    }

    /// Adds a command to a host's row, or to every host's; one that is there stays where it is.
    pub fn add(&mut self, host: Option<&str>, command: &str) {
        let row = self
            .0
            .entry(host.unwrap_or(EVERY_HOST).to_owned())
            .or_default();
        if !row.iter().any(|other| other == command) {
            row.push(command.to_owned());
        }
    }

    /// Takes a command out of a host's row, and out of every host's if it is there.
    pub fn remove(&mut self, host: Option<&str>, command: &str) {
        for key in [host.unwrap_or(EVERY_HOST), EVERY_HOST] {
            if let Some(row) = self.0.get_mut(key) {
                row.retain(|other| other != command);
            }
        }
    }
}
