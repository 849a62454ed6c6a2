//! Rows of the history that cannot be read, beside those that can.

use std::collections::HashSet;

use orchestrator::{
    job::{JobQuery, Status},
    wire::{JobRequest, LogRequest, Reply},
};

use super::{again, home};
use crate::page::App;

/// What somebody, or a later app, made of a row; and what is said of it.
const UNREADABLE: [(&str, &str); 9] = [
    (
        "status = 'canceled', finished_at = null",
        "it is canceled and does not say",
    ),
    ("finished_at = 'infinity'", "its finished_at"),
    ("started_at = '-infinity'", "its started_at"),
    ("queued_at = '294000-01-01'", "its queued_at"),
    (
        "detail = '{\"exit\": {\"ended\": \"teleported\"}}'",
        "its detail",
    ),
    ("detail = '[]'", "does not say"),
    ("detail = 'null'", "its detail"),
    ("detail = detail - 'exit'", "does not say"),
    ("detail = jsonb_set(detail, '{argv}', '7')", "its detail"),
];

#[tokio::test]
async fn one_row_that_cannot_be_read_is_one_bad_line() {
    let (postgres, home) = home("");
    for _ in 0..3 {
        home.text(&["run", "--", "echo true"]);
    }
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let jobs = app.home.json(&["jobs", "--json"]);
    let id = jobs[1]["id"].as_str().unwrap().to_owned();
    postgres.psql("postgres", "create table saved as table jobs");
    for (made, words) in UNREADABLE {
        let update = format!("update jobs set {made} where id = '{id}'");
        postgres.psql("postgres", &update);
        let Ok(Reply::Jobs { jobs, .. }) = page.ask(JobRequest::Jobs(JobQuery::default())).await
        else {
            panic!("{made}: no list");
        };
        let reason = jobs[1].reason.clone().unwrap_or_default();
        assert_eq!(jobs.len(), 3, "{made}");
        assert!(
            reason.contains("cannot be read") && reason.contains(words),
            "{made}: {reason}"
        );
        assert_eq!(
            (jobs[1].status, jobs[1].command.as_str()),
            (Status::Lost, "echo true"),
            "{made}"
        );
        for well in [&jobs[0], &jobs[2]] {
            assert_eq!(well.status, Status::Done, "{made}");
        }
        // Its log is beside the row, and whole.
        assert_eq!(app.home.text(&["log", &id]), "true\n", "{made}");
        // By itself it is an answer, too, and nothing runs again from it.
        let job = jobs[1].id;
        page.ask(JobRequest::Job { job }).await.unwrap_err();
        page.ask(again(&jobs[1], &[&jobs[1].owner]))
            .await
            .unwrap_err();
        let earlier = page.ask(JobRequest::Earlier { job: jobs[0].id }).await;
        assert!(
            matches!(earlier, Ok(Reply::Earlier { .. })),
            "{made}: {earlier:?}"
        );
        assert!(app.home.text(&["jobs"]).lines().count() >= 3, "{made}");
        let restore = "update jobs set status = saved.status, detail = saved.detail, queued_at = saved.queued_at,
                       started_at = saved.started_at, finished_at = saved.finished_at
                       from saved where saved.id = jobs.id";
        postgres.psql("postgres", restore);
    }
    let long = format!("update jobs set command = repeat('x', 70000) where id = '{id}'");
    postgres.psql("postgres", &long);
    assert!(app.home.text(&["jobs"]).contains(&"x".repeat(70_000)));
}

#[tokio::test]
async fn bytes_that_are_gone_are_said_and_the_rest_is_shown() {
    let (postgres, home) = home("");
    home.text(&["run", "--", "seq 100000; echo err >&2"]);
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let job = app.home.json(&["jobs", "--json"])[0].clone();
    let (id, bytes) = (job["id"].as_str().unwrap(), job["bytes"].as_u64().unwrap());
    let whole = app.home.text(&["log", id, "--raw"]);
    assert_eq!(whole.len() as u64, bytes);
    postgres.psql(
        "postgres",
        "create table saved as table job_logs; create table job as table jobs",
    );
    let rows: u64 = postgres
        .psql("postgres", "select count(*) from saved")
        .parse()
        .unwrap();
    assert!(rows > 3, "{rows}");
    let second = "(select min(seq) from saved where seq > 0)";
    for gone in [
        format!("delete from job_logs where seq = {second}"),
        "delete from job_logs where seq = 0".into(),
        "delete from job_logs where seq = (select max(seq) from saved)".into(),
        "truncate job_logs".into(),
        "truncate job_logs; update jobs set archived_stdout = 0, archived_stderr = 0".into(),
    ] {
        postgres.psql("postgres", &gone);
        for args in [&["log", id, "--raw"][..], &["log", id]] {
            let output = app.home.run(args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{gone}: {stderr}");
            if args.len() == 2 {
                // Each line that is there is shown once, in order; the one that the gap begins in, as far as it goes.
                let text = String::from_utf8(output.stdout.clone()).unwrap();
                let numbers: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
                let cut = numbers.windows(2).filter(|pair| pair[0] >= pair[1]);
                assert!(cut.count() <= 1, "{gone}");
                let once: HashSet<&u32> = numbers.iter().collect();
                assert!(numbers.len() - once.len() <= 1, "{gone}");
                // What is last may be the other stream's.
                if !gone.contains("max") {
                    let is_there = numbers.contains(&100_000);
                    assert_eq!(is_there, gone.contains("delete"), "{gone}");
                }
            } else {
                let missing = bytes - output.stdout.len() as u64;
                assert!(
                    missing > 0 && stderr.contains(&format!("{missing} bytes")),
                    "{gone}: {stderr}"
                );
            }
        }
        let job = id.parse().unwrap();
        let follow = LogRequest::Follow {
            job,
            tail: 0,
            encoding: Default::default(),
        };
        match page.ask(follow).await {
            Ok(Reply::Extent(extent)) => assert!(extent.missing > 0, "{gone}"),
            other => panic!("{gone}: {other:?}"),
        }
        postgres.psql(
            "postgres",
            "truncate job_logs; insert into job_logs table saved;
             update jobs set archived_stdout = job.archived_stdout, archived_stderr = job.archived_stderr
             from job where job.id = jobs.id",
        );
    }
    assert_eq!(app.home.text(&["log", id, "--raw"]), whole);
}
