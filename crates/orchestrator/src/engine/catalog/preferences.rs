//! What a person has set, as this engine holds to it: the settings in force, what is wrong with their file, and how many
//! jobs follow from them.

use std::path::Path;

use parking_lot::{Mutex, MutexGuard};
use supervisor::disk;

use super::database;
use crate::{
    engine::{Engine, EngineError},
    json_file::{KeptError, Wrong},
    settings,
    settings::Settings,
    wire::Event,
};

/// Jobs at once here, where the settings do not say.
const MAX_JOBS: u32 = 128;

/// The settings in force, and why they are not what their file says where they are not.
#[derive(Debug)]
pub(in crate::engine) struct Preferences(Mutex<Held>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Held {
    pub(in crate::engine) settings: Settings,
    problem: Option<String>,
}

impl Preferences {
    pub(in crate::engine) fn new(held: Held) -> Self {
        Self(Mutex::new(held))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock()
    }
}

/// What the file says, or what it last said.
pub(in crate::engine) fn read(config: &Path) -> Held {
    let (settings, problem) = settings::read(config, |settings| {
        database::of_settings(settings)
            .map(drop)
            .map_err(|error| Wrong {
                key: "database_url",
                why: error.reason().into_owned(),
            })
    });
    let problem = problem.map(|problem| recovery_hint(&problem));
    Held { settings, problem }
}

fn recovery_hint(problem: &KeptError) -> String {
    format!(
        "{problem}. The last settings that could be read are in force; where others are saved, the broken file is kept \
         as settings.json.broken"
    )
}

impl Engine {
    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.0.preferences.held().settings.clone()
    }

    /// Free bytes of the disk with the data folder below which jobs wait: what `VMO_DISK_FLOOR` says, else the settings, else
    /// 64 MiB.
    #[must_use]
    pub fn disk_floor(&self) -> u64 {
        let from_environment = disk::floor_of_environment().unwrap_or_else(|odd| {
            tracing::warn!(
                odd,
                "VMO_DISK_FLOOR is no number of bytes, so it does not count"
            );
            None
        });
        let set = self.0.preferences.held().settings.disk_floor;
        from_environment
            .or_else(|| set.map(|mebibytes| u64::from(mebibytes) * 1024 * 1024))
            .unwrap_or(disk::FLOOR)
    }

    /// What is wrong with the settings' file, with its line; empty where nothing is.
    #[must_use]
    pub fn settings_problems(&self) -> Vec<String> {
        self.0.preferences.held().problem.iter().cloned().collect()
    }

    /// What a person should see to, beside projects and hosts: [`Self::settings_problems`], [`Self::jobs_apart`], and
    /// what is wrong with the presets.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let presets = self.presets_problem().into_iter().collect();
        let login = self.login_problem().into_iter().collect();
        [self.settings_problems(), self.jobs_apart(), presets, login].concat()
    }

    /// Why the login shell's environment could not be had, where it was asked for.
    #[must_use]
    pub fn login_problem(&self) -> Option<String> {
        self.0.login.as_ref()?.problem()
    }

    /// Says so where the login shell's environment cannot be had, once that is known.
    pub(in crate::engine) fn tell_of_login(&self) {
        let Some(login) = self.0.login.clone() else {
            return;
        };
        let engine = self.clone();
        tokio::task::spawn_blocking(move || {
            login.wait();
            if login.problem().is_some() {
                engine.report(Event::Problems {
                    problems: engine.problems(),
                });
            }
        });
    }

    /// Changes the settings; a changed database is used from the next start on. A file that is broken is replaced, and
    /// kept beside as `settings.json.broken`.
    ///
    /// # Errors
    /// Where the database's address is none, a number is out of range, or the file cannot be written.
    pub fn change_settings(&self, settings: Settings) -> Result<Settings, EngineError> {
        database::of_settings(&settings)?;
        settings::in_range(&settings)
            .map_err(|wrong| EngineError::Refused(format!("{}: {}", wrong.key, wrong.why)))?;
        settings::write(&self.folders().config, &settings)?;
        self.hold_to(Held {
            settings: settings.clone(),
            problem: None,
        });
        Ok(settings)
    }

    /// Reads the settings' file again, which somebody changed.
    pub(in crate::engine) fn read_settings(&self) {
        let mut read = read(&self.folders().config);
        if read.problem.is_some() {
            read.settings = self.settings();
        }
        self.hold_to(read);
    }

    fn hold_to(&self, held: Held) {
        self.0.queue.set_most(most_jobs(&held.settings));
        if self.0.catalog.set_trust_again(held.settings.trust_again) {
            self.tell_projects();
        }
        let before = std::mem::replace(&mut *self.0.preferences.held(), held.clone());
        if before.settings != held.settings {
            self.report(Event::Settings(held.settings));
        }
        if before.problem != held.problem {
            self.report(Event::Problems {
                problems: self.problems(),
            });
        }
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
