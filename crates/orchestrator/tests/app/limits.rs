//! Few open files: the app takes what it may, what it runs gets what it had, and many jobs run through all the same.

use crate::{home, page, postgres};
use std::{collections::HashSet, fs, process::Command};

use home::{Home, eventually};
use orchestrator::{
    job::JobId,
    launch::Start,
    wire::{LaunchRequest, Message, Reply},
};
use page::App;
use postgres::Postgres;

/// The same program, started with these limits of open files.
fn limited(command: Command, soft: u32, hard: u32) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -S -n {soft} && ulimit -H -n {hard} && exec \"$0\" \"$@\"");
    shell
        .args(["-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap());
    crate::home::same_variables(&command, &mut shell);
    shell
}

#[tokio::test]
async fn the_app_takes_more_and_what_it_runs_gets_what_it_had() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile("limit:\n\t@ulimit -S -n; ulimit -H -n\n");
    for args in [
        &["run", "limit"][..],
        &["run", "--pty", "limit"],
        &["run", "--", "ulimit -S -n; ulimit -H -n"],
    ] {
        let output = limited(home.vmo(args), 300, 3000).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        assert!(stdout.contains("300\n3000\n"), "{args:?}: {stdout}");
    }
    let app = App::start_by(home, |command| limited(command, 300, 3000));
    let limits = fs::read_to_string(format!("/proc/{}/limits", app.pid())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let numbers: Vec<&str> = files.split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers, ["3000", "3000"]);
}

#[test]
fn with_hardly_any_open_files_the_reason_is_said_and_nothing_panics() {
    let home = Home::new(None);
    // From too few for the runtime to some that a list of projects can be read with.
    let mut refused = 0;
    for most in 4..16 {
        let output = limited(home.vmo(&["projects"]), most, most)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{most}: {output:?}"
        );
        assert!(!stderr.contains("panicked"), "{most}: {stderr}");
        refused += u32::from(stderr.contains("ulimit -n"));
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn two_hundred_jobs_run_through_with_256_open_files() {
    const JOBS: usize = 200;
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let work = home.work();
    let app = App::start_by(home, |command| limited(command, 256, 256));
    let mut page = app.page().await;
    for number in 0..JOBS {
        let start = Start::Command {
            command: format!(
                "touch run{number}; while [ ! -e go ]; do sleep 0.1; done; echo {number}; exit 3"
            ),
            hosts: Vec::new(),
            cwd: Some(work.display().to_string()),
            pty: false,
            confirmed: Vec::new(),
            rules: orchestrator::batch::Rules::default(),
        };
        page.say(LaunchRequest::Start(start)).await;
    }
    let runs = || {
        let names = fs::read_dir(&work).unwrap().flatten();
        names
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("run"))
            .count()
    };
    eventually("as many run as can", || runs() >= 20);
    assert!(runs() < JOBS, "no limit was felt");
    fs::write(work.join("go"), "").unwrap();
    let mut ids: HashSet<JobId> = HashSet::new();
    while ids.len() < JOBS {
        match page.next().await {
            Some(Message::Reply {
                reply: Reply::Started { jobs },
                ..
            }) => ids.insert(jobs[0].id),
            Some(Message::Failed { failure, .. }) => panic!("{failure:?}"),
            _ => false,
        };
    }
    eventually("all are archived", || app.home.job_folders().is_empty());
    assert_eq!(
        postgres.psql(
            "postgres",
            "select status, exit_code, count(*) from jobs group by 1, 2"
        ),
        format!("error|3|{JOBS}")
    );
    assert_eq!(
        postgres.psql(
            "postgres",
            "select count(distinct data), sum(data::int) from job_logs"
        ),
        format!("{JOBS}|{}", JOBS * (JOBS - 1) / 2)
    );
}

/// Jobs that wait for the store; `VMO_WAITING` says another number. More than files may be open.
const WAITING: usize = 300;

#[tokio::test]
async fn hundreds_of_jobs_that_wait_for_the_store_keep_no_new_one_from_starting() {
    let waiting = std::env::var("VMO_WAITING").map_or(WAITING, |many| many.parse().unwrap());
    let mut postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let app = App::start_by(home, |command| limited(command, 256, 256));
    let mut page = app.page().await;
    page.until_ready_again().await;
    postgres.down(rustix::process::Signal::QUIT);
    for _ in 0..waiting {
        let job = page.start("exit 3").await.id;
        assert_eq!(page.over(job).await.exit_code, Some(3));
    }
    assert_eq!(app.home.job_folders().len(), waiting);
    postgres.up();
    eventually("all are archived", || app.home.job_folders().is_empty());
    let ended = "select count(*) from jobs where exit_code = 3";
    assert_eq!(postgres.psql("postgres", ended), waiting.to_string());
}

/// Too few files for the private Postgres, and no program found by its name: the job runs, the cause is said with where to
/// look further, and the next command takes the log along.
#[test]
fn what_keeps_the_private_server_away_is_said_and_the_next_command_archives_the_log() {
    let home = Home::new(None);
    let few = |args: &[&str]| {
        let output = limited(home.vmo(args), 40, 40).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code();
        (code, text(&output.stdout), text(&output.stderr))
    };
    let (code, stdout, stderr) = few(&["run", "--", "echo kept"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "kept\n"), "{stderr}");
    for words in ["file descriptors", "see vmo doctor", "archived later"] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
    let (code, stdout, _) = few(&["doctor"]);
    assert_eq!(code, Some(1), "{stdout}");
    for words in ["broken  open files", "broken  Postgres", "ulimit"] {
        assert!(stdout.contains(words), "{words}: {stdout}");
    }
    let (code, stdout, stderr) = few(&["jobs"]);
    assert!(code == Some(1) && stdout.contains("echo kept"), "{stdout}");
    assert!(stderr.contains("file descriptors"), "{stderr}");
    assert_eq!(home.job_folders().len(), 1);

    // A server of our own is found without PATH, and so is the shell.
    let mut bare = home.vmo(&["run", "--", "echo bare"]);
    let output = bare.env("PATH", "").output().unwrap();
    assert_eq!(output.stdout, b"bare\n", "{output:?}");
    eventually("the next command has the log archived", || {
        home.job_folders().is_empty()
    });
    let jobs = home.json(&["jobs", "--json"]);
    let kept = jobs[1]["id"].as_str().unwrap();
    assert_eq!(home.text(&["log", kept, "--raw"]), "kept\n");
}
