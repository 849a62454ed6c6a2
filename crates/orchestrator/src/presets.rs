//! What the launch forms were filled in with: last, and under the names a person gave. `presets.json` in the config
//! folder; secrets are in it by name alone.
//!
//! It is bounded: 200 targets with 20 presets each, 16 KiB for each of these, 2 MiB in all. What is past that is dropped:
//! first the targets that were launched longest ago and have no preset, then those with.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    job::MakeOptions,
    json_file::{self, JsonFileError},
};

/// Targets that are remembered.
const TARGETS: usize = 200;
/// Presets of one target.
const NAMED: usize = 20;
/// Of one form, in bytes of JSON.
const FORM_BYTES: usize = 16 << 10;
/// Of all of them, in bytes of JSON without blanks: well below what is read of a file of ours.
const ALL_BYTES: usize = 2 << 20;
/// Of a preset's name, in characters.
const NAME_CHARS: usize = 60;

/// What a launch form was filled in with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Filled {
    /// Values by name; a secret one has none.
    pub variables: Vec<(String, Option<String>)>,
    /// What stands for the `%` of a target that is a pattern.
    pub stem: Option<String>,
    /// More targets, or words a target takes, after it.
    pub words: Vec<String>,
    /// How make is asked.
    pub options: MakeOptions,
    /// Whether it gets a terminal.
    pub pty: bool,
}

/// What was kept under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Preset {
    /// Its name: 1 to 60 characters, no control characters.
    pub name: String,
    /// What the form was filled in with.
    pub filled: Filled,
}

/// What is known of earlier launches of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Presets {
    /// What it was last started with; none if it never was.
    pub last: Option<Filled>,
    /// What was kept under names, in their order.
    pub named: Vec<Preset>,
}

/// Why a preset was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// The name breaks the rule.
    #[error(
        "a preset's name has 1 to {NAME_CHARS} characters and no control characters among them"
    )]
    Name,
    /// There are as many as there can be.
    #[error("a target has at most {NAMED} presets: forget one first")]
    Full,
    /// It is too much text.
    #[error("a preset holds at most {} KiB of text", FORM_BYTES >> 10)]
    Large,
    /// Our own file.
    #[error(transparent)]
    File(#[from] JsonFileError),
}

/// One target of one folder.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    folder: PathBuf,
    target: String,
    #[serde(flatten)]
    presets: Presets,
}

/// The file; what was launched last is last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct PresetFile {
    targets: Vec<Remembered>,
}

/// The forms of a target. It holds none: each call reads the file, so the last write is seen.
#[derive(Debug, Clone, Copy)]
pub struct Forms<'a> {
    /// Our config folder.
    pub config: &'a Path,
    /// The project's folder, canonical.
    pub folder: &'a Path,
    /// The target.
    pub target: &'a str,
}

/// What is wrong with the file, if something is; what it last held counts then.
#[must_use]
pub fn problem(config: &Path) -> Option<JsonFileError> {
    json_file::read::<PresetFile>(&file(config)).1
}

impl Forms<'_> {
    /// What is known of them.
    #[must_use]
    pub fn read(&self) -> Presets {
        let (kept, _): (PresetFile, _) = json_file::read(&file(self.config));
        let mut all = kept.targets.into_iter();
        all.find(|one| self.is(one))
            .map_or_else(Presets::default, |one| one.presets)
    }

    /// Keeps what the target was launched with just now. What is too much text is not kept.
    ///
    /// # Errors
    /// If the file is broken, which leaves it as it is, or cannot be written.
    pub fn launched(&self, filled: Filled) -> Result<(), PresetError> {
        let filled = (size(&filled) <= FORM_BYTES).then_some(filled);
        self.change(|presets| {
            presets.last = filled;
            Ok(())
        })?;
        Ok(())
    }

    /// Keeps a form under a name, in the place of what had that name.
    ///
    /// # Errors
    /// [`PresetError`]
    pub fn save(&self, preset: Preset) -> Result<Presets, PresetError> {
        let length = preset.name.chars().count();
        if length == 0 || length > NAME_CHARS || preset.name.contains(char::is_control) {
            return Err(PresetError::Name);
        }
        if size(&preset.filled) > FORM_BYTES {
            return Err(PresetError::Large);
        }
        self.change(|presets| {
            let named = &mut presets.named;
            match named.iter().position(|other| other.name == preset.name) {
                Some(at) => named[at] = preset,
                None if named.len() >= NAMED => return Err(PresetError::Full),
                None => named.push(preset),
            }
            Ok(())
        })
    }

    /// Drops what was kept under a name; one that is not there is dropped already.
    ///
    /// # Errors
    /// If the file is broken or cannot be written.
    pub fn forget(&self, name: &str) -> Result<Presets, PresetError> {
        self.change(|presets| {
            presets.named.retain(|other| other.name != name);
            Ok(())
        })
    }

    /// Others that change the file wait for their turn, so no change is lost.
    fn change(
        &self,
        change: impl FnOnce(&mut Presets) -> Result<(), PresetError>,
    ) -> Result<Presets, PresetError> {
        json_file::change(&file(self.config), |kept: &mut PresetFile| {
            let at = kept.targets.iter().position(|one| self.is(one));
            let before = at.map(|at| kept.targets[at].presets.clone());
            let was_last = at.is_some_and(|at| at + 1 == kept.targets.len());
            let mut one = at.map_or_else(
                || Remembered {
                    folder: self.folder.to_owned(),
                    target: self.target.to_owned(),
                    presets: Presets::default(),
                },
                |at| kept.targets.remove(at),
            );
            if let Err(error) = change(&mut one.presets) {
                return (false, Err(error));
            }
            let presets = one.presets.clone();
            let is_new = !was_last || before.as_ref() != Some(&presets);
            if presets != Presets::default() {
                kept.targets.push(one);
                kept.drop_oldest();
            }
            (is_new, Ok(presets))
        })?
    }

    fn is(&self, one: &Remembered) -> bool {
        one.folder == self.folder && one.target == self.target
    }
}

impl PresetFile {
    /// Makes room, but never by removing the last one.
    fn drop_oldest(&mut self) {
        let mut sizes: Vec<usize> = self.targets.iter().map(size).collect();
        while self.targets.len() > 1
            && (self.targets.len() > TARGETS || sizes.iter().sum::<usize>() > ALL_BYTES)
        {
            let before_last = &self.targets[..self.targets.len() - 1];
            let mut old = before_last.iter();
            let at = old.position(|one| one.presets.named.is_empty());
            self.targets.remove(at.unwrap_or(0));
            sizes.remove(at.unwrap_or(0));
        }
    }
}

/// How much text it is.
fn size(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |text| text.len())
}

fn file(config: &Path) -> PathBuf {
    config.join("presets.json")
}

#[cfg(test)]
mod tests;
