//! What is in Postgres: waited for, compared with what was printed; and one COPY of the same bytes, to compare with.

use std::time::{Duration, Instant};

use orchestrator::{job::JobId, log::Stream};
use sqlx::Row;

use crate::{Outcome, app::App, page::Page, printed::Log};

/// Nothing takes this long, but a busy machine may make it seem so.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes of a row, as the archive cuts them.
const ROW: usize = 64 * 1024;

impl App {
    /// Waits until a job is archived with its status: then its folder goes. A look costs a system call, and none of
    /// what is measured waits for it. The page reads on meanwhile: one that reads nothing is cut off.
    pub(crate) async fn archived(&self, page: &mut Page, job: JobId) -> Outcome<Instant> {
        page.beside(self.folder_is_gone(job)).await
    }

    async fn folder_is_gone(&self, job: JobId) -> Outcome<Instant> {
        let folder = self.jobs().join(job.to_string());
        let begun = Instant::now();
        while folder.exists() {
            if begun.elapsed() > PATIENCE {
                return Err(format!("job {job} is not archived after {PATIENCE:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Instant::now())
    }

    /// Fails unless Postgres has a job as done and its log as it was printed. The page reads on meanwhile.
    pub(crate) async fn has(&self, page: &mut Page, job: JobId, log: Log) -> Outcome<()> {
        page.beside(self.holds(job, log)).await
    }

    async fn holds(&self, job: JobId, log: Log) -> Outcome<()> {
        let status: String = sqlx::query("select status from jobs where id = $1")
            .bind(job.0)
            .fetch_one(&self.pool)
            .await?
            .try_get(0)?;
        if status != "done" {
            return Err(format!("job {job} is {status} in Postgres").into());
        }
        for (stream, expected) in [Stream::Stdout, Stream::Stderr].into_iter().zip(log) {
            let bytes = self.bytes(job, stream).await?;
            if bytes != expected {
                let same = bytes
                    .iter()
                    .zip(expected)
                    .take_while(|(one, other)| one == other)
                    .count();
                return Err(format!(
                    "the {} of job {job} differs in Postgres from byte {same} on",
                    stream.word()
                )
                .into());
            }
        }
        Ok(())
    }

    /// Whether the server packs logs with lz4.
    pub(crate) async fn packs_fast(&self) -> Outcome<bool> {
        let compression = "select attcompression = 'l' from pg_attribute where attrelid = 'job_logs'::regclass and attname = 'data'";
        Ok(sqlx::query(compression)
            .fetch_one(&self.pool)
            .await?
            .try_get(0)?)
    }

    async fn bytes(&self, job: JobId, stream: Stream) -> Outcome<Vec<u8>> {
        let rows = sqlx::query(
            "select data, raw from job_logs where job_id = $1 and stream = $2 order by seq",
        )
        .bind(job.0)
        .bind(stream.word())
        .fetch_all(&self.pool)
        .await?;
        let mut bytes = Vec::new();
        for row in rows {
            match row.try_get::<Option<&[u8]>, _>("raw")? {
                Some(raw) => bytes.extend_from_slice(raw),
                None => bytes.extend_from_slice(row.try_get::<&str, _>("data")?.as_bytes()),
            }
        }
        Ok(bytes)
    }
}

/// The bytes of a log as one COPY into a table of the archive's shape.
pub(crate) struct Copy(Vec<u8>);

impl Copy {
    /// Binary COPY, the fastest there is (PostgreSQL manual, "COPY", "Binary Format"); it is made before the clock starts.
    pub(crate) fn of(log: &[u8]) -> Self {
        let mut out = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        out.reserve(log.len() + log.len() / ROW * 200);
        let (mut rest, mut offset, mut line, mut seq) = (log, 0, 1_i64, 0_i64);
        while !rest.is_empty() {
            // Rows end with lines here, so that each is valid UTF-8.
            let limit = rest.len().min(ROW);
            let end = memchr::memrchr(b'\n', &rest[..limit]).map_or(limit, |at| at + 1);
            let (data, after) = rest.split_at(end);
            out.extend_from_slice(&10_i16.to_be_bytes());
            let mut field = |bytes: &[u8]| {
                out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
                out.extend_from_slice(bytes);
            };
            field(&[7; 16]);
            field(&seq.to_be_bytes());
            field(b"stdout");
            field(&0_i64.to_be_bytes());
            field(&line.to_be_bytes());
            field(&i64::to_be_bytes(offset));
            field(data);
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            let mut field = |bytes: &[u8]| {
                out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
                out.extend_from_slice(bytes);
            };
            field(&[0; 16]);
            field(&[0; 16]);
            (rest, seq) = (after, seq + 1);
            offset += data.len() as i64;
            line += memchr::memchr_iter(b'\n', data).count() as i64;
        }
        out.extend_from_slice(&(-1_i16).to_be_bytes());
        Self(out)
    }

    /// How long the COPY takes, its commit included. The page reads on meanwhile.
    pub(crate) async fn run(&self, app: &App, page: &mut Page) -> Outcome<Duration> {
        page.beside(self.copied(app)).await
    }

    async fn copied(&self, app: &App) -> Outcome<Duration> {
        sqlx::raw_sql("drop table if exists bench_logs; create table bench_logs (like job_logs including all)").execute(&app.pool).await?;
        let mut connection = app.pool.acquire().await?;
        let begun = Instant::now();
        sqlx::raw_sql("begin; set local synchronous_commit = off")
            .execute(&mut *connection)
            .await?;
        let mut copy = connection
            .copy_in_raw("copy bench_logs from stdin (format binary)")
            .await?;
        copy.send(self.0.as_slice()).await?;
        copy.finish().await?;
        sqlx::raw_sql("commit").execute(&mut *connection).await?;
        let took = begun.elapsed();
        sqlx::raw_sql("drop table bench_logs")
            .execute(&app.pool)
            .await?;
        Ok(took)
    }
}
