//! In what environment a job ran, and how that differs from our own.

use std::fs;

use super::home;
use crate::home::Home;

fn changes(home: &Home) -> Vec<(String, String, String)> {
    let job = &home.json(&["jobs", "--json"])[0];
    let changes = job["environment"].as_array().unwrap();
    let word = |change: &serde_json::Value, key: &str| change[key].as_str().unwrap().to_owned();
    changes
        .iter()
        .map(|change| {
            (
                word(change, "name"),
                word(change, "change"),
                word(change, "by"),
            )
        })
        .collect()
}

fn change(name: &str, what: &str, by: &str) -> (String, String, String) {
    (name.to_owned(), what.to_owned(), by.to_owned())
}

#[test]
fn what_would_change_make_is_taken_away_and_reported() {
    let (_postgres, home) = home("all: ; @echo \"[$$MAKEFILES] [$$BASH_ENV]\"\n");
    let output = home
        .vmo(&["run", "all"])
        .env("MAKEFILES", "/no/such.mk")
        .env("BASH_ENV", "/no/such")
        .env("MAKEFLAGS", "n")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("[] []\n"), "{stdout}");
    let removed = |name| change(name, "removed", "would change make");
    assert_eq!(
        changes(&home),
        [
            removed("BASH_ENV"),
            removed("MAKEFILES"),
            removed("MAKEFLAGS")
        ]
    );
}

#[test]
fn what_direnv_changes_is_reported_by_name_and_runs_once() {
    let (postgres, home) = home("all: ; @echo \"[$$FROM_DIRENV]\"; sleep 0.2\n");
    let envrc = "export FROM_DIRENV=hidden-value\nunset GONE\nPATH_add bin\necho x >> loaded\n";
    fs::write(home.work().join(".envrc"), envrc).unwrap();
    let allowed = std::process::Command::new("direnv")
        .arg("allow")
        .current_dir(home.work())
        .env("HOME", home.work())
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .status()
        .expect("direnv is there");
    assert!(allowed.success());
    let run = |args: &[&str]| {
        let mut command = home.vmo(args);
        command.env("GONE", "1").output().unwrap()
    };
    let output = run(&["run", "all"]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("[hidden-value]\n"), "{output:?}");
    let by = |name, what| change(name, what, "direnv");
    let expected = [
        by("FROM_DIRENV", "added"),
        by("GONE", "removed"),
        by("PATH", "changed"),
    ];
    assert_eq!(changes(&home), expected);
    let loaded = fs::read_to_string(home.work().join("loaded")).unwrap();
    assert_eq!(loaded, "x\n");
    let job = home.json(&["jobs", "--json"])[0].clone();
    assert!(job["argv"][0].as_str().unwrap().ends_with("/direnv"));
    let path = job["environment"][2]["value"].as_str().unwrap();
    assert!(path.starts_with(&format!(
        "{}/bin:",
        home.work().canonicalize().unwrap().display()
    )));
    let kept = postgres.psql("postgres", "select detail from jobs");
    assert!(!kept.contains("hidden-value"), "{kept}");
}
