//! What becomes of jobs whose engine is killed, and of engines that share a data folder.

use crate::{home, postgres};
use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    process::Stdio,
};

use home::{Home, appears, eventually};
use postgres::Postgres;

const SLOW: &str = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; [ $i = 20 ] && touch half; \
                    while [ $i -ge 20 ] && [ ! -e go ]; do sleep 0.02; done; done; exit 3";

fn expected() -> String {
    (1..=40).map(|number| format!("line {number}\n")).collect()
}

#[test]
fn a_killed_engines_job_runs_on_and_is_whole_after_the_next_start() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let mut running = home.start(&["run", "--", SLOW]);
    appears(&home.work().join("half"));
    running.kill();
    let rest = home.data().join("jobs/0198-before.gone");
    fs::create_dir(&rest).unwrap();
    fs::write(rest.join("exec.json"), "{}").unwrap();
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "running");
    fs::write(home.work().join("go"), "").unwrap();
    eventually("its status is right", || {
        let job = &home.json(&["jobs", "--json"])[0];
        job["status"] == "error" && job["exit_code"] == 3
    });
    assert_eq!(home.text(&["log", "last", "--raw"]), expected());
    eventually("its folder is gone", || home.job_folders().is_empty());
    assert_eq!(home.text(&["log", "last", "--raw"]), expected());
}

#[test]
fn two_engines_see_each_others_jobs() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let running = home.start(&["run", "--", SLOW]);
    appears(&home.work().join("half"));
    let mut follower = home.start(&["log", "last", "--follow", "--raw"]);
    assert_eq!(follower.line(), "line 1");
    fs::write(home.work().join("go"), "").unwrap();
    for number in 2..=40 {
        assert_eq!(follower.line(), format!("line {number}"));
    }
    assert!(follower.child.wait().unwrap().success());
    drop(running);
}

#[test]
fn a_killed_supervisor_means_lost_and_its_children_are_ended() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let mut running = home.start(&[
        "run",
        "--",
        "echo $$ > pid; echo before; sleep 1000; echo after",
    ]);
    assert_eq!(running.line(), "before");
    let folder = &home.job_folders()[0];
    let supervisor: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("supervisor.json")).unwrap()).unwrap();
    let pid = i32::try_from(supervisor["supervisor"]["pid"].as_i64().unwrap()).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    assert_eq!(running.child.wait().unwrap().code(), Some(255));
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["status"], "lost", "{job}");
    assert_eq!(home.text(&["log", "last", "--raw"]), "before\n");
    let child: i32 = fs::read_to_string(home.work().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    eventually("the child is gone", || !home::is_alive(child));
}

#[test]
fn jobs_run_on_while_postgres_is_away_and_arrive_when_it_is_back() {
    let mut postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["run", "--", "true"]);
    postgres.down(rustix::process::Signal::QUIT);
    let output = home.run(&["run", "--", "echo kept"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"kept\n");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("Postgres is away"),
        "{output:?}"
    );
    let job = &home.jobs_not_archived()[0];
    assert_eq!(
        (job["status"].as_str(), job["command"].as_str()),
        (Some("done"), Some("echo kept"))
    );
    assert_eq!(home.text(&["log", "last"]), "kept\n");
    postgres.up();
    home.text(&["jobs"]);
    eventually("it is archived", || {
        home.text(&["jobs"]);
        home.job_folders().is_empty()
    });
    assert_eq!(home.text(&["log", "last"]), "kept\n");
}

#[test]
fn an_engine_killed_before_the_supervisor_began_leaves_a_job_that_never_started() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let bin = home.work().join("bin");
    fs::create_dir(&bin).unwrap();
    let killer = bin.join("vmo-supervisor");
    fs::write(&killer, "#!/bin/sh\nkill -9 $PPID\n").unwrap();
    fs::set_permissions(&killer, fs::Permissions::from_mode(0o755)).unwrap();
    let killed = home
        .vmo(&["run", "--", "true"])
        .env("VMO_BIN_DIR", &bin)
        .output()
        .unwrap();
    assert_eq!(killed.status.signal(), Some(9), "{killed:?}");
    assert_eq!(home.job_folders().len(), 1);
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["status"], "error", "{job}");
    assert!(
        job["reason"].as_str().unwrap().contains("could not start"),
        "{job}"
    );
    eventually("it is archived as such", || home.job_folders().is_empty());
    let kept = postgres.psql("postgres", "select status from jobs");
    assert_eq!(kept.trim(), "error");
}

#[test]
fn a_supervisor_that_turns_us_away_is_no_dead_one() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let mut running = home.start(&[
        "run",
        "--",
        "echo on; while [ ! -e go ]; do sleep 0.05; done",
    ]);
    assert_eq!(running.line(), "on");
    let folder = home.job_folders().remove(0);
    let crowd: Vec<_> = (0..80)
        .map(|_| supervisor::control::connect(&folder).unwrap())
        .collect();
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["status"], "running", "{job}");
    drop(crowd);
    fs::write(home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn a_long_log_is_taken_over_while_postgres_is_away() {
    const LINES: usize = 1_200_000;
    let mut postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let script = format!(
        "seq -f 'a line of a long log with number %.0f' 1 {LINES}; while [ ! -e go ]; do sleep 0.05; done; echo over; exit 4"
    );
    let mut running = home.vmo(&["run", "--", &script]);
    let mut running = running
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the start of its spool is archived and dropped", || {
        home.job_folders().first().is_some_and(|folder| {
            let spool = fs::read_dir(folder.join("spool"));
            let mut names = spool
                .into_iter()
                .flatten()
                .flatten()
                .map(|file| file.file_name());
            let first = names.next();
            first.is_some_and(|first| {
                names
                    .chain([first])
                    .all(|name| name != "0".repeat(20).as_str())
            })
        })
    });
    running.kill().unwrap();
    running.wait().unwrap();
    postgres.down(rustix::process::Signal::QUIT);

    let job = &home.jobs_not_archived()[0];
    assert_eq!(job["status"], "running", "{job}");
    fs::write(home.work().join("go"), "").unwrap();
    eventually("its end is known", || {
        let jobs = home.jobs_not_archived();
        (&jobs[0]["status"], &jobs[0]["exit_code"]) == (&"error".into(), &4.into())
    });
    // The line numbers go on from where the archive ends.
    assert_eq!(home.jobs_not_archived()[0]["lines"], LINES + 1);

    postgres.up();
    eventually("it is archived", || {
        home.text(&["jobs"]);
        home.job_folders().is_empty()
    });
    let expected: String = (1..=LINES)
        .map(|number| format!("a line of a long log with number {number}\n"))
        .collect();
    assert!(home.text(&["log", "last", "--raw"]) == expected + "over\n");
}

#[test]
fn how_a_job_ended_is_reported_though_postgres_dies_when_it_has_it() {
    let mut postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["jobs"]);
    // More than a pipe holds that nobody reads: what shows it waits, while the job ends and is archived.
    let mut running = home.start(&["run", "--", "seq 1 40000; touch ended; exit 7"]);
    appears(&home.work().join("ended"));
    eventually("it is archived", || home.job_folders().is_empty());
    postgres.down(rustix::process::Signal::QUIT);
    let lines: Vec<_> = running.lines.by_ref().map(Result::unwrap).collect();
    assert!(
        lines
            .iter()
            .zip(1..)
            .all(|(line, number)| *line == number.to_string())
    );
    assert_eq!(lines.len(), 40_000);
    assert_eq!(running.child.wait().unwrap().code(), Some(7));
}
