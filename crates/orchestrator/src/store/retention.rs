//! What the history need not keep: by age, count and size. Pinned jobs and those that somebody noted something of stay.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Row, postgres::PgRow};

use super::{Result, Store, changes::CHANNEL};
use crate::job::{JobId, Kept, Outdated};

/// How long the server may take to go through all that it has.
const TO_RECLAIM: Duration = Duration::from_secs(6 * 3600);

/// Which jobs need not be kept: those that are over and that any rule that is given names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// Asked for before this time.
    pub before: Option<DateTime<Utc>>,
    /// All but so many of the newest.
    pub jobs: Option<u64>,
    /// All that are older than the newest ones with so many bytes of log.
    pub bytes: Option<u64>,
    /// Only those of this project.
    pub project: Option<String>,
    /// None of these projects.
    pub but: Vec<String>,
    /// Only those of this owner, `user@machine`.
    pub owner: Option<String>,
}

/// A job's time may be infinite, if an older app wrote it.
const KEPT: &str = "select count(*) as jobs, coalesce(sum(bytes), 0)::bigint as bytes,
     min(queued_at) filter (where isfinite(queued_at)) as oldest
   from ours.jobs";

/// The jobs that the rules are about, newest first, each with what the rules need.
macro_rules! outdated {
    ($select:literal) => {
        concat!(
            "with kept as (
               select job.id, job.bytes, job.queued_at,
                 note.job_id is not null as stays,
                 count(*) filter (where note.job_id is null) over newest_first as place,
                 sum(job.bytes) filter (where note.job_id is null) over newest_first as up_to
               from ours.jobs job
               left join ours.job_notes note on note.job_id = job.id and (note.pinned or note.text <> '')
               where job.status in ('done', 'error', 'canceled', 'lost')
                 and ($4::text is null or job.project = $4) and ($5::text is null or job.owner = $5)
                 and (job.project is null or job.project <> all($6))
               window newest_first as (order by job.id desc)
             ), outdated as (
               select * from kept where queued_at < $1 or place > $2 or up_to > $3
             ) ",
            $select
        )
    };
}

const COUNT: &str = outdated!(
    "select count(*) filter (where not stays) as jobs, coalesce(sum(bytes) filter (where not stays), 0)::bigint as bytes,
       min(queued_at) filter (where not stays) as first, max(queued_at) filter (where not stays) as last,
       count(*) filter (where stays) as stay
     from outdated"
);

const OLDEST: &str =
    outdated!("select id, bytes from outdated where not stays order by id limit $7");

/// Of each job that has gone its id, to all who list them.
const DELETE: &str = "with gone as (
     delete from ours.jobs job where id = any($1)
       and not exists (select from ours.job_notes note
                       where note.job_id = job.id and (note.pinned or note.text <> ''))
     returning id, bytes)
   select coalesce(sum(bytes), 0)::bigint as bytes, count(*) as jobs, count(pg_notify($2, id::text)) as told from gone";

/// The same of those that a person names.
const DELETE_OWN: &str = "with gone as (
     delete from ours.jobs job where id = any($1) and owner = $3 and status in ('done', 'error', 'canceled', 'lost')
       and not exists (select from ours.job_notes note
                       where note.job_id = job.id and (note.pinned or note.text <> ''))
     returning id)
   select id from (select id, pg_notify($2, id::text) from gone) told order by id";

impl Store {
    /// What the rules let go.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn outdated(&self, rules: &Retention) -> Result<Outdated> {
        let count = self.ruled(COUNT, rules);
        let row = self.with(async |connection| count.fetch_one(connection).await);
        let outdated = |row: PgRow| -> sqlx::Result<Outdated> {
            let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
            let first: Option<DateTime<Utc>> = row.try_get("first")?;
            Ok(Outdated {
                jobs: number("jobs")?,
                bytes: number("bytes")?,
                span: first.zip(row.try_get("last")?),
                stay: number("stay")?,
            })
        };
        outdated(row.await?).map_err(|error| self.fault(error))
    }

    /// The oldest jobs that the rules let go, at most so many, with the bytes of their logs.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn oldest_outdated(&self, rules: &Retention, most: u32) -> Result<Vec<(JobId, u64)>> {
        let oldest = self.ruled(OLDEST, rules).bind(i64::from(most));
        let rows = self.with(async |connection| oldest.fetch_all(connection).await);
        let job = |row: &PgRow| {
            let bytes = row.try_get::<i64, _>("bytes").ok()?;
            Some((JobId(row.try_get("id").ok()?), bytes.cast_unsigned()))
        };
        Ok(rows.await?.iter().filter_map(job).collect())
    }

    /// Drops these jobs and their logs but those that were pinned or noted meanwhile: how many have gone, and the bytes of
    /// their logs.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn drop_jobs(&self, jobs: &[JobId]) -> Result<(u64, u64)> {
        let ids: Vec<_> = jobs.iter().map(|job| job.0).collect();
        let delete = sqlx::query(self.tables.sql(DELETE)).bind(ids).bind(CHANNEL);
        let row = self.write(async |connection| delete.fetch_one(connection).await);
        let row = row.await?;
        let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
        let gone = number("jobs").and_then(|jobs| Ok((jobs, number("bytes")?)));
        gone.map_err(|error| self.fault(error))
    }

    /// Drops these jobs and their logs but those that are not over, are of others, or were pinned or noted: those that have gone.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn delete_own(&self, jobs: &[JobId], owner: &str) -> Result<Vec<JobId>> {
        let ids: Vec<_> = jobs.iter().map(|job| job.0).collect();
        let delete = sqlx::query_scalar(self.tables.sql(DELETE_OWN));
        let delete = delete.bind(ids).bind(CHANNEL).bind(owner);
        let gone = self.write(async |connection| delete.fetch_all(connection).await);
        Ok(gone.await?.into_iter().map(JobId).collect())
    }

    /// How much is kept.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn kept(&self) -> Result<Kept> {
        let count = sqlx::query(self.tables.sql(KEPT));
        let row = self.with(async |connection| count.fetch_one(connection).await);
        let kept = |row: PgRow, on_disk: u64| -> sqlx::Result<Kept> {
            let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
            Ok(Kept {
                jobs: number("jobs")?,
                bytes: number("bytes")?,
                on_disk,
                oldest: row.try_get("oldest")?,
            })
        };
        let row = row.await?;
        kept(row, self.size_on_disk().await?).map_err(|error| self.fault(error))
    }

    /// Bytes that the history takes on the server's disk.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn size_on_disk(&self) -> Result<u64> {
        let size = sqlx::query_scalar::<_, i64>(
            "select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class
             where relnamespace = to_regnamespace($1) and relname in ('jobs', 'job_logs')",
        )
        .bind(self.tables.schema());
        let size = self.with(async |connection| size.fetch_one(connection).await);
        Ok(size.await?.cast_unsigned())
    }

    /// Makes room of what has gone: for new logs, or on the disk if nobody else needs the tables meanwhile.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn reclaim(&self, on_the_disk: bool) -> Result<()> {
        let vacuum = match on_the_disk {
            true => ["vacuum full ours.job_logs", "vacuum full ours.jobs"],
            false => ["vacuum ours.job_logs", "vacuum ours.jobs"],
        };
        for vacuum in vacuum {
            let vacuum = sqlx::query(self.tables.sql(vacuum));
            let done = self.with_within(TO_RECLAIM, async |connection| {
                vacuum.execute(connection).await
            });
            done.await?;
        }
        Ok(())
    }

    fn ruled(&self, sql: &'static str, rules: &Retention) -> super::jobs::Sql<'static> {
        let most = |limit: Option<u64>| limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
        sqlx::query(self.tables.sql(sql))
            .bind(rules.before)
            .bind(most(rules.jobs))
            .bind(most(rules.bytes))
            .bind(rules.project.clone())
            .bind(rules.owner.clone())
            .bind(rules.but.clone())
    }
}
