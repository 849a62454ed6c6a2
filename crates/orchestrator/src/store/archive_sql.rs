//! The transactions behind the archive: the mark in `jobs` moves together with the rows of `job_logs`.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sqlx::{
    Connection, PgConnection, Row,
    postgres::{PgBindIterExt, PgRow},
};

use super::{
    block::{ArchiveMark, Block},
    columns::Columns,
    error::unkept,
    jobs::{Sql, save},
    pack::{Packed, pack},
    tables::Tables,
};
use crate::{
    job::{Job, JobId},
    log::Stream,
};

/// A log's rows need not wait for the disk: until they are known to be on it, the spool still has them.
const QUICK: &str = "begin; set local synchronous_commit = off";
pub(super) const DURABLE: &str = "begin; set local synchronous_commit = on";

/// What came of a transaction.
pub(super) enum Step {
    /// It is as it was asked for.
    Written,
    /// There is no such job.
    Gone,
    /// The archive ends at this chunk, which does not fit.
    Elsewhere(u64),
}

/// Adds blocks from chunk `start` on and moves the mark.
pub(super) async fn add(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
    blocks: &[Block],
    start: u64,
    mark: &ArchiveMark,
) -> sqlx::Result<Step> {
    let mut transaction = connection.begin_with(QUICK).await?;
    if advance(&mut transaction, tables, job, blocks, start, mark).await? {
        transaction.commit().await?;
        return Ok(Step::Written);
    }
    // Another owner's last call may have landed after we read the mark, or our own did and its answer was lost.
    let Some(there) = lock(&mut transaction, tables, job).await? else {
        transaction.rollback().await?;
        return Ok(Step::Gone);
    };
    if there.seq < start {
        transaction.rollback().await?;
        return Ok(Step::Elsewhere(there.seq));
    }
    if there.seq < mark.seq {
        let rest = from(blocks, &there);
        if !advance(&mut transaction, tables, job, &rest, there.seq, mark).await? {
            // Nobody else can have moved the mark, since we hold its row.
            return Err(unkept("jobs"));
        }
    }
    transaction.commit().await?;
    Ok(Step::Written)
}

/// What of these blocks the archive lacks, cut if it ends.
fn from(blocks: &[Block], there: &ArchiveMark) -> Vec<Block> {
    blocks
        .iter()
        .filter(|block| block.seq + block.chunks.len() as u64 > there.seq)
        .map(|block| {
            if block.seq >= there.seq {
                return block.clone();
            }
            let chunks = block.chunks.iter().filter(|chunk| chunk.seq >= there.seq);
            Block {
                seq: there.seq,
                chunks: chunks.cloned().collect(),
                first_line: there.lines + 1,
                state: there.state.clone(),
            }
        })
        .collect()
}

const ADVANCE: &str = "update ours.jobs set
    archived_seq = $3, archived_offset = $4, archived_lines = $5, archived_state = $6,
    archived_stdout = archived_stdout + $7, archived_stderr = archived_stderr + $8,
    lines = greatest(lines, $5), bytes = greatest(bytes, archived_stdout + $7 + archived_stderr + $8)
  where id = $1 and archived_seq = $2
  returning archived_stdout - $7 as stdout, archived_stderr - $8 as stderr";

/// Moves the mark from `start` and writes the rows; false, without a change, if the mark is not at `start`.
pub(super) async fn advance(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
    blocks: &[Block],
    start: u64,
    mark: &ArchiveMark,
) -> sqlx::Result<bool> {
    let rows = rows_of(blocks);
    let before = sqlx::query(tables.sql(ADVANCE))
        .bind(job.0)
        .bind(start.cast_signed())
        .bind(mark.seq.cast_signed())
        .bind(mark.offset.cast_signed())
        .bind(mark.lines.cast_signed())
        .bind(&mark.state)
        .bind(total(&rows, Stream::Stdout))
        .bind(total(&rows, Stream::Stderr))
        .fetch_optional(&mut *connection)
        .await?;
    let Some(before) = before else {
        return Ok(false);
    };
    if !rows.is_empty() {
        let offsets = offsets(&rows, before.try_get("stdout")?, before.try_get("stderr")?);
        insert(connection, tables, job, &rows, offsets).await?;
    }
    Ok(true)
}

/// Each row beside the block it is of.
pub(super) type Rows<'a> = Vec<(&'a Block, Packed)>;

/// The rows of these blocks.
pub(super) fn rows_of(blocks: &[Block]) -> Rows<'_> {
    let all = blocks.iter();
    all.flat_map(|block| pack(&block.chunks).into_iter().map(move |row| (block, row)))
        .collect()
}

/// Bytes that one stream has in these rows.
pub(super) fn total(rows: &Rows<'_>, stream: Stream) -> i64 {
    let own = rows.iter().filter(|(_, row)| row.stream == stream);
    own.map(|(_, row)| row.bytes.len() as i64).sum()
}

/// Where each row's first byte is in its stream, from where the streams ended before.
pub(super) fn offsets(rows: &Rows<'_>, mut stdout: i64, mut stderr: i64) -> Vec<i64> {
    rows.iter()
        .map(|(_, row)| {
            let end = match row.stream {
                Stream::Stdout => &mut stdout,
                Stream::Stderr => &mut stderr,
            };
            *end += row.bytes.len() as i64;
            *end - row.bytes.len() as i64
        })
        .collect()
}

/// One statement for all rows. A row that is there already stays as it is.
const INSERT: &str = "insert into ours.job_logs
    (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state)
  select $1, seq, stream, at, first_line, byte_offset, data, raw, meta, state
  from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[],
              $7::text[], $8::bytea[], $9::bytea[], $10::bytea[])
    as packed (seq, stream, at, first_line, byte_offset, data, raw, meta, state)
  on conflict do nothing";

/// How many of these rows are there.
const THERE: &str = "select count(*) from ours.job_logs
  where job_id = $1 and (seq, stream) in (select * from unnest($2::bigint[], $3::text[]))";

/// Writes the rows. That the server took the statement is no proof of them: a trigger of somebody's may have dropped
/// some without an error, and their spool must not follow.
async fn insert(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
    rows: &Rows<'_>,
    offsets: Vec<i64>,
) -> sqlx::Result<()> {
    let texts = texts(rows);
    let insert = sqlx::query(tables.sql(INSERT)).bind(job.0);
    let done = bind_rows(insert, rows, &texts, offsets)
        .execute(&mut *connection)
        .await?;
    if done.rows_affected() == rows.len() as u64 {
        return Ok(());
    }
    let there: i64 = sqlx::query_scalar(tables.sql(THERE))
        .bind(job.0)
        .bind(
            rows.iter()
                .map(|(block, _)| block.seq.cast_signed())
                .bind_iter(),
        )
        .bind(rows.iter().map(|(_, row)| row.stream.word()).bind_iter())
        .fetch_one(connection)
        .await?;
    if there == rows.len() as i64 {
        Ok(())
    } else {
        Err(unkept("job_logs"))
    }
}

/// Each row's bytes as text, as [`Packed::text`] has it.
pub(super) fn texts<'a>(rows: &'a Rows<'_>) -> Vec<(Cow<'a, str>, bool)> {
    rows.iter().map(|(_, row)| row.text()).collect()
}

/// Binds the nine arrays that make rows of `job_logs`.
pub(super) fn bind_rows<'q>(
    query: Sql<'q>,
    rows: &'q Rows<'_>,
    texts: &'q [(Cow<'_, str>, bool)],
    offsets: Vec<i64>,
) -> Sql<'q> {
    let raws = rows.iter().zip(texts);
    let raws = raws.map(|((_, row), (_, lossy))| lossy.then_some(row.bytes.as_slice()));
    let states = rows.iter();
    let states = states.map(|(block, row)| row.leads.then_some(block.state.as_slice()));
    let rows = || rows.iter();
    query
        .bind(rows().map(|(block, _)| block.seq.cast_signed()).bind_iter())
        .bind(rows().map(|(_, row)| row.stream.word()).bind_iter())
        .bind(rows().map(|(_, row)| moment(row.at)).bind_iter())
        .bind(
            rows()
                .map(|(block, _)| block.first_line.cast_signed())
                .bind_iter(),
        )
        .bind(offsets)
        .bind(texts.iter().map(|(text, _)| text.as_ref()).bind_iter())
        .bind(raws.bind_iter())
        .bind(rows().map(|(_, row)| row.meta.as_slice()).bind_iter())
        .bind(states.bind_iter())
}

/// Writes how a job ended, if the mark is at the end of its log.
pub(super) async fn end(
    connection: &mut PgConnection,
    tables: &Tables,
    job: &Job,
    columns: &Columns<'_>,
    mark: &ArchiveMark,
) -> sqlx::Result<Step> {
    let mut transaction = connection.begin_with(DURABLE).await?;
    save(&mut transaction, tables, job, columns).await?;
    // The last count is the right one, if counts on the way were only lower bounds.
    let done = sqlx::query(tables.sql(
        "update ours.jobs set archived_offset = $3, archived_lines = $4, archived_state = $5, lines = $6, bytes = $7
         where id = $1 and archived_seq = $2",
    ))
    .bind(job.id.0)
    .bind(mark.seq.cast_signed())
    .bind(mark.offset.cast_signed())
    .bind(mark.lines.cast_signed())
    .bind(&mark.state)
    .bind(job.lines.cast_signed())
    .bind(job.bytes.cast_signed())
    .execute(&mut *transaction)
    .await?;
    if done.rows_affected() == 1 {
        transaction.commit().await?;
        return Ok(Step::Written);
    }
    let there = lock(&mut transaction, tables, job.id).await?;
    transaction.rollback().await?;
    Ok(there.map_or(Step::Gone, |there| Step::Elsewhere(there.seq)))
}

const PASS: &str = "update ours.jobs set
    archived_seq = $3, archived_offset = $4, archived_lines = $5, archived_state = $6,
    archived_stdout = archived_stdout + greatest(0, $7 - archived_stdout - archived_stderr),
    lines = greatest(lines, $5), bytes = greatest(bytes, $7)
  where id = $1 and archived_seq = $2";

/// Moves the mark past chunks that are lost.
pub(super) async fn pass(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
    from: u64,
    mark: &ArchiveMark,
) -> sqlx::Result<Step> {
    let mut transaction = connection.begin_with(DURABLE).await?;
    let done = sqlx::query(tables.sql(PASS))
        .bind(job.0)
        .bind(from.cast_signed())
        .bind(mark.seq.cast_signed())
        .bind(mark.offset.cast_signed())
        .bind(mark.lines.cast_signed())
        .bind(&mark.state)
        .bind(mark.bytes.cast_signed())
        .execute(&mut *transaction)
        .await?;
    let there = lock(&mut transaction, tables, job).await?;
    transaction.commit().await?;
    Ok(match there {
        _ if done.rows_affected() == 1 => Step::Written,
        None => Step::Gone,
        Some(there) => Step::Elsewhere(there.seq),
    })
}

/// Waits until everything archived of this job is on disk: the commit of any change that is waited for brings all
/// earlier ones with it.
pub(super) async fn secure(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
) -> sqlx::Result<Option<ArchiveMark>> {
    let mut transaction = connection.begin_with(DURABLE).await?;
    let done =
        sqlx::query(tables.sql("update ours.jobs set archived_seq = archived_seq where id = $1"))
            .bind(job.0)
            .execute(&mut *transaction)
            .await?;
    let mark = read(&mut transaction, tables, job).await?;
    if mark.is_some() && done.rows_affected() == 0 {
        return Err(unkept("jobs"));
    }
    transaction.commit().await?;
    Ok(mark)
}

macro_rules! select_mark {
    ($rest:literal) => {
        concat!(
            "select archived_seq, archived_offset, archived_stdout + archived_stderr as archived_bytes,
                    archived_lines, archived_state from ours.jobs where id = $1",
            $rest
        )
    };
}

pub(super) async fn read(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
) -> sqlx::Result<Option<ArchiveMark>> {
    let row = sqlx::query(tables.sql(select_mark!("")))
        .bind(job.0)
        .fetch_optional(connection);
    row.await?.as_ref().map(mark_in).transpose()
}

/// The mark, which then stays as it is until the end of the transaction.
async fn lock(
    connection: &mut PgConnection,
    tables: &Tables,
    job: JobId,
) -> sqlx::Result<Option<ArchiveMark>> {
    let row = sqlx::query(tables.sql(select_mark!(" for update")))
        .bind(job.0)
        .fetch_optional(connection);
    row.await?.as_ref().map(mark_in).transpose()
}

fn mark_in(row: &PgRow) -> sqlx::Result<ArchiveMark> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
    Ok(ArchiveMark {
        seq: number("archived_seq")?,
        offset: number("archived_offset")?,
        bytes: number("archived_bytes")?,
        lines: number("archived_lines")?,
        state: row.try_get("archived_state")?,
    })
}

/// For people who read the table; the exact time is in `meta`. Neither Postgres nor chrono has all years of an `i64`.
fn moment(at: i64) -> DateTime<Utc> {
    const FARTHEST: i64 = 8_000_000_000_000_000_000;
    DateTime::from_timestamp_micros(at.clamp(0, FARTHEST)).unwrap_or_default()
}
