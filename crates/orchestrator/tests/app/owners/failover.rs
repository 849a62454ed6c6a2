//! A store of several servers, of which one takes writes: another takes its place while jobs run.

use std::fs;

use orchestrator::wire::Event;
use rustix::process::Signal;

use crate::{
    home::{Home, eventually},
    page::App,
    postgres::Postgres,
};

#[tokio::test]
async fn a_failover_to_another_of_its_servers_is_ridden_out() {
    let mut first = Postgres::start();
    let second = first.standby();
    // The one that takes no writes is passed over, wherever it stands.
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres",
        second.port(),
        first.port()
    );
    let [home, colleague] = [0, 1].map(|_| Home::new(Some(url.clone())));
    let app = App::start(colleague);
    let mut page = app.page().await;
    let script =
        "i=0; while [ ! -e go ]; do i=$((i+1)); echo line $i; sleep 0.02; done; echo the end";
    let mut running = home.start(&["run", "--json", "--", script]);
    let rows = |server: &Postgres| {
        let count = server.psql("postgres", "select count(*) from job_logs");
        count.parse::<u32>().unwrap()
    };
    let has_table = "select count(*) from pg_class where relname = 'job_logs'";
    eventually("it has the tables", || {
        second.psql("postgres", has_table) == "1"
    });
    eventually("it follows", || rows(&second) > 0);

    first.down(Signal::QUIT);
    let before = rows(&second);
    second.promote();
    eventually("the other one goes on", || rows(&second) > before);
    fs::write(home.work().join("go"), "").unwrap();
    let ended: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(ended["status"], "done");
    let log = home.text(&["log", "last"]);
    let lines: Vec<&str> = log.lines().collect();
    let (end, counted) = lines.split_last().unwrap();
    assert_eq!(*end, "the end");
    for (at, line) in counted.iter().enumerate() {
        assert_eq!(*line, format!("line {}", at + 1));
    }

    // Whoever listened at the server that is gone listens to the other one, and hears of what others start there.
    page.until(|event| matches!(event, Event::Missed).then_some(()))
        .await;
    home.text(&["run", "--", "echo heard"]);
    page.until(|event| match event {
        Event::Job(job) => (job.command == "echo heard").then_some(()),
        _ => None,
    })
    .await;
}
