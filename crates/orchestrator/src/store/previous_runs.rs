//! The jobs before one, of the same thing: how they ended and how long they took.

use sqlx::{Row, postgres::PgRow};

use super::{Result, Store};
use crate::job::{Earlier, Job, JobId, Status, What};

/// The commands of one host, or of this machine, are looked through as far as this.
const LOOKED_THROUGH: i64 = 2_000;

const OF_TARGET: &str = "
  select id, status, (extract(epoch from finished_at - started_at) * 1000)::bigint as took
  from ours.jobs
  where target = $1 and project = $2 and host is not distinct from $6 and id < $3 and isfinite(started_at) and isfinite(finished_at)
    and ($5::text is null or status = $5)
  order by id desc limit $4";

const OF_COMMAND: &str = "
  select id, status, (extract(epoch from finished_at - started_at) * 1000)::bigint as took
  from (select * from ours.jobs
        where host is not distinct from $1 and project is null and id < $2
        order by id desc limit $3) as recent
  where command = $4 and isfinite(started_at) and isfinite(finished_at)
    and ($6::text is null or status = $6)
  order by id desc limit $5";

impl Store {
    /// The jobs before this one of the same target of its project, or of the same command at the same place, that began
    /// and ended, in this way alone if one is named; newest first, at most so many. Commands are found among the latest 2,000
    /// of their place.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn earlier(
        &self,
        job: &Job,
        only: Option<Status>,
        most: u32,
    ) -> Result<Vec<Earlier>> {
        let (only, most) = (only.map(Status::word), i64::from(most));
        let query = match &job.what {
            What::Target {
                project, targets, ..
            } => sqlx::query(self.tables.sql(OF_TARGET))
                .bind(targets.join(" "))
                .bind(project)
                .bind(job.id.0)
                .bind(most)
                .bind(only)
                .bind(job.host()),
            What::Command => sqlx::query(self.tables.sql(OF_COMMAND))
                .bind(job.host())
                .bind(job.id.0)
                .bind(LOOKED_THROUGH)
                .bind(&job.command)
                .bind(most)
                .bind(only),
        };
        let rows = self.with(async |connection| query.fetch_all(connection).await);
        // What cannot be read is left out: it is a line of the list.
        Ok(rows.await?.iter().filter_map(earlier).collect())
    }
}

fn earlier(row: &PgRow) -> Option<Earlier> {
    Some(Earlier {
        id: JobId(row.try_get("id").ok()?),
        status: row.try_get::<&str, _>("status").ok()?.parse().ok()?,
        took_ms: u64::try_from(row.try_get::<i64, _>("took").ok()?).unwrap_or(0),
    })
}
