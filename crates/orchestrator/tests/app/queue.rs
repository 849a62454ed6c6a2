//! Jobs that wait for each other, in several programs on one data folder.

use crate::{home, postgres};
use std::{fs, time::Instant};

use home::{Home, appears, eventually};
use postgres::Postgres;
use rustix::process::{Pid, Signal, kill_process};

/// `deploy` goes on while the file `deploy` is not there, and writes down whenever it finds itself running twice.
const MAKEFILE: &str = "\
deploy: ## Deploy @exclusive @grace 200ms 100ms
\t@[ ! -e running ] || touch twice
\t@touch running started
\t@while [ ! -e go ]; do sleep 0.02; done
\t@rm running
all: deploy
other: ## Not exclusive
\t@echo other
deaf: ## @grace 200ms 100ms
\t@sh -c 'trap \"\" INT TERM; touch deaf; while :; do sleep 0.05; done'
";

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile(MAKEFILE);
    (postgres, home)
}

fn waits(home: &Home) -> Option<String> {
    let jobs = home.json(&["jobs", "--status", "queued", "--json"]);
    let job = jobs.as_array()?.first()?;
    Some(job["id"].as_str().unwrap().to_owned())
}

#[test]
fn an_exclusive_target_never_runs_twice_at_once_in_whatever_program() {
    let (_postgres, home) = home();
    let mut first = home.start(&["run", "deploy"]);
    appears(&home.work().join("started"));
    // Also by way of a target that leads to it, and by make's own command line.
    let mut others = [
        home.start(&["run", "all"]),
        home.start(&["make", "deploy"]),
        home.start(&["run", "deploy", "--wait"]),
    ];
    eventually("all wait", || {
        let queued = home.json(&["jobs", "--status", "queued", "--json"]);
        queued.as_array().unwrap().len() == others.len()
    });
    assert_eq!(home.text(&["run", "other"]).lines().next(), Some("other"));
    let refused = home.run(&["run", "deploy", "--no-wait"]);
    assert_eq!(refused.status.code(), Some(255));
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "vmo: make deploy runs already, and deploy is exclusive; wait for it or cancel it\n"
    );
    fs::write(home.work().join("go"), "").unwrap();
    assert!(first.child.wait().unwrap().success());
    for other in &mut others {
        assert!(other.child.wait().unwrap().success());
    }
    assert!(!home.work().join("twice").exists());
    assert!(!home.work().join("running").exists());
}

#[test]
fn what_a_killed_engines_job_has_is_taken_until_the_job_is_over() {
    let (_postgres, home) = home();
    let mut first = home.start(&["run", "deploy"]);
    appears(&home.work().join("started"));
    first.kill();
    let mut second = home.start(&["run", "deploy"]);
    eventually("it waits", || waits(&home).is_some());
    fs::write(home.work().join("go"), "").unwrap();
    assert!(second.child.wait().unwrap().success());
    assert!(!home.work().join("twice").exists());
}

#[test]
fn what_a_killed_supervisor_leaves_is_ended_before_the_next_one_runs() {
    let (_postgres, home) = home();
    // It does not go by itself; whoever comes next sees whether it is there still. A dead one shows no program.
    home.makefile(
        "deploy: ## @exclusive\n\t@trap '' TERM; \\\n\
         \tif [ -e pid ] && readlink \"/proc/$$(cat pid)/exe\"; then touch twice; fi; \\\n\
         \techo $$$$ >pid; touch started; while [ ! -e go ]; do sleep 0.02; done\n",
    );
    let mut first = home.start(&["run", "deploy"]);
    appears(&home.work().join("started"));
    let folders = home.job_folders();
    let supervisor = folders.iter().find_map(|folder| {
        let supervisor = fs::read(folder.join("supervisor.json")).ok()?;
        let supervisor: serde_json::Value = serde_json::from_slice(&supervisor).unwrap();
        supervisor["supervisor"]["pid"].as_i64()
    });
    let supervisor = Pid::from_raw(i32::try_from(supervisor.unwrap()).unwrap()).unwrap();
    kill_process(supervisor, Signal::KILL).unwrap();
    // What it left gets half a second to go; this one asks for its turn long before.
    let mut second = home.start(&["run", "deploy"]);
    assert!(!first.child.wait().unwrap().success());
    fs::write(home.work().join("go"), "").unwrap();
    assert!(second.child.wait().unwrap().success());
    assert!(!home.work().join("twice").exists());
}

#[test]
fn what_an_engine_and_a_supervisor_killed_together_leave_is_ended_before_the_next_one_runs() {
    let (_postgres, home) = home();
    home.makefile(
        "deploy: ## @exclusive\n\t@trap '' TERM; \\\n\
         \tif [ -e pid ] && readlink \"/proc/$$(cat pid)/exe\"; then touch twice; fi; \\\n\
         \techo $$$$ >pid; touch started; while [ ! -e go ]; do sleep 0.02; done\n",
    );
    // It knows of the first one's job, and is still there when that one's engine is not.
    let mut serving = home.start(&["serve", "--json"]);
    serving.line();
    let mut first = home.start(&["run", "deploy"]);
    appears(&home.work().join("started"));
    let folders = home.job_folders();
    let supervisor = folders.iter().find_map(|folder| {
        let supervisor = fs::read(folder.join("supervisor.json")).ok()?;
        let supervisor: serde_json::Value = serde_json::from_slice(&supervisor).unwrap();
        supervisor["supervisor"]["pid"].as_i64()
    });
    let supervisor = Pid::from_raw(i32::try_from(supervisor.unwrap()).unwrap()).unwrap();
    kill_process(supervisor, Signal::KILL).unwrap();
    first.kill();
    let mut second = home.start(&["run", "deploy"]);
    fs::write(home.work().join("go"), "").unwrap();
    assert!(second.child.wait().unwrap().success());
    assert!(!home.work().join("twice").exists());
    serving.kill();
}

#[test]
fn a_job_that_waits_is_canceled_at_once_by_anybody() {
    let (_postgres, home) = home();
    let mut first = home.start(&["run", "deploy"]);
    appears(&home.work().join("started"));
    let mut second = home.start(&["run", "deploy", "--json"]);
    eventually("it waits", || waits(&home).is_some());
    home.text(&["cancel", &waits(&home).unwrap()]);
    let canceled: serde_json::Value = serde_json::from_str(&second.line()).unwrap();
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(canceled["started_at"], serde_json::Value::Null);
    assert_eq!(canceled["reason"], "canceled before it started");
    assert!(home.work().join("running").exists(), "the first goes on");
    fs::write(home.work().join("go"), "").unwrap();
    assert!(first.child.wait().unwrap().success());
}

#[test]
fn a_project_may_run_one_job_at_a_time() {
    let (_postgres, home) = home();
    let work = home.work().display().to_string();
    home.text(&["projects", "add", &work]);
    home.text(&["projects", "exclusive", "work", "on"]);
    let mut first = home.start(&["run", "deploy"]);
    appears(&home.work().join("started"));
    let refused = home.run(&["run", "other", "--no-wait"]);
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "vmo: make deploy runs already, and its project runs one job at a time; wait for it or cancel it\n"
    );
    home.text(&["projects", "exclusive", "work", "off"]);
    assert!(home.text(&["run", "other"]).contains("other"));
    fs::write(home.work().join("go"), "").unwrap();
    assert!(first.child.wait().unwrap().success());
}

#[test]
fn at_most_as_many_jobs_run_at_once_as_the_settings_say() {
    let (_postgres, home) = home();
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("settings.json"), "{\"max_jobs\": 2}").unwrap();
    let script =
        "[ $(ls | grep -c '^on-') -lt 2 ] || touch too-many; touch on-$$; sleep 0.1; rm on-$$";
    let mut all: Vec<_> = (0..6).map(|_| home.start(&["run", "--", script])).collect();
    for one in &mut all {
        assert!(one.child.wait().unwrap().success());
    }
    assert!(!home.work().join("too-many").exists());
}

#[test]
fn a_target_says_how_long_a_cancel_waits() {
    let (_postgres, home) = home();
    let mut running = home.start(&["run", "deaf", "--json"]);
    appears(&home.work().join("deaf"));
    let began = Instant::now();
    home.text(&["cancel", "last"]);
    let ended: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(ended["status"], "canceled");
    assert_eq!(ended["signal"], "KILL");
    // The usual graces are 3 s and 5 s.
    assert!(began.elapsed().as_secs() < 8, "{:?}", began.elapsed());
}
