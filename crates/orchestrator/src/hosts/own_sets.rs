//! Sets of hosts that a person saved under a name: `host-sets.json` in the config folder. What one means is found each time
//! it is used.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{HostsError, listing};
use crate::{
    fleet,
    json_file::{self, JsonFileError},
};

/// Sets that are saved, at most.
const MOST: usize = 500;

/// A saved set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SavedSet {
    /// Its name: `@name` means it.
    pub name: String,
    /// The line as it was written.
    pub line: String,
}

/// A person's saved sets: the line of each, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnSets(BTreeMap<String, String>);

impl OwnSets {
    /// Reads them: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        json_file::read(&config.join("host-sets.json"))
    }

    /// The line of a set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    #[must_use]
    pub fn list(self) -> Vec<SavedSet> {
        let sets = self.0.into_iter();
        sets.map(|(name, line)| SavedSet { name, line }).collect()
    }

    /// Saves a line under a name in place of what was there; none takes it away. `tags` are those that hosts have.
    ///
    /// # Errors
    /// If the name is none that a set can have, or is a tag, the line cannot be read, or the file cannot be written.
    pub fn save(
        config: &Path,
        name: &str,
        line: Option<&str>,
        tags: &[String],
    ) -> Result<(), HostsError> {
        let refused = |why: String| Err(HostsError::Refused(why));
        if line.is_some() {
            if listing::tag(name).as_deref() != Some(name) {
                return refused(format!(
                    "'{name}' is no name of a set: letters, digits, '.', '_', ':', '+' and '-', at most 64"
                ));
            }
            if fleet::is_reserved(name) || tags.iter().any(|tag| tag == name) {
                return refused(format!(
                    "@{name} means other hosts already: give the set another name"
                ));
            }
        }
        if let Some(line) = line {
            if line
                .split([',', '&', '!', '(', ')', '/', ' '])
                .any(|word| word == "-")
            {
                return refused(
                    "'-' is the standard input of one command: a set that is saved needs names, or @file:PATH".into(),
                );
            }
            if let Err(why) = fleet::check(line) {
                return refused(why.to_string());
            }
        }
        json_file::change(&config.join("host-sets.json"), |sets: &mut Self| {
            let before = sets.clone();
            match line {
                Some(line) => drop(sets.0.insert(name.to_owned(), line.trim().to_owned())),
                None => drop(sets.0.remove(name)),
            }
            if sets.0.len() > MOST {
                *sets = before;
                let why = format!("more than {MOST} sets are saved: remove one first");
                return (false, Err(HostsError::Refused(why)));
            }
            (*sets != before, Ok(()))
        })?
    }
}
