//! The house rules that a compiler does not keep: which folder may name which framework, and who may import whom.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file of the crate, by its path from `src`, without its tests.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut open) = (Vec::new(), vec![src.clone()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(&src).unwrap().display().to_string();
                let text = fs::read_to_string(path).unwrap();
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                found.push((name, code.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    assert!(found.len() > 50, "the sources are found");
    found
}

/// The top module of a file: `store` of `store/jobs.rs` and of `store.rs`.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn a_framework_is_named_in_its_own_folder_alone() {
    let homes = [
        ("sqlx::", "store"),
        ("ssh2::", "ssh"),
        ("tungstenite", "server"),
        ("hyper::", "server"),
        ("clap::", "bin"),
        ("tauri::", "nowhere"),
    ];
    for (name, home) in homes {
        let named: Vec<String> = sources()
            .into_iter()
            .filter(|(_, code)| code.contains(name))
            .map(|(file, _)| file)
            .collect();
        assert!(
            named.iter().all(|file| module(file) == home),
            "{name} is for {home}: {named:?}"
        );
        assert_eq!(
            named.is_empty(),
            home == "nowhere",
            "{name} is used in {home}"
        );
    }
}

#[test]
fn what_is_written_for_a_person_goes_through_one_place() {
    // What another wrote is made visible there. The guardian of our server writes into its log and to its parent.
    let homes = ["bin/vmo/out.rs", "store/embedded/guardian.rs"];
    let mut found = 0;
    for (file, code) in sources() {
        let code = code.split("#[cfg(test)]").next().unwrap();
        let writes = ["print!(", "println!(", "dbg!(", "io::stdout", "io::stderr"]
            .into_iter()
            .find(|way| code.contains(way));
        let is_home = homes.contains(&file.as_str());
        if is_home && writes.is_some() {
            found += 1;
        }
        let is_test = file.ends_with("tests.rs") || file.contains("/tests/");
        assert!(
            writes.is_none() || is_home || is_test,
            "src/{file} has {writes:?}: write by bin/vmo/out.rs"
        );
    }
    assert_eq!(found, homes.len(), "the places themselves are found");
}

/// The top modules of ours that this code imports: `wire` of `use crate::wire::Job`, and each of `use crate::{…}`.
fn imports(code: &str) -> Vec<String> {
    let first_word = |text: &str| {
        let word = text.trim_start().chars();
        word.take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut found: Vec<String> = code.split("crate::").skip(1).map(first_word).collect();
    for list in code.split("use crate::{").skip(1) {
        let mut depth = 0;
        let mut item = String::new();
        for letter in list.chars() {
            match letter {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => found.push(first_word(&std::mem::take(&mut item))),
                other => item.push(other),
            }
        }
        found.push(first_word(&item));
    }
    found
}

#[test]
fn imports_run_one_way() {
    // Whom each may import, beside the nouns. What is not named here is a noun, and imports none but its like.
    let layers: [(&str, &[&str]); 8] = [
        ("make", &[]),
        ("ssh", &[]),
        ("store", &[]),
        ("wire", &[]),
        ("settings", &["wire"]),
        ("presets", &["wire"]),
        (
            "engine",
            &["make", "ssh", "store", "wire", "settings", "presets"],
        ),
        ("server", &["engine", "wire"]),
    ];
    for (file, code) in sources() {
        let own = module(&file);
        if ["lib", "bin"].contains(&own) || file.ends_with("tests.rs") {
            continue;
        }
        let allowed = layers
            .iter()
            .find(|(layer, _)| *layer == own)
            .map_or(&[][..], |(_, below)| below);
        for other in imports(&code)
            .into_iter()
            .filter(|other| layers.iter().any(|(layer, _)| layer == other))
        {
            assert!(
                other == own || allowed.contains(&other.as_str()),
                "src/{file} imports {other}"
            );
        }
    }
}

#[test]
fn the_crate_has_no_tauri_in_its_tree() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "orchestrator",
            "--prefix",
            "none",
            "--offline",
            "--edges",
            "normal,build",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("sqlx"), "the tree is there");
    for framework in ["tauri", "webkit", "gtk", "wry"] {
        assert!(!tree.contains(framework), "{framework} is in the tree");
    }
}
