//! Who is there: each owner's engine says so now and then, and the others see who has not for a while. All times are
//! the server's, so that no machine's clock matters.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::{Result, Store, tables::Tables};

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

    /// Writes something and takes it back, with all of the way to the disk.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn try_writing(&self) -> Result<()> {
        self.with(async |connection| try_writing(connection, &self.tables).await)
            .await
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

async fn try_writing(connection: &mut PgConnection, tables: &Tables) -> sqlx::Result<()> {
    let begin = "begin; set local synchronous_commit = on";
    let mut transaction = connection.begin_with(begin).await?;
    // A piece of a log, as long as no free room in the tables' files is, so that a full disk is met; nobody sees it, since it
    // is taken back at once. No owner is called so: theirs are user@machine.
    for write in [
        "savepoint piece",
        "insert into ours.jobs (id, type, command, status, queued_at, owner, pty, lines, bytes, detail)
           values ('00000000-0000-0000-0000-000000000000', 'local', 'a try', 'queued', now(), 'a try', false, 0, 0, '{}')",
        "insert into ours.job_logs
           (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state)
           select '00000000-0000-0000-0000-000000000000', 0, 'stdout', now(), 0, 0, string_agg(md5(i::text), ''), null, '', null
           from generate_series(1, 32768) as i",
        "rollback to savepoint piece",
        "insert into ours.job_owners (owner, seen_at) values ('a try', now()) on conflict do nothing",
        "delete from ours.job_owners where owner = 'a try'",
    ] {
        let write = sqlx::query(tables.sql(write));
        write.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
