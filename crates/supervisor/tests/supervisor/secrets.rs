//! Secrets: out of the log at whatever speed, out of what is said of processes, out of a core.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    process::Command,
    time::{Duration, Instant},
};

use supervisor::{
    control::ToSupervisor,
    exec::{Exec, MASKED},
    folder::ORPHANS,
    identity::Identity,
    spool::Stream,
};

use crate::job::{Job, exec, kill, patiently, runs, sh};

const SECRET: &str = "s3cr3t-of-the-test";

fn with_secret(mut exec: Exec) -> Job {
    exec.secrets = vec!["TOKEN".into()];
    Job::start_in(&exec, |_, command| {
        command.env("TOKEN", SECRET);
    })
}

#[test]
fn a_secret_that_comes_slowly_is_masked() {
    for first in 1..=5 {
        let (start, rest) = SECRET.split_at(first);
        let script = format!("printf 'x {start}'; sleep 0.3; printf '{rest} y\\n'");
        let mut job = with_secret(sh(&script));
        job.end();
        assert_eq!(job.stdout(), "x *** y\n", "{first}");
    }
    // Slower than anything is held: little of it is seen, and then no more.
    let mut job = with_secret(sh(
        "for part in s 3 cr3t-of -the -test; do printf $part; sleep 0.7; done",
    ));
    job.end();
    assert_eq!(job.stdout(), "s3***");
}

#[test]
fn a_prompt_that_ends_as_a_secret_begins_is_seen() {
    let mut job = with_secret(sh(
        "printf 'Password: s'; read answer; printf 'log in to s3cr3t-of'; read answer",
    ));
    job.stdout_has("Password: ");
    let begun = Instant::now();
    job.stdout_has("Password: s");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    job.listener.say(&ToSupervisor::Input(b"x\n".to_vec()));
    // So much of it is not shown, but that something is there.
    job.stdout_has("log in to ***");
    job.listener.say(&ToSupervisor::Input(b"x\n".to_vec()));
    job.end();
}

#[test]
fn what_is_said_of_processes_left_running_has_no_secret() {
    let script = "cd \"$HERE\" || exit; sh -c 'echo >up; sleep 1094; :' \"$TOKEN\" >/dev/null 2>&1 & \
         while [ ! -e up ]; do sleep 0.02; done; exit 3";
    let mut exec = sh(script);
    exec.secrets = vec!["TOKEN".into()];
    let mut job = Job::start_in(&exec, |scratch, command| {
        command.env("TOKEN", SECRET).env("HERE", scratch);
    });
    let exit = job.listener.exit();
    let survivors = exit.survivors.iter();
    let commands: Vec<&str> = survivors.map(|one| one.command.as_str()).collect();
    assert!(
        commands.contains(&"sh -c echo >up; sleep 1094; : ***"),
        "{commands:?}"
    );
    for one in &exit.survivors {
        kill(one.pid);
    }
    job.end();
}

#[test]
fn words_for_the_supervisor_are_not_for_the_child() {
    let mut exec = sh("env; echo value-of-the-makefile");
    let name = format!("{MASKED}1");
    exec.secrets = vec![name.clone()];
    let mut job = Job::start_in(&exec, |_, command| {
        command.env(&name, "value-of-the-makefile");
    });
    job.end();
    let stdout = job.stdout();
    assert!(
        stdout.ends_with("***\n") && !stdout.contains(MASKED),
        "{stdout}"
    );
}

/// What `direnv` does: a program of that name that runs another one in an environment of its own.
#[test]
fn what_another_program_brings_is_masked_from_the_first_byte() {
    let scratch = tempfile::tempdir().unwrap();
    let direnv = scratch.path().join("direnv");
    let script =
        format!("#!/bin/sh\necho loading >&2\nshift 2\nTOKEN={SECRET} OTHER=shown exec \"$@\"\n");
    fs::write(&direnv, script).unwrap();
    fs::set_permissions(&direnv, fs::Permissions::from_mode(0o700)).unwrap();
    let run = "echo $TOKEN $OTHER; ls /proc/self/fd | wc -w; exit 5";
    let args = ["exec", "/", "sh", "-c", run];
    let mut exec = exec(direnv.to_str().unwrap(), &args);
    exec.secrets = vec!["TOKEN".into(), "VMO_SECRET_TOKEN".into()];
    let mut job = Job::start(&exec);
    let exit = job.end();
    assert_eq!(exit.ended, supervisor::exit::Exit::Code { code: 5 });
    assert_eq!(job.stdout(), "*** shown\n4\n");
    assert_eq!(job.bytes(Stream::Stderr), b"loading\n");
}

#[test]
fn a_supervisor_leaves_no_core() {
    // Whether anything does here.
    let limited = |program: &str| format!("ulimit -c unlimited; cd /tmp; exec {program}");
    let other = Command::new("sh")
        .args(["-c", &limited("sh -c 'kill -ABRT $$'")])
        .status()
        .unwrap();
    let mut job = Job::start_in(&sh("echo ready; exec sleep 1091"), |_, command| {
        let program = command.get_program().to_owned();
        let folder = command.get_args().next().unwrap().to_owned();
        *command = Command::new("sh");
        command
            .args(["-c", &limited("\"$0\" \"$1\"")])
            .args([program, folder]);
    });
    job.stdout_has("ready");
    let who = job.who();
    let pid = rustix::process::Pid::from_raw(who.supervisor.pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::ABORT).unwrap();
    let status = job.supervisor.wait().unwrap();
    kill(who.child.pid);
    assert!(
        !status.core_dumped(),
        "others here: {}",
        other.core_dumped()
    );
}

#[test]
fn orphans_are_written_down_as_they_come() {
    let mut job = Job::start(&sh(
        "(env -i setsid sh -c 'echo $$; exec sleep 1092 >/dev/null 2>&1' </dev/null &); echo ready; sleep 1093",
    ));
    job.stdout_has("ready");
    let orphan = patiently(|| {
        let all: Vec<Identity> = job.folder.read_json(ORPHANS).unwrap()?;
        all.first().cloned()
    });
    assert!(job.stdout().contains(&format!("{}\n", orphan.pid)));
    job.listener.say(&ToSupervisor::Cancel { force: true });
    job.end();
    assert!(!runs(orphan.pid));
}

/// A cancel in the moment in which a job ends by itself: what has a large memory takes a while to go.
#[test]
fn what_ended_by_itself_was_not_canceled() {
    let script = "$| = 1; my $s = q(x) x 1e8; print qq(end\\n); POSIX::_exit(5)";
    let script = format!("exec perl -MPOSIX -e '{script}'");
    for delay in 0..5 {
        let mut job = Job::start(&sh(&script));
        job.stdout_has("end");
        std::thread::sleep(Duration::from_micros(delay * 500));
        job.listener.say(&ToSupervisor::Cancel { force: false });
        let exit = job.end();
        let by_itself = exit.ended == supervisor::exit::Exit::Code { code: 5 };
        assert_eq!(exit.canceled, !by_itself, "{exit:?}");
    }
}
