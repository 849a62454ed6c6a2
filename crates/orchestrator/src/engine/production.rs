//! Hosts in production: on those, what is dangerous runs only where their names were typed.

use super::{Engine, EngineError};
use crate::{make, settings::Production};

impl Engine {
    /// Says whether a host is in production.
    ///
    /// # Errors
    /// Where the SSH config names no such host, so that a slip of the pen protects nothing, or the file cannot be written.
    pub fn mark_production(&self, host: &str, production: bool) -> Result<(), EngineError> {
        let hosts = self.hosts().found;
        // A mark can always be taken away: its host may have left the config.
        if production && !hosts.iter().any(|known| known.name == host) {
            let why = format!("no host is called '{host}' in the SSH config");
            return Err(EngineError::NotFound(why));
        }
        Production::mark(&self.folders().config, host, production)?;
        self.tell_hosts();
        Ok(())
    }

    /// Of these hosts, those in production. A broken list counts as it was last read.
    pub(super) fn in_production(&self, hosts: &[String]) -> Vec<String> {
        let (marked, _) = Production::read(&self.folders().config);
        let hosts = hosts.iter().filter(|host| marked.has(host));
        hosts.cloned().collect()
    }

    /// Refuses what is dangerous on a host in production whose name was not typed.
    pub(super) fn confirmed(
        &self,
        command: &str,
        hosts: &[String],
        typed: &[String],
    ) -> Result<(), EngineError> {
        let Some(danger) = make::danger(command) else {
            return Ok(());
        };
        let marked = self.in_production(hosts);
        match marked.iter().find(|host| !typed.contains(host)) {
            Some(host) => Err(EngineError::Refused(format!(
                "{host} is in production, and the command {danger}: it runs where the host's name was typed"
            ))),
            None => Ok(()),
        }
    }
}
