//! Commands on many hosts, as one thing: limits, waves, checks, what stops them, and kills in the middle.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use orchestrator::{
    batch::{Batch, HostState, Order, Status as BatchStatus},
    log::diff::{DiffLine, Side},
    wire::{BatchRequest, Event, FailureCode, Reply},
};
use serde_json::Value;

use super::{App, Home, Sshd, appears, with_host};
use crate::{home::eventually, page::Page, postgres::Postgres, sshd};

/// Many names of one server.
fn with_hosts(count: usize) -> (Sshd, Postgres, Home) {
    let (sshd, postgres, home) = with_host();
    let blocks: Vec<String> = (0..count)
        .map(|number| sshd.block(&format!("h{number:02}")))
        .collect();
    // One more, at which nobody answers.
    let dead = "Host dead\n  HostName 127.0.0.1\n  Port 1\n";
    fs::write(home.ssh_config(), blocks.concat() + dead).unwrap();
    (sshd, postgres, home)
}

fn words(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn states(batch: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let hosts = batch["hosts"].as_array().unwrap().iter();
    hosts
        .map(|host| (text(&host["name"]), text(&host["state"])))
        .collect()
}

fn names(batch: &Value, state: &str) -> String {
    let named = states(batch).into_iter().filter(|(_, is)| is == state);
    let names: Vec<String> = named.map(|(name, _)| name).collect();
    names.join(",")
}

async fn get(page: &mut Page, batch: &str) -> Batch {
    let batch = batch.to_owned();
    match page.ask(BatchRequest::Batch { batch }).await {
        Ok(Reply::Batch(batch)) => *batch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_many_wrote_is_printed_once_for_all_that_wrote_the_same_and_kept_in_a_file_each() {
    let (_sshd, _postgres, home) = with_hosts(4);
    let folder = home.work().join("answers/of today");
    let command = r"printf 'nginx 1.2\000\n'; [ $VMO_RANK = 2 ] || exit 0; printf '\033[31mold\n' >&2; exit 3";
    let on = ["run", "--on", "h[00-03],dead", "--group", "--out"];
    let output = home.run(&[&on[..], &[folder.to_str().unwrap(), "--", command]].concat());
    assert_eq!(output.status.code(), Some(255), "{}", words(&output));
    let printed = String::from_utf8_lossy(&output.stdout);
    let heads: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("==>"))
        .collect();
    assert_eq!(heads[0], "==> h[00-01,03] (3 hosts) <==", "{printed}");
    assert_eq!(heads[1], "==> h02 (1 host, exit code 3) <==");
    assert!(heads[2].starts_with("==> dead (1 host, "), "{printed}");
    assert_eq!(printed.matches("nginx").count(), 2, "{printed}");
    // Lines are shown as `vmo log` shows them, and nothing comes while the hosts are at it.
    assert!(!printed.contains("h00: "), "{printed}");
    assert!(words(&output).contains("old"), "{}", words(&output));
    // The files have the bytes.
    let bytes = |host: &str| fs::read(folder.join(host)).unwrap();
    assert_eq!(bytes("h00"), b"nginx 1.2\0\n");
    assert_eq!(bytes("h02"), b"nginx 1.2\0\n\x1b[31mold\n");
    assert_eq!(bytes("dead"), b"");

    // One host has a file as well, and a folder that cannot be is said before anything runs.
    home.text(&[
        "run",
        "--on",
        "h01",
        "--out",
        folder.to_str().unwrap(),
        "--",
        "echo alone",
    ]);
    assert_eq!(bytes("h01"), b"alone\n");
    let taken = folder.join("h01");
    let refused = home.run(&[
        "run",
        "--on",
        "h01",
        "--out",
        taken.to_str().unwrap(),
        "--",
        "touch ran",
    ]);
    assert!(
        words(&refused).contains("make the folder"),
        "{}",
        words(&refused)
    );
    assert_eq!(home.json(&["jobs", "--json"]).as_array().unwrap().len(), 6);
}

#[test]
fn hosts_that_were_not_reached_have_their_own_words_in_the_sum() {
    let (sshd, _postgres, home) = with_hosts(1);
    for key in ["stranger", "another"] {
        sshd::keygen(&sshd.path(key));
    }
    let other = |name: &str, key: &str, known: &str| {
        let [key, known] = [key, known].map(|file| sshd.path(file).display().to_string());
        let (user, hosts) = (sshd.path("user"), sshd.path("known_hosts"));
        let block = sshd
            .block(name)
            .replace(&user.display().to_string(), &key)
            .replace(&hosts.display().to_string(), &known);
        // Each has a session of its own.
        format!("{block}  HostKeyAlias {name}\n")
    };
    let public = |key: &str| fs::read_to_string(sshd.path(&format!("{key}.pub"))).unwrap();
    let (right, wrong) = (public("host"), public("another"));
    fs::write(sshd.path("right"), format!("locked1,locked2 {right}")).unwrap();
    fs::write(sshd.path("wrong"), format!("changed {wrong}")).unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mute = format!("Host mute\n HostName 127.0.0.1\n Port {port}\n ConnectTimeout 1\n");
    let config = fs::read_to_string(home.ssh_config()).unwrap()
        + &other("locked1", "stranger", "right")
        + &other("locked2", "stranger", "right")
        + &other("strange", "user", "none")
        + &other("changed", "user", "wrong")
        + &mute;
    fs::write(home.ssh_config(), config).unwrap();

    let all = "h00,locked[1-2],strange,changed,mute,dead";
    let output = home.run(&["run", "--on", all, "--", "true"]);
    assert_eq!(output.status.code(), Some(255), "{}", words(&output));
    let sum = "vmo: 1 done · 1 host key changed: changed · 1 host key not known: strange · 2 login failed: locked[1-2] · \
               1 no answer: mute · 1 unreachable: dead\n";
    assert!(words(&output).ends_with(sum), "{}", words(&output));
    let batch = home.json(&["batch", "last", "--json"]);
    let reasons: Vec<(&str, &str)> = batch["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|host| Some((host["name"].as_str()?, host["unreachable"].as_str()?)))
        .collect();
    let expected = [
        ("locked1", "auth_failed"),
        ("locked2", "auth_failed"),
        ("strange", "host_key_unknown"),
        ("changed", "host_key_changed"),
        ("mute", "timeout"),
        ("dead", "refused"),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(
        home.json(&["batch", "--json"])[0]["unreachable"],
        serde_json::json!({"auth_failed": 2, "host_key_changed": 1, "host_key_unknown": 1, "refused": 1, "timeout": 1})
    );
    // Who refuses a login has answered: of these, only two are tried last.
    let again = home.run(&[
        "run",
        "--on",
        "@unreachable,h00",
        "--limit",
        "1",
        "--",
        "true",
    ]);
    let last = "tried last, for they did not answer in the last ten minutes: mute,dead\n";
    assert!(words(&again).contains(last), "{}", words(&again));
}

#[test]
fn nothing_runs_if_a_name_is_unknown_and_all_is_all_however_it_is_written() {
    let (_sshd, _postgres, home) = with_hosts(2);
    let pattern = fs::read_to_string(home.ssh_config()).unwrap()
        + "Host box*\n HostName 127.0.0.1\n Port 1\n";
    fs::write(home.ssh_config(), pattern).unwrap();
    let file = home.work().join("all");
    fs::write(&file, "*\n").unwrap();
    let file = format!("@file:{}", file.display());
    for (on, why) in [
        (
            "h00,qqqqqq",
            "no host is called 'qqqqqq'. An address that is not listed is written as user@qqqqqq",
        ),
        (
            "web-[00001-99999]",
            "no hosts are called web-[00001-99999].",
        ),
        ("?*", "'?*' means all 3 hosts"),
        ("*/100%", "means all 3 hosts"),
        (&file, "means all 3 hosts"),
    ] {
        let output = home.run(&["run", "--on", on, "--", "touch ran"]);
        assert!(words(&output).contains(why), "{on}: {}", words(&output));
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(home.json(&["jobs", "--json"]).as_array().unwrap().len(), 0);
    // A pattern of the config knows it.
    let output = home.run(&["run", "--on", "box7", "--", "true"]);
    assert!(
        words(&output).contains("nothing listens at 127.0.0.1:1"),
        "{}",
        words(&output)
    );
}

#[test]
fn a_set_of_one_host_has_the_variables_of_many() {
    let (_sshd, _postgres, home) = with_hosts(1);
    let command = "echo $VMO_HOST $VMO_RANK $VMO_COUNT ${#VMO_BATCH}";
    let output = home.run(&["run", "--on", "h00", "--", command]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "h00 0 1 36\n");
}

#[test]
fn a_wave_that_could_not_be_checked_holds_the_next() {
    let (_sshd, _postgres, home) = with_hosts(2);
    let rules = ["--waves", "1,rest", "--check", "true"];
    let on = [
        &["run", "--on", "dead,h[00-01]"],
        &rules[..],
        &["--", "touch ran"],
    ]
    .concat();
    let output = home.run(&on);
    let said = words(&output);
    assert!(said.contains("2 held: h[00-01]"), "{said}");
    assert!(
        said.contains("held: no host of the wave before could be checked"),
        "{said}"
    );
    assert!(!home.work().join("ran").exists());
}

#[test]
fn a_script_runs_on_each_host_by_the_program_that_it_names() {
    let (_sshd, _postgres, home) = with_hosts(2);
    let script = home.work().join("look.py");
    fs::write(
        &script,
        "#!/usr/bin/env python3\nimport os, sys\nprint(os.environ['VMO_HOST'], sys.argv[1:])\n",
    )
    .unwrap();
    let path = script.to_str().unwrap();
    let output = home.run(&[
        "run", "--on", "h[00-01]", "--script", path, "--", "a b", "it's",
    ]);
    let out = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<&str> = out.lines().collect();
    lines.sort_unstable();
    let expected = ["h00: h00 ['a b', \"it's\"]", "h01: h01 ['a b', \"it's\"]"];
    assert_eq!(lines, expected, "{}", words(&output));
    let missing = home.run(&["run", "--on", "h00", "--script", "nowhere.sh"]);
    assert!(
        words(&missing).contains("run the script nowhere.sh"),
        "{}",
        words(&missing)
    );
}

#[test]
fn a_host_that_did_not_answer_is_tried_last_and_said_to_be() {
    let (_sshd, _postgres, home) = with_hosts(2);
    home.run(&["run", "--on", "dead,h00", "--", "true"]);
    // Which asks the store, and so waits for it.
    let on = [
        "run",
        "--on",
        "@unreachable,h00,h01",
        "--limit",
        "1",
        "--",
        "echo $VMO_RANK",
    ];
    let output = home.run(&on);
    let said = words(&output);
    assert!(
        said.contains("tried last, for they did not answer in the last ten minutes: dead"),
        "{said}"
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "h00: 0\nh01: 1\n");
    let batch = home.json(&["batch", "last", "--json"]);
    let order: Vec<String> = states(&batch).into_iter().map(|(name, _)| name).collect();
    assert_eq!(order, ["h00", "h01", "dead"]);
}

#[test]
fn many_hosts_are_one_batch_and_the_last_line_says_how_it_went() {
    let (_sshd, postgres, home) = with_hosts(6);
    // Its input is at its end.
    let command = "cat; echo $VMO_HOST $VMO_RANK $VMO_COUNT ${#VMO_BATCH} ${VMO_JOB:+job}";
    let output = home.run(&["run", "--on", "h[00-05]", "--limit", "2", "--", command]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let out = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<&str> = out.lines().collect();
    lines.sort_unstable();
    let expected: Vec<String> = (0..6)
        .map(|host| format!("h{host:02}: h{host:02} {host} 6 36 job"))
        .collect();
    assert_eq!(lines, expected);
    assert!(
        words(&output).ends_with("vmo: 6 done\n"),
        "{}",
        words(&output)
    );

    let output = home.run(&["run", "--on", "h[00-02],dead", "--", "exit 3"]);
    assert_eq!(output.status.code(), Some(255), "{}", words(&output));
    let last = "vmo: 3 error: h[00-02] · 1 unreachable: dead\n";
    assert!(words(&output).ends_with(last), "{}", words(&output));
    let output = home.run(&["run", "--on", "h[00-01]", "--", "exit 3"]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));

    // It is in the store, its folder is gone, and its jobs name it.
    let all = home.json(&["batch", "--json"]);
    let statuses: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["error", "error", "done"]);
    let rows = "select status, hosts, done, chosen from job_batches order by id";
    let rows = postgres.psql("postgres", rows);
    assert_eq!(
        rows.trim(),
        "done|6|6|h[00-05]\nerror|4|0|h[00-02],dead\nerror|2|0|h[00-01]"
    );
    assert_eq!(
        fs::read_dir(home.data().join("batches")).unwrap().count(),
        0
    );
    let id = all[1]["id"].as_str().unwrap();
    let jobs = home.json(&["jobs", "--batch", id, "--json"]);
    assert_eq!(jobs.as_array().unwrap().len(), 4);
    let refused = home.run(&["batch", id, "--let-go"]);
    assert!(
        words(&refused).contains("no host of it is held"),
        "{}",
        words(&refused)
    );
}

#[test]
fn waves_wait_for_their_check_and_held_hosts_for_a_person() {
    let (_sshd, _postgres, home) = with_hosts(5);
    let log = home.work().join("ran");
    let command = format!("echo command >> {}", log.display());
    // It fails after the second wave, on both of its hosts.
    let check = format!(
        "test $(grep -c command {0}) -lt 3 && echo check >> {0}",
        log.display()
    );
    let output = home.run(&[
        "run", "--on", "h[00-04]", "--waves", "1,2,rest", "--check", &check, "--", &command,
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    let ran = fs::read_to_string(&log).unwrap();
    assert_eq!(
        ran.lines().take(4).collect::<Vec<_>>(),
        ["command", "check", "command", "command"]
    );
    let batch = home.json(&["batch", "last", "--json"]);
    assert_eq!(names(&batch, "held"), "h03,h04", "{batch}");
    assert_eq!(names(&batch, "error"), "h01,h02", "{batch}");
    assert!(words(&output).contains("--let-go"), "{}", words(&output));

    let output = home.run(&["batch", "last", "--let-go"]);
    assert!(
        words(&output).contains("3 done · 2 error: h[01-02]"),
        "{}",
        words(&output)
    );
    let batch = home.json(&["batch", "last", "--json"]);
    assert_eq!(names(&batch, "held"), "", "{batch}");
    let ran = fs::read_to_string(&log).unwrap();
    assert_eq!(ran.matches("command").count(), 5, "none twice: {ran}");
}

/// Left by a program that was killed: dropped, none of them runs; and whoever gives the same order too late hears so.
#[test]
fn what_a_killed_program_left_is_dropped_or_let_go_by_one() {
    let (_sshd, _postgres, home) = with_hosts(4);
    let (ran, go) = (home.work().join("ran"), home.work().join("go"));
    let command = format!(
        "echo ran >> {}; until [ -e {} ]; do sleep 0.05; done",
        ran.display(),
        go.display()
    );
    let count = || fs::read_to_string(&ran).unwrap_or_default().lines().count();
    let quiet = |args: &[&str]| {
        let mut vmo = home.vmo(args);
        let vmo = vmo.stdout(Stdio::null()).stderr(Stdio::null());
        vmo.spawn().unwrap()
    };
    let leave = |begun: usize| {
        let mut vmo = quiet(&["run", "--on", "h[00-03]", "--limit", "1", "--", &command]);
        eventually("the first host has begun", || count() == begun);
        vmo.kill().unwrap();
        vmo.wait().unwrap();
    };
    leave(1);
    fs::write(&go, "").unwrap();
    let dropped = home.run(&["batch", "last", "--drop"]);
    assert!(
        words(&dropped).contains("3 skipped: h[01-03]"),
        "{}",
        words(&dropped)
    );
    let batch = || home.json(&["batch", "last", "--json"]);
    eventually("it is over", || names(&batch(), "done") == "h00");
    assert_eq!(count(), 1);

    fs::remove_file(&go).unwrap();
    leave(2);
    let mut first = quiet(&["batch", "last", "--let-go"]);
    eventually("it goes on", || names(&batch(), "queued") == "h01,h02,h03");
    let mut vmo = home.vmo(&["batch", "last", "--let-go"]);
    let vmo = vmo.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut second = vmo.spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    let line = said.next().unwrap().unwrap();
    assert!(line.contains("another program goes on with it"), "{line}");
    fs::write(&go, "").unwrap();
    let last = said.next().unwrap().unwrap();
    assert!(last.contains("4 done"), "{last}");
    assert!(second.wait().unwrap().success());
    assert!(first.wait().unwrap().success());
    assert_eq!(count(), 5, "each once");
}

#[test]
fn it_stops_at_the_failure_that_was_named_and_a_command_at_its_time() {
    let (_sshd, _postgres, home) = with_hosts(6);
    let all = ["run", "--on", "h[00-05]", "--limit", "1"];
    let run = |more: &[&str]| home.run(&[&all[..], more].concat());
    let output = run(&["--stop-after", "2", "--", "exit 1"]);
    let last = "2 error: h[00-01] · 4 held: h[02-05]";
    assert!(words(&output).contains(last), "{}", words(&output));
    let dropped = home.run(&["batch", "last", "--drop"]);
    assert!(
        words(&dropped).contains("4 skipped: h[02-05]"),
        "{}",
        words(&dropped)
    );
    let batch = home.json(&["batch", "last", "--json"]);
    assert_eq!(names(&batch, "skipped"), "h02,h03,h04,h05", "{batch}");

    let output = home.run(&[
        "run",
        "--on",
        "h[00-01]",
        "--timeout",
        "300ms",
        "--",
        "sleep 60",
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(
        words(&output).contains("not done after 0.3 s"),
        "{}",
        words(&output)
    );
    assert!(
        words(&output).contains("2 error: h[00-01]"),
        "{}",
        words(&output)
    );
    // On one host it ends as it would here.
    for (timeout, command, code) in [
        ("300ms", "sleep 60", 124),
        ("1h", "exit 3", 3),
        ("1h", "kill -KILL $$", 137),
        ("1h", "true", 0),
    ] {
        let output = home.run(&["run", "--on", "h00", "--timeout", timeout, "--", command]);
        let words = words(&output);
        assert_eq!(output.status.code(), Some(code), "{command}: {words}");
    }
}

#[test]
fn rules_that_nobody_can_mean_are_refused_before_anything_runs() {
    let (_sshd, _postgres, home) = with_hosts(2);
    for (rules, why) in [
        (&["--limit", "0"][..], "neither a number"),
        (&["--waves", "1,0,rest"], "1,10%,rest"),
        (&["--check", "true"], "--waves"),
        (&["--stop-after", "200%"], "neither a number"),
    ] {
        let command = [&["run", "--on", "h00,h01"][..], rules, &["--", "true"]].concat();
        let output = home.run(&command);
        assert!(words(&output).contains(why), "{}", words(&output));
        assert_ne!(output.status.code(), Some(0));
    }
    // What names no host runs nowhere, and not here either.
    for on in ["", " ", "h00&h01", "!*"] {
        for what in [&["--", "touch ran"][..], &["ran"]] {
            let output = home.run(&[&["run", "--on", on], what].concat());
            assert_ne!(output.status.code(), Some(0), "{on:?}");
        }
    }
    assert!(!home.work().join("ran").exists());
    let here = home.run(&["run", "--limit", "3", "--", "true"]);
    assert!(words(&here).contains("add --on"), "{}", words(&here));
    assert_eq!(home.json(&["batch", "--json"]).as_array().unwrap().len(), 0);
}

/// Killed in the middle of wave two: what runs runs on, what is queued is held until a person lets it go, and nothing runs
/// twice.
#[tokio::test]
async fn a_batch_outlives_the_command_line_and_the_app() {
    let (_sshd, _postgres, home) = with_hosts(8);
    let (ran, go) = (home.work().join("ran"), home.work().join("go"));
    // The first wave goes by; from then on each waits for a word.
    let command = format!(
        "echo ran >> {0}; if [ $(grep -c ran {0}) -gt 2 ]; then until [ -e {1} ]; do sleep 0.05; done; fi",
        ran.display(),
        go.display()
    );
    let mut vmo = home.vmo(&[
        "run", "--on", "h[00-07]", "--waves", "2,rest", "--limit", "3", "--", &command,
    ]);
    let mut vmo = vmo
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let count = || fs::read_to_string(&ran).unwrap_or_default().lines().count();
    eventually("the second wave has begun", || count() == 5);
    vmo.kill().unwrap();
    vmo.wait().unwrap();
    let batch = home.json(&["batch", "last", "--json"]);
    assert_eq!(names(&batch, "done"), "h00,h01", "{batch}");
    assert_eq!(names(&batch, "running"), "h02,h03,h04", "{batch}");
    assert_eq!(names(&batch, "held"), "h05,h06,h07", "{batch}");
    let shown = home.text(&["batch", "last"]);
    assert!(
        shown.contains("held: the program that ran it ended before") && shown.contains("--let-go"),
        "{shown}"
    );

    let mut app = App::start(home);
    let mut page = app.page().await;
    let batch = get(&mut page, "last").await;
    assert_eq!(batch.status(), BatchStatus::Running);
    app.kill();
    fs::write(&go, "").unwrap();
    app.again();
    let mut page = app.page().await;
    let batch = over(&mut page, &batch.id.to_string()).await;
    assert_eq!(
        (batch.counts().done, batch.counts().held),
        (5, 3),
        "{batch:?}"
    );
    let order = BatchRequest::Order {
        batch: batch.id,
        order: Order::LetGo,
    };
    page.ask(order).await.unwrap();
    let batch = once(&mut page, &batch.id.to_string(), |batch| {
        batch.counts().held == 0 && batch.finished_at.is_some()
    })
    .await;
    assert_eq!(batch.status(), BatchStatus::Done, "{batch:?}");
    assert_eq!(count(), 8, "each once");
    // It cannot be changed any more.
    let order = BatchRequest::Order {
        batch: batch.id,
        order: Order::Cancel { force: false },
    };
    let refused = page.ask(order).await.unwrap_err();
    assert_eq!(refused, FailureCode::Refused);
}

/// The batch, once it is as wanted: looked at now, and again at each change that is reported of it.
async fn once(page: &mut Page, batch: &str, is_wanted: impl Fn(&Batch) -> bool) -> Batch {
    loop {
        let current = get(page, batch).await;
        if is_wanted(&current) {
            return current;
        }
        let id = current.id;
        page.until(|event| match event {
            Event::Batch(summary) if summary.id == id => Some(()),
            _ => None,
        })
        .await;
    }
}

/// The batch, once no more happens in it by itself.
async fn over(page: &mut Page, batch: &str) -> Batch {
    once(page, batch, |batch| batch.finished_at.is_some()).await
}

#[tokio::test]
async fn held_hosts_stay_held_over_a_kill_and_a_cancel_ends_all() {
    let (_sshd, _postgres, home) = with_hosts(6);
    let output = home.run(&[
        "run",
        "--on",
        "dead,h[00-02]",
        "--limit",
        "1",
        "--stop-after",
        "1",
        "--",
        "true",
    ]);
    assert_eq!(output.status.code(), Some(255), "{}", words(&output));
    let mut app = App::start(home);
    let mut page = app.page().await;
    let held = get(&mut page, "last").await;
    assert_eq!(held.counts().held, 3, "{held:?}");
    app.kill();
    app.again();
    let mut page = app.page().await;
    let order = |order| BatchRequest::Order {
        batch: held.id,
        order,
    };
    page.ask(order(Order::LetGo)).await.unwrap();
    let batch = once(&mut page, &held.id.to_string(), |batch| {
        batch.counts().held == 0 && batch.finished_at.is_some()
    })
    .await;
    assert_eq!(
        (batch.counts().done, batch.status()),
        (3, BatchStatus::Partial)
    );

    let begun = app.home.work().join("begun");
    let command = format!("touch {}; sleep 600", begun.display());
    let mut vmo = app
        .home
        .vmo(&["run", "--on", "h[00-05]", "--limit", "2", "--", &command]);
    let mut vmo = vmo
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    appears(&begun);
    let canceled = app.home.run(&["batch", "last", "--cancel"]);
    assert_eq!(canceled.status.code(), Some(0), "{}", words(&canceled));
    assert_eq!(vmo.wait().unwrap().code(), Some(1));
    let batch = over(&mut page, "last").await;
    assert_eq!(batch.status(), BatchStatus::Canceled, "{batch:?}");
    let is_canceled = |host: &orchestrator::batch::OnHost| host.state == HostState::Canceled;
    assert!(batch.hosts.iter().all(is_canceled), "{batch:?}");
    let never: Vec<&str> = batch
        .hosts
        .iter()
        .filter(|host| host.job.is_none())
        .map(|host| host.name.as_str())
        .collect();
    assert_eq!(never, ["h02", "h03", "h04", "h05"]);
}

#[tokio::test]
async fn hosts_that_answered_the_same_are_one_group_and_the_others_are_compared_with_it() {
    let (_sshd, postgres, home) = with_hosts(5);
    // Each names itself and the time; the last one has another version, and the one before fails.
    let command = "echo \"$VMO_HOST at $(date +%T)\"; echo \"version 1.$((VMO_RANK / 4)).0\"; echo aside >&2; \
                   test $VMO_RANK != 3 || { echo broken; exit 3; }";
    let output = home.run(&["run", "--on", "h[00-04],dead", "--", command]);
    assert_eq!(output.status.code(), Some(255), "{}", words(&output));

    let mut app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let batch = get(&mut page, "last").await.id;
    let mut answers = async |masked| match page.ask(BatchRequest::Answers { batch, masked }).await {
        Ok(Reply::Answers(answers)) => answers,
        other => panic!("{other:?}"),
    };
    let masked = answers(true).await;
    let groups = masked
        .groups
        .iter()
        .map(|group| (group.hosts.as_slice(), group.state));
    let expected = [
        (&[0, 1, 2][..], HostState::Done),
        (&[4], HostState::Done),
        (&[3], HostState::Error),
        (&[5], HostState::Unreachable),
    ];
    assert_eq!(groups.collect::<Vec<_>>(), expected);
    assert!(masked.has_reference);
    let differs = |at: usize| masked.groups[at].differs.map(|it| (it.added, it.removed));
    assert_eq!(
        [0, 1, 2, 3].map(differs),
        [None, Some((1, 1)), Some((1, 0)), None]
    );
    assert_eq!(masked.groups[2].why.as_deref(), Some("exit code 3"));
    let lasts: Vec<_> = masked
        .answers
        .iter()
        .map(|it| (it.lines, it.last.as_str()))
        .collect();
    assert_eq!(lasts[0], (3, "version 1.0.0"));
    assert_eq!(lasts[3], (4, "broken"));
    // Each names itself, so with nothing masked no two are the same.
    let plain = answers(false).await;
    assert!(plain.groups.iter().all(|group| group.hosts.len() == 1));

    let host = "h04".to_owned();
    let request = BatchRequest::Difference {
        batch,
        host,
        masked: true,
    };
    let difference = match page.ask(request).await {
        Ok(Reply::Difference(difference)) => difference,
        other => panic!("{other:?}"),
    };
    assert_eq!(difference.reference.as_deref(), Some("h00"));
    let text = |line: &DiffLine| {
        let parts = line.parts.iter().map(|part| match part.changed {
            true => format!("[{}]", part.text),
            false => part.text.clone(),
        });
        (line.side, parts.collect::<String>())
    };
    let lines: Vec<_> = difference.lines.iter().map(text).collect();
    assert!(lines[0].1.starts_with("h04 at "), "{lines:?}");
    let expected = [
        (Side::Removed, "version [1.0.0]".to_owned()),
        (Side::Added, "version [1.1.0]".to_owned()),
        (Side::Same, "aside".to_owned()),
    ];
    assert_eq!(lines[1..], expected);
    let host = "nobody".to_owned();
    let refused = page
        .ask(BatchRequest::Difference {
            batch,
            host,
            masked: true,
        })
        .await;
    assert_eq!(refused.err(), Some(FailureCode::NotFound));

    // The answer of a job that was deleted is gone, and the others stay.
    postgres.psql("postgres", "delete from jobs where host = 'h03'");
    app.kill();
    app.again();
    let mut page = app.page().await;
    page.until_ready_again().await;
    let request = BatchRequest::Answers {
        batch,
        masked: false,
    };
    let left = match page.ask(request).await {
        Ok(Reply::Answers(left)) => left,
        other => panic!("{other:?}"),
    };
    let hosts: Vec<u32> = left.answers.iter().map(|answer| answer.host).collect();
    assert_eq!(hosts, [0, 1, 2, 4, 5]);
}

/// Who can write to the database can write a batch into it: that names no hosts to run on, unless a person says so.
#[test]
fn a_row_names_no_hosts_unasked() {
    let (_sshd, postgres, home) = with_hosts(4);
    home.run(&["run", "--on", "h[00-02]", "--", "test $VMO_HOST = h02"]);
    let own = home.json(&["batch", "--json"])[0].clone();
    let forge = |id: &str, owner: &str| {
        let row = format!(
            "insert into job_batches (id, owner, command, chosen, status, hosts, done, queued_at, changes, detail)
             select '{id}', '{owner}', command, chosen, status, hosts, done, queued_at, changes,
               replace(detail::text, 'h00', 'h03')::jsonb || jsonb_build_object('id', '{id}', 'owner', '{owner}')
             from job_batches where id = '{}'",
            own["id"].as_str().unwrap()
        );
        postgres.psql("postgres", &row);
    };
    // These fail too, so that the newest batch of ours has failed hosts again.
    let on_failed = |set: &str| home.run(&["run", "--on", set, "--", "echo on $VMO_HOST; false"]);
    let ran = || home.json(&["jobs", "--json"]).as_array().unwrap().len();
    let ran_on = |output: &std::process::Output| {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let mut hosts: Vec<_> = stdout
            .lines()
            .filter_map(|line| Some(line.split_once(": on ")?.1.to_owned()))
            .collect();
        hosts.sort();
        hosts
    };
    let owner = own["owner"].as_str().unwrap();
    // Behind every other one: of a clock ahead. And the newest, as of us and of somebody else.
    forge("fffe0000-0000-7000-8000-000000000000", owner);
    let newest = uuid::Uuid::now_v7().to_string();
    forge(&newest, "bob@there");
    assert_eq!(home.json(&["batch", "--json"])[0]["id"], newest);
    let output = on_failed("@failed");
    assert_eq!(ran_on(&output), ["h00", "h01"], "{}", words(&output));
    let before = ran();
    let output = on_failed(&format!("@failed:{newest}"));
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    assert!(
        words(&output).contains("of bob@there"),
        "{}",
        words(&output)
    );
    // What we started and somebody has changed since.
    let row = "update job_batches set detail = replace(detail::text, 'h00', 'h03')::jsonb";
    postgres.psql("postgres", row);
    for set in [
        "@failed",
        &format!("@failed:{}", own["id"].as_str().unwrap()),
    ] {
        let output = on_failed(set);
        assert!(words(&output).contains("add --yes"), "{}", words(&output));
    }
    assert_eq!(ran(), before);
    let output = home.run(&["run", "--on", "@failed", "--yes", "--", "echo on $VMO_HOST"]);
    assert_eq!(ran_on(&output), ["h01", "h03"], "{}", words(&output));
}

#[test]
fn what_has_changed_since_the_last_time_is_shown_and_who_differs_is_a_set() {
    let (_sshd, _postgres, home) = with_hosts(4);
    let folder = home.work().join("versions");
    fs::create_dir(&folder).unwrap();
    let write = |versions: [&str; 4]| {
        for (host, version) in versions.iter().enumerate() {
            fs::write(folder.join(format!("h{host:02}")), format!("{version}\n")).unwrap();
        }
    };
    write(["1.24", "1.24", "1.25", "1.24"]);
    let command = format!("cat {}/$VMO_HOST", folder.display());
    let on = |hosts: &str| home.run(&["run", "--on", hosts, "--", &command]);
    on("h[00-03]");
    let first = home.text(&["batch", "last", "--changes"]);
    assert_eq!(first, "");
    // Who wrote something else than most others.
    let output = on("@differ,h00");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).lines().count(),
        2,
        "{output:?}"
    );
    write(["1.24", "1.27", "1.25", "1.24"]);
    on("h[00-03]");
    // The last time is the newest batch before it that has one of its hosts: the others were not in that.
    let changes = home.json(&["batch", "last", "--changes", "--json"]);
    let hosts = changes["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 2, "{changes}");
    assert!(hosts.iter().all(|host| host["has_changed"] == false));
    write(["1.24", "1.28", "", "1.24"]);
    on("h[00-03]");
    let text = home.text(&["batch", "last", "--changes"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[1].starts_with("h01") && lines[1].contains("1.27") && lines[1].ends_with("1.28"));
    assert!(
        lines[2].starts_with("h02") && lines[2].contains("1.25"),
        "{text}"
    );
    assert!(lines[3].starts_with("2 changed since "), "{text}");
    // No host differs of a batch whose hosts all wrote the same.
    home.run(&["run", "--on", "h[00-03]", "--", "true"]);
    let none = home.run(&["run", "--on", "@differ", "--", "true"]);
    assert!(words(&none).contains("is in @differ"), "{}", words(&none));
}
