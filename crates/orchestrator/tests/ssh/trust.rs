//! Which host keys are trusted, which algorithms are used, and what is said of a server that does not let us in.

use std::{
    io::Write,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::*;

fn refused(sshd: &Sshd, lines: &str) -> (String, String) {
    let nobody = Person::who(Answer::Refuse);
    let (_, ended) = start_as(&Sessions::new(), &sshd.config(lines), exec("true"), &nobody).join();
    let (reason, why) = unreachable(&ended);
    (reason.to_owned(), why.to_owned())
}

fn runs(sshd: &Sshd, lines: &str) -> Vec<String> {
    let nobody = Person::who(Answer::Refuse);
    let (_, ended) = start_as(
        &Sessions::new(),
        &sshd.config(lines),
        exec("exit 7"),
        &nobody,
    )
    .join();
    assert_eq!(ended.exit, code(7), "{lines}");
    ended.notes
}

#[test]
fn a_revoked_key_is_refused_whatever_names_it_so() {
    let sshd = Sshd::start();
    sshd::keygen(&sshd.path("other"));
    let (mine, other) = (sshd.path("host.pub"), sshd.path("other.pub"));
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    let (list, krl) = (sshd.path("list"), sshd.path("krl"));
    let revoke = |keys: &[&PathBuf]| {
        let status = std::process::Command::new("ssh-keygen")
            .arg("-kqf")
            .arg(&krl)
            .args(keys)
            .status();
        assert!(status.unwrap().success());
    };
    let with = |path: &Path| format!("RevokedHostKeys {}", path.display());

    fs::write(&list, format!("# none of ours\n{}", text(&other))).unwrap();
    runs(&sshd, &with(&list));
    revoke(&[&other]);
    runs(&sshd, &with(&krl));

    fs::write(&list, format!("{}{}", text(&other), text(&mine))).unwrap();
    let (reason, why) = refused(&sshd, &with(&list));
    assert!(
        reason == "host_key_changed" && why.contains("revoked in") && why.contains("list:2"),
        "{why}"
    );
    revoke(&[&other, &mine]);
    assert_eq!(refused(&sshd, &with(&krl)).0, "host_key_changed");
    // Like ssh, who cannot read the list trusts no key.
    let (_, why) = refused(&sshd, &with(&sshd.path("nothing")));
    assert!(why.contains("cannot be found out"), "{why}");
    fs::write(&krl, "SSHKRL\n\0 and no more").unwrap();
    assert!(refused(&sshd, &with(&krl)).1.contains("ssh-keygen"));
    // A line of known_hosts says it as well.
    let line = format!("@revoked * {}", text(&mine));
    fs::write(
        sshd.path("known_hosts"),
        format!("{}{line}", text(&sshd.path("known_hosts"))),
    )
    .unwrap();
    assert!(refused(&sshd, "").1.contains("marked as revoked"));
}

#[test]
fn who_cannot_read_the_revoked_keys_trusts_none() {
    let sshd = Sshd::start();
    sshd::keygen(&sshd.path("other"));
    let other = fs::read_to_string(sshd.path("other.pub")).unwrap();
    let words: Vec<&str> = other.split(' ').collect();
    let list = sshd.path("revoked");
    let lines = format!("RevokedHostKeys {}", list.display());
    for (text, is_let_in) in [
        (String::new(), true),
        ("# none\n\n \t\n".to_owned(), true),
        (other.clone(), true),
        (format!("  {other}"), true),
        (words[..2].join(" "), true),
        ("garbage\n".to_owned(), false),
        (format!("{other}garbage"), false),
        ("\r\n".to_owned(), false),
        (words[1].to_owned(), false),
        (format!("ssh-rsa {}\n", words[1]), false),
        (format!("{} {}\n", words[0], &words[1][..40]), false),
        (format!("ssh-foo {}\n", words[1]), false),
        (format!("* {other}"), false),
        ("\u{1}\u{2}".to_owned(), false),
    ] {
        fs::write(&list, &text).unwrap();
        let oracle = std::process::Command::new("ssh")
            .arg("-F")
            .arg(sshd.config(&lines))
            .args(["-o", "BatchMode=yes", "box", "true"])
            .output()
            .unwrap();
        assert_eq!(oracle.status.success(), is_let_in, "ssh: {text:?}");
        if is_let_in {
            runs(&sshd, &lines);
        } else {
            let (reason, why) = refused(&sshd, &lines);
            assert_eq!(reason, "host_key_changed", "{text:?}: {why}");
            assert!(why.contains("is no public key"), "{why}");
        }
    }
}

#[test]
fn an_authority_in_known_hosts_is_named_and_does_not_vouch() {
    let sshd = Sshd::start();
    let key = fs::read_to_string(sshd.path("host.pub")).unwrap();
    let line = format!("@cert-authority {} {key}", sshd.address());
    fs::write(sshd.path("known_hosts"), line).unwrap();
    let (reason, why) = refused(&sshd, "");
    assert_eq!(reason, "host_key_unknown");
    assert!(why.contains("known_hosts:1 names an authority"), "{why}");
}

#[test]
fn known_hosts_may_be_a_link_hashed_aliased_or_read_only() {
    let sshd = Sshd::start();
    let (link, real) = (sshd.path("known_hosts"), sshd.path("real"));
    fs::rename(&link, &real).unwrap();
    symlink(&real, &link).unwrap();
    runs(&sshd, "");
    fs::write(&real, "").unwrap();
    let yes = Person::who(Answer::Accept);
    let accept = |lines: &str| {
        let running = start_as(&Sessions::new(), &sshd.config(lines), exec("exit 7"), &yes);
        assert_eq!(running.join().1.exit, code(7), "{lines}");
    };
    accept("HashKnownHosts yes\nHostKeyAlias Some-Alias");
    assert!(fs::read_to_string(&real).unwrap().starts_with("|1|"));
    assert!(
        fs::symlink_metadata(&link).unwrap().is_symlink(),
        "the link is still one"
    );
    runs(&sshd, "HostKeyAlias some-alias");
    assert_eq!(
        sshd.ssh("exit 3").status.code(),
        Some(255),
        "ssh looks for it by its address"
    );
    // A key that was accepted and cannot be written down is used this once.
    fs::set_permissions(&real, fs::Permissions::from_mode(0o444)).unwrap();
    accept("");
}

#[test]
fn the_config_chooses_the_algorithms() {
    let sshd =
        Sshd::with("Ciphers aes128-ctr\nMACs hmac-sha2-512\nKexAlgorithms ecdh-sha2-nistp384");
    let chosen = "key exchange ecdh-sha2-nistp384, cipher aes128-ctr";
    assert_eq!(runs(&sshd, ""), [chosen]);
    runs(
        &sshd,
        "Ciphers aes128-ctr\nMACs +hmac-sha2-512\nKexAlgorithms ^ecdh-sha2-nistp384\nHostKeyAlgorithms ssh-ed25519",
    );
    for (line, what) in [
        (
            "Ciphers aes256-ctr",
            "as cipher it offers aes128-ctr, and supported here are aes256-ctr",
        ),
        ("MACs hmac-sha2-256", "as MAC it offers hmac-sha2-512"),
        (
            "KexAlgorithms -ecdh-sha2-nistp384",
            "as key exchange it offers ecdh-sha2-nistp384",
        ),
        (
            "HostKeyAlgorithms rsa-sha2-512",
            "as host key it offers ssh-ed25519",
        ),
    ] {
        let (reason, why) = refused(&sshd, line);
        assert_eq!(reason, "server_too_old", "{why}");
        assert!(why.contains(what), "{why}");
    }
}

/// A server that sends this and hangs up, after it has read what the client begins with.
fn hangs_up_after(text: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            connection.write_all(text).ok();
            io::Read::read(&mut connection, &mut [0; 64]).ok();
        }
    });
    port
}

#[test]
fn what_a_server_says_before_it_hangs_up_is_kept() {
    let sshd = Sshd::start();
    let port = hangs_up_after(b"Too many users, come back later\r\n");
    let (reason, why) = refused(&sshd, &format!("Port {port}"));
    assert_eq!(reason, "link_lost");
    assert!(
        why.contains("it said: Too many users, come back later"),
        "{why}"
    );
    // What OpenSSH says from 9.8 on, of whatever it turns us away for.
    let port = hangs_up_after(b"Not allowed at this time\r\n");
    let (reason, why) = refused(&sshd, &format!("Port {port}"));
    assert!(
        reason == "refused" && why.contains("MaxStartups") && why.contains("PerSourcePenalties"),
        "{reason} {why}"
    );
    // A key exchange that is cut says nothing of the server's age.
    let port = hangs_up_after(b"SSH-2.0-busy\r\n");
    let (reason, why) = refused(&sshd, &format!("Port {port}"));
    assert!(
        reason == "link_lost" && why.contains("SSH-2.0-busy"),
        "{reason} {why}"
    );
}

#[test]
fn who_has_tried_too_much_is_told_so() {
    let sshd = Sshd::with("MaxAuthTries 1");
    for name in ["one", "two", "three"] {
        sshd::keygen(&sshd.path(name));
    }
    let keys =
        ["one", "two", "three"].map(|name| format!("IdentityFile {}", sshd.path(name).display()));
    let (reason, why) = refused(&sshd, &format!("{}\nIdentitiesOnly yes", keys.join("\n")));
    assert_eq!(reason, "auth_failed", "{why}");
    assert!(
        why.contains("Too many authentication failures") && why.contains("/one"),
        "{why}"
    );
}

#[test]
fn a_silent_host_has_as_long_as_the_config_gives_it() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    let config = sshd.config("ServerAliveInterval 1\nServerAliveCountMax 2");
    let running = start_as(
        &Sessions::new(),
        &config,
        exec("echo begun; sleep 60"),
        &nobody,
    );
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    sshd.signal_sessions("STOP");
    let frozen = Instant::now();
    let (_, ended) = running.join();
    assert!(
        frozen.elapsed() < Duration::from_secs(5),
        "{:?}",
        frozen.elapsed()
    );
    let Exit::Lost { why } = &ended.exit else {
        panic!("{ended:?}");
    };
    assert!(
        why.contains("process group"),
        "what runs on there is named: {why}"
    );
}

#[test]
fn a_session_that_froze_while_it_rested_costs_the_next_job_little() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    run(&sessions, &sshd, "true");
    sshd.signal_sessions("STOP");
    let begun = Instant::now();
    let (_, ended) = run(&sessions, &sshd, "exit 4");
    assert_eq!(ended.exit, code(4));
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_cancel_names_what_may_be_the_commands() {
    let sshd = Sshd::start();
    let nap = nap();
    let hidden = format!(
        "(ulimit -S -x unlimited; setsid env -i /bin/sleep {nap} </dev/null >/dev/null 2>&1 &)"
    );
    let running = start(
        &Sessions::new(),
        &sshd,
        exec(&format!("{hidden}; echo up; sleep 60")),
    );
    running.log.wait("start", |written| written.out == b"up\n");
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(ended.canceled, "{ended:?}");
    let names_it = ended
        .notes
        .iter()
        .any(|note| note.contains("perhaps by this job") && note.contains(&nap));
    let pids = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        fs::read_to_string(entry.path().join("cmdline")).is_ok_and(|line| line.contains(&nap))
    });
    for pid in pids {
        sshd::signal_process(pid.file_name().to_str().unwrap().parse().unwrap(), "KILL");
    }
    assert!(names_it, "{ended:?}");
}

#[test]
fn who_is_left_running_is_named_once() {
    let sshd = Sshd::start();
    let nap = nap();
    let command = format!("setsid env -i /bin/sleep {nap} & exit 7");
    let (_, ended) = run(&Sessions::new(), &sshd, &command);
    assert_eq!(ended.exit, code(7));
    for survivor in &ended.survivors {
        let pid = survivor.split(' ').next().unwrap();
        sshd::signal_process(pid.parse().unwrap(), "KILL");
    }
    let naming = |lines: &[String]| lines.iter().filter(|line| line.contains(&nap)).count();
    assert_eq!(
        (naming(&ended.survivors), naming(&ended.notes)),
        (1, 0),
        "{ended:?}"
    );
}

#[test]
fn an_agent_is_forwarded_only_if_the_config_asks_for_it() {
    let sshd = Sshd::start();
    let agent = keys::Agent::start(&sshd);
    agent.add(&sshd.path("user"));
    let nobody = Person::who(Answer::Refuse);
    let run = |lines: &str| {
        let command = exec("ssh-add -l; ssh-add -l | wc -l; exit 3");
        start_as(&Sessions::new(), &sshd.config(lines), command, &nobody).join()
    };
    let (with, ended) = run(&format!("ForwardAgent {}", agent.socket.display()));
    let (without, plain) = run("");
    let text = String::from_utf8_lossy(&with.out).into_owned();
    assert!(
        text.contains("ED25519") && text.ends_with("1\n"),
        "{text} {}",
        String::from_utf8_lossy(&with.err)
    );
    assert_eq!(ended.exit, code(3));
    assert!(
        ended.notes.iter().any(|note| note.contains("ForwardAgent")),
        "{ended:?}"
    );
    assert!(!String::from_utf8_lossy(&without.out).contains("ED25519"));
    let is_marked = |note: &String| note.contains("ForwardAgent");
    assert!(!plain.notes.iter().any(is_marked), "{plain:?}");
}
