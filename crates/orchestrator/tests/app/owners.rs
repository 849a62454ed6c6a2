//! A store that several people and programs share: what is shown of a job whose owner is not there, and what becomes of
//! jobs whatever the store does.

mod failover;
mod roles;
mod stores;

use crate::{home, page, postgres};
use std::{fs, path::Path, process::Command};

use home::{Home, Running, eventually};
use orchestrator::{
    job::{JobId, JobQuery},
    log::find::Query,
    wire::{Event, FindRequest, JobRequest, LogRequest, Reply},
};
use page::App;
use postgres::Postgres;

fn sql(home: &Home, statement: &str) -> String {
    home.text(&["db", "--", "-qtAc", statement]).trim().into()
}

#[test]
fn a_job_whose_owner_is_silent_stays_as_it_is_with_a_word_of_doubt() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["run", "--", "echo one"]);
    sql(
        &home,
        "update jobs set owner = 'ann@there', status = 'running', finished_at = null",
    );
    let silent = |home: &Home| home.json(&["jobs", "--json"])[0]["is_silent"].clone();
    assert_eq!(silent(&home), false, "nobody has ever spoken for ann");
    sql(
        &home,
        "insert into job_owners values ('ann@there', now() - interval '31 seconds')",
    );
    assert_eq!(silent(&home), true);
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(
        job["status"], "running",
        "nothing is concluded from silence"
    );

    let canceled = home.run(&["cancel", "last"]);
    let stderr = String::from_utf8(canceled.stderr).unwrap();
    assert!(
        stderr.contains("belongs to ann@there, and only the app there can reach it"),
        "{stderr}"
    );
    sql(
        &home,
        "update job_owners set seen_at = now() - interval '20 seconds'",
    );
    assert_eq!(silent(&home), false);
    sql(
        &home,
        "update job_owners set seen_at = now() - interval '40 seconds'",
    );
    sql(
        &home,
        "update jobs set status = 'done', finished_at = now()",
    );
    assert_eq!(silent(&home), false, "how it ended is known");
}

#[test]
fn an_engine_that_stays_says_that_it_is_there() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let mut serving = home.start(&["serve", "--json"]);
    serving.line();
    eventually("it has said so", || {
        sql(
            &home,
            "select count(*) from job_owners where seen_at > now() - interval '10 s'",
        ) == "1"
    });
    serving.kill();
}

/// What a job of Ann's waits for, each in a pipe of its own: of one that is opened again before its writer has closed it,
/// the end would be read as the next step.
const STEPS: [&str; 2] = ["first", "second"];

/// A job of Ann's that writes a line at each step, and the engine of a colleague, whose folders are others.
struct Team {
    job: JobId,
    ann: Home,
    bob: Home,
    running: Running,
    _postgres: Postgres,
}

impl Team {
    /// Ann's job has written its first line, and the store has it.
    fn at_work() -> Self {
        let postgres = Postgres::start();
        let ann = Home::new(Some(postgres.url("postgres")));
        let bob = Home::new(Some(postgres.url("postgres")));
        for step in STEPS {
            mkfifo(&ann.work().join(step));
        }
        let steps = "echo one; read go < first; echo two; read go < second; printf three";
        let mut running = ann.start(&["run", "--", steps]);
        assert_eq!(running.line(), "one");
        eventually("the first line is archived", || {
            bob.text(&["jobs", "--json"]) != "[]\n" && bob.text(&["log", "last"]) == "one\n"
        });
        let job = &bob.json(&["jobs", "--json"])[0];
        assert_eq!(job["status"], "running");
        Self {
            job: job["id"].as_str().unwrap().parse().unwrap(),
            ann,
            bob,
            running,
            _postgres: postgres,
        }
    }

    /// Lets Ann's job go on to its next line.
    fn step(&self, step: &str) {
        take(&self.ann.work(), step);
    }
}

/// Lets the job that works in a folder go on.
fn take(work: &Path, step: &str) {
    fs::write(work.join(step), "go\n").unwrap();
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_colleagues_log_is_followed_to_the_end_of_the_job() {
    let mut team = Team::at_work();
    let mut lines = team.bob.start(&["log", "--follow", "last"]);
    let mut raw = team.bob.start(&["log", "--follow", "--raw", "last"]);
    let mut both = |line: &str| assert_eq!((lines.line(), raw.line()), (line.into(), line.into()));
    both("one");
    team.step(STEPS[0]);
    both("two");
    team.step(STEPS[1]);
    both("three");
    assert!(lines.child.wait().unwrap().success());
    assert!(raw.child.wait().unwrap().success());
    assert!(team.running.child.wait().unwrap().success());
    assert_eq!(team.bob.text(&["log", "last", "--raw"]), "one\ntwo\nthree");
}

#[tokio::test]
async fn a_colleagues_log_grows_in_the_window_and_is_complete_when_the_job_is_over() {
    let mut team = Team::at_work();
    let app = App::start(team.bob);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let job = team.job;
    let extent = page
        .ask(LogRequest::Follow {
            job,
            tail: 10,
            encoding: Default::default(),
        })
        .await;
    let Ok(Reply::Extent(extent)) = extent else {
        panic!("{extent:?}")
    };
    assert_eq!((extent.lines, extent.complete), (1, false));
    let query = Query {
        text: "t".into(),
        ..Query::default()
    };
    let find = FindRequest::Find {
        job,
        find: 7,
        query,
        encoding: Default::default(),
    };
    assert!(matches!(page.ask(find).await, Ok(Reply::Ok)));
    let outline = page.ask(LogRequest::Outline { job }).await;
    assert!(matches!(outline, Ok(Reply::Outline(outline)) if outline.lines == 1));

    take(&team.ann.work(), STEPS[0]);
    let (last, complete) = page.until(|event| grown(event, job, 2)).await;
    assert_eq!((last.as_str(), complete), ("two", false));
    let hits = |event: &Event, wanted: u64| match event {
        Event::Found {
            find: 7,
            hits,
            complete,
            ..
        } if *hits == wanted => Some(*complete),
        _ => None,
    };
    assert!(!page.until(|event| hits(event, 1)).await, "more may come");

    take(&team.ann.work(), STEPS[1]);
    page.until(|event| grown(event, job, 3).filter(|(_, complete)| *complete))
        .await;
    page.until(|event| hits(event, 2).filter(|complete| *complete))
        .await;
    let outline = page.ask(LogRequest::Outline { job }).await;
    assert!(matches!(outline, Ok(Reply::Outline(outline)) if outline.lines == 3));
    let (bytes, _) = page.read_raw(job, 0, usize::MAX).await;
    assert_eq!(bytes[&0], b"one\ntwo\nthree");
    assert!(team.running.child.wait().unwrap().success());
}

/// The last line of a log that has grown to so many lines, and whether no more will come.
fn grown(event: &Event, wanted: JobId, lines: u64) -> Option<(String, bool)> {
    match event {
        Event::LogGrew { job, extent, tail } if *job == wanted && extent.lines == lines => {
            let text = tail.last().map(|line| line.spans.iter());
            let text = text.map(|spans| spans.map(|span| span.text.as_str()).collect());
            Some((text.unwrap_or_default(), extent.complete))
        }
        _ => None,
    }
}

#[tokio::test]
async fn an_app_takes_at_most_four_connections_of_a_shared_server() {
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    page.until_ready_again().await;
    for at in 0..6 {
        page.start(&format!("seq -f '{at} %.0f' 300000")).await;
    }
    let ours = "select count(*) from pg_stat_activity where application_name = 'vm-orchestrator'";
    let mut most = 0;
    let over = "select count(*) from jobs where status = 'done'";
    while postgres.psql("postgres", over) != "6" {
        let find = JobQuery {
            text: Some("seq".into()),
            ..JobQuery::default()
        };
        page.say(JobRequest::Jobs(find)).await;
        most = most.max(postgres.psql("postgres", ours).parse::<u32>().unwrap());
    }
    assert!((2..=4).contains(&most), "{most}");
}
