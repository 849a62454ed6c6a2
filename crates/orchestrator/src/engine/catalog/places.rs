//! Where hosts are, so that a change between what a person was shown and what is started is noticed.

use super::Catalog;
use crate::{engine::EngineError, host::Care, job::Seal};

impl Catalog {
    /// Reads the files that name hosts again: they may have changed a moment ago.
    ///
    /// # Errors
    /// If reading them panicked.
    pub async fn read_hosts_again(&self) -> Result<(), EngineError> {
        self.blocking(move |catalog| {
            catalog.reload_hosts();
            Ok(())
        })
        .await
    }

    /// Where each of these hosts is, and what is asked there: `root@web-1:22 through jump:22 (always asks)`.
    ///
    /// # Errors
    /// If looking for them panicked.
    pub async fn places(&self, hosts: &[String]) -> Result<Vec<String>, EngineError> {
        let hosts = hosts.to_vec();
        self.blocking(move |catalog| Ok(catalog.known_places(&hosts)))
            .await
    }

    fn known_places(&self, hosts: &[String]) -> Vec<String> {
        let config = self.ssh();
        let cares = self.cares(hosts);
        let place = |(host, care): (&String, &Care)| match care.words() {
            "" => config.login_of(host),
            words => format!("{} ({words})", config.login_of(host)),
        };
        hosts.iter().zip(&cares).map(place).collect()
    }

    /// A hash of hosts and of where each is.
    pub(in crate::engine) fn seal_of(&self, hosts: &[String]) -> String {
        seal_of_places(hosts, &self.known_places(hosts))
    }

    /// Refuses hosts that are elsewhere than a person was shown.
    pub(in crate::engine) fn are_as_shown(
        &self,
        hosts: &[String],
        shown: Option<&str>,
    ) -> Result<(), EngineError> {
        match shown {
            Some(shown) if shown != self.seal_of(hosts) => Err(EngineError::Refused(
                "nothing was run: where these hosts are, or how they are marked, has changed since they were shown; look \
                 once more, and start it again"
                    .into(),
            )),
            _ => Ok(()),
        }
    }
}

/// A hash of hosts and of where each is, as [`Rules::shown`](crate::batch::Rules::shown) has it.
#[must_use]
pub fn seal_of_places(hosts: &[String], places: &[String]) -> String {
    Seal::of_value(&(hosts, places)).text()
}
