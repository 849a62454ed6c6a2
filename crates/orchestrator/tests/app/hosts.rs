//! Commands on hosts, through the whole of it: a real sshd, a real Postgres, the command line and the socket.

mod batches;
mod confined;
mod hostile;
mod listed;
mod outlives;
mod probed;
mod prompts;
mod sudo;
mod targets;

use crate::{home, page, postgres, sshd};
use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use home::{Home, appears};
use orchestrator::{
    job::Status,
    launch::Start,
    wire::{Answer, Event, JobRequest, LaunchRequest, Question, Reply},
};
use page::App;
use postgres::Postgres;
use serde_json::json;
use sshd::Sshd;

/// A server to log in to as `box`, a Postgres, and folders whose SSH config names them.
fn with_host() -> (Sshd, Postgres, Home) {
    let (sshd, postgres) = (Sshd::start(), Postgres::start());
    let home = Home::new(Some(postgres.url("postgres")));
    fs::copy(sshd.config(""), home.ssh_config()).unwrap();
    (sshd, postgres, home)
}

#[test]
fn a_command_on_a_host_is_as_ssh_has_it_and_is_kept() {
    let (sshd, postgres, home) = with_host();
    assert_eq!(home.json(&["hosts", "--json"])[0]["name"], "box");
    let command = r"printf 'out\0\377 no newline'; printf 'err\n' >&2; exit 7";
    let (ours, theirs) = (
        home.run(&["run", "--on", "box", "--", command]),
        sshd.ssh(command),
    );
    assert_eq!(ours.stdout, theirs.stdout);
    assert!(ours.stderr.starts_with(&theirs.stderr), "{ours:?}");
    assert_eq!(
        (ours.status.code(), theirs.status.code()),
        (Some(7), Some(7))
    );
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(
        (job["type"].as_str(), job["host"].as_str()),
        (Some("ssh"), Some("box"))
    );
    assert_eq!(
        (job["status"].as_str(), job["exit_code"].as_i64()),
        (Some("error"), Some(7))
    );
    assert_eq!(
        home.run(&["log", "last", "--raw", "--stream", "stdout"])
            .stdout,
        theirs.stdout
    );
    let kept = postgres.psql("postgres", "select type, status from jobs");
    assert_eq!(kept.trim(), "ssh|error");
}

#[test]
fn a_shell_that_waits_in_place_of_the_command_ends_with_the_input() {
    let sshd = Sshd::with("ForceCommand exec dash");
    let home = Home::new(None);
    fs::copy(sshd.config(""), home.ssh_config()).unwrap();
    let begun = Instant::now();
    let output = home.run(&["run", "--on", "box", "--", "echo hi"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(255), "{stderr}");
    assert!(
        stderr.contains("lost") && stderr.contains("another shell"),
        "{stderr}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_host_that_cannot_be_reached_or_trusted_is_named() {
    let (sshd, _postgres, home) = with_host();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let output = home.run(&["run", "--on", "box", "--", "touch ran"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(255));
    assert!(
        stderr.contains("SHA256:") && stderr.contains("known_hosts"),
        "{stderr}"
    );

    sshd::keygen(&sshd.path("other"));
    sshd.know("other");
    let output = home.run(&["run", "--on", "box", "--", "touch ran"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("known_hosts:1") && stderr.contains("ssh-keygen"),
        "{stderr}"
    );

    sshd.know("host");
    fs::write(sshd.path("authorized_keys"), "").unwrap();
    let output = home.run(&["run", "--on", "box", "--", "touch ran"]);
    assert_eq!(output.status.code(), Some(255));

    drop(sshd);
    let output = home.run(&["run", "--on", "box", "--", "touch ran"]);
    assert_eq!(output.status.code(), Some(255));
    let reasons: Vec<String> = home
        .json(&["jobs", "--json"])
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["reason"].to_string())
        .collect();
    // Newest first. Whoever answers can be reached: what it showed is another matter.
    for (reason, words) in reasons.iter().zip([
        "\"host unreachable: ",
        "\"login failed: ",
        "\"host key changed: ",
        "\"host key not known: ",
    ]) {
        assert!(reason.starts_with(words), "{reasons:?}");
    }
    assert_eq!(reasons.len(), 4);
}

#[test]
fn a_port_typed_with_the_name_is_said_to_be_no_part_of_it() {
    let (_sshd, _postgres, home) = with_host();
    for name in ["127.0.0.1:22", "root@box:22"] {
        let output = home.run(&["run", "--on", name, "--", "true"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("a port is no part of a name"), "{stderr}");
    }
}

#[tokio::test]
async fn an_unknown_host_key_is_asked_for_in_the_window_and_remembered() {
    let (sshd, _postgres, home) = with_host();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    for asks in [true, false] {
        let start = Start::Command {
            command: "echo hi".into(),
            hosts: vec!["box".into()],
            cwd: None,
            pty: false,
            confirmed: Vec::new(),
            rules: orchestrator::batch::Rules::default(),
        };
        let Ok(Reply::Started { jobs }) = page.ask(LaunchRequest::Start(start)).await else {
            panic!()
        };
        if asks {
            let prompt = page
                .until(|event| match event {
                    Event::Asked(prompt) => Some(prompt.clone()),
                    _ => None,
                })
                .await;
            assert!(
                matches!(&prompt.question, Question::HostKey { fingerprint, .. } if fingerprint.starts_with("SHA256:")),
                "{prompt:?}"
            );
            page.ask(JobRequest::Answer {
                prompt: prompt.id,
                answer: Answer::Accept,
            })
            .await
            .unwrap();
        }
        let job = page.over(jobs[0].id).await;
        assert_eq!((job.status, job.reason), (Status::Done, None));
    }
    assert!(
        fs::read_to_string(sshd.path("known_hosts"))
            .unwrap()
            .contains("ssh-ed25519")
    );
}

#[test]
fn what_only_ssh_can_do_it_does_once_that_is_allowed() {
    let (sshd, _postgres, home) = with_host();
    let list = sshd.path("list");
    fs::rename(sshd.path("known_hosts"), &list).unwrap();
    let lines = format!("KnownHostsCommand /bin/cat {}", list.display());
    fs::copy(sshd.config(&lines), home.ssh_config()).unwrap();
    let run = || home.run(&["run", "--on", "box", "--", "echo out; echo err >&2; exit 7"]);
    let refused = run();
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(
        stderr.contains("KnownHostsCommand") && stderr.contains("vmo trust 'ssh -T box'"),
        "{stderr}"
    );
    home.text(&["trust", "ssh -T box"]);
    let output = run();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(output.stdout, b"out\n");
    assert!(output.stderr.starts_with(b"err\n"));
    let jobs = home.json(&["jobs", "--json"]);
    let job = &jobs.as_array().unwrap()[0];
    assert_eq!(
        (&job["host"], &job["exit_code"]),
        (&json!("box"), &json!(7))
    );
    let note = "run by your own ssh, as you allowed: ssh -T box";
    assert_eq!(job["notes"], json!([note]));
    home.text(&["trust", "--remove", "ssh -T box"]);
    assert_ne!(run().status.code(), Some(7));
}

#[test]
fn a_proxy_command_begins_in_the_jobs_folder() {
    let (sshd, _postgres, home) = with_host();
    let command = "./gate %h %p";
    fs::copy(
        sshd.config(&format!("Host box\n ProxyCommand {command}")),
        home.ssh_config(),
    )
    .unwrap();
    home.text(&["trust", command]);
    let folder = home.work().join("elsewhere");
    fs::create_dir(&folder).unwrap();
    let gate = folder.join("gate");
    fs::write(
        &gate,
        "#!/bin/bash\nexec 3<>/dev/tcp/$1/$2\ncat <&3 & cat >&3; kill $!\n",
    )
    .unwrap();
    fs::set_permissions(&gate, fs::Permissions::from_mode(0o755)).unwrap();
    let output = home
        .vmo(&["run", "--on", "box", "--", "exit 7"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}

#[test]
fn a_flood_on_a_host_is_over_soon_after_its_cancel() {
    let (_sshd, _postgres, home) = with_host();
    let mut flood = home.start(&["run", "--on", "box", "--", "yes flood"]);
    assert_eq!(flood.line(), "flood");
    let begun = Instant::now();
    let id = home.json(&["jobs", "--json"])[0]["id"].clone();
    home.text(&["cancel", "last"]);
    // What it has written is still to be taken, and the signal may cut its last write anywhere.
    let mut odd = Vec::new();
    let mut last = "flood".to_owned();
    for line in flood.lines.by_ref() {
        odd.extend((last != "flood").then_some(last));
        last = line.unwrap();
    }
    assert!(
        odd.is_empty() && "flood".starts_with(&last),
        "{odd:?}, then {last:?}"
    );
    flood.child.wait().unwrap();
    let took = begun.elapsed();
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!((&job["id"], &job["status"]), (&id, &json!("canceled")));
    assert!(took < Duration::from_secs(40), "{took:?}");
}

#[test]
fn cancel_from_another_program_ends_the_command_on_the_host() {
    let (_sshd, _postgres, home) = with_host();
    let script = format!(
        "cd {}; echo $$ > pid; echo ready; sleep 1000",
        home.work().display()
    );
    let mut running = home.start(&["run", "--on", "box", "--", &script]);
    appears(&home.work().join("pid"));
    assert_eq!(running.line(), "ready");
    let text = home.text(&["cancel", "last"]);
    assert!(text.contains("canceled"), "{text}");
    assert!(!running.child.wait().unwrap().success());
    let pid: i32 = fs::read_to_string(home.work().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    home::eventually("the command is gone", || !home::is_alive(pid));
}

#[test]
fn a_cancel_ends_what_left_its_session_and_its_environment_on_the_host() {
    let (_sshd, _postgres, home) = with_host();
    let hidden = "(env -i setsid /bin/sh -c \"echo \\$\\$ >pid.new; /bin/mv pid.new pid; exec /bin/sleep 1120\" &)";
    let script = format!(
        "cd {}; {hidden}; echo ready; sleep 1121",
        home.work().display()
    );
    let mut running = home.start(&["run", "--on", "box", "--", &script]);
    appears(&home.work().join("pid"));
    assert_eq!(running.line(), "ready");
    let text = home.text(&["cancel", "last"]);
    assert!(text.contains("canceled"), "{text}");
    assert!(!running.child.wait().unwrap().success());
    let pid = fs::read_to_string(home.work().join("pid")).unwrap();
    let pid: i32 = pid.trim().parse().unwrap();
    home::eventually("what hid is gone", || !home::is_alive(pid));
}

#[test]
fn several_hosts_are_a_batch_with_a_job_each() {
    let (sshd, _postgres, home) = with_host();
    let blocks = [sshd.block("one"), sshd.block("two")].concat();
    fs::write(home.ssh_config(), blocks).unwrap();
    let output = home.text(&["run", "--on", "one,two", "--", "echo hi"]);
    let mut lines: Vec<&str> = output.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one: hi", "two: hi"]);
    let jobs = home.json(&["jobs", "--json"]);
    assert!(jobs[0]["batch"].is_string());
    assert_eq!(jobs[0]["batch"], jobs[1]["batch"]);
}

#[test]
fn a_line_chooses_hosts_and_all_of_them_only_if_it_is_said_once_more() {
    let (sshd, _postgres, home) = with_host();
    let names = ["web-01", "web-02", "web-03", "db"];
    fs::write(
        home.ssh_config(),
        names.map(|name| sshd.block(name)).concat(),
    )
    .unwrap();
    fs::write(sshd.path("list"), "db # the one\nweb-[01-02]\n").unwrap();
    let file = format!("@file:{}!web-02", sshd.path("list").display());
    for (set, on, shown) in [
        (
            "web-[01-02]",
            &["web-01", "web-02"][..],
            "on 2 hosts: web-[01-02]",
        ),
        (
            "w*,!web-01",
            &["web-02", "web-03"],
            "on 2 hosts: web-[02-03]",
        ),
        (&file, &["db", "web-01"], "on 2 hosts: db,web-01"),
        ("db , web-03", &["db", "web-03"], ""),
    ] {
        let output = home.run(&["run", "--on", set, "--", "echo hi"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{set}: {stderr}");
        assert!(stderr.contains(shown), "{set}: {stderr}");
        let mut ran: Vec<&str> = str::from_utf8(&output.stdout).unwrap().lines().collect();
        ran.sort_unstable();
        let expected: Vec<String> = on.iter().map(|host| format!("{host}: hi")).collect();
        assert_eq!(ran, expected, "{set}");
    }
    // A saved set means what it means when it is used, and its names were not typed by whoever uses it.
    home.text(&["hosts", "set", "canary", "web*,!web-02"]);
    home.text(&["hosts", "set", "@both", "@canary,db"]);
    assert_eq!(
        home.text(&["hosts", "set"]),
        "@both    @canary,db\n@canary  web*,!web-02\n"
    );
    let listed = home.json(&["hosts", "@both", "--json"]);
    let listed = listed.as_array().unwrap().iter();
    let listed: Vec<&str> = listed.map(|host| host["name"].as_str().unwrap()).collect();
    assert_eq!(listed, ["web-01", "web-03", "db"]);
    home.text(&["hosts", "tag", "db", "data"]);
    home.text(&["hosts", "mark", "db", "always"]);
    home.text(&["hosts", "set", "circle", "@round"]);
    home.text(&["hosts", "set", "round", "@circle"]);
    for (name, line, why) in [
        ("data", "db", "@data means other hosts already"),
        ("failed", "db", "@failed means other hosts already"),
        ("a b", "db", "'a b' is no name of a set"),
        ("x", "web[", "'[' without its ']'"),
        ("x", "-", "'-' is the standard input of one command"),
    ] {
        let output = home.run(&["hosts", "set", name, line]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name} {line}: {stderr}");
        assert!(stderr.contains(why), "{name} {line}: {stderr}");
    }
    let before = home.json(&["jobs", "--json"]);
    for (set, words) in [
        ("@both", "'@both' means 3 hosts, and "),
        ("@circle", "no host has the tag @circle"),
        ("*", "means all 4 hosts: add --yes"),
        ("!db", "means all 3 hosts: add --yes"),
        (
            "web-[03-04]",
            "no host is called 'web-04'; did you mean web-01",
        ),
        ("bd", "did you mean db?"),
        ("x*", "'x*' means no host"),
        ("@nosuch", "no host has the tag @nosuch"),
        ("web-[2-1]", "2 is more than 1"),
    ] {
        let output = home.run(&["run", "--on", set, "--", "true"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{set}: {stderr}");
        assert!(stderr.contains(words), "{set}: {stderr}");
    }
    assert_eq!(home.json(&["jobs", "--json"]), before);
    let all = home.text(&["run", "--on", "*", "--yes", "--", "echo hi"]);
    assert_eq!(all.lines().count(), 4);
}

#[test]
fn several_words_are_an_argv_and_one_is_a_shells_line() {
    let (_sshd, _postgres, home) = with_host();
    let words = [
        "a;echo INJECTED",
        "*",
        "$HOME",
        "it's",
        "",
        "two  blanks",
        "-n",
        "two\nlines!",
        "a\\'",
    ];
    for place in [&["run"][..], &["run", "--on", "box"]] {
        let mut printed = [place, &["--", "printf", "<%s>\\n"]].concat();
        printed.extend(words);
        let expected: String = words.map(|word| format!("<{word}>\n")).concat();
        assert_eq!(home.text(&printed), expected);
        let script = [place, &["--", "sh", "-c", "echo hi; exit 3"]].concat();
        let output = home.run(&script);
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(3), b"hi\n".as_slice())
        );
        let line = [place, &["--", "echo one; echo two | tr o 0"]].concat();
        assert_eq!(home.text(&line), "one\ntw0\n");
    }
}

#[test]
fn what_is_piped_in_goes_to_every_host_and_ends() {
    let (sshd, _postgres, home) = with_host();
    let blocks = [sshd.block("one"), sshd.block("two")].concat();
    fs::write(home.ssh_config(), blocks).unwrap();
    for typed in ["", "a\nb\n"] {
        let input = home.work().join("input");
        fs::write(&input, typed).unwrap();
        let mut command = home.vmo(&["run", "--on", "one,two", "--", "cat"]);
        let output = command
            .stdin(fs::File::open(&input).unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let output = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<&str> = output.lines().collect();
        lines.sort_unstable();
        let expected: Vec<String> = ["one", "two"]
            .iter()
            .flat_map(|host| typed.lines().map(move |line| format!("{host}: {line}")))
            .collect();
        assert_eq!(lines, expected);
    }
}

#[test]
fn a_silent_command_is_seen_to_run_by_others() {
    let (_sshd, _postgres, home) = with_host();
    let script = format!("touch {}; sleep 1000", home.work().join("begun").display());
    let mut running = home.start(&["run", "--on", "box", "--", &script]);
    appears(&home.work().join("begun"));
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "running");
    home.text(&["cancel", "last"]);
    assert_eq!(running.child.wait().unwrap().code(), Some(128 + 2));
}

#[test]
fn unknown_hosts_of_one_run_are_asked_about_in_one_list() {
    let (sshd, _postgres, home) = with_host();
    let blocks: String = ["one", "two"]
        .map(|name| format!("{}  HostKeyAlias {name}\n", sshd.block(name)))
        .concat();
    fs::write(home.ssh_config(), blocks).unwrap();
    fs::write(sshd.path("known_hosts"), "").unwrap();
    let run = |answer: &[u8]| {
        let vmo = home.vmo(&[]);
        let mut command = Command::new("script");
        command.args(["-qec", "$VMO run --on one,two -- echo hi", "/dev/null"]);
        crate::home::same_variables(&vmo, &mut command);
        let mut child = command
            .env("VMO", vmo.get_program())
            .current_dir(home.work())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut typed = child.stdin.take().unwrap();
        typed.write_all(answer).unwrap();
        let mut shown = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut shown)
            .unwrap();
        child.wait().unwrap();
        shown
    };
    let shown = run(b"no\n");
    assert!(shown.contains("trust all 2"), "{shown}");
    assert_eq!(fs::read_to_string(sshd.path("known_hosts")).unwrap(), "");
    let shown = run(b"yes\n");
    assert_eq!(shown.matches("trust all 2").count(), 1, "{shown}");
    let known_hosts = fs::read_to_string(sshd.path("known_hosts")).unwrap();
    assert!(
        known_hosts.contains("one ssh-") && known_hosts.contains("two ssh-"),
        "{known_hosts}"
    );
}

#[test]
fn a_job_says_how_it_ran_and_why_its_host_was_not_reached() {
    let (sshd, _postgres, home) = with_host();
    let greets = Sshd::with("ForceCommand echo HELLO; exec sh -c \"$SSH_ORIGINAL_COMMAND\"");
    let nobody = sshd
        .block("nobody")
        .replace(&format!("Port {}", sshd.port), "Port 1");
    let text = format!("{}{}{nobody}", sshd.block("box"), greets.block("greets"));
    fs::write(home.ssh_config(), text).unwrap();
    let last = || home.json(&["jobs", "--json"])[0].clone();
    home.run(&["run", "--on", "greets", "--", "true"]);
    let job = last();
    assert_eq!(
        job["notes"][0], "the login shell printed before it: HELLO",
        "{job}"
    );
    assert_eq!(job["unreachable"], serde_json::Value::Null);
    home.run(&["run", "--on", "nobody", "--", "true"]);
    assert_eq!(last()["unreachable"], "refused");
}

#[test]
fn a_job_that_is_done_stays_so_whatever_it_left_running() {
    let (_sshd, _postgres, home) = with_host();
    let mut running = home.start(&["run", "--on", "box", "--", "sleep 15 & echo hi"]);
    assert_eq!(running.line(), "hi");
    let status = || home.json(&["jobs", "--json"])[0]["status"].clone();
    home::eventually("its end is known", || status() == "done");
    running.kill();
    assert_eq!(status(), "done");
    assert_eq!(home.text(&["log", "last", "--raw"]), "hi\n");
    assert_eq!(status(), "done");
}

#[test]
fn what_the_first_hosts_of_a_batch_ask_keeps_no_next_one_from_being_started_and_left() {
    let (sshd, _postgres, home) = with_host();
    let blocks = [sshd.block("one"), sshd.block("two")].concat();
    fs::write(home.ssh_config(), blocks).unwrap();
    fs::write(sshd.path("known_hosts"), "").unwrap();
    // Nobody is there to say that the keys are right.
    let output = home.run(&[
        "run", "--detach", "--limit", "1", "--on", "one,two", "--", "true",
    ]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stdout.lines().count(), 2, "{stderr}");
    home::eventually("both hosts were tried", || {
        let batch = home.json(&["batch", "last", "--json"]);
        let hosts = batch["hosts"].as_array().unwrap();
        hosts.iter().all(|host| host["state"] == "unreachable")
    });
}

#[test]
fn a_config_that_cannot_be_used_is_said_once() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    fs::write(home.ssh_config(), "Host far\n LogLevel FOO\n").unwrap();
    let output = home.run(&["run", "--on", "far", "--", "true"]);
    assert_eq!(output.status.code(), Some(255));
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        words.matches("ssh_config:2: 'loglevel'").count(),
        1,
        "{words}"
    );
}
