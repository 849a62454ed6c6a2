//! Keys as people have them: in agents, with certificates, with and without their public halves. The system's `ssh` with the
//! same config is the oracle.

use std::{
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
};

use super::*;
use crate::sshd::{keygen_with, signal_process, whoami};

/// An agent of our own.
pub(super) struct Agent {
    pub(super) socket: PathBuf,
    child: Child,
}

impl Agent {
    pub(super) fn start(sshd: &Sshd) -> Self {
        let socket = sshd.path("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while !socket.exists() {
            assert!(Instant::now() < until, "no agent within 30 s");
            thread::sleep(Duration::from_millis(5));
        }
        Self { socket, child }
    }

    pub(super) fn add(&self, key: &Path) {
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .stdin(Stdio::null())
            .status()
            .unwrap();
        assert!(added.success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        signal_process(self.child.id(), "CONT");
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A server that lets in whoever has a certificate of the key `ca` in `folder`, and the key `user`.
fn with_ca(folder: &Path) -> Sshd {
    let ca = folder.join("ca");
    keygen_with(&ca, &["-t", "ed25519", "-N", ""]);
    let public = folder.join("ca.pub");
    let sshd = Sshd::with(&format!("TrustedUserCAKeys {}", public.display()));
    fs::copy(&ca, sshd.path("ca")).unwrap();
    sshd
}

fn certify(sshd: &Sshd, key: &str) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-s"])
        .arg(sshd.path("ca"))
        .args(["-I", "test", "-n", &whoami()])
        .arg(sshd.path(&format!("{key}.pub")))
        .status()
        .unwrap();
    assert!(status.success());
}

/// Whether we and `ssh` are let in by a config.
fn both(sshd: &Sshd, lines: &str, person: &Arc<Person>) -> (bool, bool) {
    let config = config(sshd, lines);
    let oracle = Command::new("ssh")
        .arg("-F")
        .arg(&config)
        .args(["-o", "BatchMode=yes", "box", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let (written, ended) = start_as(&Sessions::new(), &config, exec("true"), person).join();
    let ours = ended.exit == code(0);
    if !ours {
        println!("{lines}: {:?} {:?}", ended.exit, written.noise);
    }
    (ours, oracle.success())
}

/// A config with these lines in the place of the usual key.
fn config(sshd: &Sshd, lines: &str) -> PathBuf {
    let path = sshd.path("keys-config");
    let text = format!(
        "Host box\n  HostName 127.0.0.1\n  Port {}\n  User {}\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n  {lines}\n",
        sshd.port,
        whoami(),
        sshd.path("known_hosts").display(),
    );
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn keys_log_in_as_with_ssh_however_they_are_kept() {
    let authority = tempfile::tempdir().unwrap();
    let sshd = with_ca(authority.path());
    let agent = Agent::start(&sshd);
    let at = |name: &str| sshd.path(name);
    // One key of each kind that the server knows only by its certificate.
    for (name, args) in [
        ("cert-ed", &["-t", "ed25519", "-N", ""][..]),
        ("cert-rsa", &["-t", "rsa", "-b", "2048", "-N", ""]),
        ("cert-ec", &["-t", "ecdsa", "-N", ""]),
        ("cert-agent", &["-t", "rsa", "-b", "2048", "-N", ""]),
    ] {
        keygen_with(&at(name), args);
        certify(&sshd, name);
    }
    // In the agent: the plain key of `moved`, whose private half is nowhere else, and a certificate.
    keygen_with(&at("moved"), &["-t", "ed25519", "-N", ""]);
    let mut authorized = fs::read_to_string(at("authorized_keys")).unwrap();
    authorized.push_str(&fs::read_to_string(at("moved.pub")).unwrap());
    // `locked` needs a passphrase, and its public half is only within it.
    keygen_with(&at("locked"), &["-t", "ed25519", "-N", ""]);
    authorized.push_str(&fs::read_to_string(at("locked.pub")).unwrap());
    fs::write(at("authorized_keys"), authorized).unwrap();
    for key in ["moved", "locked", "cert-agent"] {
        agent.add(&at(key));
    }
    let locked = Command::new("ssh-keygen")
        .args(["-q", "-p", "-N", "secret", "-f"])
        .arg(at("locked"))
        .status()
        .unwrap();
    assert!(locked.success());
    fs::remove_file(at("locked.pub")).unwrap();
    fs::remove_file(at("moved")).unwrap();
    fs::create_dir(at("apart")).unwrap();
    fs::rename(at("cert-ec-cert.pub"), at("apart/ec.pub")).unwrap();
    let file = |name: &str| at(name).display().to_string();
    let socket = agent.socket.display();
    let with_agent = |lines: &str| format!("IdentityAgent {socket}\n  {lines}");
    let person = Person::who(Answer::Refuse);
    for lines in [
        // 1Password, Secretive, hardware: the config names the public half.
        with_agent(&format!(
            "IdentityFile {}\n  IdentitiesOnly yes",
            file("moved.pub")
        )),
        with_agent(&format!(
            "IdentityFile {}\n  IdentitiesOnly yes",
            file("moved")
        )),
        with_agent(&format!(
            "IdentityFile {}\n  IdentitiesOnly yes",
            file("locked")
        )),
        with_agent(&format!(
            "IdentityFile {}\n  IdentitiesOnly yes",
            file("cert-agent")
        )),
        with_agent("IdentityFile none"),
        format!("IdentityAgent none\n  IdentityFile {}", file("cert-ed")),
        format!("IdentityAgent none\n  IdentityFile {}", file("cert-rsa")),
        format!(
            "IdentityAgent none\n  IdentityFile {}\n  CertificateFile {}",
            file("cert-ec"),
            file("apart/ec.pub")
        ),
        // A key that the server does not know, and one that is not there, before the right one.
        format!(
            "IdentityAgent none\n  IdentityFile {}\n  IdentityFile {}\n  IdentityFile {}",
            file("ca"),
            file("gone"),
            file("user")
        ),
    ] {
        assert_eq!(both(&sshd, &lines, &person), (true, true), "{lines}");
    }
    // Nothing of that needed a person, and a key that the server does not know needs no passphrase.
    keygen_with(&at("strange"), &["-t", "ed25519", "-N", "secret"]);
    let lines = format!("IdentityAgent none\n  IdentityFile {}", file("strange"));
    assert_eq!(both(&sshd, &lines, &person), (false, false));
    assert_eq!(*person.questions.lock().unwrap(), []);
    // One that it does know needs it, and then does.
    let knows = Person::who(Answer::Text("secret".to_owned().into()));
    let lines = format!("IdentityAgent none\n  IdentityFile {}", file("locked"));
    assert!(both(&sshd, &lines, &knows).0);
    assert_eq!(knows.questions.lock().unwrap().len(), 1);
}

#[test]
fn a_named_key_comes_before_an_agent_full_of_strange_ones() {
    let sshd = Sshd::start();
    let agent = Agent::start(&sshd);
    for number in 0..8 {
        let key = sshd.path(&format!("strange-{number}"));
        keygen_with(&key, &["-t", "ed25519", "-N", ""]);
        agent.add(&key);
    }
    let lines = format!(
        "IdentityAgent {}\n  IdentityFile {}",
        agent.socket.display(),
        sshd.path("user").display()
    );
    let person = Person::who(Answer::Refuse);
    assert!(both(&sshd, &lines, &person).0);
    // Without it the server has enough, and that is what is said.
    let lines = format!(
        "IdentityAgent {}\n  IdentityFile none",
        agent.socket.display()
    );
    let config = config(&sshd, &lines);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("true"), &person).join();
    match ended.exit {
        Exit::Unreachable { reason, why } => {
            assert_eq!(reason, "auth_failed", "{why}");
            assert!(why.matches("agent key").count() >= 5, "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_that_others_may_read_is_ignored() {
    let sshd = Sshd::start();
    let agent = Agent::start(&sshd);
    let key = sshd.path("user");
    agent.add(&key);
    let person = Person::who(Answer::Refuse);
    let alone = format!("IdentityAgent none\n  IdentityFile {}", key.display());
    let held = alone.replace("none", &agent.socket.display().to_string());
    for mode in [0o600, 0o400, 0o640, 0o604, 0o601] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let is_let_in = mode & 0o77 == 0;
        let lets_in = both(&sshd, &alone, &person);
        assert_eq!(lets_in, (is_let_in, is_let_in), "{mode:o}");
        // The agent's own is as good as ever.
        assert_eq!(both(&sshd, &held, &person), (true, true), "{mode:o}");
    }
    let config = config(&sshd, &alone);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("true"), &person).join();
    let (_, why) = unreachable(&ended);
    assert!(
        why.contains("/user (ignored: its mode 0601 lets others read it; chmod 600)"),
        "{why}"
    );
}

#[test]
fn two_keys_if_the_server_wants_two() {
    let sshd = Sshd::with("AuthenticationMethods publickey,publickey");
    keygen_with(&sshd.path("second"), &["-t", "ed25519", "-N", ""]);
    let mut authorized = fs::read_to_string(sshd.path("authorized_keys")).unwrap();
    authorized.push_str(&fs::read_to_string(sshd.path("second.pub")).unwrap());
    fs::write(sshd.path("authorized_keys"), authorized).unwrap();
    let lines = format!(
        "IdentityAgent none\n  IdentityFile {}\n  IdentityFile {}",
        sshd.path("user").display(),
        sshd.path("second").display()
    );
    let person = Person::who(Answer::Refuse);
    assert_eq!(both(&sshd, &lines, &person), (true, true));
}

#[test]
fn a_frozen_agent_holds_up_no_cancel_and_no_login_for_ever() {
    let sshd = Sshd::start();
    let agent = Agent::start(&sshd);
    agent.add(&sshd.path("user"));
    signal_process(agent.child.id(), "STOP");
    let lines = format!(
        "IdentityAgent {}\n  IdentityFile {}",
        agent.socket.display(),
        sshd.path("user").display()
    );
    let config = config(&sshd, &lines);
    let person = Person::who(Answer::Refuse);
    let running = start_as(&Sessions::new(), &config, exec("true"), &person);
    thread::sleep(Duration::from_millis(300));
    let before = Instant::now();
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(ended.canceled, "{ended:?}");
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
    // Left alone, the login goes on without it, by the file.
    let (_, ended) = start_as(&Sessions::new(), &config, exec("true"), &person).join();
    assert_eq!(ended.exit, code(0));
}

#[test]
fn only_keys_of_accepted_kinds_are_offered() {
    let sshd = Sshd::start();
    let nobody = Person::who(Answer::Refuse);
    let run = |list: &str| {
        let config = sshd.config(&format!("PubkeyAcceptedAlgorithms {list}"));
        let oracle = std::process::Command::new("ssh")
            .arg("-F")
            .arg(&config)
            .args(["-o", "BatchMode=yes", "box", "exit 7"])
            .output()
            .unwrap();
        let (_, ended) = start_as(&Sessions::new(), &config, exec("exit 7"), &nobody).join();
        (oracle.status.code() == Some(7), ended.exit)
    };
    for list in [
        "ssh-ed25519",
        "ssh-*",
        "-rsa-*",
        "+ssh-rsa",
        "^rsa-sha2-512",
    ] {
        assert_eq!(run(list), (true, code(7)), "{list}");
    }
    for list in ["rsa-sha2-512", "-ssh-ed25519", "ecdsa-*,sk-*"] {
        let (lets_in, exit) = run(list);
        let Exit::Unreachable { reason, why } = &exit else {
            panic!("{list}: {exit:?}")
        };
        assert!(!lets_in && reason == "auth_failed", "{list}: {why}");
        assert!(why.contains("not in PubkeyAcceptedAlgorithms"), "{why}");
    }
}
