//! What hosts there were, so that one that vanished is shown for a week: `hosts-seen.json` in the data folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    host::{Host, Source},
    json_file::{self, JsonFileError},
};

/// How long one that vanished is shown, in days.
const SHOWN: u64 = 7;
/// Hosts that are remembered; of more, it is not noticed that one vanishes.
const MOST: usize = 5_000;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct SeenHosts(BTreeMap<String, Entry>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    hostname: String,
    user: String,
    port: u16,
    sources: Vec<Source>,
    tags: Vec<String>,
    since: Option<DateTime<Utc>>,
}

/// Remembers the hosts that there are, and gives those that were there within a week and are no more.
pub fn vanished(data: &Path, hosts: &[Host], now: DateTime<Utc>) -> Vec<Host> {
    let file = data.join("hosts-seen.json");
    let changed = json_file::change(&file, |all: &mut SeenHosts| {
        let changed = all.note(hosts, now);
        (changed, all.vanished())
    });
    changed.unwrap_or_else(|error| {
        tracing::warn!(%error, "hosts that vanish are not noticed");
        Vec::new()
    })
}

/// Forgets hosts that a person took off the list: they are not missed.
///
/// # Errors
/// If what is remembered cannot be read or written.
pub fn forget(data: &Path, names: &BTreeSet<String>) -> Result<(), JsonFileError> {
    json_file::change(&data.join("hosts-seen.json"), |all: &mut SeenHosts| {
        let before = all.0.len();
        all.0.retain(|name, _| !names.contains(name));
        (all.0.len() != before, ())
    })
}

impl SeenHosts {
    /// Whether that changed anything.
    fn note(&mut self, hosts: &[Host], now: DateTime<Utc>) -> bool {
        let mut changed = false;
        let also = hosts.iter().flat_map(|host| &host.also);
        let names: BTreeSet<&String> = hosts.iter().map(|host| &host.name).chain(also).collect();
        for (name, entry) in &mut self.0 {
            if !names.contains(name) && entry.since.is_none() {
                entry.since = Some(now);
                changed = true;
            }
        }
        let before = self.0.len();
        self.0.retain(|name, entry| {
            let is_fresh = |since: DateTime<Utc>| {
                since
                    .checked_add_days(Days::new(SHOWN))
                    .is_none_or(|end| end > now)
            };
            names.contains(name) || entry.since.is_none_or(is_fresh)
        });
        changed |= self.0.len() != before;
        for host in hosts.iter().filter(|host| !host.sources.is_empty()) {
            // A line that moved is no other host.
            let sources = host.sources.iter().map(|source| Source {
                place: without_line(&source.place).to_owned(),
                ..source.clone()
            });
            let entry = Entry {
                hostname: host.hostname.clone(),
                user: host.user.clone(),
                port: host.port,
                sources: sources.collect(),
                tags: host.tags.clone(),
                since: None,
            };
            let is_new = self.0.get(&host.name) != Some(&entry);
            if is_new && (self.0.len() < MOST || self.0.contains_key(&host.name)) {
                self.0.insert(host.name.clone(), entry);
                changed = true;
            }
        }
        changed
    }

    fn vanished(&self) -> Vec<Host> {
        let gone = self.0.iter().filter(|(_, entry)| entry.since.is_some());
        let host = |(name, entry): (&String, &Entry)| Host {
            name: name.clone(),
            hostname: entry.hostname.clone(),
            user: entry.user.clone(),
            port: entry.port,
            place: entry
                .sources
                .first()
                .map(|source| source.place.clone())
                .unwrap_or_default(),
            sources: entry.sources.clone(),
            tags: entry.tags.clone(),
            vanished: entry.since,
            ..Host::default()
        };
        gone.map(host).collect()
    }
}

fn without_line(place: &str) -> &str {
    match place.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => place,
    }
}
