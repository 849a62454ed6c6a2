//! Ansible inventories: groups of hosts, groups of groups, and variables of both. Of the variables only those count that say
//! how a host is reached, and whether it is switched on.
//!
//! `ini` and `yaml` are the static forms, `json` is what a dynamic inventory prints.

mod ini;
mod json;
mod range;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use super::{
    listing::{self, Listing, Machine},
    power,
};
use crate::host::SourceKind;

pub(super) use {ini::begins as begins_as_ini, json::inventory as of_json};

/// Variables as words.
type Vars = BTreeMap<String, String>;

/// Groups and hosts as an inventory names them.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    groups: BTreeMap<String, Group>,
    /// Every host, in the order in which they are named, with its own variables.
    hosts: Vec<(String, Vars)>,
    /// Where in `hosts` one is.
    at: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Group {
    hosts: Vec<usize>,
    children: BTreeSet<String>,
    vars: Vars,
}

/// The variables that count.
const VARS: &[&str] = &[
    "ansible_host",
    "ansible_ssh_host",
    "ansible_user",
    "ansible_ssh_user",
    "ansible_port",
    "ansible_ssh_port",
    "ansible_ssh_private_key_file",
    "ansible_private_key_file",
    "ansible_connection",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
];

impl Inventory {
    fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    /// A host of a group.
    fn host(&mut self, name: &str, group: &str) -> &mut Vars {
        let at = match self.at.get(name) {
            Some(at) => *at,
            None => {
                self.hosts.push((name.to_owned(), Vars::new()));
                self.at.insert(name.to_owned(), self.hosts.len() - 1);
                self.hosts.len() - 1
            }
        };
        self.group(group).hosts.push(at);
        &mut self.hosts[at].1
    }

    fn has_room(&self) -> bool {
        self.hosts.len() <= listing::MOST_HOSTS
    }

    /// The hosts, each with the tags of its groups and what the variables say.
    pub(super) fn into_listing(self, kind: SourceKind, place: &str) -> Listing {
        let mut read = Listing::default();
        let mut of_host: Vec<Vec<&str>> = vec![Vec::new(); self.hosts.len()];
        let order = self.parents_first(place, &mut read);
        for name in &order {
            for at in self.hosts_within(name) {
                of_host[at].push(name);
            }
        }
        for (at, (name, own)) in self.hosts.iter().enumerate() {
            let mut vars = Vars::new();
            for group in &of_host[at] {
                vars.extend(self.groups[*group].vars.clone());
            }
            vars.extend(own.clone());
            let groups = of_host[at]
                .iter()
                .filter(|group| !["all", "ungrouped"].contains(*group));
            if let Some(machine) = of_vars(name, &vars) {
                read.add(Machine {
                    tags: groups.map(|group| (*group).to_owned()).collect(),
                    source: listing::source(kind, place),
                    ..machine
                });
            }
        }
        read
    }

    /// The groups, each behind all that it is in, so that what a group says counts over what those around it say.
    fn parents_first(&self, place: &str, read: &mut Listing) -> Vec<String> {
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let mut order: Vec<String> = Vec::new();
        for name in self.groups.keys() {
            let mut open: Vec<(&str, bool)> = vec![(name, false)];
            let mut within: Vec<&str> = Vec::new();
            while let Some((name, is_done)) = open.pop() {
                if is_done {
                    within.pop();
                    done.insert(name);
                    order.push(name.to_owned());
                    continue;
                }
                if within.contains(&name) {
                    let circle = format!("{} → {name}", within.join(" → "));
                    read.problem(place, format!("groups contain each other: {circle}"));
                    continue;
                }
                let Some(group) = self.groups.get(name).filter(|_| !done.contains(name)) else {
                    continue;
                };
                within.push(name);
                open.push((name, true));
                open.extend(group.children.iter().map(|child| (child.as_str(), false)));
            }
        }
        // Those within come first so far.
        order.reverse();
        order
    }

    fn hosts_within(&self, name: &str) -> BTreeSet<usize> {
        let (mut hosts, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![name]);
        while let Some(name) = open.pop() {
            if let Some(group) = self.groups.get(name).filter(|_| seen.insert(name)) {
                hosts.extend(&group.hosts);
                open.extend(group.children.iter().map(String::as_str));
            }
        }
        hosts
    }
}

/// Whether a variable counts.
fn counts(name: &str) -> bool {
    VARS.contains(&name)
}

/// A host by its variables; none if it is not reached by SSH.
fn of_vars(name: &str, vars: &Vars) -> Option<Machine> {
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| vars.get(name)).cloned();
    let connection = vars.get("ansible_connection").map(String::as_str);
    if !matches!(
        connection,
        None | Some("ssh" | "smart" | "paramiko" | "ansible.builtin.ssh")
    ) {
        return None;
    }
    let (mut jump, mut proxy) = (None, None);
    for args in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
        let words = vars
            .get(args)
            .and_then(|args| shlex::split(args))
            .unwrap_or_default();
        way(&words, &mut jump, &mut proxy);
    }
    Some(Machine {
        name: name.to_owned(),
        address: first(["ansible_host", "ansible_ssh_host"]),
        user: first(["ansible_user", "ansible_ssh_user"]),
        port: first(["ansible_port", "ansible_ssh_port"]).map(|port| listing::port(&port)),
        key: first(["ansible_ssh_private_key_file", "ansible_private_key_file"]),
        jump,
        proxy,
        is_on: power::NAMES
            .iter()
            .filter_map(|name| vars.get(*name))
            .find_map(|word| power::of_word(word)),
        ..Machine::default()
    })
}

/// The way to a host that ssh's arguments name: `-J HOP`, `-o ProxyJump=HOP`, `-o ProxyCommand=COMMAND`.
fn way(words: &[String], jump: &mut Option<String>, proxy: &mut Option<String>) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let option = match word.strip_prefix("-o") {
            Some("") => words.next().map(String::as_str),
            other => other,
        };
        let hop = match word.strip_prefix("-J") {
            Some("") => words.next().map(String::as_str),
            other => other,
        };
        if let Some(hop) = hop {
            *jump = Some(hop.to_owned());
        }
        let Some((key, value)) = option.and_then(|option| option.split_once(['=', ' '])) else {
            continue;
        };
        match key.trim().to_ascii_lowercase().as_str() {
            "proxyjump" => *jump = Some(value.trim().to_owned()),
            "proxycommand" => *proxy = Some(value.trim().to_owned()),
            _ => {}
        }
    }
}

/// The hosts of a static inventory.
pub(super) fn read(path: &Path, place: &str) -> Listing {
    let mut read = Listing::default();
    let is_yaml = path
        .extension()
        .is_some_and(|end| end == "yml" || end == "yaml");
    let text = match listing::text(path) {
        Ok(text) => text,
        Err(why) => {
            read.problem(place, why);
            return read;
        }
    };
    let (inventory, problems) = match is_yaml {
        true => match listing::yaml(&text) {
            Ok(value) => yaml::inventory(&value),
            Err(why) => (Inventory::default(), vec![why]),
        },
        false => ini::inventory(&text),
    };
    for why in problems {
        // Those of a line begin with its number.
        let colon = if why.starts_with(|c: char| c.is_ascii_digit()) {
            ":"
        } else {
            ": "
        };
        read.problems.push(format!("{place}{colon}{why}"));
    }
    read.extend(inventory.into_listing(SourceKind::Ansible, place));
    read
}
