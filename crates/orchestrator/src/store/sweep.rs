//! The logs of many jobs out of Postgres, a large step at a time, for who looks through all of them: one statement a step,
//! however many jobs it is of, and no copy of a log's bytes.

use sqlx::{Row, postgres::PgRow};

use super::{
    Result, Store,
    pack::{self, Cut},
};
use crate::{job::JobId, log::Stream};

/// Rows that one job has in a step, at most.
const ROWS: usize = 1000;

/// What a step read: blocks of logs, each job's together and in order.
#[derive(Debug)]
pub struct Step {
    /// The blocks.
    pub blocks: Vec<RawBlock>,
    /// Whether that is all that there is; else more of the last block's job, and the jobs after it, are left.
    pub whole: bool,
}

/// A block as its rows have it.
#[derive(Debug)]
pub struct RawBlock {
    /// The job.
    pub job: JobId,
    /// The number of its first chunk.
    pub seq: u64,
    /// The number of the chunk after its last; none if its rows do not fit together.
    pub end: Option<u64>,
    rows: Vec<PgRow>,
}

macro_rules! step {
    ($rows:literal) => {
        // Lengths are known without unpacking the data, so what does not fit is not read. Rows of one block are peers.
        concat!(
            "select job_id, seq, stream, case when raw is null then data end as data, raw, meta, state, all_bytes
             from (
               select *,
                 sum(octet_length(data)) over (order by job_id desc, seq) as bytes_up_to_its_end,
                 sum(octet_length(data)) over ()                          as all_bytes,
                 first_value(job_id) over (order by job_id desc, seq)     as first_job,
                 first_value(seq) over (order by job_id desc, seq)        as first_seq
               from (",
            $rows,
            ") near
             ) counted
             where bytes_up_to_its_end <= $2 or (job_id = first_job and seq = first_seq)
             order by job_id desc, seq"
        )
    };
}

/// Of several jobs: a distributed Postgres asks each of its machines for those that it has.
const OF_SEVERAL: &str = step!("select * from ours.job_logs where job_id = any($1)");

/// Of one: its rows come from the index in order, and no more of them than fit.
const OF_ONE: &str = step!(
    "select * from ours.job_logs where job_id = any($1) and job_id = $3 and seq >= $4 and seq < $5
     order by seq fetch first 1000 rows with ties"
);

impl Store {
    /// The logs of these jobs, of the newest id first: about `limit` bytes of them, or one block that is larger.
    ///
    /// # Errors
    /// Any error of the server. A block that cannot be read is an odd block, and no error.
    pub async fn sweep(&self, jobs: &[JobId], limit: u64) -> Result<Step> {
        let sql = sqlx::query(self.tables.sql(OF_SEVERAL))
            .bind(jobs.iter().map(|job| job.0).collect::<Vec<_>>())
            .bind(limit.cast_signed());
        let rows = self.with(async |connection| sql.fetch_all(connection).await);
        Ok(step(rows.await?, limit, usize::MAX))
    }

    /// The log of one job from chunk `seq` on to before `end`, as [`Store::sweep`] gives it.
    ///
    /// # Errors
    /// As there.
    pub async fn sweep_on(
        &self,
        job: JobId,
        seq: u64,
        end: Option<u64>,
        limit: u64,
    ) -> Result<Step> {
        let sql = sqlx::query(self.tables.sql(OF_ONE))
            .bind(vec![job.0])
            .bind(limit.cast_signed())
            .bind(job.0)
            .bind(seq.cast_signed())
            .bind(end.map_or(i64::MAX, u64::cast_signed));
        let rows = self.with(async |connection| sql.fetch_all(connection).await);
        Ok(step(rows.await?, limit, ROWS))
    }
}

fn step(rows: Vec<PgRow>, limit: u64, most: usize) -> Step {
    let first = rows.first();
    let bytes = first.and_then(|row| row.try_get::<Option<i64>, _>("all_bytes").ok().flatten());
    let whole = rows.len() < most && bytes.is_none_or(|bytes| bytes.cast_unsigned() <= limit);
    let mut blocks: Vec<RawBlock> = Vec::new();
    for row in rows {
        let (Ok(job), Ok(seq)) = (row.try_get("job_id"), row.try_get::<i64, _>("seq")) else {
            continue;
        };
        let (job, seq) = (JobId(job), seq.cast_unsigned());
        match blocks.last_mut() {
            Some(last) if last.job == job && last.seq == seq => last.rows.push(row),
            _ => blocks.push(RawBlock {
                job,
                seq,
                end: None,
                rows: vec![row],
            }),
        }
    }
    for block in &mut blocks {
        block.end = block.last();
    }
    Step { blocks, whole }
}

impl RawBlock {
    /// How many bytes of log it holds.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.rows.iter().map(|row| bytes(row).len() as u64).sum()
    }

    /// Where a reader of lines is at its start; opaque here, empty at the start of a log.
    #[must_use]
    pub fn state(&self) -> &[u8] {
        let states = self.rows.iter();
        let mut states = states.filter_map(|row| row.try_get::<Option<&[u8]>, _>("state").ok());
        states.find_map(|state| state).unwrap_or_default()
    }

    /// Calls `give` with its bytes in the order they were read; those that one stream wrote before the other went on come at
    /// once. Of a block whose rows do not fit together, with each row's bytes.
    pub fn each(&self, mut give: impl FnMut(Stream, &[u8])) {
        let all = |row: &PgRow| (stream(row), bytes(row).len());
        let [_, _, ..] = self.rows[..] else {
            return self
                .rows
                .iter()
                .for_each(|row| give(stream(row), bytes(row)));
        };
        let cuts: Option<Vec<_>> = self.rows.iter().map(|row| self.cuts(row)).collect();
        let Some(cuts) = cuts.filter(|_| self.end.is_some()) else {
            return self
                .rows
                .iter()
                .for_each(|row| give(stream(row), bytes(row)));
        };
        let mut order: Vec<(u64, usize, Cut)> = Vec::new();
        for (row, cuts) in cuts.into_iter().enumerate() {
            order.extend(cuts.into_iter().map(|cut| (cut.seq, row, cut)));
        }
        order.sort_unstable_by_key(|(seq, ..)| *seq);
        for run in order.chunk_by(|(_, one, _), (_, next, _)| one == next) {
            let row = &self.rows[run[0].1];
            let (stream, length) = all(row);
            let end = run.last().map_or(length, |(_, _, cut)| cut.bytes.end);
            give(stream, &bytes(row)[run[0].2.bytes.start..end]);
        }
    }

    /// The number of the chunk after the last one, if all chunks are there.
    fn last(&self) -> Option<u64> {
        let cuts: Option<Vec<_>> = self.rows.iter().map(|row| self.cuts(row)).collect();
        let cuts = cuts?;
        let end = cuts.iter().filter_map(|cuts| Some(cuts.last()?.seq + 1));
        let (end, count) = (end.max()?, cuts.iter().map(Vec::len).sum::<usize>());
        (end == self.seq.checked_add(count as u64)?).then_some(end)
    }

    fn cuts(&self, row: &PgRow) -> Option<Vec<Cut>> {
        pack::cuts(self.seq, bytes(row).len(), row.try_get("meta").ok()?)
    }
}

/// A row's bytes, as they came: no text of a log is checked here for being text.
fn bytes(row: &PgRow) -> &[u8] {
    let column = |name: &str| {
        let read = row.try_get_unchecked::<Option<&[u8]>, _>(name);
        read.ok().flatten()
    };
    column("raw").or_else(|| column("data")).unwrap_or_default()
}

fn stream(row: &PgRow) -> Stream {
    match row.try_get("stream") {
        Ok("stderr") => Stream::Stderr,
        _ => Stream::Stdout,
    }
}
