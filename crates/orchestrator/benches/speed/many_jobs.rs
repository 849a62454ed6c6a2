//! Many small jobs, made by the server itself: ten lines each, as one that was run here.

use std::{fs, io::Write, path::Path};

use sqlx::Row;

use crate::{Outcome, app::App, page::Page};

/// Lines of each, and bytes of a line.
pub(crate) const LINES: usize = 10;
const WIDTH: usize = 115;
/// Logs in one file, for tools that look through files.
const IN_A_FILE: i64 = 20_000;

const JOBS: &str = "
  insert into jobs (id, type, command, status, started_at, finished_at, queued_at, project, target, host, exit_code,
                    owner, pty, lines, bytes, detail, archived_seq, archived_offset, archived_stdout, archived_stderr,
                    archived_lines, archived_state)
  select (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid,
         type, 'small ' || n, status, at, at + interval '1 s', at, 'project-' || n % 40, 'target-' || n % 200, host, exit_code,
         owner, pty, lines, bytes, detail, archived_seq, archived_offset, archived_stdout, archived_stderr,
         archived_lines, archived_state
  from (select n, ms, to_timestamp(ms / 1000.0) as at
        from (select n, (extract(epoch from now()) * 1000)::bigint - ($2 + 1 - n) * 1000::bigint as ms
              from generate_series(1, $2) as n) as numbered) as made,
       (select * from jobs where id = $1) as known";

const LOGS: &str = "
  insert into job_logs (job_id, seq, stream, \"timestamp\", first_line, byte_offset, data, meta, state)
  select job.id, known.seq, stream, started_at, first_line, byte_offset,
    (select string_agg(rpad(
       to_char(started_at + line * interval '137 ms', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') ||
       case line % 3 when 0 then '  INFO' when 1 then ' DEBUG' else '  WARN' end ||
       ' shop_web::http request{id=' || substr(md5(job.command || line), 1, 8) || '}: GET /api/v1/' ||
       case line % 4 when 0 then 'items' when 1 then 'orders' when 2 then 'users/me' else 'health' end ||
       ' 200 in ' || (hashtext(job.command || line) & 1023) || ' ms', 114) || e'\\n', '')
     from generate_series(1, 10) as line),
    meta, state
  from jobs job, job_logs known where known.job_id = $1 and job.command like 'small %'";

/// Has so many in the history, and their logs in files of a folder.
pub(crate) async fn fill(app: &App, page: &mut Page, jobs: usize, folder: &Path) -> Outcome<()> {
    if jobs == 0 {
        return Ok(());
    }
    let line = "x".repeat(WIDTH - 1);
    let known = page
        .command(&format!(
            "for i in 1 2 3 4 5 6 7 8 9 10; do echo {line}; done | cat"
        ))
        .await?;
    page.over(known).await?;
    app.archived(page, known).await?;
    let fill = async {
        let (id, jobs) = (known.0, i64::try_from(jobs)?);
        sqlx::query(JOBS)
            .bind(id)
            .bind(jobs)
            .execute(&app.pool)
            .await?;
        sqlx::query(LOGS).bind(id).execute(&app.pool).await?;
        files(app, folder).await
    };
    page.beside(fill).await
}

async fn files(app: &App, folder: &Path) -> Outcome<()> {
    let mut last = uuid::Uuid::nil();
    for number in 0.. {
        let rows = sqlx::query(
            "select job_id, data from job_logs where job_id > $1 and octet_length(data) = $2
             order by job_id limit $3",
        )
        .bind(last)
        .bind((LINES * WIDTH) as i32)
        .bind(IN_A_FILE)
        .fetch_all(&app.pool)
        .await?;
        let Some(row) = rows.last() else { break };
        last = row.try_get(0)?;
        let mut file = fs::File::create(folder.join(format!("small-{number:04}.log")))?;
        for row in &rows {
            file.write_all(row.try_get::<&str, _>(1)?.as_bytes())?;
        }
    }
    Ok(())
}
