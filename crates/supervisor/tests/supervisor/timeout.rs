//! How long a job may run.

use std::time::{Duration, Instant};

use supervisor::{control::ToSupervisor, exec::Exec, exit::Exit};

use crate::job::{Job, runs, sh};

fn limited(script: &str, timeout_ms: u64) -> Exec {
    Exec {
        timeout_ms: Some(timeout_ms),
        ..sh(script)
    }
}

fn timed_out(after_ms: u64, signal: Option<&str>) -> Exit {
    Exit::TimedOut {
        after_ms,
        signal: signal.map(str::to_owned),
    }
}

#[test]
fn the_whole_tree_is_ended_with_its_graces() {
    let begun = Instant::now();
    let mut job = Job::start(&limited(
        "trap '' INT; setsid sleep 1071 & echo $!; while :; do sleep 1072; done",
        300,
    ));
    let exit = job.end();
    assert!(!exit.canceled);
    assert_eq!(exit.ended, timed_out(300, Some("TERM")));
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(400), "{took:?}");
    assert!(exit.survivors.is_empty());
    let stray = job.stdout().trim().parse().unwrap();
    assert!(!runs(stray));
}

#[test]
fn what_takes_a_signal_as_a_word_to_exit_has_timed_out_anyway() {
    let script = "trap 'echo bye; exit 0' INT; while :; do sleep 0.02; done";
    let mut job = Job::start(&limited(script, 200));
    assert_eq!(job.end().ended, timed_out(200, None));
    assert_eq!(job.stdout(), "bye\n");
}

#[test]
fn what_is_faster_or_canceled_before_has_not_timed_out() {
    let mut job = Job::start(&limited("exit 3", 60_000));
    assert_eq!(job.end().ended, Exit::Code { code: 3 });

    // The limit passes within the grace.
    let mut exec = limited("trap '' INT; echo ready; while :; do sleep 1073; done", 400);
    exec.graces[0].wait_ms = 1_000;
    let mut job = Job::start(&exec);
    job.stdout_has("ready");
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(exit.canceled);
    assert!(matches!(exit.ended, Exit::Signal { .. }), "{exit:?}");
}
