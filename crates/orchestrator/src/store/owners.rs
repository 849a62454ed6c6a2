//! Who is there: each owner's engine says so now and then, and the others see who has not for a while. All times are
//! the server's, so that no machine's clock matters.

use std::time::Duration;

use sqlx::{Connection, PgConnection, postgres::PgRow};

use super::{
    Result, Store,
    columns::{self, job_columns},
    error::unkept,
    tables::Tables,
};
use crate::folders;

impl Store {
    /// Says that an engine of this owner is there, and gives the other owners of [`Store::silent_owners`]: in one statement,
    /// since every engine of a team does this all the time.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn beat(&self, owner: &str, since: Duration) -> Result<Vec<String>> {
        let beat = "with here as (
                      insert into ours.job_owners (owner, seen_at) values ($1, now())
                      on conflict (owner) do update set seen_at = excluded.seen_at)
                    select owner from ours.job_owners
                    where owner <> $1 and seen_at < now() - make_interval(secs => $2) order by owner";
        let beat = sqlx::query_scalar(self.tables.sql(beat)).bind(owner);
        let beat = beat.bind(since.as_secs_f64());
        self.write(async |connection| beat.fetch_all(connection).await)
            .await
    }

    /// Writes something, reads it and takes it back, with all of the way to the disk.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn try_writing(&self) -> Result<()> {
        let written = self.with(async |connection| try_writing(connection, &self.tables).await);
        columns::job(&written.await?).map(|_| ())
    }

    /// The owners that have said so, and not for this long.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn silent_owners(&self, since: Duration) -> Result<Vec<String>> {
        let silent = "select owner from ours.job_owners where seen_at < now() - make_interval(secs => $1) order by owner";
        let query = sqlx::query_scalar(self.tables.sql(silent)).bind(since.as_secs_f64());
        self.with(async |connection| query.fetch_all(connection).await)
            .await
    }
}

/// Writes a job and rolls it back at once, so that no reader sees it.
const A_JOB: &str = "insert into ours.jobs (
    id, type, command, status, queued_at, owner, pty, lines, bytes, detail,
    started_at, finished_at, project, target, host, exit_code, signal, reason, batch,
    archived_seq, archived_offset, archived_lines, archived_state, archived_stdout, archived_stderr)
  values ('00000000-0000-0000-0000-000000000000', 'local', 'a try', 'queued', now(), $1, false, 0, 0, '{}',
    null, null, null, null, null, null, null, null, null, 0, 0, 0, '', 0, 0)";

/// A piece of its log, as long as no free room in the tables' files is, so that a full disk is met.
const A_PIECE: &str = "insert into ours.job_logs
    (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state)
  select '00000000-0000-0000-0000-000000000000', 0, 'stdout', now(), 0, 0, string_agg(md5(i::text), ''), null, '', null
  from generate_series(1, 32768) as i";

const READ_BACK: &str = concat!(
    "select ",
    job_columns!(),
    " from ours.jobs where id = '00000000-0000-0000-0000-000000000000'"
);

/// Gives the row of a job as it is read back.
async fn try_writing(connection: &mut PgConnection, tables: &Tables) -> sqlx::Result<PgRow> {
    // No owner is called so: theirs are user@machine. A server may let each login write only what is that user's.
    let owner = format!("{} (a try)", folders::owner());
    let begin = "begin; set local synchronous_commit = on";
    let mut transaction = connection.begin_with(begin).await?;
    sqlx::query("savepoint piece")
        .execute(&mut *transaction)
        .await?;
    for (table, write) in [("jobs", A_JOB), ("job_logs", A_PIECE)] {
        let mut write = sqlx::query(tables.sql(write));
        if table == "jobs" {
            write = write.bind(&owner);
        }
        if write.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Err(unkept(table));
        }
    }
    let read_back = sqlx::query(tables.sql(READ_BACK));
    let row = read_back.fetch_one(&mut *transaction).await?;
    sqlx::query("rollback to savepoint piece")
        .execute(&mut *transaction)
        .await?;
    for write in [
        "insert into ours.job_owners (owner, seen_at) values ($1, now()) on conflict do nothing",
        "delete from ours.job_owners where owner = $1",
    ] {
        let write = sqlx::query(tables.sql(write)).bind(&owner);
        write.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(row)
}
