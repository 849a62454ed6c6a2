//! An index of logs, brought up to date: by one engine at a time, which holds a lease, and each step in a transaction of its
//! own. Nobody waits for it, and a server that loses it has lost nothing.

use std::time::Duration;

use sqlx::{Connection, PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use super::{
    Result, Store,
    log_index_segments::{add, merge},
    tables::Tables,
};
use crate::{
    job::JobId,
    log_index::{FORMAT, Unit},
};

/// It need not wait for the disk: what a crash loses of it is built again, as its rows say themselves.
const QUICK: &str = "begin; set local synchronous_commit = off";

/// The right to bring the index up to date, for a while, and where it is.
#[derive(Debug, Clone)]
pub struct Lease {
    by: String,
    below: i64,
    up_to: i64,
    done_id: Uuid,
    next_unit: i64,
    /// Bytes of log that are in it.
    pub bytes: u64,
}

/// A job that has come.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    /// Its id.
    pub job: JobId,
    /// Bytes of its log.
    pub bytes: u64,
    /// Whether its log is all there, for good.
    pub is_over: bool,
}

/// How far the index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of log that are in it, and those that the history has.
    pub bytes: (u64, u64),
    /// Bytes that it takes on the server's disk.
    pub size: u64,
}

/// One row, made by who comes first; whoever holds it keeps it while it works.
const TAKE: &str =
    "insert into ours.log_index as old values (true, $1, 0, 0, $4, 0, 0, $2, now() + $3)
  on conflict (one) do update set leased_by = $2, leased_until = now() + $3
    where old.leased_by = $2 or old.leased_until < now()
  returning format, below, up_to, done_id, next_unit, bytes,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon";

/// Nothing is in it any more. Jobs that came by another server's count come anew.
const FORGET: [&str; 4] = [
    "delete from ours.log_index_segments",
    "delete from ours.log_index_units",
    "delete from ours.log_index_late",
    "update ours.jobs set arrival = default
     where arrival > pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
];

const RESET: &str =
    "update ours.log_index set format = $2, below = 0, up_to = 0, done_id = $3, bytes = 0
  where leased_by = $1";

const ARRIVED: &str =
    "select id, bytes, status in ('done', 'error', 'canceled') as is_over from ours.jobs
  where arrival >= $1 and arrival < $2 and id > $3 order by id limit $4";

/// Late ones that are over; the others wait on.
const LATE: &str =
    "select id, bytes, true as is_over from ours.log_index_late join ours.jobs on id = job_id
  where status in ('done', 'error', 'canceled') order by id";

/// Those that went from the history.
const GONE: &str = "delete from ours.log_index_late late
  where not exists (select from ours.jobs where id = late.job_id)";

const WAITING: &str = "select count(*) as jobs, coalesce(sum(bytes), 0)::bigint as bytes from (
    select bytes from ours.jobs
      where arrival >= $1 and (arrival >= $2 or id > $3) and status in ('done', 'error', 'canceled')
    union all
    select bytes from ours.log_index_late join ours.jobs on id = job_id
      where status in ('done', 'error', 'canceled')) waiting";

const ADVANCE: &str = "update ours.log_index set
    below = $2, up_to = $3, done_id = $4, next_unit = $5, bytes = bytes + $6, leased_until = now() + $7
  where leased_by = $1";

const SIZE: &str = "select coalesce((select bytes from ours.log_index), 0) as bytes,
    (select coalesce(sum(bytes), 0)::bigint from ours.jobs) as of,
    (select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class
     where relnamespace = to_regnamespace($1) and relname like 'log_index%' and relkind = 'r') as size";

impl Store {
    /// The right to bring the index up to date, or to go on with that; none while another has it. What is not as this version
    /// writes it, or was built on another server, is dropped first.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn lease_index(&self, by: &str, time: Duration) -> Result<Option<Lease>> {
        self.write(async |connection| take(connection, &self.tables, by, time).await)
            .await
    }

    /// Drops all of the index: it is built anew.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn forget_index(&self, lease: &mut Lease) -> Result<()> {
        self.write(async |connection| forget(connection, &self.tables, &lease.by).await)
            .await?;
        (lease.below, lease.up_to, lease.done_id, lease.bytes) = (0, 0, Uuid::nil(), 0);
        Ok(())
    }

    /// How many jobs are over and not in the index, and bytes of their logs.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn waiting_for_index(&self, lease: &Lease) -> Result<(u64, u64)> {
        let sql = sqlx::query_as(self.tables.sql(WAITING))
            .bind(lease.below)
            .bind(lease.up_to)
            .bind(lease.done_id);
        let waiting = self.with(async |connection| sql.fetch_one(connection).await);
        let (jobs, bytes): (i64, i64) = waiting.await?;
        Ok((jobs.cast_unsigned(), bytes.cast_unsigned()))
    }

    /// The late jobs that are over by now.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn late_for_index(&self) -> Result<Vec<Arrived>> {
        let (gone, late) = (self.tables.sql(GONE), self.tables.sql(LATE));
        let rows = self.write(async |connection| {
            sqlx::query(gone).execute(&mut *connection).await?;
            sqlx::query(late).fetch_all(connection).await
        });
        self.arrived(&rows.await?)
    }

    /// The next jobs that have come, at most so many.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn arrived_for_index(&self, lease: &Lease, most: u32) -> Result<Vec<Arrived>> {
        let sql = sqlx::query(self.tables.sql(ARRIVED))
            .bind(lease.below)
            .bind(lease.up_to)
            .bind(lease.done_id)
            .bind(i64::from(most));
        let rows = self.with(async |connection| sql.fetch_all(connection).await);
        self.arrived(&rows.await?)
    }

    fn arrived(&self, rows: &[PgRow]) -> Result<Vec<Arrived>> {
        let arrived = |row: &PgRow| -> sqlx::Result<Arrived> {
            Ok(Arrived {
                job: JobId(row.try_get("id")?),
                bytes: row.try_get::<i64, _>("bytes")?.cast_unsigned(),
                is_over: row.try_get("is_over")?,
            })
        };
        let arrived: sqlx::Result<Vec<_>> = rows.iter().map(arrived).collect();
        arrived.map_err(|error| self.fault(error))
    }

    /// Keeps units and where the index is now, with the jobs that are late from now on and those that are no more. False,
    /// without a change, if another has the lease.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn extend_index(
        &self,
        lease: &mut Lease,
        units: &[Unit],
        (late, in_time): (&[JobId], &[JobId]),
        time: Duration,
    ) -> Result<bool> {
        let tables = &self.tables;
        let (late, in_time) = (ids(late), ids(in_time));
        let bytes = units.iter().map(|unit| unit.bytes).sum::<u64>();
        let kept = self.write(async |connection| {
            let mut transaction = connection.begin_with(QUICK).await?;
            let advance = sqlx::query(tables.sql(ADVANCE))
                .bind(&lease.by)
                .bind(lease.below)
                .bind(lease.up_to)
                .bind(lease.done_id)
                .bind(lease.next_unit + units.len() as i64)
                .bind(bytes.cast_signed())
                .bind(time);
            if advance.execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(false);
            }
            add(&mut transaction, tables, lease.next_unit, units).await?;
            let sql =
                "insert into ours.log_index_late select unnest($1::uuid[]) on conflict do nothing";
            let sql = sqlx::query(tables.sql(sql)).bind(late);
            sql.execute(&mut *transaction).await?;
            let sql = "delete from ours.log_index_late where job_id = any($1)";
            let sql = sqlx::query(tables.sql(sql)).bind(in_time);
            sql.execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(true)
        });
        let kept = kept.await?;
        if kept {
            lease.next_unit += units.len() as i64;
            lease.bytes += bytes;
            self.write(async |connection| merge(connection, tables, &lease.by).await)
                .await?;
        }
        Ok(kept)
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn release_index(&self, lease: &Lease) -> Result<()> {
        let sql =
            "update ours.log_index set leased_until = now() - interval '1 s' where leased_by = $1";
        let sql = sqlx::query(self.tables.sql(sql)).bind(&lease.by);
        self.write(async |connection| sql.execute(connection).await.map(drop))
            .await
    }

    /// How far the index is, and its size.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn index_progress(&self) -> Result<Progress> {
        let sql = sqlx::query_as(self.tables.sql(SIZE)).bind(self.tables.schema());
        let progress = self.with(async |connection| sql.fetch_one(connection).await);
        let (bytes, of, size): (i64, i64, i64) = progress.await?;
        Ok(Progress {
            bytes: (bytes.cast_unsigned(), of.cast_unsigned()),
            size: size.cast_unsigned(),
        })
    }
}

impl Lease {
    /// Who has it.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Jobs up to this one are in the index, or late.
    pub fn done_to(&mut self, job: JobId) {
        self.done_id = job.0;
    }

    /// All that had come are in the index, or late.
    pub fn all_done(&mut self) {
        (self.below, self.done_id) = (self.up_to, Uuid::nil());
    }
}

fn ids(jobs: &[JobId]) -> Vec<Uuid> {
    jobs.iter().map(|job| job.0).collect()
}

async fn take(
    connection: &mut PgConnection,
    tables: &Tables,
    by: &str,
    time: Duration,
) -> sqlx::Result<Option<Lease>> {
    let taken = sqlx::query(tables.sql(TAKE))
        .bind(FORMAT)
        .bind(by)
        .bind(time)
        .bind(Uuid::nil());
    let Some(row) = taken.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let horizon: i64 = row.try_get("horizon")?;
    let mut lease = Lease {
        by: by.to_owned(),
        below: row.try_get("below")?,
        up_to: row.try_get("up_to")?,
        done_id: row.try_get("done_id")?,
        next_unit: row.try_get("next_unit")?,
        bytes: row.try_get::<i64, _>("bytes")?.cast_unsigned(),
    };
    if row.try_get::<i32, _>("format")? != FORMAT || lease.up_to > horizon {
        forget(connection, tables, by).await?;
        // Jobs may have come again with that.
        return Box::pin(take(connection, tables, by, time)).await;
    }
    if lease.below == lease.up_to {
        lease.up_to = lease.up_to.max(horizon);
    }
    Ok(Some(lease))
}

async fn forget(connection: &mut PgConnection, tables: &Tables, by: &str) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with(QUICK).await?;
    for forget in FORGET {
        sqlx::query(tables.sql(forget))
            .execute(&mut *transaction)
            .await?;
    }
    let reset = sqlx::query(tables.sql(RESET)).bind(by).bind(FORMAT);
    let reset = reset.bind(Uuid::nil());
    reset.execute(&mut *transaction).await?;
    transaction.commit().await
}
