//! The app is killed, again and again, with jobs running, ending and being archived (P1, P2).

use std::{
    fs,
    time::{Duration, Instant},
};

use orchestrator::{
    job::Status,
    wire::{JobRequest, Reply},
};

use crate::{
    cast::{Cast, plan},
    dice::{Dice, kills},
    home::{Home, eventually},
    page::App,
    postgres::Postgres,
    sshd::Sshd,
};

#[tokio::test]
async fn a_killed_app_loses_nothing() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    kill_again_and_again(home, None).await;
}

/// The process that holds a host's session goes on, and so do the jobs there.
#[tokio::test]
async fn a_killed_app_loses_nothing_of_its_jobs_on_a_host() {
    let (sshd, postgres) = (Sshd::start(), Postgres::start());
    let home = Home::new(Some(postgres.url("postgres")));
    fs::copy(sshd.config(""), home.ssh_config()).unwrap();
    kill_again_and_again(home, Some("box")).await;
}

async fn kill_again_and_again(home: Home, host: Option<&str>) {
    let mut dice = Dice::new();
    let mut app = App::start(home);
    let mut cast = Cast::default();
    let mut slowest = Duration::ZERO;
    for kill in 0..kills() {
        let begun = Instant::now();
        if kill > 0 {
            app.again();
        }
        let mut page = app.page().await;
        slowest = slowest.max(cast.statuses_are_right(&mut page, begun).await);
        for _ in 0..=dice.below(3) {
            let plan = plan(&mut dice);
            cast.start_on(&app.home, &mut page, plan, host).await;
        }
        let one = dice.below(cast.roles.len() as u64) as usize;
        if dice.one_in(2) && cast.roles[one].is_supervised() {
            cast.read_on(&mut page, one, 2).await;
        }
        std::thread::sleep(dice.moment(600));
        app.kill();
    }
    let begun = Instant::now();
    app.again();
    let mut page = app.page().await;
    slowest = slowest.max(cast.statuses_are_right(&mut page, begun).await);
    cast.judge(&mut page).await;
    println!(
        "{} jobs; statuses were right {slowest:?} after a start at the latest",
        cast.roles.len()
    );
}

/// What `exit.json` says is known at once, however long the log is, and where the store would have to say where what is left
/// of it begins, and is away.
#[tokio::test]
async fn an_end_that_is_written_down_waits_for_no_log_and_no_store() {
    let nowhere = "postgres://nobody@127.0.0.1:9/none".to_owned();
    let mut app = App::start(Home::new(Some(nowhere)));
    let mut page = app.page().await;
    let long = "head -c 150000000 /dev/zero | tr '\\0' '\\n'; exit 3";
    let jobs = [page.start(long).await.id, page.start(long).await.id];
    let folder = |app: &App, id| app.home.data().join("jobs").join(format!("{id}"));
    for id in jobs {
        eventually("its end is on the disk", || {
            folder(&app, id).join("exit.json").exists()
        });
    }
    drop(page);
    app.kill();
    // As another engine leaves it that had archived the first part, and could not write down how far that was.
    fs::remove_file(folder(&app, jobs[1]).join("spool").join("0".repeat(20))).unwrap();
    app.again();
    let mut page = app.page().await;
    for id in jobs {
        match page.ask(JobRequest::Job { job: id }).await {
            Ok(Reply::Job(job)) => {
                assert_eq!((job.status, job.exit_code), (Status::Error, Some(3)));
            }
            other => panic!("{other:?}"),
        }
    }
    app.kill();
}
