//! Whether a machine is switched on, as its source says: each provider has an attribute and words of its own for it.

use serde_json::Value;

/// Where providers have it: AWS, VMware, OpenStack, Google, Linode and DigitalOcean, Scaleway, Vultr, libvirt, Proxmox, and
/// what their dynamic inventories call it.
pub(super) const NAMES: &[&str] = &[
    "instance_state",
    "instance_state_name",
    "power_state",
    "powerstate",
    "power_status",
    "current_status",
    "status",
    "state",
    "running",
    "started",
    "do_status",
    "hcloud_status",
    "proxmox_status",
];
const ON: &[&str] = &[
    "on",
    "poweredon",
    "running",
    "started",
    "active",
    "available",
    "online",
    "true",
];
const OFF: &[&str] = &[
    "off",
    "poweredoff",
    "stopped",
    "stopped_deallocated",
    "shutoff",
    "shutdown",
    "shut_down",
    "offline",
    "suspended",
    "paused",
    "deallocated",
    "terminated",
    "false",
];

/// What a word says; none of one that is neither, as of a machine that is on its way to either.
pub(super) fn of_word(word: &str) -> Option<bool> {
    let word = word.trim().to_lowercase().replace([' ', '-'], "_");
    let word = word.trim_start_matches("vm_");
    if ON.contains(&word) {
        return Some(true);
    }
    OFF.contains(&word).then_some(false)
}

/// What the attributes of a machine say.
pub(super) fn of_attributes(attributes: &Value) -> Option<bool> {
    let values = NAMES.iter().filter_map(|name| attributes.get(name));
    values.filter_map(of_value).find_map(|word| of_word(&word))
}

/// The word of an attribute; that of its `name`, if it has more parts.
pub(super) fn of_value(value: &Value) -> Option<String> {
    match value {
        Value::Bool(is_on) => Some(is_on.to_string()),
        Value::String(word) => Some(word.clone()),
        Value::Object(parts) => parts.get("name")?.as_str().map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_provider_has_a_word_for_it_and_what_is_neither_says_nothing() {
        for (attributes, says) in [
            (json!({"instance_state": "stopped"}), Some(false)),
            (json!({"power_state": "poweredOn"}), Some(true)),
            (json!({"current_status": "TERMINATED"}), Some(false)),
            (json!({"powerstate": "VM deallocated"}), Some(false)),
            (json!({"running": false}), Some(false)),
            (
                json!({"state": {"code": 16, "name": "running"}}),
                Some(true),
            ),
            // What a provider means by another attribute of that name is passed over.
            (
                json!({"state": "poweroff in 5", "status": "active"}),
                Some(true),
            ),
            (json!({"status": "migrating", "running": 1}), None),
            (json!({}), None),
        ] {
            assert_eq!(of_attributes(&attributes), says, "{attributes}");
        }
    }
}
