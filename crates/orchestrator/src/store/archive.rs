//! Blocks of a log into Postgres, and the mark that says how far they are. Both move in one transaction, and only from
//! where the mark is: whatever is offered twice, in whichever cuts, is kept once.

use super::{
    Result, Store, StoreError,
    archive_sql::{self, Step},
    block::{ArchiveMark, Block},
    columns::Columns,
};
use crate::job::{Job, JobId};

impl Store {
    /// Adds blocks to a job's log and moves its mark, in one transaction. What is already there is left out, so it may
    /// be called again when the outcome of a call is not known, and by a new owner with other cuts.
    ///
    /// What was added is safe from a crash of the server only after [`Store::make_durable`] or [`Store::settle`]; until
    /// then the spool must be kept.
    ///
    /// # Errors
    /// [`StoreError::Behind`] if the archive ends before the first block; [`StoreError::Gone`] if the job is not
    /// saved here; [`StoreError::Unfit`] if the blocks do not lead to the mark; any error of the server.
    pub async fn archive(&self, job: JobId, blocks: &[Block], mark: &ArchiveMark) -> Result<()> {
        let start = follow(job, blocks, mark)?;
        let outcome = self.write(async |connection| {
            archive_sql::add(connection, &self.tables, job, blocks, start, mark).await
        });
        judge(job, mark, start, outcome.await?)
    }

    /// Writes how a job ended, for good: the whole log has to be archived up to `mark` before. On return both are on disk.
    ///
    /// # Errors
    /// [`StoreError::Behind`] if the archive ends elsewhere (no row is written then); as [`Store::save_job`].
    pub async fn settle(&self, job: &Job, mark: &ArchiveMark) -> Result<()> {
        let columns = Columns::of(job)?;
        let outcome = self.write(async |connection| {
            archive_sql::end(connection, &self.tables, job, &columns, mark).await
        });
        judge(job.id, mark, mark.seq, outcome.await?)
    }

    /// Goes on at `mark` with a job whose archive ends before, at chunk `from`: what is between is lost, and
    /// counts as [missing](Self::missing).
    ///
    /// # Errors
    /// As [`Store::archive`].
    pub async fn pass(&self, job: JobId, from: u64, mark: &ArchiveMark) -> Result<()> {
        let passed = self.write(async |connection| {
            archive_sql::pass(connection, &self.tables, job, from, mark).await
        });
        judge(job, mark, from, passed.await?)
    }

    /// Waits until everything that was archived of this job is on the server's disk, and says how far that is: the spool
    /// before that is no longer needed. None if the job is not here.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn make_durable(&self, job: JobId) -> Result<Option<ArchiveMark>> {
        self.write(async |connection| archive_sql::secure(connection, &self.tables, job).await)
            .await
    }

    /// Has the server bring all that is in its write-ahead log into its tables, so that the log can be cut. Our own lets us.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn checkpoint(&self) -> Result<()> {
        let done = self.with(async |connection| {
            sqlx::query("checkpoint").execute(connection).await?;
            Ok(())
        });
        done.await
    }

    /// How far a job is archived; the start if no block is yet, none if the job is not here.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn mark(&self, job: JobId) -> Result<Option<ArchiveMark>> {
        self.write(async |connection| archive_sql::read(connection, &self.tables, job).await)
            .await
    }
}

fn judge(job: JobId, mark: &ArchiveMark, start: u64, outcome: Step) -> Result<()> {
    match outcome {
        Step::Written => Ok(()),
        Step::Gone => Err(StoreError::Gone { job }),
        Step::Elsewhere(archived) => Err(StoreError::Behind {
            job,
            archived,
            offered: start.min(mark.seq),
        }),
    }
}

/// Where the blocks begin; they have to lead to the mark without a gap.
pub(super) fn follow(job: JobId, blocks: &[Block], mark: &ArchiveMark) -> Result<u64> {
    let start = blocks.first().map_or(mark.seq, |block| block.seq);
    let mut next = start;
    for block in blocks {
        let whole = !block.chunks.is_empty() && block.seq == next;
        let ordered = (next..)
            .zip(&block.chunks)
            .all(|(seq, chunk)| chunk.seq == seq);
        if !(whole && ordered) {
            let why = format!(
                "a block begins at chunk {}, but {next} comes next, or has a gap",
                block.seq
            );
            return Err(StoreError::Unfit { job, why });
        }
        next += block.chunks.len() as u64;
    }
    if next == mark.seq {
        return Ok(start);
    }
    let why = format!(
        "its blocks end before chunk {next} and its mark says {}",
        mark.seq
    );
    Err(StoreError::Unfit { job, why })
}
