//! The process that becomes the supervisors of an app's jobs: nothing hangs on it, and nothing of it is left.

use crate::{dice, home, page, postgres};
use std::{
    fs,
    time::{Duration, Instant},
};

use dice::{Dice, kills};
use home::{Home, eventually};
use orchestrator::{
    job::{JobId, JobQuery, Status},
    launch::Start,
    wire::{Event, Job, JobRequest, LaunchRequest, LogRequest, Reply},
};
use page::{App, Page};
use postgres::Postgres;
use rustix::process::{Pid, Signal, kill_process};

/// The fork server of an app, by what it shows in its arguments.
fn fork_server(home: &Home) -> Option<Pid> {
    let shown = "jobs/00000000-0000-0000-0000-000000000000";
    let mut left = home.left().into_iter();
    left.find(|(_, line)| line.contains("--fork-server") && line.contains(shown))
        .map(|(pid, _)| pid)
}

/// Runs jobs until there is a fork server.
async fn until_there_is_one(app: &App, page: &mut Page) -> Pid {
    for _ in 0..2 {
        assert_eq!(run(page, "true").await, Status::Done);
    }
    fork_server(&app.home).unwrap()
}

async fn run(page: &mut Page, command: &str) -> Status {
    let id = page.start(command).await.id;
    page.over(id).await.status
}

/// Starts a job that ends with status 3 once the file `go` is there, and waits until it runs.
async fn waiting(app: &App, page: &mut Page) -> Job {
    let job = page
        .start("touch on; while [ ! -e go ]; do sleep 0.02; done; exit 3")
        .await;
    home::appears(&app.home.work().join("on"));
    job
}

#[tokio::test]
async fn jobs_of_a_killed_fork_server_run_on_and_others_start_without_it() {
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    assert_eq!(run(&mut page, "true").await, Status::Done);
    assert!(fork_server(&app.home).is_none(), "most start just one job");
    let first = until_there_is_one(&app, &mut page).await;
    let job = waiting(&app, &mut page).await;
    let shown = format!("jobs/{}", job.id);
    let supervisor = app.home.left().into_iter();
    let supervisor = supervisor.filter(|(_, line)| line.contains(&shown));
    assert_eq!(supervisor.count(), 1, "its supervisor shows the job");

    kill_process(first, Signal::KILL).unwrap();
    assert_eq!(run(&mut page, "true").await, Status::Done);
    let second = until_there_is_one(&app, &mut page).await;
    assert_ne!(first, second);
    // One that does not answer is waited for, and then done without.
    kill_process(second, Signal::STOP).unwrap();
    assert_eq!(run(&mut page, "true").await, Status::Done);
    assert!(fork_server(&app.home).is_none());
    fs::write(app.home.work().join("go"), "").unwrap();
    assert_eq!(page.over(job.id).await.status, Status::Error);
}

#[tokio::test]
async fn it_ends_with_its_engine_and_its_jobs_do_not() {
    let postgres = Postgres::start();
    let mut app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    until_there_is_one(&app, &mut page).await;
    let job = waiting(&app, &mut page).await;
    app.kill();
    eventually("the fork server is gone", || {
        fork_server(&app.home).is_none()
    });
    fs::write(app.home.work().join("go"), "").unwrap();
    app.again();
    let ended = app.page().await.now_over(job.id).await;
    assert_eq!(ended.status, Status::Error);
}

/// How long a status may take to be right (RELIABILITY.md, P3), and a log to be complete after it.
const RIGHT_WITHIN: Duration = Duration::from_secs(2);

/// Follows a job to the end of its log; its status by then, and how long that took.
async fn followed(page: &mut Page, id: JobId) -> (Option<Status>, Duration) {
    let begun = Instant::now();
    let Ok(Reply::Extent(mut extent)) = page
        .ask(LogRequest::Follow {
            job: id,
            tail: 50,
            encoding: Default::default(),
        })
        .await
    else {
        panic!("not followed")
    };
    let mut status = None;
    let ended = tokio::time::timeout(RIGHT_WITHIN * 10, async {
        while !(extent.complete && status.is_some()) {
            let (grown, ended) = page
                .until(|event| match event {
                    Event::LogGrew { job, extent, .. } if *job == id => Some((Some(*extent), None)),
                    Event::Job(job) if job.id == id && job.status.is_over() => {
                        Some((None, Some(job.status)))
                    }
                    _ => None,
                })
                .await;
            extent = grown.unwrap_or(extent);
            status = ended.or(status);
        }
    });
    assert!(ended.await.is_ok(), "job {id}: {status:?}, {extent:?}");
    (status, begun.elapsed())
}

#[tokio::test]
async fn whenever_the_fork_server_is_killed_each_job_comes_to_its_end_and_so_does_its_log() {
    let mut dice = Dice::new();
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    let mut slowest = Duration::ZERO;
    let mut before = std::collections::BTreeSet::new();
    for _ in 0..kills() {
        until_there_is_one(&app, &mut page).await;
        if let Ok(Reply::Jobs { jobs, .. }) = page.ask(JobRequest::Jobs(JobQuery::default())).await
        {
            before.extend(jobs.iter().map(|job| job.id));
        }
        let victims = |home: &Home| {
            let left = home.left().into_iter();
            left.filter(|(_, line)| line.contains("--fork-server"))
                .map(|(pid, _)| pid)
                .collect::<Vec<_>>()
        };
        let command = [
            "true",
            "echo one; sleep 0.05; echo two",
            "sleep 0.2; echo one",
        ][dice.below(3) as usize];
        page.say(LaunchRequest::Start(Start::Command {
            command: command.into(),
            hosts: Vec::new(),
            cwd: None,
            pty: false,
            confirmed: Vec::new(),
            rules: orchestrator::batch::Rules::default(),
        }))
        .await;
        std::thread::sleep(dice.moment(6));
        for pid in victims(&app.home) {
            kill_process(pid, Signal::KILL).ok();
        }
        let job = page
            .until(|event| match event {
                Event::Job(job) if !before.contains(&job.id) => Some(job.id),
                _ => None,
            })
            .await;
        let (status, took) = followed(&mut page, job).await;
        assert!(
            matches!(status, Some(Status::Done | Status::Lost | Status::Error)),
            "{status:?}"
        );
        slowest = slowest.max(took);
    }
    println!("the slowest came to its end after {slowest:?}");
    assert!(slowest < RIGHT_WITHIN, "{slowest:?}");
}
