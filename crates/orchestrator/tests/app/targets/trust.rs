//! Before a project is trusted nothing of it runs; after that, listing runs make and nothing else.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use orchestrator::{
    project::Scan,
    wire::{CatalogRequest, Event, LaunchRequest, Reply, SettingsRequest},
};

use super::home;
use crate::{
    home::Home,
    page::{App, Page},
};

/// Whatever of it runs leaves a file.
const HOSTILE: &str = "\
all: ## Everything
\t+touch ran-plus
A := $(shell touch ran-shell)
B != touch ran-assign
$(shell touch ran-line)
SHELL = ./evil
include made.mk
-include other.mk
made.mk other.mk: ; touch ran-remake
Makefile: force ; touch ran-makefile
force:
sub: ; $(MAKE) -C . all && touch ran-sub
.DEFAULT: ; touch ran-default
%: ; touch ran-any
NAME = by-eval
$(eval $(value NAME): ; touch ran-eval)
";

/// `vmo serve` whose make notes each time it is asked, and how.
struct Noted {
    app: App,
    notes: PathBuf,
}

impl Noted {
    fn start(home: Home) -> Self {
        let tools = home.data().parent().unwrap().join("tools");
        fs::create_dir(&tools).unwrap();
        let (program, notes) = (tools.join("make"), tools.join("notes"));
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> '{}'\nexec /usr/bin/make \"$@\"\n",
            notes.display()
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let app = App::start_by(home, |mut command| {
            command.env("PATH", path);
            command
        });
        Self { app, notes }
    }

    fn commands(&self) -> Vec<String> {
        let notes = fs::read_to_string(&self.notes).unwrap_or_default();
        notes.lines().map(str::to_owned).collect()
    }
}

async fn targets(page: &mut Page) -> Scan {
    let project = "work".into();
    match page.ask(CatalogRequest::Targets { project }).await {
        Ok(Reply::Scan(scan)) => scan,
        other => panic!("{other:?}"),
    }
}

async fn trust(page: &mut Page) {
    let name = "work".into();
    page.ask(CatalogRequest::TrustProject { name })
        .await
        .unwrap();
}

/// Make's own list is in, and differs from the scan.
async fn changed(page: &mut Page) {
    page.until(|event| match event {
        Event::TargetsChanged { project } => (project == "work").then_some(()),
        _ => None,
    })
    .await;
}

fn ran(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("ran")).collect()
}

fn has(scan: &Scan, name: &str) -> bool {
    scan.targets.iter().any(|target| target.name == name)
}

#[tokio::test]
async fn listing_runs_nothing_before_trust_and_only_make_after() {
    let (_postgres, home) = home(HOSTILE);
    fs::write(home.work().join("made.mk"), "more: ; touch ran-more\n").unwrap();
    home.text(&["projects", "add", "."]);
    let noted = Noted::start(home);
    let home = &noted.app.home;
    let mut page = noted.app.page().await;
    let scan = targets(&mut page).await;
    assert!(has(&scan, "all") && !has(&scan, "by-eval"));
    home.text(&["targets", "--json"]);

    trust(&mut page).await;
    changed(&mut page).await;
    let scan = targets(&mut page).await;
    assert!(has(&scan, "all") && has(&scan, "by-eval") && has(&scan, "more"));
    assert_eq!(scan.targets[0].doc.as_deref(), Some("Everything"));
    // Once: an answer is kept while nothing changes, and nobody asked before trust.
    targets(&mut page).await;
    let commands = noted.commands();
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert!(
        commands[0].contains("-pRrq SHELL=/bin/true"),
        "{commands:?}"
    );
    assert_eq!(ran(&home.work()), Vec::<String>::new());

    fs::write(home.work().join("made.mk"), "$(eval new: ; true)\n").unwrap();
    loop {
        changed(&mut page).await;
        let scan = targets(&mut page).await;
        if has(&scan, "new") && !has(&scan, "more") {
            break;
        }
    }
    let by_command = home.json(&["targets", "--json"]).to_string();
    assert!(by_command.contains("\"by-eval\""), "{by_command}");
    assert_eq!(ran(&home.work()), Vec::<String>::new());
}

#[tokio::test]
async fn what_would_act_anyway_is_not_run_and_says_why() {
    for line in ["$(file >ran-file,x)", "override SHELL = /bin/sh"] {
        let (_postgres, home) = home(&format!("all: ; @true\n{line}\nA := $(shell touch ran)\n"));
        home.text(&["projects", "add", "."]);
        let noted = Noted::start(home);
        let mut page = noted.app.page().await;
        assert_eq!(targets(&mut page).await.problems, []);
        trust(&mut page).await;
        changed(&mut page).await;
        let scan = targets(&mut page).await;
        assert!(has(&scan, "all"));
        let problem = &scan.problems[0];
        assert_eq!(problem.place.line, 2);
        assert!(
            problem
                .what
                .ends_with("so make is not asked for its targets")
        );
        assert_eq!(noted.commands(), Vec::<String>::new());
        assert_eq!(ran(&noted.app.home.work()), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_syntax_error_is_reported_with_its_place_and_the_rest_works() {
    let (_postgres, home) = home("all: ## Listed\n\t@true\n$(error no luck)\n");
    home.text(&["projects", "add", "."]);
    home.text(&["projects", "trust", "work"]);
    let app = App::start(home);
    let mut page = app.page().await;
    targets(&mut page).await;
    changed(&mut page).await;
    let scan = targets(&mut page).await;
    assert!(has(&scan, "all"));
    let problems: Vec<_> = scan.problems.iter().collect();
    assert_eq!((problems.len(), problems[0].place.line), (1, 3));
    assert_eq!(problems[0].what, "no luck");
    let job = page.start("echo works").await;
    assert_eq!(page.now_over(job.id).await.exit_code, Some(0));
}

#[tokio::test]
async fn a_makefile_that_has_changed_is_trusted_again_if_wanted() {
    let (_postgres, home) = home("include more.mk\nall: ; touch ran\n");
    let more = home.work().join("more.mk");
    fs::write(&more, "A = 1\n").unwrap();
    home.text(&["projects", "add", "."]);
    home.text(&["projects", "trust", "work"]);
    let app = App::start(home);
    let mut page = app.page().await;
    let trusted = async |page: &mut Page| {
        let Ok(Reply::Overview(overview)) = page.ask(CatalogRequest::Overview).await else {
            panic!()
        };
        let mut projects = overview.projects.into_iter();
        let work = projects.find(|project| project.name == "work").unwrap();
        (work.trusted, work.changed)
    };
    fs::write(&more, "A = 2\n").unwrap();
    assert_eq!(trusted(&mut page).await, (true, false), "nobody wished it");
    let Ok(Reply::Settings(settings)) = page.ask(SettingsRequest::Settings).await else {
        panic!()
    };
    let wished = orchestrator::settings::Settings {
        trust_again: true,
        ..settings
    };
    page.ask(SettingsRequest::ChangeSettings(wished))
        .await
        .unwrap();
    assert_eq!(trusted(&mut page).await, (false, true));
    let start = LaunchRequest::Start(super::target(&["all"], &[], Default::default()));
    assert_eq!(
        super::refused(&mut page, start.clone()).await,
        orchestrator::wire::FailureCode::Untrusted
    );
    // As it was, it is what was trusted.
    fs::write(&more, "A = 1\n").unwrap();
    assert_eq!(trusted(&mut page).await, (true, false));
    fs::write(&more, "A = 3\n").unwrap();
    assert_eq!(trusted(&mut page).await, (false, true));
    trust(&mut page).await;
    assert_eq!(trusted(&mut page).await, (true, false));
    super::over(&mut page, start).await;
    assert!(app.home.work().join("ran").exists());
}

#[tokio::test]
async fn a_repository_that_one_only_is_in_runs_nothing() {
    let (_postgres, home) = home("all: ; true\n");
    let git = |dir: &std::path::Path, args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.arg("-C")
            .arg(dir)
            .args(["-c", "user.name=t", "-c", "user.email=t@t"]);
        assert!(git.args(args).status().unwrap().success());
    };
    let evil = home.work().join("vendor/evil");
    std::fs::create_dir_all(&evil).unwrap();
    let ran = home.work().join("PWN");
    for dir in [&home.work(), &evil] {
        std::fs::write(dir.join(".gitattributes"), "* filter=evil\n").unwrap();
        std::fs::write(dir.join("a"), "1").unwrap();
        git(dir, &["init", "-q"]);
        git(dir, &["add", "a"]);
        git(dir, &["commit", "-q", "-m", "one"]);
        let clean = format!("touch {}; cat", ran.display());
        git(dir, &["config", "filter.evil.clean", &clean]);
        std::fs::write(dir.join("a"), "2").unwrap();
    }
    let run = |dir: &std::path::Path| {
        let mut vmo = home.vmo(&["run", "--", "true"]);
        assert!(vmo.current_dir(dir).status().unwrap().success());
        let job = &home.json(&["jobs", "--json"])[0];
        (
            job["commit"]["hash"].is_string(),
            job["commit"]["not_compared"].clone(),
        )
    };
    let not_compared = (true, serde_json::Value::Bool(true));
    assert_eq!(run(&home.work()), not_compared);
    assert_eq!(run(&evil), not_compared);
    assert!(!ran.exists());
    super::trusted(&home);
    // What was brought into a trusted project is not trusted with it.
    assert_eq!(run(&evil), not_compared);
    assert!(!ran.exists());
    assert_eq!(run(&home.work()), (true, serde_json::Value::Null));
    assert!(ran.exists(), "a trusted one is asked for all");
}
