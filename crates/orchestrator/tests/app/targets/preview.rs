//! What a launch would run, said before.

use std::fs;

use orchestrator::{job::MakeOptions, launch::Start, wire::LaunchRequest};

use super::{danger, home, over, preview, target, trusted};
use crate::page::App;

const MAKEFILE: &str = "\
A := $(shell touch ran-shell)
## @secret
TOKEN ?=
override FIXED = here
clean: ## Clean up
\trm -rf ../build
\t: $(A)
deploy: ## Deploy
\t@echo '$(ENV)'
";

#[tokio::test]
async fn it_is_what_is_started() {
    let (_postgres, home) = home(MAKEFILE);
    trusted(&home);
    let app = App::start(home);
    let mut page = app.page().await;
    let options = MakeOptions {
        jobs: Some(3),
        keep_going: true,
        ..MakeOptions::default()
    };
    let variables = [("ENV", "a $b"), ("TOKEN", "s3cret"), ("FIXED", "x")];
    let start = target(&["deploy", "clean"], &variables, options);
    let shown = preview(&mut page, start.clone()).await;
    let job = over(&mut page, LaunchRequest::Start(start)).await;
    assert_eq!(shown.line, job.command);
    assert_eq!(
        shown.line,
        "make -j3 -k deploy clean ENV='a $$b' TOKEN=… FIXED=x"
    );
    assert_eq!((&shown.argv, &shown.cwd), (&job.argv, &job.cwd));
    assert_eq!(shown.refusal, None);
    assert_eq!(
        danger(&shown).as_deref(),
        Some("clean: runs `rm -rf ../build`")
    );
    let notes = shown.notes.join("\n");
    assert!(
        notes.contains("TOKEN is passed by the environment"),
        "{notes}"
    );
    assert!(
        notes.contains("Makefile:4 sets FIXED by override"),
        "{notes}"
    );

    let command = |command: &str| Start::Command {
        command: command.into(),
        hosts: Vec::new(),
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: orchestrator::batch::Rules::default(),
    };
    // What a value makes dangerous is asked for as well, and a secret is not shown.
    let variables = [("ENV", "'; rm -rf /srv/x; '"), ("TOKEN", "s3cret")];
    let usual = MakeOptions::default();
    let shown = preview(&mut page, target(&["deploy"], &variables, usual)).await;
    assert_eq!(shown.recipe, ["@echo ''; rm -rf /srv/x; ''"]);
    let danger = danger(&shown).unwrap();
    assert!(
        danger.starts_with("deploy: runs `rm -rf /srv/x"),
        "{danger}"
    );
    assert!(!shown.notes.join("\n").contains("s3cret"));

    let shown = preview(&mut page, command("sudo rm -rf /srv; ls")).await;
    assert_eq!(super::danger(&shown).as_deref(), Some("runs `rm -rf /srv`"));
    assert_eq!(shown.argv, ["/bin/sh", "-c", "--", "sudo rm -rf /srv; ls"]);
    let shown = preview(&mut page, command("echo hi")).await;
    let job = over(&mut page, LaunchRequest::Start(command("echo hi"))).await;
    assert_eq!(super::danger(&shown), None);
    assert_eq!(
        (shown.line, shown.argv, shown.cwd),
        (job.command, job.argv, job.cwd)
    );
}

#[tokio::test]
async fn it_runs_nothing_and_names_the_rule_that_forbids() {
    let (_postgres, home) = home(MAKEFILE);
    home.text(&["projects", "add", "."]);
    let app = App::start(home);
    let mut page = app.page().await;
    let files = fs::read_dir(app.home.work()).unwrap().count();
    let usual = MakeOptions::default;
    let shown = preview(&mut page, target(&[], &[], usual())).await;
    assert_eq!(shown.recipe, ["rm -rf ../build", ": $(A)"]);
    assert_eq!(shown.refusal, None);
    let dry = MakeOptions {
        dry_run: true,
        ..usual()
    };
    let shown = preview(&mut page, target(&["x"], &[], dry)).await;
    let notes = shown.notes.join("\n");
    assert!(notes.contains("no target 'x' was found"), "{notes}");
    assert!(notes.contains("run anyway"), "{notes}");
    for (words, variables, rule) in [
        (
            &["a=b"][..],
            &[][..],
            "run the target 'a=b': a name with '='",
        ),
        (&["-"], &[], "make drops a lone dash"),
        (&["a\nb"], &[], "a name with a line break"),
        (&["clean"], &[("SHELL", "x")], "set 'SHELL': it changes how"),
        (&["clean"], &[("A-B", "x")], "a name is letters, digits"),
        (&["clean"], &[("A", "\0")], "a value with a NUL byte"),
    ] {
        let shown = preview(&mut page, target(words, variables, usual())).await;
        let refusal = shown.refusal.unwrap();
        assert!(refusal.contains(rule), "{refusal}");
    }
    let after = fs::read_dir(app.home.work()).unwrap().count();
    assert_eq!(files, after, "nothing ran");
}
