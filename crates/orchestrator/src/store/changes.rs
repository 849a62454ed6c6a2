//! Which jobs changed, as the server notifies it: a hint and no more, since it is not repeated if it came while the
//! connection was away. Who listens has to look again after [`Change::Missed`], and now and then anyway.

use std::{io::ErrorKind, time::Duration};

use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};

use super::{
    Result, Store, StoreError,
    connect::TO_CONNECT,
    time_limit::{answer, within},
};
use crate::job::JobId;

/// The name the server passes these hints under.
pub(super) const CHANNEL: &str = "vmo_jobs";
/// What hints of changed notes begin with; those of changed jobs are an id alone.
pub(super) const NOTED: &str = "noted ";

/// How long the server may be silent until it is asked for a sign of life: of a connection that is dead at its other end
/// alone nothing else would ever be seen.
const SILENCE: Duration = Duration::from_secs(20);
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// This job is new, changed or gone.
    Job(JobId),
    /// Somebody wrote a note on this job.
    Note(JobId),
    /// The connection is lost, and is made again.
    Lost,
    /// The connection was away: any job may have changed.
    Missed,
}

/// The hints of one server, on a connection of its own. It reconnects by itself, for ever.
pub struct Changes {
    store: Store,
    listener: Option<PgListener>,
    pause: Duration,
}

impl Store {
    /// Listens for changed jobs, from whichever app they come, this one included.
    ///
    /// # Errors
    /// If the server cannot be reached now; later losses are made good by itself.
    pub async fn subscribe(&self) -> Result<Changes> {
        let listener = listen(self).await.map_err(|error| self.fault(error))?;
        Ok(Changes {
            store: self.clone(),
            listener: Some(listener),
            pause: SHORTEST_PAUSE,
        })
    }
}

impl Changes {
    /// Waits for the next hint. May be given up at any time without losing one.
    pub async fn next(&mut self) -> Change {
        loop {
            if let Some(listener) = &mut self.listener {
                match heard(listener).await {
                    Ok(Heard::Hint(hint)) => match change(hint.payload()) {
                        Some(change) => return change,
                        // Anybody may speak on this channel.
                        None => continue,
                    },
                    Ok(Heard::Life) => continue,
                    Err(error) => {
                        tracing::debug!(error = %StoreError::of(self.store.address_shown(), error), "stopped listening");
                        self.listener = None;
                        return Change::Lost;
                    }
                }
            }
            tokio::time::sleep(self.pause).await;
            if let Ok(listener) = listen(&self.store).await {
                self.listener = Some(listener);
                self.pause = SHORTEST_PAUSE;
                return Change::Missed;
            }
            self.pause = LONGEST_PAUSE.min(self.pause * 2);
        }
    }
}

/// What came of waiting for a hint.
enum Heard {
    Hint(PgNotification),
    /// Nothing was sent, and the server is there.
    Life,
}

/// Waits for a hint, or for the proof that none could have come. May be given up at any time without losing one.
async fn heard(listener: &mut PgListener) -> sqlx::Result<Heard> {
    match tokio::time::timeout(SILENCE, listener.try_recv()).await {
        Ok(Ok(Some(hint))) => Ok(Heard::Hint(hint)),
        Ok(Ok(None)) => Err(sqlx::Error::Io(ErrorKind::ConnectionReset.into())),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            // Hints that come before its answer are kept for the next turn.
            within(TO_CONNECT, sqlx::query("select").execute(&mut *listener)).await?;
            Ok(Heard::Life)
        }
    }
}

/// What was sent.
fn change(payload: &str) -> Option<Change> {
    match payload.strip_prefix(NOTED) {
        Some(id) => id.parse().ok().map(Change::Note),
        None => payload.parse().ok().map(Change::Job),
    }
}

async fn listen(store: &Store) -> sqlx::Result<PgListener> {
    // A pool of one, so that the listener does not take a connection from the statements.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with((*store.pool.connect_options()).clone());
    let mut listener = answer(PgListener::connect_with(&pool)).await?;
    // What is missed is known here only if it connects again here.
    listener.eager_reconnect(false);
    answer(listener.listen(CHANNEL)).await?;
    Ok(listener)
}
