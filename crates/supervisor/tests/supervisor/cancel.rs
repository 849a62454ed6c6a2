//! Cancel: the whole tree, signal by signal.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use supervisor::{
    claims::Claims,
    control::{ToEngine, ToSupervisor},
    exec::{Exec, Grace},
    exit::{Exit, ExitRecord},
    folder::{SUPERVISOR, Supervisor},
};

use crate::job::{Job, Listener, exec, folder, patiently, runs, sh};

fn ended_by(exit: &ExitRecord, signal: &str) -> bool {
    exit.canceled
        && exit.ended
            == Exit::Signal {
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
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let begun = Instant::now();
    job.stdout_has("bye");
    // A tenth of a second for the signal (RELIABILITY.md, P10), and some for the shell to say that it came.
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
    let exit = job.end();
    assert!(exit.canceled && exit.ended == Exit::Code { code: 7 });
    assert_eq!(job.stdout(), "ready\nbye\n");
}

#[test]
fn what_ignores_the_others_is_killed() {
    let mut job = Job::start(&sh(
        "trap '' INT TERM; echo ready; while :; do sleep 1063; done",
    ));
    job.stdout_has("ready");
    let begun = Instant::now();
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(ended_by(&exit, "KILL"), "{exit:?}");
    assert!(
        begun.elapsed().as_millis() >= 200,
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
    job.listener.say(&ToSupervisor::Cancel { force: false });
    job.listener.say(&ToSupervisor::Cancel { force: true });
    assert!(ended_by(&job.end(), "KILL"));
}

/// A job that waits for what its shell does, beside a process that takes a while to give a lot of memory back and is
/// there meanwhile; a KILL is the first thing a cancel sends.
fn beside_a_large_one(shell: &str) -> Exec {
    let large = "exec python3 -c 'import time; b = bytearray(400 << 20); print(\"ready\", flush=True); time.sleep(1069)'";
    let large = large.replace('\'', "'\\''");
    let mut exec = sh(&format!(
        "trap '' INT TERM; setsid sh -c '{large}' & {shell}"
    ));
    exec.graces = vec![Grace {
        signal: "KILL".to_owned(),
        wait_ms: 0,
    }];
    exec
}

#[test]
fn what_is_gone_a_moment_after_its_kill_is_not_named_as_left() {
    for _ in 0..3 {
        let mut job = Job::start(&beside_a_large_one("sleep 1070"));
        job.stdout_has("ready");
        job.listener.say(&ToSupervisor::Cancel { force: false });
        let exit = job.end();
        assert!(exit.canceled, "{exit:?}");
        assert_eq!(exit.survivors, [], "{exit:?}");
    }
}

/// The same if it was no cancel that ended it, or one that came too late.
#[test]
fn nor_is_it_after_a_time_limit_or_a_cancel_that_came_too_late() {
    for _ in 0..2 {
        let mut exec = beside_a_large_one("sleep 1106");
        exec.timeout_ms = Some(2_000);
        // On a slow machine the time may be over before there is anybody to name.
        let exit = Job::start(&exec).end();
        assert!(
            matches!(exit.ended, Exit::TimedOut { .. }) && !exit.canceled,
            "{exit:?}"
        );
        assert_eq!(exit.survivors, [], "{exit:?}");

        // The child is over by itself, and its output is held by the other.
        let mut job = Job::start(&beside_a_large_one("read go; exit 3"));
        job.stdout_has("ready");
        job.listener.say(&ToSupervisor::Input(b"go\n".to_vec()));
        job.listener.until(|news| match news {
            ToEngine::Exit(exit) => Some(exit.clone()),
            _ => None,
        });
        job.listener.say(&ToSupervisor::Cancel { force: false });
        let exit = job.end();
        assert!(
            exit.ended == Exit::Code { code: 3 } && !exit.canceled,
            "{exit:?}"
        );
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
        job.listener.next().unwrap();
    }
    let pids: Vec<i32> = job
        .stdout()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert!(pids.iter().all(|pid| runs(*pid)));
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let begun = Instant::now();
    let exit = job.end();
    // The graces before the last signal, and a second (RELIABILITY.md, P10).
    let took = begun.elapsed();
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
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
    let next = job.path("next").display().to_string();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        assert!(!command.contains(&next), "{command} got away");
    }
}

/// How many; `VMO_CROWD` says another number. Each keeps a processor busy for a fiftieth of its time or more.
const CROWD: usize = 100;

#[test]
fn a_crowd_that_forks_anew_and_ignores_signals_is_ended_before_it_is_told_so() {
    let crowd = std::env::var("VMO_CROWD").map_or(CROWD, |crowd| crowd.parse().unwrap());
    // Each of them forks its heir every 20 ms, in a session of its own, and goes; for some seconds at most, and as long as the
    // scratch folder is there. Who cannot fork goes, too.
    let script = "cat >next <<'END'
use POSIX;
$SIG{INT} = $SIG{TERM} = 'IGNORE';
my $until = time + 12;
for (1 .. $ARGV[0]) { next if fork; for (;;) { setsid; select undef, undef, undef, 0.02;
  my $heir = fork; POSIX::_exit(0) if time > $until or not -e 'next' or $heir or not defined $heir } }
syswrite STDOUT, qq(ready\\n); sleep 1100;
END
exec perl next";
    let mut job = Job::start_here(&format!("{script} {crowd}"));
    job.stdout_has("ready");
    job.listener.say(&ToSupervisor::Cancel { force: true });
    let begun = Instant::now();
    let exit = job.end();
    let took = begun.elapsed();
    println!("{crowd} are ended within {took:?}");
    assert!(
        took < Duration::from_secs(8),
        "they went by themselves: {took:?}"
    );
    let left = in_scratch(&job);
    assert!(
        exit.canceled && exit.survivors.is_empty(),
        "{exit:?} {left:?}"
    );
    assert!(left.is_empty(), "{} are told as ended", left.len());
}

/// Who works in the job's scratch folder.
fn in_scratch(job: &Job) -> Vec<i32> {
    let here = job.path("");
    let is_here = |pid: &i32| {
        std::fs::read_link(format!("/proc/{pid}/cwd"))
            .is_ok_and(|cwd| here.starts_with(&cwd) && cwd != Path::new("/"))
    };
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(is_here).filter(|pid| runs(*pid)).collect()
}

#[test]
fn a_supervisor_below_a_job_is_no_part_of_it() {
    let (scratch, inner) = folder(&sh("sleep 1101"));
    let program = env!("CARGO_BIN_EXE_vmo-supervisor");
    let script = format!(
        "{program} {} & echo ready; sleep 1102",
        inner.path().display()
    );
    let mut job = Job::start(&sh(&script));
    job.stdout_has("ready");
    let who: Supervisor = patiently(|| inner.read_json(SUPERVISOR).unwrap());
    job.listener.say(&ToSupervisor::Cancel { force: true });
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
    assert!(runs(who.supervisor.pid) && runs(who.child.pid));
    let mut listener = Listener::to(&inner);
    listener.say(&ToSupervisor::Cancel { force: true });
    assert!(listener.complete().canceled);
    drop(scratch);
}

const NOBODY: u32 = 65_534;

/// What an administrator made so that it becomes root, and our program where an ordinary user can run it.
struct Administered {
    scratch: tempfile::TempDir,
}

impl Administered {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let become_root = scratch.path().join("become-root");
        fs::copy("/usr/bin/setpriv", &become_root).unwrap();
        fs::set_permissions(&become_root, Permissions::from_mode(0o4755)).unwrap();
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).unwrap();
        let program = scratch.path().join("vmo-supervisor");
        fs::copy(env!("CARGO_BIN_EXE_vmo-supervisor"), program).unwrap();
        Self { scratch }
    }

    /// A command line of root's.
    fn root(&self, line: &str) -> String {
        let become_root = self.scratch.path().join("become-root");
        format!("{} --reuid 0 --clear-groups {line}", become_root.display())
    }

    /// A job of an ordinary user, which holds a claim in this file.
    fn job(&self, exec: &Exec, file: &Path) -> Job {
        Job::start_in(exec, |folder, command| {
            all_in(folder).for_each(|path| chown(path, Some(NOBODY), Some(NOBODY)).unwrap());
            let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
            *command = Command::new(self.scratch.path().join("vmo-supervisor"));
            command
                .args(args)
                .env("VMO_DISK_FLOOR", "0")
                .uid(NOBODY)
                .gid(NOBODY)
                .stdout(taken(file));
        })
    }
}

#[test]
fn one_who_became_root_is_named_and_outlives_the_cancel_with_what_the_job_has() {
    let there = Administered::new();
    let (file, probe) = claims(there.scratch.path());
    let mut job = there.job(&sh(&format!("exec {}", there.root("sleep 1103"))), &file);
    let child = job.who().child.pid;
    let name = || fs::read_to_string(format!("/proc/{child}/comm")).unwrap();
    patiently(|| (name() == "sleep\n").then_some(()));
    job.listener.say(&ToSupervisor::Cancel { force: true });
    let why = job.listener.until(|message| match message {
        ToEngine::Unkillable(why) => why.clone(),
        _ => None,
    });
    let words = format!("runs as root and cannot be ended from here: sudo kill {child}");
    assert!(why.contains(&words), "{why}");
    assert!(!is_free(&probe), "it lives");
    kill_process(Pid::from_raw(child).unwrap(), Signal::KILL).unwrap();
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
    assert!(is_free(&probe));
}

/// The child ends by the first signal; another, which holds its output, by none. It is named once all were sent.
#[test]
fn one_who_became_root_behind_the_child_is_named_once_every_signal_was_in_vain() {
    let there = Administered::new();
    let (file, probe) = claims(there.scratch.path());
    let root = there.root("sh -c 'echo $$; exec sleep 1104'");
    let mut exec = sh(&format!("{root} & exec sleep 1105"));
    // Longer than the rest of the output is waited for.
    exec.graces[0].wait_ms = 3_000;
    let mut job = there.job(&exec, &file);
    job.stdout_has("\n");
    let pid: i32 = job.stdout().trim().parse().unwrap();
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let left = job.listener.until(|told| match told {
        ToEngine::Exit(exit) if !exit.survivors.is_empty() => Some(exit.clone()),
        _ => None,
    });
    assert!(left.canceled && !left.complete, "{left:?}");
    assert_eq!(left.survivors[0].pid, pid, "{left:?}");
    assert!(!is_free(&probe), "it lives");
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
    assert!(is_free(&probe));
}

/// A folder and all in it.
fn all_in(folder: &Path) -> Box<dyn Iterator<Item = PathBuf>> {
    let inner = fs::read_dir(folder).into_iter().flatten().flatten();
    let inner = inner.flat_map(|entry| all_in(&entry.path()));
    Box::new(inner.chain([folder.to_owned()]))
}

/// A file of claims in a folder, and who looks whether one of them is free.
fn claims(folder: &Path) -> (PathBuf, Claims) {
    let file = folder.join("claims");
    let probe = Claims::on(&file).unwrap();
    (file, probe)
}

/// A claim, for a supervisor.
fn taken(file: &Path) -> Stdio {
    let claims = Claims::on(file).unwrap();
    assert!(claims.try_take(7).unwrap());
    Stdio::from(claims.into_fd())
}

fn is_free(probe: &Claims) -> bool {
    let is_free = probe.try_take(7).unwrap();
    probe.give_back(7).unwrap();
    is_free
}

#[test]
fn what_a_job_has_is_its_own_until_all_that_is_canceled_is_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let (file, probe) = claims(scratch.path());
    let script = "(trap '' INT TERM; echo ready; while :; do sleep 0.05; done) & sleep 1104";
    let mut exec = sh(script);
    // Longer than an output is waited for that nobody ends.
    exec.graces = [("INT", 2500), ("KILL", 500)]
        .map(|(signal, wait_ms)| Grace {
            signal: signal.to_owned(),
            wait_ms,
        })
        .into();
    let mut job = Job::start_in(&exec, |_, command| {
        command.stdout(taken(&file));
    });
    job.stdout_has("ready");
    job.listener.say(&ToSupervisor::Cancel { force: false });
    let begun = Instant::now();
    while !is_free(&probe) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(2400),
        "given back after {took:?}"
    );
    let exit = job.end();
    assert!(exit.canceled && exit.survivors.is_empty(), "{exit:?}");
}

#[test]
fn a_silent_job_whose_folder_is_deleted_is_ended() {
    let mut job = Job::start(&exec("sleep", &["1105"]));
    let child = job.who().child.pid;
    fs::remove_dir_all(job.folder.path()).unwrap();
    patiently(|| (!runs(child)).then_some(()));
    patiently(|| job.supervisor.try_wait().unwrap());
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
    job.listener.say(&ToSupervisor::Cancel { force: false });
    assert!(ended_by(&job.end(), "KILL"));
    let mut lines: Vec<_> = job.stdout().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["inner", "outer", "up"]);
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
    job.listener
        .say(&ToSupervisor::Signal(Signal::USR1.as_raw()));
    let exit = job.end();
    assert!(
        !exit.canceled && matches!(&exit.ended, Exit::Signal { signal, .. } if signal == "USR1")
    );
}
