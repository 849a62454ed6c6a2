//! Any text is a makefile that is read to its end, and what is said of it lies within it.
#![no_main]

use std::fs;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    makefile: &'a [u8],
    included: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Makefile"), input.makefile).unwrap();
    fs::write(folder.path().join("a.mk"), input.included).unwrap();
    let scan = orchestrator::make::scan(folder.path());
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let most = lines(input.makefile).max(lines(input.included));
    for target in &scan.targets {
        assert!(!target.name.is_empty());
    }
    for problem in &scan.problems {
        assert!(problem.place.line as usize <= most || problem.place.file.starts_with('/'), "{problem:?}");
    }
    serde_json::to_string(&scan).unwrap();
});
