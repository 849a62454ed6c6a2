//! Waiting for a server, and no longer than it may take.

use std::time::Duration;

/// How long a statement may take. A server that was frozen or cut off is noticed by this.
pub(super) const TO_ANSWER: Duration = Duration::from_secs(30);

/// Waits for an answer of the server, and no longer than a statement may take.
pub(super) async fn answer<T>(query: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(TO_ANSWER, query).await
}

pub(super) async fn within<T>(
    limit: Duration,
    query: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    match tokio::time::timeout(limit, query).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
