//! Cancel: the whole tree, signal by signal.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use supervisor::{
    control::ToSupervisor,
    exec::Grace,
    exit::{Ended, Exit},
};

use crate::job::{Job, exec, runs, sh};

fn ended_by(exit: &Exit, signal: &str) -> bool {
    exit.canceled
        && exit.ended
            == Ended::Signal {
                signal: signal.to_owned(),
                core: false,
            }
}

#[test]
fn the_first_signal_is_one_a_child_can_act_on() {
    let mut job = Job::start(&sh(
        "trap 'echo bye; exit 7' INT; echo ready; while :; do sleep 0.02; done",
    ));
    job.stdout_has("ready");
    job.told.say(&ToSupervisor::Cancel { force: false });
    let asked = Instant::now();
    job.stdout_has("bye");
    // A tenth of a second for the signal (RELIABILITY.md, P10), and some for the shell to say that it came.
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
    let exit = job.end();
    assert!(exit.canceled && exit.ended == Ended::Code { code: 7 });
    assert_eq!(job.stdout(), "ready\nbye\n");
}

#[test]
fn what_ignores_the_others_is_killed() {
    let mut job = Job::start(&sh(
        "trap '' INT TERM; echo ready; while :; do sleep 1063; done",
    ));
    job.stdout_has("ready");
    let asked = Instant::now();
    job.told.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(ended_by(&exit, "KILL"), "{exit:?}");
    assert!(
        asked.elapsed().as_millis() >= 200,
        "the graces were not kept"
    );
    assert!(exit.survivors.is_empty());
}

#[test]
fn force_kills_at_once() {
    let mut exec = sh("trap '' INT TERM; echo ready; while :; do sleep 1064; done");
    exec.graces = vec![Grace {
        signal: "INT".to_owned(),
        wait_ms: 600_000,
    }];
    let mut job = Job::start(&exec);
    job.stdout_has("ready");
    job.told.say(&ToSupervisor::Cancel { force: false });
    job.told.say(&ToSupervisor::Cancel { force: true });
    assert!(ended_by(&job.end(), "KILL"));
}

#[test]
fn what_is_gone_a_moment_after_its_kill_is_not_named_as_left() {
    // A process takes a while to give a lot of memory back, and is there meanwhile.
    let hold = "exec python3 -c 'import time; b = bytearray(400 << 20); print(\"ready\", flush=True); time.sleep(1069)'";
    for _ in 0..3 {
        let mut exec = sh(&format!(
            "trap '' INT TERM; setsid sh -c '{}' & sleep 1070",
            hold.replace('\'', "'\\''")
        ));
        exec.graces = vec![Grace {
            signal: "KILL".to_owned(),
            wait_ms: 0,
        }];
        let mut job = Job::start(&exec);
        job.stdout_has("ready");
        job.told.say(&ToSupervisor::Cancel { force: false });
        let exit = job.end();
        assert!(exit.canceled, "{exit:?}");
        assert_eq!(exit.survivors, [], "{exit:?}");
    }
}

/// A shell, its child, one in a session of its own, and one that has been orphaned on purpose as well; each says who it
/// is and ignores what INT and TERM would do.
const TREE: &str = "trap '' INT TERM
    (sh -c 'echo $$; sleep 1065') &
    setsid sh -c 'echo $$; sleep 1066' &
    sh -c 'setsid sh -c \"echo \\$\\$; sleep 1067\" & exit 0'
    echo $$; wait; sleep 1068";

#[test]
fn a_tree_is_ended_whole() {
    let mut job = Job::start(&sh(TREE));
    while job.stdout().lines().count() < 4 {
        job.told.next().unwrap();
    }
    let pids: Vec<i32> = job
        .stdout()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert!(pids.iter().all(|pid| runs(*pid)));
    job.told.say(&ToSupervisor::Cancel { force: false });
    let asked = Instant::now();
    let exit = job.end();
    // The graces before the last signal, and a second (RELIABILITY.md, P10).
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(200 + 1000), "{took:?}");
    assert!(
        ended_by(&exit, "KILL") && exit.survivors.is_empty(),
        "{exit:?}"
    );
    for pid in pids {
        assert!(!runs(pid), "{pid} survives");
    }
}

#[test]
fn a_tree_that_runs_away_is_caught() {
    // Each of them starts the next in a session of its own, ends, and is never there when a list of all is made. They
    // stop by themselves only when their program is gone with the scratch folder.
    let script = "echo '#!/bin/sh' >next; echo \"trap '' INT TERM; setsid $HERE/next &\" >>next
        chmod +x next; ./next; echo ready; sleep 1073";
    let mut job = Job::start_here(script);
    job.stdout_has("ready");
    job.told.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
    let next = job.path("next").display().to_string();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        assert!(!command.contains(&next), "{command} got away");
    }
}

#[test]
fn a_signal_reaches_each_of_the_tree_once() {
    let script = "trap 'echo outer' TERM
        setsid sh -c 'trap \"echo inner\" TERM; echo up; while :; do sleep 0.02; done' &
        while :; do sleep 0.02; done";
    let mut exec = sh(script);
    // What a shell starts in the background ignores INT.
    exec.graces = vec![Grace {
        signal: "TERM".to_owned(),
        wait_ms: 500,
    }];
    let mut job = Job::start(&exec);
    job.stdout_has("up");
    job.told.say(&ToSupervisor::Cancel { force: false });
    assert!(ended_by(&job.end(), "KILL"));
    let mut said: Vec<_> = job.stdout().lines().map(str::to_owned).collect();
    said.sort();
    assert_eq!(said, ["inner", "outer", "up"]);
}

#[test]
fn ending_the_supervisor_is_a_cancel() {
    let mut job = Job::start(&exec("sleep", &["1069"]));
    job.who();
    let pid = i32::try_from(job.supervisor.id()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let exit = job.end();
    assert!(ended_by(&exit, "INT"), "{exit:?}");
}

#[test]
fn a_signal_alone_is_no_cancel() {
    let mut job = Job::start(&exec("sleep", &["1070"]));
    job.who();
    job.told.say(&ToSupervisor::Signal(Signal::USR1.as_raw()));
    let exit = job.end();
    assert!(
        !exit.canceled && matches!(&exit.ended, Ended::Signal { signal, .. } if signal == "USR1")
    );
}
