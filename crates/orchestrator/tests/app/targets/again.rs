//! Run again repeats what ran, to the word.

use std::fs;

use orchestrator::{
    job::MakeOptions,
    launch::Start,
    wire::{FailureCode, LaunchRequest},
};

use super::{again, home, over, refused, seen, target, trusted};
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
    let again = over(&mut page, again(&seen(&app.home)[0], &[])).await;
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
    let typed = again(&seen(&app.home)[0], &[]);
    assert_eq!(refused(&mut page, typed).await, FailureCode::Refused);
    assert!(!ran.exists());

    let options = MakeOptions {
        jobs: Some(2),
        always_make: true,
        raw: vec!["A".into()],
        ..MakeOptions::default()
    };
    let start = target(&["all"], &[("A", "$(MAKE)")], options.clone());
    let first = over(&mut page, LaunchRequest::Start(start)).await;
    let again = over(&mut page, again(&first, &[])).await;
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
    let again = again(&seen(&app.home)[0], &[]);
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
        refused(&mut page, LaunchRequest::Start(start)).await,
        FailureCode::Untrusted
    );
    assert!(!ran.exists());
}

#[tokio::test]
async fn what_a_colleague_started_runs_again_only_if_confirmed() {
    let (postgres, home) = home("all: ; touch ran\n");
    trusted(&home);
    home.text(&["run", "-p", "work", "all"]);
    let ran = home.work().join("ran");
    fs::remove_file(&ran).unwrap();
    postgres.psql("postgres", "update jobs set owner = 'bob@there'");
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let job = seen(&app.home).remove(0);
    assert_eq!(
        refused(&mut page, again(&job, &[])).await,
        FailureCode::Foreign
    );
    assert!(!ran.exists());
    let confirmed = over(&mut page, again(&job, &["bob@there"])).await;
    assert_ne!(confirmed.owner, "bob@there");
    assert!(ran.exists());
}

/// What somebody who can write to the database makes of a row, and what becomes of it if a person confirms it.
const FORGED: [(&str, Option<&str>); 6] = [
    // Shown as it was, and running something else.
    (
        "detail = jsonb_set(detail, '{argv}', detail->'argv' || '[\"--eval=$(shell touch PWN)\"]')",
        None,
    ),
    ("detail = jsonb_set(detail, '{targets}', '[\"all\", \"evil\"]')", None),
    (
        "detail = jsonb_set(detail, '{variables}', '[[\"A\", \"$(shell touch PWN)\"]]')",
        None,
    ),
    ("command = 'echo safe'", None),
    ("detail = jsonb_set(detail, '{cwd}', '\"/tmp\"')", None),
    // Shown as what it would run: that is a person's to see.
    (
        "detail = jsonb_set(jsonb_set(jsonb_set(detail, '{argv}', '[\"make\", \"evil\"]'), '{targets}', '[\"evil\"]'),
                            '{variables}', '[]'),
         command = 'make evil', target = 'evil'",
        Some("evil"),
    ),
];

#[tokio::test]
async fn a_row_that_was_changed_runs_nothing_unasked_and_never_what_it_does_not_show() {
    let makefile = "all: ; touch ran\nevil: ; touch PWN evil\n";
    let (postgres, home) = home(makefile);
    trusted(&home);
    home.text(&["make", "all"]);
    postgres.psql("postgres", "create table saved as table jobs");
    let (ran, pwn) = (home.work().join("ran"), home.work().join("PWN"));
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let ours = seen(&app.home).remove(0);
    let (job, owner) = (ours.id, ours.owner.as_str());
    let restore =
        "update jobs set command = saved.command, target = saved.target, detail = saved.detail
                   from saved where saved.id = jobs.id";
    for (forged, runs) in FORGED {
        fs::remove_file(&ran).ok();
        let forge = format!("update jobs set {forged} where id = '{job}'");
        postgres.psql("postgres", &forge);
        // By who saw it as it was, and by who sees it as it is.
        let code = refused(&mut page, again(&ours, &[owner])).await;
        assert_eq!(code, FailureCode::Refused, "{forged}");
        let shown = seen(&app.home).remove(0);
        let code = refused(&mut page, again(&shown, &[])).await;
        assert_eq!(code, FailureCode::Foreign, "{forged}");
        assert!(!ran.exists() && !pwn.exists(), "{forged}");
        match runs {
            None => {
                let code = refused(&mut page, again(&shown, &[owner])).await;
                let no = [FailureCode::Refused, FailureCode::Untrusted];
                assert!(no.contains(&code), "{forged}: {code:?}");
                assert!(!ran.exists() && !pwn.exists(), "{forged}");
            }
            Some(evil) => {
                over(&mut page, again(&shown, &[owner])).await;
                assert!(app.home.work().join(evil).exists(), "{forged}");
                fs::remove_file(&pwn).unwrap();
            }
        }
        postgres.psql("postgres", restore);
    }
    // As it was, it is ours and runs.
    over(&mut page, again(&ours, &[])).await;
    assert!(ran.exists());
}

#[tokio::test]
async fn a_row_that_only_says_that_it_is_ours_is_asked_for() {
    let (postgres, home) = home("all: ; touch ran\n");
    trusted(&home);
    home.text(&["run", "-p", "work", "all"]);
    home.text(&["run", "--", "touch ran"]);
    let ran = home.work().join("ran");
    fs::remove_file(&ran).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let jobs = app.home.json(&["jobs", "--json"]);
    for (number, job) in jobs.as_array().unwrap().iter().enumerate() {
        let forged = format!("0192a000-0000-7000-8000-00000000000{number}");
        let id = job["id"].as_str().unwrap();
        postgres.psql(
            "postgres",
            &format!(
                "create table forged{number} as select * from jobs where id = '{id}';
                 update forged{number} set id = '{forged}'; insert into jobs table forged{number}"
            ),
        );
        let job = seen(&app.home);
        let job = job.iter().find(|job| job.id.to_string() == forged).unwrap();
        let code = refused(&mut page, again(job, &[])).await;
        assert_eq!(code, FailureCode::Foreign);
        assert!(!ran.exists());
        over(&mut page, again(job, &[&job.owner])).await;
        assert!(ran.exists());
        fs::remove_file(&ran).unwrap();
    }
}
