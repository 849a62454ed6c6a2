//! Hosts that only the user's own `ssh` can reach, and what a person allows for that.

use std::process::Command;

use super::*;

/// How to get to `box` by a config with these lines; `allowed` is whether a person allowed their own `ssh` for it.
fn resolve(sshd: &Sshd, lines: &str, allowed: bool) -> Result<Route, orchestrator::ssh::Refusal> {
    let may_call = |line: &str| allowed && line == "ssh -T box";
    let purpose = Purpose::new(Some("true"), &|_| true).with_own_ssh(&may_call);
    Config::read(&sshd.config(lines), Path::new("/nonexistent")).resolve_for("box", &purpose)
}

fn nobody() -> Arc<Person> {
    Person::who(Answer::Refuse)
}

fn run_by_own(sshd: &Sshd, lines: &str, exec: Exec, ask: &Arc<Person>) -> (Written, RemoteExit) {
    let route = resolve(sshd, lines, true).unwrap();
    start_on(&Sessions::new(), &route, exec, ask).join()
}

/// A server that shows a certificate for its key; `known_hosts` names the authority alone.
fn with_certificate() -> (Sshd, Sshd) {
    // What signs is made with a server of its own: the certificate has to be there when the other one starts.
    let signer = Sshd::start();
    sshd::keygen(&signer.path("authority"));
    let signed = Command::new("ssh-keygen")
        .arg("-qs")
        .arg(signer.path("authority"))
        .args(["-I", "box", "-h", "-n", "127.0.0.1"])
        .arg(signer.path("host.pub"))
        .status();
    assert!(signed.unwrap().success());
    let (key, certificate) = (signer.path("host"), signer.path("host-cert.pub"));
    let sshd = Sshd::with(&format!(
        "HostKey {}\nHostCertificate {}",
        key.display(),
        certificate.display()
    ));
    let authority = fs::read_to_string(signer.path("authority.pub")).unwrap();
    let line = format!("@cert-authority {} {authority}", sshd.address());
    fs::write(sshd.path("known_hosts"), line).unwrap();
    // Each of its connections reads them anew.
    (sshd, signer)
}

#[test]
fn a_host_with_a_certificate_is_reached_once_that_is_allowed() {
    let (sshd, _keys) = with_certificate();
    let person = Person::who(Answer::Accept);
    let route = resolve(&sshd, "", false).unwrap();
    let (_, ended) = start_on(&Sessions::new(), &route, exec("true"), &person).join();
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "host_certificate", "{why}");
    assert!(
        why.contains("known_hosts:1") && why.contains("vmo trust 'ssh -T box'"),
        "{why}"
    );
    assert!(person.questions.lock().unwrap().is_empty());

    let expected = sshd.ssh("printf 'a\\000b'; echo err >&2; exit 7");
    let command = exec("printf 'a\\000b'; echo err >&2; exit 7");
    let (written, ended) = run_by_own(&sshd, "", command, &nobody());
    assert_eq!(ended.exit, code(7));
    assert_eq!(
        (written.out, written.err),
        (expected.stdout, expected.stderr)
    );
    let note = "run by your own ssh, as you allowed: ssh -T box";
    assert!(
        ended.notes.iter().any(|line| line == note),
        "{:?}",
        ended.notes
    );
}

#[test]
fn algorithms_that_only_ssh_has_are_had_once_that_is_allowed() {
    for lines in [
        "MACs umac-128-etm@openssh.com\nCiphers aes256-ctr",
        "KexAlgorithms sntrup761x25519-sha512@openssh.com",
    ] {
        // Of the server.
        let sshd = Sshd::with(lines);
        let route = resolve(&sshd, "", false).unwrap();
        let (_, ended) = start_on(&Sessions::new(), &route, exec("true"), &nobody()).join();
        let (reason, why) = unreachable(&ended);
        assert_eq!(reason, "algorithms", "{why}");
        assert!(why.contains("vmo trust 'ssh -T box'"), "{why}");
        let (_, ended) = run_by_own(&sshd, "", exec("exit 3"), &nobody());
        assert_eq!(ended.exit, code(3));

        // Of the config.
        let refusal = resolve(&sshd, lines, false).unwrap_err();
        assert_eq!(refusal.reason.word(), "algorithms");
        assert!(refusal.why.contains("config:1"), "{}", refusal.why);
        assert_eq!(refusal.consent.unwrap().command, "ssh -T box");
        let (_, ended) = run_by_own(&sshd, lines, exec("exit 4"), &nobody());
        assert_eq!(ended.exit, code(4));
    }
}

#[test]
fn what_only_ssh_follows_stops_a_host_until_it_is_allowed() {
    let sshd = Sshd::start();
    let known_hosts = fs::read_to_string(sshd.path("known_hosts")).unwrap();
    let list = sshd.path("list");
    fs::write(&list, known_hosts).unwrap();
    fs::write(sshd.path("known_hosts"), "").unwrap();
    let by_command = format!("KnownHostsCommand /bin/cat {}", list.display());
    for (lines, reason, keyword) in [
        (&*by_command, "known_hosts_command", "KnownHostsCommand"),
        ("PKCS11Provider /nowhere.so", "pkcs11", "PKCS11Provider"),
    ] {
        let refusal = resolve(&sshd, lines, false).unwrap_err();
        assert_eq!(refusal.reason.word(), reason);
        assert!(refusal.why.contains("config:1"), "{}", refusal.why);
        let consent = refusal.consent.unwrap();
        assert_eq!(
            (&*consent.command, consent.keyword),
            ("ssh -T box", keyword)
        );
        assert!(resolve(&sshd, lines, true).is_ok());
        // One on the way stops the host that is wanted, and is allowed for that one.
        let hop = format!("Host hop\n {lines}\nHost box\n ProxyJump hop");
        let refusal = resolve(&sshd, &hop, false).unwrap_err();
        assert_eq!(refusal.consent.unwrap().command, "ssh -T box");
    }
    assert!(resolve(&sshd, "PKCS11Provider none\nKnownHostsCommand none", false).is_ok());
    let (_, ended) = run_by_own(&sshd, &by_command, exec("exit 3"), &nobody());
    assert_eq!(ended.exit, code(3));
}

#[test]
fn why_the_own_ssh_gave_up_has_its_kind() {
    let sshd = Sshd::start();
    let refused = |lines: &str| {
        let (_, ended) = run_by_own(&sshd, lines, exec("true"), &nobody());
        let (reason, why) = unreachable(&ended);
        (reason.to_owned(), why.to_owned())
    };
    let closed = format!("Host box\n Port {}", sshd::free_port());
    assert_eq!(refused(&closed).0, "refused");
    let (reason, why) = refused("PubkeyAuthentication no");
    assert!(
        reason == "auth_failed" && why.contains("Permission denied"),
        "{why}"
    );
    let none = sshd.path("none");
    let unknown = format!("Host box\n UserKnownHostsFile {}", none.display());
    assert_eq!(refused(&unknown).0, "host_key_unknown");
    sshd::keygen(&sshd.path("other"));
    sshd.know("other");
    assert_eq!(refused("").0, "host_key_changed");
}

#[test]
fn what_the_own_ssh_asks_is_asked_here() {
    let sshd = Sshd::start();
    let locked = sshd.path("locked");
    sshd::keygen_with(&locked, &["-t", "ed25519", "-N", "open sesame"]);
    let public = fs::read(sshd.path("locked.pub")).unwrap();
    fs::write(sshd.path("authorized_keys"), public).unwrap();
    let lines = format!("IdentityFile {}\nIdentitiesOnly yes", locked.display());
    let ann = Person::who(Answer::Text("open sesame".to_owned().into()));
    let (_, ended) = run_by_own(&sshd, &lines, exec("exit 4"), &ann);
    assert_eq!(ended.exit, code(4));
    let questions = ann.questions.lock().unwrap();
    assert!(
        matches!(&questions[..], [Question::Secret { label, echo: false }]
            if label.contains("@box) Enter passphrase for key") && label.contains("locked")),
        "{questions:?}"
    );
}

#[test]
fn a_job_of_the_own_ssh_is_canceled_whole_and_lost_with_its_link() {
    let sshd = Sshd::start();
    let route = resolve(&sshd, "", true).unwrap();
    let begin = |command: &str| {
        let running = start_on(&Sessions::new(), &route, exec(command), &nobody());
        running
            .log
            .wait("start", |written| written.out == b"begun\n");
        running
    };
    let (one, two) = (nap(), nap());
    let running = begin(&format!("echo begun; (setsid sleep {one} &) ; sleep {two}"));
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(ended.canceled && ended.survivors.is_empty(), "{ended:?}");
    assert_eq!(ended.exit, signal("INT"));

    let running = begin("echo begun; read line; echo got $line; sleep 60");
    running
        .controls
        .send(Control::Input(b"this\n".to_vec()))
        .unwrap();
    running
        .log
        .wait("input", |written| written.out == b"begun\ngot this\n");
    sshd.signal_sessions("KILL");
    let (written, ended) = running.join();
    let Exit::Lost { why } = &ended.exit else {
        panic!("{:?}", ended.exit)
    };
    assert!(why.contains("may still run there"), "{why}");
    assert_eq!(written.err, b"", "its own words are not the command's");
}

#[test]
fn the_own_ssh_gives_a_terminal_with_a_size() {
    let sshd = Sshd::start();
    let mut exec = exec("stty size; read line; stty size; test -t 0 -a -t 2; exit 6");
    exec.pty = Some((31, 97));
    let route = resolve(&sshd, "", true).unwrap();
    let running = start_on(&Sessions::new(), &route, exec, &nobody());
    running
        .log
        .wait("size", |written| written.out == b"31 97\r\n");
    let (rows, cols) = (40, 120);
    let send = |control| running.controls.send(control).unwrap();
    send(Control::Resize(Window { rows, cols }));
    send(Control::Input(b"go\n".to_vec()));
    let (written, ended) = running.join();
    let text = String::from_utf8(written.out).unwrap();
    assert_eq!(text, "31 97\r\ngo\r\n40 120\r\n");
    assert_eq!(ended.exit, code(6));
}

#[test]
fn much_output_of_the_own_ssh_is_whole() {
    let sshd = Sshd::start();
    let command = exec("head -c 20000000 /dev/zero; head -c 3000000 /dev/zero >&2; wc -c; exit 5");
    let route = resolve(&sshd, "", true).unwrap();
    let running = start_on(&Sessions::new(), &route, command, &nobody());
    for _ in 0..4 {
        let send = |control| running.controls.send(control).unwrap();
        send(Control::Input(vec![b'x'; 200_000]));
    }
    running.controls.send(Control::EndInput).unwrap();
    let (written, ended) = running.join();
    assert_eq!(ended.exit, code(5));
    assert_eq!(written.out.len(), 20_000_000 + "800000\n".len());
    assert_eq!(written.err.len(), 3_000_000);
}
