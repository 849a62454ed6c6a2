//! The loop, over a real socket: button → WebSocket → spawn → output over WebSocket → Postgres → status over WebSocket.

use crate::{home, page, postgres};
use std::collections::HashMap;

use home::Home;
use orchestrator::{
    clock,
    job::{JobId, MakeOptions, Status},
    launch::Start,
    wire::{CatalogRequest, Event, FailureCode, JobRequest, LaunchRequest, LogRequest, Reply},
};
use page::App;
use postgres::Postgres;

fn app() -> (Postgres, App) {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    (postgres, App::start(home))
}

/// The demo's target that ends at once.
fn hello() -> Start {
    Start::Target {
        project: "vm".into(),
        targets: vec!["hello".into()],
        variables: Vec::new(),
        pty: false,
        when_busy: None,
        options: MakeOptions::default(),
    }
}

#[tokio::test]
async fn a_click_runs_streams_and_is_kept() {
    let (postgres, app) = app();
    let mut page = app.page().await;
    let Ok(Reply::Overview(overview)) = page.ask(CatalogRequest::Overview).await else {
        panic!()
    };
    assert_eq!(overview.projects[0].name, "vm");
    assert!(overview.projects[0].trusted, "the demo is trusted");
    let Ok(Reply::Scan(scan)) = page
        .ask(CatalogRequest::Targets {
            project: "vm".into(),
        })
        .await
    else {
        panic!()
    };
    assert!(scan.targets.iter().any(|target| target.name == "hello"));

    let Ok(Reply::Started { jobs }) = page.ask(LaunchRequest::Start(hello())).await else {
        panic!()
    };
    let id = jobs[0].id;
    page.ask(LogRequest::Follow {
        job: id,
        tail: 50,
        encoding: Default::default(),
    })
    .await
    .unwrap();
    let tail = page
        .until(|event| match event {
            Event::LogGrew { job, extent, tail } if *job == id && extent.complete => {
                Some(tail.clone())
            }
            _ => None,
        })
        .await;
    assert!(
        tail.iter().any(|line| line
            .spans
            .iter()
            .any(|span| span.text.contains("Hello from make"))),
        "{tail:?}"
    );
    let Ok(Reply::Job(job)) = page.ask(JobRequest::Job { job: id }).await else {
        panic!()
    };
    assert_eq!(job.status, Status::Done);
    let status = format!("select status from jobs where id = '{id}'");
    home::eventually("it is in Postgres", || {
        // The app makes its tables in the background, and a job does not wait for them.
        let tables = postgres.psql("postgres", "select to_regclass('jobs') is not null");
        tables == "t" && postgres.psql("postgres", &status).trim() == "done"
    });
    let Ok(Reply::Lines { lines }) = page
        .ask(LogRequest::Lines {
            job: id,
            first: 1,
            count: 100,
            encoding: Default::default(),
        })
        .await
    else {
        panic!()
    };
    assert_eq!(lines, tail, "replayed as it was followed");
}

#[tokio::test]
async fn a_pin_during_the_first_start_waits_for_postgres() {
    let app = App::start(Home::new(None));
    let mut page = app.page().await;
    let Ok(Reply::Started { jobs }) = page.ask(LaunchRequest::Start(hello())).await else {
        panic!()
    };
    let note = JobRequest::SetNote {
        job: jobs[0].id,
        pinned: true,
        text: "the first".into(),
    };
    let kept = page.ask(note).await;
    assert!(kept.is_ok(), "{kept:?}");
}

#[tokio::test]
async fn a_subscription_resumes_after_a_cut_with_no_gap_and_no_double() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let job = page.start("seq 1 300000 & seq 1 300000 >&2; wait").await;
    let expected: String = (1..=300_000).map(|number| format!("{number}\n")).collect();
    let mut all: HashMap<u32, Vec<u8>> = HashMap::new();
    let mut seq = 0;
    loop {
        // Each page reads a little, and goes without a word.
        let (bytes, next) = page.read_raw(job.id, seq, 3).await;
        let nothing_new = next == seq;
        for (stream, bytes) in bytes {
            all.entry(stream).or_default().extend(bytes);
        }
        seq = next;
        page = app.page().await;
        let Ok(Reply::Job(now)) = page.ask(JobRequest::Job { job: job.id }).await else {
            panic!()
        };
        if nothing_new && now.status.is_over() {
            break;
        }
    }
    for stream in [0, 1] {
        assert!(
            all[&stream] == expected.as_bytes(),
            "stream {stream} is whole"
        );
    }
}

#[tokio::test]
async fn cancel_and_input_go_over_the_socket() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let job = page.start("read -r word; echo got $word; sleep 1000").await;
    page.ask(LogRequest::Follow {
        job: job.id,
        tail: 10,
        encoding: Default::default(),
    })
    .await
    .unwrap();
    page.ask(JobRequest::Input {
        job: job.id,
        text: "yes\n".into(),
        end: false,
    })
    .await
    .unwrap();
    page.until(|event| match event {
        Event::LogGrew { tail, .. } => tail
            .iter()
            .any(|line| line.spans[0].text == "got yes")
            .then_some(()),
        _ => None,
    })
    .await;
    page.ask(JobRequest::Cancel {
        job: job.id,
        force: false,
    })
    .await
    .unwrap();
    assert_eq!(page.over(job.id).await.status, Status::Canceled);
}

#[tokio::test]
async fn every_page_knows_which_signal_a_canceled_job_was_sent_and_when_the_next_one_comes() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let id = page
        .start("trap '' INT TERM; echo ready; while :; do sleep 0.1; done")
        .await
        .id;
    let follow = LogRequest::Follow {
        job: id,
        tail: 10,
        encoding: Default::default(),
    };
    page.ask(follow).await.unwrap();
    page.until(|event| match event {
        Event::LogGrew { tail, .. } => tail
            .iter()
            .any(|line| line.spans[0].text == "ready")
            .then_some(()),
        _ => None,
    })
    .await;
    let cancel = |force| JobRequest::Cancel { job: id, force };
    let sent = |event: &Event| match event {
        Event::Job(job) if job.id == id => job.last_signal.clone(),
        _ => None,
    };
    let asked = clock::now();
    page.ask(cancel(false)).await.unwrap();
    let first = page.until(sent).await;
    let next = first.next.clone().unwrap();
    assert_eq!((first.signal.as_str(), first.requested), ("INT", true));
    assert_eq!(next.signal, "TERM");
    let wait = (next.at - asked).num_milliseconds();
    assert!((2_900..33_000).contains(&wait), "TERM comes in {wait} ms");
    // Another page, or this one loaded anew.
    let mut other = app.page().await;
    let Ok(Reply::Job(job)) = other.ask(JobRequest::Job { job: id }).await else {
        panic!()
    };
    assert_eq!(job.last_signal, Some(first));
    let second = other
        .until(|event| sent(event).filter(|last| last.signal != "INT"))
        .await;
    assert_eq!(second.signal, "TERM");
    assert_eq!(second.next.unwrap().signal, "KILL");
    other.ask(cancel(true)).await.unwrap();
    let over = page.over(id).await;
    assert_eq!((over.status, over.last_signal), (Status::Canceled, None));
}

#[tokio::test]
async fn an_untrusted_project_runs_nothing_until_it_is_trusted() {
    let (_postgres, app) = app();
    app.home.makefile("hello:\n\t@echo hello > ran\n");
    let mut page = app.page().await;
    let path = app.home.work().display().to_string();
    let Ok(Reply::Project(project)) = page.ask(CatalogRequest::AddProject { path }).await else {
        panic!()
    };
    let start = || {
        LaunchRequest::Start(Start::Target {
            project: project.name.clone(),
            targets: vec!["hello".into()],
            variables: Vec::new(),
            pty: false,
            when_busy: None,
            options: MakeOptions::default(),
        })
    };
    assert_eq!(page.ask(start()).await.unwrap_err(), FailureCode::Untrusted);
    assert!(!app.home.work().join("ran").exists());
    page.ask(CatalogRequest::TrustProject {
        name: project.name.clone(),
    })
    .await
    .unwrap();
    let Ok(Reply::Started { jobs }) = page.ask(start()).await else {
        panic!()
    };
    assert_eq!(page.over(jobs[0].id).await.status, Status::Done);
    assert!(app.home.work().join("ran").exists());
}

#[tokio::test]
async fn jobs_of_the_command_line_appear_in_the_window() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let Ok(Reply::Overview(_)) = page.ask(CatalogRequest::Overview).await else {
        panic!()
    };
    let id: JobId = app
        .home
        .text(&["run", "--detach", "--", "echo from the command line"])
        .trim()
        .parse()
        .unwrap();
    let job = page.over(id).await;
    assert_eq!(
        (job.status, job.command.as_str()),
        (Status::Done, "echo from the command line")
    );
    let Ok(Reply::Lines { lines }) = page
        .ask(LogRequest::Lines {
            job: id,
            first: 1,
            count: 10,
            encoding: Default::default(),
        })
        .await
    else {
        panic!()
    };
    assert_eq!(lines[0].spans[0].text, "from the command line");
}

#[tokio::test]
async fn a_job_of_the_command_line_runs_in_the_window_too() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let mut running = app
        .home
        .start(&["run", "--", "while [ ! -e go ]; do sleep 0.05; done"]);
    page.until(|event| match event {
        Event::Job(job) => (job.status == Status::Running).then_some(()),
        _ => None,
    })
    .await;
    std::fs::write(app.home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_job_waits_for_its_turn_with_its_input_and_is_ended_with_its_engine() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    std::fs::create_dir(home.config()).unwrap();
    std::fs::write(home.config().join("settings.json"), r#"{"max_jobs":1}"#).unwrap();
    let mut app = App::start(home);
    let mut page = app.page().await;
    let folder = app.home.work().display().to_string();
    let wait = |file: &str| format!("cd {folder}; while [ ! -e {file} ]; do sleep 0.05; done");
    let first = page.start(&wait("go")).await;
    let second = page.start("cat").await;
    let typed = JobRequest::Input {
        job: second.id,
        text: "typed early".into(),
        end: true,
    };
    page.ask(typed).await.unwrap();
    let statuses = |app: &App| {
        let jobs = app.home.json(&["jobs", "--json"]);
        let all = jobs.as_array().unwrap().iter();
        all.map(|job| job["status"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(&app), ["queued", "running"]);
    std::fs::write(app.home.work().join("go"), "").unwrap();
    assert_eq!(page.over(first.id).await.status, Status::Done);
    assert_eq!(page.over(second.id).await.status, Status::Done);
    let lines = LogRequest::Lines {
        job: second.id,
        first: 1,
        count: 1,
        encoding: Default::default(),
    };
    let Ok(Reply::Lines { lines }) = page.ask(lines).await else {
        panic!()
    };
    assert_eq!(lines[0].spans[0].text, "typed early");

    page.start(&wait("gone")).await;
    page.start("touch never").await;
    home::eventually("one runs, one waits", || {
        statuses(&app)[..2] == ["queued", "running"]
    });
    app.kill();
    assert_eq!(statuses(&app)[..2], ["error", "running"]);
    std::fs::write(app.home.work().join("gone"), "").unwrap();
    home::eventually("the one that ran ends well", || {
        statuses(&app)[..2] == ["error", "done"]
    });
    assert!(!app.home.work().join("never").exists());
}
