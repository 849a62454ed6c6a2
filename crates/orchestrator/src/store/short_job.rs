//! A job that was over before anything of it was written: it and its whole log in one statement; the usual way takes a
//! dozen, each with an answer to wait for.

use sqlx::PgConnection;

use super::{
    Result, Store, StoreError,
    archive::follow,
    archive_sql::{bind_rows, offsets, rows_of, texts, total},
    block::{ArchiveMark, Block},
    changes::CHANNEL,
    columns::Columns,
    jobs::bind_job,
    tables::Tables,
};
use crate::{job::Job, log::Stream};

impl Store {
    /// Writes a job that has ended, for good, with its whole log, which ends at `mark`. False, without a write, if
    /// the store knows the job already. Otherwise all of it is on disk on return.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] if the blocks are not the log from its start to the mark, or a path is not UTF-8; whatever
    /// the server says. If the outcome is not known, it may be called again.
    pub async fn write_whole(
        &self,
        job: &Job,
        blocks: &[Block],
        mark: &ArchiveMark,
    ) -> Result<bool> {
        let columns = Columns::of(job)?;
        if follow(job.id, blocks, mark)? != 0 {
            let (job, why) = (job.id, "its log does not begin at its start".to_owned());
            return Err(StoreError::Unfit { job, why });
        }
        self.write(async |connection| {
            write(connection, &self.tables, job, &columns, blocks, mark).await
        })
        .await
    }
}

/// One statement is one transaction, whose commit waits for the disk, whatever the role has set. It fails, by a
/// function without buckets, if the server drops rows of the log without an error of its own.
const WRITE: &str = "with written as (
     insert into ours.jobs (
       id, type, command, status, started_at, finished_at, queued_at, project, target, host,
       exit_code, signal, reason, batch, owner, pty, lines, bytes, detail,
       archived_seq, archived_offset, archived_lines, archived_state, archived_stdout, archived_stderr)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             $20, $21, $22, $23, $24, $25)
     on conflict (id) do nothing
     returning id),
   logged as (
     insert into ours.job_logs
       (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state)
     select id, seq, stream, at, first_line, byte_offset, data, raw, meta, state
     from written, unnest($26::bigint[], $27::text[], $28::timestamptz[], $29::bigint[], $30::bigint[],
                          $31::text[], $32::bytea[], $33::bytea[], $34::bytea[])
       as packed (seq, stream, at, first_line, byte_offset, data, raw, meta, state)
     returning 1)
   select pg_notify($35, id::text), set_config('synchronous_commit', 'on', true),
          width_bucket(0::float8, 0, 1, case (select count(*) from logged) when cardinality($26::bigint[]) then 1 else 0 end)
   from written";

pub(super) async fn write(
    connection: &mut PgConnection,
    tables: &Tables,
    job: &Job,
    columns: &Columns<'_>,
    blocks: &[Block],
    mark: &ArchiveMark,
) -> sqlx::Result<bool> {
    let rows = rows_of(blocks);
    let texts = texts(&rows);
    let statement = bind_job(sqlx::query(tables.sql(WRITE)), job, columns)
        .bind(mark.seq.cast_signed())
        .bind(mark.offset.cast_signed())
        .bind(mark.lines.cast_signed())
        .bind(&mark.state)
        .bind(total(&rows, Stream::Stdout))
        .bind(total(&rows, Stream::Stderr));
    let written = bind_rows(statement, &rows, &texts, offsets(&rows, 0, 0))
        .bind(CHANNEL)
        .fetch_optional(connection)
        .await?;
    Ok(written.is_some())
}
