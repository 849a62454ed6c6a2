//! Marks: what is asked before something runs on a host, or on those of a tag. A host's is of the machine that the SSH config
//! leads to, so another name for it is marked, too; the same address behind another host is none.

use std::collections::{BTreeSet, HashMap};

use super::Catalog;
use crate::{
    did_you_mean::{hint, near},
    engine::EngineError,
    host::{Care, Host},
    make,
    settings::{MarkChange, MarkOf, Marks},
};

/// The tag of all that is in production.
const PRODUCTION: &str = "production";

impl Catalog {
    /// Changes the marks of hosts and, written as `@tag`, of tags.
    ///
    /// # Errors
    /// If nothing is called so (a misspelled name would protect no host), a host is given a color, or the file cannot be
    /// written.
    pub async fn mark(&self, on: Vec<String>, change: MarkChange) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            let listed = catalog.list_hosts().found;
            for one in &on {
                catalog.may_be_marked(one, change, &listed)?;
            }
            for one in &on {
                catalog.set_mark(one, change)?;
            }
            catalog.report_hosts();
            Ok(())
        })
        .await
    }

    /// All marks, tags first.
    ///
    /// # Errors
    /// If reading them panicked.
    pub async fn marks(&self) -> Result<Vec<MarkOf>, EngineError> {
        self.blocking(|catalog| Ok(Marks::read(catalog.config()).0.list()))
            .await
    }

    /// Sets whether a host is in production, and with it every other name of the same machine. One that is by a tag is
    /// marked as most are then.
    ///
    /// # Errors
    /// As [`Self::mark`].
    pub async fn mark_production(&self, host: &str, production: bool) -> Result<(), EngineError> {
        let care = |care| self.mark(vec![host.to_owned()], MarkChange::Care(care));
        if production {
            return care(Some(Care::Name)).await;
        }
        care(None).await?;
        let name = [host.to_owned()];
        let is_still = self.blocking(move |catalog| Ok(catalog.in_production(&name)));
        match is_still.await?.is_empty() {
            true => Ok(()),
            false => care(Some(Care::Ask)).await,
        }
    }

    fn may_be_marked(
        &self,
        on: &str,
        change: MarkChange,
        listed: &[Host],
    ) -> Result<(), EngineError> {
        let is_taken_away = matches!(change, MarkChange::Care(None) | MarkChange::Color(None));
        let Some(tag) = on.strip_prefix('@') else {
            if matches!(change, MarkChange::Color(_)) {
                let why =
                    format!("a color is of an environment: give it to a tag of '{on}', as @tag");
                return Err(EngineError::Refused(why));
            }
            let is_it = |host: &Host| host.name == on || host.also.iter().any(|name| name == on);
            // A mark can always be taken away: its host may have left the config.
            if is_taken_away || listed.iter().any(is_it) {
                return Ok(());
            }
            let names = listed.iter().map(|host| host.name.as_str());
            let why = format!("no host is called '{on}'{}", hint(&near(on, names)));
            return Err(EngineError::NotFound(why));
        };
        let mut tags = listed.iter().flat_map(|host| &host.tags);
        if is_taken_away || tags.any(|other| other == tag) {
            return Ok(());
        }
        if tag == PRODUCTION {
            return match change {
                MarkChange::Color(_) => Ok(()),
                MarkChange::Care(_) => Err(EngineError::Refused(
                    "@production is all hosts whose mark is 'name': mark those, or their tags"
                        .into(),
                )),
            };
        }
        let tags = listed.iter().flat_map(|host| &host.tags);
        let tags: BTreeSet<String> = tags.map(|tag| format!("@{tag}")).collect();
        let near = near(on, tags.iter().map(String::as_str));
        let why = format!("no host has the tag '@{tag}'{}", hint(&near));
        Err(EngineError::NotFound(why))
    }

    fn set_mark(&self, on: &str, change: MarkChange) -> Result<(), EngineError> {
        let (config, ssh) = (self.config(), self.ssh());
        match (on.strip_prefix('@'), change) {
            (Some(tag), change) => Marks::of_tag(config, tag, change)?,
            (None, MarkChange::Care(care)) => {
                Marks::of_host(config, on, care, |name| ssh.machine_of(name))?;
            }
            (None, MarkChange::Color(_)) => {}
        }
        Ok(())
    }

    /// What is asked on each of these hosts, by whatever name they go. A broken list counts as it was last read.
    pub(in crate::engine) fn cares(&self, hosts: &[String]) -> Vec<Care> {
        let ssh = self.ssh();
        let marked = Marks::read(self.config()).0;
        let marked = marked.marked(|name| ssh.machine_of(name));
        let mut tags: HashMap<String, Vec<String>> = HashMap::new();
        if marked.has_tags() {
            for host in self.list_hosts().found {
                for name in host.also {
                    tags.insert(name, host.tags.clone());
                }
                tags.insert(host.name, host.tags);
            }
        }
        let care = |host: &String| {
            let own = tags.get(host).into_iter().flatten();
            marked.care(host, own, |name| ssh.machine_of(name)).0
        };
        hosts.iter().map(care).collect()
    }

    /// Of these hosts, those on which anything asks before it runs.
    ///
    /// # Errors
    /// If looking for them panicked.
    pub async fn asking(&self, hosts: &[String]) -> Result<Vec<String>, EngineError> {
        let hosts = hosts.to_vec();
        let asking = self.blocking(move |catalog| {
            let cares = catalog.cares(&hosts);
            Ok(of_care(&hosts, &cares, Care::Always))
        });
        asking.await
    }

    /// Of these hosts, those in production.
    pub(in crate::engine) fn in_production(&self, hosts: &[String]) -> Vec<String> {
        of_care(hosts, &self.cares(hosts), Care::Name)
    }

    /// Refuses hosts on which anything asks before it runs, if a person was neither asked about them nor typed their names;
    /// and a dangerous command on one in production whose name was not typed.
    pub(in crate::engine) fn confirmed(
        &self,
        command: &str,
        hosts: &[String],
        typed: &[String],
        has_agreed: bool,
    ) -> Result<(), EngineError> {
        let by_own_rules = || Some(self.danger_by_own_rules(command)?.why);
        let danger = make::danger(command).or_else(by_own_rules);
        let danger = danger.map(|danger| format!("the command {danger}"));
        self.typed(danger.as_deref(), hosts, typed, has_agreed)
    }

    /// The same of anything that may be dangerous, in words.
    pub(in crate::engine) fn typed(
        &self,
        danger: Option<&str>,
        hosts: &[String],
        typed: &[String],
        has_agreed: bool,
    ) -> Result<(), EngineError> {
        let cares = self.cares(hosts);
        let is_open = |host: &&String| !typed.contains(host);
        let marked = of_care(hosts, &cares, Care::Name);
        if let (Some(danger), Some(host)) = (danger, marked.iter().find(is_open)) {
            return Err(EngineError::Refused(format!(
                "{host} is in production, and {danger}: type the host's name to run it"
            )));
        }
        let asking = of_care(hosts, &cares, Care::Always);
        match asking.iter().find(is_open).filter(|_| !has_agreed) {
            Some(host) => Err(EngineError::Refused(format!(
                "{host} is marked so that it always asks before something runs there: start it once more, and say yes"
            ))),
            None => Ok(()),
        }
    }
}

/// Of hosts, those on which at least so much is asked.
pub(in crate::engine) fn of_care(hosts: &[String], cares: &[Care], least: Care) -> Vec<String> {
    let pairs = hosts.iter().zip(cares);
    let asked = pairs.filter(|(_, care)| **care >= least);
    asked.map(|(host, _)| host.clone()).collect()
}
