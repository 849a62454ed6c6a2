//! The user's own `ssh`, for what is not followed here, once a person has allowed it for a host.

use std::path::Path;

use super::{Purpose, command::is_plain, route::OwnSsh, walk::Walk};
use crate::ssh::{
    algorithms::Use,
    failure::{Reason, Refusal, by_own_ssh},
};

/// Keywords that only the user's own `ssh` follows.
const OF_OWN_SSH: [(&str, &str, Reason); 2] = [
    (
        "knownhostscommand",
        "KnownHostsCommand",
        Reason::KnownHostsCommand,
    ),
    ("pkcs11provider", "PKCS11Provider", Reason::Pkcs11),
];

/// Refuses what only the user's own `ssh` does, until a person allows it for the host that is wanted.
pub(super) fn check(walk: &Walk<'_>, purpose: &Purpose<'_>, to: &str) -> Result<(), Refusal> {
    let is_none = |text: &str| text.eq_ignore_ascii_case("none");
    for (keyword, name, reason) in OF_OWN_SSH {
        if purpose.may_look_up
            && let Some(setting) = walk.setting(keyword)
            && !is_none(&setting.args[0])
        {
            let place = setting.place.to_string();
            return Err(Refusal::needs_own_ssh(reason, to, name, place));
        }
    }
    Ok(())
}

/// Refuses a list of algorithms none of which can be used here, until a person allows their own `ssh`: another one in its
/// place would not be what was asked for.
pub(super) fn check_algorithms(walk: &Walk<'_>, to: &str) -> Result<(), Refusal> {
    let lists = [
        (Use::Cipher, "ciphers", "Ciphers"),
        (Use::Mac, "macs", "MACs"),
        (Use::KeyExchange, "kexalgorithms", "KexAlgorithms"),
        (Use::HostKey, "hostkeyalgorithms", "HostKeyAlgorithms"),
    ];
    for (kind, keyword, name) in lists {
        if let Some(setting) = walk.setting(keyword)
            && let Err(lacks) = kind.chosen(Some(&setting.args[0]))
        {
            let place = setting.place.to_string();
            let mut refusal = Refusal::needs_own_ssh(Reason::Algorithms, to, name, place.clone());
            refusal.why = format!("{place}: '{name}' {lacks}; {}", by_own_ssh(to));
            return Err(refusal);
        }
    }
    Ok(())
}

/// What it finds agents, tickets and its helpers by.
fn env() -> Vec<(String, String)> {
    const NAMES: [&str; 5] = [
        "SSH_AUTH_SOCK",
        "KRB5CCNAME",
        "KRB5_CONFIG",
        "SSH_SK_PROVIDER",
        "PATH",
    ];
    let ours = NAMES.iter();
    ours.filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}

/// How the host of this name is reached by it; `config` is what it reads in place of its usual files.
///
/// # Errors
/// The name is none that may be in a command.
pub(super) fn of(name: &str, config: Option<&Path>) -> Result<OwnSsh, Refusal> {
    if !name.split('@').all(is_plain) {
        let why = format!("'{}' cannot be put into a command", name.escape_debug());
        return Err(Refusal::new(Reason::RouteUnsupported, why));
    }
    Ok(OwnSsh {
        destination: name.to_owned(),
        config: config.map(Path::to_owned),
        env: env(),
    })
}
