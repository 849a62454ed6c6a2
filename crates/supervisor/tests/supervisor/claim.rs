//! Who cares for a job at its end, or when its supervisor is killed.

use std::{
    fs,
    time::{Duration, Instant},
};

use supervisor::{
    control,
    folder::{EXIT, Folder},
    spool,
};

use crate::job::{self, Job, folder, kill, patiently, runs, sh, supervisor};

/// A job nobody listens to, whose archiver leaves a file behind.
fn unwatched(script: &str) -> (tempfile::TempDir, Folder) {
    let (scratch, folder) = folder(&sh(script));
    let mut exec = sh(script);
    exec.archiver = ["sh", "-c", "echo \"$0 $WHERE ${SECRET-none} $HOME $(ps -o sid= -p $$) $$\" >\"$WHERE.new\"; mv \"$WHERE.new\" \"$WHERE\""]
        .map(str::to_owned)
        .into();
    let mark = scratch.path().join("mark").display().to_string();
    exec.archiver_env = vec![("WHERE".to_owned(), mark)];
    job::describe(&folder, &exec);
    (scratch, folder)
}

#[test]
fn the_archiver_is_started_when_nobody_claims_the_job() {
    let (scratch, folder) = unwatched("echo hello");
    let began = Instant::now();
    let mut command = supervisor(folder.path());
    command
        .env("SECRET", "of the job")
        .env("HOME", scratch.path());
    assert!(command.spawn().unwrap().wait().unwrap().success());
    assert!(began.elapsed() >= Duration::from_secs(2));
    let mark = patiently(|| fs::read_to_string(scratch.path().join("mark")).ok());
    let words: Vec<&str> = mark.split_whitespace().collect();
    let [job, _, secret, home, session, pid] = words[..] else {
        panic!("{mark}")
    };
    assert_eq!((job, secret), ("0198-job", "none"));
    assert_eq!(home, scratch.path().to_str().unwrap());
    assert_eq!(session, pid, "it leads a session");
    assert!(folder.try_lock().unwrap().is_some());
}

#[test]
fn no_archiver_is_started_when_an_engine_holds_the_claim() {
    let (scratch, folder) = unwatched("echo hello");
    let claim = folder.lock_blocking().unwrap();
    let began = Instant::now();
    assert!(
        supervisor(folder.path())
            .spawn()
            .unwrap()
            .wait()
            .unwrap()
            .success()
    );
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(folder.read_file(EXIT).unwrap().is_some());
    assert!(!scratch.path().join("mark").exists());
    drop(claim);
}

#[test]
fn no_archiver_is_started_when_an_engine_comes_by() {
    let (scratch, folder) = unwatched("echo hello");
    let mut supervisor = supervisor(folder.path()).spawn().unwrap();
    patiently(|| folder.read_file(EXIT).unwrap());
    let claim = folder.lock_blocking().unwrap();
    let mut listener = job::Listener::to(&folder);
    assert!(listener.complete().complete);
    assert!(supervisor.wait().unwrap().success());
    assert!(!scratch.path().join("mark").exists());
    drop(claim);
}

#[test]
fn one_who_only_listens_is_no_engine() {
    let (scratch, folder) = unwatched("echo hello");
    let mut supervisor = supervisor(folder.path()).spawn().unwrap();
    let mut listener = patiently(|| job::Listener::try_to(&folder));
    assert!(listener.complete().complete);
    assert!(supervisor.wait().unwrap().success());
    patiently(|| fs::read_to_string(scratch.path().join("mark")).ok());
}

#[test]
fn a_folder_that_is_being_dropped_is_left_alone() {
    let (_scratch, folder) = unwatched("echo hello");
    let mut supervisor = supervisor(folder.path()).spawn().unwrap();
    let mut listener = patiently(|| job::Listener::try_to(&folder));
    listener.complete();
    fs::remove_dir_all(folder.path()).unwrap();
    drop(listener);
    assert!(supervisor.wait().unwrap().success());
    assert!(!folder.path().exists());
}

#[test]
fn a_killed_supervisor_leaves_a_whole_spool() {
    let mut job = Job::start(&sh("i=0; while :; do echo line $i; i=$((i+1)); done"));
    job.stdout_has("line 2000\n");
    let who = job.who();
    assert!(who.supervisor.is_alive() && who.child.is_alive());
    job.supervisor.kill().unwrap();
    job.supervisor.wait().unwrap();
    assert!(!who.supervisor.is_alive());
    while job.listener.next().is_some() {}
    let end = spool::end(job.folder.path()).unwrap();
    assert_eq!(
        spool::Writer::resume(job.folder.path()).unwrap().position(),
        end
    );
    let stdout = job.stdout();
    for (line, number) in stdout.lines().zip(0..).take(stdout.lines().count() - 1) {
        assert_eq!(line, format!("line {number}"));
    }
    assert!(job.folder.read_file(EXIT).unwrap().is_none());
    assert!(control::connect(job.folder.path()).is_err());
    // Nobody reads from the child any more, so it ends by itself; a quiet one would not.
    patiently(|| (!runs(who.pgid)).then_some(()));
    kill(who.pgid);
}
