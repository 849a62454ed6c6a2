//! The hosts that one line means.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
};

use super::Catalog;
use crate::{
    did_you_mean::{hint, near},
    engine::EngineError,
    fleet::{self, Choice, ChoiceError, Inventory},
    host::Host,
};

/// Bytes of a file of names, at most.
const LONGEST: u64 = 4 << 20;
/// The tag of hosts that a person marked as production.
const PRODUCTION: &str = "production";

impl Catalog {
    /// Finds the hosts that a line means, as [`fleet`] reads it. A name that is not listed is taken as `ssh` takes it,
    /// unless it comes near one that is: a slip of the finger must not run on all the others. `sets` are known beside tags.
    ///
    /// # Errors
    /// The line cannot be read, means no host, or has a name that looks like a slip.
    pub async fn choose_hosts(
        &self,
        line: &str,
        sets: Vec<(String, Vec<String>)>,
    ) -> Result<Choice, EngineError> {
        let line = line.to_owned();
        self.blocking(move |catalog| {
            let mut hosts = Hosts(catalog.list_hosts().found, sets);
            hosts.0.retain(|host| host.vanished.is_none());
            let choice = fleet::choose(&line, &hosts).map_err(|error| match error {
                ChoiceError::Unreadable(_) | ChoiceError::NoFile { .. } => {
                    EngineError::Refused(error.to_string())
                }
                ChoiceError::UnknownTag { .. } | ChoiceError::Nothing(_) => {
                    EngineError::NotFound(error.to_string())
                }
            })?;
            hosts.without_slips(&choice)?;
            Ok(choice)
        })
        .await
    }
}

/// The hosts that are listed, and sets of hosts by name.
struct Hosts(Vec<Host>, Vec<(String, Vec<String>)>);

impl Hosts {
    fn without_slips(&self, choice: &Choice) -> Result<(), EngineError> {
        let names = || {
            let also = self.0.iter().flat_map(|host| &host.also);
            self.0
                .iter()
                .map(|host| &host.name)
                .chain(also)
                .map(String::as_str)
        };
        let may_be_a_slip = |name: &&String| {
            // What is written as an address is meant as one.
            !name.contains(['@', '.', ':']) && !names().any(|other| other == name.as_str())
        };
        for name in choice.hosts.iter().filter(may_be_a_slip) {
            let near = near(name, names());
            if !near.is_empty() {
                let hint = hint(&near);
                let why = format!(
                    "no host is called '{name}'{hint} An address that is not listed is written as user@{name}"
                );
                return Err(EngineError::NotFound(why));
            }
        }
        Ok(())
    }
}

impl Inventory for Hosts {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|host| host.name.clone()).collect()
    }

    fn tagged(&self, tag: &str) -> Vec<String> {
        if let Some((_, hosts)) = self.1.iter().find(|(name, _)| name == tag) {
            return hosts.clone();
        }
        let has = |host: &&Host| {
            tag == PRODUCTION && host.production || host.tags.iter().any(|own| own == tag)
        };
        let tagged = self.0.iter().filter(has);
        tagged.map(|host| host.name.clone()).collect()
    }

    fn tags(&self) -> Vec<String> {
        let mut tags: BTreeSet<&str> = self
            .0
            .iter()
            .flat_map(|host| &host.tags)
            .map(String::as_str)
            .collect();
        if self.0.iter().any(|host| host.production) {
            tags.insert(PRODUCTION);
        }
        tags.into_iter().map(str::to_owned).collect()
    }

    fn read(&self, path: Option<&str>) -> io::Result<String> {
        let mut text = String::new();
        match path {
            Some(path) => fs::File::open(path)?
                .take(LONGEST)
                .read_to_string(&mut text)?,
            None => io::stdin().take(LONGEST).read_to_string(&mut text)?,
        };
        Ok(text)
    }
}
