//! What the page can ask of hosts.

use serde::{Deserialize, Serialize};

use crate::hosts::NewHost;
#[cfg(doc)]
use crate::wire::{Event, Reply};

/// What the page can ask of hosts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum HostRequest {
    /// Finds the hosts that a line means, as `vmo run --on` reads it: [`Reply::Chosen`].
    ChooseHosts {
        /// The line: `web[01-37],@db`.
        line: String,
    },
    /// Asks hosts whether they answer, without a login. Each answer is an [`Event::Reached`]; [`Reply::Ok`] once all are in.
    ProbeHosts {
        /// Their names, at most 10,000.
        hosts: Vec<String>,
    },
    /// The same of an address that no host has yet: [`Reply::Reached`].
    ProbeAddress {
        /// The address or name.
        address: String,
        /// The port.
        port: u16,
    },
    /// Logs in to a host that is not saved yet, or with changes that are not, by a job that runs `true` there, and may ask
    /// what a login asks: [`Reply::Started`].
    TryHost {
        /// The host.
        host: NewHost,
    },
    /// Adds a host of a person's own: [`Reply::Ok`].
    AddHost {
        /// The host.
        host: NewHost,
        /// Its tags.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
        tags: Vec<String>,
        /// Whether it is in production.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
        production: bool,
    },
    /// Changes what is given of a host of a person's own; an empty text takes it away: [`Reply::Ok`].
    EditHost {
        /// The host, by its name.
        host: NewHost,
    },
    /// Removes a host of a person's own: [`Reply::Ok`].
    RemoveHost {
        /// Its name.
        name: String,
    },
    /// Reads hosts from a file or a folder from now on: [`Reply::HostsImported`].
    ImportHosts {
        /// Its path, absolute.
        path: String,
    },
    /// Runs a command here, and reads hosts from what it prints from now on: [`Reply::HostsImported`]. It may run again later.
    ImportHostsOfCommand {
        /// The command, which the person has seen and allows.
        command: String,
    },
    /// Asks whether `ssh` knows the hosts of a person's own: [`Reply::Inclusion`].
    Inclusion,
    /// Writes a line into the SSH config by which it does, which the person has seen: [`Reply::Ok`].
    IncludeOwnHosts,
    /// Asks for the sets that are saved: [`Reply::Sets`].
    Sets,
    /// Saves a line as a set, so that `@name` means what that means when it is used: [`Reply::Ok`].
    SaveSet {
        /// Its name.
        name: String,
        /// The line; none takes the set away.
        line: Option<String>,
    },
    /// Gives tags to hosts, or takes them away: [`Reply::Ok`].
    TagHosts {
        /// The hosts' names.
        hosts: Vec<String>,
        /// The tags.
        tags: Vec<String>,
        /// Whether they are given.
        given: bool,
    },
}
