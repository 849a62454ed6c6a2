//! Targets of a project on hosts: where its folder is there, what of it is as here, and make in it. Real sshd, git and make.

use std::{fs, path::Path, process::Command};

use orchestrator::{
    batch::Rules,
    job::{JobId, MakeOptions},
    launch::{Copied, CopiedAs, InFolder, Preview, Sought, Start, checkout::Checkout},
    wire::{FailureCode, Job, LaunchRequest, Reply},
};

use super::{App, Home, Sshd, with_host};
use crate::{page::Page, postgres::Postgres};

const MAKEFILE: &str = "\
ENV ?= none
deploy:
\t@echo \"deploying '$$ENV' on $$VMO_HOST in $(CURDIR)\"
broken:
\t@echo trying; exit 3
wipe: ## @danger it empties the shop
\t@echo wiped
login:
\t@echo $(API_TOKEN)
";

fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["-c", "user.name=t", "-c", "user.email=t@t"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Two names of one server, and a project with a commit: this machine is the hosts', too, so its folder is there as it is
/// here.
fn with_project() -> (Sshd, Postgres, Home, String) {
    let (sshd, postgres, home) = with_host();
    let blocks = [sshd.block("h00"), sshd.block("h01")];
    fs::write(home.ssh_config(), blocks.concat()).unwrap();
    home.makefile(MAKEFILE);
    let shop = home.work();
    fs::write(shop.join(".gitignore"), "*\n!Makefile\n").unwrap();
    git(&shop, &["init", "-q", "-b", "trunk"]);
    let url = "git@example.org:team/shop.git";
    git(&shop, &["remote", "add", "origin", url]);
    git(&shop, &["add", "Makefile"]);
    git(&shop, &["commit", "-q", "-m", "one"]);
    let hash = git(&shop, &["rev-parse", "HEAD"])[..10].to_owned();
    home.text(&["projects", "add", "."]);
    home.text(&["projects", "trust", "work"]);
    (sshd, postgres, home, hash)
}

fn words(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn folder_of(home: &Home) -> String {
    let folder = home.work().canonicalize().unwrap();
    folder.display().to_string()
}

/// The jobs of targets, newest first.
fn of_targets(home: &Home) -> Vec<Job> {
    let jobs: Vec<Job> = serde_json::from_value(home.json(&["jobs", "--json"])).unwrap();
    jobs.into_iter()
        .filter(|job| job.project.is_some())
        .collect()
}

#[test]
fn a_target_runs_on_hosts_in_the_folder_that_was_found_there() {
    let (_sshd, _postgres, home, hash) = with_project();
    let here = folder_of(&home);
    let output = home.run(&["run", "deploy", "ENV=it's $HOME", "--on", "h[00-01]"]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let found = format!("h[00-01]: {here} at {hash} (trunk), the commit here");
    assert!(words(&output).contains(&found), "{}", words(&output));
    let out = String::from_utf8_lossy(&output.stdout);
    let expected = |host: &str| format!("{host}: deploying 'it's $HOME' on {host} in {here}");
    // make says where it is.
    for host in ["h00", "h01"] {
        assert!(out.lines().any(|line| line == expected(host)), "{out}");
    }
    // What was asked of the hosts before is no job and no batch of the person's.
    assert_eq!(home.json(&["jobs", "--json"]).as_array().unwrap().len(), 2);
    assert_eq!(home.json(&["batch", "--json"]).as_array().unwrap().len(), 1);
    let jobs = of_targets(&home);
    assert_eq!(jobs.len(), 2);
    for job in &jobs {
        assert_eq!(
            (job.target.as_deref(), job.project.as_deref()),
            (Some("deploy"), Some("work"))
        );
        let line = format!(r"make -C {here} deploy ENV='it'\''s $$HOME'");
        assert_eq!(job.command, line);
        assert_eq!(
            job.variables,
            [("ENV".to_owned(), Some("it's $HOME".to_owned()))]
        );
        assert!(job.host.is_some() && job.batch.is_some());
    }
    // On one host, too, and what failed there is named with its place.
    let failed = home.run(&["run", "broken", "--on", "h01"]);
    assert_eq!(failed.status.code(), Some(2), "{}", words(&failed));
    let job = &of_targets(&home)[0];
    let reason = job.reason.as_deref().unwrap();
    assert!(
        reason.contains("broken failed with exit code 3 at Makefile:5"),
        "{reason}"
    );
    assert_eq!(job.batch, None);
}

/// A host that does not answer, and one to which there is no way, hold the others up no more than with a command.
#[test]
fn a_target_runs_on_those_that_answer_and_the_others_are_unreachable() {
    let (_sshd, postgres, home, _hash) = with_project();
    let more =
        "Host dead\n  HostName 127.0.0.1\n  Port 1\nHost noway\n  HostName h\n  ProxyJump noway\n";
    let config = fs::read_to_string(home.ssh_config()).unwrap() + more;
    fs::write(home.ssh_config(), config).unwrap();
    let set = ["--on", "dead,h00,noway,h01"];
    let output = home.run(&[&["run", "deploy"], &set[..]].concat());
    let said = words(&output);
    assert_eq!(output.status.code(), Some(255), "{said}");
    for part in ["2 done", "no way to the host: noway", "unreachable: dead"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(of_targets(&home).len(), 2);
    let batch = home.json(&["batch", "last", "--json"]);
    let states: Vec<&str> = batch["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states
            .iter()
            .filter(|state| **state == "unreachable")
            .count(),
        2,
        "{batch}"
    );
    // Of a command, the same.
    let output = home.run(&["run", "--on", "h00,noway", "--", "true"]);
    let said = words(&output);
    assert!(
        said.contains("1 done · 1 no way to the host: noway"),
        "{said}"
    );
    // If none is reached, nothing is a batch.
    let output = home.run(&["run", "deploy", "--on", "dead"]);
    assert!(
        words(&output).contains("nothing was run"),
        "{}",
        words(&output)
    );
    let last = home.json(&["jobs", "last", "--json"]);
    assert_eq!(
        (&last["command"], &last["host"]),
        (&"true".into(), &"h00".into())
    );
    let last = home.json(&["batch", "last", "--json"]);
    assert_eq!(last["command"], "true");
    // Its own batch has it: that is how the window shows what a host said.
    let sql = "select batch from jobs where detail ->> 'looks' = 'true' limit 1";
    let asked = postgres.psql("postgres", sql);
    let of_it = home.json(&["jobs", "--batch", asked.trim(), "--json"]);
    assert!(!of_it.as_array().unwrap().is_empty());
}

#[test]
fn what_differs_there_is_said_and_what_is_not_there_runs_nowhere() {
    let (_sshd, _postgres, home, hash) = with_project();
    let clone = home.work().join("a clone");
    let (from, to) = (folder_of(&home), clone.display().to_string());
    git(&home.work(), &["clone", "-q", &from, &to]);
    fs::write(clone.join("Makefile"), "deploy:\n\t@echo other\n").unwrap();
    git(&clone, &["commit", "-q", "-am", "two"]);
    fs::write(clone.join("new"), "").unwrap();
    let theirs = git(&clone, &["rev-parse", "HEAD"])[..10].to_owned();
    let clone = clone.canonicalize().unwrap().display().to_string();

    let output = home.run(&["run", "deploy", "--on", "h00", "--dir", &clone]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let found = format!(
        "h00: {clone} at {theirs} (trunk), and not at {hash}, the commit here, 1 file differs"
    );
    assert!(words(&output).contains(&found), "{}", words(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("other"));
    assert!(
        of_targets(&home)[0].command.contains("'"),
        "{}",
        of_targets(&home)[0].command
    );

    for (args, why) in [
        (
            &["run", "broken", "--on", "h00", "--dir", &clone][..],
            "has no target broken",
        ),
        (
            &["run", "deploy", "--on", "h00", "--dir", "/nowhere"],
            "there is no folder /nowhere",
        ),
        (
            &["run", "login", "API_TOKEN=abc", "--on", "h00"],
            "API_TOKEN is secret",
        ),
        (&["run", "deploy", "--on", "h02"], "h02"),
        (&["run", "--on", "h00"], "--on needs a target"),
        (&["run", "deploy", "--on", "h00", "--no-wait"], "--no-wait"),
    ] {
        let refused = home.run(args);
        assert!(!refused.status.success());
        assert!(
            words(&refused).contains(why),
            "{args:?}: {}",
            words(&refused)
        );
    }
    assert_eq!(of_targets(&home).len(), 1);
}

async fn look(page: &mut Page, hosts: &[&str]) -> Vec<Checkout> {
    let sought = Sought {
        project: "work".into(),
        targets: vec!["deploy".into()],
        hosts: hosts.iter().map(|host| (*host).into()).collect(),
        folder: None,
    };
    match page.ask(LaunchRequest::LookOnHosts(sought)).await {
        Ok(Reply::Checkouts { checkouts }) => checkouts,
        other => panic!("{other:?}"),
    }
}

fn on(target: &str, hosts: &[&str], confirmed: &[&str]) -> Start {
    let in_folder = |host: &&str| InFolder {
        host: (*host).into(),
        folder: None,
        unreached: None,
    };
    Start::TargetOnHosts {
        project: "work".into(),
        targets: vec![target.into()],
        variables: Vec::new(),
        pty: false,
        options: MakeOptions::default(),
        on: hosts.iter().map(in_folder).collect(),
        confirmed: confirmed.iter().map(|host| (*host).into()).collect(),
        rules: Rules::default(),
    }
}

async fn preview(page: &mut Page, start: Start) -> Preview {
    match page.ask(LaunchRequest::Preview(start)).await {
        Ok(Reply::Preview(preview)) => *preview,
        other => panic!("{other:?}"),
    }
}

async fn started(page: &mut Page, request: LaunchRequest) -> Result<JobId, FailureCode> {
    match page.ask(request).await? {
        Reply::Started { jobs } => Ok(jobs[0].id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_looks_first_and_what_is_dangerous_needs_the_hosts_name() {
    let (_sshd, _postgres, home, hash) = with_project();
    let here = folder_of(&home);
    home.text(&["hosts", "production", "h01", "on"]);
    let app = App::start(home);
    let mut page = app.page().await;
    // Until it is looked for, it is not known what runs, and nothing does.
    let unknown = preview(&mut page, on("deploy", &["h00", "h01"], &[])).await;
    assert_eq!(
        (unknown.line.as_str(), unknown.refusal),
        ("make deploy", None)
    );
    let start = LaunchRequest::Start(on("deploy", &["h00"], &[]));
    assert_eq!(started(&mut page, start).await, Err(FailureCode::NotFound));

    let found = look(&mut page, &["h01", "h00"]).await;
    assert_eq!(
        found
            .iter()
            .map(|one| one.host.as_str())
            .collect::<Vec<_>>(),
        ["h01", "h00"]
    );
    for one in &found {
        assert_eq!(
            (one.folder.as_deref(), one.as_here),
            (Some(here.as_str()), Some(true))
        );
        assert_eq!(one.commit.as_ref().map(|commit| &commit.hash), Some(&hash));
        assert!(one.problem.is_none() && one.job.is_some());
    }
    let known = preview(&mut page, on("wipe", &["h00", "h01"], &[])).await;
    assert_eq!(known.line, format!("make -C {here} wipe"));
    // A mark is of an address, and both names are of one.
    assert_eq!(known.production, ["h00", "h01"]);
    assert_eq!(known.dangers.len(), 1);
    let wipe = |confirmed: &[&str]| LaunchRequest::Start(on("wipe", &["h00", "h01"], confirmed));
    assert_eq!(
        started(&mut page, wipe(&["h00"])).await,
        Err(FailureCode::Refused)
    );
    let job = started(&mut page, wipe(&["h00", "h01"])).await.unwrap();
    page.now_over(job).await;

    // The same again, as the job shows it; and as a line for a terminal.
    let deploy = LaunchRequest::Start(on("deploy", &["h00"], &["h00"]));
    let job = started(&mut page, deploy).await;
    let job = page.over(job.unwrap()).await;
    let again = LaunchRequest::RunAgain {
        job: job.id,
        seen: job.seal.clone(),
        confirmed: vec!["h00".into()],
    };
    let again = started(&mut page, again).await.unwrap();
    let again = page.over(again).await;
    assert_eq!((&again.command, &again.target), (&job.command, &job.target));
    for (by, line) in [
        (
            CopiedAs::Vmo,
            "vmo run --project=work --on=h00 deploy".to_owned(),
        ),
        (CopiedAs::Plain, format!("h00 'make -C {here} deploy'")),
    ] {
        let what = Copied::Job { job: job.id };
        match page.ask(LaunchRequest::Copy { what, by }).await {
            Ok(Reply::Line { line: copied }) => assert!(copied.ends_with(&line), "{copied}"),
            other => panic!("{other:?}"),
        }
    }
}
