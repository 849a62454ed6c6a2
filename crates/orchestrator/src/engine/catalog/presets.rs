//! What launch forms were filled in with: remembered at each start, and kept under names.

use std::path::PathBuf;

use parking_lot::Mutex;

use super::Catalog;
use crate::{
    engine::{
        EngineError,
        start::{compose::Wanted, secret::is_secret},
    },
    presets::{Filled, Forms, Preset, PresetError, Presets},
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
            PresetError::File(error) => Self::File(error),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

impl Catalog {
    /// What a target was last started with, and its presets.
    ///
    /// # Errors
    /// If there is no such project.
    pub async fn presets(&self, project: &str, target: &str) -> Result<Presets, EngineError> {
        self.of_form(project, target, |forms, _scan| Ok(forms.read()))
            .await
    }

    /// Saves what is filled in for a target under a name, and replaces an earlier preset of that name. Of a secret only the
    /// name is saved.
    ///
    /// # Errors
    /// If there is no such project, the name breaks its rule, there are too many, or the file cannot be written.
    pub async fn save_preset(
        &self,
        project: &str,
        target: &str,
        mut preset: Preset,
    ) -> Result<Presets, EngineError> {
        self.of_form(project, target, move |forms, scan| {
            for (name, value) in &mut preset.filled.variables {
                if is_secret(scan, name) {
                    *value = None;
                }
            }
            Ok(forms.save(preset)?)
        })
        .await
    }

    /// Removes a preset.
    ///
    /// # Errors
    /// If there is no such project, or the file cannot be written.
    pub async fn forget_preset(
        &self,
        project: &str,
        target: &str,
        name: &str,
    ) -> Result<Presets, EngineError> {
        let name = name.to_owned();
        self.of_form(
            project,
            target,
            move |forms, _scan| Ok(forms.forget(&name)?),
        )
        .await
    }

    /// Remembers what one target was started with. Words after it are its own, unless one of them is a target, too.
    pub(in crate::engine) fn remember(&self, project: &Project, scan: &Scan, wanted: Wanted<'_>) {
        let Some((name, words)) = wanted.targets.split_first() else {
            return;
        };
        let is_target = |name: &String| scan.target(name).is_some();
        let Some(target) = scan.target(name).filter(|_| !words.iter().any(is_target)) else {
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
            let catalog = self.clone();
            tokio::task::spawn_blocking(move || catalog.write_pending());
        }
    }

    /// Writes down what targets were started with, if that is not done yet.
    ///
    /// # Errors
    /// If writing panicked; what is wrong with the file is among the problems that a person sees.
    pub async fn write_launches(&self) -> Result<(), EngineError> {
        self.blocking(|catalog| {
            catalog.write_pending();
            Ok(())
        })
        .await
    }

    fn write_pending(&self) {
        let writing = self.0.launches.writing.lock();
        let pending = std::mem::take(&mut *self.0.launches.pending.lock());
        for Launched {
            folder,
            target,
            filled,
        } in pending
        {
            let forms = Forms {
                config: self.config(),
                folder: &folder,
                target: &target,
            };
            if let Err(error) = forms.launched(filled) {
                // The job runs all the same; what is wrong with the file is among the problems that a person sees.
                tracing::debug!(%error, "what a target was started with is not remembered");
            }
        }
        drop(writing);
    }

    /// Does work on the saved forms of a target, and on what is known of its project, on a thread that may block.
    async fn of_form<T: Send + 'static>(
        &self,
        project: &str,
        target: &str,
        work: impl FnOnce(Forms<'_>, &Scan) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (project, target) = (project.to_owned(), target.to_owned());
        self.blocking(move |catalog| {
            let project = catalog.project(&project)?;
            let scan = catalog.known_targets(&project);
            // All targets that one pattern makes have one form: the pattern's.
            let form = scan.target(&target).map_or(&target, |known| &known.name);
            catalog.write_pending();
            let forms = Forms {
                config: catalog.config(),
                folder: &folder(&project),
                target: form,
            };
            work(forms, &scan)
        })
        .await
    }
}

/// One path for a folder, whichever of its names it was reached by.
fn folder(project: &Project) -> PathBuf {
    let canonical = project.path.canonicalize();
    canonical.unwrap_or_else(|_| project.path.clone())
}
