//! Tags of a person's own: `host-tags.json` in the config folder, by the hosts' names.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{HostsError, listing};
use crate::{
    fleet,
    json_file::{self, JsonFileError},
};

/// Tags of one host.
const MOST: usize = 50;

/// A person's own tags, by host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnTags(BTreeMap<String, BTreeSet<String>>);

impl OwnTags {
    /// Reads them: what counts, and what is wrong with the file if something is.
    #[must_use]
    pub fn read(config: &Path) -> (Self, Option<JsonFileError>) {
        json_file::read(&config.join("host-tags.json"))
    }

    /// The tags of a host.
    pub fn of(&self, host: &str) -> impl Iterator<Item = &str> {
        self.0.get(host).into_iter().flatten().map(String::as_str)
    }

    /// Gives tags to hosts, or takes them away.
    ///
    /// # Errors
    /// If one is no tag, or the file cannot be read or written.
    pub fn set(
        config: &Path,
        hosts: &[String],
        tags: &[String],
        is_given: bool,
    ) -> Result<(), HostsError> {
        if let Some(odd) = tags
            .iter()
            .find(|tag| listing::tag(tag).as_ref() != Some(tag))
        {
            let why = format!(
                "'{odd}' is no tag: letters, digits, '.', '_', ':', '+' and '-', at most 64"
            );
            return Err(HostsError::Refused(why));
        }
        if let Some(reserved) = tags.iter().find(|tag| is_given && fleet::is_reserved(tag)) {
            let why = format!(
                "'{reserved}' cannot be a tag: @{reserved} means the hosts of a batch, or of a file"
            );
            return Err(HostsError::Refused(why));
        }
        let file = config.join("host-tags.json");
        json_file::change(&file, |known: &mut Self| {
            let before = known.clone();
            for host in hosts {
                let own = known.0.entry(host.clone()).or_default();
                match is_given {
                    true => own.extend(tags.iter().cloned()),
                    false => own.retain(|tag| !tags.contains(tag)),
                }
                if own.len() > MOST {
                    let why = format!("{host} would have more than {MOST} tags");
                    *known = before;
                    return (false, Err(HostsError::Refused(why)));
                }
            }
            known.0.retain(|_, own| !own.is_empty());
            (*known != before, Ok(()))
        })?
    }
}
