//! The settings in force, what is wrong with their file, and how many jobs may run at once by them.

use std::path::Path;

use parking_lot::{Mutex, MutexGuard};
use supervisor::disk;

use super::{Catalog, database};
use crate::{
    engine::EngineError,
    json_file::{InvalidValue, JsonFileError},
    presets, settings,
    settings::Settings,
    wire::Event,
};

/// Jobs at once here, if the settings do not say.
const MAX_JOBS: u32 = 128;

/// The settings in force, and why they are not those of their file, if they are not.
#[derive(Debug)]
pub(in crate::engine) struct Preferences(Mutex<InForce>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct InForce {
    pub(in crate::engine) settings: Settings,
    problem: Option<String>,
}

impl Preferences {
    pub(in crate::engine) fn new(held: InForce) -> Self {
        Self(Mutex::new(held))
    }

    fn held(&self) -> MutexGuard<'_, InForce> {
        self.0.lock()
    }
}

/// The settings of the file, or the last ones of it that could be read.
pub(in crate::engine) fn read(config: &Path) -> InForce {
    let (settings, problem) = settings::read(config, |settings| {
        database::of_settings(settings)
            .map(drop)
            .map_err(|error| InvalidValue {
                key: "database_url",
                why: error.reason().into_owned(),
            })
    });
    let problem = problem.map(|problem| recovery_hint(&problem));
    InForce { settings, problem }
}

fn recovery_hint(problem: &JsonFileError) -> String {
    format!(
        "{problem}. The last settings that could be read are in force; where others are saved, the broken file is kept \
         as settings.json.broken"
    )
}

impl Catalog {
    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.0.preferences.held().settings.clone()
    }

    /// Free bytes of the disk with the data folder below which jobs wait: by `VMO_DISK_FLOOR`, else by the settings, else
    /// 64 MiB.
    #[must_use]
    pub fn disk_floor(&self) -> u64 {
        let from_environment = disk::floor_of_environment().unwrap_or_else(|odd| {
            tracing::warn!(
                odd,
                "VMO_DISK_FLOOR is not a number of bytes and is ignored"
            );
            None
        });
        let set = self.0.preferences.held().settings.disk_floor;
        from_environment
            .or_else(|| set.map(|mebibytes| u64::from(mebibytes) * 1024 * 1024))
            .unwrap_or(disk::FLOOR)
    }

    /// What is wrong with the settings' file, with its line; empty if it is in order.
    #[must_use]
    pub fn settings_problems(&self) -> Vec<String> {
        self.0.preferences.held().problem.iter().cloned().collect()
    }

    /// The problems a person should know of, beside those of projects and hosts: with the settings, skipped job folders,
    /// the presets, and the login shell. It reads files.
    pub(in crate::engine) fn problems(&self) -> Vec<String> {
        let presets = presets::problem(self.config()).map(|problem| problem.to_string());
        let presets = presets.into_iter().collect();
        let login = self.login_problem().into_iter().collect();
        [
            self.settings_problems(),
            self.0.skipped.lines(),
            presets,
            login,
        ]
        .concat()
    }

    /// Why the login shell's environment could not be read, if it was asked for.
    pub(in crate::engine) fn login_problem(&self) -> Option<String> {
        self.0.login.as_ref()?.problem()
    }

    /// Reports it once it is known that the login shell's environment cannot be read.
    pub(in crate::engine) fn watch_login(&self) {
        let Some(login) = self.0.login.clone() else {
            return;
        };
        let catalog = self.clone();
        tokio::task::spawn_blocking(move || {
            login.wait();
            if login.problem().is_some() {
                catalog.report_problems();
            }
        });
    }

    /// Changes the settings; a changed database is used from the next start on. A file that is broken is replaced, and
    /// kept beside as `settings.json.broken`.
    ///
    /// # Errors
    /// If the database's address cannot be read, a number is out of range, or the file cannot be written.
    pub async fn change_settings(&self, settings: Settings) -> Result<Settings, EngineError> {
        self.blocking(|catalog| catalog.change(settings)).await
    }

    fn change(&self, settings: Settings) -> Result<Settings, EngineError> {
        database::of_settings(&settings)?;
        settings::in_range(&settings)
            .map_err(|wrong| EngineError::Refused(format!("{}: {}", wrong.key, wrong.why)))?;
        settings::write(self.config(), &settings)?;
        self.apply(InForce {
            settings: settings.clone(),
            problem: None,
        });
        Ok(settings)
    }

    /// Reads the settings' file again after a change.
    pub(in crate::engine) fn reload_settings(&self) {
        let mut read = read(self.config());
        if read.problem.is_some() {
            read.settings = self.settings();
        }
        self.apply(read);
    }

    fn apply(&self, held: InForce) {
        self.0.queue.set_most(most_jobs(&held.settings));
        let before = std::mem::replace(&mut *self.0.preferences.held(), held.clone());
        if before.settings.trust_again != held.settings.trust_again {
            self.report_projects();
        }
        if before.settings != held.settings {
            self.0.events.report(Event::Settings(held.settings));
        }
        if before.problem != held.problem {
            self.report_problems();
        }
    }

    /// Reports the problems as they are now. It reads files.
    pub(in crate::engine) fn report_problems(&self) {
        self.0.events.report(Event::Problems {
            problems: self.problems(),
        });
    }
}

/// How many jobs may run at once.
pub(in crate::engine) fn most_jobs(settings: &Settings) -> u32 {
    if settings.max_jobs == 0 {
        MAX_JOBS
    } else {
        settings.max_jobs
    }
}
