//! `vmo` as a person and a script use it: real make, real processes, a real Postgres.

mod databases;
mod strangers;

use crate::{home, postgres};
use std::{
    fs,
    io::{Read, Write},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
};

use home::{Home, appears, eventually, is_alive};
use postgres::Postgres;

/// A server and folders of their own for one test.
fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

#[test]
fn a_target_runs_as_make_runs_it_and_is_kept() {
    let (postgres, home) = home();
    home.makefile("hello:\n\t@echo hello; echo oops >&2\n");
    let output = home.run(&["run", "hello"]);
    assert!(output.status.success(), "{output:?}");
    let expected = "hello\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(output.stderr, b"oops\n");

    let jobs = home.json(&["jobs", "--json"]);
    let job = &jobs[0];
    assert_eq!(job["type"], "local");
    assert_eq!(job["status"], "done");
    assert_eq!(job["exit_code"], 0);
    assert_eq!(job["target"], "hello");
    assert_eq!(job["lines"], 2);
    assert_eq!(job["bytes"], expected.len() + 5);
    assert_eq!(
        home.text(&["log", "last", "--raw", "--stream", "stdout"]),
        expected
    );
    assert_eq!(
        home.text(&["log", "last", "--raw", "--stream", "stderr"]),
        "oops\n"
    );

    let rows = postgres.psql("postgres", "select type, status, command from jobs");
    assert_eq!(rows.trim(), "local|done|make hello");
    let data = postgres.psql(
        "postgres",
        "select data from job_logs where stream = 'stderr'",
    );
    assert_eq!(data.trim(), "oops");
    assert_eq!(
        home.job_folders(),
        Vec::<std::path::PathBuf>::new(),
        "an archived job leaves no folder"
    );
}

#[test]
fn how_a_job_ended_is_distinguished() {
    let (postgres, home) = home();
    home.makefile("fail:\n\t@exit 7\n");
    assert_eq!(
        home.run(&["run", "fail"]).status.code(),
        Some(2),
        "make's own code"
    );
    assert_eq!(home.run(&["run", "--", "exit 7"]).status.code(), Some(7));
    assert_eq!(
        home.run(&["run", "--", "kill -9 $$"]).status.code(),
        Some(128 + 9)
    );
    fs::remove_file(home.work().join("Makefile")).unwrap();
    let jobs = home.json(&["jobs", "--json"]);
    let ends: Vec<_> = jobs
        .as_array()
        .unwrap()
        .iter()
        .map(|job| {
            (
                job["status"].as_str().unwrap(),
                job["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        ends,
        [
            ("error", "killed by SIGKILL, often out of memory"),
            ("error", "exit code 7"),
            (
                "error",
                "make exited with code 2: fail failed with exit code 7 at Makefile:2"
            )
        ]
    );
    let kept = postgres.psql("postgres", "select reason from jobs where target = 'fail'");
    assert_eq!(
        kept.trim(),
        "make exited with code 2: fail failed with exit code 7 at Makefile:2"
    );
}

#[test]
fn every_byte_is_kept() {
    let (_postgres, home) = home();
    let nasty = b"\0nul \xff\xfe bad utf-8 \xc3\x28 \x1b]0;title\x07 lone\rcr \r\n\n\n no newline at the end \xe2\x82";
    fs::write(home.work().join("nasty"), nasty).unwrap();
    let output = home.run(&["run", "--", "cat nasty; cat nasty >&2"]);
    assert_eq!(output.stdout, nasty);
    assert_eq!(output.stderr, nasty);
    for stream in ["stdout", "stderr"] {
        assert_eq!(
            home.run(&["log", "last", "--raw", "--stream", stream])
                .stdout,
            nasty,
            "{stream}"
        );
    }
}

#[test]
fn a_large_log_comes_back_whole() {
    let (_postgres, home) = home();
    let output = home.run(&["run", "--", "seq 1 400000"]);
    let expected: String = (1..=400_000).map(|number| format!("{number}\n")).collect();
    assert!(
        output.stdout == expected.as_bytes(),
        "what was streamed is what was printed"
    );
    assert!(
        home.run(&["log", "last", "--raw"]).stdout == expected.as_bytes(),
        "what was kept is what was printed"
    );
    assert_eq!(
        home.text(&["log", "last", "--lines", "399999..400000"]),
        "399999\n400000\n"
    );
    assert_eq!(
        home.text(&["log", "last", "--lines", "200000..200001"]),
        "200000\n200001\n"
    );
}

#[test]
fn cancel_ends_the_whole_tree() {
    let (_postgres, home) = home();
    let pids = home.work().join("pids");
    let script = "(setsid sh -c 'echo $$ >> pids; sleep 1000' &) ; echo $$ >> pids; echo ready > ready; exec sleep 1000";
    let mut running = home.start(&["run", "--", script]);
    appears(&home.work().join("ready"));
    eventually("both processes are noted", || {
        fs::read_to_string(&pids)
            .unwrap_or_default()
            .lines()
            .count()
            == 2
    });
    let text = home.text(&["cancel", "last"]);
    assert!(text.contains("canceled"), "{text}");
    assert_eq!(
        running.child.wait().unwrap().code(),
        Some(128 + 2),
        "it was ended by SIGINT"
    );
    for pid in fs::read_to_string(&pids).unwrap().lines() {
        let pid: i32 = pid.parse().unwrap();
        eventually("the tree is gone", || !is_alive(pid));
    }
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "canceled");
}

#[test]
fn what_ends_a_moment_after_its_job_is_not_named_as_left_running() {
    let (_postgres, home) = home();
    let output = home.run(&["run", "--", "sleep 0.05 >/dev/null 2>&1 & echo said"]);
    assert_eq!(output.stdout, b"said\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn what_a_job_leaves_running_is_named() {
    let (_postgres, home) = home();
    let script = "(setsid sleep 1000 <&- >&- 2>&- & echo $! >pid; \
                  until [ \"$(cat /proc/$!/comm)\" = sleep ]; do sleep 0.01; done); exit 0";
    let output = home.run(&["run", "--", script]);
    assert!(output.status.success());
    let pid = fs::read_to_string(home.work().join("pid")).unwrap();
    let named = format!("sleep 1000 (pid {})", pid.trim());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, format!("vmo: left running: {named}\n"));
    assert_eq!(home.json(&["jobs", "--json"])[0]["survivors"][0], named);
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_detached_job_runs_on_and_is_archived_with_nobody_there() {
    let (postgres, home) = home();
    home.text(&["run", "--", "true"]);
    let id = home.text(&[
        "run",
        "--detach",
        "--",
        "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo ended",
    ]);
    // Its supervisor may take a moment to say so.
    eventually("it runs", || {
        home.json(&["jobs", "--json"])[0]["status"] == "running"
    });
    fs::write(home.work().join("go"), "").unwrap();
    let status = format!("select status from jobs where id = '{}'", id.trim());
    eventually("its supervisor has it archived", || {
        postgres.psql("postgres", &status).trim() == "done"
    });
    assert_eq!(home.text(&["log", id.trim()]), "begun\nended\n");
}

#[test]
fn input_reaches_the_job() {
    let (_postgres, home) = home();
    let mut vmo = home.vmo(&["run", "--", "read -r value; echo got $value; cat"]);
    let mut child = vmo
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"yes\nthe rest")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "got yes\nthe rest");
}

#[test]
fn what_is_unknown_is_named() {
    let (_postgres, home) = home();
    let refused = |args: &[&str], code: i32, words: &[&str]| {
        let output = home.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{args:?}: {stderr}");
        }
    };
    refused(&["run", "-p", "nosuch", "hello"], 255, &["nosuch"]);
    refused(&["run", "--on", "nosuch", "--", "true"], 255, &["nosuch"]);
    refused(&["log", "0123"], 1, &["0123"]);
    let folder = home.work().canonicalize().unwrap();
    let no_makefile = format!("vmo: {}: no makefile in it; go to", folder.display());
    refused(&["run"], 255, &[&no_makefile, "name one with -p"]);
    refused(
        &["run", "uptime"],
        255,
        &[&no_makefile, "write -- before a command"],
    );
    refused(&["targets", "-p", "nosuch"], 1, &["nosuch"]);
    home.makefile("hello:\n\t@echo hello\n");
    refused(&["run", "nosuch"], 2, &["nosuch"]);
    refused(&["run", "SHELL=/bin/false", "hello"], 255, &["SHELL"]);
    home.makefile("hello:\n    @echo spaces\n");
    refused(&["run", "hello"], 2, &["Makefile:2", "missing separator"]);
}

#[test]
fn an_interrupt_cancels() {
    let (_postgres, home) = home();
    // A shell that is about to fork may miss a signal; one that becomes its command does not.
    let mut running = home.start(&["run", "--", "echo ready; exec sleep 1000"]);
    assert_eq!(running.line(), "ready");
    let pid = rustix::process::Pid::from_child(&running.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = running.child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(128 + 2), None));
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "canceled");
}

fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
fn a_second_interrupt_kills() {
    let (_postgres, home) = home();
    let stubborn =
        "trap 'touch asked' INT; trap '' TERM; touch ready; while :; do sleep 0.05; done";
    let mut running = home.start(&["run", "--json", "--", stubborn]);
    appears(&home.work().join("ready"));
    interrupt(&running.child);
    appears(&home.work().join("asked"));
    interrupt(&running.child);
    let job: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(
        (&job["status"], &job["signal"]),
        (&"canceled".into(), &"KILL".into())
    );
    assert_eq!(running.child.wait().unwrap().code(), Some(128 + 9));
}

#[test]
fn a_job_that_does_not_read_its_input_can_be_seen_and_canceled() {
    let (_postgres, home) = home();
    let mut vmo = home.vmo(&[
        "run",
        "--",
        "while [ ! -e full ]; do sleep 0.05; done; echo seen; exec sleep 1000",
    ]);
    let mut child = vmo
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The pipe is full when its writer has waited for a while: what was taken by then is all that will be.
    let taken = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&taken);
    let writing = std::thread::spawn(move || {
        while stdin.write_all(&[b'x'; 4096]).is_ok() {
            count.fetch_add(4096, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let mut last = usize::MAX;
    eventually("the input is full", || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = taken.load(std::sync::atomic::Ordering::Relaxed);
        std::mem::replace(&mut last, now) == now && now > 0
    });
    assert!(last < 4 << 20, "{last} bytes wait");
    fs::write(home.work().join("full"), "").unwrap();
    let mut first_bytes = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first_bytes)
        .unwrap();
    assert_eq!(&first_bytes, b"seen\n");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 2));
    writing.join().unwrap();
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (_postgres, home) = home();
    let deaf = |args: &[&str]| {
        let mut child = home
            .vmo(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait_with_output().unwrap()
    };
    let output = deaf(&["run", "--", "seq 1 100000; exit 7"]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert_eq!(
        home.text(&["log", "last", "--lines", "100000.."]),
        "100000\n"
    );
    for args in [
        &["jobs"][..],
        &["jobs", "--json"],
        &["projects"],
        &["doctor"],
        &["log", "last"],
    ] {
        let output = deaf(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        assert_eq!(output.stderr, b"", "{args:?}");
    }
}

#[test]
fn the_doctor_shows_how_much_of_the_disk_stays_free() {
    let (_postgres, home) = home();
    let doctor = |floor: Option<&str>| {
        let mut vmo = home.vmo(&["doctor", "--json"]);
        vmo.env_remove("VMO_DISK_FLOOR");
        vmo.envs(floor.map(|floor| ("VMO_DISK_FLOOR", floor)));
        let output = vmo.output().unwrap();
        let checks: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        let disk = checks.into_iter().find(|check| check["what"] == "disk");
        (output.status.success(), disk.unwrap()["found"].to_string())
    };
    let tight = (u64::MAX / 2).to_string();
    for (floor, ok, words) in [
        (None, true, "jobs wait below 64 MiB"),
        (Some("8388608"), true, "jobs wait below 8 MiB"),
        (
            Some("1G"),
            false,
            "VMO_DISK_FLOOR=1G is not a number of bytes",
        ),
        (Some(&tight), false, "make room, or set less"),
    ] {
        let (is_ok, found) = doctor(floor);
        assert!(found.contains(words), "{found}");
        assert_eq!(is_ok, ok, "{found}");
    }
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("settings.json"), "{\"disk_floor\": 7}").unwrap();
    assert!(doctor(None).1.contains("jobs wait below 7 MiB"));
}

#[test]
fn the_doctor_finds_the_traps_of_an_environment() {
    let (_postgres, home) = home();
    let doctor = |mut vmo: std::process::Command| {
        let output = vmo.output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let plain = || {
        let mut vmo = home.vmo(&["doctor"]);
        vmo.env_remove("SHELL").env_remove("SSH_AUTH_SOCK");
        vmo
    };
    let file = home.work().join("file");
    fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for (name, value, code, words) in [
        ("A", "", 0, "missing ssh agent"),
        ("PATH", "", 1, "broken  make"),
        ("SHELL", "", 0, "ok      login shell"),
        ("SHELL", "/no/shell", 1, "broken  login shell"),
        ("SHELL", "/bin/false", 1, "broken  login shell"),
        ("SSH_AUTH_SOCK", "/no/agent", 0, "names /no/agent: "),
        ("VMO_DATA_DIR", file, 1, "a file is in the way"),
        ("VMO_DATABASE_URL", "mysql://u:p@h/n", 1, "broken  Postgres"),
        ("PGOPTIONS", "-c x=y", 0, "PGOPTIONS: for jobs"),
    ] {
        let mut vmo = plain();
        vmo.env(name, value);
        let (found, said) = doctor(vmo);
        assert!(said.contains(words), "{name}={value}: {said}");
        assert_eq!(found, Some(code), "{name}={value}: {said}");
    }
    let few = plain();
    let program = few.get_program().to_owned();
    let limited = "ulimit -n 64 && exec \"$0\" doctor";
    let mut shell = std::process::Command::new("/bin/sh");
    shell.arg("-c").arg(limited).arg(program);
    let variables = few.get_envs();
    for (name, value) in variables.filter_map(|(name, value)| Some((name, value?))) {
        shell.env(name, value);
    }
    shell.env_remove("SHELL").current_dir(home.work());
    let (code, said) = doctor(shell);
    assert!(
        code == Some(1) && said.contains("broken  open files"),
        "{said}"
    );
}

/// A job of an instant is written by one statement, and what of it the server drops is not taken for kept.
#[test]
fn what_the_server_drops_in_silence_stays_in_its_spool() {
    let (postgres, home) = home();
    home.text(&["run", "--", "true"]);
    for table in ["job_logs", "jobs"] {
        postgres.psql(
            "postgres",
            &format!(
                "create function no() returns trigger language plpgsql as $$ begin return null; end $$;
                 create trigger no before insert or update on {table} for each row execute function no()"
            ),
        );
        let line = format!("echo said of {table}");
        let output = home.run(&["run", "--", &line]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let words = format!("its table {table} does not keep what is written; look for a trigger");
        assert!(stderr.contains(&words), "{stderr}");
        let doctor = home.run(&["doctor"]);
        let text = String::from_utf8_lossy(&doctor.stdout);
        assert_eq!(doctor.status.code(), Some(1), "{text}");
        assert!(text.contains("does not keep what is written"), "{text}");
        postgres.psql("postgres", "drop function no cascade");
        eventually("it is archived after all", || {
            home.run(&["jobs"]);
            home.job_folders().is_empty()
        });
        assert_eq!(
            home.text(&["log", "last", "--raw"]),
            format!("said of {table}\n")
        );
    }
}

/// What somebody made of the columns is found before any job has met it, and no command panics of it.
#[test]
fn columns_that_are_others_are_found_by_the_doctor() {
    let (postgres, home) = home();
    home.text(&["run", "--", "echo said"]);
    for (change, back, words) in [
        (
            "alter table jobs rename column reason to why",
            "alter table jobs rename column why to reason",
            "\"reason\"",
        ),
        (
            "alter table jobs alter column lines type numeric, alter column archived_seq type numeric",
            "alter table jobs alter column lines type bigint, alter column archived_seq type bigint",
            "its lines: ",
        ),
        (
            "alter table jobs alter column detail type text",
            "alter table jobs alter column detail type jsonb using detail::jsonb",
            "its detail: ",
        ),
    ] {
        postgres.psql("postgres", change);
        let doctor = home.run(&["doctor"]);
        let text = String::from_utf8_lossy(&doctor.stdout);
        assert!(text.contains(words), "{change}: {text}");
        assert_eq!(doctor.status.code(), Some(1), "{change}: {text}");
        for args in [&["jobs"][..], &["log", "last"], &["run", "--", "true"]] {
            let output = home.run(args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(!stderr.contains("panicked"), "{change}: {args:?}: {stderr}");
        }
        postgres.psql("postgres", back);
        eventually("all is archived", || {
            home.run(&["jobs"]);
            home.job_folders().is_empty()
        });
    }
    let text = String::from_utf8_lossy(&home.run(&["doctor"]).stdout).into_owned();
    assert!(!text.contains("broken  Postgres"), "{text}");
}

/// What is being ended is not said to hold the output, though its graces are long.
#[test]
fn what_outlives_a_time_limit_is_waited_for_until_its_last_signal() {
    let (_postgres, home) = home();
    home.makefile(
        "## @timeout 1s\n## @grace 6s 1s\nslow: ; @sh -c 'trap \"\" INT TERM; echo $$$$ >pid; exec sleep 1107' & exec sleep 1108\n",
    );
    let output = home.run(&["run", "slow"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(124), "{stderr}");
    assert!(stderr.contains("timed out after 1 s"), "{stderr}");
    assert!(!stderr.contains("holds its output"), "{stderr}");
    let pid = fs::read_to_string(home.work().join("pid")).unwrap();
    assert!(!is_alive(pid.trim().parse().unwrap()));
}

#[test]
fn output_that_a_process_holds_after_the_end_is_not_waited_for() {
    let (postgres, home) = home();
    let output = home.run(&["run", "--", "sleep 1000 & echo $! > pid; echo said; exit 3"]);
    assert_eq!(
        (output.status.code(), output.stdout),
        (Some(3), b"said\n".to_vec())
    );
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains("holds its output") && !stderr.contains("Postgres"),
        "{stderr}"
    );
    let kept = postgres.psql("postgres", "select status, exit_code from jobs");
    assert_eq!(kept.trim(), "error|3");
    let pid = fs::read_to_string(home.work().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    eventually("its supervisor has the rest archived", || {
        home.job_folders().is_empty()
    });
}

#[test]
fn a_statement_is_answered_without_psql() {
    let (_postgres, home) = home();
    home.text(&["run", "--", "true"]);
    let mut vmo = home.vmo(&[
        "db",
        "--",
        "-c",
        "select status, null as none, exit_code from jobs",
        "-cdelete from jobs where status = 'error'",
    ]);
    let output = vmo.env("PATH", "/nowhere").output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        stdout, "status|none|exit_code\ndone||0\n(1 row)\n(0 rows)\n",
        "{output:?}"
    );
    let mut vmo = home.vmo(&["db", "--", "-c", "select x from jobs"]);
    let output = vmo.env("PATH", "/nowhere").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.contains("\"x\""),
        "{stderr}"
    );
    let mut vmo = home.vmo(&["db", "--", "-f", "file"]);
    let output = vmo.env("PATH", "/nowhere").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("-c STATEMENT"), "{stderr}");
}

#[test]
fn a_detached_job_that_ends_at_once_is_archived() {
    let (postgres, home) = home();
    for _ in 0..3 {
        home.text(&["run", "--detach", "--", "true"]);
    }
    eventually("all are archived", || home.job_folders().is_empty());
    let kept = postgres.psql("postgres", "select status from jobs");
    assert_eq!(kept.trim(), "done\ndone\ndone");
}

#[test]
fn a_running_job_is_running_in_postgres_too_and_survives_its_row() {
    let (postgres, home) = home();
    // The first connection makes the tables.
    home.text(&["jobs"]);
    let mut running = home.start(&[
        "run",
        "--",
        "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two",
    ]);
    assert_eq!(running.line(), "one");
    let status = || {
        postgres
            .psql("postgres", "select status from jobs")
            .trim()
            .to_owned()
    };
    eventually("it is running", || status() == "running");
    let archived = "select count(*) from job_logs";
    eventually("its log has begun", || {
        postgres.psql("postgres", archived).trim() == "1"
    });
    postgres.psql("postgres", "delete from jobs");
    fs::write(home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
    assert_eq!(status(), "done");
    assert_eq!(home.text(&["log", "last", "--raw"]), "one\ntwo\n");
}

/// Runs a script in a terminal of its own, and gives all that appeared there.
fn in_terminal(home: &Home, script: &str) -> String {
    let vmo = home.vmo(&[]);
    let mut command = Command::new("script");
    command
        .args(["-qec", script, "/dev/null"])
        .current_dir(home.work())
        .stdin(Stdio::null());
    crate::home::same_variables(&vmo, &mut command);
    let output = command
        .env("VMO", env!("CARGO_BIN_EXE_vmo"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

#[test]
fn a_terminal_is_handed_over_with_its_size_and_comes_back_as_it_was() {
    let (_postgres, home) = home();
    let until_raw = "until stty -a -F $(cat tty) | grep -qe -icanon; do sleep 0.05; done; echo raw";
    let shown = in_terminal(
        &home,
        &format!(
            "stty rows 33 cols 77; tty > tty; $VMO run --pty -- 'stty size; {until_raw}'; stty -a"
        ),
    );
    assert!(
        shown.contains("33 77\n") && shown.contains("raw\n"),
        "{shown}"
    );
    assert!(
        shown.contains(" icanon ") && !shown.contains("-icanon"),
        "{shown}"
    );

    // In the background it neither takes the terminal nor is stopped for it.
    let shown = in_terminal(
        &home,
        "set -m; $VMO run --pty -- 'echo behind; exit 3' & wait $!; echo code $?; stty -a",
    );
    assert!(
        shown.contains("behind") && shown.contains("code 3"),
        "{shown}"
    );
    assert!(!shown.contains("-icanon"), "{shown}");
}

#[test]
fn jobs_are_listed_in_the_width_of_the_terminal_and_shown_whole_one_by_one() {
    let (_postgres, home) = home();
    let long = "true ".repeat(4_000);
    let id = home.json(&["run", "--json", "--", &long])["id"].clone();
    let id = id.as_str().unwrap();
    let shown = in_terminal(&home, "stty rows 24 cols 80; $VMO jobs; $VMO jobs last");
    let mut lines = shown.lines();
    let listed = lines.next().unwrap();
    assert!(listed.chars().count() <= 80, "{listed}");
    assert!(
        listed.contains("done  true true") && listed.ends_with('…'),
        "{listed}"
    );
    assert!(
        id.starts_with(listed.split(' ').next().unwrap()),
        "{listed}"
    );
    assert!(shown.contains(&format!("command  {}", long.trim_end())));
    let whole = home.text(&["jobs", &id[..18]]);
    for words in [id, "here, in /", "status   done"] {
        assert!(whole.contains(words), "{whole}");
    }
    // Nothing is cut for a script.
    assert!(home.text(&["jobs"]).contains(long.trim_end()));
    assert_eq!(home.json(&["jobs", "last", "--json"])["command"], long);
}

#[test]
fn a_terminal_comes_back_when_we_are_terminated() {
    let (_postgres, home) = home();
    let shown = in_terminal(
        &home,
        "sh -c 'echo $$ > pid; exec $VMO run --pty -- \"kill -TERM \\$(cat pid); sleep 1000\"'; echo code $?; stty -a; $VMO cancel last",
    );
    assert!(shown.contains("code 143"), "{shown}");
    assert!(
        shown.contains(" icanon ") && !shown.contains("-icanon"),
        "{shown}"
    );
    assert!(shown.contains("canceled"), "{shown}");
}

#[test]
fn a_job_of_another_year_shows_the_year() {
    let (postgres, home) = home();
    home.text(&["run", "--", "true"]);
    postgres.psql(
        "postgres",
        "update jobs set queued_at = queued_at - interval '2 years'",
    );
    let listed = home.text(&["jobs"]);
    let year = postgres.psql("postgres", "select extract(year from queued_at) from jobs");
    assert!(listed.contains(&format!(" {}-", year.trim())), "{listed}");
}

#[test]
fn a_million_lines_are_printed_in_a_few_times_what_their_bytes_take() {
    let (_postgres, home) = home();
    home.text(&["run", "--", "seq 1000000"]);
    let timed = |args: &[&str]| {
        let begun = std::time::Instant::now();
        let printed = home.text(args);
        (printed, begun.elapsed())
    };
    let (raw, bytes) = timed(&["log", "last", "--raw"]);
    let (text, lines) = timed(&["log", "last"]);
    assert!(raw == text, "they are plain lines");
    println!("{lines:?}, raw {bytes:?}");
    // The development build takes each line apart some fifteen times as slowly as it copies it; line by line from the log's
    // start, as it was once, is hundreds.
    assert!(lines < bytes * 60, "{lines:?}, raw {bytes:?}");
}
