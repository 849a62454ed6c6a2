//! What a store may do, or stop doing, while jobs run: go back in time, belong to a newer app, be another one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::sql;
use crate::{
    home::{Home, appears, eventually},
    postgres::Postgres,
};

/// Without any command of ours, which would look at the jobs, or refuse to.
fn psql(postgres: &Postgres, statement: &str) -> String {
    let output = std::process::Command::new("psql")
        .args([&postgres.url("postgres"), "-qtAc", statement])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn json(home: &Home) -> serde_json::Value {
    home.json(&["jobs", "--json"])
}

#[test]
fn a_store_that_went_back_in_time_gets_what_the_spool_has_and_says_what_is_gone() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let script = "head -c 80000000 /dev/zero | tr '\\0' x | fold -w 99; touch printed
        while [ ! -e go ]; do sleep 0.05; done; echo the end";
    let mut running = home.start(&["run", "--json", "--", script]);
    appears(&home.work().join("printed"));
    let spool = home.job_folders()[0].join("spool");
    let segments = || {
        let mut all: Vec<_> = fs::read_dir(&spool)
            .unwrap()
            .flatten()
            .map(|it| it.file_name())
            .collect();
        all.sort();
        all
    };
    let first = segments().swap_remove(0);
    eventually("its beginning is dropped", || segments()[0] != first);
    sql(
        &home,
        "delete from job_logs; update jobs set archived_seq = 0, archived_offset = 0, archived_lines = 0,
         archived_state = '', archived_stdout = 0, archived_stderr = 0, lines = 0, bytes = 0",
    );
    fs::write(home.work().join("go"), "").unwrap();
    let ended: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(ended["status"], "done");
    assert!(running.child.wait().unwrap().success());
    assert!(home.job_folders().is_empty());
    assert_eq!(json(&home)[0]["status"], "done");
    let total = ended["bytes"].as_u64().unwrap();
    let log = home.run(&["log", "last", "--raw"]);
    assert!(log.stdout.ends_with(b"the end\n"));
    let missing = total - log.stdout.len() as u64;
    assert!(missing > 0, "{total}");
    assert!(
        !log.status.success(),
        "{missing} of {total}: {log:?}",
        log = log.status
    );
    let stderr = String::from_utf8_lossy(&log.stderr).into_owned();
    let words = format!("{missing} bytes of this log are in the history no more");
    assert!(stderr.contains(&words), "{stderr}");
}

#[test]
fn tables_of_a_newer_app_are_written_no_more() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let script = "while [ ! -e go ]; do echo tick; sleep 0.1; done";
    let mut running = home.start(&["run", "--json", "--", script]);
    let rows = || {
        sql(&home, "select count(*) from job_logs")
            .parse::<u32>()
            .unwrap()
    };
    eventually("it is archived", || rows() > 0);
    let psql = |statement: &str| psql(&postgres, statement);
    psql(
        "insert into vmo_migrations (version, description, success, checksum, execution_time)
         values (999, 'later', true, '', 0)",
    );
    // What is on its way, and what is written within the second in which nobody looks.
    std::thread::sleep(Duration::from_millis(2500));
    let before = psql("select count(*) from job_logs");
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(psql("select count(*) from job_logs"), before);
    let refused = home.run(&["run", "--", "true"]);
    let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        stderr.contains("version 999") && !stderr.contains("away"),
        "{stderr}"
    );
    assert!(stderr.contains("vmo doctor"), "{stderr}");
    psql("delete from vmo_migrations where version = 999");
    fs::write(home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
    eventually("all of it is archived", || {
        home.text(&["jobs"]);
        home.job_folders().is_empty()
    });
}

#[test]
fn jobs_of_a_store_that_is_not_in_use_are_seen_read_canceled_and_handed_over() {
    let mut first = Postgres::start();
    let second = Postgres::start();
    let mut home = Home::new(Some(first.url("postgres")));
    let script = "echo kept; touch started; sleep 1120";
    home.text(&["run", "--detach", "--", script]);
    appears(&home.work().join("started"));
    first.down(Signal::QUIT);
    home.use_database(second.url("postgres"));
    let jobs = json(&home);
    assert_eq!(jobs[0]["status"], "running", "{jobs}");
    assert_eq!(home.text(&["log", "last", "--raw"]), "kept\n");
    let refused = home.run(&["move", "--all"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("runs: wait for its end"));
    home.text(&["cancel", "last"]);
    assert_eq!(json(&home)[0]["status"], "canceled");
    assert_eq!(home.job_folders().len(), 1);
    home.text(&["move", "--all"]);
    eventually("it is in the other database", || {
        home.job_folders().is_empty()
    });
    assert_eq!(json(&home)[0]["status"], "canceled");
    assert_eq!(home.text(&["log", "last", "--raw"]), "kept\n");
}

/// Starts a job, waits until its row says that it runs, and kills it and whoever could write down how it ended; its folder.
fn dies_unseen(home: &Home) -> PathBuf {
    let mut running = home.start(&["run", "--", "echo $$ >pid; exec sleep 1122"]);
    appears(&home.work().join("pid"));
    eventually("its row is there", || {
        sql(home, "select count(*) from jobs where status = 'running'") == "1"
    });
    let folder = home.job_folders()[0].clone();
    let who: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("supervisor.json")).unwrap()).unwrap();
    running.kill();
    for who in ["supervisor", "child"].map(|name| who[name]["pid"].as_i64().unwrap()) {
        let pid = Pid::from_raw(i32::try_from(who).unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
    folder
}

#[test]
fn a_row_without_a_folder_is_lost_where_its_data_folder_is_and_nowhere_else() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["run", "--", "true"]);
    let folder = dies_unseen(&home);
    fs::remove_dir_all(folder).unwrap();
    psql(
        &postgres,
        "insert into jobs select (jsonb_populate_record(jobs, jsonb_build_object('id', gen_random_uuid(), 'detail',
           detail || '{\"data_folder\": \"01980000-0000-7000-8000-000000000000\"}'))).* from jobs where status = 'running'",
    );
    let jobs = json(&home);
    let of = |status: &str| {
        jobs.as_array()
            .unwrap()
            .iter()
            .filter(|job| job["status"] == status)
            .count()
    };
    assert_eq!((of("lost"), of("running"), of("done")), (1, 1, 1), "{jobs}");
    let reason = sql(&home, "select reason from jobs where status = 'lost'");
    assert!(
        reason.contains("its folder is gone from this machine"),
        "{reason}"
    );
    let other = jobs
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["status"] == "running")
        .unwrap();
    let refused = home.run(&["cancel", other["id"].as_str().unwrap()]);
    let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(stderr.contains("from another data folder than"), "{stderr}");
}

#[test]
fn jobs_of_a_data_folder_that_was_removed_are_lost_and_those_of_its_like_are_not() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    dies_unseen(&home);
    // Another machine of this name, with a copy of the config and none of the data, as of an image.
    let clone = Home::new(Some(postgres.url("postgres")));
    fs::create_dir(clone.config()).unwrap();
    let remembered = fs::read_to_string(home.config().join("data-folders")).unwrap();
    let its_data = clone.data().display().to_string();
    let copied = remembered.replace(&home.data().display().to_string(), &its_data);
    assert_ne!(copied, remembered);
    fs::write(clone.config().join("data-folders"), copied).unwrap();
    clone.text(&["run", "--", "true"]);
    assert_eq!(
        sql(&home, "select count(*) from jobs where status = 'running'"),
        "1"
    );
    fs::remove_dir_all(home.data()).unwrap();
    home.text(&["run", "--", "true"]);
    let rows = "select status || ': ' || coalesce(reason, '') from jobs where status <> 'done'";
    eventually("it is lost, with its reason", || {
        home.text(&["jobs"]);
        let text = sql(&home, rows);
        text.starts_with("lost: its folder is gone from this machine")
    });
}

#[test]
fn a_data_folder_that_is_no_text_is_the_only_one() {
    use std::os::unix::ffi::OsStrExt;
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let odd = |name: &[u8]| home.work().join(std::ffi::OsStr::from_bytes(name));
    let vmo = |args: &[&str]| {
        let mut command = home.vmo(args);
        let folders = (odd(b"data-\xff"), odd(b"config-\xff"));
        command
            .env("VMO_DATA_DIR", folders.0)
            .env("VMO_CONFIG_DIR", folders.1);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    vmo(&["run", "--detach", "--", "echo one"]);
    let left = || fs::read_dir(odd(b"data-\xff/jobs")).unwrap().count();
    eventually("its own archiver archives it", || left() == 0);
    assert_eq!(vmo(&["log", "last"]), "one\n");
    let folders: Vec<_> = fs::read_dir(home.work())
        .unwrap()
        .flatten()
        .map(|it| it.file_name())
        .collect();
    assert_eq!(folders.len(), 2, "{folders:?}");
}

#[test]
fn what_a_command_of_ours_starts_in_a_job_is_no_part_of_the_job() {
    let postgres = Postgres::start();
    let home = Home::new(None);
    let vmo = env!("CARGO_BIN_EXE_vmo");
    let script = format!(
        "unset DATABASE_URL; export VMO_DATA_DIR={} VMO_CONFIG_DIR={} VMO_POSTGRES_LINGER_MS=8000 VMO_DISK_FLOOR=0
        {vmo} jobs >listed; {vmo} run --detach -- 'echo $$ >inner; sleep 1122' >id; sleep 1123",
        home.data().display(),
        home.config().display()
    );
    let mut outer = home.vmo(&["run", "--", &script]);
    outer.env("DATABASE_URL", postgres.url("postgres"));
    let mut outer = Home::start_command(outer);
    appears(&home.work().join("inner"));
    appears(&home.work().join("id"));
    let id = |path: &Path| fs::read_to_string(path).unwrap().trim().to_owned();
    eventually("its id is written", || {
        !id(&home.work().join("id")).is_empty()
    });
    let guardian: serde_json::Value =
        serde_json::from_slice(&fs::read(home.data().join("guardian.json")).unwrap()).unwrap();
    let guardian = i32::try_from(guardian["pid"].as_i64().unwrap()).unwrap();
    let jobs = json(&home);
    let of_outer = jobs
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["command"] == script.as_str());
    let of_outer = of_outer.unwrap()["id"].as_str().unwrap().to_owned();
    home.text(&["cancel", "--force", &of_outer]);
    assert!(!outer.child.wait().unwrap().success());
    let inner: i32 = id(&home.work().join("inner")).parse().unwrap();
    assert!(crate::home::is_alive(guardian) && crate::home::is_alive(inner));
    home.text(&["cancel", "--force", &id(&home.work().join("id"))]);
    eventually("the guardian goes", || !crate::home::is_alive(guardian));
}

#[test]
fn a_job_of_a_clock_that_was_ahead_is_not_the_last_one_for_a_year() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["run", "--", "true"]);
    // 2100-01-01, as a version 7 id has it.
    psql(
        &postgres,
        "update jobs set id = '03bb2cc3-d800-7000-8000-000000000001'",
    );
    assert_eq!(json(&home)[0]["command"], "true");
    for name in ["one", "two"] {
        home.text(&["run", "--", &format!("echo {name}")]);
    }
    let commands = |jobs: serde_json::Value| -> Vec<String> {
        let jobs = jobs.as_array().unwrap().iter();
        jobs.map(|job| job["command"].as_str().unwrap().into())
            .collect()
    };
    assert_eq!(commands(json(&home)), ["echo two", "echo one", "true"]);
    assert_eq!(
        commands(home.json(&["jobs", "--json", "--limit", "2"])),
        ["echo two", "echo one"]
    );
    assert_eq!(home.text(&["log", "last"]), "two\n");
}

#[test]
fn jobs_run_are_kept_and_are_listed_whatever_the_clock_says() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile("hi:\n\t@echo hello\n");
    let at = |year: &str, args: &[&str]| {
        let vmo = home.vmo(args);
        let mut command = Command::new("faketime");
        command
            .arg(format!("{year}-05-05 00:00:00"))
            .arg(vmo.get_program())
            .args(vmo.get_args())
            .current_dir(home.work());
        crate::home::same_variables(&vmo, &mut command);
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{year}: {stderr}");
        assert!(output.status.success(), "{year}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for year in ["1960", "2150", "9990", "2026"] {
        assert_eq!(at(year, &["run", "--", "echo there"]), "there\n");
        assert!(at(year, &["make", "hi"]).contains("hello\n"));
        assert!(at(year, &["jobs"]).contains(&format!("{year}-05-05")));
        at(year, &["hosts"]);
    }
    let jobs = json(&home);
    assert_eq!(jobs.as_array().unwrap().len(), 8);
    assert!(
        jobs.as_array()
            .unwrap()
            .iter()
            .all(|job| job["status"] == "done")
    );
}
