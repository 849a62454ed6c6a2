//! What the form of a target is made of: kinds of variables, values of one target alone, times, further words.

use super::*;
use crate::project::{Target, Variable, VariableKind};

fn target<'a>(scan: &'a Scan, name: &str) -> &'a Target {
    let mut targets = scan.targets.iter();
    targets.find(|target| target.name == name).unwrap()
}

fn variable<'a>(scan: &'a Scan, name: &str) -> &'a Variable {
    let mut variables = scan.variables.iter();
    variables.find(|variable| variable.name == name).unwrap()
}

fn defaults<'a>(scan: &'a Scan, name: &str) -> Vec<(&'a str, &'a str)> {
    let all = target(scan, name).defaults.iter();
    all.map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[test]
fn a_timeout_has_a_unit_and_a_bad_one_its_place() {
    let found = scan(
        folder(
            b"a: ## @timeout 10m\n\nb: ## @timeout 1h\nc: ## @timeout 250ms\nd: ## @timeout 90\n\
              e: ## @timeout soon @grace never\nf: ## @timeout 0s\ng: ## @timeout 99999h\nh: ## @timeout 1m 2m\n",
        )
        .path(),
    );
    let timeout = |name| target(&found, name).timeout;
    let times = ["a", "b", "c", "d", "e", "f", "g", "h"].map(timeout);
    let (a, b, c, d) = (Some(600_000), Some(3_600_000), Some(250), Some(90_000));
    assert_eq!(times, [a, b, c, d, None, None, None, None]);
    assert_eq!(
        problems(&found),
        [
            "Makefile:6: @timeout soon: it takes one time, as in @timeout 10m",
            "Makefile:6: @grace never: it takes one or two times, as in @grace 30s 10s",
            "Makefile:7: @timeout 0s: it takes one time, as in @timeout 10m",
            "Makefile:8: @timeout 99999h: it takes one time, as in @timeout 10m",
            "Makefile:9: @timeout 1m 2m: it takes one time, as in @timeout 10m",
        ]
    );
}

#[test]
fn kinds_are_reported_at_the_variable_or_at_the_target() {
    let found = scan(
        folder(
            b"## Loudly @bool\nLOUD ?=\nKEY ?= id # The key @file\n\
              ## @param WHERE the machine @host\n## @param DRY only pretend @bool\n## @param WHO\n\
              go: ; ssh -i $(KEY) $(WHERE) $(LOUD) $(DRY) $(WHO)\n",
        )
        .path(),
    );
    let kind = |name| variable(&found, name).kind;
    assert_eq!(
        ["LOUD", "KEY", "WHERE", "DRY", "WHO"].map(kind),
        [
            VariableKind::Bool,
            VariableKind::File,
            VariableKind::Host,
            VariableKind::Bool,
            VariableKind::Text
        ]
    );
    assert_eq!(variable(&found, "KEY").doc.as_deref(), Some("The key"));
}

#[test]
fn an_override_says_where_a_given_value_counts_for_nothing() {
    let found = scan(
        folder(
            b"override HARD := 1\noverride SOFT += more\noverride MAYBE ?= 1\nFREE = 1\n\
              all: override FREE = 2\nall: override OTHER += 3\nifdef X\noverride SIDE = 1\nendif\noverride define TEXT\nx\nendef\n\
              all: ; echo $(HARD) $(SOFT) $(MAYBE) $(FREE) $(OTHER) $(SIDE) $(TEXT)\n",
        )
        .path(),
    );
    let line = |name| variable(&found, name).fixed.as_ref().map(|at| at.line);
    assert_eq!(
        ["HARD", "SOFT", "MAYBE", "FREE", "OTHER", "SIDE"].map(line),
        [Some(1), None, None, None, None, None]
    );
    assert!(found.variables.iter().all(|one| one.name != "TEXT"));
}

#[test]
fn values_of_one_target_are_its_defaults() {
    let found = scan(
        folder(
            b"ENV ?= dev\nFLAGS = -O2\n\
              deploy: ENV = prod\ndeploy: FLAGS += -g # with symbols\ndeploy: export REGION := eu\n\
              deploy: SET ?= no\ndeploy: ENV ?= never\nSET = yes\n\
              test-% : ENV = test\ntest-unit-%: ENV = unit\ntest-unit-a: FLAGS = $(ENV)\n\
              one two: OWN != date\none: OWN = 1\nifdef X\none: OWN = 2\nendif\n\
              deploy test-a test-unit-a one two: ; echo $(ENV) $(FLAGS) $(REGION) $(SET) $(OWN)\n",
        )
        .path(),
    );
    assert_eq!(
        defaults(&found, "deploy"),
        [("ENV", "prod"), ("FLAGS", "-O2 -g"), ("REGION", "eu")]
    );
    assert_eq!(defaults(&found, "test-a"), [("ENV", "test")]);
    assert_eq!(
        defaults(&found, "test-unit-a"),
        [("ENV", "unit"), ("FLAGS", "$(ENV)")]
    );
    assert_eq!(defaults(&found, "one"), [("OWN", "1")]);
    assert_eq!(defaults(&found, "two"), [("OWN", "$(shell date)")]);
    let default = |name| variable(&found, name).default.as_deref();
    assert_eq!(
        ["ENV", "FLAGS", "SET"].map(default),
        [Some("dev"), Some("-O2"), Some("yes")]
    );
}

#[test]
fn further_words_are_known_by_the_idiom() {
    let takes = |makefile: &str, name: &str| {
        let found = scan(folder(makefile.as_bytes()).path());
        target(&found, name).extra_words
    };
    let recipe =
        "deploy: ; ./deploy $(filter-out $@,$(MAKECMDGOALS))\nother: ; echo $(MAKECMDGOALS)\n";
    for catch_all in [
        "%: ; @:\n",
        "%:\n\t@:\n",
        "%::\n\t@true\n",
        ".DEFAULT: ; @:\n",
        "%: ;\n",
        "%:\n\t@# nothing\n\t-@ :\n",
    ] {
        assert!(
            takes(&format!("{recipe}{catch_all}"), "deploy"),
            "{catch_all}"
        );
        assert!(!takes(&format!("{recipe}{catch_all}"), "other"));
    }
    // Without a rule for the further words, or with one that does something, make takes them as targets.
    for other in ["", "%:\n", "%: ; ./build $@\n", "%.o: ; @:\n", "x: ; @:\n"] {
        assert!(!takes(&format!("{recipe}{other}"), "deploy"), "{other}");
    }
    // Through variables, and with rules that `eval` makes for the words at hand.
    let run = "\
ifeq (run,$(firstword $(MAKECMDGOALS)))
  RUN_ARGS := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
  $(eval $(RUN_ARGS):;@:)
endif
ALL = --all $(RUN_ARGS)
run: ; ./run $(ALL)
stop: ; ./stop
";
    assert!(takes(run, "run") && !takes(run, "stop"));
    assert!(takes(
        "A = $(call a,$(1))\na = $(word 2,$(MAKECMDGOALS))\nx: ; echo $(A)\n%: ; @:\n",
        "x"
    ));
}

#[test]
fn what_is_above_a_targets_own_values_is_said_of_the_target() {
    let found = scan(
        folder(
            b"## Ship it @timeout 5m\n## @param WHO pays\ndeploy: ENV = prod # where to\ndeploy: REGION = eu\n\
              deploy: build\n\t./ship $(ENV) $(REGION)\nENV ?= dev\nbuild:\n",
        )
        .path(),
    );
    let deploy = target(&found, "deploy");
    assert_eq!(deploy.doc.as_deref(), Some("Ship it"));
    assert_eq!(deploy.timeout, Some(300_000));
    assert_eq!(deploy.uses, ["ENV", "REGION", "WHO"]);
    assert_eq!(variable(&found, "ENV").doc.as_deref(), Some("where to"));
    assert_eq!(variable(&found, "WHO").doc.as_deref(), Some("pays"));
    assert_eq!(target(&found, "build").doc, None);
}

#[test]
fn what_is_secret_is_known_however_the_variable_is_written() {
    let found = scan(
        folder(
            b"## @secret\nexport A\n## @secret\nexport B = value-of-b\n## @secret\ndefine C\nvalue-of-c\nendef\n\
              ## @secret\ngo: D = value-of-d\ngo: ; echo $(A) $(B) $(C) $(D) $(E)\n\
              ## @param E the token @secret\nuse: ; echo $(E)\n\
              ## @secret\noverride define F =\nvalue-of-f\nendef\nX = x1\n## @secret\nG = $(X)-value-of-g\n\
              ## @secret\nH ?= $(H_KEY)\n## @secret\nexport override I := value-of-i\n",
        )
        .path(),
    );
    let known: Vec<(&str, String, String)> = found
        .secrets
        .iter()
        .map(|one| (one.name.as_str(), one.values.join("|"), one.takes.join("|")))
        .collect();
    let none = String::new;
    let mut expected = [
        ("A", none(), none()),
        ("B", "value-of-b".to_owned(), none()),
        ("C", "value-of-c\n".to_owned(), none()),
        ("D", "value-of-d".to_owned(), none()),
        ("E", none(), none()),
        ("F", "value-of-f\n".to_owned(), none()),
        ("G", "x1-value-of-g".to_owned(), none()),
        ("H", none(), "H_KEY".to_owned()),
        // What is handed on as a secret is one.
        ("H_KEY", none(), none()),
        ("I", "value-of-i".to_owned(), none()),
    ];
    expected.sort();
    let mut known = known;
    known.sort();
    assert_eq!(known, expected);
    assert_eq!(problems(&found), [""; 0]);
    assert!(!format!("{:?}", found.secrets).contains("value-of"));
}

#[test]
fn a_secret_that_cannot_be_kept_out_has_a_problem_with_its_line() {
    let nothing = "@secret names no variable: it belongs right above one, or after @param NAME";
    let found = scan(
        folder(
            b"## The way in @secret\n\nTOKEN ?=\n## @secret\nlogin: ; echo $(TOKEN)\nout: ## @secret\n\
              ## @secret\n##@ Group\n## @secret\ninclude x.mk\nx.mk: ;\n\
              ## @secret\nKEY := $(shell cat key)\n## @secret\nPASS != cat pass\n## @secret\n",
        )
        .path(),
    );
    let places: Vec<(u32, bool)> = found
        .problems
        .iter()
        .map(|problem| (problem.place.line, problem.what == nothing))
        .collect();
    let expected = [
        (1, true),
        (4, true),
        (6, true),
        (7, true),
        (9, true),
        (16, true),
        (13, false),
        (15, false),
    ];
    assert_eq!(places, expected, "{:?}", problems(&found));
    assert!(
        problems(&found)[6].contains("only make can know"),
        "{:?}",
        problems(&found)
    );
}

#[test]
fn what_is_only_asked_for_is_on_or_off() {
    let found = scan(
        folder(
            b"ifdef VERBOSE\nQ :=\nelse\nQ := @\nendif\nifneq ($(NO_CACHE),)\nFLAGS += --no-cache\nendif\n\
              ifdef TRACE\nX = 1\nendif\nifdef PROFILE\nY = 1\nendif\nifdef USE_CC\nCC = $(USE_CC)\nendif\n\
              all:\n\t$(Q)$(CC) $(FLAGS) $(X) $(Y)\n\techo $$TRACE\n",
        )
        .path(),
    );
    // A script may read what make hands on, so the name has to say it too, and nothing else may name it.
    let kinds = ["VERBOSE", "NO_CACHE", "TRACE", "PROFILE", "USE_CC"];
    let kinds = kinds.map(|name| variable(&found, name).kind);
    let (on_off, text) = (VariableKind::Bool, VariableKind::Text);
    assert_eq!(kinds, [on_off, on_off, text, text, text]);
}
