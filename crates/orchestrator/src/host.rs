//! A host: a machine reached over SSH. It imports nothing of ours.

use serde::{Deserialize, Serialize};

/// A machine of the user's SSH config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Host {
    /// Its name in the SSH config.
    pub name: String,
    /// The address it stands for.
    pub hostname: String,
    /// The login name.
    pub user: String,
    /// The port.
    pub port: u16,
    /// Where the config names it: `~/.ssh/config:12`.
    pub place: String,
    /// Whether a person marked it as production.
    #[serde(default)]
    pub production: bool,
    /// Its saved commands, in order.
    pub commands: Vec<String>,
    /// Why it cannot be connected to, if the config asks for something we do not do.
    pub problem: Option<String>,
}
