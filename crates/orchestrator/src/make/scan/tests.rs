use std::fs;

use super::*;
use crate::project::Target;

mod dangers;
mod hostile;
mod leads;
mod limits;
mod needs;
mod preview;
mod random;
mod reading;
mod secrets;
mod settings;
mod summaries;
mod texts;

fn folder(makefile: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    folder
}

/// Why a target asks first, in words.
fn asks_first(target: &Target) -> Option<String> {
    target.danger.as_ref().map(ToString::to_string)
}

fn names(scan: &Scan) -> Vec<&str> {
    scan.targets
        .iter()
        .map(|target| target.name.as_str())
        .collect()
}

fn problems(scan: &Scan) -> Vec<String> {
    scan.problems
        .iter()
        .map(|problem| {
            let Place { file, line } = &problem.place;
            format!("{file}:{line}: {}", problem.what)
        })
        .collect()
}

/// How long this thread has run on a processor.
fn processor_ms() -> u64 {
    let times = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000_000
}
