//! Machines of many sources as one list: those of one name are one, and so is one that another source names otherwise but
//! reaches at the same `user@address:port` by the same way, unless several are.

use std::collections::HashMap;

use super::listing::Machine;
use crate::{
    fleet::fold,
    host::{Host, Powered, Source, SourceKind},
};

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
    /// Others that have its address and may be the same machine, in sentences.
    pub doubts: Vec<String>,
}

/// The machines of all sources, those of the SSH config first.
pub type Merged = Vec<Entry>;

/// Characters of the names of others that are shown.
const LONGEST_NAMED: usize = 100;

/// An address and a port.
type At = (String, u16);

/// What is at an address.
#[derive(Debug, Clone)]
struct There {
    entry: usize,
    kind: SourceKind,
    /// By which user it is reached, if one is said.
    user: Option<String>,
    /// What it is reached through, as it is written; none for a direct connection.
    way: Option<String>,
    /// Whether its key goes by a name of its own: its address does not say which machine it is then.
    has_key_alias: bool,
}

impl There {
    /// Whether it may be the same machine as another that has its address. Names that one source gives are meant to be
    /// different.
    fn may_be(&self, other: &Self, entries: &[Entry]) -> bool {
        let has_other = |entry: &Entry| {
            let mut machines = entry.machines.iter();
            machines.any(|one| one.source.kind == other.kind)
        };
        self.kind != other.kind
            && !has_other(&entries[self.entry])
            && (self.user.is_none() || other.user.is_none() || self.user == other.user)
    }

    /// Whether it surely is, then. An address behind one host is another than the same one behind another host.
    fn is_by_same_way(&self, other: &Self) -> bool {
        self.way == other.way && !self.has_key_alias
    }
}

/// Puts them together. What the SSH config says of a name is in force; the others are noted with it. `way_of` is what the
/// config has a name reached through for which its source says nothing.
#[must_use]
pub fn merge(
    known: &[Host],
    mut machines: Vec<Machine>,
    way_of: &dyn Fn(&str) -> Option<String>,
) -> Merged {
    let mut entries: Merged = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut by_place: HashMap<At, Vec<There>> = HashMap::new();
    for host in known {
        by_name.insert(host.name.clone(), entries.len());
        let here = by_place.entry(place(&host.hostname, host.port));
        here.or_default().push(There {
            entry: entries.len(),
            kind: SourceKind::SshConfig,
            user: Some(host.user.clone()),
            way: host.through.clone(),
            has_key_alias: host.key_alias.is_some(),
        });
        entries.push(Entry {
            name: host.name.clone(),
            is_known: true,
            ..Entry::default()
        });
    }
    machines.sort_by_key(|one| one.source.kind);
    for one in machines {
        let address = one.address.as_ref().unwrap_or(&one.name);
        let here = by_place.entry(place(address, one.port.unwrap_or(22)));
        let here = here.or_default();
        let mut there = There {
            entry: 0,
            kind: one.source.kind,
            user: one.user.clone(),
            way: own_way(&one).or_else(|| way_of(&one.name)),
            has_key_alias: false,
        };
        let mut same: Vec<&There> = here
            .iter()
            .filter(|it| it.may_be(&there, &entries))
            .collect();
        same.dedup_by_key(|it| it.entry);
        let named = by_name.get(&one.name).copied();
        let (at, doubt) = match (named, same.as_slice()) {
            (Some(at), _) => (Some(at), None),
            (None, []) => (None, None),
            (None, [only]) if only.is_by_same_way(&there) => (Some(only.entry), None),
            // It may be any of them, or one that is reached another way: it is none of them then.
            (None, several) => (None, Some(doubt(several, &entries))),
        };
        there.entry = at.unwrap_or_else(|| {
            entries.push(Entry {
                name: one.name.clone(),
                doubts: doubt.into_iter().collect(),
                ..Entry::default()
            });
            entries.len() - 1
        });
        by_name.entry(one.name.clone()).or_insert(there.entry);
        let entry = &mut entries[there.entry];
        if entry.name != one.name && !entry.also.contains(&one.name) {
            entry.also.push(one.name.clone());
        }
        // Whoever is merged into another is reached as that is.
        for other in here.iter_mut().filter(|it| it.entry == there.entry) {
            if other.user.is_none() {
                other.user.clone_from(&there.user);
            }
        }
        entry.machines.push(one);
        here.push(there);
    }
    entries
}

/// That others have the address of one that is listed by itself.
fn doubt(others: &[&There], entries: &[Entry]) -> String {
    let names = fold(others.iter().map(|it| entries[it.entry].name.as_str()));
    let shown: String = names.chars().take(LONGEST_NAMED).collect();
    let more = if shown.len() < names.len() { "…" } else { "" };
    format!(
        "{shown}{more} has this address, too, and may be reached another way: it is listed by itself, and one name for \
         both makes them one"
    )
}

fn own_way(one: &Machine) -> Option<String> {
    one.jump.clone().or_else(|| one.proxy.clone())
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
        host.powered = self.machines.iter().find_map(|one| {
            let by = one.source.place.clone();
            one.is_on.map(|is_on| Powered { is_on, by })
        });
        host.conflicts = self.conflicts(host, sources.first());
        host.conflicts.extend(self.doubts.iter().cloned());
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
