//! Hosts of a person's own: added, changed, tried and removed.

use std::path::{Path, PathBuf};

use super::{Catalog, hosts::config_behind};
use crate::{
    did_you_mean::{hint, near},
    engine::EngineError,
    host::Care,
    hosts::{self, Inclusion, NewHost, OwnHosts, OwnTags},
    settings::{AllowedCommands, Marks},
    ssh::{self, Purpose, Route},
};

/// Hosts on the way to one that are looked at.
const LONGEST_WAY: usize = 16;

impl Catalog {
    /// Adds a host of a person's own, with tags, and in production if it is.
    ///
    /// # Errors
    /// If something of it cannot be, a host is called that already, the way there leads through itself or through what
    /// nothing knows, or a file cannot be written.
    pub async fn add_host(
        &self,
        host: NewHost,
        tags: Vec<String>,
        production: bool,
    ) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            catalog.may_be_added(&host)?;
            let (config, name) = (catalog.config(), [host.name.clone()]);
            // A tag that cannot be is found before the host is there.
            OwnTags::set(config, &name, &tags, true)?;
            OwnHosts::of(config).insert(&host)?;
            catalog.reload_hosts();
            if production {
                let ssh = catalog.ssh();
                Marks::of_host(config, &host.name, Some(Care::Name), |name| {
                    ssh.machine_of(name)
                })?;
            }
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// Changes what is given of a host of a person's own.
    ///
    /// # Errors
    /// As [`Self::add_host`], if nothing is given, and if it is not one of them.
    pub async fn edit_host(&self, host: NewHost) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            if host.changes_nothing() {
                let why = format!(
                    "nothing of '{}' is changed: give its address, user, port, key or jump host",
                    host.name
                );
                return Err(EngineError::Refused(why));
            }
            catalog.has_a_way(&host)?;
            OwnHosts::of(catalog.config()).edit(&host)?;
            catalog.reload_hosts();
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// Removes a host of a person's own.
    ///
    /// # Errors
    /// If it is not one of them, or the file cannot be written.
    pub async fn remove_host(&self, name: &str) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.take_off(move |config| OwnHosts::of(config).remove(&name))
            .await
    }

    /// Whether `ssh` knows the hosts of a person's own, and the line by which it would.
    ///
    /// # Errors
    /// If there is no SSH config of theirs, or it cannot be read.
    pub async fn inclusion(&self) -> Result<Inclusion, EngineError> {
        self.blocking(|catalog| {
            let own = OwnHosts::of(catalog.config()).path();
            Ok(hosts::inclusion(catalog.ssh_config()?, &own)?)
        })
        .await
    }

    /// Writes that line into their SSH config.
    ///
    /// # Errors
    /// As [`Self::inclusion`], and if it cannot be written.
    pub async fn include_own_hosts(&self) -> Result<(), EngineError> {
        self.blocking(|catalog| {
            let own = OwnHosts::of(catalog.config()).path();
            hosts::include(catalog.ssh_config()?, &own)?;
            catalog.reload_hosts();
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    fn ssh_config(&self) -> Result<&Path, EngineError> {
        let first = self.0.folders.ssh_configs.first();
        let none = || EngineError::NotFound("there is no SSH config of yours here".into());
        first.map(PathBuf::as_path).ok_or_else(none)
    }

    fn may_be_added(&self, host: &NewHost) -> Result<(), EngineError> {
        host.check()?;
        let listed = self.list_hosts().found;
        let same = listed
            .iter()
            .find(|other| other.name == host.name && other.vanished.is_none());
        if let Some(other) = same {
            let why = format!("'{}' already exists, in {}", host.name, other.place);
            return Err(EngineError::Refused(why));
        }
        self.has_a_way(host)
    }

    /// Refuses a way through the host itself, or through a name that nothing knows.
    fn has_a_way(&self, host: &NewHost) -> Result<(), EngineError> {
        host.check()?;
        let Some(jumps) = host.jump.as_deref().filter(|jumps| !jumps.is_empty()) else {
            return Ok(());
        };
        let config = self.ssh();
        let names: Vec<String> = self
            .list_hosts()
            .found
            .into_iter()
            .map(|it| it.name)
            .collect();
        for hop in jumps.split(',').map(name_of_hop) {
            if leads_through(&config, hop, &host.name) {
                return Err(EngineError::Refused(format!(
                    "'{}' would be reached through itself: the way is {jumps}",
                    host.name
                )));
            }
            let is_written_out = hop.contains(['.', ':']);
            if !is_written_out && !names.iter().any(|name| name == hop) && !config.knows(hop) {
                let hint = hint(&near(hop, names.iter().map(String::as_str)));
                return Err(EngineError::Refused(format!(
                    "'{}' cannot be reached through '{hop}', which nothing names{hint}",
                    host.name
                )));
            }
        }
        Ok(())
    }

    /// How a host would be reached that is not saved yet, or with changes that are not.
    pub(in crate::engine) fn route_of_new(
        &self,
        host: &NewHost,
        command: &str,
    ) -> Result<Route, EngineError> {
        host.check()?;
        self.has_a_way(host)?;
        let before = OwnHosts::of(self.config()).get(&host.name);
        let text = host.over(before.as_ref()).written() + &self.written_hosts();
        let config = config_behind(&self.0.folders, &text);
        let allowed = AllowedCommands::read(self.config()).0;
        let may_run = |text: &str| allowed.allows(text);
        let purpose = Purpose::new(Some(command), &may_run).with_own_ssh(&may_run);
        let route = config.resolve_for(&host.name, &purpose);
        route.map_err(|refusal| super::consents::no_route(&host.name, refusal))
    }
}

/// Whether the way to a host, by its own entries, leads through another.
fn leads_through(config: &ssh::Config, hop: &str, name: &str) -> bool {
    let mut next = hop.to_owned();
    for _ in 0..LONGEST_WAY {
        if next == name {
            return true;
        }
        // Only the first one's own way counts.
        let way = config.through(&next).filter(|way| !way.contains(' '));
        let Some(way) = way else { return false };
        next = name_of_hop(way.split(',').next().unwrap_or_default()).to_owned();
    }
    true
}

/// The name in `user@name:port`, or the address in `[address]:port`.
fn name_of_hop(hop: &str) -> &str {
    let hop = hop.rsplit_once('@').map_or(hop, |(_, place)| place);
    if let Some((address, _)) = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match hop.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => hop,
    }
}
