//! Which variables a person is to give: what something fails without, and what is only set nowhere.

use super::*;
use crate::project::{Need, SetBy, Target, Variable};

fn read(makefile: &str) -> Scan {
    scan(folder(makefile.as_bytes()).path())
}

fn target<'a>(scan: &'a Scan, name: &str) -> &'a Target {
    let mut targets = scan.targets.iter();
    targets.find(|target| target.name == name).unwrap()
}

fn variable<'a>(scan: &'a Scan, name: &str) -> Option<&'a Variable> {
    scan.variables.iter().find(|one| one.name == name)
}

fn need(scan: &Scan, name: &str) -> Need {
    variable(scan, name)
        .unwrap_or_else(|| panic!("{name}"))
        .need
}

#[test]
fn only_a_guard_is_needed() {
    for recipe in [
        "test -n \"$(X)\"",
        "[ \"$(X)\" ] || exit 1",
        "if [ -z \"$(X)\" ]; then echo no; exit 1; fi",
        ": $(or $(X),$(error no X))",
        ": $(if $(X),,$(error no X))",
        "echo $${X:?}",
        "$(call need,X)",
        ": $(V)",
    ] {
        let found = read(&format!(
            "need = $(if $($(1)),,$(error no $(1)))\nV = $(or $(X),$(error no X))\n\
             a: b\nb:\n\t{recipe}\nc: ; echo $(X)\n"
        ));
        assert_eq!(need(&found, "X"), Need::Guarded, "{recipe}");
        let guards = ["a", "b", "c"].map(|name| target(&found, name).guards.as_slice());
        // Another target that only uses it runs without.
        assert_eq!(guards, [&["X"][..], &["X"], &[]], "{recipe}");
    }
    // A value that comes behind the guard comes too late.
    for guard in [
        "ifndef X\n$(error no X)\nendif",
        "ifeq ($(X),)\n$(error no X)\nendif",
    ] {
        let found = read(&format!("{guard}\nX = later\na: ; echo $(X)\n"));
        assert_eq!(need(&found, "X"), Need::Guarded, "{guard}");
        assert_eq!(target(&found, "a").guards, ["X"], "{guard}");
        let found = read(&format!("X ?= before\n{guard}\na: ; echo $(X)\n"));
        assert_eq!(need(&found, "X"), Need::Met, "{guard}");
    }
    // A rule that is there only to fail without it, and another one with it.
    let found = read(
        "ifndef K\na:\n\t@echo \"Must provide K\" && exit 1\nelse\na:\n\techo $(K)\nendif\nb: ; echo\n",
    );
    assert_eq!(need(&found, "K"), Need::Guarded);
    assert_eq!(target(&found, "a").guards, ["K"]);
    assert!(target(&found, "b").guards.is_empty());
    // What is left of a name that is put together is none.
    let found = read(
        "T = $(if $($(1)dir),,$(error no dir))\na: ; $(call T,) $(dir) $(if $(dir),,$(error no dir))\n",
    );
    assert!(target(&found, "a").guards.is_empty());
    // An error about a wrong value is none about a missing one.
    let found = read(
        "bool = $(if $(filter-out 0 1,$($1)),$(error $1 must be 0 or 1))\n\
         bools = $(foreach one,$1,$(eval $(call bool,$(one))))\n$(call bools,X Y)\na: ; echo $(X)\n",
    );
    assert!(target(&found, "a").guards.is_empty());
    let found = read("guard-%: ; @test -n \"$($*)\" || exit 1\na: guard-X\nb: ; echo $(X) $(Y)\n");
    assert_eq!(target(&found, "a").guards, ["X"]);
    assert!(target(&found, "b").guards.is_empty());
    assert_eq!(need(&found, "Y"), Need::Unset);
}

#[test]
fn a_guard_of_the_whole_makefile_is_every_targets() {
    for guard in [
        "ifndef X\n$(error no X)\nendif",
        "ifeq ($(X),)\n$(error no X)\nendif",
        "$(if $(X),,$(error no X))",
        "Y := $(or $(X),$(error no X))",
    ] {
        let found = read(&format!("{guard}\nhelp: ; echo\n"));
        assert_eq!(target(&found, "help").guards, ["X"], "{guard}");
    }
    // On a side that the values do not take, it is no guard; `ifndef` around a value is as `?=`.
    for kind in ["KIND ?= release", "ifndef KIND\nKIND = release\nendif"] {
        let found = read(&format!(
            "{kind}\nifeq ($(KIND),release)\nV = 1\nelse\nifndef TAG\n$(error no TAG)\nendif\nV = $(TAG)\nendif\nall: ; echo $(V)\n"
        ));
        assert!(target(&found, "all").guards.is_empty(), "{kind}");
        let kind = variable(&found, "KIND").unwrap();
        assert_eq!(
            (kind.default.as_deref(), kind.optional),
            (Some("release"), true)
        );
    }
    // What a further condition leaves open is asked of those that use it.
    let found = read(
        "ifeq ($(MAKECMDGOALS),ship)\nifndef X\n$(error no X)\nendif\nendif\nhelp: ; echo\nship: ; echo $(X)\n",
    );
    let guards = ["help", "ship"].map(|name| target(&found, name).guards.len());
    assert_eq!(guards, [0, 1]);
}

#[test]
fn what_has_a_value_is_not_needed() {
    for makefile in [
        "X = 1\na: ; test -n \"$(X)\"\n",
        "a:\n\t$(eval X := $(shell date))\n\ttest -n \"$(X)\"\n",
        "b: ; $(eval X = 1)\na: b\n\techo $(X)\n",
        "a: ; $(eval export X := 1) echo $(X)\n",
        "define T\nX := 1\nendef\n$(eval $(call T))\na: ; echo $(X)\n",
        "ifdef CI\nX = 1\nendif\na: ; test -n \"$(X)\"\n",
    ] {
        let found = read(makefile);
        let x = variable(&found, "X");
        assert!(x.is_none_or(|x| x.need == Need::Met), "{makefile}");
        assert!(target(&found, "a").guards.is_empty(), "{makefile}");
    }
}

#[test]
fn what_a_caller_gives_is_not_the_callers() {
    for call in [
        "X=1 $(MAKE) b",
        "$(MAKE) b X=1",
        "@env X=1 make -s b",
        "cd . && X=1 Y=2 $(MAKE) --no-print-directory b",
        "export X=1 && ${MAKE} b",
        "-$(MAKE) -j 4 X=1 b > /dev/null",
        "if true; then $(MAKE) -f $(firstword $(MAKEFILE_LIST)) b X=1; fi",
        "$(MAKE) -C $(CURDIR) b X=1",
    ] {
        let found = read(&format!("a:\n\t{call}\nb: ; test -n \"$(X)\"\n"));
        let uses = |name| target(&found, name).uses.contains(&"X".to_owned());
        assert!(!uses("a") && uses("b"), "{call}");
        let guards = ["a", "b"].map(|name| target(&found, name).guards.len());
        assert_eq!(guards, [0, 1], "{call}");
    }
    for call in [
        "$(MAKE) b",
        "make b",
        "$(MAKE) b X=1; $(MAKE) b",
        "$(MAKE) Y=1 b",
    ] {
        let found = read(&format!("a:\n\t{call}\nb: ; test -n \"$(X)\"\n"));
        assert_eq!(target(&found, "a").guards, ["X"], "{call}");
    }
    for call in [
        "$(MAKE) -C sub b",
        "cd sub && make b",
        "echo 'make b'",
        "make -f other.mk b",
    ] {
        let found = read(&format!("a:\n\t{call}\nb: ; test -n \"$(X)\"\n"));
        assert!(target(&found, "a").guards.is_empty(), "{call}");
    }
    // A target's own value goes on to what it needs, and no further.
    let found = read("all: prod\nprod: X = 1\nprod: b\nb: ; test -n \"$(X)\"\n");
    let guards = ["all", "prod", "b"].map(|name| target(&found, name).guards.len());
    assert_eq!(guards, [0, 0, 1]);
}

#[test]
fn what_may_well_be_empty_is_offered_as_it_is() {
    for text in [
        "if [ \"$(X)\" = true ]; then a; fi",
        "if [ \"$(X)\" ]; then a; fi",
        "[[ -d $(X) ]] && a",
        "case \"$(X)\" in a) b;; esac",
        "echo $(if $(X),a)",
    ] {
        let found = read(&format!("a:\n\t{text}\n"));
        assert_eq!(need(&found, "X"), Need::Met, "{text}");
    }
    for name in [
        "O",
        "CROSS",
        "CROSS_COMPILE",
        "GITHUB_SHA",
        "CI_COMMIT_TAG",
        "http_proxy",
        "NO_PROXY",
        "VIRTUAL_ENV",
        "KUBECONFIG",
        "EXTRA_CFLAGS",
        "EXTRA_OBJS",
        "PREFIX",
    ] {
        let found = read(&format!("a: ; cc $({name})x\n"));
        assert_eq!(need(&found, name), Need::Met, "{name}");
    }
    let found = read("a: ; $(CC) $(OUTPUT_OPTION) $(LOADLIBES) $(REGION)\n");
    let names: Vec<&str> = found
        .variables
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["REGION"]);
    assert_eq!(need(&found, "REGION"), Need::Unset);
    assert!(target(&found, "a").guards.is_empty());
}

#[test]
fn a_comment_in_a_recipe_uses_nothing() {
    let found =
        read("a:\n\t# insert --platform=$(X)\n\t@# $(X)\n\techo 1 # $(X)\n\techo '# $(Y)'\n");
    assert_eq!(variable(&found, "X"), None);
    assert_eq!(target(&found, "a").uses, ["Y"]);
}

#[test]
fn what_was_meant_for_the_shell_is_a_hint_and_no_field() {
    let found = read(
        "a:\n\tmake -j$(nproc) $BAR\n\tchown $(id -u):$(id -g) $_ $(basename x)\n\techo $Vx $(Q)y\nV = 1\nT := $(date)\n",
    );
    let names: Vec<&str> = found
        .variables
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["V", "Q", "T"]);
    let hints = found
        .hints
        .iter()
        .map(|one| (one.place.line, one.what.split(' ').next().unwrap()));
    assert_eq!(
        hints.collect::<Vec<_>>(),
        [
            (2, "$(nproc)"),
            (2, "make"),
            (3, "$(id"),
            (3, "$(id"),
            (6, "$(date)")
        ]
    );
    assert_eq!(found.problems, []);
    // If the makefile has such a name, it is its own.
    let found = read("nproc = 4\nB = x\na: ; make -j$(nproc) $BAR\n");
    assert_eq!(found.hints, []);
    assert_eq!(target(&found, "a").uses, ["nproc", "B"]);
}

#[test]
fn what_the_environment_sets_has_a_value() {
    let folder = folder(
        b"ENV ?= dev\nMODE = fast\na: ; test -n \"$(FOO)\"; echo $(ENV) $(MODE) $(BAR) $(BAZ) $(QUX)\nb: ; test -n \"$(FOO)\"\n\
          c: ; test -n \"$(BAZ)\"\nd: ; test -n \"$(QUX)\"\n",
    );
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        ".envrc",
        "# export QUX=1\nexport BAR=1 # x\ndotenv_if_exists .env.local\n",
    );
    write(".env.local", "# QUX=1\nexport BAZ='a b'\n");
    let settled = |by_direnv| {
        let mut found = scan(folder.path());
        let environment = ["FOO", "ENV", "MODE"].map(|name| (name.into(), "1".into()));
        settle(&mut found, folder.path(), &environment, by_direnv);
        found
    };
    let found = settled(true);
    let by = |name| variable(&found, name).unwrap().set_by.clone();
    let file = |file: &str| {
        Some(SetBy::File {
            file: file.to_owned(),
        })
    };
    assert_eq!(by("FOO"), Some(SetBy::Environment));
    assert_eq!(by("ENV"), Some(SetBy::Environment));
    assert_eq!(by("MODE"), None);
    assert_eq!(by("BAR"), file(".envrc"));
    assert_eq!(by("BAZ"), file(".env.local"));
    assert_eq!((by("QUX"), need(&found, "QUX")), (None, Need::Guarded));
    let guards = ["a", "b", "c", "d"].map(|name| target(&found, name).guards.len());
    assert_eq!(guards, [0, 0, 0, 1]);
    let without = settled(false);
    assert_eq!(need(&without, "BAR"), Need::Unset);
    assert_eq!(target(&without, "c").guards, ["BAZ"]);
}

#[test]
fn a_missing_dotenv_file_is_copied_from_its_sample_and_never_written_over() {
    let folder = folder(b"-include .env\na: ; echo $(X)\n");
    let missing = |folder: &Path| {
        let mut found = scan(folder);
        settle(&mut found, folder, &[], false);
        found.dotenv_sample.map(|one| one.sample)
    };
    assert_eq!(missing(folder.path()), None);
    fs::write(folder.path().join(".env.example"), "X=1\n").unwrap();
    assert_eq!(missing(folder.path()).as_deref(), Some(".env.example"));
    copy_dotenv_sample(folder.path()).unwrap();
    assert_eq!(missing(folder.path()), None);
    let copied = || fs::read_to_string(folder.path().join(".env")).unwrap();
    assert_eq!(copied(), "X=1\n");
    fs::write(folder.path().join(".env"), "X=mine\n").unwrap();
    copy_dotenv_sample(folder.path()).unwrap_err();
    assert_eq!(copied(), "X=mine\n");
}

#[test]
fn a_value_that_one_side_of_a_condition_gives_may_be_there() {
    // What a makefile looks for by itself is not for a person to give.
    let found = read(
        "LIB =\nifneq ($(HOME),)\nLIB = $(shell pkg-config --libs x)\nendif\n\
         ifeq ($(LIB),)\n$(error no x)\nendif\nall: ; cc $(LIB)\n",
    );
    assert_eq!(target(&found, "all").guards, [""; 0]);
}

#[test]
fn what_a_variable_may_be_given_is_suggested() {
    let found = read(
        "# usage: make deploy ENV=staging\nifeq ($(ENV),prod)\nCOUNT = 3\nelse ifeq ($(ENV),dev)\nendif\n\
         V ?= 0\nifeq ($(V),1)\nQ :=\nendif\nifeq ($(TOKEN),abc)\nendif\n\
         ## @choice a|b\nKIND ?= a\nifeq ($(KIND),c)\nendif\n\
         deploy: ; ./deploy $(ENV) $(TOKEN) $(KIND) $(V) $(OTHER)\n",
    );
    let suggested = |name: &str| &variable(&found, name).unwrap().suggestions;
    assert_eq!(suggested("ENV"), &["staging", "prod", "dev"]);
    let quoted = read(
        "# e.g. make wp cmd=\"plugin list\"\nwp: ; wp $(cmd)\n# Usage: make say msg='your text here'\nsay: ; echo $(msg)\n",
    );
    let of = |name: &str| variable(&quoted, name).unwrap().suggestions.clone();
    assert_eq!(
        (of("cmd"), of("msg")),
        (vec!["plugin list".to_owned()], vec![])
    );
    // A secret has none, and its own comment goes before all.
    for name in ["TOKEN", "KIND", "OTHER", "V"] {
        assert_eq!(suggested(name), &[""; 0], "{name}");
    }
    // What decides over a value is a field where that is used.
    let cc = read("V ?= 0\nifeq ($(V),1)\nQ :=\nelse\nQ := @\nendif\nall: ; $(Q)cc\n");
    assert_eq!(target(&cc, "all").uses, ["V", "Q"]);
    use crate::project::VariableKind::{Bool, Text};
    let kind = |name: &str| variable(&found, name).unwrap().kind;
    assert_eq!(["V", "ENV"].map(kind), [Bool, Text]);
}

#[test]
fn what_only_several_together_decide_blocks_nothing() {
    for makefile in [
        // A library that is asked for needs one of two others.
        "ifneq ($(USE_A),)\nifeq ($(USE_B),)\n$(error A needs B)\nendif\nendif\na: ; cc $(USE_B)\n",
        "ifeq ($(USE_A),)\nifeq ($(USE_B),)\n$(error A or B)\nendif\nendif\na: ; cc $(USE_A) $(USE_B)\n",
        // The other side fails by something else.
        "ifneq ($(O),)\na: ; echo $(O)\nelse\n$(if $(LIMIT),$(error too deep))\na: ; echo $(O)\nendif\n",
        "a:\nifndef X\n\tcp a b || exit 1\nendif\n\techo $(X)\n",
        // It is tested where it has a value.
        "ifneq ($(O),)\na:\n\t$(if $(wildcard $(O)),,$(error no $(O)))\nelse\na: ; echo $(O)\nendif\n",
        "a:\n\tif test -z \"$(X)\"; then if ! cp a b; then exit 1; fi; fi\n",
    ] {
        let found = read(makefile);
        assert_eq!(target(&found, "a").guards, [""; 0], "{makefile}");
    }
}

#[test]
fn a_recipe_for_one_shell_is_read_whole() {
    let found = read(
        ".ONESHELL:\na:\n\tif [ -z \"$(HOST)\" ]; then\n\t  echo no\n\t  exit 1\n\tfi\n\tssh $(HOST) $(WHAT)\n",
    );
    assert_eq!(target(&found, "a").guards, ["HOST"]);
}

#[test]
fn a_variable_of_a_loop_of_the_shell_is_no_field() {
    let found =
        read("a:\n\tfor i in 1 2; do echo $(i) $(X); done\nb: ; for d in x; do echo $d; done\n");
    assert_eq!(target(&found, "a").uses, ["X"]);
    assert_eq!(found.hints.len(), 2);
    assert!(found.hints[0].what.ends_with("is written $$i"));
    // One that the makefile sets is what it says.
    let found = read("i = 5\na:\n\tfor i in 1 2; do echo $(i); done\n");
    assert_eq!(found.hints, []);
}

#[test]
fn the_slip_of_a_recipe_on_the_rules_own_line_is_reported() {
    let found = read("a: ; make -j$(nproc)\n");
    assert_eq!(found.hints.len(), 1);
    assert!(variable(&found, "nproc").is_none());
}
