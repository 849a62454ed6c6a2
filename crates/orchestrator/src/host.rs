//! A host: a machine reached over SSH. It imports no module of ours.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A machine of the user's SSH config, or of an inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Host {
    /// Its name in the SSH config, or in the first source that names it.
    pub name: String,
    /// The address it stands for.
    pub hostname: String,
    /// The login name.
    pub user: String,
    /// The port.
    pub port: u16,
    /// Where the first source names it: `~/.ssh/config:12`.
    pub place: String,
    /// What it is reached through, as the config writes it: hosts, or a command. None for a direct connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub through: Option<String>,
    /// The name that its key goes by, if it is not that of its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub key_alias: Option<String>,
    /// Other names of it, in other sources.
    #[serde(default)]
    pub also: Vec<String>,
    /// Every source that names it, the first one in force.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// What its sources say differently, in sentences.
    #[serde(default)]
    pub conflicts: Vec<String>,
    /// Its tags: of its sources, and a person's own.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Since when no source names it any more; none if one does.
    #[serde(default)]
    pub vanished: Option<DateTime<Utc>>,
    /// Whether it is switched on, if a source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub powered: Option<Powered>,
    /// What is asked before something runs there, by its mark or those of its tags.
    #[serde(default)]
    pub care: Care,
    /// What says so: its own name, or `@tag`; none if it has no mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub marked_by: Option<String>,
    /// Whether it is in production: [`Care::Name`].
    #[serde(default)]
    pub production: bool,
    /// The tag of its environment to which a person gave a color.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub colored: Option<Colored>,
    /// Its saved commands, in order.
    pub commands: Vec<String>,
    /// Why it cannot be connected to, if the config asks for something we do not do.
    pub problem: Option<String>,
}

/// Whether a machine is switched on, as one of its sources says: true when that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Powered {
    /// Whether it is.
    pub is_on: bool,
    /// The source that says so: `infra/terraform.tfstate`.
    pub by: String,
}

/// What is asked before something runs on a host; each asks for more than the one before.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Care {
    /// Nothing.
    Free,
    /// Whether to run what is dangerous.
    #[default]
    Ask,
    /// Whether to run anything.
    Always,
    /// The same, and the host's name before what is dangerous: it is in production.
    Name,
}

impl Care {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Free, Self::Ask, Self::Always, Self::Name];

    /// The word for it, as it is typed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Ask => "ask",
            Self::Always => "always",
            Self::Name => "name",
        }
    }

    /// What is said of a host; nothing of one that is as most are.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Free => "never asks",
            Self::Ask => "",
            Self::Always => "always asks",
            Self::Name => "production",
        }
    }
}

/// The color of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[expect(missing_docs, reason = "the names say it")]
pub enum Hue {
    Red,
    Amber,
    Green,
    Blue,
    Violet,
    Grey,
}

impl Hue {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Red,
        Self::Amber,
        Self::Green,
        Self::Blue,
        Self::Violet,
        Self::Grey,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Violet => "violet",
            Self::Grey => "grey",
        }
    }
}

/// An environment in a color of a person's own choosing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Colored {
    /// The tag, without its `@`.
    pub tag: String,
    /// Its color.
    pub color: Hue,
}

/// Whether a host answers, as it was when it was last asked: a connection and the server's first line, without a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reach {
    /// The host's name.
    pub host: String,
    /// Whether it answers.
    pub state: ReachState,
    /// When it was asked.
    pub at: DateTime<Utc>,
    /// How long the connection took, in microseconds; none if there was none.
    pub round_trip_us: Option<u32>,
    /// How its server names itself: `SSH-2.0-OpenSSH_9.2p1`.
    pub server: Option<String>,
    /// Why it is not up, or not known to be, in words.
    pub why: Option<String>,
}

/// Whether a host answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ReachState {
    /// An SSH server answers there.
    Up,
    /// The machine answers, and no SSH server does.
    Down,
    /// Nothing answers, or there is no way there.
    Unreachable,
    /// It cannot be asked without a login: it is reached through another host, or by a command.
    Unknown,
}

impl ReachState {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unreachable => "unreachable",
            Self::Unknown => "unknown",
        }
    }
}

/// What names a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Source {
    /// Of which kind it is.
    pub kind: SourceKind,
    /// The file, with its line if that is known; or the command.
    pub place: String,
}

/// The kinds of sources, in the order in which they count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SourceKind {
    /// The user's SSH config, or the system's.
    #[default]
    SshConfig,
    /// The hosts that were added here.
    Own,
    /// A project's `environments/NAME/config.yml`.
    VmConfig,
    /// An Ansible inventory.
    Ansible,
    /// A Terraform state.
    Terraform,
    /// A Docker context.
    Docker,
    /// A command that prints an inventory.
    Command,
}

impl SourceKind {
    /// It in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SshConfig => "SSH config",
            Self::Own => "added here",
            Self::VmConfig => "vm-config",
            Self::Ansible => "Ansible inventory",
            Self::Terraform => "Terraform state",
            Self::Docker => "Docker context",
            Self::Command => "command",
        }
    }
}
