//! The hosts that one line means.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    io::{self, Read},
    os::unix::fs::FileTypeExt,
    sync::mpsc,
    thread,
    time::Duration,
};

use super::Catalog;
use crate::{
    did_you_mean::{hint, near},
    engine::EngineError,
    fleet::{self, Choice, ChoiceError, Inventory},
    host::Host,
    hosts::{OwnSets, SavedSet},
    ssh,
};

/// Bytes of a file of names, at most.
const LONGEST: u64 = 4 << 20;
/// How long a pipe of names may give nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// Characters of the names that nothing knows, as they are named.
const LONGEST_NAMED: usize = 200;
/// The tag of hosts that a person marked as production.
const PRODUCTION: &str = "production";

/// Which names a line may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Those that something knows: something is to be done there.
    Known,
    /// Any: jobs of a host are kept when nothing names it any more.
    Any,
}

impl Catalog {
    /// The sets that a person saved.
    ///
    /// # Errors
    /// If reading them panicked.
    pub async fn saved_sets(&self) -> Result<Vec<SavedSet>, EngineError> {
        self.blocking(|catalog| Ok(OwnSets::read(catalog.config()).0.list()))
            .await
    }

    /// Saves a line as a set under a name in place of what was there, or takes that away.
    ///
    /// # Errors
    /// If the name is none that a set can have, or is a tag, the line cannot be read, or the file cannot be written.
    pub async fn save_set(&self, name: String, line: Option<String>) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            let hosts = catalog.list_hosts().found;
            let mut tags: Vec<String> = hosts.into_iter().flat_map(|host| host.tags).collect();
            tags.push(PRODUCTION.to_owned());
            Ok(OwnSets::save(
                catalog.config(),
                &name,
                line.as_deref(),
                &tags,
            )?)
        })
        .await
    }

    /// Finds the hosts that a line means, as [`fleet`] reads it. A name that nothing knows refuses the whole line: a slip of
    /// the finger must not run on all the others. An address that is not listed is written as one. `sets` are known beside
    /// tags.
    ///
    /// # Errors
    /// The line cannot be read, means no host, or has a name that nothing knows.
    pub async fn choose_hosts(
        &self,
        line: &str,
        sets: Vec<(String, Vec<String>)>,
        of: Names,
    ) -> Result<Choice, EngineError> {
        let line = line.to_owned();
        self.blocking(move |catalog| {
            let own = OwnSets::read(catalog.config()).0;
            let mut hosts = Hosts(catalog.list_hosts().found, sets, own);
            hosts.0.retain(|host| host.vanished.is_none());
            let choice = fleet::choose(&line, &hosts).map_err(|error| match error {
                ChoiceError::Unreadable(_) | ChoiceError::NoFile { .. } => {
                    EngineError::Refused(error.to_string())
                }
                ChoiceError::UnknownTag { .. } | ChoiceError::Nothing(_) => {
                    EngineError::NotFound(error.to_string())
                }
            })?;
            if of == Names::Known {
                let known: HashSet<&String> = hosts.0.iter().map(|host| &host.name).collect();
                let others = choice.hosts.iter().filter(|name| !known.contains(name));
                others.map(String::as_str).try_for_each(is_name)?;
            }
            if of == Names::Known && !hosts.is_one_for_ssh(&line, &choice) {
                hosts.knows(&choice, &catalog.ssh())?;
            }
            Ok(choice)
        })
        .await
    }
}

/// The hosts that are listed, sets of hosts by name, and a person's own.
struct Hosts(Vec<Host>, Vec<(String, Vec<String>)>, OwnSets);

impl Hosts {
    /// Whether a line is one name that resembles none we know: `ssh` would ask the network for it, and nothing else runs.
    fn is_one_for_ssh(&self, line: &str, choice: &Choice) -> bool {
        let [only] = choice.hosts.as_slice() else {
            return false;
        };
        let names = self.0.iter();
        let mut names = names.flat_map(|host| host.also.iter().chain([&host.name]));
        line.trim() == only && near(only, names.by_ref().map(String::as_str)).is_empty()
    }

    fn knows(&self, choice: &Choice, config: &ssh::Config) -> Result<(), EngineError> {
        let all = self.0.iter();
        let names: HashSet<&str> = all
            .flat_map(|host| host.also.iter().chain([&host.name]))
            .chain(self.1.iter().flat_map(|(_, hosts)| hosts))
            .map(String::as_str)
            .collect();
        let is_unknown = |name: &&str| {
            // What is written as an address is meant as one, and a pattern of the config may know more than it lists.
            !name.contains(['@', '.', ':']) && !names.contains(name) && !config.knows(name)
        };
        let hosts = choice.hosts.iter().map(String::as_str);
        let unknown: Vec<&str> = hosts.filter(is_unknown).collect();
        let Some(first) = unknown.first() else {
            return Ok(());
        };
        let why = if unknown.len() > 1 {
            let all = fleet::fold(unknown.iter().copied());
            let shown: String = all.chars().take(LONGEST_NAMED).collect();
            let more = if shown.len() < all.len() { "…" } else { "" };
            format!("no hosts are called {shown}{more}.")
        } else {
            let hint = match hint(&near(first, names.iter().copied())) {
                none if none.is_empty() => ".".to_owned(),
                hint => hint,
            };
            format!("no host is called '{first}'{hint}")
        };
        Err(EngineError::NotFound(format!(
            "{why} An address that is not listed is written as user@{first}"
        )))
    }
}

impl Inventory for Hosts {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|host| host.name.clone()).collect()
    }

    fn having(&self, is_meant: &dyn Fn(&str) -> bool) -> Vec<String> {
        let has =
            |host: &&Host| is_meant(&host.name) || host.also.iter().any(|name| is_meant(name));
        let having = self.0.iter().filter(has);
        having.map(|host| host.name.clone()).collect()
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

    fn saved(&self, name: &str) -> Option<String> {
        self.2.get(name).map(str::to_owned)
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
        let own = self.2.clone().list();
        tags.extend(own.iter().map(|set| set.name.as_str()));
        tags.into_iter().map(str::to_owned).collect()
    }

    fn read(&self, path: Option<&str>) -> io::Result<String> {
        let Some(path) = path else {
            return text_of(io::stdin());
        };
        let kind = fs::metadata(path)?.file_type();
        if kind.is_char_device() || kind.is_block_device() {
            return Err(io::Error::other("it is a device and no file of names"));
        }
        if !kind.is_fifo() {
            return text_of(fs::File::open(path)?);
        }
        // Nobody may ever write into it.
        let (sender, answer) = mpsc::channel();
        let path = path.to_owned();
        thread::spawn(move || {
            let text = fs::File::open(path).and_then(text_of);
            // Whoever asked may be gone.
            sender.send(text).ok();
        });
        let none = |_| io::Error::other("nobody has written into it for 10 s");
        answer.recv_timeout(PATIENCE).map_err(none)?
    }
}

/// All that is read, if that is a text that is not too long: of one that is cut, names would be left out.
fn text_of(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        let why = format!("it has more than {} MiB of names", LONGEST >> 20);
        return Err(io::Error::other(why));
    }
    Ok(text)
}

/// Refuses what `ssh` would take otherwise than a set means it: an option, and a port behind a name.
fn is_name(name: &str) -> Result<(), EngineError> {
    let host = name.rsplit_once('@').map_or(name, |(_, host)| host);
    if host.starts_with('-') || host.is_empty() {
        let why = format!("'{name}' is no host: its name begins with '-', or is empty");
        return Err(EngineError::Refused(why));
    }
    if let Some((host, port)) = host.split_once(':')
        && !port.contains(':')
    {
        let why = format!(
            "'{name}': a port is no part of a name: add it as a host, by vmo hosts add NAME {host}:{port}"
        );
        return Err(EngineError::Refused(why));
    }
    Ok(())
}
