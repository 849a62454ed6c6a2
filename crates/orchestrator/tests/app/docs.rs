//! The pages of `docs/` are true: each command in them runs as it is written, and what the program has is in them.
//!
//! A fence marked `console` is run, in the page's order, in one fresh home for the page: a line behind `$ ` is a command, and
//! what follows it is what it has to print, on both streams. A line `…` stands for any lines, `…` within one for any text; a
//! command without lines may print anything. It ends with 0, or as a remark behind it says: `# ends with 2`. A line `^C` ends
//! one that goes on. A fence marked `sh` is not run, and a comment before it says why: `<!-- not run: needs root -->`; its
//! `vmo` must be one that there is, as must every `vmo …` between backticks.

mod fences;
mod links;
mod named;
mod words;
mod world;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use fences::{Fence, Step};
use world::World;

/// The top of the repository.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The README and every page of `docs/`, by its path from the top.
fn pages() -> BTreeMap<String, String> {
    let docs = fs::read_dir(top().join("docs")).unwrap().flatten();
    let names = docs.filter_map(|entry| entry.file_name().into_string().ok());
    let names = names.filter(|name| name.ends_with(".md"));
    let paths = names.map(|name| format!("docs/{name}"));
    paths
        .chain(["README.md".to_owned()])
        .map(|path| {
            let text = fs::read_to_string(top().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

/// Runs what is in a page.
fn run(page: &str) {
    let text = fs::read_to_string(top().join("docs").join(page)).unwrap();
    let steps: Vec<Step> = fences::of(&text)
        .into_iter()
        .filter(|fence| fence.kind == "console")
        .flat_map(|fence| fence.steps())
        .collect();
    assert!(!steps.is_empty(), "{page} has nothing to run");
    let world = World::new();
    for step in steps {
        world.take(page, &step);
    }
}

/// A test for each page that has something to run, and their names.
macro_rules! pages_that_run {
    ($($test:ident: $page:literal,)*) => {
        const RUN: &[&str] = &[$($page),*];
        $(
            #[test]
            fn $test() {
                run($page);
            }
        )*
    };
}

pages_that_run! {
    the_user_guide_runs: "user-guide.md",
    the_command_line_runs: "command-line.md",
    the_makefiles_run: "makefiles.md",
    the_hosts_run: "your-hosts.md",
    the_settings_run: "settings.md",
    the_data_runs: "data.md",
    the_postgres_runs: "postgres.md",
    the_security_runs: "security.md",
    the_troubleshooting_runs: "troubleshooting.md",
}

#[test]
fn every_page_with_something_to_run_is_run() {
    for (path, text) in pages() {
        let fences: Vec<Fence> = fences::of(&text);
        let runs = fences.iter().any(|fence| fence.kind == "console");
        let name = path.trim_start_matches("docs/");
        assert_eq!(
            runs,
            RUN.contains(&name),
            "{path}: console fences, and a test for the page, go together"
        );
        for fence in &fences {
            if fence.kind == "sh" {
                assert!(
                    fence.not_run.is_some(),
                    "{path}:{}: a `sh` fence is not run: say why in a comment before it, or make it `console`",
                    fence.line
                );
            }
            assert!(
                !["bash", "shell", ""].contains(&fence.kind.as_str()),
                "{path}:{}: name the fence `console`, `sh`, or what else it is",
                fence.line
            );
        }
    }
}
