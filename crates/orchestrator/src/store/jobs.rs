//! Saving, finding and listing jobs. A job is written by its owner's engine alone; rows never start anything.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{
    Result, Store,
    changes::CHANNEL,
    columns::{Columns, job, job_columns, job_or_why},
    error::unkept,
    tables::Tables,
};
use crate::{
    ids,
    job::{Job, JobId, JobQuery},
};

impl Store {
    /// Writes a job as it is, new or known. A job that has ended is never turned back into one that has not, nor a
    /// running one into a queued one, nor is a known end replaced by `lost`: such a call has no effect, and the like of
    /// it may come late from anybody.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] if a path is not UTF-8; any error of the server.
    pub async fn save_job(&self, job: &Job) -> Result<()> {
        let columns = Columns::of(job)?;
        self.write(async |connection| save(connection, &self.tables, job, &columns).await)
            .await
    }

    /// The job of this id.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>> {
        let select = concat!("select ", job_columns!(), " from ours.jobs where id = $1");
        self.one(sqlx::query(self.tables.sql(select)).bind(id.0))
            .await
    }

    /// The jobs whose id begins so, with or without dashes, newest first: none, the one, or if several do, at most ten.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn jobs_by_prefix(&self, prefix: &str) -> Result<Vec<Job>> {
        let Some((first, last)) = id_range(prefix) else {
            return Ok(Vec::new());
        };
        let select = concat!(
            "select ",
            job_columns!(),
            " from ours.jobs where id between $1 and $2 order by id desc limit 10"
        );
        self.many(sqlx::query(self.tables.sql(select)).bind(first).bind(last))
            .await
    }

    /// The newest job, of this owner if one is given.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn last_job(&self, owner: Option<&str>) -> Result<Option<Job>> {
        let newest = JobQuery {
            owner: owner.map(str::to_owned),
            limit: 1,
            ..JobQuery::default()
        };
        Ok(self.jobs(&newest).await?.pop())
    }

    /// Jobs, newest first, and after all others those that a clock ahead has made, until their time has come; one whose row
    /// cannot be read is lost, and says why. To go on after a page, ask for those before its last.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn jobs(&self, filter: &JobQuery) -> Result<Vec<Job>> {
        let ahead = ids::first_ahead();
        let limit = if filter.limit == 0 { 50 } else { filter.limit };
        let after_one_ahead = filter.before.filter(|before| before.0 >= ahead);
        let mut jobs = match after_one_ahead {
            None => self.listed(filter, (" and id < ", ahead), limit).await?,
            Some(_) => Vec::new(),
        };
        let remaining = limit.saturating_sub(u32::try_from(jobs.len()).unwrap_or(limit));
        if remaining > 0 {
            let rest = JobQuery {
                before: after_one_ahead,
                ..filter.clone()
            };
            jobs.extend(
                self.listed(&rest, (" and id >= ", ahead), remaining)
                    .await?,
            );
        }
        Ok(jobs)
    }

    async fn listed(
        &self,
        filter: &JobQuery,
        side: (&'static str, Uuid),
        limit: u32,
    ) -> Result<Vec<Job>> {
        let mut sql = select(&self.tables, filter, side, limit);
        // A plan for any text would be wrong for most: it is made again for each text.
        let sql = sql.build().persistent(filter.text.is_none());
        self.many(sql).await
    }

    /// How many jobs are asked for, whatever a page of them is, and how many bytes of log they have.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn extent(&self, filter: &JobQuery) -> Result<(u64, u64)> {
        let count = "select count(*), coalesce(sum(bytes), 0)::bigint from ours.jobs where true";
        let mut sql = QueryBuilder::new(self.tables.text(count));
        narrow(&mut sql, &self.tables, filter);
        let sql = sql.build_query_as().persistent(filter.text.is_none());
        let counted = self.with(async |connection| sql.fetch_one(connection).await);
        let (jobs, bytes): (i64, i64) = counted.await?;
        Ok((jobs.cast_unsigned(), bytes.cast_unsigned()))
    }

    /// The jobs of this owner that are queued or running as far as is known here, newest first.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn unended_of(&self, owner: &str) -> Result<Vec<Job>> {
        let select = concat!(
            "select ",
            job_columns!(),
            " from ours.jobs where status in ('queued', 'running') and owner = $1 order by id desc"
        );
        self.many(sqlx::query(self.tables.sql(select)).bind(owner))
            .await
    }

    /// Drops a job and its log. True if there was one.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn delete_job(&self, id: JobId) -> Result<bool> {
        let delete = "with gone as (delete from ours.jobs where id = $1 returning id)
                      select pg_notify($2, id::text), set_config('synchronous_commit', 'on', true) from gone";
        let delete = sqlx::query(self.tables.sql(delete))
            .bind(id.0)
            .bind(CHANNEL);
        let gone = self.write(async |connection| delete.fetch_optional(connection).await);
        Ok(gone.await?.is_some())
    }

    async fn one(&self, sql: Sql<'_>) -> Result<Option<Job>> {
        let row = self.with(async |connection| sql.fetch_optional(connection).await);
        row.await?.as_ref().map(job).transpose()
    }

    pub(super) async fn many(&self, sql: Sql<'_>) -> Result<Vec<Job>> {
        let rows = self.with(async |connection| sql.fetch_all(connection).await);
        Ok(rows.await?.iter().map(job_or_why).collect())
    }
}

pub(super) type Sql<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

/// Its commit waits for the disk, whatever the role has set: for this transaction alone.
const SAVE: &str = "with saved as (
     insert into ours.jobs as old (
       id, type, command, status, started_at, finished_at, queued_at, project, target, host,
       exit_code, signal, reason, batch, owner, pty, lines, bytes, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
     on conflict (id) do update set
       type = excluded.type, command = excluded.command, status = excluded.status,
       started_at = excluded.started_at, finished_at = excluded.finished_at, queued_at = excluded.queued_at,
       project = excluded.project, target = excluded.target, host = excluded.host,
       exit_code = excluded.exit_code, signal = excluded.signal, reason = excluded.reason,
       batch = excluded.batch, owner = excluded.owner, pty = excluded.pty,
       lines = greatest(old.lines, excluded.lines), bytes = greatest(old.bytes, excluded.bytes),
       detail = excluded.detail
     where (array_position(array['queued', 'running'], excluded.status) is null
            and (excluded.status <> 'lost' or old.status in ('queued', 'running', 'lost')))
        or array_position(array['queued', 'running'], excluded.status)
           >= array_position(array['queued', 'running'], old.status)
     returning id)
   select pg_notify($20, id::text), set_config('synchronous_commit', 'on', true) from saved";

/// Writes a job's columns, and notifies listeners if that changed something. Lines and bytes only grow: the
/// archive may be ahead of what the caller last counted.
pub(super) async fn save(
    connection: &mut PgConnection,
    tables: &Tables,
    job: &Job,
    columns: &Columns<'_>,
) -> sqlx::Result<()> {
    let saved = bind_job(sqlx::query(tables.sql(SAVE)), job, columns)
        .bind(CHANNEL)
        .fetch_optional(&mut *connection)
        .await?;
    if saved.is_some() {
        return Ok(());
    }
    // What is there knows more than we do; or a trigger of somebody's has dropped the row without an error.
    let there = sqlx::query(tables.sql("select 1 from ours.jobs where id = $1"))
        .bind(job.id.0)
        .fetch_optional(connection)
        .await?;
    there.map(|_| ()).ok_or_else(|| unkept("jobs"))
}

/// Binds the nineteen columns of a job, as `$1` to `$19`.
pub(super) fn bind_job<'q>(query: Sql<'q>, job: &'q Job, columns: &'q Columns<'_>) -> Sql<'q> {
    query
        .bind(job.id.0)
        .bind(columns.kind)
        .bind(&columns.command)
        .bind(columns.status)
        .bind(columns.started_at)
        .bind(columns.finished_at)
        .bind(columns.queued_at)
        .bind(&columns.project)
        .bind(&columns.target)
        .bind(&columns.host)
        .bind(columns.exit_code)
        .bind(&columns.signal)
        .bind(&columns.reason)
        .bind(job.batch)
        .bind(&columns.owner)
        .bind(job.pty)
        .bind(job.lines.cast_signed())
        .bind(job.bytes.cast_signed())
        .bind(&columns.detail)
}

/// A page of a list. What only looked for something on a host is in that of its batch alone.
fn select(
    tables: &Tables,
    filter: &JobQuery,
    (side, ahead): (&'static str, Uuid),
    limit: u32,
) -> QueryBuilder<Postgres> {
    let all = concat!("select ", job_columns!(), " from ours.jobs where true");
    let mut sql = QueryBuilder::new(tables.text(all));
    sql.push(side).push_bind(ahead);
    narrow(&mut sql, tables, filter);
    if filter.batch.is_none() {
        sql.push(" and detail ->> 'looks' is null");
    }
    sql.push(" order by id desc limit ")
        .push_bind(i64::from(limit));
    sql
}

/// Only the conditions that are asked for are written, so that each filter meets its own index.
pub(super) fn narrow(sql: &mut QueryBuilder<Postgres>, tables: &Tables, filter: &JobQuery) {
    if let Some(status) = filter.status {
        sql.push(" and status = ").push_bind(status.word());
    }
    if !filter.statuses.is_empty() {
        let words: Vec<&str> = filter.statuses.iter().map(|status| status.word()).collect();
        sql.push(" and status = any(").push_bind(words).push(")");
    }
    for (column, wanted) in [
        (" and project = ", &filter.project),
        (" and target = ", &filter.target),
        (" and host = ", &filter.host),
    ] {
        if let Some(wanted) = wanted {
            sql.push(column).push_bind(wanted.clone());
        }
    }
    if !filter.hosts.is_empty() {
        sql.push(" and host = any(")
            .push_bind(filter.hosts.clone())
            .push(")");
    }
    if let Some(batch) = filter.batch {
        sql.push(" and batch = ").push_bind(batch);
    }
    if let Some(text) = &filter.text {
        // As the index of trigrams has it. Upper and lower case are the server's, on both sides.
        sql.push(" and lower(command) like lower(")
            .push_bind(format!("%{}%", literally(text)))
            .push(")");
    }
    if let Some(owner) = &filter.owner {
        sql.push(" and owner = ").push_bind(owner.clone());
    }
    // Ids begin with their time, so the list's own order serves.
    if let Some(since) = filter.since {
        sql.push(" and id >= ").push_bind(first_id_of(since));
    }
    if let Some(until) = filter.until {
        sql.push(" and id < ").push_bind(first_id_of(until));
    }
    if filter.pinned {
        sql.push(tables.text(" and id in (select job_id from ours.job_notes where pinned)"));
    }
    if let Some(before) = filter.before {
        sql.push(" and id < ").push_bind(before.0);
    }
}

/// The smallest id that may be made in this millisecond; of a time before 1970, the smallest of all.
fn first_id_of(time: DateTime<Utc>) -> Uuid {
    let ms = u128::try_from(time.timestamp_millis()).unwrap_or(0);
    // The upper 48 bits are the time (RFC 9562, 5.7).
    Uuid::from_u128((ms & 0xffff_ffff_ffff) << 80)
}

/// A text escaped for a pattern of `like`, so that it matches only itself.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The smallest and the largest id that begin so; none if no id can.
pub(super) fn id_range(prefix: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = prefix.chars().filter(|c| *c != '-').collect();
    if digits.is_empty() || digits.len() > 32 {
        return None;
    }
    let fill = |with: &str| {
        let rest = with.repeat(32 - digits.len());
        Uuid::try_parse(&format!("{digits}{rest}")).ok()
    };
    Some((fill("0")?, fill("f")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_spans_every_id_that_begins_so() {
        let (first, last) = id_range("0192-a").unwrap();
        assert_eq!(first.to_string(), "0192a000-0000-0000-0000-000000000000");
        assert_eq!(last.to_string(), "0192afff-ffff-ffff-ffff-ffffffffffff");
        let whole = JobId::new();
        assert_eq!(id_range(&whole.to_string()), Some((whole.0, whole.0)));
        for none in ["", "-", "last", "0192g", &"0".repeat(33)] {
            assert_eq!(id_range(none), None, "{none}");
        }
    }
}
