//! Blocks of a log out of Postgres, each put together again from its rows.

use sqlx::{Postgres, Row, postgres::PgRow};

use super::{
    Block, Reach, Result, Store, StoreError,
    pack::{unpack, weave},
};
use crate::{job::JobId, log::Stream};

impl Store {
    /// The blocks from the one that holds chunk `from_seq` on, in order: at least one if there is one, and no more
    /// than `limit_bytes` bytes of log (or a thousand rows) beyond that. If rows are gone, they begin with the next that
    /// is there, and end before the next gap. Empty if the archive ends before `from_seq`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row is not as it was written; any error of the server.
    pub async fn blocks(&self, job: JobId, from_seq: u64, limit_bytes: u64) -> Result<Vec<Block>> {
        let end = |block: &Block| block.seq + block.chunks.len() as u64;
        let mut blocks = self.blocks_near(job, from_seq, limit_bytes).await?;
        if blocks.first().is_some_and(|block| end(block) <= from_seq) {
            blocks.remove(0);
            if blocks.is_empty()
                && let Some(next) = self.seq_after(job, from_seq).await?
            {
                blocks = self.blocks_near(job, next, limit_bytes).await?;
            }
        }
        let follows = |pair: &[Block]| end(&pair[0]) == pair[1].seq;
        let whole = blocks.windows(2).take_while(|pair| follows(pair)).count();
        blocks.truncate(whole + 1);
        Ok(blocks)
    }

    /// The first chunk of the first block that begins after chunk `seq`.
    async fn seq_after(&self, job: JobId, seq: u64) -> Result<Option<u64>> {
        let sql = "select min(seq) from ours.job_logs where job_id = $1 and seq > $2";
        let sql = sqlx::query_scalar(self.tables.sql(sql));
        let sql = sql.bind(job.0).bind(seq.cast_signed());
        let next = self.with(async |connection| sql.fetch_one(connection).await);
        let next: Option<i64> = next.await?;
        Ok(next.map(i64::cast_unsigned))
    }

    async fn blocks_near(&self, job: JobId, from_seq: u64, limit_bytes: u64) -> Result<Vec<Block>> {
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
        self.rebuilt(job, sql).await
    }

    /// The last block that begins at chunk `seq` or before it.
    ///
    /// # Errors
    /// As [`Store::blocks`].
    pub async fn block_at_seq(&self, job: JobId, seq: u64) -> Result<Option<Block>> {
        let sql = sqlx::query(self.tables.sql(
            "select seq, stream, first_line, data, raw, meta, state from ours.job_logs
             where job_id = $1 and seq = (
               select seq from ours.job_logs where job_id = $1 and seq <= $2 order by seq desc limit 1)",
        ));
        let sql = sql.bind(job.0).bind(seq.cast_signed());
        Ok(self.rebuilt(job, sql).await?.pop())
    }

    /// How many bytes of a job's log this store has had and has no more: rows of it are gone. 0 if the job is not here.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn missing(&self, job: JobId) -> Result<u64> {
        // Lengths are known without unpacking the data. What a job that is over says of itself counts, too: its marks
        // may have been set back with its rows.
        let sql = sqlx::query_scalar(self.tables.sql(
            "select greatest(0,
               greatest(archived_stdout + archived_stderr, case when finished_at is null then 0 else bytes end)
               - coalesce((select sum(case when raw is null then octet_length(data) else octet_length(raw) end)
                           from ours.job_logs where job_id = $1), 0))::bigint
             from ours.jobs where id = $1",
        ));
        let sql = sql.bind(job.0);
        let missing = self.with(async |connection| sql.fetch_optional(connection).await);
        let missing: Option<i64> = missing.await?;
        Ok(missing.unwrap_or(0).cast_unsigned())
    }

    /// How far the logs of these jobs can be read here, in no order; a job that is not here is left out.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn reaches(&self, jobs: &[JobId]) -> Result<Vec<Reach>> {
        // Of a job that runs, what its engine last counted may be ahead of the rows; of one that is over, its own word counts.
        let sql = sqlx::query(self.tables.sql(
            "select id, archived_seq, is_over,
               case when is_over then lines else archived_lines end as lines,
               case when is_over then bytes else archived_stdout + archived_stderr end as bytes
             from (select *, status not in ('queued', 'running') as is_over from ours.jobs where id = any($1)) job",
        ));
        let sql = sql.bind(jobs.iter().map(|job| job.0).collect::<Vec<_>>());
        let reach = |row: &PgRow| -> sqlx::Result<Reach> {
            let number = |column: &str| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
            Ok(Reach {
                job: JobId(row.try_get("id")?),
                seq: number("archived_seq")?,
                lines: number("lines")?,
                bytes: number("bytes")?,
                is_over: row.try_get("is_over")?,
            })
        };
        self.with(async |connection| {
            let rows = sql.fetch_all(connection).await?;
            rows.iter().map(reach).collect()
        })
        .await
    }

    /// The first chunk of the last block that begins at byte `byte` of standard output or before it: of a job in a
    /// terminal that is all there is. Looked for from the end, for it is near there that it is wanted.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn seq_at_byte(&self, job: JobId, byte: u64) -> Result<Option<u64>> {
        let sql = sqlx::query(self.tables.sql(
            "select seq from ours.job_logs
             where job_id = $1 and stream = 'stdout' and byte_offset <= $2
             order by seq desc limit 1",
        ));
        let sql = sql.bind(job.0).bind(byte.cast_signed());
        let row = self.with(async |connection| sql.fetch_optional(connection).await);
        Ok(row.await?.as_ref().and_then(seq))
    }

    /// The block that line `line` starts in: the last one whose first line is that or an earlier one. If the line is
    /// not archived yet, that is the archive's last block.
    ///
    /// # Errors
    /// As [`Store::blocks`].
    pub async fn block_at_line(&self, job: JobId, line: u64) -> Result<Option<Block>> {
        let sql = sqlx::query(self.tables.sql(
            "select seq, stream, first_line, data, raw, meta, state from ours.job_logs
             where job_id = $1 and seq = (
               select seq from ours.job_logs where job_id = $1 and first_line <= $2
               order by first_line desc, seq desc limit 1)",
        ));
        let sql = sql.bind(job.0).bind(line.cast_signed());
        Ok(self.rebuilt(job, sql).await?.pop())
    }

    async fn rebuilt(&self, job: JobId, sql: Sql<'_>) -> Result<Vec<Block>> {
        let rows = self.with(async |connection| sql.fetch_all(connection).await);
        rows.await?
            .chunk_by(|one, next| seq(one) == seq(next))
            .map(|rows| rebuild(job, rows))
            .collect()
    }
}

type Sql<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

/// The number of the block that a row is of; none if somebody has made something else of the column.
fn seq(row: &PgRow) -> Option<u64> {
    row.try_get::<i64, _>("seq").ok().map(i64::cast_unsigned)
}

fn rebuild(job: JobId, rows: &[PgRow]) -> Result<Block> {
    let seq = seq(&rows[0]).ok_or_else(|| StoreError::Corrupt {
        job,
        why: "the rows of its log have no numbers".to_owned(),
    })?;
    let corrupt = || StoreError::Corrupt {
        job,
        why: format!("the rows of its log's block {seq} do not fit together"),
    };
    let parts = rows.iter().map(|row| {
        let read = || -> sqlx::Result<_> {
            let stream = match row.try_get("stream")? {
                "stdout" => Stream::Stdout,
                _ => Stream::Stderr,
            };
            let bytes = match row.try_get::<Option<&[u8]>, _>("raw")? {
                Some(raw) => raw,
                None => row.try_get::<&str, _>("data")?.as_bytes(),
            };
            Ok((stream, bytes, row.try_get("meta")?))
        };
        let (stream, bytes, meta) = read().map_err(|_| corrupt())?;
        unpack(seq, stream, bytes, meta).ok_or_else(corrupt)
    });
    Ok(Block {
        seq,
        chunks: weave(seq, parts.collect::<Result<_>>()?).ok_or_else(corrupt)?,
        first_line: rows[0]
            .try_get::<i64, _>("first_line")
            .map_err(|_| corrupt())?
            .cast_unsigned(),
        state: rows
            .iter()
            .find_map(|row| row.try_get("state").ok().flatten())
            .unwrap_or_default(),
    })
}
