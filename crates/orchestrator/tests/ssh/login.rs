//! Reaching a host: addresses, host keys, keys and passphrases, and why a login fails.

use super::*;

#[test]
fn a_name_with_several_addresses_is_reached_by_the_one_that_answers() {
    let sshd = Sshd::start();
    let known_hosts = fs::read_to_string(sshd.path("known_hosts")).unwrap();
    fs::write(
        sshd.path("known_hosts"),
        known_hosts.replace("[127.0.0.1]", "[localhost]"),
    )
    .unwrap();
    // The server listens on 127.0.0.1 alone; where localhost has ::1 too, that one refuses.
    let config = sshd.config("Host box\n HostName localhost");
    let nobody = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("exit 2"), &nobody).join();
    assert_eq!(ended.exit, code(2));
}

#[test]
fn an_unknown_host_key_is_asked_for_and_written_down() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let known_hosts = sshd.path("known_hosts");
    fs::write(&known_hosts, "# no newline at the end").unwrap();

    let no = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&sessions, &sshd.config(""), exec("true"), &no).join();
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "host_key_unknown");
    let listed = std::process::Command::new("ssh-keygen")
        .arg("-lf")
        .arg(sshd.path("host.pub"))
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let print = listed.split(' ').nth(1).unwrap();
    assert!(print.starts_with("SHA256:") && why.contains(print), "{why}");

    let yes = Person::who(Answer::Accept);
    let hashed = sshd.config("HashKnownHosts yes");
    let (_, ended) = start_as(&sessions, &hashed, exec("exit 3"), &yes).join();
    assert_eq!(ended.exit, code(3));
    assert_eq!(yes.questions.lock().unwrap().len(), 1);
    // OpenSSH reads what we wrote, and so do we.
    let text = fs::read_to_string(&known_hosts).unwrap();
    assert!(text.starts_with("# no newline at the end\n|1|"), "{text}");
    assert_eq!(sshd.ssh("exit 9").status.code(), Some(9));
    let (_, ended) = start_as(&Sessions::new(), &hashed, exec("exit 4"), &no).join();
    assert_eq!(ended.exit, code(4));
}

#[test]
fn a_changed_host_key_is_refused_hard() {
    let sshd = Sshd::start();
    sshd::keygen(&sshd.path("other"));
    sshd.know("other");
    let yes = Person::who(Answer::Accept);
    let (_, ended) = start_as(&Sessions::new(), &sshd.config(""), exec("true"), &yes).join();
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "host_key_changed");
    assert!(
        why.contains("known_hosts:1") && why.contains("ssh-keygen -f"),
        "{why}"
    );
    assert!(
        yes.questions.lock().unwrap().is_empty(),
        "there is no question"
    );
}

#[test]
fn a_host_known_by_another_type_of_key_is_asked_for_that_one() {
    let folder = tempfile::tempdir().unwrap();
    let rsa = folder.path().join("rsa");
    sshd::keygen_with(&rsa, &["-t", "rsa", "-b", "2048", "-N", ""]);
    let sshd = Sshd::with(&format!("HostKey {}", rsa.display()));
    let public = fs::read_to_string(rsa.with_extension("pub")).unwrap();
    let line = format!("{} {public}", sshd.address());
    fs::write(sshd.path("known_hosts"), line).unwrap();
    let (_, ended) = run(&Sessions::new(), &sshd, "exit 2");
    assert_eq!(ended.exit, code(2));
}

#[test]
fn a_wrong_key_says_what_was_tried() {
    let sshd = Sshd::start();
    fs::remove_file(sshd.path("user")).unwrap();
    fs::remove_file(sshd.path("user.pub")).unwrap();
    sshd::keygen(&sshd.path("user"));
    let (_, ended) = run(&Sessions::new(), &sshd, "true");
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "auth_failed");
    assert!(why.contains("publickey") && why.contains("/user"), "{why}");
}

#[test]
fn an_encrypted_key_asks_for_its_passphrase() {
    for args in [
        &["-t", "ed25519", "-N", "secret words"][..],
        &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret words"][..],
    ] {
        let sshd = Sshd::start();
        fs::remove_file(sshd.path("user")).unwrap();
        sshd::keygen_with(&sshd.path("user"), args);
        fs::copy(sshd.path("user.pub"), sshd.path("authorized_keys")).unwrap();
        let right = Person::who(Answer::Text("secret words".into()));
        let running = start_as(&Sessions::new(), &sshd.config(""), exec("exit 8"), &right);
        assert_eq!(running.join().1.exit, code(8));
        assert_eq!(right.questions.lock().unwrap().len(), 1);
        let wrong = Person::who(Answer::Text("another".into()));
        let running = start_as(&Sessions::new(), &sshd.config(""), exec("true"), &wrong);
        let (_, ended) = running.join();
        let (reason, why) = unreachable(&ended);
        assert_eq!(reason, "auth_failed");
        assert!(why.contains("wrong passphrase"), "{why}");
    }
}

#[test]
fn the_agent_lets_in() {
    let sshd = Sshd::start();
    let socket = sshd.path("agent.sock");
    let mut agent = std::process::Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It prints where it listens once it does.
    let mut line = String::new();
    io::BufRead::read_line(
        &mut io::BufReader::new(agent.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let added = std::process::Command::new("ssh-add")
        .arg("-q")
        .arg(sshd.path("user"))
        .env("SSH_AUTH_SOCK", &socket)
        .status()
        .unwrap();
    assert!(added.success());
    fs::remove_file(sshd.path("user")).unwrap();
    let config = sshd.config(&format!("Host box\n IdentityAgent {}", socket.display()));
    let nobody = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("exit 6"), &nobody).join();
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(ended.exit, code(6));
}

#[test]
fn a_server_with_old_algorithms_alone_is_named() {
    for line in [
        "KexAlgorithms diffie-hellman-group14-sha1",
        "Ciphers aes128-cbc",
        "MACs hmac-sha1\nCiphers aes128-ctr",
    ] {
        let sshd = Sshd::with(line);
        let (_, ended) = run(&Sessions::new(), &sshd, "true");
        assert_eq!(unreachable(&ended).0, "server_too_old", "{line}: {ended:?}");
    }
}

#[test]
fn nobody_there_is_named() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    let at = |lines: &str| {
        let (_, ended) =
            start_as(&Sessions::new(), &sshd.config(lines), exec("true"), &nobody).join();
        let (reason, why) = unreachable(&ended);
        (reason.to_owned(), why.to_owned())
    };
    let port = sshd::free_port();
    assert_eq!(at(&format!("Host box\n Port {port}")).0, "refused");
    assert_eq!(at("Host box\n HostName nosuchhost.invalid").0, "dns");
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let before = Instant::now();
    let (reason, _) = at(&format!("Host box\n Port {port}"));
    assert_eq!(reason, "timeout");
    assert!(before.elapsed() <= Duration::from_secs(21));
}

/// Answers once it is let.
struct Slow {
    asked: Mutex<std::sync::mpsc::Sender<()>>,
    answer: Mutex<std::sync::mpsc::Receiver<Answer>>,
}

impl Ask for Slow {
    fn ask(&self, _: &str, _: Question) -> Answer {
        self.asked.lock().unwrap().send(()).unwrap();
        let answer = self.answer.lock().unwrap().recv();
        answer.unwrap_or(Answer::Refuse)
    }
}

#[test]
fn a_job_is_canceled_while_the_question_of_another_is_open() {
    let sshd = Sshd::start();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let route = Config::read(&sshd.config(""), Path::new("/nonexistent"))
        .resolve_for("box", &Purpose::new(None, &|_| true))
        .unwrap();
    let (asked, is_asked) = std::sync::mpsc::channel();
    let (give, answer) = std::sync::mpsc::channel();
    let (asked, answer) = (Mutex::new(asked), Mutex::new(answer));
    let slow: Arc<dyn Ask> = Arc::new(Slow { asked, answer });
    let sessions = Sessions::new();
    let submit = || {
        let (controls, orders) = controls().unwrap();
        let output = Box::new(Log::default());
        let handle = sessions.submit(&route, exec("echo hi"), output, orders, &slow);
        (controls, thread::spawn(move || ended(handle)))
    };
    // Two that were there before the question, or may have been, and one that came later.
    let jobs = [submit(), submit()];
    is_asked.recv().unwrap();
    let [first, second] = jobs;
    let third = submit();
    for (controls, ended) in [second, third] {
        let canceled_at = Instant::now();
        controls.send(Control::Cancel { force: false }).unwrap();
        assert!(ended.join().unwrap().canceled);
        assert!(canceled_at.elapsed() < Duration::from_secs(1));
    }
    give.send(Answer::Accept).unwrap();
    assert_eq!(first.1.join().unwrap().exit, code(0));
}

#[test]
fn a_connect_timeout_counts_for_the_banner_and_the_key_exchange() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    // One that answers, and is silent from then on.
    let half = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let half_port = half.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for connection in half.incoming() {
            let mut connection = connection.unwrap();
            io::Write::write_all(&mut connection, b"SSH-2.0-half\r\n").ok();
            kept.push(connection);
        }
    });
    for lines in [
        format!("Host box\n Port {port}\n ConnectTimeout 2"),
        format!("Host box\n Port {half_port}\n ConnectTimeout 2"),
        "Host box\n ProxyCommand sleep 60\n ConnectTimeout 2".to_owned(),
        format!(
            "Host box\n Port {port}\n ProxyJump jump\n ConnectTimeout 2\n{}",
            sshd.block("jump")
        ),
    ] {
        let begun = Instant::now();
        let running = start_as(
            &Sessions::new(),
            &sshd.config(&lines),
            exec("true"),
            &nobody,
        );
        let (_, ended) = running.join();
        let (reason, why) = unreachable(&ended);
        assert_eq!(reason, "timeout", "{lines}: {why}");
        assert!(why.contains("2 s (ConnectTimeout)"), "{why}");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "{lines}: {took:?}");
    }
}
