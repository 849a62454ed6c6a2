//! What the launch forms were filled in with: last, and under the names a person gave. `presets.json` in the config
//! folder; secrets are in it by name alone.
//!
//! It is bounded: 200 targets with 20 presets each, 16 KiB for each of these, 2 MiB in all. What is past that is dropped:
//! first the targets that were launched longest ago and have no preset, then those with.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    kept::{self, KeptError},
    wire::{Filled, Preset, Presets},
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
    Kept(#[from] KeptError),
}

/// One target of one folder.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    folder: PathBuf,
    target: String,
    #[serde(flatten)]
    presets: Presets,
}

/// The file; what was launched last stands last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    targets: Vec<Remembered>,
}

/// The forms of a target. It holds none: each call reads the file, so whoever wrote last is seen.
#[derive(Debug, Clone, Copy)]
pub struct Forms<'a> {
    /// Our config folder.
    pub config: &'a Path,
    /// The project's folder, canonical.
    pub folder: &'a Path,
    /// The target.
    pub target: &'a str,
}

/// What is wrong with the file, where something is; what it last held counts then.
#[must_use]
pub fn problem(config: &Path) -> Option<KeptError> {
    kept::read::<Kept>(&file(config)).1
}

impl Forms<'_> {
    /// What is known of them.
    #[must_use]
    pub fn read(&self) -> Presets {
        let (kept, _): (Kept, _) = kept::read(&file(self.config));
        let mut all = kept.targets.into_iter();
        all.find(|one| self.is(one))
            .map_or_else(Presets::default, |one| one.presets)
    }

    /// Keeps what the target was launched with just now. What is too much text is not kept.
    ///
    /// # Errors
    /// Where the file is broken, which leaves it as it is, or cannot be written.
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
            match named.iter().position(|known| known.name == preset.name) {
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
    /// Where the file is broken or cannot be written.
    pub fn forget(&self, name: &str) -> Result<Presets, PresetError> {
        self.change(|presets| {
            presets.named.retain(|known| known.name != name);
            Ok(())
        })
    }

    /// Others who change the file wait for their turn, so nobody's change is lost.
    fn change(
        &self,
        change: impl FnOnce(&mut Presets) -> Result<(), PresetError>,
    ) -> Result<Presets, PresetError> {
        kept::change(&file(self.config), |kept: &mut Kept| {
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

impl Kept {
    /// Makes room, but never by what stands last.
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
mod tests {
    use super::*;

    fn forms<'a>(config: &'a Path, target: &'a str) -> Forms<'a> {
        Forms {
            config,
            folder: Path::new("/srv/app"),
            target,
        }
    }

    fn filled(value: &str) -> Filled {
        Filled {
            variables: vec![("ENV".into(), Some(value.into())), ("TOKEN".into(), None)],
            ..Filled::default()
        }
    }

    fn preset(name: &str) -> Preset {
        Preset {
            name: name.into(),
            filled: filled(name),
        }
    }

    #[test]
    fn each_target_of_each_folder_has_its_own() {
        let config = tempfile::tempdir().unwrap();
        let deploy = forms(config.path(), "deploy");
        assert_eq!(deploy.read(), Presets::default());
        deploy.launched(filled("prod")).unwrap();
        deploy.save(preset("a")).unwrap();
        deploy.save(preset("b")).unwrap();
        let again = Preset {
            filled: filled("other"),
            ..preset("a")
        };
        let known = deploy.save(again).unwrap();
        assert_eq!(known.last, Some(filled("prod")));
        let named: Vec<_> = known.named.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(named, ["a", "b"]);
        assert_eq!(known.named[0].filled, filled("other"));
        assert_eq!(deploy.read(), known);
        assert_eq!(forms(config.path(), "test").read(), Presets::default());
        let elsewhere = Forms {
            folder: Path::new("/srv/b"),
            ..deploy
        };
        assert_eq!(elsewhere.read(), Presets::default());
        assert_eq!(deploy.forget("a").unwrap().named, [preset("b")]);
        assert_eq!(deploy.forget("none").unwrap().named, [preset("b")]);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let config = tempfile::tempdir().unwrap();
        let deploy = forms(config.path(), "deploy");
        for name in ["", "a\nb", &"x".repeat(61)] {
            let refused = deploy.save(preset(name)).unwrap_err();
            assert!(matches!(refused, PresetError::Name), "{name:?}");
        }
        let large = Preset {
            filled: filled(&"x".repeat(FORM_BYTES)),
            ..preset("a")
        };
        assert!(matches!(
            deploy.save(large.clone()),
            Err(PresetError::Large)
        ));
        deploy.launched(large.filled).unwrap();
        assert_eq!(deploy.read(), Presets::default());
        for number in 0..NAMED {
            deploy.save(preset(&number.to_string())).unwrap();
        }
        assert!(matches!(deploy.save(preset("z")), Err(PresetError::Full)));
        deploy.save(preset("0")).unwrap();
    }

    #[test]
    fn the_oldest_without_presets_go_first_and_there_is_never_too_much() {
        let one = |number: usize, value: &str| Remembered {
            folder: "/srv/app".into(),
            target: format!("t{number}"),
            presets: Presets {
                last: Some(filled(value)),
                named: (number == 0).then(|| preset("kept")).into_iter().collect(),
            },
        };
        let mut kept = Kept::default();
        for number in 0..=TARGETS {
            kept.targets.push(one(number, "x"));
            kept.drop_oldest();
        }
        let known = |kept: &Kept, number: usize| {
            let name = format!("t{number}");
            kept.targets.iter().any(|one| one.target == name)
        };
        assert!(known(&kept, 0) && !known(&kept, 1) && known(&kept, 2) && known(&kept, TARGETS));
        let large = "x".repeat(FORM_BYTES - 200);
        kept.targets = (0..TARGETS).map(|number| one(number, &large)).collect();
        kept.drop_oldest();
        let length = size(&kept);
        assert!(
            (1 << 20..=ALL_BYTES + TARGETS).contains(&length),
            "{length}"
        );
        assert!(known(&kept, 0) && !known(&kept, 1) && known(&kept, TARGETS - 1));
    }

    #[test]
    fn nobody_loses_what_another_writes() {
        let config = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let config = config.path();
                scope.spawn(move || {
                    let deploy = forms(config, "deploy");
                    deploy.save(preset(&number.to_string())).unwrap();
                });
            }
        });
        assert_eq!(forms(config.path(), "deploy").read().named.len(), 8);
    }

    #[test]
    fn a_spoilt_file_is_told_with_its_line_and_the_last_good_one_counts() {
        let config = tempfile::tempdir().unwrap();
        let deploy = forms(config.path(), "deploy");
        let known = deploy.save(preset("a")).unwrap();
        std::fs::write(file(config.path()), "{\n\n").unwrap();
        assert_eq!(deploy.read(), known);
        let told = problem(config.path()).unwrap().to_string();
        assert!(told.contains("presets.json:3: "), "{told}");
        assert!(deploy.launched(filled("x")).is_err());
    }
}
