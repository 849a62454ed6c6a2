//! A server that hangs, is slow, goes away, or whose connections break.

use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::{
    load::Load,
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
