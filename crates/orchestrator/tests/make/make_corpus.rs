//! A corpus of makefiles in the shapes of well-known projects, each with the scan that it must give, checked in beside it
//! as `expected.json`; and of makefiles that each show one kind of what real ones have, with what a person is shown of
//! them, as `shown.txt`. `UPDATE_EXPECTED=1` writes these files anew; what changed is then read in the diff.
//!
//! The corpus is also shown to make itself, in the way that runs nothing: what the scan misses of make's own list, or has
//! beyond it, is known, and each difference has its reason.
//!
//! `makefiles.md` beside the corpus says which kind each makefile is of, and which other tests hold that kind.

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

use orchestrator::{
    make,
    project::{Scan, Target},
};

mod kinds;
mod shown;

/// Its folders, in order.
fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/makefiles");
    let entries = fs::read_dir(folder).expect("the corpus is there");
    let mut projects: Vec<_> = entries
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    projects.sort();
    assert!(projects.len() >= 130, "{}", projects.len());
    projects
}

fn names(scan: &Scan) -> Vec<&str> {
    let targets = scan.targets.iter();
    targets.map(|target| target.name.as_str()).collect()
}

#[test]
fn each_makefile_gives_the_expected_scan() {
    let mut wrong = Vec::new();
    for project in corpus() {
        // What is for this process alone stands in no file.
        let scan = Scan {
            secrets: Vec::new(),
            ..make::scan(&project)
        };
        let whole = project.join("expected.json");
        let (file, found) = match whole.exists() {
            true => (whole, serde_json::to_string_pretty(&scan).unwrap() + "\n"),
            false => (project.join("shown.txt"), shown::shown(&scan)),
        };
        let is_as_expected = || {
            let expected = fs::read_to_string(&file).unwrap_or_default();
            let read = serde_json::from_str::<Scan>(&expected);
            expected == found || read.is_ok_and(|expected| expected == scan)
        };
        if env::var_os("UPDATE_EXPECTED").is_some() && !is_as_expected() {
            fs::write(&file, &found).unwrap();
        }
        if !is_as_expected() {
            wrong.push(format!("{}: found {found}", project.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where the scan and make differ, and why. `-` is listed by the scan alone, `+` by make alone.
const KNOWN: &[(&str, &str)] = &[
    (
        "conditionals: -build-debug",
        "both sides of a condition are read, and make takes one",
    ),
    (
        "conditionals: goal build-debug, of make build-release",
        "both sides of a condition are read, and make takes one",
    ),
    (
        "continuations: -never",
        "both sides of a condition are read, and make takes one",
    ),
    (
        "includes: make did not list its targets",
        "make reads two files that include each other until its stack is full",
    ),
    (
        "nul: missing separator",
        "make reads no further than a NUL in a line, so nothing is left of its rule",
    ),
];

#[test]
fn the_scan_agrees_with_make() {
    let environment = make::environment(env::vars_os(), None);
    let mut differences = Vec::new();
    let mut compared = 0;
    for project in corpus() {
        let copy = tempfile::tempdir().unwrap();
        let files = copied(&project, copy.path()).unwrap();
        let read = make::scan(copy.path());
        let (made, _) = make::database(copy.path(), &environment);
        let name = project.file_name().unwrap().to_string_lossy();
        assert_eq!(
            files,
            count(copy.path()).unwrap(),
            "{name}: asking has run something"
        );
        let mut problems = made.problems.iter();
        if let Some(new) = problems.find(|one| !read.problems.contains(one)) {
            // On a busy machine make is given up before its stack is full.
            let what = new.what.strip_suffix(" within 5 s and 64 MiB");
            differences.push(format!("{name}: {}", what.unwrap_or(&new.what)));
            continue;
        }
        compared += 1;
        for (one, other, sign) in [(&read, &made, '-'), (&made, &read, '+')] {
            let other = names(other);
            let missing = names(one).into_iter().filter(|name| !other.contains(name));
            differences.extend(missing.map(|target| format!("{name}: {sign}{target}")));
        }
        if read.default_goal != made.default_goal {
            let goal = |scan: &Scan| scan.default_goal.clone().unwrap_or_default();
            let (read, made) = (goal(&read), goal(&made));
            differences.push(format!("{name}: goal {read}, of make {made}"));
        }
    }
    println!("{compared} compared\n{}", differences.join("\n"));
    assert!(compared >= 36, "{compared}");
    let known: Vec<&str> = KNOWN.iter().map(|(difference, _)| *difference).collect();
    differences.sort();
    assert_eq!(differences, known);
}

/// Copies a folder and says how many files that were.
fn copied(from: &Path, to: &Path) -> io::Result<usize> {
    fs::create_dir_all(to)?;
    let mut files = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            files += copied(&from, &to)?;
        } else {
            fs::copy(from, to)?;
            files += 1;
        }
    }
    Ok(files)
}

fn count(folder: &Path) -> io::Result<usize> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        files += if path.is_dir() { count(&path)? } else { 1 };
    }
    Ok(files)
}

#[test]
fn ten_thousand_targets_in_a_hundred_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: String, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "Makefile".to_owned(),
        "ENV ?= dev\nall: ## Everything\ninclude part-*.mk\nall: $(PARTS)\n.PHONY: all\n",
    );
    for part in 0..100 {
        let mut text = format!(
            "##@ Part {part:02}\nPARTS += part-{part:02}\n.PHONY: part-{part:02}\npart-{part:02}:"
        );
        (0..98).for_each(|one| write!(text, " out/{part:02}/{one}.o").unwrap());
        writeln!(text, " ## The whole part @exclusive\n\t@echo done").unwrap();
        for one in 0..98 {
            let rule = "\tcc -D$(ENV) $(FLAGS) -c -o $@ $<";
            writeln!(text, "out/{part:02}/{one}.o: src/{one}.c\n{rule}").unwrap();
        }
        writeln!(text, "clean-{part:02}: ; rm -rf out/{part:02} ## Remove it").unwrap();
        write(format!("part-{part:02}.mk"), &text);
    }
    let scan = make::scan(folder.path());
    assert_eq!(scan.problems, []);
    assert_eq!(scan.targets.len(), 1 + 100 * 100);
    assert_eq!(scan.default_goal.as_deref(), Some("all"));
    let listed = scan.targets.iter().filter(|target| target.listed);
    assert_eq!(listed.count(), 1 + 100 * 2);
    let find = |name: &str| -> &Target {
        let mut targets = scan.targets.iter();
        targets.find(|target| target.name == name).unwrap()
    };
    let all = find("all");
    assert_eq!(all.exclusive.len(), 100);
    assert_eq!(all.exclusive[99], "part-99");
    assert_eq!(all.uses, ["ENV", "PARTS", "FLAGS"]);
    let part = find("part-42");
    assert_eq!(part.group.as_deref(), Some("Part 42"));
    assert_eq!(part.place.file, "part-42.mk");
    assert_eq!(part.uses, ["ENV", "FLAGS"]);
    let object = find("out/99/97.o");
    assert_eq!((object.listed, object.place.line), (false, 200));
    assert_eq!(object.recipe, ["cc -D$(ENV) $(FLAGS) -c -o $@ $<"]);
    let clean = find("clean-07");
    assert_eq!(clean.danger, None);
}
