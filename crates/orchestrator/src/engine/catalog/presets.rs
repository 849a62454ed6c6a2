//! What launch forms were filled in with: remembered at each start, and kept under names.

use std::path::{Path, PathBuf};

use crate::{
    engine::{
        Engine, EngineError,
        start::{compose::Wanted, secret::is_secret},
    },
    presets::{self, Forms, PresetError},
    project::{Project, Scan},
    wire::{Filled, Preset, Presets},
};

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
        if let Err(error) = self.forms(&folder(project), &target.name).launched(filled) {
            // The job runs; what is wrong with the file is told among what a person should see to.
            tracing::debug!(%error, "what a target was started with is not remembered");
        }
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
