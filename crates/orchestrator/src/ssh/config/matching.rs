//! `Match` lines: their criteria as they are read, and what each compares.

use super::{pattern, words::delimited};

/// One criterion of a `Match` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criterion {
    /// Whether it must not hold.
    pub(super) negated: bool,
    pub(super) what: What,
}

/// What a criterion looks at, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Always holds.
    All,
    /// Holds once the name of the host is settled.
    Final {
        /// Whether the config is gone through once more for it.
        asks: bool,
    },
    /// The host as `HostName` has it so far.
    Host(String),
    /// The host as a person typed it.
    OriginalHost(String),
    User(String),
    LocalUser(String),
    /// What `Tag` says so far.
    Tagged(String),
    /// The command that is to run there.
    Command(String),
    /// `exec`, `shell`, `subsystem` or `none`.
    SessionType(String),
    /// The version of ssh.
    Version(String),
    /// Networks of which this machine has an address.
    LocalNetwork(String),
    /// A command for a shell here, which must succeed.
    Exec(String),
}

/// Reads what follows `Match`.
///
/// # Errors
/// What ssh would refuse.
pub(super) fn parse(line: &str) -> Result<Vec<Criterion>, String> {
    let mut rest = line;
    let mut criteria = Vec::new();
    let quote = || "a quote is not closed".to_owned();
    while !rest.is_empty() {
        let word = delimited(&mut rest).ok_or_else(quote)?;
        if word.is_empty() || word.starts_with('#') {
            break;
        }
        let (negated, name) = match word.strip_prefix('!') {
            Some(name) => (true, name.to_lowercase()),
            None => (false, word.to_lowercase()),
        };
        let what = match &*name {
            "all" => {
                if criteria.len() > 1 || !(rest.is_empty() || rest.starts_with('#')) {
                    return Err(
                        "'Match all' goes with nothing but 'final' or 'canonical' before it"
                            .to_owned(),
                    );
                }
                What::All
            }
            "final" => What::Final { asks: true },
            "canonical" => What::Final { asks: false },
            _ => {
                let value = delimited(&mut rest).ok_or_else(quote)?;
                // `Match tagged ""` means "without a tag" (ssh_config(5), "Match").
                if (value.is_empty() && name != "tagged") || value.starts_with('#') {
                    return Err(format!("'Match {}' has no value", word.escape_debug()));
                }
                with_value(&name, value)
                    .ok_or_else(|| format!("'Match {}' is not known", word.escape_debug()))?
            }
        };
        criteria.push(Criterion { negated, what });
    }
    if criteria.is_empty() {
        return Err("'Match' has no criterion".to_owned());
    }
    Ok(criteria)
}

fn with_value(name: &str, value: String) -> Option<What> {
    Some(match name {
        "host" => What::Host(value),
        "originalhost" => What::OriginalHost(value),
        "user" => What::User(value),
        "localuser" => What::LocalUser(value),
        "tagged" => What::Tagged(value),
        "command" => What::Command(value),
        "sessiontype" => What::SessionType(value),
        "version" => What::Version(value),
        "localnetwork" => What::LocalNetwork(value),
        "exec" => What::Exec(value),
        _ => return None,
    })
}

/// Whether a host's name matches a list of patterns, in any case.
pub(super) fn is_host(list: &str, host: &str) -> bool {
    pattern::any(&list.to_lowercase(), &host.to_lowercase())
}

/// Whether this machine has an address in one of the networks of a list, as `10.0.0.0/8,!10.1.0.0/16`.
///
/// # Errors
/// The network that is none.
pub(super) fn is_in_network(list: &str) -> Result<bool, String> {
    let networks = networks(list)?;
    let addresses = if_addrs::get_if_addrs()
        .map_err(|error| format!("the addresses of this machine are not known: {error}"))?;
    Ok(addresses
        .iter()
        .map(if_addrs::Interface::ip)
        .any(|address| {
            let within = |wanted: bool| {
                networks
                    .iter()
                    .any(|(negated, network)| *negated != wanted && network.holds(address))
            };
            within(true) && !within(false)
        }))
}

struct Network {
    bits: u128,
    width: u32,
    length: u32,
}

impl Network {
    fn holds(&self, address: std::net::IpAddr) -> bool {
        let (bits, width) = bits_of(address);
        let shift = self.width - self.length;
        width == self.width && (shift == 128 || bits >> shift == self.bits >> shift)
    }
}

fn bits_of(address: std::net::IpAddr) -> (u128, u32) {
    match address {
        std::net::IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        std::net::IpAddr::V6(address) => (u128::from(address), 128),
    }
}

fn networks(list: &str) -> Result<Vec<(bool, Network)>, String> {
    list.split(',')
        .map(|text| {
            let (negated, text) = match text.strip_prefix('!') {
                Some(text) => (true, text),
                None => (false, text),
            };
            let wrong = || format!("'{}' is no network", text.escape_debug());
            let (address, length) = text.split_once('/').ok_or_else(wrong)?;
            let (bits, width) = bits_of(address.parse().map_err(|_| wrong())?);
            let length: u32 = length.parse().map_err(|_| wrong())?;
            if length > width {
                return Err(wrong());
            }
            Ok((
                negated,
                Network {
                    bits,
                    width,
                    length,
                },
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_read_as_ssh_reads_them() {
        let of = |line| parse(line).unwrap_or_default();
        assert_eq!(of("final all").len(), 2);
        assert_eq!(of("host=a,b !user \"x y\" # why").len(), 2);
        assert_eq!(
            of("!Exec \"test -e /x\""),
            [Criterion {
                negated: true,
                what: What::Exec("test -e /x".to_owned())
            }]
        );
        for wrong in [
            "",
            "all host a",
            "host a user b all",
            "host",
            "tag x",
            "host \"a",
            "# x",
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn networks_are_those_of_this_machine() {
        assert_eq!(is_in_network("127.0.0.0/8"), Ok(true));
        assert_eq!(
            is_in_network("0.0.0.0/0,!127.0.0.0/8,!0.0.0.0/0"),
            Ok(false)
        );
        assert_eq!(is_in_network("203.0.113.0/24"), Ok(false));
        assert!(is_in_network("10.0.0.0").is_err() && is_in_network("10.0.0.0/33").is_err());
    }
}
