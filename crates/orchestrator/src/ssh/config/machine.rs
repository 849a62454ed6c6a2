//! The machine that a name leads to, as far as the config says: its address and port, the name that its key goes by, and what
//! it is reached through. A private address behind one host is another machine than the same one behind another.

use std::net::IpAddr;

use super::{Config, Purpose, walk::Walk};

/// Hosts on the way to one that are looked at.
const LONGEST_WAY: usize = 16;

impl Config {
    /// The machine that a name leads to, whether or not we can go there, written in one way: two names of one machine have
    /// the same, whoever one logs in as.
    #[must_use]
    pub fn machine_of(&self, name: &str) -> String {
        self.machine_within(name, None, LONGEST_WAY)
    }

    /// Who one is there by a name, and on which machine: `root@web-1:22 through jump:22`.
    #[must_use]
    pub fn login_of(&self, name: &str) -> String {
        let purpose = Purpose::of_list();
        let user = Walk::new(self, name, &purpose, (None, None)).user();
        format!("{user}@{}", self.machine_of(name))
    }

    /// What a name is reached through, as the config writes it: hosts, or a command; none for a direct connection.
    #[must_use]
    pub fn through(&self, name: &str) -> Option<String> {
        through(&Walk::new(self, name, &Purpose::of_list(), (None, None)))
    }

    /// `ways` is how many hosts may come before it; none means that its own way has no effect.
    fn machine_within(&self, name: &str, port: Option<u16>, ways: usize) -> String {
        let purpose = Purpose::of_list();
        let walk = Walk::new(self, name, &purpose, (None, port));
        let mut machine = place(walk.hostname(), walk.port());
        if let Some(alias) = key_alias(&walk) {
            machine.push_str(&format!(" as {alias}"));
        }
        if ways == 0 {
            return machine;
        }
        let expand = |text: &str| {
            let text = text.replace("%h", walk.hostname());
            text.replace("%n", walk.name)
        };
        // As ssh does it, only the first one's own way counts.
        for (at, hop) in walk.jumps().iter().enumerate() {
            let ways = if at == 0 { ways - 1 } else { 0 };
            let hop = self.machine_within(&expand(&hop.host), hop.port, ways);
            machine.push_str(&format!(" through {hop}"));
        }
        if let Some(command) = command(&walk) {
            machine.push_str(&format!(" by {}", expand(command)));
        }
        machine
    }
}

/// The name that its key goes by, if the config gives it one.
pub(super) fn key_alias(walk: &Walk<'_>) -> Option<String> {
    walk.text("hostkeyalias").map(str::to_lowercase)
}

/// What a host is reached through, as the config writes it: hosts, or a command; none for a direct connection.
pub(super) fn through(walk: &Walk<'_>) -> Option<String> {
    let jumps = walk.jumps();
    if jumps.is_empty() {
        return command(walk).map(str::to_owned);
    }
    let jumps: Vec<String> = jumps.iter().map(ToString::to_string).collect();
    Some(jumps.join(","))
}

fn command<'a>(walk: &Walk<'a>) -> Option<&'a str> {
    let text = walk.text("proxycommand")?;
    let is_one = !text.eq_ignore_ascii_case("none") && walk.jumps().is_empty();
    is_one.then_some(text)
}

fn place(hostname: &str, port: u16) -> String {
    let bare = hostname.trim_end_matches('.').to_lowercase();
    match bare.parse::<IpAddr>() {
        Ok(address) => format!("[{address}]:{port}"),
        Err(_) => format!("{bare}:{port}"),
    }
}
