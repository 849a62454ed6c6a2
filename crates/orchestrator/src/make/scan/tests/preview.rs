//! The preview of a recipe, beside what make itself would run.

use std::process::Command;

use super::*;
use crate::{
    job::MakeOptions,
    make::{Assignment, Run, argv},
};

fn show(makefile: &str, target: &str, given: &[Assignment]) -> Vec<String> {
    preview(folder(makefile.as_bytes()).path(), target, &[], given)
}

const KNOWN: &str = "\
ENV ?= dev
REGISTRY = registry.example.org
IMAGE = $(REGISTRY)/app:$(ENV)$(if $(TAG),-$(TAG))
SRC := src/main.c src/util.c
OBJ := $(SRC:.c=.o)
override HARD = hard
FLAGS = -O2
define hello
echo hello $(1)
echo bye $(1)
endef
all: build ; @:
build: $(OBJ) src/main.o include/app.h | out
\tcc $(FLAGS) -o $@ $^
\t@echo first $< all $+ before $| folder $(<D) files $(^F) $(^:.o=.d)
push deploy: build
\tdocker push $(IMAGE) && echo $$HOME $$$$
\techo $(HARD) $(words $(SRC)) $(wordlist 2,9,$(SRC)) $(patsubst %.c,%.x,$(SRC))
deploy: ENV = prod
deploy: FLAGS += -g
deploy: override LEVEL = 3
deploy:
\techo $(FLAGS) \\
\t  $(LEVEL)
say: ; $(call hello,$@)
sub: ; $(MAKE) -C sub $(MAKECMDGOALS) $(RM) x
a.out b.out: %.out: %.in common
\tsort $^ > $@ # $*
twice:: one ; echo $^
twice:: two ; echo $^
out/%.log: %.txt extra ; cat $^ > $@ $*
%.bin: %.o ; ld $< $(*F)
one two common extra out include/app.h a.in b.in x.txt lib/y.o: ;
src/main.o src/util.o: ;
.PHONY: all build push deploy say sub twice a.out b.out one two out common extra
";

/// For each target the lines that make would run, and the preview's.
#[test]
fn what_is_known_is_shown_as_make_would_run_it() {
    let folder = folder(KNOWN.as_bytes());
    fs::create_dir(folder.path().join("out")).unwrap();
    let given = [
        Assignment::plain("TAG", "a $$b"),
        Assignment::plain("HARD", "soft"),
        Assignment::plain("LEVEL", "9"),
    ];
    for target in [
        "build",
        "push",
        "deploy",
        "say",
        "a.out",
        "twice",
        "out/x.log",
        "lib/y.bin",
    ] {
        for given in [&given[..], &[]] {
            let targets = [target.to_owned()];
            let command = argv(&Run {
                dir: folder.path(),
                targets: &targets,
                variables: given,
                options: &MakeOptions::default(),
                direnv: None,
            })
            .unwrap();
            let made = Command::new("make")
                .args(["-n", "-B", "--no-print-directory"])
                .args(&command.args)
                .current_dir(&command.cwd)
                .envs(command.env)
                .env_remove("MAKEFLAGS")
                .output()
                .unwrap();
            let made = String::from_utf8(made.stdout).unwrap();
            let shown = preview(folder.path(), target, &[], given);
            let shown: Vec<&str> = shown
                .iter()
                .map(|line| line.trim_start_matches('@'))
                .collect();
            // What the prerequisites run goes before it.
            let made: Vec<&str> = made.lines().collect();
            assert!(
                !shown.is_empty() && made.ends_with(&shown),
                "{target}: make runs\n{}\nand shown is\n{}",
                made.join("\n"),
                shown.join("\n")
            );
        }
    }
}

#[test]
fn what_is_not_known_stays_as_it_is_written() {
    let makefile = "\
VERSION := $(shell git describe)
TOKEN ?= from-the-file
ifdef RELEASE
FLAGS = --release
endif
IMAGE = app:$(VERSION) by $(OWNER)
deploy: $(wildcard *.none) $(shell ls)
\t@./deploy $(VERSION) $(IMAGE) ${WHERE} $(FLAGS) $(TOKEN) $(info x) $(ARGS) $(origin CC) $(CC) $< $(unclosed
\t-echo $(if $(LOUD),-v,-q) $* $(strip  a  b ) $(a b c) $(OWNER) $
";
    let secret = Assignment {
        secret: true,
        ..Assignment::plain("TOKEN", "hunter2")
    };
    assert_eq!(
        show(makefile, "deploy", &[secret]),
        [
            "@./deploy $(VERSION) $(IMAGE) ${WHERE} $(FLAGS) $(TOKEN) $(info x) $(ARGS) $(origin CC) $(CC) $< $(unclosed",
            "\t-echo $(if $(LOUD),-v,-q) $* $(strip  a  b ) $(a b c) $(OWNER) $",
        ]
        .map(|line| line.trim_start_matches('\t'))
    );
    let given = [
        Assignment::plain("OWNER", "$(shell rm x)"),
        Assignment::plain("LOUD", "1"),
        Assignment::plain("WHERE", "there"),
    ];
    let simple = "x: ; go $(OWNER) ${WHERE} $(if $(LOUD),-v,-q) $(IMAGE)\nIMAGE = of $(OWNER)\n";
    assert_eq!(
        show(simple, "x", &given),
        ["go $(shell rm x) there -v of $(shell rm x)"]
    );
    assert_eq!(
        show(simple, "x", &[]),
        ["go $(OWNER) ${WHERE} -q of $(OWNER)"]
    );
    let raw = Assignment {
        raw: true,
        ..Assignment::plain("OWNER", "$(WHERE)/$(shell id)")
    };
    assert_eq!(
        show("x: ; go $(OWNER)\nWHERE = here\n", "x", &[raw]),
        ["go here/$(shell id)"]
    );
    assert_eq!(show(simple, "none", &[]), [] as [&str; 0]);
    let sides = "x: ; one\nx: ; two\nifdef Y\nx: ; three\nelse\nx: ; four\nendif\n";
    assert_eq!(show(sides, "x", &[]), ["four"]);
    let given = [Assignment::plain("Y", "1")];
    assert_eq!(show(sides, "x", &given), ["three"]);
    let unknown = "x: ; two\nifeq ($(shell uname),Linux)\nx: ; three\nelse\nx: ; four\nendif\n";
    assert_eq!(show(unknown, "x", &[]), ["two", "three", "four"]);
    let again = "x: a ; one\nx: b ; two $^\na b:\n";
    assert_eq!(show(again, "x", &[]), ["two b a"]);
}

#[test]
fn of_a_condition_the_side_is_shown_that_the_values_take() {
    let makefile = "\
MODE ?= dev
x:
ifeq ($(MODE),dev)
\tone
else ifeq ($(MODE),prod)
\ttwo
ifdef LOUD
\tloud
endif
else
\tthree
endif
ifneq ($(OS),Windows_NT)
\tfour
else
\tdel /q x
endif
ifeq '0' '1'
\tnever
endif
ifneq ($(shell uname),Linux)
\tperhaps
endif
";
    let of = |given: &[(&str, &str)]| {
        let given: Vec<Assignment> = given
            .iter()
            .map(|(name, value)| Assignment::plain(name, value))
            .collect();
        show(makefile, "x", &given)
    };
    assert_eq!(of(&[]), ["one", "four", "perhaps"]);
    assert_eq!(of(&[("MODE", "prod")]), ["two", "four", "perhaps"]);
    let loud = [("MODE", "prod"), ("LOUD", "1")];
    assert_eq!(of(&loud), ["two", "loud", "four", "perhaps"]);
    assert_eq!(of(&[("MODE", "x")]), ["three", "four", "perhaps"]);
    // What is not known of a value leaves both sides.
    let unknown = "M := $(shell cat mode)\nx:\nifeq ($(M),a)\n\tone\nelse\n\ttwo\nendif\n";
    assert_eq!(show(unknown, "x", &[]), ["one", "two"]);
    let given = [Assignment::plain("M", "b")];
    assert_eq!(show(unknown, "x", &given), ["two"]);
}

#[test]
fn further_words_are_put_in() {
    let makefile = "deploy: ; ./deploy $(filter-out $@,$(MAKECMDGOALS)) to $(or $(word 3,$(MAKECMDGOALS)),nowhere)\n%: ; @:\n";
    let folder = folder(makefile.as_bytes());
    let words = ["./app".to_owned()];
    assert_eq!(
        preview(folder.path(), "deploy", &words, &[]),
        ["./deploy ./app to nowhere"]
    );
}

#[test]
fn what_blows_up_is_cut() {
    let doubling = (0..60).fold("X0 = aaaaaaaaaa\n".to_owned(), |mut text, index| {
        text.push_str(&format!("X{} = $(X{index})$(X{index})\n", index + 1));
        text
    });
    let start = processor_ms();
    let shown = show(
        &format!(
            "{doubling}all:\n\techo $(X60)\n{}",
            "\techo $(X9) $(X10)\n".repeat(1_000)
        ),
        "all",
        &[],
    );
    assert_eq!(shown[0], "echo $(X60)");
    assert_eq!(shown.len(), 200, "as many lines as the scan keeps");
    assert!(shown.iter().all(|line| line.chars().count() <= 2_001));
    assert!(processor_ms() - start < 5_000);
}

const ECHOED: &str = "\
ENV ?= dev
WORD := $(shell echo found)
define two
echo first $(1)
@echo quiet
echo second $(1)
endef
all: before
\techo $(ENV) $(WORD) $@
\t@echo silent
\t-echo \"$$HOME\" '$(MAKECMDGOALS)'; exit 3
\t  + echo plus
\tfor x in a b; do \\
\t  echo $$x; \\
\tdone
\t$(call two,$<)
\t@$(MAKE) -s inner
\t$(TOKEN)true now
before: ; echo before $(if $(NOT_GIVEN),never,)all
inner:
\techo inner $(MAKELEVEL)
";

/// What make writes before it runs each line is found among what the lines write, and nothing else is.
#[test]
fn what_make_writes_of_its_recipes_is_found_in_its_log() {
    use crate::{
        log::{
            Stream,
            outline::{Echo, Outliner},
        },
        make::echoed,
    };
    let made = folder(ECHOED.as_bytes());
    let given = [Assignment::plain("ENV", "prod")];
    let names = ["before", "all", "inner"];
    let targets: Vec<(&str, &[String])> = names.iter().map(|name| (*name, &[][..])).collect();
    let read = previews(made.path(), &targets, &given);
    let echoes = read.iter().zip(names).flat_map(|(recipe, name)| {
        let echo = |pieces| Echo {
            target: name.to_owned(),
            pieces,
        };
        echoed(recipe).into_iter().map(echo)
    });
    let mut outliner = Outliner::new(Vec::new(), echoes.collect());
    let output = Command::new("make")
        .args(["all", "ENV=prod"])
        .current_dir(made.path())
        .env_remove("MAKELEVEL")
        .env_remove("MAKEFLAGS")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    outliner.feed(Stream::Stdout, 0, &output.stdout);
    let outline = outliner.outline();
    let found: Vec<&str> = outline
        .sections
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let expected = [
        "echo before all",
        "echo prod found all",
        "echo \"$HOME\" 'all'; exit 3",
        "echo plus",
        "for x in a b; do \\",
        "echo first before",
        "echo second before",
        "true now",
    ];
    assert_eq!(
        found,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
