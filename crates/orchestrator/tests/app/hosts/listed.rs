//! The host list: what files of other tools and a person's own name is listed, chosen by tag, and reached.

use std::{fs, path::Path};

use orchestrator::{
    launch::{Copied, CopiedAs, Start},
    wire::{Event, LaunchRequest, Reply},
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
        Some(255)
    );
}

#[test]
fn hosts_of_a_persons_own_are_added_changed_and_removed() {
    let (_sshd, _postgres, home) = with_host();
    home.text(&[
        "hosts",
        "add",
        "mine",
        "root@10.0.0.9:2222",
        "--jump",
        "box",
    ]);
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
    home.text(&[
        "hosts",
        "edit",
        "mine",
        "--address",
        "10.0.0.10",
        "--user",
        "",
    ]);
    assert_eq!(
        home.json(&["hosts", "mine", "--json"])[0]["hostname"],
        "10.0.0.10"
    );
    home.text(&["hosts", "rm", "mine"]);
    assert!(home.json(&["hosts", "--json"])[1]["vanished"].is_string());
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
