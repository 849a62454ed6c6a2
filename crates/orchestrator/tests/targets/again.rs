//! Run again repeats what ran, to the word.

use std::fs;

use orchestrator::{
    job::MakeOptions,
    wire::{FailureCode, Request, Start},
};

use super::{home, over, refused, target, trusted};
use crate::page::App;

#[tokio::test]
async fn what_was_given_to_make_itself_is_given_again_word_by_word() {
    let (_postgres, home) = home("all: ; @echo '$(A) $(filter -j%,$(MAKEFLAGS))'\n");
    trusted(&home);
    home.text(&["make", "-j4", "-B", "-k", "all", "A=a b"]);
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let jobs = app.home.json(&["jobs", "--json"]);
    let id = serde_json::from_value(jobs[0]["id"].clone()).unwrap();
    let confirmed = Vec::new();
    let again = over(&mut page, Request::RunAgain { job: id, confirmed }).await;
    let expected: Vec<String> = serde_json::from_value(jobs[0]["argv"].clone()).unwrap();
    assert_eq!(again.argv, expected);
    assert_eq!(again.argv, ["make", "-j4", "-B", "-k", "all", "A=a b"]);
    assert_eq!(again.cwd.as_deref(), jobs[0]["cwd"].as_str());
    let log = |job: &str| app.home.text(&["log", job, "--raw"]);
    assert_eq!(
        log(&again.id.to_string()),
        log(jobs[0]["id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn options_are_repeated_and_other_makefiles_are_not_trusted_with_this_one() {
    let (_postgres, home) = home("all: ; @echo '$(A)'\n");
    trusted(&home);
    let elsewhere = home.work().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("Makefile"), "all: ; touch ../ran\n").unwrap();
    home.text(&["make", "-kC", "elsewhere", "all"]);
    let ran = home.work().join("ran");
    fs::remove_file(&ran).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let typed = app.home.json(&["jobs", "--json"])[0]["id"].clone();
    let again = Request::RunAgain {
        job: serde_json::from_value(typed).unwrap(),
        confirmed: Vec::new(),
    };
    assert_eq!(refused(&mut page, again).await, FailureCode::Refused);
    assert!(!ran.exists());

    let options = MakeOptions {
        jobs: Some(2),
        always_make: true,
        raw: vec!["A".into()],
        ..MakeOptions::default()
    };
    let start = target(&["all"], &[("A", "$(MAKE)")], options.clone());
    let first = over(&mut page, Request::Start(start)).await;
    let again = Request::RunAgain {
        job: first.id,
        confirmed: Vec::new(),
    };
    let again = over(&mut page, again).await;
    assert_eq!((again.argv, again.options), (first.argv, options));
}

#[tokio::test]
async fn a_folder_that_is_not_trusted_runs_nothing_again() {
    let (_postgres, home) = home("all: ; touch ran\n");
    home.text(&["make", "all"]);
    let ran = home.work().join("ran");
    fs::remove_file(&ran).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let jobs = app.home.json(&["jobs", "--json"]);
    let again = Request::RunAgain {
        job: serde_json::from_value(jobs[0]["id"].clone()).unwrap(),
        confirmed: Vec::new(),
    };
    assert_eq!(refused(&mut page, again).await, FailureCode::Untrusted);
    let start = Start::Target {
        project: app.home.work().display().to_string(),
        targets: vec!["all".into()],
        variables: Vec::new(),
        pty: false,
        when_busy: None,
        options: MakeOptions::default(),
    };
    assert_eq!(
        refused(&mut page, Request::Start(start)).await,
        FailureCode::Untrusted
    );
    assert!(!ran.exists());
}

#[tokio::test]
async fn what_a_colleague_started_runs_again_only_where_that_is_confirmed() {
    let (postgres, home) = home("all: ; touch ran\n");
    trusted(&home);
    home.text(&["run", "-p", "work", "all"]);
    let ran = home.work().join("ran");
    fs::remove_file(&ran).unwrap();
    postgres.psql("postgres", "update jobs set owner = 'bob@there'");
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let jobs = app.home.json(&["jobs", "--json"]);
    let job = serde_json::from_value(jobs[0]["id"].clone()).unwrap();
    let again = |confirmed| Request::RunAgain { job, confirmed };
    assert_eq!(
        refused(&mut page, again(Vec::new())).await,
        FailureCode::Refused
    );
    assert!(!ran.exists());
    let confirmed = over(&mut page, again(vec!["bob@there".into()])).await;
    assert_ne!(confirmed.owner, "bob@there");
    assert!(ran.exists());
}
