//! A disk without room: the child waits, nothing is lost, and it goes on by itself.

use std::{fs::File, process::Command};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use supervisor::{
    control::{ToEngine, ToSupervisor},
    exit::Exit,
    folder::EXIT,
    spool::Stream,
};

use crate::job::{Job, patiently, runs, sh};

fn free(path: &std::path::Path) -> u64 {
    let disk = rustix::fs::statvfs(path).unwrap();
    disk.f_bavail * disk.f_frsize
}

#[test]
fn reading_pauses_below_the_floor_and_goes_on_above_it() {
    const BALLAST: u64 = 512 * 1024 * 1024;
    let mut exec = sh("head -c 3000000 /dev/zero; echo done");
    exec.graces.clear();
    let mut ballast = None;
    let mut job = Job::start_in(&exec, |scratch, command| {
        let path = scratch.join("ballast");
        let file = File::create(&path).unwrap();
        rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, BALLAST).unwrap();
        let floor = free(scratch) + BALLAST / 2;
        command.env("VMO_DISK_FLOOR", floor.to_string());
        ballast = Some(path);
    });
    let why = job.listener.until(|message| match message {
        ToEngine::Paused(why) => why.clone(),
        _ => None,
    });
    assert!(why.starts_with("disk full: "), "{why}");
    assert!(job.log().is_empty());
    std::fs::remove_file(ballast.unwrap()).unwrap();
    job.listener
        .until(|message| (*message == ToEngine::Paused(None)).then_some(()));
    assert_eq!(job.end().ended, Exit::Code { code: 0 });
    assert_eq!(job.bytes(Stream::Stdout).len(), 3_000_005);
}

#[test]
fn a_child_that_ends_while_there_is_no_room_has_ended_when_its_output_is_kept() {
    const BALLAST: u64 = 512 * 1024 * 1024;
    let mut ballast = None;
    let mut job = Job::start_in(&sh("echo out; echo err >&2; exit 3"), |scratch, command| {
        let path = scratch.join("ballast");
        let file = File::create(&path).unwrap();
        rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, BALLAST).unwrap();
        let floor = free(scratch) + BALLAST / 2;
        command.env("VMO_DISK_FLOOR", floor.to_string());
        ballast = Some(path);
    });
    let child = job.who().pgid;
    patiently(|| (!runs(child)).then_some(()));
    job.listener
        .until(|message| matches!(message, ToEngine::Paused(Some(_))).then_some(()));
    assert_eq!(job.folder.read_file(EXIT).unwrap(), None);
    std::fs::remove_file(ballast.unwrap()).unwrap();
    let first = job.listener.exit();
    assert!(first.spool_end > 0, "an end before its bytes: {first:?}");
    assert_eq!(job.end().ended, Exit::Code { code: 3 });
    assert_eq!(job.stdout(), "out\n");
    assert_eq!(job.bytes(Stream::Stderr), b"err\n");
}

/// The same supervisor, for which no file may grow past so many blocks of 512 bytes, now or ever.
fn limited(command: &mut Command, blocks: u32) {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.env("VMO_DISK_FLOOR", "0");
    *command = limited;
}

#[test]
fn a_limit_on_the_size_of_files_makes_smaller_segments() {
    // Larger than a record, and smaller than the largest one.
    for (blocks, last) in [(2048, 400_000), (100, 40_000)] {
        let number_lines = sh(&format!("seq 1 {last}"));
        let mut job = Job::start_in(&number_lines, |_, command| limited(command, blocks));
        assert_eq!(job.end().ended, Exit::Code { code: 0 });
        let lines: String = (1..=last).map(|n| format!("{n}\n")).collect();
        assert!(job.stdout() == lines, "some lines are missing");
        let segments = std::fs::read_dir(job.folder.spool_dir()).unwrap();
        let sizes = segments.map(|segment| segment.unwrap().metadata().unwrap().len());
        assert!(sizes.max() <= Some(u64::from(blocks) * 512));
    }
}

#[test]
fn what_the_disk_refuses_is_written_once_it_can_be() {
    let mut job = Job::start(&sh("read go; seq 1 400000"));
    let pid = Pid::from_raw(i32::try_from(job.supervisor.id()).unwrap());
    job.who();
    // No file may grow past 1 MiB from now on, so that a write fails in the middle of a record.
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    let limits = Rlimit {
        current: Some(1 << 20),
        maximum,
    };
    prlimit(pid, Resource::Fsize, limits).unwrap();
    job.listener.say(&ToSupervisor::Input(b"go\n".to_vec()));
    let why = job.listener.until(|message| match message {
        ToEngine::Paused(why) => why.clone(),
        _ => None,
    });
    assert!(why.starts_with("the log cannot be written: "), "{why}");
    let end = supervisor::spool::end(job.folder.path()).unwrap().offset;
    let segment = job.folder.spool_dir().join("0".repeat(20));
    assert!(
        end > 0 && end == segment.metadata().unwrap().len(),
        "half a record is there"
    );

    let limits = Rlimit {
        current: maximum,
        maximum,
    };
    prlimit(pid, Resource::Fsize, limits).unwrap();
    job.listener
        .until(|message| (*message == ToEngine::Paused(None)).then_some(()));
    job.end();
    let lines: String = (1..=400_000).map(|n| format!("{n}\n")).collect();
    assert!(job.stdout() == lines, "some lines are missing");
}

#[test]
fn a_job_whose_folder_is_deleted_ends_with_all_it_started() {
    // It outlives INT, and writes again and again.
    let mut job = Job::start_here(
        "sleep 1067 & echo $! $$ >pids; trap '' INT PIPE; echo on; while sleep 0.1; do echo x || :; done 2>/dev/null",
    );
    job.stdout_has("on\n");
    let pids = std::fs::read_to_string(job.path("pids")).unwrap();
    std::fs::remove_dir_all(job.folder.path()).unwrap();
    // One second until it looks, the first grace, and some.
    let status = patiently(|| job.supervisor.try_wait().unwrap());
    assert!(status.success(), "{status}");
    for pid in pids.split_whitespace() {
        assert!(!runs(pid.parse().unwrap()), "{pid} still runs");
    }
    assert!(!job.folder.path().exists(), "it was made again");
}

#[test]
fn a_job_that_waits_for_room_ends_when_its_folder_is_deleted() {
    let mut job = Job::start_in(
        &sh("head -c 3000000 /dev/zero; sleep 1068"),
        |_, command| {
            command.env("VMO_DISK_FLOOR", u64::MAX.to_string());
        },
    );
    job.listener
        .until(|message| matches!(message, ToEngine::Paused(Some(_))).then_some(()));
    let child = job.who().pgid;
    std::fs::remove_dir_all(job.folder.path()).unwrap();
    let status = patiently(|| job.supervisor.try_wait().unwrap());
    assert!(status.success(), "{status}");
    assert!(!runs(child));
}

#[test]
fn a_job_that_waits_for_room_can_be_canceled_and_keeps_what_it_wrote() {
    let mut job = Job::start_in(&sh("echo out; sleep 1069"), |_, command| {
        command.env("VMO_DISK_FLOOR", u64::MAX.to_string());
    });
    job.listener
        .until(|message| matches!(message, ToEngine::Paused(Some(_))).then_some(()));
    job.listener.say(&ToSupervisor::Cancel { force: false });
    assert!(job.end().canceled);
    assert_eq!(job.stdout(), "out\n");
}
