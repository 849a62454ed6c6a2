//! What targets without a text of their own do, in one line.

use super::*;
use crate::project::SummaryBy;

fn with(makefile: &str, document: (&str, &str)) -> Scan {
    let folder = folder(makefile.as_bytes());
    fs::write(folder.path().join(document.0), document.1).unwrap();
    scan(folder.path())
}

fn read(makefile: &str) -> Scan {
    scan(folder(makefile.as_bytes()).path())
}

fn summary<'s>(scan: &'s Scan, name: &str) -> Option<(&'s str, &'s SummaryBy)> {
    let found = scan.targets.iter().find(|target| target.name == name);
    let summary = found.unwrap().summary.as_ref()?;
    Some((&summary.text, &summary.by))
}

#[test]
fn what_a_recipe_prints_or_remarks_first_is_its_headline() {
    for (recipe, text) in [
        (
            "@echo \"==> Running unit tests <==\"\n\tgo test ./...",
            "Running unit tests",
        ),
        (
            "@echo\n\t@echo '--- Building the docs...'\n\tmake -C docs html",
            "Building the docs",
        ),
        (
            "@printf 'Format the code\\n'\n\tgofmt -w .",
            "Format the code",
        ),
        ("$(info Building it all)\n\tcc a.c", "Building it all"),
        (
            "@mkdir -p out\n\t@echo \"Packing $(NAME) for $@\"\n\ttar c .",
            "Packing shop for t",
        ),
        ("@echo \"$(GREEN)Lint it all$(NC)\"\n\tlint", "Lint it all"),
        ("@# Build the docs\n\tmake -C docs html", "Build the docs"),
    ] {
        let found = read(&format!(
            "NAME = shop\nGREEN = \\033[0;32m\nNC := $(shell tput sgr0)\nt:\n\t{recipe}\n"
        ));
        assert_eq!(
            summary(&found, "t"),
            Some((text, &SummaryBy::Recipe)),
            "{recipe}"
        );
    }
}

#[test]
fn what_a_recipe_prints_is_no_headline_if_it_says_something_else() {
    for recipe in [
        // It only prints.
        "@echo \"Version is 1\"",
        // A value, an error, what comes after, a question, one of several steps.
        "@echo 'VERSION: 1 of many'\n\tcc a.c",
        "@echo 'Missing the library, run deps'\n\texit 1",
        "cd docs && make html\n\t@echo 'Open the page in a browser'",
        "@echo 'Really do it?'\n\tcc a.c",
        "@echo -n 'Really go on [y/N] ' && read x\n\tcc a.c",
        "@echo 'First of all steps'\n\tcc a.c\n\t@echo 'Second of the steps'\n\tcc b.c\n\t@echo 'Third of the steps'\n\tcc c.c",
        "@echo \"Built from $(shell git describe) today\"\n\tcc a.c",
        "@echo 'see the list' | sort\n\tcc a.c",
        "#nosetests --with-coverage\n\tcc a.c",
        "# First this step\n\tcc a.c\n\t# Then that step\n\tcc b.c",
        "@if test -d x; then echo 'Going on with it'; fi\n\tcc a.c",
    ] {
        let found = read(&format!("t:\n\t{recipe}\n"));
        let by = summary(&found, "t").map(|(_, by)| by);
        assert_eq!(by, Some(&SummaryBy::Command), "{recipe}");
    }
}

#[test]
fn the_first_command_is_the_one_that_works() {
    for (recipe, text) in [
        (
            "@mkdir -p bin\n\t@set -e\n\t$(GO) build -o bin/$@ ./cmd",
            "go build -o bin/t ./cmd",
        ),
        (
            "@test -n \"$(X)\" || exit 1\n\tkubectl apply -f k8s",
            "kubectl apply -f k8s",
        ),
        ("rm -rf dist\n\tpython -m build", "python -m build"),
        ("rm -rf dist build", "rm -rf dist build"),
        ("$(Q)cc a.c", "cc a.c"),
        ("$(verbose) cc a.c", "cc a.c"),
        (
            "cd web && npm ci && \\\n\t\tnpm run build",
            "cd web && npm ci && npm run build",
        ),
        (
            "psql -U me $(DB_PASSWORD) $(UNKNOWN)",
            "psql -U me $(DB_PASSWORD) $(UNKNOWN)",
        ),
        ("$(MAKE) -C docs html", "make -C docs html"),
        (
            "for d in $(DIRS); do echo $$d; done",
            "for d in a b; do echo $d; done",
        ),
        ("$(eval N := 1)\n\techo $(N)", "echo $(N)"),
        ("$(file >list,$(DIRS))\n\tcc @list", "cc @list"),
        ("cc $(MODE) a.c", "cc $(MODE) a.c"),
    ] {
        let found = read(&format!(
            "GO = go\nDB_PASSWORD = hunter2\nDIRS = a b\nifdef D\nMODE = -g\nelse\nMODE = -O2\nendif\nt:\n\t{recipe}\n"
        ));
        assert_eq!(
            summary(&found, "t"),
            Some((text, &SummaryBy::Command)),
            "{recipe}"
        );
    }
    let help = read("help:\n\t@grep '##' Makefile\n");
    assert_eq!(summary(&help, "help").unwrap().0, "prints help");
    assert_eq!(summary(&read("t:\n\t@:\n"), "t"), None);
    let long = read(&format!("t:\n\tcc {}\n", "a.c ".repeat(500)));
    assert!(summary(&long, "t").unwrap().0.chars().count() <= 201);
}

#[test]
fn one_that_only_starts_others_says_which() {
    let found = read(
        "all: lint test\n\t@echo \"All is done\"\nlint: ; lint\ntest: ; test\nsite: site.html\nsite.html: ; gen\n\
         build:\n\t@$(MAKE) lint\n\t@$(MAKE) test-api\ntest-%: ; t $*\nmany: a b c d e f g\na b c d e f g: ; echo $@\n\
         test-x test-y: test-%: ; t ./$*\nmixed: lint out.txt\nout.txt: ; gen\n\
         outer: inner.txt\nlate: $$(X)\n.PHONY: all site outer late\n",
    );
    let text = |name| summary(&found, name).map(|(text, _)| text);
    assert_eq!(text("all"), Some("runs lint, test"));
    assert_eq!(text("site"), Some("makes site.html"));
    assert_eq!(text("build"), Some("runs lint, test-api"));
    assert_eq!(text("many"), Some("runs a, b, c, d, e and 2 more"));
    assert_eq!(text("outer"), Some("makes inner.txt"));
    assert_eq!(text("mixed"), Some("runs lint, makes out.txt"));
    assert_eq!(text("test-y"), Some("t ./y"));
    assert_eq!(text("late"), None);
    assert_eq!(summary(&found, "all").unwrap().1, &SummaryBy::Leads);
}

#[test]
fn a_document_says_what_a_target_is_for() {
    for (file, document) in [
        (
            "README.md",
            "| Command | What |\n|---|---|\n| `make run` | Start **it** all |\n",
        ),
        (
            "README.md",
            "| Target | What |\n|---|---|\n| `run` | [Start](x) it all |\n",
        ),
        ("README.md", "- `make run` - start it all. Slowly.\n"),
        ("README.md", "* **`make run`**: Start it all\n"),
        ("README.md", "1. `make run`: Start it all\n"),
        ("README.md", "```sh\n$ make run   # start it all\n```\n"),
        ("README.md", "```sh\n# Start it all\nmake run\n```\n"),
        ("README.md", "Run `make run` to start it all.\n"),
        ("README.md", "### `make run`\n\nStart it all.\n"),
        (
            "README.md",
            "| `make run X=1` | no |\n| `make run` | Start it all |\n",
        ),
        ("README.rst", "* ``make run``: Start it all\n"),
        ("README", "    make run     start it all\n"),
        ("CONTRIBUTING.md", "- `make run`: start it all\n"),
    ] {
        let found = with("run: ; echo $(X)\n", (file, document));
        let by = SummaryBy::Document {
            file: file.to_owned(),
        };
        assert_eq!(
            summary(&found, "run"),
            Some(("Start it all", &by)),
            "{document}"
        );
    }
    for document in [
        "```sh\n# Start and stop it\nmake run\nmake stop\n```\n",
        "make running is fun\n",
        "- `make run stop`: both of them\n",
        "- `cd docs && make run`: the docs\n",
        "| `run` | not a table of targets |\n",
        "- `make run`: x\n",
    ] {
        let found = with("run: ; echo $(X)\nstop: ; echo\n", ("README.md", document));
        let by = summary(&found, "run").map(|(_, by)| by);
        assert_eq!(by, Some(&SummaryBy::Command), "{document}");
    }
}

#[test]
fn what_is_written_as_help_goes_first_and_a_document_decides_no_trust() {
    let found = with(
        "run: ## Run it\n\tgo run .\n",
        ("README.md", "- `make run`: start it all\n"),
    );
    assert_eq!(found.targets[0].doc.as_deref(), Some("Run it"));
    assert_eq!(found.targets[0].summary, None);
    let folder = folder(b"run: ; go run .\n");
    let before = scan_stamped(folder.path()).1;
    fs::write(
        folder.path().join("README.md"),
        "- `make run`: start it all\n",
    )
    .unwrap();
    let (found, after) = scan_stamped(folder.path());
    assert_eq!(summary(&found, "run").unwrap().0, "Start it all");
    assert_eq!(before.digest(), after.digest());
    assert!(!before.hold(), "a document that comes is seen");
}

#[test]
fn a_guard_says_what_it_checks_and_is_no_command() {
    let found = read(
        "check:\nifndef ENV\n\t$(error set ENV)\nendif\n\nship:\nifndef ENV\n\t$(error set ENV)\nendif\n\t@echo \"Shipping it all\"\n\t./ship $(ENV)\n",
    );
    for (name, text) in [
        ("check", "checks that ENV is set"),
        ("ship", "Shipping it all"),
    ] {
        assert_eq!(summary(&found, name), Some((text, &SummaryBy::Recipe)));
    }
}
