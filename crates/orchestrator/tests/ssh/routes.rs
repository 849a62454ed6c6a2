//! The ways to a host that do not begin here: through other hosts, and by a command.

use super::*;
use crate::sshd::{free_port, keygen};

/// A config in which `box` is reached through two other servers, each with a key and a known host of its own.
fn chain(servers: [&Sshd; 3]) -> std::path::PathBuf {
    let [first, second, last] = servers;
    let path = last.path("chain");
    let text = format!(
        "{}  ProxyJump two\n{}  ProxyJump one\n{}",
        last.block("box"),
        second.block("two"),
        first.block("one")
    );
    fs::write(&path, text).unwrap();
    path
}

fn refusal(ended: RemoteExit) -> (String, String) {
    match ended.exit {
        Exit::Unreachable { reason, why } => (reason, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_runs_three_hosts_away() {
    let servers = [Sshd::start(), Sshd::start(), Sshd::start()];
    let [first, second, last] = &servers;
    let config = chain([first, second, last]);
    let sessions = Sessions::new();
    let person = Person::who(Answer::Refuse);
    // Its own `IdentityFile` is not the others': each host has its own settings, as with `ssh -J`.
    let command = "head -c 20000000 /dev/zero | tr '\\0' x; cat; exit 7";
    let running = start_as(&sessions, &config, exec(command), &person);
    running
        .controls
        .send(Control::Input(b"from here".to_vec()))
        .unwrap();
    running.controls.send(Control::EndInput).unwrap();
    let (written, ended) = running.join();
    assert_eq!(ended.exit, code(7));
    assert_eq!(written.out.len(), 20_000_009);
    assert!(written.out.ends_with(b"xfrom here"));
    // A second one goes the same way, over the same sessions.
    let before = (first.session_pids().len(), last.session_pids().len());
    let (_, ended) = start_as(&sessions, &config, exec("exit 3"), &person).join();
    assert_eq!(ended.exit, code(3));
    assert_eq!(
        (first.session_pids().len(), last.session_pids().len()),
        before
    );
    // Nothing is left of it when it is closed.
    sessions.close();
    let until = Instant::now() + Duration::from_secs(20);
    while servers.iter().any(|sshd| !sshd.session_pids().is_empty()) {
        assert!(
            Instant::now() < until,
            "a session is left 20 s after all were closed"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_fails_on_the_way_is_named() {
    let servers = [
        Sshd::start(),
        Sshd::with("AllowTcpForwarding no"),
        Sshd::start(),
    ];
    let [first, second, last] = &servers;
    let config = chain([first, second, last]);
    let person = Person::who(Answer::Refuse);
    let ended = || {
        start_as(&Sessions::new(), &config, exec("true"), &person)
            .join()
            .1
    };
    let (reason, why) = refusal(ended());
    assert_eq!(reason, "refused");
    assert!(
        why.contains("two does not reach 127.0.0.1") && why.contains("AllowTcpForwarding"),
        "{why}"
    );
    // Another key than the known one, on the way.
    keygen(&second.path("other"));
    second.know("other");
    let (reason, why) = refusal(ended());
    assert_eq!(reason, "host_key_changed");
    assert!(why.starts_with("on the way, two: the host key"), "{why}");
    // One that lets nobody in.
    fs::write(first.path("authorized_keys"), "").unwrap();
    let (reason, why) = refusal(ended());
    assert_eq!(reason, "auth_failed");
    assert!(why.starts_with("on the way, one: "), "{why}");
}

#[test]
fn a_link_that_breaks_on_the_way_loses_no_byte_and_says_so() {
    let servers = [Sshd::start(), Sshd::start(), Sshd::start()];
    let [first, second, last] = &servers;
    let config = chain([first, second, last]);
    let person = Person::who(Answer::Refuse);
    let running = start_as(
        &Sessions::new(),
        &config,
        exec("echo one; sleep 600"),
        &person,
    );
    running
        .log
        .wait("first line", |written| written.out == b"one\n");
    first.signal_sessions("KILL");
    let (written, ended) = running.join();
    assert_eq!(written.out, b"one\n");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{ended:?}");
}

#[test]
fn a_proxy_command_is_a_way_and_its_words_are_kept() {
    let servers = [Sshd::start(), Sshd::start()];
    let [first, last] = &servers;
    let gate = first.config("");
    let with = |command: &str| {
        let path = last.path("proxied");
        let text = format!("{}  ProxyCommand {command}\n", last.block("box"));
        fs::write(&path, text).unwrap();
        path
    };
    let person = Person::who(Answer::Refuse);
    let sessions = Sessions::new();
    let config = with(&format!("ssh -F {} -W %h:%p box", gate.display()));
    let (written, ended) = start_as(
        &sessions,
        &config,
        exec("head -c 3000000 /dev/zero; exit 4"),
        &person,
    )
    .join();
    assert_eq!((written.out.len(), ended.exit), (3_000_000, code(4)));
    // It ends with the session.
    sessions.close();
    let until = Instant::now() + Duration::from_secs(20);
    while !first.session_pids().is_empty() {
        assert!(Instant::now() < until, "the command runs on");
        thread::sleep(Duration::from_millis(20));
    }
    for (command, reason, words) in [
        ("echo no way there >&2; exit 1", "link_lost", "no way there"),
        // Each shell has its own words for it.
        (
            "/nonexistent/program %h",
            "link_lost",
            "/nonexistent/program",
        ),
    ] {
        let before = Instant::now();
        let (_, ended) = start_as(&Sessions::new(), &with(command), exec("true"), &person).join();
        let (was, why) = refusal(ended);
        assert_eq!(was, reason, "{why}");
        assert!(why.contains(words), "{why}");
        assert!(before.elapsed() < Duration::from_secs(10));
    }
    // One that says nothing can be canceled.
    let silent = start_as(&Sessions::new(), &with("sleep 600"), exec("true"), &person);
    thread::sleep(Duration::from_millis(200));
    let before = Instant::now();
    silent
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    assert!(silent.join().1.canceled);
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_connection_is_made_from_the_address_that_the_config_names() {
    let sshd = Sshd::start();
    let person = Person::who(Answer::Refuse);
    let with = |lines: &str| {
        let config = sshd.path("bound");
        fs::write(&config, format!("{}  {lines}\n", sshd.block("box"))).unwrap();
        start_as(&Sessions::new(), &config, exec("echo $SSH_CLIENT"), &person).join()
    };
    let (written, ended) = with("BindAddress 127.0.0.9");
    assert_eq!(ended.exit, code(0));
    assert!(written.out.starts_with(b"127.0.0.9 "), "{written:?}");
    let (written, ended) = with("BindInterface lo");
    assert_eq!(ended.exit, code(0));
    assert!(written.out.starts_with(b"127.0.0.1 "), "{written:?}");
    let (reason, why) = refusal(with("BindAddress 203.0.113.1").1);
    assert!(reason == "refused" && why.contains("203.0.113.1"), "{why}");
    assert_ne!(free_port(), 0);
}
