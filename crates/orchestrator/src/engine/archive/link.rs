//! The way to the store: brings it up, keeps it up, and reports its state. All calls to the store wait here, and only
//! here.

mod keeper;
mod trouble;

use std::{
    ffi::OsString,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

pub(in crate::engine) use self::trouble::Backoff;
use self::{keeper::Keeper, trouble::Trouble};
use crate::{
    folders::Folders,
    job::JobId,
    store::{Address, Store, StoreError},
    wire::{StoreHealth, StoreState},
};

/// A store that has not answered for this long is asked for a sign of life.
const SLOW: Duration = Duration::from_secs(5);

/// Jobs that send a lot at once: two keep a server busy, and leave connections and processors to everybody else.
const BULK: usize = 2;

/// Between two times that a server is asked to make room.
const ROOM_AGAIN: Duration = Duration::from_secs(5);

/// Which Postgres.
#[derive(Debug, Clone)]
pub enum Database {
    /// Our own private one, in the data folder.
    Embedded {
        /// The program and arguments that guard it: `vmo postgres`.
        guardian: Vec<OsString>,
    },
    /// A configured one.
    Configured(Box<Address>),
}

impl Database {
    /// What a job remembers of the store it was started with.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Embedded { .. } => "embedded".into(),
            Self::Configured(address) => match address.schema() {
                Some(schema) => format!("{}, schema {schema}", address.shown()),
                None => address.shown(),
            },
        }
    }

    /// Whether this is the store that a job remembers so; earlier versions did not remember the schema.
    #[must_use]
    pub fn is(&self, remembered: &str) -> bool {
        let is_same = |address: &Address| address.shown() == remembered;
        remembered == self.key() || matches!(self, Self::Configured(address) if is_same(address))
    }
}

/// The way to the store. Clones share it; it ends with the last one.
#[derive(Debug, Clone)]
pub struct Link {
    place: Arc<Database>,
    store: watch::Receiver<Option<Store>>,
    state: watch::Receiver<StoreState>,
    /// Why the store was away when it last was, for who asks meanwhile.
    away: Arc<Mutex<String>>,
    trouble: Arc<Trouble>,
    bulk: Arc<Semaphore>,
    /// When our own server was last asked to make room.
    room_made: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl Link {
    /// Starts to bring the store up, in the background.
    #[must_use]
    pub fn open(place: Database, folders: Folders) -> Self {
        let (store_in, store) = watch::channel(None);
        let (state_in, state) = watch::channel(StoreState {
            embedded: matches!(place, Database::Embedded { .. }),
            address: place.key(),
            health: StoreHealth::Starting {
                step: "connecting".into(),
            },
            warning: None,
        });
        let place = Arc::new(place);
        let trouble = Arc::<Trouble>::default();
        let away = Arc::new(Mutex::default());
        let keeper = Keeper {
            place: Arc::clone(&place),
            folders,
            store: store_in,
            state: state_in,
            trouble: Arc::clone(&trouble),
            away: Arc::clone(&away),
            running: None,
        };
        tokio::spawn(keeper.run());
        Self {
            place,
            store,
            state,
            away,
            trouble,
            bulk: Arc::new(Semaphore::new(BULK)),
            room_made: Arc::default(),
        }
    }

    /// A turn to send a lot at once; others wait until it is dropped.
    pub(in crate::engine) async fn bulk(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.bulk).acquire_owned().await.ok()
    }

    /// The same, if no call waits for one.
    pub(in crate::engine) fn bulk_now(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.bulk).try_acquire_owned().ok()
    }

    /// Has our own server give back what its write-ahead log takes of the disk it shares with the spools, at most once in a
    /// while. Whoever archives is not kept from it by what goes wrong here.
    pub(in crate::engine) async fn make_room(&self) {
        let (Database::Embedded { .. }, Some(store)) = (&*self.place, self.now()) else {
            return;
        };
        // Somebody is at it.
        let Ok(mut last) = self.room_made.try_lock() else {
            return;
        };
        if last.is_some_and(|at| at.elapsed() < ROOM_AGAIN) {
            return;
        }
        *last = Some(Instant::now());
        if let Err(error) = store.checkpoint().await {
            tracing::debug!(%error, "the write-ahead log is cut when the server does it");
        }
    }

    /// Which Postgres.
    #[must_use]
    pub fn database(&self) -> &Database {
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

    /// Waits until another store is in use than this one: the server may be another one of several.
    pub(in crate::engine) async fn left(&self, store: &Store) {
        let mut now = self.store.clone();
        let is_other = |now: &Option<Store>| now.as_ref().is_some_and(|now| !now.is(store));
        // The keeper lives as long as there is a link.
        if now.wait_for(is_other).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Has the keeper look whether the store is there.
    pub(in crate::engine) fn look(&self) {
        self.trouble.met.notify_one();
    }

    /// Asks the store, if it is there now.
    ///
    /// # Errors
    /// The store's answer, or that it is away.
    pub async fn ask<T>(
        &self,
        ask: impl AsyncFnOnce(Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let store = self.now().ok_or_else(|| StoreError::Unreachable {
            at: self.state().address,
            why: self.why_away(),
        })?;
        let answer = self.attended(ask(store)).await;
        if answer.as_ref().is_err_and(StoreError::is_transient) {
            self.trouble.met.notify_one();
        }
        answer
    }

    /// Reads from the store, however long it takes the store to be there, to stay there and to let us in.
    ///
    /// # Errors
    /// What is wrong with the work itself, and not with the store.
    pub async fn insist<T, F>(&self, work: impl Fn(Store) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        self.keep_trying(work, false).await
    }

    /// Writes to the store, as [`Link::insist`] reads from it. `work` must bear being done twice: a commit whose answer was
    /// lost may have been done.
    ///
    /// # Errors
    /// Whatever does not heal by itself: whoever writes reports it at the job, and tries again.
    pub async fn insist_on_writing<T, F>(&self, work: impl Fn(Store) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        self.keep_trying(work, true).await
    }

    async fn keep_trying<T, F>(
        &self,
        work: impl Fn(Store) -> F,
        writes: bool,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let (mut waits, mut failed) = (Backoff::new(), 0);
        loop {
            let work = work(self.store().await);
            match self.attended(work).await {
                Err(error) if error.is_transient() || (!writes && error.is_of_the_server()) => {
                    tracing::debug!(%error, "the store will be asked again");
                    failed += 1;
                    self.trouble.meet(&error, failed);
                    tokio::time::sleep(waits.next()).await;
                }
                done => {
                    if done.is_ok() && (writes || failed > 0) {
                        self.trouble.overcome();
                    }
                    return done;
                }
            }
        }
    }

    /// Reports an answer by which a job cannot be archived, until it [goes on](Self::goes_on).
    pub(in crate::engine) fn fails(&self, job: JobId, error: &StoreError) {
        self.trouble.meet_at(job, error);
    }

    /// Reports that a job is archived as it should be, or need not be any more.
    pub(in crate::engine) fn goes_on(&self, job: JobId) {
        self.trouble.overcome_at(job);
    }

    /// Waits for an answer; the keeper looks whether the store lives as often as it takes too long.
    async fn attended<T>(&self, answer: impl Future<Output = T>) -> T {
        let mut answer = std::pin::pin!(answer);
        let (mut is_late, mut waits) = (false, None);
        loop {
            match tokio::time::timeout(SLOW, &mut answer).await {
                Ok(answer) => return answer,
                Err(_) => {
                    if is_late {
                        waits.get_or_insert_with(|| self.trouble.waits());
                    }
                    is_late = true;
                    self.trouble.met.notify_one();
                }
            }
        }
    }

    fn why_away(&self) -> String {
        match self.state().health {
            StoreHealth::Starting { step } => format!("it is being started ({step})"),
            StoreHealth::Away { .. } | StoreHealth::Refused { .. } => self.away.lock().clone(),
            StoreHealth::Ready { .. } => "it is coming back".into(),
        }
    }
}
