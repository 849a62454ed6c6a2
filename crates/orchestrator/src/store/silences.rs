//! When jobs wrote something: read from what is beside their logs' texts, which stay unread.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::Row;

use super::{Result, Store, pack::cuts};
use crate::job::{JobId, longest};

/// Rows of each log that are looked at: about 1 GB of it.
const ROWS: i64 = 20_000;

const TIMES: &str = "select id, started_at, finished_at, meta, seq, size
   from ours.jobs job cross join lateral (
     select meta, seq, coalesce(octet_length(raw), octet_length(data)) as size
     from ours.job_logs where job_id = job.id order by seq limit $2) log
   where id = any($1) and isfinite(started_at) and isfinite(finished_at)";

impl Store {
    /// In milliseconds, the longest silences of these jobs that are over. Those that wrote nothing, or whose rows cannot be read,
    /// are left out.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn longest_silences(&self, jobs: &[JobId]) -> Result<Vec<(JobId, u64)>> {
        let ids: Vec<_> = jobs.iter().map(|job| job.0).collect();
        let times = sqlx::query(self.tables.sql(TIMES)).bind(ids).bind(ROWS);
        let rows = self.with(async |connection| times.fetch_all(connection).await);
        let mut runs: HashMap<JobId, (i64, i64, Vec<i64>)> = HashMap::new();
        for row in &rows.await? {
            let read = || -> sqlx::Result<_> {
                let micros = |name: &str| -> sqlx::Result<i64> {
                    Ok(row.try_get::<DateTime<Utc>, _>(name)?.timestamp_micros())
                };
                let (seq, size) = (
                    row.try_get::<i64, _>("seq")?,
                    row.try_get::<i32, _>("size")?,
                );
                let seq = seq.cast_unsigned();
                let cuts = cuts(seq, size.unsigned_abs() as usize, row.try_get("meta")?);
                let job = JobId(row.try_get("id")?);
                Ok((job, micros("started_at")?, micros("finished_at")?, cuts))
            };
            let Ok((job, began, ended, Some(cuts))) = read() else {
                continue;
            };
            let run = runs.entry(job).or_insert((began, ended, Vec::new()));
            run.2.extend(cuts.into_iter().map(|cut| cut.at));
        }
        let runs = runs.into_iter();
        Ok(runs
            .map(|(job, (began, ended, times))| (job, longest(began, ended, times)))
            .collect())
    }
}
