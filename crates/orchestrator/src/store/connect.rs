//! A store: a pool of connections to one Postgres whose tables are ours and up to date. Every wait has an end.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use secrecy::SecretString;
use sqlx::{
    ConnectOptions, Connection, PgConnection, Postgres, Row,
    pool::PoolConnection,
    postgres::{PgPool, PgPoolOptions},
};

use super::{
    Address, Result, StoreError, pooler, schema,
    tables::Tables,
    time_limit::{TO_ANSWER, within},
};

/// How long a server may take to let us in, or the pool to give a connection.
pub(super) const TO_CONNECT: Duration = Duration::from_secs(5);
/// How long a database may take to say whether our tables are in it: the start of an app waits for that.
const TO_LOOK: Duration = Duration::from_millis(1500);
/// Connections at most to our own server, and to one that a team shares, whose few hundred are soon used up. One more
/// listens.
const CONNECTIONS: u32 = 8;
const SHARED_CONNECTIONS: u32 = 3;
/// How long one more than is needed is kept.
const KEPT: Duration = Duration::from_secs(30);
/// How long it may take until it is noticed that a newer app has changed the tables.
const TO_NOTICE: Duration = Duration::from_secs(1);
/// How long it may take to give a connection back to the pool.
const GIVEN_BACK: Duration = Duration::from_secs(1);
/// A connection that lay idle this long is tried before it is used, since its server may be gone.
const STALE: Duration = Duration::from_secs(1);

/// A Postgres whose tables are ours. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: PgPool,
    pub(super) tables: Tables,
    about: Arc<About>,
    loss: Arc<Loss>,
    /// When the tables were last seen to be of no newer app.
    looked: Arc<Mutex<Instant>>,
}

/// What was found when it was connected to.
#[derive(Debug)]
struct About {
    at: String,
    uri: String,
    password: Option<SecretString>,
    version: String,
    warnings: Vec<String>,
    /// Whether it has to be the one of several that takes writes.
    primary: bool,
}

impl Store {
    /// Connects, sees that the tables there are ours, and brings them up to date.
    ///
    /// # Errors
    /// All that [`StoreError`] has for a server: unreachable within 5 s, not let in, a stranger's `jobs` table (which is
    /// left as it is), tables of a newer app, an encoding that cannot hold logs, a pooler that shares sessions.
    pub async fn connect(address: &Address) -> Result<Self> {
        let mut passed = Passed::default();
        for one in address.each() {
            match Self::connect_to(one, address).await {
                Err(error) if passed.over(address, one, &error) => {}
                done => return done,
            }
        }
        Err(passed.none_left(address))
    }

    /// Connects to one of the servers that an address names.
    async fn connect_to(address: &Address, whole: &Address) -> Result<Self> {
        let at = address.shown();
        let mut connection = within(TO_CONNECT, address.options.connect())
            .await
            .map_err(|error| StoreError::of(&at, error))?;
        if whole.primary {
            let follows = within(TO_CONNECT, is_standby(&mut connection)).await;
            if follows.map_err(|error| StoreError::of(&at, error))? {
                return Err(standby(&at));
            }
        }
        if !address.own {
            pooler::refuse(&mut connection, address).await?;
        }
        let server = schema::settle(&mut connection, address).await?;
        // The answer is in; how the parting went does not matter. A pooler may give the session on.
        drop(within(TO_CONNECT, connection.clear_cached_statements()).await);
        drop(within(TO_CONNECT, connection.close()).await);

        let mut warnings = server.warnings;
        warnings.extend(address.exposure().map(str::to_owned));
        let (uri, password) = whole.uri();
        let loss = Arc::<Loss>::default();
        Ok(Self {
            pool: pool(address, Arc::clone(&loss)),
            tables: server.tables,
            loss,
            looked: Arc::new(Mutex::new(Instant::now())),
            about: Arc::new(About {
                at,
                uri,
                password: password.map(SecretString::from),
                version: server.version,
                warnings,
                primary: whole.primary,
            }),
        })
    }

    /// Looks whether a database holds our tables already, without changing it; within a second and a half for each server.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn is_ours(address: &Address) -> Result<bool> {
        let mut passed = Passed::default();
        for one in address.each() {
            match Self::is_ours_at(one).await {
                Err(error) if passed.over(address, one, &error) => {}
                done => return done,
            }
        }
        Err(passed.none_left(address))
    }

    async fn is_ours_at(address: &Address) -> Result<bool> {
        let at = address.shown();
        let look = async {
            let mut connection = within(TO_LOOK, address.options.connect())
                .await
                .map_err(|error| StoreError::of(&at, error))?;
            let ours = schema::holds_ours(&mut connection, address).await;
            drop(connection.close().await);
            ours
        };
        tokio::time::timeout(TO_LOOK, look)
            .await
            .unwrap_or_else(|_| {
                Err(StoreError::Unreachable {
                    at: at.clone(),
                    why: "no answer in time".to_owned(),
                })
            })
    }

    /// Whether both share their connections.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.about, &other.about)
    }

    /// The server's version, as `18.4`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.about.version
    }

    /// What a person should know and need not act on: a superuser role, a connection without TLS.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.about.warnings
    }

    /// The address without its password.
    #[must_use]
    pub fn address_shown(&self) -> &str {
        &self.about.at
    }

    /// The address as psql takes it, without the password.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.about.uri
    }

    /// The password that the address had.
    #[must_use]
    pub fn password(&self) -> Option<&SecretString> {
        self.about.password.as_ref()
    }

    /// Asks the server for a sign of life; one of several, whether it takes writes still.
    ///
    /// # Errors
    /// If none comes, or it does not.
    pub async fn ping(&self) -> Result<()> {
        let (at, primary) = (&self.about.at, self.about.primary);
        if !primary {
            let ping = async |connection: &mut PgConnection| connection.ping().await;
            return self.with_within(TO_CONNECT, ping).await;
        }
        // Not by the pool, which goes on trying a server that is gone for as long as it may: another one may be there.
        let options = self.pool.connect_options();
        let asked = async {
            let mut connection = options.connect().await?;
            let follows = is_standby(&mut connection).await;
            drop(connection.close().await);
            follows
        };
        match within(TO_CONNECT, asked).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(standby(at)),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// Closes all connections; what is under way is waited for, at most 5 s.
    pub async fn close(&self) {
        drop(tokio::time::timeout(TO_CONNECT, self.pool.close()).await);
    }

    /// Does one piece of work on a connection of its own. It may take as long as a statement may.
    pub(super) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        self.with_within(TO_ANSWER, work).await
    }

    /// The same with another limit.
    pub(super) async fn with_within<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        let connection = self.pool.acquire().await;
        let mut held = PooledConnection {
            connection: Some(connection.map_err(|error| self.fault(error))?),
            loss: Arc::clone(&self.loss),
        };
        let outcome = within(limit, work(&mut held)).await;
        held.end(outcome).map_err(|error| self.fault(error))
    }

    /// The same for work that writes. A newer app may have changed the tables since we came: then no row is written any
    /// more.
    pub(super) async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        self.write_within(TO_ANSWER, work).await
    }

    /// The same with another limit.
    pub(super) async fn write_within<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        if self.looked.lock().elapsed() >= TO_NOTICE {
            let version =
                self.with(async |connection| schema::version(connection, &self.tables).await);
            schema::is_known(&self.about.at, version.await?)?;
            *self.looked.lock() = Instant::now();
        }
        self.with_within(limit, work).await
    }

    /// Sorts an error of the driver.
    pub(super) fn fault(&self, error: sqlx::Error) -> StoreError {
        StoreError::of(&self.about.at, error)
    }
}

/// Why servers of an address were passed over.
#[derive(Default)]
struct Passed(Vec<String>);

impl Passed {
    /// Whether the next server is asked after this answer: one that is away, or takes no writes, is passed over; what another
    /// says is not for us to get round.
    fn over(&mut self, address: &Address, one: &Address, error: &StoreError) -> bool {
        let is_over = address.each().len() > 1 && error.is_transient();
        if is_over {
            self.0.push(format!("{}: {}", one.shown(), error.reason()));
        }
        is_over
    }

    fn none_left(self, address: &Address) -> StoreError {
        StoreError::Unreachable {
            at: address.shown(),
            why: self.0.join("; "),
        }
    }
}

/// Whether the server only follows another one.
async fn is_standby(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let ask = sqlx::raw_sql("select pg_is_in_recovery() as follows").fetch_one(connection);
    ask.await?.try_get("follows")
}

fn standby(at: &str) -> StoreError {
    StoreError::Unreachable {
        at: at.to_owned(),
        why: "it is a standby, which takes no writes".to_owned(),
    }
}

/// A connection that goes back to the pool only when its work came to an end. If the work failed, was given up or its
/// future dropped, it is unknown what the server will still send, so the connection is dropped with it.
struct PooledConnection {
    connection: Option<PoolConnection<Postgres>>,
    loss: Arc<Loss>,
}

impl PooledConnection {
    /// Gives the connection back, unless the work failed.
    fn end<T>(mut self, outcome: sqlx::Result<T>) -> sqlx::Result<T> {
        if outcome.is_ok() {
            drop(self.connection.take());
        }
        outcome
    }
}

impl Deref for PooledConnection {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.connection.as_deref().expect("held until its end")
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_deref_mut().expect("held until its end")
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
            self.loss.happened();
        }
    }
}

/// When a connection was last lost. Those that lay idle then may have died with it, so each is tried before it is used:
/// otherwise every one of a pool would fail somebody once, after one restart of the server.
/// One that was being given back in that moment counts as used since: so for a while each is tried.
#[derive(Debug, Default)]
struct Loss(Mutex<Option<Instant>>);

impl Loss {
    fn happened(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    /// Whether one was lost since a connection that is idle for this long was last used.
    fn within(&self, idle: Duration) -> bool {
        let lost = *self.0.lock();
        lost.is_some_and(|lost| lost.elapsed() <= idle + GIVEN_BACK)
    }
}

/// Connections whose sessions are as the server and the role have them: no setting in one outlasts a transaction.
fn pool(address: &Address, loss: Arc<Loss>) -> PgPool {
    let most = match address.own {
        true => CONNECTIONS,
        false => SHARED_CONNECTIONS,
    };
    PgPoolOptions::new()
        .max_connections(most)
        .idle_timeout(KEPT)
        .acquire_timeout(TO_CONNECT)
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let doubtful = about.idle_for > STALE || loss.within(about.idle_for);
            Box::pin(async move {
                if doubtful {
                    within(TO_CONNECT, connection.ping()).await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(address.options.clone())
}
