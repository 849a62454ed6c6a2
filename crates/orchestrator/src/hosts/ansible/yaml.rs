//! The YAML form: groups with `hosts`, `children` and `vars`, from `all` downwards.

use serde_json::Value;

use super::{Inventory, counts, range};
use crate::hosts::listing;

/// Groups within groups.
const DEEPEST: usize = 32;

/// The groups and hosts of a text, and what of it could not be read.
pub(super) fn inventory(value: &Value) -> (Inventory, Vec<String>) {
    let (mut inventory, mut problems) = (Inventory::default(), Vec::new());
    match value {
        Value::Object(groups) => {
            for (name, group) in groups {
                self::group(name, group, 0, &mut inventory, &mut problems);
            }
        }
        Value::Null => {}
        _ => problems.push("is not an inventory: it names no groups".to_owned()),
    }
    (inventory, problems)
}

fn group(
    name: &str,
    group: &Value,
    depth: usize,
    inventory: &mut Inventory,
    problems: &mut Vec<String>,
) {
    if depth > DEEPEST {
        problems.push(format!("groups are more than {DEEPEST} deep"));
        return;
    }
    inventory.group(name);
    if let Some(vars) = group.get("vars").and_then(Value::as_object) {
        let vars = vars.iter().filter(|(name, _)| counts(name));
        let vars: Vec<_> = vars
            .filter_map(|(name, value)| Some((name.clone(), listing::value(value)?)))
            .collect();
        inventory.group(name).vars.extend(vars);
    }
    match group.get("hosts") {
        Some(Value::Object(hosts)) => {
            for (pattern, vars) in hosts {
                hosts_of(pattern, vars, name, inventory, problems);
            }
        }
        None | Some(Value::Null) => {}
        Some(_) => problems.push(format!(
            "the hosts of group '{name}' are not a mapping of names"
        )),
    }
    if let Some(children) = group.get("children").and_then(Value::as_object) {
        for (child, within) in children {
            inventory.group(name).children.insert(child.clone());
            self::group(child, within, depth + 1, inventory, problems);
        }
    }
}

fn hosts_of(
    pattern: &str,
    vars: &Value,
    group: &str,
    inventory: &mut Inventory,
    problems: &mut Vec<String>,
) {
    let names = match range::names(pattern) {
        Ok(names) => names,
        Err(why) => return problems.push(format!("a range of group '{group}': {why}")),
    };
    for name in names
        .into_iter()
        .take_while(|_| inventory.has_room())
        .collect::<Vec<_>>()
    {
        let own = inventory.host(&name, group);
        let vars = vars.as_object().into_iter().flatten();
        let vars = vars.filter(|(name, _)| counts(name));
        own.extend(vars.filter_map(|(name, value)| Some((name.clone(), listing::value(value)?))));
    }
}
