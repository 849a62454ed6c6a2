use std::{env, fs};

use super::*;
use crate::project::Target;

fn folder(makefile: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    folder
}

fn ask_for(dir: &Path) -> Scan {
    let environment = crate::make::environment(env::vars_os(), None);
    database(dir, &environment).0
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

#[test]
fn finds_what_only_make_can_know() {
    let folder = folder(
        "\
NAMES = server client
PROGRAMS := $(value NAMES)
define template
build-$(1): ## no doc from here
\t@echo $(1); rm -rf /srv/$(1)
.PHONY: build-$(1)
endef
$(foreach one,$(PROGRAMS),$(eval $(call template,$(one))))
ifdef NEVER
never: ## On the other side
\t@echo never
endif
.PHONY: all
all: build-server ## Everything
a\\ b: ## With a blank
\t@echo blank
",
    );
    let found = ask_for(folder.path());
    assert_eq!(
        names(&found),
        ["all", "a b", "build-client", "build-server"]
    );
    assert_eq!(found.default_goal.as_deref(), Some("build-server"));
    let built = &found.targets[3];
    assert!(built.phony && built.listed);
    assert_eq!(
        asks_first(built).as_deref(),
        Some("runs `rm -rf /srv/server`")
    );
    let all = &found.targets[0];
    assert_eq!(all.doc.as_deref(), Some("Everything"));
    assert_eq!(
        asks_first(all).as_deref(),
        Some("build-server: runs `rm -rf /srv/server`")
    );
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}

#[test]
fn asking_runs_no_shell_no_recipe_and_remakes_nothing() {
    let folder = folder(
        "\
A := $(shell touch MARK)
B != touch MARK
$(shell touch MARK)
SHELL = ./evil
include made.mk
-include other.mk
all: ; +touch MARK
made.mk other.mk: ; touch MARK
Makefile: force ; touch MARK
%: ; touch MARK
.DEFAULT: ; touch MARK
sub: ; $(MAKE) -C . all
force:
",
    );
    fs::write(folder.path().join("made.mk"), "extra: ; touch MARK\n").unwrap();
    let found = ask_for(folder.path());
    assert!(names(&found).contains(&"extra"));
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 2, "Makefile and made.mk alone");
}

#[test]
fn what_would_act_anyway_keeps_make_from_running() {
    for line in [
        "$(file >MARK,x)",
        "override SHELL = /bin/sh",
        "load ./evil.so",
        "X := $(guile (system \"touch MARK\"))",
    ] {
        let folder = folder(&format!(
            "all: ## Here\n\t@true\n{line}\nX2 := $(shell touch MARK)\n"
        ));
        let found = ask_for(folder.path());
        assert_eq!(names(&found), ["all"]);
        let problem = &found.problems[0];
        assert_eq!(problem.place.line, 3);
        assert!(
            problem
                .what
                .ends_with("so make is not asked for its targets")
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{line}");
    }
}

#[test]
fn a_syntax_error_is_reported_with_its_place() {
    let folder = folder("all: ## Still listed\n\t@true\n$(error no luck today)\n");
    let found = ask_for(folder.path());
    assert_eq!(names(&found), ["all"]);
    let problems: Vec<_> = found
        .problems
        .iter()
        .map(|problem| (problem.place.line, problem.what.as_str()))
        .collect();
    assert_eq!(problems, [(3, "no luck today")]);
}

/// Processes that work in this folder.
fn at_work_in(folder: &Path) -> usize {
    let folder = folder.canonicalize().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder))
        .count()
}

#[test]
fn a_makefile_without_end_is_given_up_and_leaves_no_process() {
    // Each doubles the one before: 2^60 words.
    let doubled: String = (1..60)
        .map(|number| format!("A{number} = $(A{0}) $(A{0})\n", number - 1))
        .collect();
    let folder = folder(&format!("A0 = x\n{doubled}B := $(A59)\nall: ; @true\n"));
    let begun = std::time::Instant::now();
    let found = ask_for(folder.path());
    let took = begun.elapsed();
    assert!((5..10).contains(&took.as_secs()), "{took:?}");
    assert_eq!(names(&found), ["all"]);
    let what = &found.problems.last().unwrap().what;
    assert_eq!(what, "make did not list its targets within 5 s and 64 MiB");
    assert_eq!(at_work_in(folder.path()), 0);
}

#[test]
fn includes_that_are_remade_without_end_are_not_remade() {
    let folder =
        folder("include made.mk\nmade.mk: force ; echo x >> made.mk\nforce:\nall: ; @true\n");
    fs::write(folder.path().join("made.mk"), "more: ; @true\n").unwrap();
    let found = ask_for(folder.path());
    assert!(names(&found).contains(&"more"), "{found:?}");
    let made = fs::read_to_string(folder.path().join("made.mk")).unwrap();
    assert_eq!(made, "more: ; @true\n");
    assert_eq!(at_work_in(folder.path()), 0);
}

#[test]
fn a_makefile_that_is_a_pipe_is_not_waited_for() {
    let folder = folder("include endless.mk\nall: ; @true\n");
    let pipe = folder.path().join("endless.mk");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let found = ask_for(folder.path());
    assert_eq!(names(&found), ["all"]);
    assert!(!found.problems.is_empty());
    assert_eq!(at_work_in(folder.path()), 0);
}

#[test]
fn a_system_without_make_is_reported() {
    let folder = folder("all: ; @true\n");
    let (found, _) = database(folder.path(), &[("PATH".into(), folder.path().into())]);
    assert_eq!(names(&found), ["all"]);
    assert_eq!(found.problems[0].what, "there is no make in the PATH");
}

#[test]
fn the_way_for_an_old_make_finds_the_same() {
    let folder = folder("ONE = 1\nall: one ## All\none: ; @true\n");
    let environment = crate::make::environment(env::vars_os(), None);
    let mut reader = scan::read(folder.path());
    let answer = ask_by_input(folder.path(), &environment, "Makefile").unwrap();
    let place = Place {
        file: "Makefile".to_owned(),
        line: 1,
    };
    join(&mut reader, &answer, place);
    let found = scan::list(reader);
    assert_eq!(names(&found), ["all", "one"]);
    assert_eq!(found, scan::scan(folder.path()));
}

/// The scan's own list, and make's.
fn both(makefile: &str) -> (Scan, Scan) {
    let folder = folder(makefile);
    (crate::make::scan(folder.path()), ask_for(folder.path()))
}

fn listed(scan: &Scan) -> Vec<&str> {
    let targets = scan.targets.iter().filter(|target| target.listed);
    targets.map(|target| target.name.as_str()).collect()
}

#[test]
fn a_muted_shell_makes_no_error() {
    for makefile in [
        "ifeq ($(shell uname),)\n$(error no platform)\nendif\nall: ; echo\n",
        "ifeq ($(shell uname),)\n\t$(error no platform)\nendif\nall: ; echo\n",
        "V := $(shell go version)\nifndef V\n$(error no go)\nendif\nall: ; echo\n",
        "V != uname\nifeq (${V},)\n  $(error no uname)\nendif\nall: ; echo\n",
        "V = $(shell uname)\n$(if $(V),,$(error no uname))\nall: ; echo\n",
    ] {
        let (read, made) = both(makefile);
        assert_eq!(made.problems, read.problems, "{makefile}");
        assert_eq!(names(&made), ["all"], "{makefile}");
    }
    // What fails without any shell is the file's own.
    let (_, made) = both("$(error never)\nall: ; echo $(shell uname)\nX := $(shell uname)\n");
    assert_eq!(made.problems.len(), 1);
}

#[test]
fn trust_takes_nothing_away_that_a_person_could_run() {
    for (makefile, kept) in [
        (
            "ifneq (,$(filter Linux,$(shell uname)))\ninstall: ## Put it in place\n\techo\nendif\nall: ; echo\n",
            "install",
        ),
        (
            "OS := $(shell uname)\nKIND = $(OS)\nifeq ($(KIND),Linux)\ninstall: ; echo\nelse ifeq ($(KIND),Darwin)\nmac: ; echo\nendif\n\
             all: ; echo\n",
            "install",
        ),
        (
            "ifeq ($(shell uname),Linux)\nON = linux\nendif\nifeq ($(ON),linux)\ninstall: ; echo\nendif\nall: ; echo\n",
            "install",
        ),
        (
            "all: ; echo\n_all: ; echo\n$(filter-out _all,$(MAKECMDGOALS)): _all\n\t@:\nifdef NEVER\nx: ; echo\nendif\n",
            "x",
        ),
        (
            "all: ; echo\n%: ; ./run $@\nifneq ($(MAKECMDGOALS),)\nx: ; echo\nendif\n",
            "x",
        ),
        (
            "ifneq (,$(filter x,$(MAKECMDGOALS)))\nx: ; echo\nendif\nall: ; echo\n",
            "x",
        ),
        (
            "all: x\nclean: ; rm x\nx: FORCE\n\techo > x\n.PHONY: FORCE\n",
            "clean",
        ),
    ] {
        let (read, made) = both(makefile);
        assert!(
            names(&made).contains(&kept),
            "{makefile}: {:?}",
            names(&made)
        );
        for shown in listed(&read) {
            assert!(listed(&made).contains(&shown), "{makefile}: {shown}");
        }
        assert_eq!(made.default_goal, read.default_goal, "{makefile}");
    }
    let folder = folder("ifeq ($(shell uname),Linux)\ninclude more.mk\nendif\nall: ; echo\n");
    fs::write(folder.path().join("more.mk"), "install: ; echo\n").unwrap();
    assert_eq!(names(&ask_for(folder.path())), ["install", "all"]);
}

#[test]
fn makes_list_is_read_for_what_can_be_run() {
    let (_, made) = both(
        "$(shell pwd)/bin: ; mkdir bin\n.PHONY: $(shell pwd)/gen test-% biuld\nall: b.o ; echo\na.o: CFLAGS += -O3\nb.o: CFLAGS += -O3\nb.o: ; echo\n",
    );
    assert_eq!(names(&made), ["all", "b.o"]);
    assert_eq!(made.default_goal.as_deref(), Some("all"));
}

#[test]
fn a_name_that_lacks_what_a_shell_would_have_answered_is_not_added() {
    let (_, made) = both(
        "ARCH = $(shell uname -m)\nOUT = obj-$(ARCH)\nEXE := $(shell true)\nall: ; echo\n$(OUT):\n\techo\nclean-$(OUT): ; echo\nlib.so.$(ARCH):\n\techo\napp$(EXE): ; echo\n.PHONY: $(OUT) lib.so.$(ARCH)\n",
    );
    assert_eq!(names(&made), ["all", "app"]);
}

#[test]
fn a_name_that_an_answer_decides_on_stays_the_scans() {
    // The muted shell would have made `app-other` of it, and the default goal with it.
    let here = if cfg!(target_os = "macos") {
        "Darwin"
    } else {
        "Linux"
    };
    let (_, made) = both(&format!(
        "ifeq ($(shell uname -s),{here})\nEND := here\nelse\nEND := other\nendif\napp-$(END): ; echo\nall: app-$(END) ; echo\n"
    ));
    assert_eq!(names(&made), ["app-here", "all"]);
    assert_eq!(made.default_goal.as_deref(), Some("app-here"));
}
