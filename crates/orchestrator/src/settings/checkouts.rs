//! Where the folders of projects are on hosts, as they were last found or given: `checkouts.json` in the config folder.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::json_file::{self, JsonFileError};

/// The folders of projects on hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkouts(BTreeMap<String, BTreeMap<String, String>>);

impl Checkouts {
    /// Reads them: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        json_file::read(&config.join("checkouts.json"))
    }

    /// The folder on a host of the project whose folder here is this one.
    #[must_use]
    pub fn on(&self, project: &Path, host: &str) -> Option<&str> {
        let hosts = self.0.get(&project.display().to_string())?;
        hosts.get(host).map(String::as_str)
    }

    /// Remembers hosts, each with its folder.
    ///
    /// # Errors
    /// If the file is broken, which leaves it as it is, or cannot be written.
    pub fn remember<'a>(
        config: &Path,
        project: &Path,
        found: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), JsonFileError> {
        let found = found.into_iter();
        let found: Vec<_> = found.map(|(h, f)| (h.to_owned(), f.to_owned())).collect();
        if found.is_empty() {
            return Ok(());
        }
        json_file::change(&config.join("checkouts.json"), |known: &mut Self| {
            let before = known.clone();
            let hosts = known.0.entry(project.display().to_string()).or_default();
            hosts.extend(found);
            (*known != before, ())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_remembered_by_project_and_host() {
        let config = tempfile::tempdir().unwrap();
        let (config, shop) = (config.path(), Path::new("/home/me/shop"));
        let on = |project: &Path, host: &str| {
            let known = Checkouts::read(config).0;
            known.on(project, host).map(str::to_owned)
        };
        assert_eq!(on(shop, "web1"), None);
        let found = [("web1", "/srv/shop"), ("web2", "/opt/shop")];
        Checkouts::remember(config, shop, found).unwrap();
        Checkouts::remember(config, shop, [("web2", "/srv/shop")]).unwrap();
        Checkouts::remember(config, shop, []).unwrap();
        assert_eq!(on(shop, "web1").as_deref(), Some("/srv/shop"));
        assert_eq!(on(shop, "web2").as_deref(), Some("/srv/shop"));
        assert_eq!(on(Path::new("/home/me/other"), "web1"), None);
    }
}
