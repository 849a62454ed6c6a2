//! A route: everything about how one host is reached, read from the config, without any lookup.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::visible::visible;

/// How to reach a host and who to be there. Two equal routes may share a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one yes-or-no keyword of ssh_config"
)]
pub struct Route {
    /// The name it is known by here.
    pub name: String,
    /// The address or name to connect to.
    pub hostname: String,
    /// The port.
    pub port: u16,
    /// The login name.
    pub user: String,
    /// Where the config names it, as `~/.ssh/config:12`; empty if it does not.
    pub place: String,
    /// What the connection goes through.
    pub via: Via,
    /// Where the commands on the way begin: the folder of the engine that wants the job, as with `ssh`.
    pub folder: Option<PathBuf>,
    /// The user's own `ssh`, if a person allowed that this host is reached by it; then the rest of the route has no
    /// effect.
    pub own_ssh: Option<OwnSsh>,
    /// Which kinds of address are tried.
    pub family: Family,
    /// The address or the interface of this machine to connect from.
    pub bind: Option<Bind>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Whether the config named it: then the key exchange has to be done in that time as well.
    #[serde(default)]
    pub connect_timeout_named: bool,
    /// After how long a silent host is asked for a sign of life; none to use the app's own measure.
    pub alive_interval: Option<Duration>,
    /// How many signs of life may be missed in a row.
    pub alive_count: u32,
    /// Private keys to try, in order, or the public halves of keys in the agent.
    pub identity_files: Vec<PathBuf>,
    /// Certificates to offer, besides those that lie beside a key.
    pub certificate_files: Vec<PathBuf>,
    /// Whether the config named them: a missing one is then worth a word.
    pub identities_named: bool,
    /// Whether the agent may offer only keys that are also in `identity_files`.
    pub identities_only: bool,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// The agent that jobs there may use, if the config says so: its socket.
    pub forward_agent: Option<PathBuf>,
    /// Files of known host keys; the first is appended to.
    pub known_hosts: Vec<PathBuf>,
    /// More of them, which are only read.
    pub global_known_hosts: Vec<PathBuf>,
    /// Keys that are never trusted: a file of them.
    pub revoked_host_keys: Option<PathBuf>,
    /// The name its keys are known by, if it is not `hostname`.
    pub host_key_alias: Option<String>,
    /// What to do with an unknown key.
    pub strict: Strict,
    /// Whether names are hashed in what is appended.
    pub hash_known_hosts: bool,
    /// Whether keys may be used to log in.
    pub pubkey: bool,
    /// Whether a dialog may be used to log in.
    pub keyboard_interactive: bool,
    /// Whether a password may be used to log in.
    pub password: bool,
    /// Whether the config allows a Kerberos ticket, which only the user's own `ssh` can use.
    pub gssapi: bool,
    /// The order in which methods are tried; empty for OpenSSH's own.
    pub methods: Vec<String>,
    /// How often a password is asked for.
    pub password_prompts: u32,
    /// Whether no question may be asked (`BatchMode`).
    pub batch_mode: bool,
    /// The algorithms that the config chooses.
    pub algorithms: Algorithms,
    /// Variables to send along, as `SetEnv` and `SendEnv` ask.
    pub env: Vec<(String, String)>,
}

/// What a connection goes through.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Via {
    /// Nothing: it is made from here.
    Direct,
    /// These hosts, the first one reached first. Only the first may itself go through something: a command.
    Hosts(Vec<Route>),
    /// A command for a shell here, whose input and output are the connection.
    Command(String),
}

/// The user's own `ssh`, for what cannot be done here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnSsh {
    /// The host as it is named to it.
    pub destination: String,
    /// The config that it reads in place of its usual ones.
    pub config: Option<PathBuf>,
    /// What it finds agents and tickets by: of the environment of the engine that wants the job.
    pub env: Vec<(String, String)>,
}

impl OwnSsh {
    /// What a person allows: how `ssh` is called for this host.
    #[must_use]
    pub fn line(destination: &str) -> String {
        let name = shlex::try_quote(destination).unwrap_or_default();
        format!("ssh -T {name}")
    }
}

/// The local address that a connection is made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bind {
    /// `BindAddress`.
    Address(String),
    /// `BindInterface`.
    Interface(String),
}

/// Lists of algorithms as the config writes them: with `+`, `-` or `^` before a list they change ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Algorithms {
    /// `Ciphers`.
    pub ciphers: Option<String>,
    /// `MACs`.
    pub macs: Option<String>,
    /// `KexAlgorithms`.
    pub key_exchange: Option<String>,
    /// `HostKeyAlgorithms`.
    pub host_keys: Option<String>,
    /// `PubkeyAcceptedAlgorithms`.
    pub user_keys: Option<String>,
}
/// `AddressFamily`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Both, as the resolver orders them.
    Any,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

/// `StrictHostKeyChecking`. A changed key is refused under each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Strict {
    /// An unknown key is refused.
    Yes,
    /// A person is asked.
    Ask,
    /// It is written down and used.
    AcceptNew,
}

impl Route {
    /// The same without what it is called, and without where it was asked for: equal for all that may share a session, as
    /// with a master connection of `ssh`.
    #[must_use]
    pub fn shared(&self) -> Self {
        let mut shared = self.clone();
        (shared.name, shared.place) = (String::new(), String::new());
        shared.folder = None;
        if let Via::Hosts(hops) = &mut shared.via {
            hops.iter_mut().for_each(|hop| hop.folder = None);
        }
        shared
    }

    /// What it asks a person, with who asks before every line of it: a server must not ask for another's password.
    pub(in crate::ssh) fn label(&self, words: &str) -> String {
        let asker = format!("({}@{})", visible(&self.user), visible(&self.name));
        let lines = words.lines().map(str::trim_end);
        let lines = lines.filter(|line| !line.is_empty());
        let lines: Vec<String> = lines
            .map(|line| format!("{asker} {}", visible(line)))
            .collect();
        if lines.is_empty() {
            asker
        } else {
            lines.join("\n")
        }
    }

    /// The name its host keys are looked up by: the alias, `host`, or `[host]:port`.
    #[must_use]
    pub fn host_key_name(&self) -> String {
        let name = self.host_key_alias.as_ref().unwrap_or(&self.hostname);
        let name = name.to_lowercase();
        if self.host_key_alias.is_some() || self.port == 22 {
            name
        } else {
            format!("[{name}]:{}", self.port)
        }
    }

    /// The address as a person reads it.
    #[must_use]
    pub fn address(&self) -> String {
        if self.hostname.contains(':') {
            format!("[{}]:{}", self.hostname, self.port)
        } else {
            format!("{}:{}", self.hostname, self.port)
        }
    }
}
