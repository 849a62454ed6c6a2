//! A local Terraform state, version 4: the resources that are machines, with the address that their provider gives. Nothing
//! else of it is looked at, since a state holds secrets.

use std::path::Path;

use serde_json::Value;

use super::{
    listing::{self, Listing, Machine},
    power,
};
use crate::host::SourceKind;

/// Attributes that hold an address, the best one first.
const ADDRESSES: &[&str] = &[
    "ssh_host",
    "ansible_host",
    "ipv4_address",
    "public_ip",
    "public_ip_address",
    "ipaddress",
    "ip_address",
    "primary_ip",
    "default_ip_address",
    "default_ipv4_address",
    "floating_ip",
    "access_ip_v4",
    "access_public_ipv4",
    "private_ip",
    "private_ip_address",
    "ipv4_address_private",
    "ipv6_address",
    "public_ipv6",
    "access_ip_v6",
];
/// Where providers that nest it have it.
const NESTED: &[&str] = &[
    "/network_interface/0/access_config/0/nat_ip",
    "/network_interface/0/nat_ip_address",
    "/network_interface/0/network_ip",
    "/network_interface/0/ip_address",
    "/network_interface/0/addresses/0",
    "/network/0/fixed_ip_v4",
    "/public_ips/0/address",
    "/ipv4/0",
];
/// Words in the types of resources that are machines, and in those that only sound like one.
const MACHINES: &[&str] = &[
    "instance", "server", "droplet", "machine", "vm", "domain", "device", "guest", "linode", "host",
];
const OTHERS: &[&str] = &[
    "db",
    "database",
    "sql",
    "rds",
    "cache",
    "redis",
    "cluster",
    "group",
    "template",
    "policy",
    "profile",
    "address",
    "attachment",
    "record",
    "network",
    "volume",
    "image",
    "key",
    "zone",
    "rule",
    "ip",
    "eip",
];

/// The machines of a state.
pub(super) fn read(path: &Path, place: &str) -> Listing {
    let mut read = Listing::default();
    match listing::text(path).and_then(|text| listing::json(&text)) {
        Ok(state) => state_of(&state, place, &mut read),
        Err(why) => read.problem(place, why),
    }
    read
}

fn state_of(state: &Value, place: &str, read: &mut Listing) {
    match state.get("version").and_then(Value::as_u64) {
        Some(4) => {}
        Some(other) => {
            let why = format!("is a Terraform state of version {other}, and only 4 can be read");
            return read.problem(place, why);
        }
        None => return read.problem(place, "is no Terraform state"),
    }
    let resources = state.get("resources").and_then(Value::as_array);
    for resource in resources.into_iter().flatten() {
        let text = |key: &str| {
            resource
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if text("mode") == "data" || !is_machine(text("type")) {
            continue;
        }
        let instances = resource.get("instances").and_then(Value::as_array);
        for instance in instances.into_iter().flatten() {
            let Some(attributes) = instance.get("attributes") else {
                continue;
            };
            if let Some(address) = address(attributes) {
                read.add(Machine {
                    name: name(attributes, text("name"), instance.get("index_key")),
                    address: Some(address),
                    user: attributes
                        .pointer("/variables/ansible_user")
                        .and_then(listing::word),
                    tags: tags(attributes),
                    is_on: power::of_attributes(attributes),
                    source: listing::source(SourceKind::Terraform, place),
                    ..Machine::default()
                });
            }
        }
    }
}

fn is_machine(kind: &str) -> bool {
    let mut words = kind.split('_');
    let provider = words.next();
    let words: Vec<&str> = words.collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    provider.is_some() && has(MACHINES) && !has(OTHERS)
}

fn address(attributes: &Value) -> Option<String> {
    let plain = ADDRESSES.iter().filter_map(|key| attributes.get(key));
    let nested = NESTED.iter().filter_map(|path| attributes.pointer(path));
    let ansible = attributes.pointer("/variables/ansible_host");
    let all = plain.chain(nested).chain(ansible);
    // A number is no address, though a program could take it for one.
    all.filter_map(Value::as_str)
        .map(|address| {
            address
                .trim()
                .split('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .find(|address| listing::is_address(address))
}

/// What a person calls it: its name, that of its tag `Name`, or the resource's with its index.
fn name(attributes: &Value, resource: &str, index: Option<&Value>) -> String {
    let own = ["/tags/Name", "/name", "/hostname", "/label", "/vm_name"];
    let own = own.iter().filter_map(|path| attributes.pointer(path));
    let mut own = own.filter_map(listing::word);
    own.next()
        .unwrap_or_else(|| match index.and_then(listing::word) {
            Some(index) => format!("{resource}-{index}"),
            None => resource.to_owned(),
        })
}

/// Tags without a value, and what is called `env` or `role`.
fn tags(attributes: &Value) -> std::collections::BTreeSet<String> {
    let mut tags = std::collections::BTreeSet::new();
    match attributes.get("tags") {
        Some(Value::Array(words)) => tags.extend(words.iter().filter_map(listing::word)),
        Some(Value::Object(pairs)) => {
            let is_group = |key: &str| {
                ["env", "environment", "role", "stage"].contains(&key.to_lowercase().as_str())
            };
            let named = pairs.iter().filter(|(key, _)| is_group(key));
            tags.extend(named.filter_map(|(_, value)| listing::word(value)));
        }
        _ => {}
    }
    let groups = attributes.get("groups").and_then(Value::as_array);
    tags.extend(groups.into_iter().flatten().filter_map(listing::word));
    tags
}
