//! What make reads, read as it does: values that `:=` works out at once, conditions, includes, paths.

use super::*;

fn read(makefile: &str) -> Scan {
    scan(folder(makefile.as_bytes()).path())
}

#[test]
fn a_simple_variable_is_worked_out_where_it_is() {
    let folder = folder(
        b"TOP := $(lastword $(MAKEFILE_LIST))\n-include x.mk\ninclude $(TOP).inc\nall: ; echo\n",
    );
    fs::write(folder.path().join("x.mk"), "").unwrap();
    fs::write(folder.path().join("Makefile.inc"), "clean: ; echo\n").unwrap();
    let found = scan(folder.path());
    assert_eq!(names(&found), ["clean", "all"]);
    assert_eq!(found.problems, []);
    assert_eq!(
        names(&read("S := a b\nS2 := $(S)\nS := c\n$(S2): ; echo\n")),
        ["a", "b"]
    );
    assert_eq!(
        names(&read("S = a b\nS2 = $(S)\nS = c\n$(S2): ; echo\n")),
        ["c"]
    );
    // A value that is given holds before that.
    let folder = super::folder(b"V := 1\nT := v$(V)\nall: ; echo $(T)\n");
    let shown = |given: &[crate::make::Assignment]| preview(folder.path(), "all", &[], given);
    assert_eq!(shown(&[]), ["echo v1"]);
    assert_eq!(
        shown(&[crate::make::Assignment::plain("V", "2")]),
        ["echo v2"]
    );
}

#[test]
fn what_is_under_a_condition_is_no_problem() {
    for makefile in [
        "export FOO # e.g.: this\nall: ; echo\n",
        "unexport FOO # e.g.: this\nall: ; echo\n",
        "ifneq (,$(wildcard local.mk))\ninclude local.mk\nendif\nall: ; echo\n",
        "ifdef NEVER\n    @echo blanks\nelse\n    more\nendif\nall: ; echo\n",
        "ifndef ONCE\nONCE = 1\ninclude Makefile\nendif\nall: ; echo\n",
        "all:\nifneq ($(wildcard x.env),)\n\t@echo it\ninclude x.env\nelse\n\t@echo none\nendif\n\t@echo done\n",
    ] {
        assert_eq!(
            problems(&read(makefile)),
            Vec::<String>::new(),
            "{makefile}"
        );
    }
    assert_eq!(read("ifdef X\n    @echo blanks\nendif\n").hints.len(), 1);
    assert_eq!(
        read("include local.mk\n    @echo blanks\n").problems.len(),
        2
    );
    // Blanks in the place of a tab, whatever the reference becomes; a call alone may become nothing.
    let found = problems(&read("up:\n    ${DC} up\ndown: ; echo\n"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("begins with a tab"), "{found:?}");
    for makefile in [
        "up:\n    $(call rules,a)\n",
        "    $(eval X = 1)\nup: ; echo\n",
    ] {
        assert_eq!(problems(&read(makefile)), [""; 0], "{makefile}");
    }
}

#[test]
fn the_side_of_another_system_does_not_win() {
    for condition in [
        "ifeq ($(OS),Windows_NT)\nEXE := .exe\nelse\nEXE :=\nendif",
        "ifneq ($(OS),Windows_NT)\nEXE :=\nelse\nEXE := .exe\nendif",
        "ifeq ($(GOOS),windows)\nEXE = .exe\nelse\nEXE =\nendif",
        "ifneq (,$(findstring MINGW,$(shell uname)))\nEXE = \nendif\nifeq ($(shell uname),CYGWIN)\nEXE = .exe\nendif",
    ] {
        assert_eq!(
            names(&read(&format!("{condition}\napp$(EXE): ; echo\n"))),
            ["app"],
            "{condition}"
        );
    }
}

#[test]
fn what_a_shell_says_of_the_system_is_known() {
    let (here, there) = match cfg!(target_os = "macos") {
        true => ("Darwin", "Linux"),
        false => ("Linux", "Darwin"),
    };
    for sides in [
        format!("ifeq ($(shell uname),{there})\nLIB = no\nelse\nLIB = yes\nendif"),
        format!(
            "U := $(shell uname -s)\nifeq ($(U),{there})\nLIB = no\nelse ifeq ($(U),{here})\nLIB = yes\nelse\nLIB = no\nendif"
        ),
        format!(
            "U := $(shell uname)\nifneq (,$(findstring {there},$(U)))\nLIB = no\nelse\nLIB = yes\nendif"
        ),
        format!("U := $(shell uname)\nifneq ($(U),{there})\nLIB = yes\nelse\nLIB = no\nendif"),
        format!("U := $(shell uname)\nifneq (,$(filter {there} {here},$(U)))\nLIB = yes\nendif"),
    ] {
        let found = read(&format!("{sides}\n$(LIB): ; cc\n"));
        assert_eq!(found.default_goal.as_deref(), Some("yes"), "{sides}");
    }
    // What a person gives decides by itself.
    let found = read(&format!(
        "KIND ?= {there}\nifeq ($(KIND),{there})\nLIB = yes\nelse\nLIB = no\nendif\n$(LIB): ; cc\n"
    ));
    assert_eq!(found.default_goal.as_deref(), Some("yes"));
}

#[test]
fn a_folder_to_include_under_a_condition_is_no_problem() {
    let found = read("TOP = .\nifdef RULES\ninclude $(TOP)/$(RULES)\nendif\na: ; echo\n");
    assert_eq!(problems(&found), [""; 0]);
    let found = read("TOP = .\ninclude $(TOP)/$(RULES)\na: ; echo\n");
    assert_eq!(problems(&found).len(), 1);
}

#[test]
fn paths_are_clean() {
    let folder = folder(b"$(abspath sub/../bin)/x: ; echo\n$(realpath .)/z: ; echo\n");
    let root = folder.path().display().to_string();
    assert_eq!(
        names(&scan(folder.path())),
        [format!("{root}/bin/x"), format!("{root}/z")]
    );
}

#[test]
fn only_a_file_written_while_reading_keeps_make_from_being_asked() {
    let active = |makefile: &str| read_active(folder(makefile.as_bytes()).path());
    for makefile in [
        "V := $(file <VERSION)\nall: ; echo\n",
        "all:\n\t$(file >x,$(A))\n\techo\n",
        "all: ; $(file >x,$(A))\n",
        "all: b;$(file >x,$(A))\nb: ; $(file >y)\n",
    ] {
        assert!(!active(makefile), "{makefile}");
    }
    for makefile in [
        "V := $(file >x,a)\n",
        "$(file >> x,a)\n",
        "$(file $(OP)x,a)\n",
        "define T\n\t$(file >x)\nendef\n",
        "define T\nall: ; $(file >x)\nendef\n",
        "all: V := a;$(file >x)\n",
        "all: $(file >x) ; echo\n",
    ] {
        assert!(active(makefile), "{makefile}");
    }
}

fn read_active(dir: &Path) -> bool {
    super::super::read(dir).active.is_some()
}

#[test]
fn what_eval_is_given_is_read() {
    let found = scan(
        folder(
            b"DIRS := api web\ndefine T\n$(1)_FLAGS := -x\n.PHONY: build-$(1)\n\
              build-$(1): $(1)/go.mod $$(EXTRA) ## Build $(1)\n\tcd $(1) && go build $$($(1)_FLAGS) $$(shell date)\n\tgo vet\n\
              all: build-$(1)\nendef\n\
              all:\n$(foreach d,$(DIRS),$(eval $(call T,$(d))))\n\
              one = $(1)-$(2): ; @echo $(1)\n$(call one,x,y)\n\
              $(eval late: ; rm -rf /srv)\n\
              each = $(foreach d,$(DIRS),$(eval fmt-$(d): ; gofmt $(d)))\n$(each)\n\
              $(if $(NOTHING),$(eval never: ; echo))\n\
              UNUSED := $(foreach d,$(DIRS),$(eval lint-$(d): ; lint $(d)))\n\
              $(foreach d,$(shell ls),$(eval $(call T,$(d))))\n\
              in: ; $(eval X := $(1)) echo\n",
        )
        .path(),
    );
    assert_eq!(
        names(&found),
        [
            "all",
            "build-api",
            "build-web",
            "x-y",
            "late",
            "fmt-api",
            "fmt-web",
            "lint-api",
            "lint-web",
            "in"
        ]
    );
    assert_eq!(problems(&found), [""; 0]);
    let target = |name: &str| found.target(name).unwrap();
    let api = target("build-api");
    assert_eq!(api.doc.as_deref(), Some("Build api"));
    assert_eq!(
        api.recipe,
        ["cd api && go build $(api_FLAGS) $(shell date)", "go vet"]
    );
    assert!(
        api.phony && api.uses.contains(&"api_FLAGS".to_owned()),
        "{:?}",
        api.uses
    );
    assert_eq!(target("all").leads, ["build-api", "build-web"]);
    assert!(target("late").danger.is_some());
}

#[test]
fn a_home_folder_is_known() {
    let home = std::env::home_dir().unwrap();
    let found = scan(folder(b"all: ~/.ssh/id\n~/.ssh/id: ; ssh-keygen\n").path());
    let key = home.join(".ssh/id").display().to_string();
    assert_eq!(names(&found), ["all", key.as_str()]);
    assert_eq!(found.targets[0].leads, [key]);
}

#[test]
fn words_of_any_script_are_shown_first() {
    let found = read("тест: ; go test\n目标: ; echo\nx.o: ; cc\n");
    let listed: Vec<bool> = found.targets.iter().map(|target| target.listed).collect();
    assert_eq!(listed, [true, true, false]);
}

#[test]
fn what_is_undefined_has_no_value() {
    let found = read("X = 1\nundefine X\nY = 2\nifdef Z\nundefine Y\nendif\na: ; echo $(X) $(Y)\n");
    let default = |name: &str| {
        let mut all = found.variables.iter();
        all.find(|one| one.name == name).unwrap().default.clone()
    };
    assert_eq!([default("X"), default("Y")], [None, Some("2".to_owned())]);
}

#[test]
fn a_makefile_of_bsd_is_one_problem() {
    let found =
        read("P=x\n.if defined(D)\nC=-g\n.else\nC=-O\n.endif\n.include <bsd.prog.mk>\nall: ; cc\n");
    assert_eq!(found.problems.len(), 1);
    assert_eq!(found.problems[0].place.line, 2);
    assert!(
        found.problems[0].what.contains("bmake"),
        "{:?}",
        found.problems
    );
    assert_eq!(names(&found), ["all"]);
}

#[test]
fn a_missing_include_says_what_may_be_done() {
    let listing = |makefile: &str, files: &[(&str, &str)]| {
        let folder = folder(makefile.as_bytes());
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        problems(&scan(folder.path())).join("; ")
    };
    let all = "\nall: ; echo\n";
    for (makefile, files, expected) in [
        (
            "include x.mk",
            vec![],
            "no such file to include, so make ends here",
        ),
        (
            "include x.mk",
            vec![("x.mk.example", "")],
            "x.mk.example is beside it, to be copied",
        ),
        (
            "include x.mk",
            vec![("configure", "")],
            "./configure may write it",
        ),
        (
            "include x.mk",
            vec![("x.mk.in", "")],
            "it is written when the project is configured",
        ),
        (
            "include lib/x.mk",
            vec![(".gitmodules", "[submodule \"lib\"]\n\tpath = lib\n")],
            "git submodule update --init lib",
        ),
        (
            "include $(TOP)/x.mk",
            vec![],
            "$(TOP) is empty, since nothing sets it",
        ),
    ] {
        let text = listing(&format!("{makefile}{all}"), &files);
        assert!(text.ends_with(expected), "{makefile}: {text}");
    }
    for makefile in [
        "-include x.mk",
        "sinclude x.mk",
        "include x.mk\nx.mk: ; touch $@",
        "include x.mk\n%.mk: ; touch $@",
        "ifdef X\ninclude x.mk\nendif",
        "D := $(shell ./detect > x.mk)\ninclude x.mk",
        "include *.none",
    ] {
        assert_eq!(
            listing(&format!("all: ; echo\n{makefile}\n"), &[]),
            "",
            "{makefile}"
        );
    }
}
