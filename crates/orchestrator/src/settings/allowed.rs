//! Commands of the SSH config that may run here: of `ProxyCommand` and of `Match exec`. A config is often copied from
//! somewhere, so each text is allowed once by a person before it runs. `allowed-commands.json` in the config folder.

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize};

use crate::json_file::{self, JsonFileError};

/// The texts that a person has allowed, as the config writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowedCommands {
    commands: BTreeSet<String>,
}

impl AllowedCommands {
    /// Reads them: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        json_file::read(&config.join("allowed-commands.json"))
    }

    /// Allows a text, or no longer; whether that changed anything.
    ///
    /// # Errors
    /// If the file is broken, which leaves it as it is, or cannot be written.
    pub fn set(config: &Path, command: &str, allowed: bool) -> Result<bool, JsonFileError> {
        json_file::change(&config.join("allowed-commands.json"), |known: &mut Self| {
            let changed = if allowed {
                known.commands.insert(command.to_owned())
            } else {
                known.commands.remove(command)
            };
            (changed, changed)
        })
    }

    /// Whether a text may run.
    #[must_use]
    pub fn allows(&self, command: &str) -> bool {
        self.commands.contains(command)
    }

    /// The texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.commands.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_allowed_until_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let set = |allowed| AllowedCommands::set(folder.path(), "nc %h %p", allowed).unwrap();
        let allows = |text: &str| AllowedCommands::read(folder.path()).0.allows(text);
        assert!(!allows("nc %h %p"));
        assert!(set(true) && !set(true));
        assert!(allows("nc %h %p") && !allows("nc %h %p; touch x"));
        assert!(set(false) && !set(false) && !allows("nc %h %p"));
    }
}
