//! The table of kinds beside the corpus, `makefiles.md`: nothing is missing in it, and all that it names is there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The texts of all Rust files in a folder, as one.
fn sources(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn each_kind_has_its_makefiles_and_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("tests/makefiles.md")).unwrap();
    let mut text = String::new();
    sources(&root.join("src/make"), &mut text);
    sources(&root.join("tests"), &mut text);
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .map(|line| line.trim_matches('|').split('|').collect::<Vec<_>>());
    let mut named = BTreeSet::new();
    let mut missing = Vec::new();
    for row in rows {
        let &[kind, makefiles, tests] = row.as_slice() else {
            panic!("three cells: {row:?}")
        };
        named.extend(makefiles.split_whitespace());
        let mut tests = tests.split_whitespace().peekable();
        assert!(tests.peek().is_some(), "{kind}: no test");
        missing.extend(tests.filter(|test| !text.contains(&format!("fn {test}("))));
    }
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    let folder = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let there: BTreeSet<String> = super::corpus().iter().map(folder).collect();
    let named: BTreeSet<String> = named.into_iter().map(str::to_owned).collect();
    let differing: Vec<_> = named.symmetric_difference(&there).collect();
    assert!(differing.is_empty(), "{differing:?}");
}
