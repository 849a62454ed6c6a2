//! Keeps the store: brings it up, again whenever it broke, and reports its state.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    Database,
    trouble::{Backoff, Trouble, health},
};
use crate::{
    folders::Folders,
    store::{
        Address, Store, StoreError,
        embedded::{self, Running},
    },
    wire::{StoreHealth, StoreState},
};

/// Brings the store up, again whenever it broke.
pub(super) struct Keeper {
    pub(super) place: Arc<Database>,
    pub(super) folders: Folders,
    pub(super) store: watch::Sender<Option<Store>>,
    pub(super) state: watch::Sender<StoreState>,
    pub(super) trouble: Arc<Trouble>,
    pub(super) away: Arc<Mutex<String>>,
    /// While this is held, the embedded server stays up.
    pub(super) running: Option<Running>,
}

impl Keeper {
    pub(super) async fn run(mut self) {
        let mut waits = Backoff::new();
        while !self.store.is_closed() {
            match self.bring_up().await {
                Ok(store) => {
                    waits = Backoff::new();
                    self.trouble.forget();
                    self.ready(store.clone());
                    self.until_broken(&store).await;
                }
                Err(error) => {
                    self.failed(&error);
                    let closed = async { self.store.closed().await };
                    tokio::select! {
                        () = tokio::time::sleep(waits.next()) => {}
                        () = closed => return,
                    }
                }
            }
        }
    }

    async fn bring_up(&mut self) -> Result<Store, StoreError> {
        let address = match &*self.place {
            Database::Configured(address) => Address::clone(address),
            Database::Embedded { guardian } => {
                let state = self.state.clone();
                let tell = |step: &str| {
                    let step = step.to_owned();
                    state.send_modify(|state| state.health = StoreHealth::Starting { step });
                };
                let running = embedded::start(&self.folders.data, guardian, tell).await?;
                let address = running.address.clone();
                self.running = Some(running);
                address
            }
        };
        Store::connect(&address).await
    }

    fn ready(&self, store: Store) {
        // A listener that hears that it is ready finds it.
        self.store.send_replace(Some(store.clone()));
        self.state.send_modify(|state| {
            state.health = self.health(&store);
            state.address = store.address_shown().to_owned();
            state.warning = store.warnings().first().cloned();
        });
    }

    /// Returns when the store no longer answers, or is no longer needed. One that answers and does not do its work is
    /// left to those who go on trying, and reported.
    async fn until_broken(&self, store: &Store) {
        loop {
            tokio::select! {
                () = self.trouble.met.notified() => {}
                () = self.store.closed() => return,
            }
            if let Err(error) = store.ping().await {
                self.store.send_replace(None);
                self.failed(&error);
                return;
            }
            self.report(self.health(store));
        }
    }

    fn health(&self, store: &Store) -> StoreHealth {
        self.trouble.health().unwrap_or_else(|| ready(store))
    }

    fn failed(&self, error: &StoreError) {
        *self.away.lock() = error.reason().into_owned();
        self.report(health(error));
    }

    fn report(&self, health: StoreHealth) {
        self.state.send_if_modified(|state| {
            let changed = state.health != health;
            state.health = health;
            changed
        });
    }
}

fn ready(store: &Store) -> StoreHealth {
    StoreHealth::Ready {
        version: store.version().to_owned(),
    }
}
