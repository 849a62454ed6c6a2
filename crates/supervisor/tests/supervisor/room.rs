//! A disk without room: the child waits, nothing is lost, and it goes on by itself.

use std::fs::File;

use supervisor::{control::ToEngine, exit::Ended, spool::Stream};

use crate::job::{Job, sh};

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
    let why = job.told.until(|told| match told {
        ToEngine::Paused(why) => why.clone(),
        _ => None,
    });
    assert!(why.starts_with("disk full: "), "{why}");
    assert!(job.log().is_empty());
    std::fs::remove_file(ballast.unwrap()).unwrap();
    job.told
        .until(|told| (*told == ToEngine::Paused(None)).then_some(()));
    assert_eq!(job.end().ended, Ended::Code { code: 0 });
    assert_eq!(job.bytes(Stream::Stdout).len(), 3_000_005);
}
