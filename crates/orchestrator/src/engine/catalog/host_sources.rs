//! Where hosts are read from beside the SSH config: added, dropped, and asked again.

use std::{collections::BTreeSet, path::Path};

use super::{
    Catalog,
    hosts::{place_in, project_folders},
};
use crate::{
    engine::EngineError,
    hosts::{self, ImportedHosts, Listing, Sources},
    settings::AllowedCommands,
};

impl Catalog {
    /// Reads hosts from a file or a folder from now on.
    ///
    /// # Errors
    /// If no hosts can be read from it, or the list of sources cannot be written.
    pub async fn import_hosts(&self, path: &Path) -> Result<ImportedHosts, EngineError> {
        let path = path.to_owned();
        self.blocking(move |catalog| {
            let before = catalog.host_names();
            let read = Sources::add_file(catalog.config(), &path)?;
            catalog.reload_hosts();
            catalog.report_hosts();
            Ok(catalog.imported(&before, read))
        })
        .await
    }

    /// Reads hosts from what a command prints from now on, and allows it to run here.
    ///
    /// # Errors
    /// If it does not answer, and then it is no source; or a file of ours cannot be written.
    pub async fn import_hosts_of_command(&self, text: &str) -> Result<ImportedHosts, EngineError> {
        let text = text.to_owned();
        self.blocking(move |catalog| {
            let before = catalog.host_names();
            let projects = project_folders(&catalog.0.folders);
            let at = place_in(&catalog.0.folders, &projects);
            // One that has never answered would be a warning of every list from now on.
            hosts::first_answer(&at, &text)?;
            Sources::add_command(catalog.config(), &text)?;
            AllowedCommands::set(catalog.config(), &text, true)?;
            catalog.reload_hosts();
            catalog.report_hosts();
            let read = hosts::of_command(&at, &text, &|_| true);
            Ok(catalog.imported(&before, read))
        })
        .await
    }

    /// What a source has brought to the list beyond the names that it had before.
    fn imported(&self, before: &BTreeSet<String>, read: Listing) -> ImportedHosts {
        let new = self.host_names().difference(before).count();
        ImportedHosts {
            new: u32::try_from(new).unwrap_or(u32::MAX),
            problems: [read.problems, read.notes].concat(),
        }
    }

    /// Reads hosts no longer from a file, a folder or a command.
    ///
    /// # Errors
    /// If it is no source that was added, or the list of sources cannot be written.
    pub async fn drop_host_source(&self, what: &str) -> Result<(), EngineError> {
        let what = what.to_owned();
        self.take_off(move |config| Sources::remove(config, &what))
            .await
    }

    /// Runs the commands that name hosts, as far as they are allowed, and reads all sources again.
    ///
    /// # Errors
    /// If their answers cannot be kept.
    pub async fn refresh_hosts(&self) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            let projects = project_folders(&catalog.0.folders);
            let allowed = AllowedCommands::read(catalog.config()).0;
            hosts::refresh(&place_in(&catalog.0.folders, &projects), |text| {
                allowed.allows(text)
            })?;
            catalog.reload_hosts();
            catalog.report_hosts();
            Ok(())
        })
        .await
    }
}
