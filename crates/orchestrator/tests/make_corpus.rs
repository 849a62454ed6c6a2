//! A corpus of makefiles in the shapes of well-known projects, each with the scan that it must give, checked in beside it
//! as `expected.json`. `UPDATE_EXPECTED=1` writes these files anew; what changed is then read in the diff.

use std::{env, fs, path::Path};

use orchestrator::{make, project::Scan};

#[test]
fn each_makefile_gives_the_expected_scan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/makefiles");
    let mut projects: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    projects.sort();
    assert!(projects.len() >= 12);
    let mut wrong = Vec::new();
    for project in projects {
        let scan = make::scan(&project);
        let file = project.join("expected.json");
        if env::var_os("UPDATE_EXPECTED").is_some() {
            let mut text = serde_json::to_string_pretty(&scan).unwrap();
            text.push('\n');
            fs::write(&file, text).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap();
        let expected: Scan = serde_json::from_str(&expected).unwrap();
        if scan != expected {
            let found = serde_json::to_string_pretty(&scan).unwrap();
            wrong.push(format!("{}: found {found}", project.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
