//! Machines of many sources as one list: those of one name are one, and so is one that another source names otherwise but
//! reaches at the same `user@address:port`, unless several are.

use std::collections::HashMap;

use super::listing::Machine;
use crate::host::{Host, Source, SourceKind};

/// A machine, and who names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Other names of it.
    pub also: Vec<String>,
    /// What the sources beside the SSH config say.
    pub machines: Vec<Machine>,
    /// Whether an SSH config names it.
    pub is_known: bool,
}

/// The machines of all sources, those of the SSH config first.
pub type Merged = Vec<Entry>;

/// What a machine is reached at.
type At = (String, u16);

/// Puts them together. What the SSH config says of a name is in force; the others are noted with it.
#[must_use]
pub fn merge(known: &[Host], mut machines: Vec<Machine>) -> Merged {
    let mut entries: Merged = Vec::new();
    // By which user each is reached, if one is said.
    let mut users: Vec<Option<String>> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut by_place: HashMap<At, Vec<(usize, SourceKind)>> = HashMap::new();
    for host in known {
        by_name.insert(host.name.clone(), entries.len());
        let here = by_place
            .entry(place(&host.hostname, host.port))
            .or_default();
        here.push((entries.len(), SourceKind::SshConfig));
        users.push(Some(host.user.clone()));
        entries.push(Entry {
            name: host.name.clone(),
            is_known: true,
            ..Entry::default()
        });
    }
    machines.sort_by_key(|one| one.source.kind);
    for one in machines {
        let place = place(
            one.address.as_ref().unwrap_or(&one.name),
            one.port.unwrap_or(22),
        );
        // Names that one source gives are meant to be different.
        let is_it = |(at, kind): &&(usize, SourceKind)| {
            let user = &users[*at];
            let has_other = entries[*at]
                .machines
                .iter()
                .any(|other| other.source.kind == one.source.kind);
            *kind != one.source.kind
                && !has_other
                && (one.user.is_none() || user.is_none() || *user == one.user)
        };
        let here = by_place.get(&place).map_or(&[][..], Vec::as_slice);
        let mut same = here.iter().filter(is_it).map(|(at, _)| *at);
        // Of several that have this place, it may be any, or one that is reached another way: it is none of them then.
        let same_place = same
            .next()
            .filter(|first| same.all(|other| other == *first));
        let at = by_name.get(&one.name).copied().or(same_place);
        let at = at.unwrap_or_else(|| {
            users.push(None);
            entries.push(Entry {
                name: one.name.clone(),
                ..Entry::default()
            });
            entries.len() - 1
        });
        by_name.entry(one.name.clone()).or_insert(at);
        by_place
            .entry(place)
            .or_default()
            .push((at, one.source.kind));
        if users[at].is_none() {
            users[at].clone_from(&one.user);
        }
        let entry = &mut entries[at];
        if entry.name != one.name && !entry.also.contains(&one.name) {
            entry.also.push(one.name.clone());
        }
        entry.machines.push(one);
    }
    entries
}

fn place(address: &str, port: u16) -> At {
    (address.to_lowercase(), port)
}

impl Entry {
    /// Adds to a host what its sources say. `own` is where the SSH config names it, if it does.
    pub fn complete(&self, host: &mut Host, own: Option<Source>) {
        host.also.clone_from(&self.also);
        let mut sources: Vec<Source> = own.into_iter().collect();
        for one in &self.machines {
            if !sources.contains(&one.source) {
                sources.push(one.source.clone());
            }
            host.tags.extend(one.tags.iter().cloned());
        }
        host.conflicts = self.conflicts(host, sources.first());
        if let Some(first) = sources.first() {
            host.place.clone_from(&first.place);
        }
        host.sources = sources;
        host.tags.sort();
        host.tags.dedup();
    }

    /// What the sources say otherwise than what is in force.
    fn conflicts(&self, host: &Host, first: Option<&Source>) -> Vec<String> {
        let mut all = Vec::new();
        for one in &self.machines {
            let fields = [
                ("address", one.address.clone(), host.hostname.clone()),
                ("user", one.user.clone(), host.user.clone()),
                (
                    "port",
                    one.port.map(|port| port.to_string()),
                    host.port.to_string(),
                ),
            ];
            for (what, value, in_force) in fields {
                let Some(value) = value.filter(|value| !value.eq_ignore_ascii_case(&in_force))
                else {
                    continue;
                };
                let (place, by) = (&one.source.place, first.map_or("", |first| &first.place));
                all.push(format!(
                    "{place} says {what} {value}; {in_force} is in force, by {by}"
                ));
            }
        }
        all.dedup();
        all
    }
}
