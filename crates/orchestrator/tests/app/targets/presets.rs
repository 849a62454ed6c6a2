//! What forms were filled in with, by the command line and the page alike.

use orchestrator::{
    job::{MakeOptions, Status},
    presets::{Filled, Preset, Presets},
    wire::{CatalogRequest, FailureCode, LaunchRequest, Reply, Request},
};

use super::{home, refused, target};
use crate::page::{App, Page};

const MAKEFILE: &str = "\
## @secret
TOKEN ?=
deploy: ## Deploy
\t@echo \"$(ENV) [$(TOKEN)] $(MAKECMDGOALS)\"
test: ## Test
\t@true
%: ; @:
";

async fn presets(page: &mut Page, request: impl Into<Request>) -> Presets {
    match page.ask(request).await {
        Ok(Reply::Presets(presets)) => presets,
        other => panic!("{other:?}"),
    }
}

fn of(target: &str) -> LaunchRequest {
    LaunchRequest::Presets {
        project: "work".into(),
        target: target.into(),
    }
}

#[tokio::test]
async fn what_was_started_last_and_what_was_named_is_filled_in() {
    let (_postgres, home) = home(MAKEFILE);
    home.text(&["projects", "add", "."]);
    let never = home.run(&["run", "--last", "deploy"]);
    assert!(String::from_utf8_lossy(&never.stderr).contains("never started before"));
    home.text(&["run", "-B", "deploy", "./app", "ENV=prod", "TOKEN=s3cret"]);
    // Two targets are no launch of the first.
    home.text(&["run", "test", "deploy"]);
    let app = App::start(home);
    let mut page = app.page().await;
    let deploy = presets(&mut page, of("deploy")).await;
    let last = deploy.last.clone().unwrap();
    let variables = [
        ("ENV".to_owned(), Some("prod".to_owned())),
        ("TOKEN".to_owned(), None),
    ];
    assert_eq!(last.variables, variables);
    assert_eq!(last.words, ["./app"]);
    assert!(last.options.always_make && !last.options.keep_going);
    assert_eq!(presets(&mut page, of("test")).await, Presets::default());

    let save = |name: &str| LaunchRequest::SavePreset {
        project: "work".into(),
        target: "deploy".into(),
        preset: Preset {
            name: name.into(),
            filled: Filled {
                variables: vec![
                    ("ENV".into(), Some("staging".into())),
                    ("TOKEN".into(), Some("s3cret".into())),
                ],
                ..Filled::default()
            },
        },
    };
    assert_eq!(refused(&mut page, save("")).await, FailureCode::Refused);
    let deploy = presets(&mut page, save("stage")).await;
    assert_eq!(deploy.last, Some(last));
    assert_eq!(deploy.named[0].filled.variables[1].1, None);

    let home = &app.home;
    let file = std::fs::read_to_string(home.config().join("presets.json")).unwrap();
    assert!(!file.contains("s3cret"), "{file}");
    let secret = home.run(&["run", "--preset", "stage", "deploy"]);
    let stderr = String::from_utf8_lossy(&secret.stderr);
    assert!(stderr.contains("give TOKEN=…"), "{stderr}");
    let text = home.text(&["run", "--preset", "stage", "deploy", "TOKEN=other!"]);
    assert!(text.contains("staging [***] deploy\n"), "{text}");
    let text = home.text(&["run", "--last", "deploy", "ENV=qa", "TOKEN=other!"]);
    assert!(text.contains("qa [***] deploy\n"), "{text}");
    let none = home.run(&["run", "--preset", "nix", "deploy"]);
    let stderr = String::from_utf8_lossy(&none.stderr);
    assert!(stderr.contains("there is stage"), "{stderr}");

    let forget = LaunchRequest::ForgetPreset {
        project: "work".into(),
        target: "deploy".into(),
        name: "stage".into(),
    };
    assert_eq!(presets(&mut page, forget).await.named, []);
}

#[tokio::test]
async fn a_start_waits_for_no_file_of_presets_and_is_remembered() {
    let (_postgres, home) = home(MAKEFILE);
    home.text(&["projects", "add", "."]);
    // Somebody else is at the file.
    let lock = std::fs::File::create(home.config().join("presets.json.lock")).unwrap();
    lock.lock().unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    let trusted = page.ask(CatalogRequest::TrustProject {
        name: "work".into(),
    });
    assert!(trusted.await.is_ok());
    for env in ["prod", "qa"] {
        let job = super::over(
            &mut page,
            LaunchRequest::Start(target(
                &["deploy"],
                &[("ENV", env), ("TOKEN", "x")],
                MakeOptions::default(),
            )),
        )
        .await;
        assert_eq!(job.status, Status::Done);
    }
    drop(lock);
    let last = presets(&mut page, of("deploy")).await.last.unwrap();
    assert_eq!(last.variables[0].1.as_deref(), Some("qa"));
}

#[tokio::test]
async fn a_spoilt_file_is_reported_and_keeps_nothing_from_running() {
    let (_postgres, home) = home(MAKEFILE);
    std::fs::create_dir_all(home.config()).unwrap();
    std::fs::write(home.config().join("presets.json"), "{\n\"targets\": 1}").unwrap();
    home.text(&["run", "test"]);
    let app = App::start(home);
    let mut page = app.page().await;
    let Ok(Reply::Overview(overview)) = page.ask(CatalogRequest::Overview).await else {
        panic!("no overview")
    };
    let problems = overview.problems.join("\n");
    assert!(problems.contains("presets.json:2: targets: "), "{problems}");
}

#[tokio::test]
async fn a_pattern_is_run_as_one_of_those_it_stands_for() {
    let (_postgres, home) = home("test-%: ## Test one part\n\t@echo \"tests $* in $(ENV)\"\n");
    home.text(&["projects", "add", "."]);
    assert!(home.text(&["targets"]).contains("test-%  Test one part"));
    let family = home.run(&["run", "test-%"]);
    let stderr = String::from_utf8_lossy(&family.stderr).into_owned();
    assert!(
        !family.status.success() && stderr.contains("put a text in place of its %"),
        "{stderr}"
    );
    assert!(
        home.text(&["run", "test-api", "ENV=dev"])
            .contains("tests api in dev")
    );
    // All of them have one form, which knows the last one.
    assert!(
        home.text(&["run", "--last", "test-%"])
            .contains("tests api in dev")
    );
    let app = App::start(home);
    let mut page = app.page().await;
    let last = presets(&mut page, of("test-%")).await.last.unwrap();
    assert_eq!(last.stem.as_deref(), Some("api"));
    assert_eq!(presets(&mut page, of("test-web")).await.last, Some(last));
}
