//! What launch forms were filled in with: remembered at each start, and kept under names.

use std::path::{Path, PathBuf};

use crate::{
    engine::{
        Engine, EngineError,
        start::{compose::Wanted, secret::is_secret},
    },
    presets::{self, Forms, PresetError},
    presets::{Filled, Preset, Presets},
    project::{Project, Scan},
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
        let folder = folder(&self.project(project)?);
        Ok(self.forms(&folder, target).read())
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
        Ok(self.forms(&folder(&project), target).save(preset)?)
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
        let folder = folder(&self.project(project)?);
        Ok(self.forms(&folder, target).forget(name)?)
    }

    /// Remembers what one target was started with. What stands behind it is its own, unless one of that is a target, too.
    pub(in crate::engine) fn remember(&self, project: &Project, scan: &Scan, wanted: Wanted<'_>) {
        let known = |name: &String| scan.targets.iter().any(|target| target.name == *name);
        let Some((target, words)) = wanted.targets.split_first() else {
            return;
        };
        if !known(target) || words.iter().any(known) {
            return;
        }
        let variables = wanted.variables.iter().map(|(name, value)| {
            let value = (!is_secret(scan, name)).then(|| value.clone());
            (name.clone(), value)
        });
        let filled = Filled {
            variables: variables.collect(),
            words: words.to_vec(),
            options: wanted.options.clone(),
            pty: wanted.pty,
        };
        if let Err(error) = self.forms(&folder(project), target).launched(filled) {
            // The job runs; what is wrong with the file is told among what a person should see to.
            tracing::debug!(%error, "what a target was started with is not remembered");
        }
    }

    /// What is wrong with the file of presets.
    pub(in crate::engine) fn presets_problem(&self) -> Option<String> {
        presets::problem(&self.folders().config).map(|problem| problem.to_string())
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
