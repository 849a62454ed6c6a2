//! The jobs before one, of the same thing: how they ended and how long they took.

use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use super::{Result, Store};
use crate::job::{Earlier, Job, JobId, Status, What};

/// The commands of one host, or of this machine, are looked through as far as this.
const LOOKED_THROUGH: i64 = 2_000;
/// And as far as this, if it is done for each of many jobs.
const LOOKED_THROUGH_OF_EACH: i64 = 200;

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

/// Of many jobs; commands are looked for among fewer, since each of them looks.
const OF_MANY: &str = "
  select this.id as of, run.id, run.status,
    (extract(epoch from run.finished_at - run.started_at) * 1000)::bigint as took
  from ours.jobs as this cross join lateral (
    (select id, status, started_at, finished_at from ours.jobs
     where target = this.target and project = this.project and host is not distinct from this.host and id < this.id
       and isfinite(started_at) and isfinite(finished_at)
     order by id desc limit $2)
    union all
    (select id, status, started_at, finished_at
     from (select * from ours.jobs
           where this.project is null and host is not distinct from this.host and project is null and id < this.id
           order by id desc limit $3) as recent
     where command = this.command and isfinite(started_at) and isfinite(finished_at)
     order by id desc limit $2)) as run
  where this.id = any($1)
  order by this.id desc, run.id desc";

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

    /// The same of each of these jobs, however they ended; those without one are left out. Commands are found among the
    /// latest 200 of their place.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn earlier_of_each(
        &self,
        jobs: &[JobId],
        most: u32,
    ) -> Result<Vec<(JobId, Vec<Earlier>)>> {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        let query = sqlx::query(self.tables.sql(OF_MANY))
            .bind(ids)
            .bind(i64::from(most))
            .bind(LOOKED_THROUGH_OF_EACH);
        let rows = self.with(async |connection| query.fetch_all(connection).await);
        let mut found: Vec<(JobId, Vec<Earlier>)> = Vec::new();
        for row in &rows.await? {
            let (Ok(of), Some(earlier)) = (row.try_get("of"), earlier(row)) else {
                continue;
            };
            match found.last_mut().filter(|(job, _)| job.0 == of) {
                Some((_, list)) => list.push(earlier),
                None => found.push((JobId(of), vec![earlier])),
            }
        }
        Ok(found)
    }
}

fn earlier(row: &PgRow) -> Option<Earlier> {
    Some(Earlier {
        id: JobId(row.try_get("id").ok()?),
        status: row.try_get::<&str, _>("status").ok()?.parse().ok()?,
        took_ms: u64::try_from(row.try_get::<i64, _>("took").ok()?).unwrap_or(0),
    })
}
