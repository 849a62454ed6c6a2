//! Commands that run as root, by the real `sudo` of a real server: whose password is asked for, once, and where it goes.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
};

use orchestrator::{
    batch::{HostState, Order, Rules},
    job::Status,
    launch::Start,
    wire::{Answer, BatchRequest, Event, Job, JobRequest, LaunchRequest, Prompt, Question, Reply},
};

use super::{App, Home, Sshd};
use crate::{home::eventually, page::Page, postgres::Postgres, sshd};

const PASSWORD: &str = "fence-Post_4711";
const ASKS: &str = "ALL=(ALL:ALL) ALL";
const ASKS_NOTHING: &str = "ALL=(ALL:ALL) NOPASSWD: ALL";

fn with_blocks(blocks: &[String]) -> (Postgres, Home) {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    fs::write(home.ssh_config(), blocks.concat()).unwrap();
    (postgres, home)
}

fn by_sudo(hosts: &[&str], command: &str) -> Start {
    Start::Command {
        command: command.into(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: Rules {
            sudo: true,
            ..Rules::default()
        },
    }
}

async fn start(page: &mut Page, start: Start) -> Vec<Job> {
    match page.ask(LaunchRequest::Start(start)).await {
        Ok(Reply::Started { jobs }) => jobs,
        other => panic!("{other:?}"),
    }
}

async fn asked(page: &mut Page) -> Prompt {
    let asked = |event: &Event| match event {
        Event::Asked(prompt) => Some(prompt.clone()),
        _ => None,
    };
    page.until(asked).await
}

async fn answer(page: &mut Page, prompt: &Prompt, answer: Answer) {
    let prompt = prompt.id;
    page.ask(JobRequest::Answer { prompt, answer })
        .await
        .unwrap();
}

fn text(text: &str) -> Answer {
    Answer::Text { text: text.into() }
}

/// The batch of these jobs, once no host of it is queued or runs.
async fn rested(page: &mut Page, jobs: &[Job]) -> orchestrator::batch::Batch {
    let id = jobs[0].batch.unwrap();
    page.until(|event| match event {
        Event::Batch(batch) if batch.id == id && batch.finished_at.is_some() => Some(()),
        _ => None,
    })
    .await;
    let batch = id.to_string();
    match page.ask(BatchRequest::Batch { batch }).await {
        Ok(Reply::Batch(batch)) => *batch,
        other => panic!("{other:?}"),
    }
}

fn states(batch: &orchestrator::batch::Batch) -> Vec<HostState> {
    batch.hosts.iter().map(|host| host.state).collect()
}

/// Whether these words are in any file below a folder.
fn is_in_a_file(folder: &Path, words: &str) -> bool {
    let found = Command::new("grep")
        .args(["-rqaF", "--", words])
        .arg(folder)
        .status();
    found.unwrap().success()
}

#[tokio::test]
async fn one_password_is_asked_for_once_and_is_nowhere_to_be_found() {
    let Some(sshd) = Sshd::with_sudo(PASSWORD, ASKS) else {
        return;
    };
    let blocks = ["a", "b", "c"].map(|name| sshd.block_of_person(name));
    let (postgres, home) = with_blocks(&blocks);
    let app = App::start(home);
    let mut page = app.page().await;
    // What the command is given, and who may see it; a command that knows the password prints it.
    let command = format!(
        "id -u; echo $VMO_HOST $VMO_RANK $VMO_COUNT ${{VMO_JOB:+job}}; echo {}''{}; \
         tr '\\0' '\\n' </proc/$PPID/environ | grep -c fence; ps axww -o args | grep -c '[f]ence-Post'; exit 3",
        &PASSWORD[..7],
        &PASSWORD[7..],
    );
    let jobs = start(&mut page, by_sudo(&["a", "b", "c"], &command)).await;
    let prompt = asked(&mut page).await;
    let question = Question::Sudo {
        user: sshd::PERSON.into(),
        others: 2,
    };
    assert_eq!(prompt.question, question);
    answer(&mut page, &prompt, text(PASSWORD)).await;
    let batch = rested(&mut page, &jobs).await;
    assert_eq!(states(&batch), [HostState::Error; 3], "{batch:?}");
    for (rank, host) in batch.hosts.iter().enumerate() {
        let job = host.job.unwrap();
        let job = JobRequest::Job { job };
        let Ok(Reply::Job(job)) = page.ask(job).await else {
            panic!()
        };
        assert_eq!((job.exit_code, job.sudo), (Some(3), true), "{job:?}");
        // By which algorithms the link is kept secret, and no lecture.
        assert_eq!(job.notes.len(), 1, "{:?}", job.notes);
        let log = app.home.run(&["log", &job.id.to_string(), "--raw"]).stdout;
        let expected = format!("0\n{} {rank} 3 job\n***\n0\n0\n", host.name);
        assert_eq!(String::from_utf8_lossy(&log), expected);
    }
    let rows = "select count(*) from (select j::text from jobs j union all select l::text from job_logs l \
                union all select b::text from job_batches b) x where j like '%fence-Post%'";
    assert_eq!(postgres.psql("postgres", rows).trim(), "0");
    assert!(!is_in_a_file(&app.home.data(), "fence-Post"));
    assert!(!is_in_a_file(&sshd.path("stamps"), "fence-Post"));
    // Another batch asks anew.
    let jobs = start(&mut page, by_sudo(&["a", "b"], "true")).await;
    let prompt = asked(&mut page).await;
    answer(&mut page, &prompt, Answer::Refuse).await;
    rested(&mut page, &jobs).await;
}

#[tokio::test]
async fn who_needs_no_password_is_asked_for_none() {
    let Some(sshd) = Sshd::with_sudo(PASSWORD, ASKS_NOTHING) else {
        return;
    };
    let blocks = ["a", "b"].map(|name| sshd.block_of_person(name));
    let (_postgres, home) = with_blocks(&blocks);
    let output = home.run(&["run", "--on", "a,b", "--sudo", "--", "id -un; cat"]);
    let out = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<&str> = out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a: root", "b: root"], "{output:?}");
    assert_eq!(output.status.code(), Some(0));
    // One alone has its input, its code and its signal.
    let mut one = home.vmo(&["run", "--on", "a", "--sudo", "--", "cat; kill -TERM $$"]);
    one.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut one = one.spawn().unwrap();
    one.stdin.take().unwrap().write_all(b"typed\n").unwrap();
    let output = one.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"typed\n");
    assert_eq!(output.status.code(), Some(143));
}

#[tokio::test]
async fn the_first_host_that_refuses_the_password_keeps_it_from_the_rest() {
    let (Some(first), Some(other)) = (
        Sshd::with_sudo("another-Password", ASKS),
        Sshd::with_sudo(PASSWORD, ASKS),
    ) else {
        return;
    };
    let blocks = [
        first.block_of_person("a"),
        other.block_of_person("b"),
        other.block_of_person("c"),
    ];
    let (_postgres, home) = with_blocks(&blocks);
    let app = App::start(home);
    let mut page = app.page().await;
    let mut wanted = by_sudo(&["a", "b", "c"], "id -u");
    if let Start::Command { rules, .. } = &mut wanted {
        // The first alone is the first that asks.
        rules.waves = Some("1,rest".parse().unwrap());
    }
    let jobs = start(&mut page, wanted).await;
    let prompt = asked(&mut page).await;
    assert_eq!(prompt.host, "a");
    answer(&mut page, &prompt, text(PASSWORD)).await;
    let batch = rested(&mut page, &jobs).await;
    assert_eq!(
        states(&batch),
        [HostState::Error, HostState::Held, HostState::Held]
    );
    assert_eq!(
        batch.held.as_deref(),
        Some("sudo did not take the password on a")
    );
    let why = batch.hosts[0].why.as_deref().unwrap();
    assert!(why.contains("sudo did not accept the password"), "{why}");
    // The rest is let go, and asked for anew.
    let order = Order::LetGo;
    page.ask(BatchRequest::Order {
        batch: batch.id,
        order,
    })
    .await
    .unwrap();
    let prompt = asked(&mut page).await;
    answer(&mut page, &prompt, text(PASSWORD)).await;
    let batch = rested(&mut page, &jobs).await;
    assert_eq!(
        states(&batch),
        [HostState::Error, HostState::Done, HostState::Done]
    );
}

#[tokio::test]
async fn all_that_wait_are_held_if_no_password_is_given() {
    let Some(sshd) = Sshd::with_sudo(PASSWORD, ASKS) else {
        return;
    };
    let blocks = ["a", "b", "c"].map(|name| sshd.block_of_person(name));
    let (_postgres, home) = with_blocks(&blocks);
    let app = App::start(home);
    let mut page = app.page().await;
    let jobs = start(&mut page, by_sudo(&["a", "b", "c"], "touch ran")).await;
    let prompt = asked(&mut page).await;
    // The others wait at their prompts too, and nobody is asked twice.
    answer(&mut page, &prompt, Answer::Refuse).await;
    let batch = rested(&mut page, &jobs).await;
    assert_eq!(states(&batch), [HostState::Held; 3], "{batch:?}");
    assert_eq!(
        batch.held.as_deref(),
        Some("no password was given for sudo")
    );
    assert!(!sshd.path("home/ran").exists());
}

#[tokio::test]
async fn what_root_runs_is_canceled_by_root() {
    let Some(sshd) = Sshd::with_sudo(PASSWORD, ASKS) else {
        return;
    };
    let (_postgres, home) = with_blocks(&[sshd.block_of_person("box")]);
    let app = App::start(home);
    let mut page = app.page().await;
    let nap = 1_000_000 + u64::from(std::process::id());
    let command = format!("setsid sleep {nap}1 & sleep {nap}2 & echo begun; wait");
    let jobs = start(&mut page, by_sudo(&["box"], &command)).await;
    let prompt = asked(&mut page).await;
    answer(&mut page, &prompt, text(PASSWORD)).await;
    let id = jobs[0].id.to_string();
    eventually("the command begins", || {
        app.home.run(&["log", &id, "--raw"]).stdout == b"begun\n"
    });
    let cancel = JobRequest::Cancel {
        job: jobs[0].id,
        force: false,
    };
    page.ask(cancel).await.unwrap();
    let job = page.over(jobs[0].id).await;
    assert_eq!(job.status, Status::Canceled, "{job:?}");
    assert_eq!(job.survivors, Vec::<String>::new());
    let left = Command::new("pgrep")
        .args(["-f", &format!("sleep {nap}")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn a_person_is_asked_at_the_terminal_and_a_refusal_is_named() {
    let (Some(sshd), Some(not_allowed)) = (
        Sshd::with_sudo(PASSWORD, ASKS),
        Sshd::with_sudo(PASSWORD, "ALL=(ALL:ALL) /bin/true"),
    ) else {
        return;
    };
    let blocks = [
        sshd.block_of_person("a"),
        sshd.block_of_person("b"),
        not_allowed.block_of_person("not"),
    ];
    let (_postgres, home) = with_blocks(&blocks);
    // `script` gives it a terminal; what is typed into that comes from here.
    let vmo = home.vmo(&[]);
    let line = "$VMO run --on a,b --sudo -- id -u; echo code $?";
    let mut at_terminal = Command::new("script");
    at_terminal
        .args(["-qec", line, "/dev/null"])
        .env("VMO", vmo.get_program());
    crate::home::same_variables(&vmo, &mut at_terminal);
    let mut child = at_terminal
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = String::new();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut buffer = [0; 1024];
    while !seen.contains("then on the other host:") {
        let length = stdout.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "{seen}");
        seen += &String::from_utf8_lossy(&buffer[..length]);
    }
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(
        seen.contains("tried on a") || seen.contains("tried on b"),
        "{seen}"
    );
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    assert!(rest.contains("a: 0") && rest.contains("b: 0"), "{rest}");
    assert!(rest.contains("2 done") && rest.contains("code 0"), "{rest}");
    assert!(
        !rest.contains("fence") && !rest.contains("[sudo]"),
        "{rest}"
    );

    // Nobody can be asked here.
    let output = home.run(&["run", "--on", "a", "--sudo", "--", "touch ran"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(255), "{said}");
    assert!(said.contains("no terminal"), "{said}");
    assert!(said.contains("none was given"), "{said}");
    assert!(!sshd.path("home/ran").exists());
    let output = home.run(&["run", "--on", "a", "--sudo", "--pty", "--", "true"]);
    assert_eq!(output.status.code(), Some(2));
    let output = home.run(&["run", "--sudo", "--", "true"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--sudo"));
}
