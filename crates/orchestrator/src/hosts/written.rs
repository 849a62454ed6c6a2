//! The machines that no SSH config names, as a text that one would hold: so that there is one way to look up a host.

use super::merge::Entry;

/// What such a text is called in places.
pub const NAME: &str = "(inventory)";

/// The text. Only what was checked by `listing` is in it, so that no line of it is another one than is meant.
#[must_use]
pub fn written(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut line = |words: &[&str]| {
        text.push_str(&words.concat());
        text.push('\n');
    };
    for entry in entries {
        for one in &entry.machines {
            // The first one of a name is in force; so is the config that knows it.
            let first = entry.machines.iter().find(|other| other.name == one.name);
            let is_in_force = first.is_some_and(|first| std::ptr::eq(first, one))
                && !(entry.is_known && one.name == entry.name);
            if !is_in_force {
                continue;
            }
            line(&["Host ", &one.name]);
            let port = one.port.map(|port| port.to_string());
            for (keyword, value) in [
                ("HostName ", one.address.as_deref()),
                ("User ", one.user.as_deref()),
                ("Port ", port.as_deref()),
                ("ProxyJump ", one.jump.as_deref()),
                ("ProxyCommand ", one.proxy.as_deref()),
            ] {
                if let Some(value) = value {
                    line(&["  ", keyword, value]);
                }
            }
            if let Some(key) = &one.key {
                line(&["  IdentityFile \"", key, "\""]);
            }
        }
    }
    text
}
