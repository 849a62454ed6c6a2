//! Canceling: what is signaled, in which order, and what is left once the host is back.

use super::*;

#[test]
fn a_cancel_finds_a_way_if_no_second_channel_is_allowed() {
    let sshd = Sshd::with("MaxSessions 1");
    let sessions = Sessions::new();
    let running = start(
        &sessions,
        &sshd,
        exec("trap 'exit 43' INT; echo up; while :; do sleep 0.1; done"),
    );
    running.log.wait("start", |written| written.out == b"up\n");
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert_eq!(ended.exit, code(43));
    assert_eq!(ended.survivors, Vec::<String>::new());
}

#[test]
fn cancel_ends_a_tree_that_does_not_want_to() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    // One ignores every signal that can be ignored, one has left the session, one has lost its parent.
    let nap = nap();
    let mut stubborn = exec(&format!(
        "trap '' INT TERM HUP; setsid sh -c 'trap \"\" INT TERM; sleep {nap} & wait; wait' & \
         (sleep {nap} &) ; echo up; while :; do sleep {nap}; done",
    ));
    let grace = |signal: &str, wait_ms| Grace {
        signal: signal.to_owned(),
        wait_ms,
    };
    stubborn.graces = vec![grace("INT", 300), grace("TERM", 300), grace("KILL", 2000)];
    let running = start(&sessions, &sshd, stubborn);
    running.log.wait("start", |written| written.out == b"up\n");
    // Nothing tells when a stranger's process is there, so it is looked for, a bounded time.
    let begun = Instant::now();
    while sleepers(&nap) < 3 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the tree is not up"
        );
        thread::sleep(Duration::from_millis(10));
    }
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (written, ended) = running.join();
    assert!(ended.canceled);
    assert_eq!(ended.survivors, Vec::<String>::new());
    assert_eq!(ended.exit, signal("KILL"));
    assert_eq!(sleepers(&nap), 0);
    let sent = |signal: &str, next: Option<&str>| (signal.to_owned(), next.map(str::to_owned));
    assert_eq!(
        written.signals,
        [
            sent("INT", Some("TERM")),
            sent("TERM", Some("KILL")),
            sent("KILL", None)
        ]
    );
    assert!(written.signals_over);
}

#[test]
fn cancel_is_polite_first_and_quick() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for pty in [None, Some((24, 80))] {
        let mut polite =
            exec("trap 'echo interrupted; exit 42' INT; echo up; while :; do sleep 0.1; done");
        polite.pty = pty;
        let running = start(&sessions, &sshd, polite);
        running
            .log
            .wait("start", |written| written.out.starts_with(b"up"));
        let begun = Instant::now();
        running
            .controls
            .send(Control::Cancel { force: false })
            .unwrap();
        let (written, ended) = running.join();
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(
            ended.exit,
            code(42),
            "{pty:?} {}",
            String::from_utf8_lossy(&written.out)
        );
        assert!(ended.canceled && String::from_utf8_lossy(&written.out).contains("interrupted"));
    }
}

#[test]
fn force_kills_at_once() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for pty in [None, Some((24, 80))] {
        let nap = nap();
        let mut deaf = exec(&format!(
            "trap '' INT TERM; echo up; while :; do sleep {nap}; done"
        ));
        deaf.pty = pty;
        let running = start(&sessions, &sshd, deaf);
        running
            .log
            .wait("start", |written| written.out.starts_with(b"up"));
        running
            .controls
            .send(Control::Cancel { force: false })
            .unwrap();
        running
            .controls
            .send(Control::Cancel { force: true })
            .unwrap();
        let begun = Instant::now();
        let (_, ended) = running.join();
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(ended.exit, signal("KILL"), "{pty:?}");
        assert_eq!(sleepers(&nap), 0);
    }
}

#[test]
fn what_a_cancel_could_not_reach_is_ended_once_the_host_is_back() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let (one, two) = (nap(), nap());
    let command =
        format!("(setsid sleep {one} >/dev/null 2>&1 &) ; sleep 0.2; echo begun; sleep {two}");
    let config = sshd.config("ServerAliveInterval 1\nServerAliveCountMax 1");
    let nobody = Person::who(Answer::Refuse);
    let running = start_as(&sessions, &config, exec(&command), &nobody);
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    sshd.signal_sessions("STOP");
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(
        ended.canceled && matches!(ended.exit, Exit::Lost { .. }),
        "{ended:?}"
    );
    let is_noted = |words: &str| ended.notes.iter().any(|note| note.contains(words));
    assert!(is_noted("once the host is back"), "{:?}", ended.notes);
    assert!(is_running(&one) && is_running(&two));
    let route = Config::read(&config, Path::new("/nonexistent"))
        .resolve("box")
        .unwrap();
    let ask: Arc<dyn Ask> = nobody;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let finish = sessions.finish(&route, ended.unfinished.unwrap(), &ask);
    assert!(runtime.block_on(finish));
    assert!(!is_running(&one) && !is_running(&two));
}

#[test]
fn a_cancel_ends_a_connect_at_once() {
    let sshd = Sshd::start();
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let config = sshd.config(&format!("Host box\n Port {port}"));
    let nobody = Person::who(Answer::Refuse);
    let running = start_as(&Sessions::new(), &config, exec("true"), &nobody);
    let (_connection, _) = silent.accept().unwrap();
    let begun = Instant::now();
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(ended.canceled && matches!(ended.exit, Exit::CouldNotStart { .. }));
}

/// A server that sends this, and then the second without a pause as long as somebody reads.
fn chatter(first: &'static [u8], again: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            thread::spawn(move || {
                let block = again.repeat(4096);
                let mut sent = io::Write::write_all(&mut connection, first);
                while sent.is_ok() {
                    sent = io::Write::write_all(&mut connection, &block);
                }
            });
        }
    });
    port
}

#[test]
fn a_server_that_never_pauses_can_be_canceled_and_is_given_up() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    // Lines before the banner, as a notice may be; and messages to be ignored, before any key exchange.
    let ignored = b"\0\0\0\x0c\x06\x02\0\0\0\0\0\0\0\0\0\0";
    let ports = [
        chatter(b"", b"a notice\r\n"),
        chatter(b"SSH-2.0-chatter\r\n", ignored),
    ];
    let begun = Instant::now();
    let started = |port: &u16, name: &str| {
        let usual = sshd.config(&format!("Host box\n Port {port}"));
        let own = usual.with_file_name(name);
        fs::rename(usual, &own).unwrap();
        start_as(&Sessions::new(), &own, exec("true"), &nobody)
    };
    let left_alone = [started(&ports[0], "a"), started(&ports[1], "b")];
    let running = started(&ports[1], "c");
    thread::sleep(Duration::from_millis(300));
    let canceled = Instant::now();
    let cancel = Control::Cancel { force: false };
    running.controls.send(cancel).unwrap();
    let (_, ended) = running.join();
    assert!(ended.canceled, "{ended:?}");
    let took = canceled.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let [before_its_banner, after_it] = left_alone.map(|running| {
        let (_, ended) = running.join();
        let (_, why) = unreachable(&ended);
        (why.to_owned(), begun.elapsed())
    });
    let (why, took) = before_its_banner;
    assert!(why.contains("more than 64 KiB"), "{why}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(after_it.0.contains("within 20 s"), "{}", after_it.0);
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );
}
