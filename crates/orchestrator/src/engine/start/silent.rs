//! Hosts that did not answer when they were last tried: they are tried last, so that nobody waits for them.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use crate::{
    batch::End,
    engine::Engine,
    host::ReachState,
    job::{JobQuery, is_silent},
};

/// How long a host that did not answer is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How long a start may wait for what the store knows of it.
const PATIENCE: Duration = Duration::from_secs(1);
/// Jobs that are looked at, at most.
const JOBS: u32 = 500;

impl Engine {
    /// Those of the hosts that could not be reached when they were last tried, if that is at most ten minutes ago: by their
    /// latest job or by being asked, whichever is newer. What cannot be found out in time is not waited for.
    pub(super) async fn silent(&self, hosts: &[String]) -> HashSet<String> {
        let since = crate::clock::now() - REMEMBERED;
        let query = JobQuery {
            since: Some(since),
            limit: JOBS,
            ..JobQuery::default()
        };
        let listed = async {
            // Who was started for this one command has only begun to look for it.
            self.settled().await;
            self.jobs().list(&query).await
        };
        let page = tokio::time::timeout(PATIENCE, listed).await;
        let jobs = page
            .ok()
            .and_then(Result::ok)
            .map_or_else(Vec::new, |page| page.jobs);
        let (mut tried, mut silent) = (HashMap::new(), HashSet::new());
        // Newest first: the first one of a host says how it was last.
        for job in jobs {
            let (Some(host), Some(end)) = (job.host(), End::of(&job)) else {
                continue;
            };
            if tried.contains_key(host) {
                continue;
            }
            tried.insert(host.to_owned(), job.queued_at);
            // Who refuses a login, or shows another key, has answered.
            if end.unreachable.as_deref().is_some_and(is_silent) {
                silent.insert(host.to_owned());
            }
        }
        for reach in self.catalog().reached() {
            let is_newer = tried.get(&reach.host).is_none_or(|at| reach.at > *at);
            if reach.at < since || !is_newer {
                continue;
            }
            match reach.state {
                ReachState::Down | ReachState::Unreachable => drop(silent.insert(reach.host)),
                ReachState::Up => drop(silent.remove(&reach.host)),
                ReachState::Unknown => {}
            }
        }
        silent.retain(|host| hosts.contains(host));
        silent
    }
}

/// Puts the hosts that are silent behind the others; the order stays otherwise.
pub(super) fn silent_last(hosts: Vec<String>, silent: &HashSet<String>) -> Vec<String> {
    let (mut first, last): (Vec<String>, Vec<String>) =
        hosts.into_iter().partition(|host| !silent.contains(host));
    first.extend(last);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_hosts_come_last_and_the_order_stays() {
        let of = |names: &str| names.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let silent = of("b d").into_iter().collect();
        assert_eq!(silent_last(of("a b c d e"), &silent), of("a c e b d"));
        assert_eq!(silent_last(of("b d"), &silent), of("b d"));
    }
}
