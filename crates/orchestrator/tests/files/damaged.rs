//! Damaged job folders, and those of another store: no job is stuck for ever, and none is out of sight.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use orchestrator::wire::{CatalogRequest, Overview, Reply};
use rustix::process::Signal;

use crate::{
    home::{Home, eventually},
    page::{App, Page},
    postgres::Postgres,
};

const LINES: &str = "seq 1 300000; while [ ! -e go ]; do sleep 0.02; done; exit 3";

fn expected() -> Vec<u8> {
    let lines: String = (1..=300_000).map(|number| format!("{number}\n")).collect();
    lines.into_bytes()
}

/// Flips a bit in the middle of what a job has written.
fn damage(folder: &Path) {
    let segment = folder.join("spool").join("0".repeat(20));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(segment)
        .unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 4], middle).unwrap();
}

fn spooled(folder: &Path) -> u64 {
    let segments = fs::read_dir(folder.join("spool"))
        .into_iter()
        .flatten()
        .flatten();
    segments
        .map(|segment| segment.metadata().map_or(0, |about| about.len()))
        .sum()
}

/// A job's folder, told by its end from one that is kept aside.
fn folders(home: &Home, end: &str) -> Vec<PathBuf> {
    let mut found = home.job_folders();
    found.retain(|path| path.extension().map_or("", |end| end.to_str().unwrap()) == end);
    found
}

/// What must be so of a job once it is in the store, damaged.
fn check(home: &Home, postgres: &Postgres) {
    eventually("it is settled", || folders(home, "").is_empty());
    let kept = postgres.psql(
        "postgres",
        "select status, exit_code, reason like 'exit code 3; its log ends early: the spool is damaged at byte %', bytes from jobs",
    );
    let bytes = kept
        .strip_prefix("error|3|t|")
        .unwrap_or_else(|| panic!("{kept}"));
    let log = home.run(&["log", "last", "--raw"]).stdout;
    assert_eq!(bytes, log.len().to_string());
    assert!(!log.is_empty() && log.len() < expected().len());
    assert!(expected().starts_with(&log), "whole up to the damage");
    let aside = folders(home, "damaged");
    assert_eq!(aside.len(), 1, "what else is in it can still be looked at");
    assert!(spooled(&aside[0]) as usize > expected().len());
}

#[test]
fn a_spool_that_was_damaged_while_nobody_looked_ends_at_the_damage_with_the_right_status() {
    let mut postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["run", "--", "true"]);
    postgres.psql("postgres", "delete from jobs");
    postgres.down(Signal::INT);
    home.text(&["run", "--detach", "--", LINES]);
    let folder = folders(&home, "").remove(0);
    eventually("all is written", || {
        spooled(&folder) as usize > expected().len()
    });
    fs::write(home.work().join("go"), "").unwrap();
    eventually("how it ended is written down", || {
        folder.join("exit.json").exists()
    });
    damage(&folder);
    postgres.up();
    eventually("it has been found", || {
        home.json(&["jobs", "--json"])[0]["status"] == "error"
    });
    check(&home, &postgres);
}

#[tokio::test]
async fn a_spool_that_is_damaged_between_reading_and_archiving_ends_there_too() {
    let mut postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    app.home.text(&["run", "--", "true"]);
    postgres.psql("postgres", "delete from jobs");
    postgres.down(Signal::INT);
    let mut page = app.page().await;
    fs::write(app.home.work().join("go"), "").unwrap();
    let job = page.start(LINES).await;
    let job = page.over(job.id).await;
    assert_eq!(job.reason.as_deref(), Some("exit code 3"));
    damage(&app.home.data().join("jobs").join(job.id.to_string()));
    postgres.up();
    check(&app.home, &postgres);
    // That it was not archived yet, and now is, is news of the job as well.
    while !page
        .over(job.id)
        .await
        .reason
        .unwrap()
        .contains("its log ends early")
    {}
}

async fn problems(page: &mut Page) -> Vec<String> {
    let Ok(Reply::Overview(overview)) = page.ask(CatalogRequest::Overview).await else {
        panic!("no overview")
    };
    let Overview { problems, .. } = *overview;
    problems
}

#[tokio::test]
async fn a_job_of_another_store_is_said_to_wait_for_it() {
    let (first, second) = (Postgres::start(), Postgres::start());
    let mut home = Home::new(Some(first.url("postgres")));
    let id = home.text(&["run", "--detach", "--", LINES]);
    home.use_database(second.url("postgres"));
    let app = App::start(home);
    let mut page = app.page().await;
    let words = format!(
        "job {} waits for the store it was started with: ",
        id.trim()
    );
    let told = problems(&mut page).await;
    assert!(
        told[0].starts_with(&words) && told[0].contains(&first.port().to_string()),
        "{told:?}"
    );
    assert!(app.home.text(&["doctor"]).contains(&words));
    let listed = app.home.run(&["jobs"]);
    assert!(
        String::from_utf8_lossy(&listed.stderr).contains(&words),
        "{listed:?}"
    );

    let other = app
        .home
        .data()
        .join("jobs/01890000-0000-7000-8000-000000000001");
    let making = other.with_extension("new");
    fs::create_dir(&making).unwrap();
    fs::write(making.join("job.json"), "{\"job\": 3").unwrap();
    fs::rename(&making, &other).unwrap();
    let told = page
        .until(|event| match event {
            orchestrator::wire::Event::Problems { problems } => Some(problems.clone()),
            _ => None,
        })
        .await;
    assert!(
        told[0].contains("cannot be taken in: job.json: "),
        "{told:?}"
    );
    assert!(told[1].starts_with(&words), "{told:?}");
    fs::remove_dir_all(&other).unwrap();

    let mut home = app.stop();
    home.use_database(first.url("postgres"));
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "running");
    assert!(!home.text(&["doctor"]).contains(&words));
    fs::write(home.work().join("go"), "").unwrap();
    eventually("it is archived where it belongs", || {
        home.run(&["jobs"]);
        first.psql("postgres", "select status from jobs") == "error"
    });
    assert_eq!(home.run(&["log", "last", "--raw"]).stdout, expected());
}
