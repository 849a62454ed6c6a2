//! Which targets are shown first, and which texts and headings they have.

use super::*;

fn read(makefile: &str) -> Scan {
    scan(folder(makefile.as_bytes()).path())
}

fn listed(scan: &Scan) -> Vec<&str> {
    let targets = scan.targets.iter().filter(|target| target.listed);
    targets.map(|target| target.name.as_str()).collect()
}

fn doc<'a>(scan: &'a Scan, name: &str) -> Option<&'a str> {
    let mut targets = scan.targets.iter();
    let found = targets.find(|target| target.name == name).unwrap();
    found.doc.as_deref()
}

fn group<'a>(scan: &'a Scan, name: &str) -> Option<&'a str> {
    let mut targets = scan.targets.iter();
    let found = targets.find(|target| target.name == name).unwrap();
    found.group.as_deref()
}

#[test]
fn a_command_is_shown_though_others_are_declared() {
    let found = read(
        ".PHONY: up\nup: ; docker compose up\nlogs: ; docker compose logs\nall: up logs\nboth: all\n\
         site: src ; cp src $@\nout: ; cc -o out a.c\nlist: ; ls > list\nnote: ; ls >note\nplace: ; mkdir -p place\n\
         PROG = tiny\ntiny: ; cc a.c -o $(PROG)\nx.o: ; cc x.c\n_own: ; echo\nnothing:\nlater: nothing\n",
    );
    assert_eq!(listed(&found), ["up", "logs", "all", "both"]);
    let folder = folder(b".PHONY: up\nup: ; echo\ntest: ; echo\ndocs: ; echo\n");
    fs::create_dir(folder.path().join("docs")).unwrap();
    assert_eq!(listed(&scan(folder.path())), ["up", "test"]);
}

#[test]
fn what_help_prints_is_the_text_of_the_targets_it_names() {
    for line in [
        r#"@echo "  make run   - Start it""#,
        r#"@echo "run - Start it""#,
        r#"@echo 'run: Start it'"#,
        r#"@echo "  run        Start it""#,
        r#"@echo -e "\033[36mrun\033[0m   Start it""#,
        r#"@echo "  $(CYAN)make run$(OFF)  — Start it""#,
        r#"@printf '  %-20s %s\n' 'run' 'Start it'"#,
        r#"@printf "run\tStart it\n""#,
        r#"@echo "  make run ENV=prod [X=1]  Start it""#,
        r#"@echo "Usage:"; echo "  * `run`  Start it""#,
        "$(info   run   Start it)",
        r#"@echo "  stop | run     Start it""#,
        r#"@echo "  make stop, run - Start it""#,
        r"@printf '%s\n' 'Usage:' '  make stop   End it' '  make run   Start it'",
    ] {
        let line = line.replace('`', "");
        let found = read(&format!(
            ".PHONY: help\nhelp:\n\t{line}\nrun.sh: ; echo\nrun stop: ; echo $@\n"
        ));
        assert_eq!(doc(&found, "run"), Some("Start it"), "{line}");
        assert!(listed(&found).contains(&"run"), "{line}");
    }
    let found = read(
        "help:\n\t@echo 'BUILDING'\n\t@echo '  make a   - First'\n\t@echo 'Run it:'\n\t@echo '  make b   - Second'\n\
         \t@echo 'a then b'\n\t@echo 'c'\n## Its own\na: ; echo\n# A comment\nb: ; echo\nc: ; echo\n",
    );
    let docs = ["a", "b", "c"].map(|name| doc(&found, name));
    assert_eq!(docs, [Some("Its own"), Some("A comment"), None]);
    assert_eq!(group(&found, "a"), Some("BUILDING"));
    assert_eq!(group(&found, "b"), Some("Run it"));
    // Only what prints help is read so.
    let found = read("go:\n\t@echo 'run - Start it'\nrun: ; echo\n");
    assert_eq!(doc(&found, "run"), None);
}

#[test]
fn a_comment_may_name_its_target() {
    for (makefile, text) in [
        (".PHONY: fmt  ## Format it\nfmt: ; echo\n", "Format it"),
        (".PHONY: fmt # Format it\nfmt: ; echo\n", "Format it"),
        ("fmt: # Format it\n\techo\n", "Format it"),
        ("fmt:\t#- Format it\n\techo\n", "Format it"),
        (
            "define H =\nmake fmt - Format it\nendef\nexport H\nhelp:\n\t@echo \"$$H\"\nfmt: ; echo\n",
            "Format it",
        ),
        ("## fmt: Format it\nfmt: ; echo\n", "Format it"),
        (
            "## fmt\t:\tFormat it\n.PHONY: fmt\nfmt: ; echo\n",
            "Format it",
        ),
        ("#? fmt: Format it\nfmt: ; echo\n", "Format it"),
        (
            "## fmt: Format it\n## lint: Lint it\nlint: ; echo\nfmt: ; echo\n",
            "Format it",
        ),
        (
            "## lint: Lint it\n## fmt: Format it\n##  with care\nfmt: ; echo\nlint: ; echo\n",
            "Format it with care",
        ),
        (
            "fmt: ARGS=-w  ## Format it\nfmt: ; gofmt $(ARGS)\n",
            "Format it",
        ),
        (
            "fmt: ; gofmt $(ARGS)\nfmt: ARGS=-w  ## Format it\n",
            "Format it",
        ),
        ("## Format it ######\nfmt: ; echo\n", "Format it"),
        ("#: Format it\nfmt: ; echo\n", "Format it"),
        ("# fmt - Format it\nfmt: ; echo\n", "Format it"),
        (
            "# fmt -- Format it\n# again\nfmt: ; echo\n",
            "Format it again",
        ),
    ] {
        assert_eq!(doc(&read(makefile), "fmt"), Some(text), "{makefile}");
    }
    let found = read("## Note: it is slow\nfmt: ; echo\nlint: ; echo\n");
    assert_eq!(doc(&found, "fmt"), Some("Note: it is slow"));
    let found = read("## lint: Lint it\nfmt: ; echo\nlint: ; echo\n");
    assert_eq!(
        [doc(&found, "fmt"), doc(&found, "lint")],
        [None, Some("Lint it")]
    );
}

#[test]
fn a_line_of_make_between_two_drawn_lines_makes_no_heading() {
    for between in ["X = 1", "other: ; echo", "ifdef Y\nendif", "-include y.mk"] {
        let found = read(&format!(
            "# one\n# ----\n{between}\n# two\n# three\n# ----\nrun: ; echo $(X)\n"
        ));
        assert_eq!(group(&found, "run"), None, "{between}");
        // Nor does a second one that follows at once: there is nothing between them.
        read(&format!("# one\n# ----\n{between}\n# ----\n"));
    }
}

#[test]
fn headings_are_drawn() {
    for [apps, tests] in [
        ["# -----\n# Apps\n# -----", "# =====\n# Tests\n# ====="],
        ["#### Apps ####", "######## Tests ########"],
        ["# --- Apps ---", "# ===== Tests ====="],
        [
            "##########\n## Apps ##\n##########",
            "##########\n## Tests ##\n##########",
        ],
        [
            "##########\n# Apps   #\n##########",
            "##########\n# Tests  #\n##########",
        ],
        [
            "# +-------+\n# | Apps  |\n# +-------+",
            "# +-------+\n# | Tests |\n# +-------+",
        ],
        [
            "# -------\n# Apps -----------------------------------------------------------\n# -------",
            "#~~~~~\n#~ Tests\n#~~~~~",
        ],
        ["# == Apps ==", "# Tests ----------"],
    ] {
        let found = read(&format!(
            "{apps}\nrun: ; echo\n\n# Stop it\nstop: ; echo\n\n{tests}\n\ntest: ; echo\n"
        ));
        let groups = ["run", "stop", "test"].map(|name| group(&found, name));
        assert_eq!(
            groups,
            [Some("Apps"), Some("Apps"), Some("Tests")],
            "{apps}"
        );
        let docs = ["run", "stop", "test"].map(|name| doc(&found, name));
        assert_eq!(docs, [None, Some("Stop it"), None], "{apps}");
    }
    let found =
        read("# ---\n# Apps\n# ---\nrun: ; echo\n##@ Own\n# ---\n# Tests\n# ---\ntest: ; echo\n");
    assert_eq!(
        [group(&found, "run"), group(&found, "test")],
        [None, Some("Own")]
    );
    // The title of a file is no heading of its targets.
    let found = read("# =====\n# Makefile of the shop\n# =====\nrun: ; echo\n");
    assert_eq!([group(&found, "run"), doc(&found, "run")], [None, None]);
}

#[test]
fn what_is_said_of_something_else_is_no_text() {
    let found = read(
        "# Some make programs use the last target\na b c d: ; echo\n# What it needs\ne: a\ne: ; echo\n#\t@echo old\nf: ; echo\n\
         # SUFFIXES = .html\ng: ; echo\n# TODO: mend it\nh: ; echo\n# See https://example.org/x\ni: ; echo\n\
         # TODO: mend it\n# Cleans up\nj: ; echo\n## Together\nk l m n: ; echo\n\
         # http://example.org/x\n# go get example.org/x\no: ; echo\n# docker run --rm x\np: ; echo\n#./bin/x;\nq: ; echo\n\
         # docker is needed\nr: ; echo\n",
    );
    assert_eq!(doc(&found, "r"), Some("docker is needed"));
    for name in ["a", "d", "e", "f", "g", "h", "i", "o", "p", "q"] {
        assert_eq!(doc(&found, name), None, "{name}");
    }
    assert_eq!(doc(&found, "j"), Some("Cleans up"));
    assert_eq!(doc(&found, "n"), Some("Together"));
    let found = read(
        "# .env\nA = 1\nB = 2\nF = 3\n\n# Alone\nC = 3\n\n# Its own\nD = 4\n# Another\nE = 5\nG = 6\nall: ; echo $(A) $(B) $(C) $(D) $(E) $(F) $(G)\n",
    );
    let docs: Vec<Option<&str>> = found
        .variables
        .iter()
        .map(|one| one.doc.as_deref())
        .collect();
    assert_eq!(
        docs,
        [
            None,
            None,
            None,
            Some("Alone"),
            Some("Its own"),
            Some("Another"),
            None
        ]
    );
}

#[test]
fn annotations_count_in_every_comment_that_is_shown() {
    let found = read(
        "# Push it @confirm \"It goes out\" @timeout 5m\n# @param TOKEN_OF_X the key @secret\npush: ; push $(TOKEN_OF_X)\n\
         # The key @secret\nKEY ?=\nuse: ; use $(KEY)\n",
    );
    assert_eq!(doc(&found, "push"), Some("Push it"));
    let push = &found.targets[0];
    assert_eq!(
        (asks_first(push).as_deref(), push.timeout),
        (Some("It goes out"), Some(300_000))
    );
    // One alone, without a text, counts as well.
    let hidden = read("# @hidden\na: ; echo\n# @confirm\nb: ; echo\n");
    assert_eq!(listed(&hidden), ["b"]);
    let b = hidden.targets.iter().find(|one| one.name == "b");
    assert!(asks_first(b.unwrap()).is_some());
    let secrets = found
        .variables
        .iter()
        .map(|one| (one.name.as_str(), one.secret, one.doc.as_deref()));
    assert_eq!(
        secrets.collect::<Vec<_>>(),
        [
            ("TOKEN_OF_X", true, Some("the key")),
            ("KEY", true, Some("The key"))
        ]
    );
}

#[test]
fn one_that_only_needs_others_is_shown_unless_make_makes_a_file_of_it() {
    let found = read(
        "man: man1.txt\nx.h: ; touch $@\ndocs: $(shell ls)\ntool: tool.c x.h\nprog: lib/prog.o\nNAMES: x.h\n\
         PROGS = a b\n$(PROGS): %: %.o\nconfig: config.h\nbin/x: x.h\n",
    );
    assert_eq!(listed(&found), ["man", "docs", "config"]);
}

#[test]
fn a_pattern_that_a_person_fills_in_is_shown() {
    let found = read(
        "all: guard-X ; echo\n\
         ##@ Images\nbuild/%: ## Build one image\n\tdocker build -t $@ $(notdir $@)\n\
         test-%: ; go test ./$*\n\
         guard-%: ; @test -n \"$($*)\" || exit 1\n\
         %.o: %.c ; cc -c $<\nout-%: ; touch $@\n%: ; @:\nnone-%:\nreal\\%: ; echo\n\
         help: ; @echo \"make run-<name>  - Run one\"\nrun-%: ; ./run $*\n",
    );
    let shown = ["build/%", "all", "test-%", "help", "run-%"];
    assert_eq!(listed(&found).len(), shown.len(), "{:?}", listed(&found));
    for name in shown {
        assert!(listed(&found).contains(&name), "{name}");
    }
    let other: Vec<&str> = found
        .targets
        .iter()
        .filter(|one| !one.listed)
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(other, ["guard-%", "out-%", "real%"]);
    let patterns = found.targets.iter().filter(|one| one.pattern);
    assert_eq!(patterns.count(), 5);
    assert_eq!(found.default_goal.as_deref(), Some("all"));
    assert_eq!(
        (doc(&found, "build/%"), group(&found, "build/%")),
        (Some("Build one image"), Some("Images"))
    );
    assert_eq!(doc(&found, "run-%"), Some("Run one"));
    let leading = read(
        "all: test-api lint\nlint: ; echo\n## Test one @exclusive @danger\ntest-%: ; go test ./$*\n",
    );
    let all = leading.target("all").unwrap();
    assert_eq!(all.leads, ["lint", "test-api"]);
    assert_eq!(all.exclusive, ["test-%"]);
    let danger = all.danger.as_ref().map(ToString::to_string);
    assert_eq!(danger.as_deref(), Some("test-%: marked as dangerous"));
    let known = |name: &str| found.target(name).map(|target| target.name.as_str());
    assert_eq!(known("test-api"), Some("test-%"));
    assert_eq!(
        ["all", "x.o", "test-", "real%"].map(known),
        [Some("all"), None, None, Some("real%")]
    );
}

#[test]
fn a_slip_in_phony_is_reported() {
    let found = read(
        ".PHONY: help biuld stale tests run, shrot gen-x\nhelp: ; echo\nbuild: ; cc\ntest: ; go test\nrun: ; ./x\n\
         .PHONY: test\ngen-%: ; echo $*\nifdef Y\n.PHONY: rnu\nendif\n",
    );
    let hints: Vec<&str> = found.hints.iter().map(|hint| hint.what.as_str()).collect();
    assert_eq!(
        hints,
        [
            ".PHONY names 'biuld', which no rule makes; did you mean build?",
            ".PHONY names 'run,', with a comma: names are parted by blanks alone",
            ".PHONY names 'gen-x', and make takes no rule for gen-% for what is phony: it does nothing",
        ]
    );
}

#[test]
fn a_list_at_the_head_of_the_file_says_what_targets_do() {
    let found = read(
        "# The shop\n#\n# Setup:\n#   make up          Start it\n#   make ship ENV=x  - Ship it\n# make sure it is there\n\n\
         COMPOSE := docker compose\nup: ; $(COMPOSE) up\nship: ; ./ship $(ENV)\nsure: ; echo\n#   make late   Too late\nlate: ; echo\n",
    );
    let docs = ["up", "ship", "sure"].map(|name| doc(&found, name));
    assert_eq!(docs, [Some("Start it"), Some("Ship it"), None]);
    assert_eq!(group(&found, "up"), Some("Setup"));
}

#[test]
fn what_shows_how_to_call_a_target_is_no_heading_and_no_text() {
    let found = read(
        "help:\n\t@echo 'Database:'\n\t@echo '  make dump   Save it'\n\t@echo 'Examples:'\n\t@echo '  make up app'\n\
         dump up: ; echo $@\n",
    );
    assert_eq!(
        [group(&found, "dump"), group(&found, "up")],
        [Some("Database"), None]
    );
    let found = read(
        "# Add a column\n# Usage: make column name=\"x y\"\ncolumn: ; ./add $(name)\n# make all DEBUG=1\nall: ; cc $(DEBUG)\n",
    );
    assert_eq!(doc(&found, "column"), Some("Add a column"));
    assert_eq!(doc(&found, "all"), Some("make all DEBUG=1"));
}

#[test]
fn lines_of_unicode_make_headings() {
    let found = read(
        "# ── Build ───────────\n\nbuild: ; cc a.c\n\n## ━━ Run ━━\nrun: ; ./a\n\n# ━━━━━━━━\n#  Ship\n# ━━━━━━━━\nship: ; ./s\n",
    );
    let groups = ["build", "run", "ship"].map(|name| group(&found, name));
    assert_eq!(groups, [Some("Build"), Some("Run"), Some("Ship")]);
    assert_eq!(doc(&found, "run"), None);
}

#[test]
fn what_is_phony_is_made_by_no_pattern() {
    let found = read("A := x y\n.PHONY: $(A:%=go-%)\ngo-%: ; echo $*\n%: ; @:\n");
    let first = found.hints.first().map(|hint| hint.what.as_str());
    assert_eq!(
        first,
        Some(
            ".PHONY names 'go-x', and make takes no rule for go-% for what is phony: it does nothing"
        )
    );
    let catch_all = read(".PHONY: go\n%: ; @:\n");
    assert!(catch_all.hints.is_empty());
}
