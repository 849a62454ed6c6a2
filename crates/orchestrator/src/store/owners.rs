//! Who is there: each owner's engine says so now and then, and the others see who has not for a while. All times are
//! the server's, so that no machine's clock matters.

use std::time::Duration;

use super::{Result, Store, connect::answer};

impl Store {
    /// Says that an engine of this owner is there.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn beat(&self, owner: &str) -> Result<()> {
        let beat = "insert into ours.job_owners (owner, seen_at) values ($1, now())
                    on conflict (owner) do update set seen_at = excluded.seen_at";
        let mut held = self.hold().await?;
        let done = answer(
            sqlx::query(self.tables.sql(beat))
                .bind(owner)
                .execute(&mut *held),
        )
        .await;
        held.end(done).map_err(|error| self.fault(error))?;
        Ok(())
    }

    /// The owners that have said so, and not for this long.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn silent_owners(&self, since: Duration) -> Result<Vec<String>> {
        let silent = "select owner from ours.job_owners where seen_at < now() - make_interval(secs => $1) order by owner";
        let mut held = self.hold().await?;
        let asked = sqlx::query_scalar(self.tables.sql(silent)).bind(since.as_secs_f64());
        let owners = answer(asked.fetch_all(&mut *held)).await;
        held.end(owners).map_err(|error| self.fault(error))
    }
}
