//! The process of a host's sessions: it outlives the app, and its jobs are what local jobs are.

use std::{
    fs,
    time::{Duration, Instant},
};

use orchestrator::{
    job::{JobId, Status},
    wire::{Answer, CatalogRequest, Event, JobRequest, Question, Reply},
};
use rustix::process::{Pid, Signal, kill_process};
use uuid::Uuid;

use super::with_host;
use crate::{
    home::{Home, appears, eventually, is_alive},
    page::{App, Page},
    sshd::Sshd,
};

/// The processes of this home that hold sessions.
pub(super) fn holders(home: &Home) -> Vec<Pid> {
    let left = home.left().into_iter();
    let holds = left.filter(|(_, line)| line.contains(" session "));
    holds.map(|(pid, _)| pid).collect()
}

pub(super) async fn start(page: &mut Page, command: &str) -> JobId {
    page.start_on(Some("box"), command).await.id
}

/// Returns when the job is seen to run.
pub(super) async fn runs(page: &mut Page, job: JobId) {
    page.until(|event| match event {
        Event::Job(changed) if changed.id == job => {
            (changed.status == Status::Running).then_some(())
        }
        _ => None,
    })
    .await;
}

/// The question that a job asks, once it does.
async fn next_prompt(page: &mut Page) -> Uuid {
    page.until(|event| match event {
        Event::Asked(prompt) => {
            assert!(
                matches!(prompt.question, Question::HostKey { .. }),
                "{prompt:?}"
            );
            Some(prompt.id)
        }
        _ => None,
    })
    .await
}

async fn status(page: &mut Page, job: JobId) -> Status {
    match page.ask(JobRequest::Job { job }).await {
        Ok(Reply::Job(job)) => job.status,
        other => panic!("{other:?}"),
    }
}

/// A command that writes numbered lines until a file is there, and ends with 3.
fn counts_until(home: &Home, file: &str) -> String {
    format!(
        "cd {}; n=0; while [ ! -e {file} ]; do n=$((n+1)); echo line $n; [ $((n % 50)) = 0 ] && sleep 0.01; done; \
         echo $n >{file}.lines; exit 3",
        home.work().display()
    )
}

fn is_counted(home: &Home, file: &str, log: &str) {
    let lines = fs::read_to_string(home.work().join(format!("{file}.lines"))).unwrap();
    let lines: usize = lines.trim().parse().unwrap();
    let all: String = (1..=lines).map(|n| format!("line {n}\n")).collect();
    assert!(log == all, "{} bytes of {}", log.len(), all.len());
}

#[tokio::test]
async fn a_killed_apps_command_on_a_host_goes_on_and_loses_nothing() {
    let (_sshd, _postgres, home) = with_host();
    let mut app = App::start(home);
    let mut page = app.page().await;
    let command = counts_until(&app.home, "stop");
    let job = start(&mut page, &command).await;
    runs(&mut page, job).await;
    drop(page);
    for _ in 0..3 {
        app.kill();
        app.again();
        let begun = Instant::now();
        let mut page = app.page().await;
        assert_eq!(status(&mut page, job).await, Status::Running);
        println!("known {:?} after the start", begun.elapsed());
    }
    app.kill();
    fs::write(app.home.work().join("stop"), "").unwrap();
    appears(&app.home.work().join("stop.lines"));
    app.again();
    let mut page = app.page().await;
    let ended = page.now_over(job).await;
    assert_eq!((ended.status, ended.exit_code), (Status::Error, Some(3)));
    drop(page);
    app.kill();
    is_counted(&app.home, "stop", &app.home.text(&["log", "last", "--raw"]));
}

#[test]
fn a_command_on_a_host_ends_with_no_engine_there_and_is_archived_by_the_next() {
    let (_sshd, _postgres, home) = with_host();
    let command = counts_until(&home, "stop");
    let mut running = home.start(&["run", "--on", "box", "--", &command]);
    assert_eq!(running.line(), "line 1");
    running.kill();
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "running");
    fs::write(home.work().join("stop"), "").unwrap();
    eventually("its end is on the disk", || {
        let folders = home.job_folders();
        folders
            .iter()
            .all(|folder| folder.join("exit.json").exists())
    });
    eventually("the session ends with its last job", || {
        holders(&home).is_empty()
    });
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(
        (job["status"].as_str(), job["exit_code"].as_i64()),
        (Some("error"), Some(3))
    );
    is_counted(&home, "stop", &home.text(&["log", "last", "--raw"]));
}

#[test]
fn a_detached_command_on_a_host_runs_on() {
    let (_sshd, _postgres, home) = with_host();
    let command = counts_until(&home, "stop");
    let id = home.text(&["run", "--detach", "--on", "box", "--", &command]);
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["status"], "running", "{job}");
    fs::write(home.work().join("stop"), "").unwrap();
    eventually("it is over", || {
        home.json(&["jobs", "--json"])[0]["status"] == "error"
    });
    is_counted(&home, "stop", &home.text(&["log", id.trim(), "--raw"]));
}

#[test]
fn a_killed_sessions_jobs_are_lost_and_their_logs_whole() {
    let (_sshd, _postgres, home) = with_host();
    let script = "echo one; echo two; sleep 30; echo three";
    let mut running = home.start(&["run", "--on", "box", "--", script]);
    assert_eq!(
        (running.line(), running.line()),
        ("one".into(), "two".into())
    );
    let holders = holders(&home);
    assert_eq!(holders.len(), 1);
    let begun = Instant::now();
    kill_process(holders[0], Signal::KILL).unwrap();
    assert_eq!(running.child.wait().unwrap().code(), Some(255));
    let took = begun.elapsed();
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["status"], "lost", "{job}");
    let reason = job["reason"].as_str().unwrap();
    assert!(reason.contains("process group"), "{job}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(home.text(&["log", "last", "--raw"]), "one\ntwo\n");
    // The next command has a session of its own.
    assert_eq!(home.text(&["run", "--on", "box", "--", "echo hi"]), "hi\n");
}

#[tokio::test]
async fn input_and_cancel_reach_a_command_whose_app_was_killed() {
    let (_sshd, _postgres, home) = with_host();
    let mut app = App::start(home);
    let mut page = app.page().await;
    let script = format!(
        "cd {}; echo $$ >pid; read a; echo got $a; sleep 1000",
        app.home.work().display()
    );
    let job = start(&mut page, &script).await;
    appears(&app.home.work().join("pid"));
    drop(page);
    app.kill();
    app.again();
    let mut page = app.page().await;
    let input = JobRequest::Input {
        job,
        text: "this\n".into(),
        end: false,
    };
    page.ask(input).await.unwrap();
    eventually("the input is read", || {
        app.home.text(&["log", "last", "--raw"]) == "got this\n"
    });
    let cancel = JobRequest::Cancel { job, force: false };
    page.ask(cancel).await.unwrap();
    assert_eq!(page.now_over(job).await.status, Status::Canceled);
    let pid = fs::read_to_string(app.home.work().join("pid")).unwrap();
    let pid: i32 = pid.trim().parse().unwrap();
    eventually("the command is gone", || !is_alive(pid));
    drop(page);
    app.kill();
}

#[tokio::test]
async fn two_engines_share_one_session() {
    let (sshd, _postgres, home) = with_host();
    let app = App::start(home);
    let mut page = app.page().await;
    let job = start(&mut page, "read a; echo $a").await;
    runs(&mut page, job).await;
    let logins = sshd.session_pids().len();
    let held = holders(&app.home);
    let text = app.home.text(&["run", "--on", "box", "--", "echo also"]);
    assert_eq!(text, "also\n");
    assert_eq!(holders(&app.home), held);
    assert_eq!(sshd.session_pids().len(), logins);
    let input = JobRequest::Input {
        job,
        text: "end\n".into(),
        end: true,
    };
    page.ask(input).await.unwrap();
    assert_eq!(page.now_over(job).await.status, Status::Done);
    // An engine is there: the session stays.
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(holders(&app.home), held);
}

#[tokio::test]
async fn a_session_that_rests_ends_its_process_and_the_next_command_has_another() {
    let (_sshd, _postgres, home) = with_host();
    let app = App::start_by(home, |mut command| {
        command.env("VMO_SESSION_IDLE", "1");
        command
    });
    let mut page = app.page().await;
    let job = start(&mut page, "exit 3").await;
    page.over(job).await;
    eventually("its process ends, though an engine is there", || {
        holders(&app.home).is_empty()
    });
    let job = start(&mut page, "read a; exit 4").await;
    runs(&mut page, job).await;
    let held = holders(&app.home);
    assert_eq!(held.len(), 1);
    // Whoever deletes its folder costs the next command no more than a process of its own.
    fs::remove_dir_all(app.home.data().join("sessions")).unwrap();
    let other = start(&mut page, "exit 5").await;
    assert_eq!(page.over(other).await.exit_code, Some(5));
    let text = "end\n".into();
    let end = true;
    page.ask(JobRequest::Input { job, text, end })
        .await
        .unwrap();
    assert_eq!(page.over(job).await.exit_code, Some(4));
}

#[tokio::test]
async fn a_question_outlives_the_app_that_showed_it() {
    let (sshd, _postgres, home) = with_host();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let mut app = App::start(home);
    let mut page = app.page().await;
    let job = start(&mut page, "echo hi").await;
    next_prompt(&mut page).await;
    // Another command without a terminal does not answer for it.
    assert_eq!(app.home.text(&["run", "--", "echo mine"]), "mine\n");
    drop(page);
    app.kill();
    app.again();
    let mut page = app.page().await;
    let prompt = match page.ask(CatalogRequest::Overview).await {
        Ok(Reply::Overview(overview)) => overview.prompts.first().map(|prompt| prompt.id),
        other => panic!("{other:?}"),
    };
    let prompt = match prompt {
        Some(prompt) => prompt,
        None => next_prompt(&mut page).await,
    };
    let answer = JobRequest::Answer {
        prompt,
        answer: Answer::Accept,
    };
    page.ask(answer).await.unwrap();
    assert_eq!(page.now_over(job).await.status, Status::Done);
    assert!(keys(&sshd).contains("ssh-ed25519"));
    drop(page);
    app.kill();
}

#[tokio::test]
async fn a_job_that_is_canceled_at_its_question_is_canceled() {
    let (sshd, _postgres, home) = with_host();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    let job = start(&mut page, "echo hi").await;
    next_prompt(&mut page).await;
    let cancel = JobRequest::Cancel { job, force: false };
    page.ask(cancel).await.unwrap();
    let ended = page.over(job).await;
    assert_eq!(ended.status, Status::Canceled, "{ended:?}");
    assert!(!sshd.path("known_hosts").exists());
}

fn keys(sshd: &Sshd) -> String {
    fs::read_to_string(sshd.path("known_hosts")).unwrap()
}
