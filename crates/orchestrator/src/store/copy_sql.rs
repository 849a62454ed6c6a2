//! The statements behind copying jobs into another store. Rows of jobs, notes and batches travel as the JSON that Postgres
//! makes of them, so that whatever a row holds comes along: sessions have UTC, so times are the same text on both sides.

use sqlx::{
    PgConnection, Row,
    postgres::{PgBindIterExt, PgRow},
};
use uuid::Uuid;

use super::{changes::CHANNEL, tables::Tables};

/// Jobs that are listed at once.
const JOBS: i64 = 500;
/// Rows of one log that are read at once; each has about 64 KiB.
const ROWS: i64 = 48;
/// Batches that are copied at once.
const BATCHES: i64 = 50;

/// A job, before it is looked at.
pub(super) struct Listed {
    pub(super) id: Uuid,
    pub(super) over: bool,
    /// Bytes of its log.
    pub(super) size: i64,
}

/// A job as its row has it, and a checksum of its log's rows.
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) status: String,
    pub(super) bytes: i64,
    pub(super) row: String,
    pub(super) note: Option<String>,
    /// None if it has no rows.
    pub(super) log: Option<Vec<u8>>,
}

/// Rows of logs.
pub(super) struct Page {
    pub(super) rows: Vec<PgRow>,
    /// Bytes of the log in them.
    pub(super) bytes: u64,
    /// The last row, if more may follow.
    pub(super) next: Option<(i64, String)>,
}

pub(super) async fn total(
    connection: &mut PgConnection,
    tables: &Tables,
) -> sqlx::Result<(u64, u64)> {
    let total = "select count(*), coalesce(sum(bytes), 0)::bigint from ours.jobs";
    let total = sqlx::query_as(tables.sql(total));
    let (jobs, bytes): (i64, i64) = total.fetch_one(connection).await?;
    Ok((jobs.cast_unsigned(), bytes.cast_unsigned()))
}

pub(super) async fn list(
    connection: &mut PgConnection,
    tables: &Tables,
    after: Uuid,
) -> sqlx::Result<Vec<Listed>> {
    let list = "select id, status not in ('queued', 'running') as over, bytes
                from ours.jobs where id > $1 order by id limit $2";
    let list = sqlx::query(tables.sql(list)).bind(after).bind(JOBS);
    let rows = list.fetch_all(connection).await?;
    let listed = |row: &PgRow| {
        Ok(Listed {
            id: row.try_get("id")?,
            over: row.try_get("over")?,
            size: row.try_get("bytes")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// When a job came is the other server's own number.
const HEADS: &str =
    "select job.id, job.status, job.bytes, (to_jsonb(job) - 'arrival')::text as row, to_jsonb(note)::text as note, logs.sum
     from ours.jobs job
     left join ours.job_notes note on note.job_id = job.id
     left join (
       select job_id, sha256(string_agg(
           sha256(convert_to(data, 'UTF8')) || sha256(coalesce(raw, '')) || sha256(meta) || sha256(coalesce(state, ''))
           || convert_to(concat_ws(' ', seq, stream, first_line, byte_offset, raw is null, state is null,
                                   to_jsonb(\"timestamp\")), 'UTF8'),
           ''::bytea order by seq, stream)) as sum
       from ours.job_logs where job_id = any($1) group by job_id
     ) logs on logs.job_id = job.id
     where job.id = any($1)";

pub(super) async fn heads(
    connection: &mut PgConnection,
    tables: &Tables,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Head>> {
    let heads = sqlx::query(tables.sql(HEADS)).bind(ids);
    let rows = heads.fetch_all(connection).await?;
    let head = |row: &PgRow| {
        Ok(Head {
            id: row.try_get("id")?,
            status: row.try_get("status")?,
            bytes: row.try_get("bytes")?,
            row: row.try_get("row")?,
            note: row.try_get("note")?,
            log: row.try_get("sum")?,
        })
    };
    rows.iter().map(head).collect()
}

macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "select job_id, seq, stream, to_jsonb(\"timestamp\") #>> '{}' as at, first_line, byte_offset, data, raw, meta,
                    state, coalesce(octet_length(raw), octet_length(data)) as size
             from ours.job_logs where ",
            $rest
        )
    };
}

/// Of several jobs all at once, for they are small; of one as many as fit.
const OF_SEVERAL: &str = rows!("job_id = any($1)");
const OF_ONE: &str =
    rows!("job_id = $1 and (seq, stream) > ($2, $3) order by seq, stream limit $4");

pub(super) async fn page(
    connection: &mut PgConnection,
    tables: &Tables,
    jobs: &[Uuid],
    after: Option<&(i64, String)>,
) -> sqlx::Result<Page> {
    let rows = match jobs {
        [one] => {
            let (seq, stream) = after.map_or((-1, ""), |(seq, stream)| (*seq, stream));
            let select = sqlx::query(tables.sql(OF_ONE)).bind(one);
            let select = select.bind(seq).bind(stream).bind(ROWS);
            select.fetch_all(connection).await?
        }
        several => {
            let select = sqlx::query(tables.sql(OF_SEVERAL)).bind(several);
            select.fetch_all(connection).await?
        }
    };
    let sizes = rows.iter().map(|row| row.try_get::<i32, _>("size"));
    let sizes: Vec<i32> = sizes.collect::<sqlx::Result<_>>()?;
    let is_full = jobs.len() == 1 && rows.len() as i64 == ROWS;
    let next = match rows.last() {
        Some(last) if is_full => Some((last.try_get("seq")?, last.try_get("stream")?)),
        _ => None,
    };
    Ok(Page {
        bytes: sizes
            .iter()
            .map(|size| u64::from(size.unsigned_abs()))
            .sum(),
        rows,
        next,
    })
}

/// To all who list jobs there.
const ADD_JOBS: &str = "with added as (
     insert into ours.jobs select job.*
     from unnest($1::text[]) as given (one),
       jsonb_populate_record(null::ours.jobs,
         given.one::jsonb || jsonb_build_object('arrival', pg_current_xact_id()::text::bigint)) as job
     on conflict do nothing returning id)
   select count(*), count(pg_notify($2, id::text)) as told from added";

/// Adds jobs; one that somebody else has added meanwhile stays as that is.
pub(super) async fn add_jobs(
    connection: &mut PgConnection,
    tables: &Tables,
    heads: &[Head],
) -> sqlx::Result<()> {
    let rows = heads.iter().map(|head| head.row.as_str());
    let add = sqlx::query(tables.sql(ADD_JOBS)).bind(rows.bind_iter());
    add.bind(CHANNEL).execute(connection).await?;
    Ok(())
}

const ADD_ROWS: &str = "insert into ours.job_logs
    (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state)
  select job_id, seq, stream, at::timestamptz, first_line, byte_offset, data, raw, meta, state
  from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
              $7::text[], $8::bytea[], $9::bytea[], $10::bytea[])
    as given (job_id, seq, stream, at, first_line, byte_offset, data, raw, meta, state)
  on conflict do nothing";

pub(super) async fn add_rows(
    connection: &mut PgConnection,
    tables: &Tables,
    rows: &[PgRow],
) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let add = sqlx::query(tables.sql(ADD_ROWS))
        .bind(all::<Uuid>(rows, "job_id")?)
        .bind(all::<i64>(rows, "seq")?)
        .bind(all::<&str>(rows, "stream")?)
        .bind(all::<&str>(rows, "at")?)
        .bind(all::<i64>(rows, "first_line")?)
        .bind(all::<i64>(rows, "byte_offset")?)
        .bind(all::<&str>(rows, "data")?)
        .bind(all::<Option<&[u8]>>(rows, "raw")?)
        .bind(all::<&[u8]>(rows, "meta")?)
        .bind(all::<Option<&[u8]>>(rows, "state")?);
    add.execute(connection).await?;
    Ok(())
}

fn all<'r, T>(rows: &'r [PgRow], name: &str) -> sqlx::Result<Vec<T>>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    rows.iter().map(|row| row.try_get(name)).collect()
}

/// Of two notes the later one stays.
const NOTE: &str = "insert into ours.job_notes as old select note.*
   from unnest($1::text[]) as given (one), jsonb_populate_record(null::ours.job_notes, given.one::jsonb) as note
   on conflict (job_id) do update set
     pinned = excluded.pinned, text = excluded.text, by = excluded.by, at = excluded.at
   where excluded.at > old.at";

/// Adds what people say of these jobs.
pub(super) async fn note(
    connection: &mut PgConnection,
    tables: &Tables,
    heads: &[Head],
) -> sqlx::Result<()> {
    let notes: Vec<&str> = heads
        .iter()
        .filter_map(|head| head.note.as_deref())
        .collect();
    if notes.is_empty() {
        return Ok(());
    }
    let added = sqlx::query(tables.sql(NOTE)).bind(&notes);
    added.execute(connection).await?;
    Ok(())
}

pub(super) async fn batches(
    connection: &mut PgConnection,
    tables: &Tables,
    after: Uuid,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let select = "select id, to_jsonb(batch)::text from ours.job_batches batch
                  where id > $1 and finished_at is not null order by id limit $2";
    let select = sqlx::query_as(tables.sql(select)).bind(after).bind(BATCHES);
    select.fetch_all(connection).await
}

const ADD_BATCHES: &str = "insert into ours.job_batches as old select batch.*
   from unnest($1::text[]) as given (one), jsonb_populate_record(null::ours.job_batches, given.one::jsonb) as batch
   on conflict (id) do update set
     status = excluded.status, done = excluded.done, finished_at = excluded.finished_at,
     changes = excluded.changes, detail = excluded.detail
   where excluded.changes > old.changes";

/// Adds batches, and returns how many of them were not there as they are here.
pub(super) async fn add_batches(
    connection: &mut PgConnection,
    tables: &Tables,
    batches: &[(Uuid, String)],
) -> sqlx::Result<u64> {
    let rows = batches.iter().map(|(_, row)| row.as_str());
    let add = sqlx::query(tables.sql(ADD_BATCHES)).bind(rows.bind_iter());
    Ok(add.execute(connection).await?.rows_affected())
}
