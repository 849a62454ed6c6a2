//! The house rules that a compiler does not keep: which room may name which framework, who may import whom, that no two
//! files lean on each other, and how long a file may be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use syn::{
    ItemMod, ItemUse, UseTree,
    visit::{self, Visit},
};

/// The top modules from the ground up, and whom each may import: none of them a module further down this table.
/// `lib.rs` shows the same floors.
const FLOORS: &[(&str, &[&str])] = &[
    ("committed", &[]),
    ("environment", &[]),
    ("fleet", &[]),
    ("ids", &[]),
    ("did_you_mean", &[]),
    ("folders", &["ids"]),
    ("clock", &[]),
    ("confined", &[]),
    ("open_files", &[]),
    ("runtime", &[]),
    ("traces", &[]),
    ("log", &[]),
    ("host", &[]),
    ("project", &[]),
    ("visible", &["committed"]),
    ("job", &["ids", "log", "visible"]),
    ("batch", &["clock", "job", "log"]),
    ("search", &["job", "log"]),
    ("log_index", &["log"]),
    ("compare", &["job", "log"]),
    ("json_file", &["folders"]),
    ("launch", &["batch", "job", "project"]),
    ("settings", &["host", "json_file", "launch", "log"]),
    ("presets", &["job", "json_file"]),
    (
        "make",
        &[
            "environment",
            "folders",
            "job",
            "json_file",
            "log",
            "did_you_mean",
            "project",
        ],
    ),
    ("hosts", &["clock", "fleet", "host", "json_file", "make"]),
    (
        "ssh",
        &[
            "clock",
            "confined",
            "environment",
            "folders",
            "host",
            "job",
            "json_file",
            "log",
            "visible",
        ],
    ),
    (
        "session",
        &[
            "clock", "confined", "folders", "job", "log", "runtime", "ssh", "visible",
        ],
    ),
    (
        "store",
        &[
            "batch",
            "environment",
            "folders",
            "host",
            "ids",
            "job",
            "json_file",
            "log",
            "log_index",
            "project",
            "runtime",
        ],
    ),
    (
        "wire",
        &[
            "batch",
            "committed",
            "compare",
            "fleet",
            "host",
            "hosts",
            "job",
            "launch",
            "log",
            "presets",
            "project",
            "search",
            "settings",
        ],
    ),
    (
        "engine",
        &[
            "clock",
            "batch",
            "compare",
            "environment",
            "fleet",
            "folders",
            "host",
            "hosts",
            "ids",
            "job",
            "json_file",
            "launch",
            "log",
            "log_index",
            "make",
            "did_you_mean",
            "open_files",
            "presets",
            "project",
            "search",
            "session",
            "settings",
            "ssh",
            "store",
            "traces",
            "visible",
            "wire",
        ],
    ),
    (
        "server",
        &[
            "batch", "engine", "folders", "host", "job", "log", "presets", "project", "search",
            "wire",
        ],
    ),
];

/// Frameworks and the one module that names them; none is for the window's crate alone.
const HOMES: &[(&str, &str)] = &[
    ("sqlx", "store"),
    ("ssh2", "ssh"),
    ("libssh2_sys", "ssh"),
    ("tokio_tungstenite", "server"),
    ("hyper", "server"),
    ("clap", "bin"),
    ("tauri", "nowhere"),
];

/// A module's path from the crate's root; the root's is empty.
type Module = Vec<String>;

/// What a file names.
#[derive(Default)]
struct Source {
    /// Paths that begin with `crate`, `self`, `super` or another crate's name.
    paths: Vec<Vec<String>>,
    /// Macros that are called, by name.
    macros: BTreeSet<String>,
    /// Names that `use` brings into the module itself, with their paths.
    bindings: BTreeMap<String, Vec<String>>,
    depth: usize,
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.take(&item.tree, &mut Vec::new());
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        // What tests need they may import.
        let is_test = item
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            self.depth += 1;
            visit::visit_item_mod(self, item);
            self.depth -= 1;
        }
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let name = called.path.segments.last().map(|one| one.ident.to_string());
        self.macros.extend(name);
        visit::visit_macro(self, called);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
            .collect();
        if words.len() > 1 {
            self.paths.push(words);
        }
        visit::visit_path(self, path);
    }
}

impl Source {
    fn take(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        let mut leaf = |before: &[String], name: Option<String>, bound: String| {
            let mut path = before.to_vec();
            path.extend(name.filter(|name| name != "self"));
            if self.depth == 0 {
                self.bindings.insert(bound, path.clone());
            }
            self.paths.push(path);
        };
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                leaf(before, None, before.last().unwrap().clone());
            }
            UseTree::Name(name) => {
                leaf(before, Some(name.ident.to_string()), name.ident.to_string());
            }
            UseTree::Rename(name) => leaf(
                before,
                Some(name.ident.to_string()),
                name.rename.to_string(),
            ),
            UseTree::Glob(_) => self.paths.push(before.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.take(tree, before);
                }
            }
        }
    }
}

/// Every module of this crate but its tests, by its path.
fn sources() -> BTreeMap<Module, Source> {
    let found = sources_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(found.len() > 150, "the sources are found");
    found
}

/// The same of the crate with this folder of sources.
fn sources_in(src: &Path) -> BTreeMap<Module, Source> {
    let (mut found, mut open) = (BTreeMap::new(), vec![src.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(src).unwrap().with_extension("");
                let mut module: Module = name
                    .iter()
                    .map(|part| part.to_str().unwrap().to_owned())
                    .collect();
                if module == ["lib"] {
                    module.clear();
                }
                if module.contains(&"tests".to_owned()) {
                    continue;
                }
                let mut source = Source::default();
                source.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap());
                found.insert(module, source);
            }
        }
    }
    found
}

fn top(module: &[String]) -> &str {
    module.first().map_or("lib", String::as_str)
}

/// The module that a path means, seen from `module`; none for another crate's and for the module's own things.
fn meant(sources: &BTreeMap<Module, Source>, module: &[String], path: &[String]) -> Option<Module> {
    let mut absolute = module.to_vec();
    let mut rest = path;
    match path[0].as_str() {
        "crate" => {
            absolute.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|word| word == "super") {
                absolute.pop();
                rest = &rest[1..];
            }
        }
        child if sources.contains_key(&[module, &[child.to_owned()]].concat()) => {}
        _ => return None,
    }
    while let Some(word) = rest.first() {
        let deeper = [absolute.as_slice(), std::slice::from_ref(word)].concat();
        if !sources.contains_key(&deeper) {
            break;
        }
        (absolute, rest) = (deeper, &rest[1..]);
    }
    // A name that an outer module only hands on is the inner one's.
    let handed_on = rest
        .first()
        .filter(|_| absolute != module)
        .and_then(|word| sources.get(&absolute)?.bindings.get(word));
    if let Some(path) = handed_on {
        return meant(sources, &absolute, path);
    }
    Some(absolute)
}

/// Whom each module imports.
fn imports(sources: &BTreeMap<Module, Source>) -> BTreeMap<&Module, BTreeSet<Module>> {
    let of = |(module, source): (&'_ Module, &Source)| {
        let named = source
            .paths
            .iter()
            .filter_map(|path| meant(sources, module, path));
        named
            .filter(|other| other != module)
            .collect::<BTreeSet<_>>()
    };
    sources
        .iter()
        .map(|(module, source)| (module, of((module, source))))
        .collect()
}

#[test]
fn a_framework_is_named_in_its_own_room_alone() {
    let sources = sources();
    for (framework, home) in HOMES {
        let named: Vec<&Module> = sources
            .iter()
            .filter(|(_, source)| source.paths.iter().any(|path| path[0] == *framework))
            .map(|(module, _)| module)
            .collect();
        assert!(
            named.iter().all(|module| top(module) == *home),
            "{framework} is for {home}: {named:?}"
        );
        assert_eq!(
            named.is_empty(),
            *home == "nowhere",
            "{framework} is used in {home}"
        );
    }
}

#[test]
fn imports_run_one_way() {
    let sources = sources();
    for module in sources.keys().filter(|module| module.len() == 1) {
        let name = top(module);
        assert!(
            name == "bin" || FLOORS.iter().any(|(floor, _)| *floor == name),
            "src/{name}.rs has no place in FLOORS, which lib.rs shows"
        );
    }
    let mut wrong = Vec::new();
    for (module, others) in imports(&sources) {
        let own = top(module);
        let Some((_, allowed)) = FLOORS.iter().find(|(floor, _)| *floor == own) else {
            continue;
        };
        let others: BTreeSet<&str> = others.iter().map(|other| top(other)).collect();
        let up = others
            .iter()
            .filter(|other| **other != "lib" && **other != own && !allowed.contains(*other));
        wrong.extend(up.map(|other| format!("{} → {other}", module.join("::"))));
    }
    assert!(
        wrong.is_empty(),
        "imports that run up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn what_is_written_for_a_person_goes_through_one_place() {
    // What another wrote is made visible there. The guardian of our server writes into its log and to its parent.
    let homes = ["bin::vmo::out", "store::embedded::guardian"];
    let ways = ["print", "println", "eprint", "eprintln", "dbg"];
    let writing: Vec<String> = sources()
        .into_iter()
        .filter(|(_, source)| {
            let takes = |path: &Vec<String>| {
                path.ends_with(&["io".into(), "stdout".into()])
                    || path.ends_with(&["io".into(), "stderr".into()])
            };
            ways.iter().any(|way| source.macros.contains(*way)) || source.paths.iter().any(takes)
        })
        .map(|(module, _)| module.join("::"))
        .collect();
    assert_eq!(writing, homes, "write by bin/vmo/out.rs");
}

/// All that a module leans on, by whatever way.
fn reached_from<'a>(
    leans: &'a BTreeMap<&Module, BTreeSet<Module>>,
    module: &Module,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Module> = leans[module].iter().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(leans.get(next).into_iter().flatten());
        }
    }
    reached
}

#[test]
fn no_files_lean_on_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for of in [
        "crates/orchestrator/src",
        "crates/supervisor/src",
        "src-tauri/src",
        "crates/orchestrator/benches/speed",
    ] {
        let sources = sources_in(&root.join(of));
        assert!(sources.len() > 5, "the sources of {of} are found");
        assert_eq!(
            circles(&sources),
            [""; 0],
            "files of {of} that lean on each other"
        );
    }
}

/// The files that lean on each other, each with those that lead back to it.
fn circles(sources: &BTreeMap<Module, Source>) -> Vec<String> {
    // What a room's own file declares is everybody's there, so leaning on an outer module is no circle.
    let leans: BTreeMap<&Module, BTreeSet<Module>> = imports(sources)
        .into_iter()
        .map(|(module, others)| {
            let inner = others
                .into_iter()
                .filter(|other| !module.starts_with(other));
            (module, inner.collect())
        })
        .collect();
    let mut circles = Vec::new();
    for module in leans.keys() {
        let reached = reached_from(&leans, module);
        if reached.contains(module) {
            // Of those it leans on, the ones that lead back to it.
            let back = leans[*module].iter().filter(|other| {
                leans.contains_key(other) && reached_from(&leans, other).contains(module)
            });
            let names: Vec<String> = back.map(|other| other.join("::")).collect();
            circles.push(format!("{} → {}", module.join("::"), names.join(", ")));
        }
    }
    circles
}

/// Lines of a file of the product, at most. A function's are clippy's (`too-many-lines-threshold`).
const LONGEST_FILE: usize = 400;

#[test]
fn no_file_is_too_long_to_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rooms = [
        "crates/orchestrator/src",
        "crates/supervisor/src",
        "src-tauri/src",
        "src",
    ];
    let mut open: Vec<PathBuf> = rooms.iter().map(|room| root.join(room)).collect();
    let (mut lengths, mut long) = (Vec::new(), Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let end = path.extension().and_then(|end| end.to_str());
            // Written by `make wire`, or a test of the page.
            let is_other =
                path.ends_with("src/lib/wire.ts") || path.to_string_lossy().ends_with(".test.ts");
            if path.is_dir() {
                open.push(path);
            } else if matches!(end, Some("rs" | "ts" | "svelte")) && !is_other {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                lengths.push(lines);
                if lines > LONGEST_FILE {
                    long.push(format!("{} has {lines} lines", path.display()));
                }
            }
        }
    }
    assert!(lengths.len() > 500, "the sources are found");
    assert!(long.is_empty(), "split these files:\n{}", long.join("\n"));
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(
        median <= 150,
        "half of the files have more than {median} lines"
    );
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of all files and folders below a folder, without what comes after the first dot.
fn names_below(folder: &Path) -> BTreeSet<String> {
    let (mut names, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            names.insert(name.split('.').next().unwrap().to_owned());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    names
}

#[test]
fn the_map_names_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let map = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let rows: Vec<&str> = map
        .lines()
        .skip_while(|line| *line != "### The larger rooms")
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert!(rows.len() > 20, "the map is there");
    let mut wrong = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let mut names = BTreeSet::new();
        for room in quoted(cells[1]) {
            let folder = ["", "crates", "crates/orchestrator/src"]
                .iter()
                .map(|above| root.join(above).join(room))
                .find(|folder| folder.is_dir());
            match folder {
                Some(folder) => names.extend(names_below(&folder)),
                None => wrong.push(format!("{room} is no folder")),
            }
        }
        let is_name = |word: &&str| {
            let is_of_name = |c: char| c.is_ascii_lowercase() || c == '_' || c == '-';
            // The program.
            word.chars().all(is_of_name) && *word != "ssh"
        };
        let missing = quoted(cells[2])
            .filter(is_name)
            .filter(|word| !names.contains(*word));
        wrong.extend(missing.map(|word| format!("{word} is not in {}", cells[1].trim())));
    }
    assert!(
        wrong.is_empty(),
        "mend CONTRIBUTING.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_crate_has_no_tauri_in_its_tree() {
    let tree = tree(&["--edges", "normal,build"]);
    assert!(tree.contains("sqlx"), "the tree is there");
    for framework in ["tauri", "webkit", "gtk", "wry"] {
        assert!(!tree.contains(framework), "{framework} is in the tree");
    }
}

/// A feature that a test's crate adds to one of the engine's is another build of that one, of all above it, and of the
/// engine itself: minutes of each first `make test`.
#[test]
fn tests_compile_no_dependency_again() {
    let features = |edges: &str| {
        let tree = tree(&["--edges", edges, "--no-dedupe", "--format", "{p} {f}"]);
        tree.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let of_the_engine = features("normal,no-proc-macro");
    assert!(of_the_engine.len() > 100, "the tree is there");
    let with_tests = features("normal,dev,no-proc-macro");
    let other: Vec<_> = of_the_engine.difference(&with_tests).collect();
    assert!(
        other.is_empty(),
        "give these the features that the tests' crates ask for: {other:#?}"
    );
}

/// What `cargo tree` prints of the engine's crate, one dependency a line.
fn tree(options: &[&str]) -> String {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "orchestrator",
            "--prefix",
            "none",
            "--offline",
        ])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    String::from_utf8(tree.stdout).unwrap()
}

/// The Rust files below a folder, as one text.
fn all_text(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&all_text(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    text
}

#[test]
fn what_the_docs_promise_of_hosts_has_the_tests_that_they_name() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = all_text(&here.join("src")) + &all_text(&here.join("tests"));
    let docs = fs::read_to_string(here.join("../../docs/hosts.md")).unwrap();
    let rows = docs
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    for row in rows {
        let tests = row.rsplit(" | ").next().unwrap();
        let mut names = tests.split('`').skip(1).step_by(2).peekable();
        assert!(names.peek().is_some(), "no test: {row}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")), "no test {name}");
        }
    }
}
