//! What a dynamic inventory prints for `--list`: groups with `hosts`, `children` and `vars`, and `_meta.hostvars`.

use serde_json::Value;

use super::{Inventory, counts};
use crate::hosts::{listing, power};

/// The groups and hosts of an answer.
///
/// # Errors
/// Why it is none.
pub(in crate::hosts) fn inventory(value: &Value) -> Result<Inventory, String> {
    let groups = value
        .as_object()
        .ok_or("is not an inventory: it names no groups")?;
    let mut inventory = Inventory::default();
    for (name, group) in groups.iter().filter(|(name, _)| *name != "_meta") {
        inventory.group(name);
        // A group may be its hosts alone.
        let hosts = group.as_array().or_else(|| group.get("hosts")?.as_array());
        for host in hosts.into_iter().flatten().filter_map(listing::word) {
            if inventory.has_room() {
                inventory.host(&host, name);
            }
        }
        let children = group.get("children").and_then(Value::as_array);
        for child in children.into_iter().flatten().filter_map(listing::word) {
            inventory.group(name).children.insert(child);
        }
        let vars = group
            .get("vars")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let vars = vars.filter(|(name, _)| counts(name));
        let vars: Vec<_> = vars
            .filter_map(|(name, value)| Some((name.clone(), listing::value(value)?)))
            .collect();
        inventory.group(name).vars.extend(vars);
    }
    let all = value.pointer("/_meta/hostvars").and_then(Value::as_object);
    for (host, vars) in all.into_iter().flatten() {
        if !inventory.has_room() {
            break;
        }
        let vars = vars.as_object().into_iter().flatten();
        let vars: Vec<_> = vars
            .filter_map(|(name, value)| Some((name.clone(), of_host(name, value)?)))
            .collect();
        inventory.host(host, "ungrouped").extend(vars);
    }
    Ok(inventory)
}

/// A variable of a host, if it counts. Whether it is switched on is what a provider's plugin says, and no static inventory.
fn of_host(name: &str, value: &Value) -> Option<String> {
    if power::NAMES.contains(&name) {
        return power::of_value(value);
    }
    counts(name).then(|| listing::value(value))?
}
