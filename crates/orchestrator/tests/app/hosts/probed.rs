//! Whether hosts answer, without a login: each kind of answer, on the command line and at the socket.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener},
    sync::mpsc,
    thread,
    time::Duration,
};

use orchestrator::{
    host::{Reach, ReachState},
    wire::{Event, HostRequest, Reply},
};

use super::{page::App, with_host};

/// A server on a port of its own that says this to each who connects; and what the first of them says, to its end.
fn saying(words: &'static [u8]) -> (u16, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else {
                return;
            };
            let mut line = Vec::new();
            // Who has heard enough may hang up.
            drop(connection.write_all(words));
            drop(connection.shutdown(Shutdown::Write));
            drop(connection.read_to_end(&mut line));
            drop(heard.send(line));
        }
    });
    (port, hears)
}

/// A port at which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn hosts_say_whether_they_answer_and_nobody_logs_in() {
    let (_sshd, _postgres, home) = with_host();
    let (web, _) = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let shut = free_port();
    let (late, heard) = saying(b"welcome\r\nSSH-2.0-Late\x1b[2J\r\n");
    let more = format!(
        "Host web\n  HostName 127.0.0.1\n  Port {web}\nHost shut\n  HostName 127.0.0.1\n  Port {shut}\n\
         Host late\n  HostName 127.0.0.1\n  Port {late}\nHost nowhere\n  HostName nowhere.invalid\n\
         Host inner\n  HostName 10.0.0.1\n  ProxyJump box\n"
    );
    let config = fs::read_to_string(home.ssh_config()).unwrap() + &more;
    fs::write(home.ssh_config(), config).unwrap();

    let reached = home.json(&["hosts", "--probe", "--json"]);
    let reached: Vec<Reach> = serde_json::from_value(reached).unwrap();
    let states: Vec<_> = reached
        .iter()
        .map(|one| (one.host.as_str(), one.state))
        .collect();
    let expected = [
        ("box", ReachState::Up),
        ("web", ReachState::Down),
        ("shut", ReachState::Down),
        ("late", ReachState::Up),
        ("nowhere", ReachState::Unreachable),
        ("inner", ReachState::Unknown),
    ];
    assert_eq!(states, expected);
    let server = |at: usize| reached[at].server.as_deref().unwrap();
    assert!(server(0).starts_with("SSH-2.0-OpenSSH"), "{reached:?}");
    // What a server says of itself does not act on a terminal.
    assert_eq!(server(3), "SSH-2.0-Late\\x1b[2J");
    assert!(reached[0].round_trip_us.is_some() && reached[1].round_trip_us.is_none());
    let why = |at: usize| reached[at].why.as_deref().unwrap();
    assert!(
        why(1).contains("does not say that it speaks SSH"),
        "{reached:?}"
    );
    assert!(why(2).contains("is sshd running there"), "{reached:?}");
    assert!(why(4).contains("has no address"), "{reached:?}");
    assert!(why(5).contains("through box"), "{reached:?}");

    let table = home.text(&["hosts", "box,shut", "--probe"]);
    assert!(table.contains("box") && table.contains("down"), "{table}");
    // It says who it is, and nothing that begins a login.
    let line = heard.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(line, b"SSH-2.0-vm_orchestrator_probe\r\n");
}

#[tokio::test]
async fn a_page_hears_each_answer_once_it_is_there() {
    let (_sshd, _postgres, home) = with_host();
    let app = App::start(home);
    let mut page = app.page().await;
    let hosts = vec!["box".to_owned()];
    let reply = page.ask(HostRequest::ProbeHosts { hosts }).await;
    assert!(matches!(reply, Ok(Reply::Ok)), "{reply:?}");
    let reach = page
        .until(|event| match event {
            Event::Reached(reach) => Some(reach.clone()),
            _ => None,
        })
        .await;
    assert_eq!((reach.host.as_str(), reach.state), ("box", ReachState::Up));

    let (address, port) = ("127.0.0.1".to_owned(), free_port());
    let tried = page.ask(HostRequest::ProbeAddress { address, port }).await;
    assert!(
        matches!(&tried, Ok(Reply::Reached(reach)) if reach.state == ReachState::Down),
        "{tried:?}"
    );

    let chosen = page
        .ask(HostRequest::ChooseHosts { line: "bo*".into() })
        .await;
    assert!(
        matches!(&chosen, Ok(Reply::Chosen { folded, .. }) if folded == "box"),
        "{chosen:?}"
    );
    // The server's standard input is nobody's list of hosts.
    for line in ["-", "box,-", "box & (-)"] {
        let refused = page.try_ask(HostRequest::ChooseHosts { line: line.into() });
        let refused = refused.await.unwrap_err();
        assert!(refused.message.contains("standard input"), "{refused:?}");
    }
}
