//! Batches of a log into Postgres, and the mark that says how far they are. Both move in one transaction, and only from
//! where the mark stands: whatever is offered twice, in whichever cuts, is kept once.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, Row};

use super::{
    Result, Store, StoreError,
    columns::Columns,
    connect::answer,
    jobs::save,
    pack::{Packed, pack},
};
use crate::{
    job::{Job, JobId},
    log::{Chunk, Stream},
};

/// Consecutive chunks archived as one, up to about 64 KiB or one large chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The number of its first chunk.
    pub seq: u64,
    /// Its chunks, numbered from `seq` without gaps; never empty.
    pub chunks: Vec<Chunk>,
    /// The number of the first line that starts in it, or of the next one to start where none does.
    pub first_line: u64,
    /// Where a reader of lines stands at its start; opaque here.
    pub state: Vec<u8>,
}

/// How far a job is archived. The default is the start of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The next chunk's number.
    pub seq: u64,
    /// Where that chunk stands in the spool.
    pub offset: u64,
    /// Bytes archived. Only read: the store counts what it is given.
    pub bytes: u64,
    /// Lines that have begun so far.
    pub lines: u64,
    /// Where a reader of lines stands there; opaque here, empty at the start.
    pub state: Vec<u8>,
}

impl Store {
    /// Adds batches to a job's log and moves its mark, in one transaction. What is already there is left out, so it may
    /// be called again when the outcome of a call is not known, and by a new owner with other cuts.
    ///
    /// What was added is safe from a crash of the server only after [`Store::make_durable`] or [`Store::settle`]; until
    /// then the spool must be kept.
    ///
    /// # Errors
    /// [`StoreError::Behind`] where the archive ends before the first batch; [`StoreError::Gone`] where the job is not
    /// saved here; [`StoreError::Unfit`] where the batches do not lead to the mark; whatever the server says.
    pub async fn archive(&self, job: JobId, batches: &[Batch], mark: &Mark) -> Result<()> {
        let start = follow(job, batches, mark)?;
        let mut held = self.hold().await?;
        let outcome = answer(add(&mut held, job, batches, start, mark)).await;
        self.judge(job, mark, start, held.end(outcome))
    }

    /// Writes how a job ended, for good: the whole log has to be archived up to `mark` before. On return both are on disk.
    ///
    /// # Errors
    /// [`StoreError::Behind`] where the archive ends elsewhere (nothing is written then); as [`Store::save_job`].
    pub async fn settle(&self, job: &Job, mark: &Mark) -> Result<()> {
        let columns = Columns::of(job)?;
        let mut held = self.hold().await?;
        let outcome = answer(end(&mut held, job, &columns, mark)).await;
        self.judge(job.id, mark, mark.seq, held.end(outcome))
    }

    /// Waits until everything that was archived of this job is on the server's disk, and says how far that is: the spool
    /// before that is no longer needed. None where the job is not here.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn make_durable(&self, job: JobId) -> Result<Option<Mark>> {
        let mut held = self.hold().await?;
        // The commit of any change that is waited for brings all earlier ones with it.
        let work = async {
            let mut transaction = held.begin_with(DURABLE).await?;
            sqlx::query("update jobs set archived_seq = archived_seq where id = $1")
                .bind(job.0)
                .execute(&mut *transaction)
                .await?;
            let mark = mark(&mut transaction, job).await?;
            transaction.commit().await?;
            Ok(mark)
        };
        let mark = answer(work).await;
        held.end(mark).map_err(|error| self.fault(error))
    }

    /// How far a job is archived; the start where nothing is yet, none where the job is not here.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn mark(&self, job: JobId) -> Result<Option<Mark>> {
        let mut held = self.hold().await?;
        let mark = answer(mark(&mut held, job)).await;
        held.end(mark).map_err(|error| self.fault(error))
    }

    fn judge(
        &self,
        job: JobId,
        mark: &Mark,
        start: u64,
        outcome: sqlx::Result<Step>,
    ) -> Result<()> {
        match outcome {
            Ok(Step::Written) => Ok(()),
            Ok(Step::Gone) => Err(StoreError::Gone { job }),
            Ok(Step::Elsewhere(archived)) => Err(StoreError::Behind {
                job,
                archived,
                offered: start.min(mark.seq),
            }),
            Err(error) => Err(self.fault(error)),
        }
    }
}

/// A log's rows need not wait for the disk: until they are known to be on it, the spool still has them.
const QUICK: &str = "begin; set local synchronous_commit = off";
const DURABLE: &str = "begin; set local synchronous_commit = on";

/// What came of a transaction.
enum Step {
    Written,
    Gone,
    /// The archive ends at this chunk, which does not fit.
    Elsewhere(u64),
}

/// Where the batches begin; they have to lead to the mark without a gap.
fn follow(job: JobId, batches: &[Batch], mark: &Mark) -> Result<u64> {
    let start = batches.first().map_or(mark.seq, |batch| batch.seq);
    let mut next = start;
    for batch in batches {
        let whole = !batch.chunks.is_empty() && batch.seq == next;
        let ordered = (next..)
            .zip(&batch.chunks)
            .all(|(seq, chunk)| chunk.seq == seq);
        if !(whole && ordered) {
            let why = format!(
                "a batch begins at chunk {} where {next} comes next, or has a gap",
                batch.seq
            );
            return Err(StoreError::Unfit { job, why });
        }
        next += batch.chunks.len() as u64;
    }
    if next == mark.seq {
        return Ok(start);
    }
    let why = format!(
        "its batches end before chunk {next} and its mark says {}",
        mark.seq
    );
    Err(StoreError::Unfit { job, why })
}

async fn add(
    connection: &mut PgConnection,
    job: JobId,
    batches: &[Batch],
    start: u64,
    mark: &Mark,
) -> sqlx::Result<Step> {
    let mut transaction = connection.begin_with(QUICK).await?;
    if advance(&mut transaction, job, batches, start, mark).await? {
        transaction.commit().await?;
        return Ok(Step::Written);
    }
    // Another owner's last call may have landed after we read the mark, or our own did and its answer was lost.
    let Some(there) = lock(&mut transaction, job).await? else {
        transaction.rollback().await?;
        return Ok(Step::Gone);
    };
    if there.seq < start {
        transaction.rollback().await?;
        return Ok(Step::Elsewhere(there.seq));
    }
    if there.seq < mark.seq {
        let rest = from(batches, &there);
        advance(&mut transaction, job, &rest, there.seq, mark).await?;
    }
    transaction.commit().await?;
    Ok(Step::Written)
}

/// What of these batches the archive lacks, cut where it ends.
fn from(batches: &[Batch], there: &Mark) -> Vec<Batch> {
    batches
        .iter()
        .filter(|batch| batch.seq + batch.chunks.len() as u64 > there.seq)
        .map(|batch| {
            if batch.seq >= there.seq {
                return batch.clone();
            }
            let chunks = batch.chunks.iter().filter(|chunk| chunk.seq >= there.seq);
            Batch {
                seq: there.seq,
                chunks: chunks.cloned().collect(),
                first_line: there.lines + 1,
                state: there.state.clone(),
            }
        })
        .collect()
}

/// Moves the mark from `start` and writes the rows; false, and nothing done, where the mark does not stand at `start`.
async fn advance(
    connection: &mut PgConnection,
    job: JobId,
    batches: &[Batch],
    start: u64,
    mark: &Mark,
) -> sqlx::Result<bool> {
    let rows: Vec<(&Batch, Packed)> = batches
        .iter()
        .flat_map(|batch| pack(&batch.chunks).into_iter().map(move |row| (batch, row)))
        .collect();
    let total = |stream| {
        let own = rows.iter().filter(|(_, row)| row.stream == stream);
        own.map(|(_, row)| row.bytes.len() as i64).sum::<i64>()
    };
    let before = sqlx::query(
        "update jobs set
           archived_seq = $3, archived_offset = $4, archived_lines = $5, archived_state = $6,
           archived_stdout = archived_stdout + $7, archived_stderr = archived_stderr + $8,
           lines = greatest(lines, $5), bytes = greatest(bytes, archived_stdout + $7 + archived_stderr + $8)
         where id = $1 and archived_seq = $2
         returning archived_stdout - $7 as stdout, archived_stderr - $8 as stderr",
    )
    .bind(job.0)
    .bind(start.cast_signed())
    .bind(mark.seq.cast_signed())
    .bind(mark.offset.cast_signed())
    .bind(mark.lines.cast_signed())
    .bind(&mark.state)
    .bind(total(Stream::Stdout))
    .bind(total(Stream::Stderr))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(before) = before else {
        return Ok(false);
    };
    if !rows.is_empty() {
        insert(
            connection,
            job,
            &rows,
            before.get("stdout"),
            before.get("stderr"),
        )
        .await?;
    }
    Ok(true)
}

/// Writes all rows by one statement. A row that is there already stays as it is.
async fn insert(
    connection: &mut PgConnection,
    job: JobId,
    rows: &[(&Batch, Packed)],
    mut stdout: i64,
    mut stderr: i64,
) -> sqlx::Result<()> {
    let texts: Vec<_> = rows.iter().map(|(_, row)| row.text()).collect();
    let offsets: Vec<i64> = rows
        .iter()
        .map(|(_, row)| {
            let end = match row.stream {
                Stream::Stdout => &mut stdout,
                Stream::Stderr => &mut stderr,
            };
            let offset = *end;
            *end += row.bytes.len() as i64;
            offset
        })
        .collect();
    fn each<'a, T>(
        rows: &'a [(&'a Batch, Packed)],
        of: impl Fn(&'a Batch, &'a Packed) -> T,
    ) -> Vec<T> {
        rows.iter().map(|(batch, row)| of(batch, row)).collect()
    }
    sqlx::query(
        "insert into job_logs
           (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state)
         select $1, seq, stream, at, first_line, byte_offset, data, raw, meta, state
         from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[],
                     $7::text[], $8::bytea[], $9::bytea[], $10::bytea[])
           as packed (seq, stream, at, first_line, byte_offset, data, raw, meta, state)
         on conflict do nothing",
    )
    .bind(job.0)
    .bind(each(rows, |batch, _| batch.seq.cast_signed()))
    .bind(each(rows, |_, row| row.stream.word()))
    .bind(each(rows, |_, row| moment(row.at)))
    .bind(each(rows, |batch, _| batch.first_line.cast_signed()))
    .bind(offsets)
    .bind(
        texts
            .iter()
            .map(|(text, _)| text.as_ref())
            .collect::<Vec<&str>>(),
    )
    .bind(
        rows.iter()
            .zip(&texts)
            .map(|((_, row), (_, lossy))| lossy.then_some(row.bytes.as_slice()))
            .collect::<Vec<Option<&[u8]>>>(),
    )
    .bind(each(rows, |_, row| row.meta.as_slice()))
    .bind(each(rows, |batch, row| {
        row.leads.then_some(batch.state.as_slice())
    }))
    .execute(connection)
    .await?;
    Ok(())
}

async fn end(
    connection: &mut PgConnection,
    job: &Job,
    columns: &Columns<'_>,
    mark: &Mark,
) -> sqlx::Result<Step> {
    let mut transaction = connection.begin_with(DURABLE).await?;
    save(&mut transaction, job, columns).await?;
    // The last count is the right one, where counts on the way were only lower bounds.
    let done = sqlx::query(
        "update jobs set archived_offset = $3, archived_lines = $4, archived_state = $5, lines = $6, bytes = $7
         where id = $1 and archived_seq = $2",
    )
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
    let there = lock(&mut transaction, job.id).await?;
    transaction.rollback().await?;
    Ok(there.map_or(Step::Gone, |there| Step::Elsewhere(there.seq)))
}

macro_rules! select_mark {
    ($rest:literal) => {
        concat!(
            "select archived_seq as seq, archived_offset as at, archived_stdout + archived_stderr as bytes,
                    archived_lines as lines, archived_state as state from jobs where id = $1",
            $rest
        )
    };
}

async fn mark(connection: &mut PgConnection, job: JobId) -> sqlx::Result<Option<Mark>> {
    read(connection, job, select_mark!("")).await
}

/// The mark, which then stays as it is until the end of the transaction.
async fn lock(connection: &mut PgConnection, job: JobId) -> sqlx::Result<Option<Mark>> {
    read(connection, job, select_mark!(" for update")).await
}

async fn read(
    connection: &mut PgConnection,
    job: JobId,
    sql: &'static str,
) -> sqlx::Result<Option<Mark>> {
    let row = sqlx::query(sql)
        .bind(job.0)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| Mark {
        seq: row.get::<i64, _>("seq").cast_unsigned(),
        offset: row.get::<i64, _>("at").cast_unsigned(),
        bytes: row.get::<i64, _>("bytes").cast_unsigned(),
        lines: row.get::<i64, _>("lines").cast_unsigned(),
        state: row.get("state"),
    }))
}

/// For people who read the table; the exact time is in `meta`. Postgres has no years beyond 294276.
fn moment(at: i64) -> DateTime<Utc> {
    const FARTHEST: i64 = 9_000_000_000_000_000_000;
    DateTime::from_timestamp_micros(at.clamp(0, FARTHEST)).unwrap_or_default()
}
