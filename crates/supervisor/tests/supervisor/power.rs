//! What is on the disk when the power goes: a job before its first bytes, and soon after its start, be it that it writes none.

use std::{fs, process::Command};

use crate::job::{Job, sh};

/// Runs a job and gives the names of what was brought onto the disk, in order; none if system calls cannot be traced.
fn synced(script: &str) -> Option<Vec<String>> {
    let can_trace = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    if !can_trace.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: strace cannot trace here");
        return None;
    }
    let mut job = Job::start_in(&sh(script), |scratch, command| {
        let mut traced = Command::new("strace");
        let calls = [
            "-f",
            "-y",
            "-qq",
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            "signal=none",
            "-o",
        ];
        traced.args(calls).arg(scratch.join("trace"));
        traced.arg(command.get_program()).args(command.get_args());
        traced.env("VMO_DISK_FLOOR", "0");
        *command = traced;
    });
    job.end();
    let trace = fs::read_to_string(job.path("trace")).unwrap();
    // As `4711 fsync(5</tmp/job/job.json>) = 0`, or unfinished.
    let paths = trace.lines().filter_map(|line| {
        let (_, rest) = line.split_once("sync(")?;
        let (_, rest) = rest.split_once('<')?;
        Some(rest.split_once('>')?.0.to_owned())
    });
    let name = |path: String| path.rsplit('/').next().unwrap_or_default().to_owned();
    Some(paths.map(name).collect())
}

#[test]
fn a_job_that_writes_nothing_is_on_the_disk_while_it_runs() {
    let Some(synced) = synced("sleep 0.7") else {
        return;
    };
    let at = |name: &str| synced.iter().position(|found| found.contains(name));
    let exit = at("exit.json").unwrap();
    for name in ["job.json", "supervisor.json", "0198-job"] {
        assert!(at(name).is_some_and(|at| at < exit), "{name}: {synced:?}");
    }
}

#[test]
fn a_job_is_on_the_disk_before_its_first_bytes() {
    // One that is over before it is synced as it goes on, and one that is not.
    for script in ["echo out", "echo out; sleep 0.5; echo more"] {
        let Some(synced) = synced(script) else { return };
        let at = |name: &str| synced.iter().position(|found| found.contains(name));
        let bytes = at("00000000000000000000").unwrap();
        assert!(at("job.json").is_some_and(|at| at < bytes), "{synced:?}");
        assert!(at("0198-job").is_some_and(|at| at < bytes), "{synced:?}");
    }
}
