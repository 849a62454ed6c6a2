//! What launch forms were filled in with: remembered at each start, and kept under names.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::{
    engine::{
        Engine, EngineError,
        start::{compose::Wanted, secret::is_secret},
    },
    presets::{self, Forms, PresetError},
    presets::{Filled, Preset, Presets},
    project::{Project, Scan},
};

/// Targets whose launches wait to be written down, at most: as many as the file holds. Past that, the oldest is forgotten.
const MOST: usize = 200;

/// What targets were started with and is not written down yet. A launch leaves it here, so that its answer waits for no
/// disk; who reads or changes the file writes it down first.
#[derive(Debug, Default)]
pub(in crate::engine) struct Launches {
    pending: Mutex<Vec<Launched>>,
    /// Held while they are written down, so that who finds none pending finds them in the file.
    writing: Mutex<()>,
}

#[derive(Debug)]
struct Launched {
    folder: PathBuf,
    target: String,
    filled: Filled,
}

impl Launches {
    /// Adds a launch, in the place of an earlier one of the same target. Says whether somebody has to write it down: else
    /// that is under way.
    fn add(&self, launched: Launched) -> bool {
        let mut pending = self.pending.lock();
        let is_first = pending.is_empty();
        pending.retain(|one| one.folder != launched.folder || one.target != launched.target);
        pending.push(launched);
        if pending.len() > MOST {
            pending.remove(0);
        }
        is_first
    }
}

impl From<PresetError> for EngineError {
    fn from(error: PresetError) -> Self {
        match error {
            PresetError::Kept(error) => Self::Kept(error),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl Engine {
    /// What is known of earlier launches of a target.
    ///
    /// # Errors
    /// Where there is no such project.
    pub fn presets(&self, project: &str, target: &str) -> Result<Presets, EngineError> {
        let project = self.project(project)?;
        let name = self.name_of_form(&project, target);
        Ok(self.forms(&folder(&project), &name).read())
    }

    /// Keeps what is filled in for a target under a name, in the place of what had that name; a secret by its name alone.
    ///
    /// # Errors
    /// Where there is no such project, the name breaks its rule, there are too many, or the file cannot be written.
    pub fn save_preset(
        &self,
        project: &str,
        target: &str,
        mut preset: Preset,
    ) -> Result<Presets, EngineError> {
        let project = self.project(project)?;
        let scan = self.known_targets(&project);
        for (name, value) in &mut preset.filled.variables {
            if is_secret(&scan, name) {
                *value = None;
            }
        }
        let name = self.name_of_form(&project, target);
        Ok(self.forms(&folder(&project), &name).save(preset)?)
    }

    /// Drops what was kept under a name.
    ///
    /// # Errors
    /// Where there is no such project, or the file cannot be written.
    pub fn forget_preset(
        &self,
        project: &str,
        target: &str,
        name: &str,
    ) -> Result<Presets, EngineError> {
        let project = self.project(project)?;
        let target = self.name_of_form(&project, target);
        Ok(self.forms(&folder(&project), &target).forget(name)?)
    }

    /// Remembers what one target was started with. What stands behind it is its own, unless one of that is a target, too.
    pub(in crate::engine) fn remember(&self, project: &Project, scan: &Scan, wanted: Wanted<'_>) {
        let Some((name, words)) = wanted.targets.split_first() else {
            return;
        };
        let known = |name: &String| scan.target(name).is_some();
        let Some(target) = scan.target(name).filter(|_| !words.iter().any(known)) else {
            return;
        };
        let variables = wanted.variables.iter().map(|(name, value)| {
            let value = (!is_secret(scan, name)).then(|| value.clone());
            (name.clone(), value)
        });
        let filled = Filled {
            variables: variables.collect(),
            stem: target.stem(name).map(str::to_owned),
            words: words.to_vec(),
            options: wanted.options.clone(),
            pty: wanted.pty,
        };
        let launched = Launched {
            folder: folder(project),
            target: target.name.clone(),
            filled,
        };
        if self.0.launches.add(launched) {
            let engine = self.clone();
            tokio::task::spawn_blocking(move || engine.write_launches());
        }
    }

    /// Writes down what targets were started with, if that is not done yet. It may block.
    pub fn write_launches(&self) {
        let writing = self.0.launches.writing.lock();
        let pending = std::mem::take(&mut *self.0.launches.pending.lock());
        for Launched {
            folder,
            target,
            filled,
        } in pending
        {
            let forms = Forms {
                config: &self.folders().config,
                folder: &folder,
                target: &target,
            };
            if let Err(error) = forms.launched(filled) {
                // The job runs; what is wrong with the file is told among what a person should see to.
                tracing::debug!(%error, "what a target was started with is not remembered");
            }
        }
        drop(writing);
    }

    /// What is wrong with the file of presets.
    pub(in crate::engine) fn presets_problem(&self) -> Option<String> {
        presets::problem(&self.folders().config).map(|problem| problem.to_string())
    }

    /// The name under which a target's form is kept: all that a pattern fits have one form.
    fn name_of_form(&self, project: &Project, target: &str) -> String {
        let scan = self.known_targets(project);
        let known = scan.target(target).map(|known| known.name.clone());
        known.unwrap_or_else(|| target.to_owned())
    }

    fn forms<'a>(&'a self, folder: &'a Path, target: &'a str) -> Forms<'a> {
        self.write_launches();
        Forms {
            config: &self.folders().config,
            folder,
            target,
        }
    }
}

/// Whatever name a folder goes by, it is one folder.
fn folder(project: &Project) -> PathBuf {
    let canonical = project.path.canonicalize();
    canonical.unwrap_or_else(|_| project.path.clone())
}
