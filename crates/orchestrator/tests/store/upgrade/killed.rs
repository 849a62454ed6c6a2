//! Upgrades that end at any statement: by the server's own end of the session in the middle of a migration, and by the
//! loss of the app at each of its words to the server.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use orchestrator::store::{Address, Store};

use super::{States, serves};

/// Ends the session at its nth command that changes tables. The count outlives a rollback, as sequences do.
fn trap(nth: usize) -> String {
    format!(
        "create schema trap; create sequence trap.count;
         create function trap.spring() returns event_trigger language plpgsql as $$
         begin
           if nextval('trap.count') = {nth} then
             perform pg_terminate_backend(pg_backend_pid());
             perform pg_sleep(60);
           end if;
         end $$;
         create event trigger trap on ddl_command_end execute function trap.spring()"
    )
}

/// Starts an app there, which may not get far.
async fn upgrade(address: &Address) {
    if let Ok(store) = Store::connect(address).await {
        store.close().await;
    }
}

/// What is there is what one of the versions left and nothing between, and the next start goes on from it. Says which
/// version.
async fn is_whole_and_serves(states: &States, name: &str, from: usize) -> usize {
    let there = states.shape(name);
    // A ledger in which nothing is written yet says the same as none.
    let bare = !there.contains("table jobs r");
    let shape = states.shapes.iter().rposition(|shape| *shape == there);
    let version = shape.or(bare.then_some(0));
    let version = version.unwrap_or_else(|| panic!("{name} is between two states: {there}"));
    assert!(version >= from, "{name} went back to {version}");
    serves(&states.address(name), from > 0).await;
    assert_eq!(states.shape(name), states.shapes[states.newest()]);
    states.drop(name);
    version
}

#[tokio::test]
async fn an_upgrade_that_is_killed_at_any_statement_leaves_the_old_tables_or_the_new() {
    let states = States::new();
    // From each version on until the next one's upgrade is through: those after it are from the next version on.
    for from in 0..states.newest() {
        let mut nth = 0;
        loop {
            nth += 1;
            let name = format!("killed_{from}_{nth}");
            states.make(from, &name);
            states.server.psql("postgres", &trap(nth));
            upgrade(&states.address(&name)).await;
            states.server.psql("postgres", "drop event trigger trap");
            states.drop("trap");
            if is_whole_and_serves(&states, &name, from).await > from {
                break;
            }
        }
        assert!(nth > 1, "migration {} changes nothing", from + 1);
    }
}

/// Stands between the app and the server, and cuts both off at the app's nth word: before or after it is passed on.
struct Cut {
    port: u16,
}

impl Cut {
    fn at(nth: usize, passed_on: bool, server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        // It ends with the test.
        thread::spawn(move || {
            for app in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                // Or each word waits 40 ms for the answer to the one before.
                app.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (mut back, mut answers) =
                    (app.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || {
                    std::io::copy(&mut answers, &mut back).ok();
                    back.shutdown(Shutdown::Both).ok();
                });
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    pass_on(&app, &server, nth, passed_on, &count).ok();
                    app.shutdown(Shutdown::Both).ok();
                    server.shutdown(Shutdown::Both).ok();
                });
            }
        });
        Self { port }
    }
}

/// Passes on what the app says. The first message of a session has no kind (PostgreSQL, "Message Formats").
fn pass_on(
    mut app: &TcpStream,
    mut server: &TcpStream,
    nth: usize,
    passed_on: bool,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let mut is_first = true;
    loop {
        let mut message = vec![0; if is_first { 4 } else { 5 }];
        app.read_exact(&mut message)?;
        let length = u32::from_be_bytes(*message.last_chunk::<4>().unwrap()) as usize;
        let head = message.len();
        message.resize(head + length - 4, 0);
        app.read_exact(&mut message[head..])?;
        // A word to the server is complete with a query or a sync.
        let is_word = !is_first && matches!(message[0], b'Q' | b'S');
        let is_last = is_word && count.fetch_add(1, Ordering::Relaxed) + 1 == nth;
        if !is_last || passed_on {
            server.write_all(&message)?;
        }
        if is_last {
            return Ok(());
        }
        is_first = false;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_lost_at_any_word_of_an_upgrade_leaves_the_old_tables_or_the_new() {
    let states = States::new();
    // A new one, and the newest upgrade: the words between the app and the server are the same for each.
    for from in BTreeSet::from([0, states.newest() - 1]) {
        let (mut nth, mut after) = (0, 0);
        loop {
            nth += 1;
            let name = format!("lost_{from}_{nth}");
            states.make(from, &name);
            let cut = Cut::at(nth, nth % 2 == 0, states.server.port());
            let url = format!(
                "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
                cut.port
            );
            upgrade(&Address::parse(&url, Some(&name)).unwrap()).await;
            // The server may still be at what it heard last.
            let ours = "select count(pg_terminate_backend(pid, 60000)) from pg_stat_activity
                        where application_name = 'vm-orchestrator'";
            states.server.psql("postgres", ours);
            // The last word of an upgrade is heard and answered, or not: two more show that.
            let through = is_whole_and_serves(&states, &name, from).await > from;
            after += usize::from(through);
            if after == 3 {
                break;
            }
        }
        assert!(nth > 5, "an upgrade takes some words");
    }
}
