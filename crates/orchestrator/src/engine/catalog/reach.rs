//! Whether hosts answer.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::{sync::Semaphore, task::JoinSet};

use super::Catalog;
use crate::{
    engine::EngineError,
    host::{Reach, ReachState},
    ssh::{self, Refusal, Route},
    wire::Event,
};

/// Hosts that are asked at once, by all who want to know.
const AT_ONCE: usize = 16;
/// Hosts of one request.
const MOST: usize = 10_000;

/// What is known of whether hosts answer.
#[derive(Debug)]
pub(super) struct Reached {
    room: Arc<Semaphore>,
    last: Mutex<HashMap<String, Reach>>,
}

impl Default for Reached {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(AT_ONCE)),
            last: Mutex::default(),
        }
    }
}

impl Catalog {
    /// Asks hosts whether they answer, at most 16 at once: a connection and the server's first line, without a login. Each
    /// answer is reported as it comes; all are returned, in the order of the names. Dropping it ends it.
    ///
    /// # Errors
    /// If there are more than 10,000.
    pub async fn probe_hosts(&self, names: Vec<String>) -> Result<Vec<Reach>, EngineError> {
        if names.len() > MOST {
            let why = format!("{} hosts at once are too many; at most {MOST}", names.len());
            return Err(EngineError::Refused(why));
        }
        let mut probes = JoinSet::new();
        for (at, name) in names.into_iter().enumerate() {
            let catalog = self.clone();
            probes.spawn(async move { (at, catalog.probe_host(name).await) });
        }
        let mut answers = probes.join_all().await;
        answers.sort_by_key(|(at, _)| *at);
        answers.into_iter().map(|(_, reach)| reach).collect()
    }

    async fn probe_host(&self, name: String) -> Result<Reach, EngineError> {
        let room = Arc::clone(&self.0.reached.room);
        let _room = room.acquire_owned().await.map_err(std::io::Error::other)?;
        let (config, own) = (self.ssh(), name.clone());
        let route = self.blocking(move |_| Ok(config.resolve(&own))).await?;
        let reach = match route {
            Ok(route) => ssh::probe(&name, &route).await,
            Err(refusal) => unknown(&name, refusal),
        };
        let mut last = self.0.reached.last.lock();
        last.insert(name, reach.clone());
        drop(last);
        self.0.events.report(Event::Reached(reach.clone()));
        Ok(reach)
    }

    /// Whether an address answers that no host has yet.
    ///
    /// # Errors
    /// None but that the engine is at its end.
    pub async fn probe_address(&self, address: &str, port: u16) -> Result<Reach, EngineError> {
        let (config, address) = (self.ssh(), address.to_owned());
        let of = address.clone();
        let route = self.blocking(move |_| Ok(config.resolve(&of))).await?;
        Ok(match route {
            Ok(route) => ssh::probe(&address, &Route { port, ..route }).await,
            Err(refusal) => unknown(&address, refusal),
        })
    }

    /// What was last known of whether hosts answer.
    pub(in crate::engine) fn reached(&self) -> Vec<Reach> {
        self.0.reached.last.lock().values().cloned().collect()
    }
}

fn unknown(host: &str, refusal: Refusal) -> Reach {
    Reach {
        host: host.to_owned(),
        state: ReachState::Unknown,
        at: crate::clock::now(),
        round_trip_us: None,
        server: None,
        why: Some(refusal.why),
    }
}
