//! Saving and listing batches. A batch is written by the engine that drives it alone, and as a whole.

use sqlx::{Row, postgres::PgRow, types::Json};
use uuid::Uuid;

use super::{Result, Store, columns::without_nul, jobs::id_range};
use crate::{batch::Batch, ids};

const SAVE: &str = "with saved as (
     insert into ours.job_batches as old (
       id, owner, command, chosen, status, hosts, done, queued_at, finished_at, changes, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (id) do update set
       status = excluded.status, done = excluded.done, finished_at = excluded.finished_at,
       changes = excluded.changes, detail = excluded.detail
     where excluded.changes >= old.changes
     returning id)
   select set_config('synchronous_commit', 'on', true) from saved";

impl Store {
    /// Writes a batch as it is, new or known. A call that comes late has no effect.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn save_batch(&self, batch: &Batch) -> Result<()> {
        let mut detail = serde_json::to_value(batch).unwrap_or_default();
        without_nul(&mut detail);
        let counts = batch.counts();
        let hosts = i32::try_from(batch.hosts.len()).unwrap_or(i32::MAX);
        let save = sqlx::query(self.tables.sql(SAVE))
            .bind(batch.id)
            .bind(&batch.owner)
            .bind(batch.command.replace('\0', "\u{fffd}"))
            .bind(batch.chosen.replace('\0', "\u{fffd}"))
            .bind(batch.status().word())
            .bind(hosts)
            .bind(i32::try_from(counts.done).unwrap_or(i32::MAX))
            .bind(batch.queued_at)
            .bind(batch.finished_at)
            .bind(batch.changes.cast_signed())
            .bind(detail);
        let saved = self.write(async |connection| save.fetch_optional(connection).await);
        saved.await.map(|_saved| ())
    }

    /// Batches, newest first, and after all others those that a clock ahead has made; at most so many. A row that cannot be
    /// read is left out.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn list_batches(&self, limit: u32) -> Result<Vec<Batch>> {
        let select = "select id, detail from ours.job_batches where detail -> 'rules' ->> 'looks' is null \
                      order by id >= $2, id desc limit $1";
        let select = sqlx::query(self.tables.sql(select))
            .bind(i64::from(limit))
            .bind(ids::first_ahead());
        let rows = self.with(async |connection| select.fetch_all(connection).await);
        Ok(rows.await?.iter().filter_map(batch).collect())
    }

    /// The batches whose id begins so, with or without dashes, newest first, at most ten.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn batches_by_prefix(&self, prefix: &str) -> Result<Vec<Batch>> {
        let Some((first, last)) = id_range(prefix) else {
            return Ok(Vec::new());
        };
        let select = "select id, detail from ours.job_batches where id between $1 and $2 order by id desc limit 10";
        let select = sqlx::query(self.tables.sql(select)).bind(first).bind(last);
        let rows = self.with(async |connection| select.fetch_all(connection).await);
        Ok(rows.await?.iter().filter_map(batch).collect())
    }
}

fn batch(row: &PgRow) -> Option<Batch> {
    match row.try_get::<Json<Batch>, _>("detail") {
        Ok(Json(batch)) => Some(batch),
        Err(error) => {
            let id = row.try_get::<Uuid, _>("id").unwrap_or_default();
            tracing::warn!(batch = %id, %error, "a batch's row cannot be read");
            None
        }
    }
}
