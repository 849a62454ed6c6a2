//! A job from elsewhere, with its whole log, in one transaction.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc;

use super::{
    Result, Store,
    archive_sql::{DURABLE, advance},
    block::{ArchiveMark, Block},
    columns::Columns,
    error::unkept,
    short_job::write,
    tables::Tables,
};
use crate::job::{Job, Note};

/// How long a job may take, however long its log is.
const TO_IMPORT: Duration = Duration::from_secs(6 * 3600);

/// A part of a job's log that comes from elsewhere.
#[derive(Debug)]
pub enum Part {
    /// The next blocks, and the mark after them.
    Blocks(Vec<Block>, ArchiveMark),
    /// That was all of it.
    Whole,
}

impl Store {
    /// Takes a job that is over, with its note and its log, which comes in parts. False, without a write, if it is there
    /// already, or if the parts end before [`Part::Whole`].
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn import(
        &self,
        job: &Job,
        note: Option<&Note>,
        parts: &mut mpsc::Receiver<Part>,
    ) -> Result<bool> {
        let columns = Columns::of(job)?;
        self.with_within(TO_IMPORT, async |connection| {
            take(connection, &self.tables, job, &columns, note, parts).await
        })
        .await
    }
}

async fn take(
    connection: &mut PgConnection,
    tables: &Tables,
    job: &Job,
    columns: &Columns<'_>,
    note: Option<&Note>,
    parts: &mut mpsc::Receiver<Part>,
) -> sqlx::Result<bool> {
    let mut transaction = connection.begin_with(DURABLE).await?;
    let start = ArchiveMark::default();
    if !write(&mut transaction, tables, job, columns, &[], &start).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    let mut at = start;
    loop {
        match parts.recv().await {
            Some(Part::Blocks(blocks, mark)) => {
                let from = at.seq;
                if !advance(&mut transaction, tables, job.id, &blocks, from, &mark).await? {
                    return Err(unkept("jobs"));
                }
                at = mark;
            }
            Some(Part::Whole) => break,
            None => {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
    }
    let counts = "update ours.jobs set lines = $2, bytes = $3 where id = $1";
    let counts = sqlx::query(tables.sql(counts))
        .bind(job.id.0)
        .bind(at.lines.cast_signed())
        .bind(at.bytes.cast_signed());
    counts.execute(&mut *transaction).await?;
    if let Some(note) = note {
        let keep = "insert into ours.job_notes values ($1, $2, $3, $4, $5) on conflict do nothing";
        let keep = sqlx::query(tables.sql(keep))
            .bind(job.id.0)
            .bind(note.pinned)
            .bind(&note.text)
            .bind(&note.by)
            .bind(note.at);
        keep.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
