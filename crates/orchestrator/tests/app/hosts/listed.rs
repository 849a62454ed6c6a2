//! The host list: what files of other tools and a person's own name is listed, chosen by tag, and reached.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use orchestrator::{
    launch::{Copied, CopiedAs, Start},
    wire::{Event, FailureCode, LaunchRequest, Reply},
};
use serde_json::Value;

use super::{
    page::App,
    sshd::{Sshd, whoami},
    with_host,
};
use crate::home::Home;

/// An inventory of the server under two names, of which none is in the SSH config.
fn inventory(sshd: &Sshd, home: &Home) -> std::path::PathBuf {
    let (address, key) = (sshd.address(), sshd.path("user"));
    let port = address.rsplit_once("]:").unwrap().1;
    let path = home.work().join("inventory.ini");
    let text = format!(
        "[web]\nweb-[1:2] ansible_host=127.0.0.1 ansible_port={port} ansible_user={} ansible_ssh_private_key_file={}\n",
        whoami(),
        key.display(),
    );
    fs::write(&path, text).unwrap();
    // Where the server's key is known.
    let mut config = fs::read_to_string(home.ssh_config()).unwrap();
    let known_hosts = sshd.path("known_hosts");
    // Else it would be one machine with the names of the inventory.
    config = config.replace("127.0.0.1", "localhost");
    config += &format!(
        "Host *\n  UserKnownHostsFile {}\n  IdentityAgent none\n",
        known_hosts.display()
    );
    fs::write(home.ssh_config(), config).unwrap();
    path
}

fn names(listed: &Value) -> Vec<&str> {
    let all = listed.as_array().unwrap().iter();
    all.map(|host| host["name"].as_str().unwrap()).collect()
}

fn import(home: &Home, path: &Path) {
    home.text(&["hosts", "import", path.to_str().unwrap()]);
}

#[test]
fn a_host_of_an_inventory_is_chosen_by_its_tag_and_reached() {
    let (sshd, _postgres, home) = with_host();
    let path = inventory(&sshd, &home);
    import(&home, &path);
    let listed = home.json(&["hosts", "--json"]);
    assert_eq!(names(&listed), ["box", "web-1", "web-2"]);
    assert_eq!(listed[1]["tags"], serde_json::json!(["web"]));
    assert_eq!(listed[1]["sources"][0]["kind"], "ansible");
    let run = home.run(&["run", "--on", "@web!web-2", "--", "echo from $0"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert!(
        String::from_utf8_lossy(&run.stdout).contains("from "),
        "{run:?}"
    );

    home.text(&["hosts", "tag", "web-2,box", "blue"]);
    assert_eq!(
        names(&home.json(&["hosts", "@blue", "--json"])),
        ["box", "web-2"]
    );
    home.text(&["hosts", "tag", "web-2", "blue", "--remove"]);
    assert_eq!(names(&home.json(&["hosts", "@blue", "--json"])), ["box"]);
    let unknown = home.run(&["run", "--on", "@green", "--", "id"]);
    let error = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        error.contains("no host has the tag @green; there are @blue, @web"),
        "{error}"
    );

    // One that its source names no longer is shown, and nothing runs on it.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("[1:2]", "1")).unwrap();
    let listed = home.json(&["hosts", "--json"]);
    assert_eq!(names(&listed), ["box", "web-1", "web-2"]);
    assert!(listed[1]["vanished"].is_null() && listed[2]["vanished"].is_string());
    assert!(home.text(&["hosts"]).contains("vanished "));
    assert_eq!(
        home.run(&["run", "--on", "web-2*", "--", "id"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn hosts_of_a_persons_own_are_added_changed_and_removed() {
    let (_sshd, _postgres, home) = with_host();
    let done = |args: &[&str]| {
        let output = home.run(&[&["hosts"], args].concat());
        assert!(output.status.success(), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(
        done(&["add", "mine", "root@10.0.0.9:2222", "--jump", "box"]),
        "vmo: mine added: root@10.0.0.9:2222\n"
    );
    for (args, said) in [
        (
            &["tag", "mine,box", "web", "eu"][..],
            "now tagged @web @eu: mine,box",
        ),
        (
            &["tag", "mine", "eu", "--remove"],
            "no longer tagged @eu: mine",
        ),
        (
            &["production", "mine", "on"],
            "mine is marked as production",
        ),
        (
            &["production", "mine", "off"],
            "mine is no longer marked as production",
        ),
    ] {
        assert_eq!(done(args), format!("vmo: {said}\n"));
    }
    let listed = home.json(&["hosts", "mine", "--json"]);
    let host = &listed[0];
    assert_eq!(
        (host["user"].as_str(), host["port"].as_u64()),
        (Some("root"), Some(2222))
    );
    assert_eq!(host["sources"][0]["kind"], "own");
    let why = home.text(&["hosts", "mine", "--why"]);
    assert!(
        why.contains("added here: ") && why.contains("hosts.conf:"),
        "{why}"
    );
    for refused in [
        &["hosts", "add", "box", "10.0.0.1"][..],
        &["hosts", "add", "mine", "10.0.0.1"],
        &["hosts", "add", "new", "root@-oProxyCommand=id"],
        &["hosts", "rm", "box"],
        &["hosts", "tag", "mine", "a,b"],
        &["hosts", "import", "/nonexistent"],
        &["hosts", "nowhere"],
    ] {
        assert_eq!(home.run(refused).status.code(), Some(1), "{refused:?}");
    }
    let changed = done(&["edit", "mine", "--address", "10.0.0.10", "--user", ""]);
    assert!(
        changed.starts_with("vmo: mine changed: ") && changed.ends_with("@10.0.0.10:2222\n"),
        "{changed}"
    );
    assert_eq!(
        home.json(&["hosts", "mine", "--json"])[0]["hostname"],
        "10.0.0.10"
    );
    assert_eq!(done(&["rm", "mine"]), "vmo: mine removed\n");
    // What a person removed is not missed.
    assert!(home.json(&["hosts", "--json"])[1].is_null());
}

/// What is added is somewhere and can be reached, and what cannot be is refused.
#[test]
fn a_host_is_added_with_its_tags_and_mark_once_it_can_be_reached() {
    let (sshd, _postgres, home) = with_host();
    let refused = |args: &[&str]| {
        let output = home.run(&[&["hosts"], args].concat());
        assert_eq!(output.status.code(), Some(1), "{args:?} {output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (args, why) in [
        (&["add", "e1", ""][..], "'e1' needs an address"),
        (&["add", "e2", "root@"], "'e2' needs an address"),
        (&["add", "e3", "@web"], "no user before its @"),
        (&["add", "e4", "123"], "'123' cannot be the HostName"),
        (
            &["add", "e5", "h", "--jump", "e5"],
            "reached through itself",
        ),
        (
            &["add", "e6", "h", "--jump", "bxo"],
            "'bxo', which nothing names; did you mean box?",
        ),
        (
            &["add", "e7", "h", "--tag", "failed"],
            "'failed' cannot be a tag",
        ),
    ] {
        let said = refused(args);
        assert!(said.contains(why), "{args:?}: {said}");
    }
    assert_eq!(names(&home.json(&["hosts", "--json"])), ["box"]);
    home.text(&[
        "hosts",
        "add",
        "a",
        "10.0.0.1",
        "--jump",
        "box",
        "--tag",
        "web",
        "--production",
    ]);
    home.text(&["hosts", "add", "b", "10.0.0.2", "--jump", "a"]);
    let a = &home.json(&["hosts", "a", "--json"])[0];
    assert_eq!(
        (&a["tags"][0], &a["production"]),
        (&"web".into(), &true.into())
    );
    assert_eq!(a["through"], "box");
    let circle = refused(&["edit", "a", "--jump", "b"]);
    assert!(circle.contains("reached through itself"), "{circle}");
    assert!(refused(&["edit", "a", "--address", ""]).contains("needs an address"));
    assert!(refused(&["edit", "a"]).contains("nothing of 'a' is changed"));

    // One line in the person's own config, once they have seen it; what they added is listed once all the same.
    let shown = refused(&["include"]);
    let line = format!("Include \"{}\"", home.config().join("hosts.conf").display());
    assert!(shown.contains(&line), "{shown}");
    let before = fs::read_to_string(home.ssh_config()).unwrap_or_default();
    home.text(&["hosts", "include", "--yes"]);
    home.text(&["hosts", "include", "--yes"]);
    let now = fs::read_to_string(home.ssh_config()).unwrap();
    assert_eq!(now, format!("{line}\n\n{before}"));
    assert_eq!(names(&home.json(&["hosts", "--json"])), ["a", "b", "box"]);

    // A real login, before anything is saved.
    let nobody = refused(&["add", "down", "127.0.0.1:1", "--test"]);
    assert!(nobody.contains("it was not saved"), "{nobody}");
    let (address, key) = (sshd.address(), sshd.path("user"));
    let port = address.rsplit_once("]:").unwrap().1;
    let known = format!(
        "Host *\n  UserKnownHostsFile {}\n",
        sshd.path("known_hosts").display()
    );
    let config = fs::read_to_string(home.ssh_config()).unwrap() + &known;
    fs::write(home.ssh_config(), config).unwrap();
    let place = format!("{}@127.0.0.1:{port}", whoami());
    let wrong = sshd.path("known_hosts").display().to_string();
    let no_key = refused(&["add", "up", &place, "--key", &wrong, "--test"]);
    assert!(no_key.contains("it was not saved"), "{no_key}");
    let key = key.display().to_string();
    let up = home.run(&["hosts", "add", "up", &place, "--key", &key, "--test"]);
    let said = String::from_utf8_lossy(&up.stderr);
    assert!(
        up.status.success() && said.contains("up: logged in"),
        "{said}"
    );
    let all = home.json(&["hosts", "--json"]);
    assert_eq!(names(&all), ["a", "b", "up", "box"]);
}

/// Whoever answers a question has seen which hosts it is about, and where they are: if that is another by then, it is asked
/// again.
#[test]
fn hosts_that_change_between_the_question_and_the_answer_are_asked_about_again() {
    let (_sshd, _postgres, home) = with_host();
    let block =
        |name: &str, port: u16| format!("Host {name}\n  HostName 127.0.0.1\n  Port {port}\n");
    fs::write(home.ssh_config(), block("r1", 1) + &block("r2", 1)).unwrap();
    let vmo = home.vmo(&[]);
    let mut command = Command::new("script");
    command
        .args(["-qec", "$VMO run --on '*' -- true", "/dev/null"])
        .current_dir(home.work())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    crate::home::same_variables(&vmo, &mut command);
    let mut child = command
        .env("VMO", env!("CARGO_BIN_EXE_vmo"))
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut until = |what: &str| {
        let mut shown = Vec::new();
        let mut byte = [0];
        while !String::from_utf8_lossy(&shown).contains(what) {
            let read = output.read(&mut byte).unwrap();
            assert!(read > 0, "no {what}: {}", String::from_utf8_lossy(&shown));
            shown.extend_from_slice(&byte);
        }
        String::from_utf8_lossy(&shown).into_owned()
    };
    until("r[1-2]. Run on them? [y/N]");
    fs::write(
        home.ssh_config(),
        block("r1", 2) + &block("r2", 1) + &block("r3", 1),
    )
    .unwrap();
    input.write_all(b"y\n").unwrap();
    let again = until("r[1-3]. Run on them? [y/N]");
    for part in ["have changed", "new: r3", "r1 is ", ":2, and was "] {
        assert!(again.contains(part), "{part}: {again}");
    }
    input.write_all(b"n\n").unwrap();
    until("nothing was run");
    child.wait().unwrap();
    assert_eq!(home.json(&["jobs", "--json"]), serde_json::json!([]));
}

/// The same in the window: what is started is what the preview was of.
#[tokio::test]
async fn a_start_of_hosts_that_are_elsewhere_than_they_were_shown_is_refused() {
    let (_sshd, _postgres, home) = with_host();
    let app = App::start(home);
    let mut page = app.page().await;
    let start = |shown: Option<String>| Start::Command {
        command: "true".into(),
        hosts: vec!["box".into()],
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: orchestrator::batch::Rules {
            shown,
            ..Default::default()
        },
    };
    let Ok(Reply::Preview(preview)) = page.ask(LaunchRequest::Preview(start(None))).await else {
        panic!("no preview");
    };
    let config = fs::read_to_string(app.home.ssh_config()).unwrap();
    let moved = config.replace("127.0.0.1", "127.0.0.2");
    assert_ne!(config, moved);
    fs::write(app.home.ssh_config(), moved).unwrap();
    page.until(|event| match event {
        Event::Hosts { hosts, .. } => hosts[0].hostname.ends_with(".2").then_some(()),
        _ => None,
    })
    .await;
    let refused = page
        .ask(LaunchRequest::Start(start(preview.places.clone())))
        .await;
    assert_eq!(refused.unwrap_err(), FailureCode::Refused);
    fs::write(app.home.ssh_config(), config).unwrap();
    page.until(|event| match event {
        Event::Hosts { hosts, .. } => hosts[0].hostname.ends_with(".1").then_some(()),
        _ => None,
    })
    .await;
    page.ask(LaunchRequest::Start(start(preview.places)))
        .await
        .unwrap();
}

/// Words of logs, keys and texts are no hosts, and a source that answers nothing is none.
#[test]
fn a_folder_of_anything_is_no_source_and_neither_is_what_has_no_answer() {
    let (_sshd, _postgres, home) = with_host();
    let folder = home.work().join("any");
    fs::create_dir_all(&folder).unwrap();
    let pem = "-----BEGIN PRIVATE KEY-----\n3m6TjRgmVWsvY\n-----END PRIVATE KEY-----\n";
    for (name, text) in [
        ("hosts", "[web]\nw1\nw2 ansible_host=10.0.0.2\n"),
        ("build.log", "[web]\nstarted\n"),
        ("key.pem", pem),
        ("id_rsa", pem),
        ("LICENSE", "Permission is hereby granted\n"),
        ("words", "one\ntwo\n"),
        ("compose.yml", "services: {web: {image: nginx}}\n"),
        ("package.json", r#"{"name": "x", "scripts": {"a": "b"}}"#),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    import(&home, &folder);
    let listed = || {
        let output = home.run(&["hosts", "--json"]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let all: Vec<String> = names(&json).into_iter().map(str::to_owned).collect();
        (all, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (all, said) = listed();
    assert_eq!((all.join(" ").as_str(), said.as_str()), ("box w1 w2", ""));
    home.text(&["hosts", "import", "--remove", folder.to_str().unwrap()]);
    assert_eq!(listed().0, ["box"]);
    let refused = |args: &[&str], why: &str| {
        let output = home.run(&[&["hosts", "import"], args].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?} {said}");
        assert!(
            said.contains(why) && !said.contains("3m6Tj"),
            "{args:?} {said}"
        );
        assert_eq!(
            listed(),
            (vec!["box".to_owned()], String::new()),
            "{args:?}"
        );
    };
    let path = |name: &str| folder.join(name).display().to_string();
    refused(&[&path("key.pem")], "is a key or a certificate");
    refused(&["--command", "exit 3"], "ended with exit code 3");
    refused(&["--command", "echo '{'"], "cannot be read as JSON");
    for at in 0..201 {
        fs::write(folder.join(format!("f{at}")), "x\n").unwrap();
    }
    refused(&[folder.to_str().unwrap()], "has more than 200 files");
}

#[test]
fn a_command_names_hosts_and_says_what_is_wrong_with_it() {
    let (_sshd, _postgres, home) = with_host();
    let file = home.work().join("answer.json");
    fs::write(&file, r#"{"cloud": {"hosts": ["c-1", "c-2"]}}"#).unwrap();
    let command = format!("cat {}", file.display());
    home.text(&["hosts", "import", "--command", &command]);
    assert_eq!(
        names(&home.json(&["hosts", "@cloud", "--json"])),
        ["c-1", "c-2"]
    );
    fs::write(&file, "hunter2").unwrap();
    let refreshed = home.run(&["hosts", "refresh"]);
    let error = String::from_utf8_lossy(&refreshed.stderr).into_owned();
    assert!(
        error.contains("cannot be read as JSON") && !error.contains("hunter2"),
        "{error}"
    );
    assert_eq!(
        names(&home.json(&["hosts", "@cloud", "--json"])),
        ["c-1", "c-2"]
    );
    home.text(&["trust", "--remove", &command]);
    let listed = home.run(&["hosts"]);
    assert!(
        String::from_utf8_lossy(&listed.stderr).contains("is not allowed to run here"),
        "{listed:?}"
    );
}

#[tokio::test]
async fn a_list_that_changes_is_reported_and_a_host_of_it_is_copied_whole() {
    let (sshd, _postgres, home) = with_host();
    let path = inventory(&sshd, &home);
    import(&home, &path);
    let text = fs::read_to_string(&path).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    fs::write(&path, text.replace("[1:2]", "[1:3]")).unwrap();
    page.until(|event| match event {
        Event::Hosts { hosts, .. } => hosts.iter().any(|host| host.name == "web-3").then_some(()),
        _ => None,
    })
    .await;
    let start = Start::Command {
        command: "uptime; id".into(),
        hosts: vec!["web-3".into(), "box".into()],
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: orchestrator::batch::Rules::default(),
    };
    let what = Copied::Start {
        start: Box::new(start),
    };
    let by = CopiedAs::Plain;
    let Ok(Reply::Line { line }) = page.ask(LaunchRequest::Copy { what, by }).await else {
        panic!("no line");
    };
    let config = app.home.ssh_config().display().to_string();
    let port = sshd.address().rsplit_once("]:").unwrap().1.to_owned();
    let key = sshd.path("user").display().to_string();
    assert_eq!(
        line,
        format!(
            "ssh -F {config} -p {port} -i {key} {}@127.0.0.1 'uptime; id'\nssh -F {config} box 'uptime; id'",
            whoami()
        )
    );
}
