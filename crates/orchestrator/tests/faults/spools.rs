//! A spool that cannot be read for a while.

use std::fs;

use rustix::process::Signal;

use crate::{
    home::{Home, eventually},
    page::App,
    postgres::Postgres,
};

#[tokio::test]
async fn a_spool_that_cannot_be_read_for_a_while_is_archived_whole() {
    let mut postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    page.until_ready_again().await;
    postgres.down(Signal::INT);
    let job = page.start("seq 200000").await;
    page.over(job.id).await;
    let folder = app.home.data().join("jobs").join(job.id.to_string());
    let (spool, away) = (folder.join("spool"), folder.join("away"));
    eventually("it is complete", || {
        let exit = fs::read_to_string(folder.join("exit.json")).unwrap_or_default();
        exit.contains("\"complete\":true")
    });
    fs::rename(&spool, &away).unwrap();
    postgres.up();
    let doctor = || {
        let output = app.home.run(&["doctor"]);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code() == Some(1) && stdout.contains("failed to read the spool"))
            .then_some(stdout)
    };
    eventually("doctor names it", || doctor().is_some());
    fs::rename(&away, &spool).unwrap();
    eventually("all is archived", || app.home.job_folders().is_empty());
    let log = app.home.text(&["log", &job.id.to_string(), "--raw"]);
    let whole: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(log.len(), whole.len());
    assert!(log == whole, "byte for byte");
}
