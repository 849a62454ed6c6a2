//! Hosts in production: on those, a dangerous command runs only if their names were typed. A mark is of the machine that
//! the SSH config leads to, so another name for it is marked, too; the same address behind another host is none.

use super::Catalog;
use crate::{engine::EngineError, make, settings::Production};

impl Catalog {
    /// Sets whether a host is in production, and with it every other name of the same machine.
    ///
    /// # Errors
    /// If the SSH config names no such host (a misspelled name would protect no host), or the file cannot be written.
    pub async fn mark_production(&self, host: &str, production: bool) -> Result<(), EngineError> {
        let host = host.to_owned();
        self.blocking(move |catalog| catalog.mark(&host, production))
            .await
    }

    fn mark(&self, host: &str, production: bool) -> Result<(), EngineError> {
        let hosts = self.list_hosts().found;
        // A mark can always be taken away: its host may have left the config.
        if production
            && !hosts
                .iter()
                .any(|listed| listed.name == host || listed.also.iter().any(|name| name == host))
        {
            let why = format!("no host is called '{host}' in the SSH config");
            return Err(EngineError::NotFound(why));
        }
        let (config, ssh) = (self.config(), self.ssh());
        if production {
            Production::mark(config, host, ssh.machine_of(host))?;
        } else {
            Production::unmark(config, host, |name| ssh.machine_of(name))?;
        }
        self.report_hosts();
        Ok(())
    }

    /// Of these hosts, those in production, by whatever name they go. A broken list counts as it was last read.
    pub(in crate::engine) fn in_production(&self, hosts: &[String]) -> Vec<String> {
        let ssh = self.ssh();
        let (kept, _) = Production::read(self.config());
        let marked = kept.marked(|name| ssh.machine_of(name));
        let is_marked = |host: &&String| marked.has(host, |name| ssh.machine_of(name));
        hosts.iter().filter(is_marked).cloned().collect()
    }

    /// Refuses a dangerous command on a host in production whose name was not typed.
    pub(in crate::engine) fn confirmed(
        &self,
        command: &str,
        hosts: &[String],
        typed: &[String],
    ) -> Result<(), EngineError> {
        let by_own_rules = || Some(self.danger_by_own_rules(command)?.why);
        match make::danger(command).or_else(by_own_rules) {
            Some(danger) => self.typed(&format!("the command {danger}"), hosts, typed),
            None => Ok(()),
        }
    }

    /// The same of anything that is dangerous, in words.
    pub(in crate::engine) fn typed(
        &self,
        danger: &str,
        hosts: &[String],
        typed: &[String],
    ) -> Result<(), EngineError> {
        let marked = self.in_production(hosts);
        match marked.iter().find(|host| !typed.contains(host)) {
            Some(host) => Err(EngineError::Refused(format!(
                "{host} is in production, and {danger}: type the host's name to run it"
            ))),
            None => Ok(()),
        }
    }
}
