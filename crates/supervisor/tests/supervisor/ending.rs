//! How a child can end, and what can be left when it has.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Instant};

use supervisor::{
    control::{ToEngine, ToSupervisor},
    exec::Exec,
    exit::{Exit, ExitRecord, Survivor},
    folder::EXIT,
};

use crate::job::{Job, Listener, exec, patiently, release, runs, sh};

#[test]
fn an_exit_code() {
    let exit = Job::start(&sh("exit 42")).end();
    assert_eq!(exit.ended, Exit::Code { code: 42 });
    assert!(!exit.canceled && exit.complete && exit.survivors.is_empty());
    assert!(exit.finished_at >= exit.started_at.unwrap());
}

#[test]
fn a_signal_is_not_a_code_above_128() {
    let exit = Job::start(&sh("kill -KILL $$")).end();
    assert_eq!(
        exit.ended,
        Exit::Signal {
            signal: "KILL".to_owned(),
            core: false
        }
    );
    assert!(!exit.canceled);
    assert_eq!(
        Job::start(&sh("exit 137")).end().ended,
        Exit::Code { code: 137 }
    );
    let exit = Job::start(&sh("kill -34 $$")).end();
    assert_eq!(
        exit.ended,
        Exit::Signal {
            signal: "34".to_owned(),
            core: false
        }
    );
}

fn why_not(exec: &Exec) -> String {
    let exit = Job::start(exec).end();
    assert_eq!(exit.started_at, None);
    match exit.ended {
        Exit::CouldNotStart { why } => why,
        other => panic!("{other:?}"),
    }
}

fn file(path: &Path, bytes: &[u8], mode: u32) -> Exec {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    exec(path.to_str().unwrap(), &[])
}

#[test]
fn what_could_not_start_says_why() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("program");
    let name = path.to_str().unwrap();
    let says =
        |exec: &Exec, why: &str| assert_eq!(why_not(exec), format!("{}: {why}", exec.program));

    says(&exec("no-such-program", &[]), "not found in PATH");
    says(&exec(name, &[]), "no such file");
    says(
        &file(&path, b"#!/bin/sh\n", 0o644),
        "may not be run (permission denied)",
    );
    says(
        &file(&path, b"#!/no/such/shell\n", 0o755),
        "the interpreter it names is not there",
    );
    says(
        &file(&path, b"echo no first line\n", 0o755),
        "not a program this machine can run",
    );
    says(
        &exec(scratch.path().to_str().unwrap(), &[]),
        "a folder, not a program",
    );
    says(
        &exec(&format!("{name}/x"), &[]),
        "a part of its path is not a folder",
    );
    says(
        &exec("true", &["x".repeat(200_000).as_str()]),
        "its arguments and environment are longer than the system takes",
    );
    assert!(why_not(&exec("true", &["a\0b"])).starts_with("true: "));

    fs::copy("/bin/true", &path).unwrap();
    let writing = fs::File::options().write(true).open(&path).unwrap();
    says(&exec(name, &[]), "is being written to (text file busy)");
    drop(writing);

    let mut nowhere = exec("true", &[]);
    nowhere.cwd = scratch.path().join("gone");
    assert_eq!(
        why_not(&nowhere),
        format!("the folder {} is not there", nowhere.cwd.display())
    );
    nowhere.cwd = path;
    assert_eq!(
        why_not(&nowhere),
        format!("{} is not a folder", nowhere.cwd.display())
    );
}

#[test]
fn a_grandchild_may_hold_the_output() {
    let mut job = Job::start_here("mkfifo gate; (read go <gate; echo late) & echo early; exit 5");
    let begun = Instant::now();
    let exit = job.listener.exit();
    assert!(!exit.complete && exit.ended == Exit::Code { code: 5 });
    assert_eq!(exit.survivors.len(), 1, "{exit:?}");
    // Two seconds later that is written down too, and who comes now is told so.
    let written: ExitRecord = patiently(|| job.folder.read_json(EXIT).unwrap());
    assert!(!written.complete && begun.elapsed().as_secs() >= 1);
    let mut late = Listener::to(&job.folder);
    assert_eq!(
        late.next().unwrap(),
        ToEngine::Committed {
            offset: written.spool_end
        }
    );
    assert!(!late.exit().complete);

    release(&job.path("gate"));
    let exit = job.end();
    assert!(exit.complete && exit.ended == Exit::Code { code: 5 } && exit.survivors.is_empty());
    assert_eq!(late.complete(), exit);
    assert_eq!(job.stdout(), "early\nlate\n");
}

#[test]
fn what_is_left_running_is_named_and_left() {
    let daemon = "exec </dev/null >/dev/null 2>&1; echo >up; sleep 1061; exit";
    let exit = Job::start_here(&format!("mkfifo up; setsid sh -c '{daemon}' & read go <up")).end();
    assert!(exit.complete && exit.ended == Exit::Code { code: 0 });
    let named = |survivor: &&Survivor| {
        survivor.command.starts_with("sh -c exec") && survivor.command.ends_with(daemon)
    };
    let survivor = exit.survivors.iter().find(named).expect("it is named");
    assert!(runs(survivor.pid));
    // It leads a group, in which a shell's sleep may have come since.
    let group = rustix::process::Pid::from_raw(survivor.pid).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_cancel_after_the_childs_end_ends_the_rest() {
    let mut job = Job::start(&sh("(trap '' INT; sleep 1062) & echo $!"));
    let exit = job.listener.exit();
    assert!(!exit.complete && !exit.canceled);
    let holder = exit.survivors[0].pid;
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(exit.complete && !exit.canceled && exit.survivors.is_empty());
    assert!(!runs(holder));
}

#[test]
fn a_job_whose_folder_was_removed_keeps_nobody() {
    let mut job = Job::start(&sh("echo ready; cat"));
    job.stdout_has("ready");
    fs::remove_dir_all(job.folder.path()).unwrap();
    job.listener.say(&ToSupervisor::EndInput);
    let status = patiently(|| job.supervisor.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

#[test]
fn a_core_dump_is_reported_if_there_is_one() {
    let mut dumps = Job::start_here("ulimit -c unlimited; kill -ABRT $$");
    let mut leaves_none = Job::start_here("ulimit -c 0; kill -ABRT $$");
    let files = |job: &Job| fs::read_dir(job.path("")).unwrap().flatten().count();
    let before = files(&leaves_none);
    let ended = |job: &mut Job| match job.end().ended {
        Exit::Signal { signal, core } => (signal, core),
        other => panic!("{other:?}"),
    };
    assert_eq!(ended(&mut leaves_none), ("ABRT".to_owned(), false));
    let (signal, core) = ended(&mut dumps);
    assert_eq!(signal, "ABRT");
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    // Elsewhere it goes to a folder or a program of the machine's.
    if pattern.trim().starts_with("core") {
        assert_eq!(core, files(&dumps) > before, "a core file is there");
    }
}

#[test]
fn an_orphan_of_two_forks_in_a_session_of_its_own_is_named() {
    let script = "mkfifo up; sh -c 'setsid sh -c \"exec </dev/null >/dev/null 2>&1; echo >up; exec sleep 1074\" & exit 0'; read go <up";
    let exit = Job::start_here(script).end();
    let left: Vec<&Survivor> = exit.survivors.iter().collect();
    let [orphan] = left.as_slice() else {
        panic!("{exit:?}")
    };
    assert!(runs(orphan.pid) && exit.complete && !exit.canceled);
    crate::job::kill(orphan.pid);
}
