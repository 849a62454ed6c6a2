//! Why a host could not be used. The words are SSH.md's and part of the contract with the screen.

use super::config::route::OwnSsh;
use crate::{job::Exit, visible::visible};

/// Kinds of failure to reach a host or to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its name has no address.
    Dns,
    /// No server listens there, the network refuses, or the server turns us away for a while.
    Refused,
    /// It did not answer in time.
    Timeout,
    /// Its host key is not known, and no person accepted it.
    HostKeyUnknown,
    /// Its host key is another than the known one, or revoked.
    HostKeyChanged,
    /// It knows us and does not let us in.
    AuthFailed,
    /// The config asks for a way there that we do not take.
    RouteUnsupported,
    /// The way there runs a command on this machine that is not allowed yet.
    NeedsConsent,
    /// It takes Kerberos tickets, which only the user's own `ssh` can use.
    Gssapi,
    /// The config names a library for keys (`PKCS11Provider`), which only the user's own `ssh` can use.
    Pkcs11,
    /// The config has a command name the host keys (`KnownHostsCommand`), which only the user's own `ssh` follows.
    KnownHostsCommand,
    /// An authority vouches for its host key, which only the user's own `ssh` can check.
    HostCertificate,
    /// It or the config wants algorithms that only the user's own `ssh` has.
    Algorithms,
    /// It offers no algorithm that we trust.
    ServerTooOld,
    /// The connection broke before anything ran.
    LinkLost,
}

impl Reason {
    /// The word as the screen and `--json` see it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::HostKeyUnknown => "host_key_unknown",
            Self::HostKeyChanged => "host_key_changed",
            Self::AuthFailed => "auth_failed",
            Self::RouteUnsupported => "route_unsupported",
            Self::NeedsConsent => "needs_consent",
            Self::Gssapi => "gssapi",
            Self::Pkcs11 => "pkcs11",
            Self::KnownHostsCommand => "known_hosts_command",
            Self::HostCertificate => "host_certificate",
            Self::Algorithms => "algorithms",
            Self::ServerTooOld => "server_too_old",
            Self::LinkLost => "link_lost",
        }
    }
}

/// Why the command did not run on a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// The kind.
    pub reason: Reason,
    /// A fragment for a person: what happened, where, what to try.
    pub why: String,
    /// The command that a person would have to allow first.
    pub consent: Option<Unallowed>,
}

/// A command of the config that would run here, and that is not allowed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unallowed {
    /// Its text as the config writes it, `%`-tokens included.
    pub command: String,
    /// What asks for it: `ProxyCommand`, `Match exec`, or a keyword that only the user's own `ssh` follows.
    pub keyword: &'static str,
    /// `file:line`.
    pub place: String,
}

impl Refusal {
    /// A refusal of this kind. The words may be a server's own: they are kept as they may be shown.
    pub(super) fn new(reason: Reason, why: impl Into<String>) -> Self {
        let why = visible(&why.into()).into_owned();
        Self {
            reason,
            why,
            consent: None,
        }
    }

    /// The same of a host on the way to another, which is named.
    pub(super) fn on_the_way(mut self, name: &str) -> Self {
        self.why = format!("on the way, {}: {}", visible(name), self.why);
        self
    }

    /// A refusal until a person allows this command of the config.
    pub(super) fn consent(command: &str, keyword: &'static str, place: String) -> Self {
        let why = format!(
            "{place}: '{keyword}' wants to run a command here; if that is right: vmo trust {}",
            shlex::try_quote(command).unwrap_or_default()
        );
        let command = command.to_owned();
        Self {
            consent: Some(Unallowed {
                command,
                keyword,
                place,
            }),
            ..Self::new(Reason::NeedsConsent, why)
        }
    }
}

/// How a person has a host be reached by their own `ssh`, as the end of a sentence.
pub(super) fn by_own_ssh(destination: &str) -> String {
    let line = OwnSsh::line(destination);
    let line = shlex::try_quote(&line).unwrap_or_default();
    format!("to have your own ssh do it: vmo trust {line}")
}

impl Refusal {
    /// A refusal until a person allows that their own `ssh` is used, for this keyword of the config.
    pub(super) fn needs_own_ssh(
        reason: Reason,
        destination: &str,
        keyword: &'static str,
        place: String,
    ) -> Self {
        let why = format!(
            "{place}: '{keyword}' is not followed here; {}",
            by_own_ssh(destination)
        );
        Self {
            consent: Some(Unallowed {
                command: OwnSsh::line(destination),
                keyword,
                place,
            }),
            ..Self::new(reason, why)
        }
    }
}

impl From<Refusal> for Exit {
    fn from(refusal: Refusal) -> Self {
        Self::Unreachable {
            reason: refusal.reason.word().to_owned(),
            why: refusal.why,
        }
    }
}
