//! H1, fifty jobs of a million by each filter; H3, a job with a million lines dropped.

use std::time::{Duration, Instant};

use orchestrator::{
    job::{JobId, JobQuery, Status},
    wire::{JobRequest, Reply},
};
use sqlx::Row;

use crate::{
    Outcome,
    app::App,
    page::Page,
    table::{Goal, Table, median, shown},
};

/// Times each list is asked for.
const ASKS: usize = 21;

/// A million jobs, one each ten seconds up to now: what they are and how they ended is spread as a busy team's would
/// be, and their details are those of a job that was run here.
const FILL: &str = "
  insert into jobs (id, type, command, status, started_at, finished_at, queued_at, project, target, host, exit_code,
                    batch, owner, pty, lines, bytes, detail)
  select (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid,
         case when remote then 'ssh' else 'local' end,
         case when remote then 'systemctl restart unit-' || n % 300 else 'make target-' || n % 200 end,
         case when n % 20 = 0 then 'error' when n % 53 = 0 then 'canceled' when n % 1009 = 0 then 'lost' else 'done' end,
         at, at + interval '4 s', at,
         case when not remote then 'project-' || n % 40 end,
         case when not remote then 'target-' || n % 200 end,
         case when remote then 'host-' || n % 500 end,
         case when n % 20 = 0 then 2 else 0 end,
         case when remote then ('00000000-0000-7000-8000-' || lpad(to_hex(n / 50), 12, '0'))::uuid end,
         owner, false, 120, 9000, detail
  from (select n, n % 10 < 3 as remote, to_timestamp(ms / 1000.0) as at, ms
        from (select n, (extract(epoch from now()) * 1000)::bigint - (1000001 - n) * 10000::bigint as ms
              from generate_series(1, 1000000) as n) as numbered) as made,
       (select owner, detail from jobs order by id desc limit 1) as known";

/// H1.
pub(crate) async fn lists(app: &App, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let job = page.start("hello").await?;
    page.over(job).await?;
    app.archived(&mut page, job).await?;
    let begun = Instant::now();
    drop(page);
    sqlx::raw_sql(FILL).execute(&app.pool).await?;
    sqlx::raw_sql("vacuum analyze jobs")
        .execute(&app.pool)
        .await?;
    eprintln!("h1: a million jobs in {}", shown(begun.elapsed()));
    let middle: uuid::Uuid = sqlx::query("select id from jobs order by id offset 500000 limit 1")
        .fetch_one(&app.pool)
        .await?
        .try_get(0)?;
    // Not before: a page that does not answer for so long is taken for gone.
    let mut page = app.page().await?;
    let groups = [
        (
            "H1 newest, or older than one",
            unfiltered(JobId(middle)),
            Goal::AtMost(5.0),
        ),
        ("H1 by one filter", single(), Goal::AtMost(5.0)),
        ("H1 by two filters", double(), Goal::AtMost(20.0)),
        ("H1 by any of some statuses", any(), Goal::AtMost(5.0)),
        (
            "H1 by a text that is in most",
            vec![("text", text("TARGET-1"))],
            Goal::AtMost(5.0),
        ),
        (
            "H1 by a text that is in none",
            vec![("text", text("no such thing"))],
            Goal::AtMost(5.0),
        ),
    ];
    for (name, queries, goal) in groups {
        let mut worst = (Duration::ZERO, Duration::ZERO, "");
        for (what, query) in queries {
            let (by_app, stored) = ask(app, &mut page, &query).await?;
            eprintln!(
                "h1 {what}: asked {}, by the store alone {}",
                shown(by_app),
                shown(stored)
            );
            worst = worst.max((by_app, stored, what));
        }
        let (by_app, stored, what) = worst;
        table.add_time(
            &format!("{name} (slowest: {what})"),
            by_app,
            Some((stored, "the store alone")),
            goal,
        );
    }
    Ok(())
}

fn unfiltered(middle: JobId) -> Vec<(&'static str, JobQuery)> {
    let none = JobQuery::default;
    vec![
        ("none", none()),
        (
            "before",
            JobQuery {
                before: Some(middle),
                ..none()
            },
        ),
    ]
}

fn single() -> Vec<(&'static str, JobQuery)> {
    let none = JobQuery::default;
    let word = |word: &str| Some(word.to_owned());
    vec![
        (
            "status done",
            JobQuery {
                status: Some(Status::Done),
                ..none()
            },
        ),
        (
            "status error",
            JobQuery {
                status: Some(Status::Error),
                ..none()
            },
        ),
        (
            "status lost",
            JobQuery {
                status: Some(Status::Lost),
                ..none()
            },
        ),
        (
            "status running",
            JobQuery {
                status: Some(Status::Running),
                ..none()
            },
        ),
        (
            "project",
            JobQuery {
                project: word("project-9"),
                ..none()
            },
        ),
        (
            "target",
            JobQuery {
                target: word("target-19"),
                ..none()
            },
        ),
        (
            "host",
            JobQuery {
                host: word("host-111"),
                ..none()
            },
        ),
        (
            "no such host",
            JobQuery {
                host: word("nowhere"),
                ..none()
            },
        ),
        (
            "batch",
            JobQuery {
                batch: Some(uuid::Uuid::from_u128(0x7000_8000_0000_0000_03e8)),
                ..none()
            },
        ),
    ]
}

/// Jobs of any of some statuses: most, few, nearly none; and of a project, few.
fn any() -> Vec<(&'static str, JobQuery)> {
    let of = |statuses: &[Status]| JobQuery {
        statuses: statuses.to_vec(),
        ..JobQuery::default()
    };
    vec![
        ("done or error", of(&[Status::Done, Status::Error])),
        ("error or lost", of(&[Status::Error, Status::Lost])),
        (
            "lost, queued or running",
            of(&[Status::Lost, Status::Queued, Status::Running]),
        ),
        ("queued or running", of(&[Status::Queued, Status::Running])),
        (
            "project, lost or queued",
            JobQuery {
                project: Some("project-9".into()),
                ..of(&[Status::Lost, Status::Queued])
            },
        ),
    ]
}

fn double() -> Vec<(&'static str, JobQuery)> {
    let none = JobQuery::default;
    let word = |word: &str| Some(word.to_owned());
    vec![
        (
            "project, status error",
            JobQuery {
                project: word("project-9"),
                status: Some(Status::Error),
                ..none()
            },
        ),
        (
            "project, status lost",
            JobQuery {
                project: word("project-9"),
                status: Some(Status::Lost),
                ..none()
            },
        ),
        (
            "target, status error",
            JobQuery {
                target: word("target-19"),
                status: Some(Status::Error),
                ..none()
            },
        ),
        (
            "host, status lost",
            JobQuery {
                host: word("host-111"),
                status: Some(Status::Lost),
                ..none()
            },
        ),
        (
            "project, target",
            JobQuery {
                project: word("project-9"),
                target: word("target-19"),
                ..none()
            },
        ),
        (
            "project, another's target",
            JobQuery {
                project: word("project-9"),
                target: word("target-18"),
                ..none()
            },
        ),
    ]
}

fn text(text: &str) -> JobQuery {
    JobQuery {
        text: Some(text.into()),
        ..JobQuery::default()
    }
}

/// How long a list takes over the socket, and how long from the store alone.
async fn ask(app: &App, page: &mut Page, query: &JobQuery) -> Outcome<(Duration, Duration)> {
    let (mut by_app, mut stored) = (Vec::new(), Vec::new());
    // One that takes long is asked for a few times.
    let begun = Instant::now();
    while by_app.len() < ASKS && (by_app.len() < 3 || begun.elapsed() < Duration::from_secs(3)) {
        let at = Instant::now();
        let reply = page.ask(JobRequest::Jobs(query.clone())).await?;
        by_app.push(at.elapsed());
        let at = Instant::now();
        let known = app.store.jobs(query).await?;
        stored.push(at.elapsed());
        match reply {
            Reply::Jobs {
                jobs,
                incomplete: None,
                ..
            } if jobs.len() == known.len() => {}
            other => return Err(format!("not the jobs that are there: {other:?}").into()),
        }
    }
    Ok((median(&by_app), median(&stored)))
}

/// H3, with whatever else is in the tables.
pub(crate) async fn drops(app: &App, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let mut took = Vec::new();
    for _ in 0..rounds {
        let job = page.start("w1").await?;
        page.over(job).await?;
        app.archived(&mut page, job).await?;
        app.has(&mut page, job, app.printed.flood).await?;
        let begun = Instant::now();
        if !app.store.delete_job(job).await? {
            return Err("there was no such job".into());
        }
        took.push(begun.elapsed());
        let left: i64 = sqlx::query("select count(*) from job_logs where job_id = $1")
            .bind(job.0)
            .fetch_one(&app.pool)
            .await?
            .try_get(0)?;
        if left > 0 {
            return Err(format!("{left} rows of its log are left").into());
        }
    }
    table.add_time(
        "H3 drop a job of 1,000,000 lines",
        median(&took),
        None,
        Goal::AtMost(300.0),
    );
    Ok(())
}
