//! The machines that a person's files name, beside those of the SSH config: read without running anything, merged, and made
//! known to `ssh` as a config of ours.
//!
//! ```text
//! listing               a machine as a source names it; names, addresses and tags as they may be
//! vm_config, terraform,
//! docker, ansible       the files of other tools
//! command               a command that prints an inventory, once a person has allowed it
//! named, files           what a person named as a source, and what a file is
//! sources               all of them; what each last held
//! own, tags             hosts and tags of a person's own
//! merge, written        all of them as one list, and as a text that `ssh` could read
//! vanished              what was there, so that what is gone can be shown for a while
//! ```

mod ansible;
mod command;
mod docker;
mod files;
mod included;
mod listing;
mod merge;
mod named;
mod own;
mod own_sets;
mod power;
mod sources;
mod tags;
mod terraform;
mod vanished;
mod vm_config;
mod written;

pub use self::{
    command::{first_answer, of_command, refresh},
    included::{Inclusion, include, inclusion},
    listing::{ImportedHosts, Listing, Machine},
    merge::{Entry, Merged, merge},
    named::{Sources, Where},
    own::{NewHost, OwnHosts},
    own_sets::{OwnSets, SavedSet},
    sources::SourceCache,
    tags::OwnTags,
    vanished::{forget, vanished},
    written::{NAME, written},
};

/// Why a change of the hosts of our own was refused.
#[derive(Debug, thiserror::Error)]
pub enum HostsError {
    /// The change is impossible and was not made.
    #[error("{0}")]
    Refused(String),
    /// A file of ours cannot be read or written.
    #[error(transparent)]
    File(#[from] crate::json_file::JsonFileError),
}

#[cfg(test)]
mod tests;
