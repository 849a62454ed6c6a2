//! The way to the store: brings it up, keeps it up, and tells how it is. Whoever needs it waits here, and nowhere else.

use std::{
    ffi::OsString,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::{
    folders::Folders,
    store::{
        Address, Store, StoreError,
        embedded::{self, Running},
    },
    wire::{StoreHealth, StoreState},
};

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Which Postgres.
#[derive(Debug, Clone)]
pub enum Place {
    /// Our own private one, in the data folder.
    Embedded {
        /// The program and arguments that guard it: `vmo postgres`.
        guardian: Vec<OsString>,
    },
    /// A configured one.
    Configured(Box<Address>),
}

impl Place {
    /// What a job remembers of the store it was started with.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Embedded { .. } => "embedded".into(),
            Self::Configured(address) => address.shown(),
        }
    }
}

/// The way to the store. Clones share it; it ends with the last one.
#[derive(Debug, Clone)]
pub struct Link {
    place: Arc<Place>,
    store: watch::Receiver<Option<Store>>,
    state: watch::Receiver<StoreState>,
    /// Why the store was away when it last was, for who asks meanwhile.
    away: Arc<Mutex<String>>,
    broken: Arc<Notify>,
}

impl Link {
    /// Starts to bring the store up, in the background.
    #[must_use]
    pub fn open(place: Place, folders: Folders) -> Self {
        let (store_in, store) = watch::channel(None);
        let (state_in, state) = watch::channel(StoreState {
            embedded: matches!(place, Place::Embedded { .. }),
            address: place.key(),
            health: StoreHealth::Starting {
                step: "connecting".into(),
            },
            warning: None,
        });
        let place = Arc::new(place);
        let broken = Arc::new(Notify::new());
        let away = Arc::new(Mutex::default());
        let keeper = Keeper {
            place: Arc::clone(&place),
            folders,
            store: store_in,
            state: state_in,
            broken: Arc::clone(&broken),
            away: Arc::clone(&away),
            running: None,
        };
        tokio::spawn(keeper.run());
        Self {
            place,
            store,
            state,
            away,
            broken,
        }
    }

    /// Which Postgres.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What a job remembers of this store.
    #[must_use]
    pub fn key(&self) -> String {
        self.place.key()
    }

    /// How the store is.
    #[must_use]
    pub fn state(&self) -> StoreState {
        self.state.borrow().clone()
    }

    /// Wakes whenever the store comes or goes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<StoreState> {
        self.state.clone()
    }

    /// The store, if it is there now.
    #[must_use]
    pub fn now(&self) -> Option<Store> {
        self.store.borrow().clone()
    }

    /// The store, as soon as it is there.
    pub async fn store(&self) -> Store {
        let mut store = self.store.clone();
        let there = store
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|there| there.clone());
        match there {
            Some(store) => store,
            // The keeper lives as long as there is a link, so this ends with the runtime.
            None => std::future::pending().await,
        }
    }

    /// Asks the store, if it is there now.
    ///
    /// # Errors
    /// What the store said, or that it is away.
    pub async fn ask<T, F>(&self, ask: impl FnOnce(Store) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let store = self.now().ok_or_else(|| StoreError::Unreachable {
            at: self.state().address,
            why: self.why_away(),
        })?;
        let asked = ask(store).await;
        if asked.as_ref().is_err_and(StoreError::is_transient) {
            self.broken.notify_one();
        }
        asked
    }

    /// Does `work` on the store, however long it takes the store to be there and to stay there. `work` must bear being
    /// done twice: a commit whose answer was lost may have been done.
    ///
    /// # Errors
    /// What the store refuses for good.
    pub async fn insist<T, F>(&self, work: impl Fn(Store) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut wait = FIRST_WAIT;
        loop {
            match work(self.store().await).await {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "the store will be asked again");
                    self.broken.notify_one();
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                done => return done,
            }
        }
    }

    fn why_away(&self) -> String {
        match self.state().health {
            StoreHealth::Starting { step } => format!("it is being started ({step})"),
            StoreHealth::Away { .. } | StoreHealth::Refused { .. } => {
                self.away.lock().expect("no panic holds it").clone()
            }
            StoreHealth::Ready { .. } => "it is coming back".into(),
        }
    }
}

/// Brings the store up, again whenever it broke.
struct Keeper {
    place: Arc<Place>,
    folders: Folders,
    store: watch::Sender<Option<Store>>,
    state: watch::Sender<StoreState>,
    broken: Arc<Notify>,
    away: Arc<Mutex<String>>,
    /// While this is held, the embedded server stays up.
    running: Option<Running>,
}

impl Keeper {
    async fn run(mut self) {
        let mut wait = FIRST_WAIT;
        while !self.store.is_closed() {
            match self.bring_up().await {
                Ok(store) => {
                    wait = FIRST_WAIT;
                    self.ready(store.clone());
                    self.until_broken(&store).await;
                }
                Err(error) => {
                    self.failed(&error);
                    let closed = async { self.store.closed().await };
                    tokio::select! {
                        () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
                        () = closed => return,
                    }
                }
            }
        }
    }

    async fn bring_up(&mut self) -> Result<Store, StoreError> {
        let address = match &*self.place {
            Place::Configured(address) => Address::clone(address),
            Place::Embedded { guardian } => {
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
        // Whoever hears that it is ready finds it.
        self.store.send_replace(Some(store.clone()));
        self.state.send_modify(|state| {
            state.health = StoreHealth::Ready {
                version: store.version().to_owned(),
            };
            state.address = store.address_shown().to_owned();
            state.warning = store.warnings().first().cloned();
        });
    }

    /// Returns when the store does not answer any more, or nobody needs it.
    async fn until_broken(&self, store: &Store) {
        loop {
            tokio::select! {
                () = self.broken.notified() => {}
                () = self.store.closed() => return,
            }
            if let Err(error) = store.ping().await {
                self.store.send_replace(None);
                self.failed(&error);
                return;
            }
        }
    }

    fn failed(&self, error: &StoreError) {
        *self.away.lock().expect("no panic holds it") = error.reason().into_owned();
        let why = format!("failed to {error}");
        let health = if error.is_transient() {
            StoreHealth::Away { why }
        } else {
            StoreHealth::Refused { why }
        };
        self.state.send_if_modified(|state| {
            let changed = state.health != health;
            state.health = health;
            changed
        });
    }
}
