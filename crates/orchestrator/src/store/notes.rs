//! What people say of jobs, and which of them they pin.

use chrono::{DateTime, Utc};
use sqlx::{Row, postgres::PgRow};

use super::{
    Result, Store,
    changes::{CHANNEL, NOTED},
    moment::Moment,
};
use crate::job::{JobId, Note};

const SET: &str = "with noted as (
     insert into ours.job_notes (job_id, pinned, text, by, at) select id, $2, $3, $4, now() from ours.jobs where id = $1
     on conflict (job_id) do update set pinned = excluded.pinned, text = excluded.text, by = excluded.by, at = excluded.at
     returning job_id, at)
   select at, pg_notify($5, $6 || job_id::text), set_config('synchronous_commit', 'on', true) from noted";

impl Store {
    /// Writes the note on a job, in place of an earlier one, and returns it; none if there is no such job.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn set_note(
        &self,
        job: JobId,
        pinned: bool,
        text: &str,
        by: &str,
    ) -> Result<Option<Note>> {
        let set = sqlx::query(self.tables.sql(SET))
            .bind(job.0)
            .bind(pinned)
            .bind(text.replace('\0', "\u{fffd}"))
            .bind(by)
            .bind(CHANNEL)
            .bind(NOTED);
        let row = self.with(async |connection| set.fetch_optional(connection).await);
        Ok(row.await?.map(|row| Note {
            pinned,
            text: text.to_owned(),
            by: by.to_owned(),
            at: time(&row),
        }))
    }

    /// The notes on these jobs; jobs without one are left out.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn notes(&self, jobs: &[JobId]) -> Result<Vec<(JobId, Note)>> {
        let ids: Vec<_> = jobs.iter().map(|job| job.0).collect();
        let select =
            "select job_id, pinned, text, by, at from ours.job_notes where job_id = any($1)";
        let select = sqlx::query(self.tables.sql(select)).bind(ids);
        let noted = |row: &PgRow| -> sqlx::Result<(JobId, Note)> {
            let note = Note {
                pinned: row.try_get("pinned")?,
                text: row.try_get("text")?,
                by: row.try_get("by")?,
                at: time(row),
            };
            Ok((JobId(row.try_get("job_id")?), note))
        };
        self.with(async |connection| {
            let rows = select.fetch_all(connection).await?;
            rows.iter().map(noted).collect()
        })
        .await
    }
}

/// When a note was written; 1970 if its row has a time that chrono cannot hold.
fn time(row: &PgRow) -> DateTime<Utc> {
    let time = row.try_get::<Moment, _>("at");
    time.map_or(DateTime::UNIX_EPOCH, |time| time.0)
}
