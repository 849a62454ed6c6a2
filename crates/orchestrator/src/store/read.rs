//! Batches of a log out of Postgres, each put together again from its rows.

use sqlx::{Postgres, Row, postgres::PgRow};

use super::{
    Batch, Result, Store, StoreError,
    connect::answer,
    pack::{unpack, weave},
};
use crate::{job::JobId, log::Stream};

impl Store {
    /// The batches from the one that holds chunk `from_seq` on, in order: at least one where there is one, and no more
    /// than `limit_bytes` bytes of log (or a thousand rows) beyond that. Empty where the archive ends before `from_seq`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row is not as it was written; whatever the server says.
    pub async fn batches(&self, job: JobId, from_seq: u64, limit_bytes: u64) -> Result<Vec<Batch>> {
        // Lengths are known without unpacking the data, so what does not fit is not read.
        let sql = sqlx::query(self.tables.sql(
            "select seq, stream, first_line, data, raw, meta, state
             from (
               select *,
                 sum(octet_length(data)) over (order by seq) as bytes_up_to_its_end,
                 first_value(seq) over (order by seq)        as first_seq
               from (
                 select * from ours.job_logs
                 where job_id = $1
                   and seq >= coalesce((select max(seq) from ours.job_logs where job_id = $1 and seq <= $2), $2)
                 order by seq
                 fetch first 1000 rows with ties
               ) near
             ) counted
             where bytes_up_to_its_end <= $3 or seq = first_seq
             order by seq",
        ));
        let limit = i64::try_from(limit_bytes).unwrap_or(i64::MAX);
        let sql = sql.bind(job.0).bind(from_seq.cast_signed()).bind(limit);
        let mut batches = self.rebuilt(job, sql).await?;
        let is_before = |batch: &Batch| batch.seq + batch.chunks.len() as u64 <= from_seq;
        if batches.first().is_some_and(is_before) {
            batches.clear();
        }
        Ok(batches)
    }

    /// The last batch that begins at chunk `seq` or before it.
    ///
    /// # Errors
    /// As [`Store::batches`].
    pub async fn batch_at_seq(&self, job: JobId, seq: u64) -> Result<Option<Batch>> {
        let sql = sqlx::query(self.tables.sql(
            "select seq, stream, first_line, data, raw, meta, state from ours.job_logs
             where job_id = $1 and seq = (
               select seq from ours.job_logs where job_id = $1 and seq <= $2 order by seq desc limit 1)",
        ));
        let sql = sql.bind(job.0).bind(seq.cast_signed());
        Ok(self.rebuilt(job, sql).await?.pop())
    }

    /// The first chunk of the last batch that begins at byte `byte` of standard output or before it: of a job in a
    /// terminal that is all there is. Looked for from the end, for it is near there that it is wanted.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn seq_at_byte(&self, job: JobId, byte: u64) -> Result<Option<u64>> {
        let sql = sqlx::query(self.tables.sql(
            "select seq from ours.job_logs
             where job_id = $1 and stream = 'stdout' and byte_offset <= $2
             order by seq desc limit 1",
        ));
        let sql = sql.bind(job.0).bind(byte.cast_signed());
        let mut held = self.hold().await?;
        let row: sqlx::Result<Option<PgRow>> = answer(sql.fetch_optional(&mut *held)).await;
        let row = held.end(row).map_err(|error| self.fault(error))?;
        Ok(row.map(|row| seq(&row)))
    }

    /// The batch that line `line` starts in: the last one whose first line is that or an earlier one. Where the line is
    /// not archived yet, that is the archive's last batch.
    ///
    /// # Errors
    /// As [`Store::batches`].
    pub async fn batch_at_line(&self, job: JobId, line: u64) -> Result<Option<Batch>> {
        let sql = sqlx::query(self.tables.sql(
            "select seq, stream, first_line, data, raw, meta, state from ours.job_logs
             where job_id = $1 and seq = (
               select seq from ours.job_logs where job_id = $1 and first_line <= $2
               order by first_line desc, seq desc limit 1)",
        ));
        let sql = sql.bind(job.0).bind(line.cast_signed());
        Ok(self.rebuilt(job, sql).await?.pop())
    }

    async fn rebuilt(&self, job: JobId, sql: Sql<'_>) -> Result<Vec<Batch>> {
        let mut held = self.hold().await?;
        let rows: sqlx::Result<Vec<PgRow>> = answer(sql.fetch_all(&mut *held)).await;
        let rows = held.end(rows).map_err(|error| self.fault(error))?;
        rows.chunk_by(|one, next| seq(one) == seq(next))
            .map(|rows| rebuild(job, rows))
            .collect()
    }
}

type Sql<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

fn seq(row: &PgRow) -> u64 {
    row.get::<i64, _>("seq").cast_unsigned()
}

fn rebuild(job: JobId, rows: &[PgRow]) -> Result<Batch> {
    let seq = seq(&rows[0]);
    let corrupt = || StoreError::Corrupt {
        job,
        why: format!("the rows of its log's batch {seq} do not fit together"),
    };
    let parts = rows.iter().map(|row| {
        let stream = match row.get("stream") {
            "stdout" => Stream::Stdout,
            _ => Stream::Stderr,
        };
        let bytes = match row.get::<Option<&[u8]>, _>("raw") {
            Some(raw) => raw,
            None => row.get::<&str, _>("data").as_bytes(),
        };
        unpack(seq, stream, bytes, row.get("meta")).ok_or_else(corrupt)
    });
    Ok(Batch {
        seq,
        chunks: weave(seq, parts.collect::<Result<_>>()?).ok_or_else(corrupt)?,
        first_line: rows[0].get::<i64, _>("first_line").cast_unsigned(),
        state: rows
            .iter()
            .find_map(|row| row.get("state"))
            .unwrap_or_default(),
    })
}
