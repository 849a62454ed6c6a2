//! Marks: what is asked before something runs on a host; most of all in production.

use std::fs;

use orchestrator::{
    batch::Rules,
    host::Care,
    launch::Start,
    wire::{CatalogRequest, FailureCode, LaunchRequest, Reply},
};

use super::{again, danger, home, preview, refused, seen};
use crate::page::App;

#[tokio::test]
async fn what_is_dangerous_there_needs_the_hosts_name() {
    let (_postgres, home) = home("");
    let config =
        "Host db\n  HostName 127.0.0.1\n  Port 1\nHost web\n  HostName 127.0.0.1\n  Port 2\n";
    fs::write(home.ssh_config(), config).unwrap();
    home.text(&["hosts", "production", "db", "on"]);
    let unknown = home.run(&["hosts", "production", "bd", "on"]);
    assert_eq!(unknown.status.code(), Some(1));
    let marked = home.json(&["hosts", "--json"]);
    let marked = |at: usize| marked[at]["production"].as_bool();
    assert_eq!((marked(0), marked(1)), (Some(true), Some(false)));
    assert!(home.text(&["hosts"]).contains("production"));

    let app = App::start(home);
    let mut page = app.page().await;
    let command = |command: &str, confirmed: &[&str]| Start::Command {
        command: command.into(),
        hosts: vec!["web".into(), "db".into()],
        cwd: None,
        pty: false,
        confirmed: confirmed.iter().map(|name| (*name).into()).collect(),
        rules: Rules {
            agreed: true,
            ..Rules::default()
        },
    };
    let shown = preview(&mut page, command("reboot", &[])).await;
    assert_eq!(
        (&shown.production, &shown.asking),
        (&vec!["db".into()], &vec!["db".into()])
    );
    assert_eq!(danger(&shown).as_deref(), Some("runs `reboot`"));
    for typed in [&[][..], &["web"], &["DB"]] {
        let start = LaunchRequest::Start(command("reboot", typed));
        assert_eq!(refused(&mut page, start).await, FailureCode::Refused);
    }
    let jobs = app.home.json(&["jobs", "--json"]);
    assert_eq!(jobs, serde_json::json!([]));
    // It has its way, though there is nobody at that port.
    let mut ids = Vec::new();
    for start in [command("reboot", &["db"]), command("uptime", &[])] {
        match page.ask(LaunchRequest::Start(start)).await {
            Ok(Reply::Started { jobs }) => ids.extend(jobs.into_iter().map(|job| job.id)),
            other => panic!("{other:?}"),
        }
    }
    for id in &ids {
        page.now_over(*id).await;
    }
    let jobs = seen(&app.home);
    let job = jobs.iter().find(|job| job.id == ids[1]).unwrap();
    assert_eq!(
        refused(&mut page, again(job, &[])).await,
        FailureCode::Refused
    );
    page.ask(again(job, &["db"])).await.unwrap();

    // Whoever types the command has typed the name.
    let output = app.home.run(&["run", "--on", "db", "--", "reboot"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("host unreachable"), "{stderr}");
    let mark = CatalogRequest::MarkProduction {
        host: "db".into(),
        production: false,
    };
    page.ask(mark).await.unwrap();
    let shown = preview(&mut page, command("reboot", &[])).await;
    assert_eq!(shown.production, Vec::<String>::new());
}

#[tokio::test]
async fn a_mark_is_of_the_machine_by_whatever_name_it_goes() {
    let (_postgres, home) = home("");
    let config = "Host prod\n  HostName Prod.Example.com\nHost other alias\n  HostName prod.example.com.\n  User ann\n\
                  Host six\n  HostName 0:0::1\nHost sixes\n  HostName ::1\nHost bare\n  User x\n\
                  Host near\n  HostName prod.example.com\n  Port 2222\n";
    fs::write(home.ssh_config(), config).unwrap();
    for host in ["prod", "six", "bare"] {
        home.text(&["hosts", "production", host, "on"]);
    }
    let app = App::start(home);
    let mut page = app.page().await;
    let reboot = |host: &str| Start::Command {
        command: "reboot".into(),
        hosts: vec![host.into()],
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: orchestrator::batch::Rules::default(),
    };
    // As the list has it, and as it is typed; a name that the config does not know is an address.
    for host in [
        "prod",
        "other",
        "alias",
        "six",
        "sixes",
        "PROD",
        "BARE",
        "prod.example.com",
        "0::1",
    ] {
        assert_eq!(preview(&mut page, reboot(host)).await.production, [host]);
        let code = refused(&mut page, LaunchRequest::Start(reboot(host))).await;
        assert_eq!(code, FailureCode::Refused, "{host}");
    }
    for host in ["near", "prod.example.com.org"] {
        assert_eq!(preview(&mut page, reboot(host)).await.production, [""; 0]);
    }
    // Renamed in the config, it is the machine that it was.
    let renamed = config.replace("Host prod\n", "Host live\n");
    fs::write(app.home.ssh_config(), renamed).unwrap();
    let listed = |name: &str| {
        let hosts = app.home.json(&["hosts", "--json"]);
        let mut hosts = hosts.as_array().unwrap().iter();
        let host = hosts.find(|host| host["name"] == name).unwrap();
        host["production"].as_bool().unwrap()
    };
    assert!(listed("live") && listed("alias") && !listed("near"));
    // Unmarked by any of its names, it is unmarked by all.
    app.home.text(&["hosts", "production", "alias", "off"]);
    assert!(!listed("live") && !listed("other") && listed("sixes"));
}

/// A private address behind one host is another machine than the same address behind another, and a key's own name tells
/// machines apart that have one address.
#[tokio::test]
async fn a_mark_is_of_a_machine_and_the_way_to_it() {
    let (_postgres, home) = home("");
    let config = "Host jump-1 one\n  HostName 192.0.2.1\nHost jump-2\n  HostName 192.0.2.2\n\
                  Host prd alias-prd\n  HostName 10.0.0.5\n  ProxyJump jump-1\n\
                  Host same\n  HostName 10.0.0.5\n  ProxyJump ann@one\n\
                  Host stg\n  HostName 10.0.0.5\n  ProxyJump jump-2\n\
                  Host near\n  HostName 10.0.0.5\n\
                  Host cmd\n  HostName 10.0.0.5\n  ProxyCommand nc -X 5 %h %p\n\
                  Host vm-a\n  HostName 127.0.0.1\n  HostKeyAlias a\n\
                  Host vm-b\n  HostName 127.0.0.1\n  HostKeyAlias b\n";
    fs::write(home.ssh_config(), config).unwrap();
    let marked = || -> Vec<String> {
        let hosts = home.json(&["hosts", "--json"]);
        let hosts = hosts.as_array().unwrap().iter();
        let marked = hosts.filter(|host| host["production"] == true);
        marked
            .map(|host| host["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for host in ["prd", "vm-a"] {
        home.text(&["hosts", "production", host, "on"]);
    }
    assert_eq!(marked(), ["prd", "alias-prd", "same", "vm-a"]);
    home.text(&["hosts", "production", "same", "off"]);
    assert_eq!(marked(), ["vm-a"]);
    // A mark of an older app says nothing of the way: it is of that name's machine.
    fs::remove_file(home.config().join("marks.json")).unwrap();
    let older = r#"{"hosts": ["prd"], "places": {"prd": "[10.0.0.5]:22"}}"#;
    fs::write(home.config().join("production.json"), older).unwrap();
    assert_eq!(marked(), ["prd", "alias-prd", "same"]);
}

/// Whoever starts what a person neither typed nor was asked about is refused, on the command line and by a page.
#[tokio::test]
async fn marks_of_hosts_and_tags_are_a_ladder() {
    let (_postgres, home) = home("");
    let config = "Host a b c\n  HostName 127.0.0.1\n  Port 1\nHost b\n  HostKeyAlias b\nHost c\n  HostKeyAlias c\n";
    fs::write(home.ssh_config(), config).unwrap();
    home.text(&["hosts", "tag", "a,b", "lab"]);
    let said = |args: &[&str], code: i32| {
        let output = home.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        stderr
    };
    for (args, why) in [
        (&["@lba", "always"][..], "did you mean @lab?"),
        (&["d", "always"], "no host is called 'd'"),
        (&["a", "--color", "red"], "a color is of an environment"),
        (&["@production", "free"], "mark those, or their tags"),
    ] {
        let refused = said(&[&["hosts", "mark"], args].concat(), 1);
        assert!(refused.contains(why), "{refused}");
    }
    home.text(&["hosts", "mark", "@lab", "always", "--color", "violet"]);
    let listed = |name: &str| {
        let hosts = home.json(&["hosts", name, "--json"]);
        serde_json::from_value::<orchestrator::host::Host>(hosts[0].clone()).unwrap()
    };
    let a = listed("a");
    assert_eq!(
        (a.care, a.marked_by.as_deref()),
        (Care::Always, Some("@lab"))
    );
    assert_eq!(a.colored.unwrap().color.word(), "violet");
    assert_eq!(listed("c").care, Care::Ask);
    let why = home.text(&["hosts", "a", "--why"]);
    assert!(
        why.contains("marked: always, by @lab\n  color: violet, by @lab"),
        "{why}"
    );

    // A set is asked about; a name that is typed is not.
    let asks = said(&["run", "--on", "@lab", "--", "true"], 2);
    assert!(
        asks.contains("'@lab' means 2 hosts, and a,b always ask: add --yes"),
        "{asks}"
    );
    for args in [
        &["run", "--on", "@lab", "--yes", "--", "true"][..],
        &["run", "--on", "a,b", "--", "true"],
    ] {
        assert!(said(args, 255).contains("unreachable: a,b"));
    }
    let app = App::start(home);
    let mut page = app.page().await;
    let command = |command: &str, agreed: bool| Start::Command {
        command: command.into(),
        hosts: vec!["a".into(), "c".into()],
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: Rules {
            agreed,
            ..Rules::default()
        },
    };
    let shown = preview(&mut page, command("uptime", false)).await;
    assert_eq!(
        (shown.production, shown.asking),
        (vec![], vec!["a".to_owned()])
    );
    let start = LaunchRequest::Start(command("uptime", false));
    assert_eq!(refused(&mut page, start).await, FailureCode::Refused);
    for what in ["uptime", "reboot"] {
        let started = page.ask(LaunchRequest::Start(command(what, true))).await;
        let Ok(Reply::Started { jobs }) = started else {
            panic!("{started:?}")
        };
        page.now_over(jobs[0].id).await;
    }

    // Whatever is on a free host, nothing asks; one that is not free is asked about all the same.
    app.home.text(&["hosts", "mark", "a", "free"]);
    let shown = preview(&mut page, command("reboot", false)).await;
    assert_eq!((shown.dangers.len(), shown.asking.len()), (1, 0));
    app.home.text(&["hosts", "mark", "c", "free"]);
    let shown = preview(&mut page, command("reboot", false)).await;
    assert_eq!((shown.dangers.len(), shown.asking.len()), (0, 0));

    // By its tag it is in production; taken out of that, it is as most are.
    app.home.text(&["hosts", "mark", "a", "none"]);
    app.home.text(&["hosts", "mark", "@lab", "name"]);
    let shown = preview(&mut page, command("reboot", true)).await;
    assert_eq!(shown.production, ["a"]);
    let start = LaunchRequest::Start(command("reboot", true));
    assert_eq!(refused(&mut page, start).await, FailureCode::Refused);
    app.home.text(&["hosts", "production", "a", "off"]);
    let shown = preview(&mut page, command("reboot", true)).await;
    assert_eq!((shown.production.len(), shown.asking.len()), (0, 0));
}
