//! How many tries a login takes of those that a server allows (`MaxAuthTries`): as many as `ssh`, and not one more.

use std::{os::unix::fs::PermissionsExt, process::Command};

use super::*;
use crate::{
    keys::Agent,
    sshd::{PERSON, keygen_with, whoami},
};

const PASSWORD: &str = "right-Password";

/// A config for a user of the server with these keys, made now but for `user`.
fn config(sshd: &Sshd, user: &str, keys: &[&str], lines: &str) -> PathBuf {
    let mut text = format!(
        "Host box\n  HostName 127.0.0.1\n  Port {}\n  User {user}\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
        sshd.port,
        sshd.path("known_hosts").display(),
    );
    for key in keys {
        let path = sshd.path(key);
        if *key != "user" && !path.exists() {
            keygen_with(&path, &["-t", "ed25519", "-N", ""]);
        }
        text.push_str(&format!("  IdentityFile {}\n", path.display()));
    }
    if !lines.contains("IdentityAgent") {
        text.push_str("  IdentityAgent none\n");
    }
    text.push_str(lines);
    let path = sshd.path("tries-config");
    fs::write(&path, text).unwrap();
    path
}

/// Whether `ssh` is let in when this is typed.
fn oracle(sshd: &Sshd, config: &Path, typed: &[&str]) -> bool {
    let (words, script) = (sshd.path("typed"), sshd.path("askpass"));
    fs::write(&words, typed.join("\n") + "\n").unwrap();
    let at = words.display();
    fs::write(
        &script,
        format!("#!/bin/sh\nhead -n1 {at}\nsed -i 1d {at}\n"),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let status = Command::new("ssh")
        .arg("-F")
        .arg(config)
        .args(["box", "true"])
        .env("SSH_ASKPASS", &script)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    status.unwrap().success()
}

#[test]
fn a_login_takes_no_more_tries_than_with_ssh() {
    let strange = ["a", "b", "c", "d", "e"];
    let with_user = ["a", "b", "c", "d", "e", "user"];
    let cases: [(&str, &[&str], &[&str]); 7] = [
        ("", &strange[..3], &[PASSWORD]),
        ("", &strange[..1], &["mistyped", PASSWORD]),
        ("", &strange[..3], &["mistyped", "mistyped", PASSWORD]),
        ("", &[], &["mistyped", "mistyped", PASSWORD]),
        ("", &with_user, &[]),
        (
            "AuthenticationMethods password,publickey",
            &with_user[4..],
            &["mistyped", PASSWORD],
        ),
        (
            "AuthenticationMethods publickey,password",
            &with_user[2..],
            &["mistyped", PASSWORD],
        ),
    ];
    for (lines, keys, typed) in cases {
        let Some(sshd) = Sshd::with_password(PASSWORD, lines) else {
            return;
        };
        let config = config(&sshd, PERSON, keys, "");
        assert!(oracle(&sshd, &config, typed), "{lines} {keys:?} {typed:?}");
        let person = Person::who_types(typed);
        let (_, ended) = start_as(&Sessions::new(), &config, exec("exit 7"), &person).join();
        assert_eq!(ended.exit, code(7), "{lines} {keys:?} {typed:?}");
        assert_eq!(person.questions.lock().unwrap().len(), typed.len());
    }
}

#[test]
fn wrong_passwords_are_no_matter_of_keys() {
    let Some(sshd) = Sshd::with_password(PASSWORD, "") else {
        return;
    };
    let config = config(&sshd, PERSON, &[], "");
    let person = Person::who_types(&["one", "two", "three"]);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("true"), &person).join();
    let (reason, why) = unreachable(&ended);
    assert_eq!(reason, "auth_failed");
    assert!(why.ends_with("tried password, password, password"), "{why}");
    // Cut off, it is as little of one.
    let sshd = Sshd::with_password(PASSWORD, "MaxAuthTries 2").unwrap();
    let config = self::config(&sshd, PERSON, &[], "");
    let person = Person::who_types(&["one", "two", "three"]);
    let (_, ended) = start_as(&Sessions::new(), &config, exec("true"), &person).join();
    let (reason, why) = unreachable(&ended);
    assert!(
        reason == "auth_failed" && why.contains("Too many authentication failures"),
        "{why}"
    );
    assert!(!why.contains("IdentityFile"), "{why}");
}

#[test]
fn a_host_that_had_enough_of_an_agents_keys_is_said_to() {
    for (tries, keys) in [(6, 7), (2, 4), (1, 1)] {
        let sshd = Sshd::with(&format!("MaxAuthTries {tries}"));
        let agent = Agent::start(&sshd);
        for number in 0..keys {
            let key = sshd.path(&format!("strange-{number}"));
            keygen_with(
                &key,
                &["-t", "ed25519", "-N", "", "-C", &format!("k{number}")],
            );
            agent.add(&key);
        }
        let lines = format!(
            "  IdentityFile none\n  IdentityAgent {}\n",
            agent.socket.display()
        );
        let config = config(&sshd, &whoami(), &[], &lines);
        let nobody = Person::who(Answer::Refuse);
        let (_, ended) = start_as(&Sessions::new(), &config, exec("true"), &nobody).join();
        let (reason, why) = unreachable(&ended);
        assert_eq!(reason, "auth_failed", "{why}");
        for part in [
            "Too many authentication failures",
            "name the right key with IdentityFile",
            &format!(
                "at agent key k{} it hung up, as after too many tries",
                tries - 1
            ),
        ] {
            assert!(why.contains(part), "{why}");
        }
        assert_eq!(why.matches("agent key").count(), tries, "{why}");
    }
}
