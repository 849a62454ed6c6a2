//! A server that hangs, is slow, goes away, or whose connections break.

use std::time::Duration;

use orchestrator::{
    job::Status,
    wire::{Event, StoreHealth},
};
use rustix::process::{Signal, kill_process};

use crate::{
    home::{Home, eventually},
    load::Load,
    page::App,
    postgres::Postgres,
    proxy::{Mode, Proxy},
};

fn url(proxy: &Proxy) -> String {
    format!(
        "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
        proxy.port
    )
}

#[tokio::test]
async fn a_server_that_hangs() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    let stopped = postgres.processes();
    for process in &stopped {
        kill_process(*process, Signal::STOP).unwrap();
    }
    load.until_trouble().await;
    load.goes_on(5 << 20).await;
    for process in &stopped {
        kill_process(*process, Signal::CONT).unwrap();
    }
    load.heals(true).await;
}

#[tokio::test]
async fn a_server_that_is_stopped_at_once_and_started_again() {
    let mut postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    for _ in 0..3 {
        postgres.down(Signal::QUIT);
        load.until_trouble().await;
        load.goes_on(5 << 20).await;
        postgres.up();
        load.until_health(|health| matches!(health, orchestrator::wire::StoreHealth::Ready { .. }))
            .await;
        load.goes_on(5 << 20).await;
    }
    load.heals(false).await;
}

#[tokio::test]
async fn a_server_whose_answers_take_five_seconds() {
    let postgres = Postgres::start();
    let proxy = Proxy::before(postgres.port());
    let mut load = Load::start(url(&proxy)).await;
    proxy.be(Mode::Slow(Duration::from_secs(5)));
    load.until_trouble().await;
    load.goes_on(20 << 20).await;
    proxy.be(Mode::Open);
    load.heals(true).await;
}

#[tokio::test]
async fn connections_that_are_cut_in_the_middle_of_a_commit() {
    let postgres = Postgres::start();
    let proxy = Proxy::before(postgres.port());
    let mut load = Load::start(url(&proxy)).await;
    proxy.be(Mode::CutAtCommit);
    while proxy.cut() < 8 {
        load.goes_on(1 << 20).await;
    }
    proxy.be(Mode::Open);
    load.heals(false).await;
}

#[tokio::test]
async fn a_way_to_the_server_that_is_closed() {
    let postgres = Postgres::start();
    let proxy = Proxy::before(postgres.port());
    let mut load = Load::start(url(&proxy)).await;
    proxy.be(Mode::Refusing);
    load.until_trouble().await;
    load.goes_on(20 << 20).await;
    proxy.be(Mode::Open);
    load.heals(true).await;
}

#[tokio::test]
async fn new_connections_that_are_ended_when_they_ask_for_tls() {
    let postgres = Postgres::start();
    let proxy = Proxy::before(postgres.port());
    let url = url(&proxy).replace("sslmode=disable", "sslmode=prefer");
    let app = App::start(Home::new(Some(url)));
    let mut page = app.page().await;
    page.until_ready_again().await;
    proxy.be(Mode::EndingAtTls);
    // The connection that listens is gone, and so it is noticed at once.
    let why = page
        .until(|event| match event {
            Event::Store(state) => match &state.health {
                StoreHealth::Away { why } => Some(why.clone()),
                _ => None,
            },
            _ => None,
        })
        .await;
    assert!(why.contains("127.0.0.1"), "{why}");
    let job = page.start("echo kept").await.id;
    assert_eq!(page.over(job).await.status, Status::Done);
    proxy.be(Mode::Open);
    eventually("it is archived", || app.home.job_folders().is_empty());
    let archived = postgres.psql("postgres", "select data from job_logs");
    assert!(archived.contains("kept"), "{archived}");
}

/// The connection by which one hears of others' jobs is open and dead: the app notices, and what it missed is looked for.
#[tokio::test]
async fn a_connection_for_others_jobs_that_is_dead_without_a_word() {
    let postgres = Postgres::start();
    let proxy = Proxy::before(postgres.port());
    let app = App::start(Home::new(Some(url(&proxy))));
    let mut page = app.page().await;
    page.until_ready_again().await;
    let colleague = Home::new(Some(postgres.url("postgres")));
    colleague.text(&["run", "--", "echo heard"]);
    let command = |wanted: &'static str| {
        move |event: &Event| match event {
            Event::Job(job) if job.command == wanted => Some(()),
            _ => None,
        }
    };
    page.until(command("echo heard")).await;
    proxy.forget();
    colleague.text(&["run", "--", "echo missed"]);
    page.until(|event| matches!(event, Event::Missed).then_some(()))
        .await;
    colleague.text(&["run", "--", "echo heard again"]);
    page.until(command("echo heard again")).await;
}
