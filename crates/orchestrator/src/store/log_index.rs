//! An index of logs, asked: which units of text are left, of which jobs they are, and which jobs are in none.

use sqlx::{Connection, PgConnection, QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;

use super::{Result, Store, columns::job_columns, jobs::narrow, tables::Tables};
use crate::{
    job::{Job, JobId, JobQuery},
    log_index::{Entry, FORMAT, keys},
};

/// Which jobs an index has, as it was at one moment.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// Jobs that came before this transaction are in it, or are late.
    pub(super) below: i64,
    /// Those that came from there until before this one are, too, if their id is not after the next field.
    pub(super) up_to: i64,
    pub(super) done_id: Uuid,
    /// Those of them that are not in it.
    pub(super) late: Vec<Uuid>,
    /// Bytes of log that are in it.
    pub bytes: u64,
}

/// How much log a job has.
#[derive(Debug, Clone, Copy)]
pub struct LogSize {
    /// The job.
    pub job: JobId,
    /// Bytes of its log.
    pub bytes: u64,
    /// Whether it is over, so that no more comes.
    pub is_over: bool,
}

/// Units in a row.
#[derive(Debug)]
pub struct Segment {
    /// The first one.
    pub first: u64,
    /// How many.
    pub units: usize,
    /// The slices that were asked for, in that order.
    pub slices: Vec<Vec<u8>>,
}

/// None, too, if the server that has it is another one than the one it was built on: it counts other transactions.
const STATE: &str =
    "select below, up_to, done_id, bytes, array(select job_id from ours.log_index_late) as late
  from ours.log_index
  where format = $1 and up_to <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

/// A slice of a value that is not packed is read alone.
const SLICES: &str = "select first, units, array(
    select substring(bits from bit * ((units + 7) / 8) + 1 for (units + 7) / 8)
    from unnest($1::int[]) with ordinality as asked (bit, place) order by place) as slices
  from ours.log_index_segments order by first desc";

const BESIDE: &str = "select id from ours.jobs where arrival >= $2
  union select id from ours.jobs where arrival >= $1 and arrival < $2 and id > $3
  union select unnest($4::uuid[])
  limit $5";

impl Store {
    /// The slices of these bits, of all units, newest first, and which jobs they are of; none if there is no index that could
    /// be asked.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn index_slices(&self, bits: &[u16]) -> Result<Option<(Coverage, Vec<Segment>)>> {
        let bits: Vec<i32> = bits.iter().map(|bit| i32::from(*bit)).collect();
        self.with(async |connection| slices(connection, &self.tables, bits).await)
            .await
    }

    /// The jobs that are not in the index, if they are no more than `most`.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn beside_index(&self, coverage: &Coverage, most: u32) -> Result<Option<Vec<JobId>>> {
        let sql = sqlx::query_scalar(self.tables.sql(BESIDE))
            .bind(coverage.below)
            .bind(coverage.up_to)
            .bind(coverage.done_id)
            .bind(&coverage.late)
            .bind(i64::from(most) + 1);
        let ids = self.with(async |connection| sql.fetch_all(connection).await);
        let ids: Vec<Uuid> = ids.await?;
        Ok((ids.len() <= most as usize).then(|| ids.into_iter().map(JobId).collect()))
    }

    /// What these units are of, each unit's entries by themselves, in this order; none if one is gone or cannot be read.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn index_units(&self, units: &[u64]) -> Result<Option<Vec<Vec<Entry>>>> {
        let sql = "select entries from unnest($1::bigint[]) with ordinality as asked (unit, place)
                   join ours.log_index_units using (unit) order by place";
        let numbers: Vec<i64> = units.iter().map(|unit| unit.cast_signed()).collect();
        let sql = sqlx::query_scalar(self.tables.sql(sql)).bind(numbers);
        let rows = self.with(async |connection| sql.fetch_all(connection).await);
        let rows: Vec<Vec<u8>> = rows.await?;
        let read = rows.iter().map(|bytes| Entry::read(bytes));
        let read: Option<Vec<_>> = read.collect();
        Ok(read.filter(|read| read.len() == units.len()))
    }

    /// Of these jobs those that are asked for, whatever a page of them is, newest first.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn jobs_of(&self, filter: &JobQuery, jobs: &[JobId]) -> Result<Vec<Job>> {
        let all = concat!("select ", job_columns!(), " from ours.jobs where id = any(");
        let mut sql = QueryBuilder::new(self.tables.text(all));
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        sql.push_bind(ids).push(")");
        narrow(&mut sql, &self.tables, filter);
        sql.push(" order by id desc");
        self.many(sql.build().persistent(false)).await
    }

    /// Of the jobs that [entries](Entry) name those that are asked for, newest first, and no more of each than its size: most
    /// of them hold nothing that is looked for.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn sizes_by_key(&self, filter: &JobQuery, jobs: &[u64]) -> Result<Vec<LogSize>> {
        let ends = |end: fn(u64) -> u128| -> Vec<Uuid> {
            jobs.iter().map(|job| Uuid::from_u128(end(*job))).collect()
        };
        // Each by the index of ids, however many the server takes them for.
        let all = "select id, bytes, status not in ('queued', 'running') as is_over from unnest(";
        let mut sql = QueryBuilder::new(self.tables.text(all));
        sql.push_bind(ends(|job| *keys(job).start()));
        sql.push("::uuid[], ")
            .push_bind(ends(|job| *keys(job).end()));
        sql.push(self.tables.text(
            "::uuid[]) as near (first_id, last_id) cross join lateral (
               select * from ours.jobs where id between first_id and last_id offset 0) job where true",
        ));
        narrow(&mut sql, &self.tables, filter);
        sql.push(" order by id desc");
        let sql = sql.build().persistent(false);
        self.with(async |connection| {
            let rows = sql.fetch_all(connection).await?;
            rows.iter().map(size).collect()
        })
        .await
    }
}

fn size(row: &PgRow) -> sqlx::Result<LogSize> {
    Ok(LogSize {
        job: JobId(row.try_get("id")?),
        bytes: row.try_get::<i64, _>("bytes")?.cast_unsigned(),
        is_over: row.try_get("is_over")?,
    })
}

async fn slices(
    connection: &mut PgConnection,
    tables: &Tables,
    bits: Vec<i32>,
) -> sqlx::Result<Option<(Coverage, Vec<Segment>)>> {
    let begin = "begin isolation level repeatable read, read only";
    let mut transaction = connection.begin_with(begin).await?;
    let state = sqlx::query(tables.sql(STATE)).bind(FORMAT);
    let state = state.fetch_optional(&mut *transaction).await?;
    let mut segments = Vec::new();
    if state.is_some() {
        let sql = sqlx::query(tables.sql(SLICES)).bind(bits);
        let rows = sql.fetch_all(&mut *transaction).await?;
        segments = rows.iter().map(segment).collect::<sqlx::Result<_>>()?;
    }
    transaction.commit().await?;
    let coverage = state.as_ref().map(coverage).transpose()?;
    Ok(coverage.map(|coverage| (coverage, segments)))
}

fn coverage(row: &PgRow) -> sqlx::Result<Coverage> {
    Ok(Coverage {
        below: row.try_get("below")?,
        up_to: row.try_get("up_to")?,
        done_id: row.try_get("done_id")?,
        late: row.try_get("late")?,
        bytes: row.try_get::<i64, _>("bytes")?.cast_unsigned(),
    })
}

fn segment(row: &PgRow) -> sqlx::Result<Segment> {
    let units: i32 = row.try_get("units")?;
    Ok(Segment {
        first: row.try_get::<i64, _>("first")?.cast_unsigned(),
        units: usize::try_from(units).unwrap_or(0),
        slices: row.try_get("slices")?,
    })
}
