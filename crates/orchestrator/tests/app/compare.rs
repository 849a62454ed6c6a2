//! Comparing logs: what is new beside runs that ended well, what differs line by line, and what else does.

use std::fs;

use orchestrator::{
    compare::{Comparison, Failure, FailureKind, Run, View, Wanted},
    job::JobId,
    log::{diff::Side, normalise::Mask},
    settings::Settings,
    wire::{CompareRequest, FailureCode, Job, JobRequest, Reply, SettingsRequest},
};

use crate::{
    home::{Home, eventually},
    page::{App, Page},
    postgres::Postgres,
};

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

/// Runs a target that prints what `text` says and ends with `code`.
fn build(home: &Home, text: &str, code: u8, variables: &[&str]) {
    fs::write(home.work().join("text"), text).unwrap();
    fs::write(home.work().join("code"), code.to_string()).unwrap();
    home.run(&[&["run", "build"], variables].concat());
}

const MAKEFILE: &str = "build:\n\t@cat text; exit $$(cat code)\n";

/// `vmo diff` with these arguments: its exit code, and its lines after the two that name the jobs.
fn diff(home: &Home, args: &[&str]) -> (Option<i32>, Vec<String>) {
    let output = home.run(&[&["diff"], args].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().skip(2).map(str::to_owned).collect();
    (output.status.code(), lines)
}

/// The ids of all jobs, oldest first.
fn jobs(home: &Home) -> Vec<String> {
    let text = home.text(&["jobs", "--json"]);
    let jobs: Vec<serde_json::Value> = match serde_json::from_str(&text).unwrap() {
        serde_json::Value::Array(jobs) => jobs,
        value => vec![value],
    };
    let ids = jobs.iter().rev();
    ids.map(|job| job["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn of_a_failed_job_the_lines_are_shown_that_no_run_that_ended_well_had() {
    let (_postgres, home) = home();
    home.makefile(MAKEFILE);
    build(
        &home,
        "12:00:01 compile a\n12:00:02 compile b\nlink in 3 ms\n",
        0,
        &[],
    );
    // A parallel build has the same lines in another order; what failed before is no measure.
    build(
        &home,
        "12:10:01 compile b\n12:10:02 compile a\nwarning: c\nlink in 7 ms\n",
        0,
        &[],
    );
    build(&home, "12:15:00 compile a\nerror: no such header\n", 2, &[]);
    build(
        &home,
        "12:20:09 compile b\n12:20:09 compile a\nwarning: c\nerror: no such header\nlink in 9 ms\nlast\n",
        2,
        &["MODE=fast"],
    );
    let (code, lines) = diff(&home, &["last", "--context", "1"]);
    assert_eq!(code, Some(1), "{lines:?}");
    assert_eq!(lines[0], "command: make build → make build MODE=fast");
    assert_eq!(lines[1], "variable MODE: (none) → fast");
    // make's own line at the end, and what it says of the failure, are new, too.
    assert!(
        lines[2].starts_with("3 of 7 lines are new beside the last 2 runs"),
        "{lines:?}"
    );
    assert!(
        lines[2].contains("time 2×") && lines[2].contains("duration 1×"),
        "{lines:?}"
    );
    let shown = [
        "@@ line 3 @@",
        " warning: c",
        "+error: no such header",
        " link in 9 ms",
        "+last",
    ];
    assert_eq!(lines[3..8], shown);
    assert!(lines[8].starts_with("+make: *** "), "{lines:?}");

    // One that ended well differs from the one before it line by line; the earlier one of two comes first.
    let ids = jobs(&home);
    let (code, lines) = diff(&home, &[&ids[1], "-U", "0"]);
    assert_eq!(code, Some(1));
    assert!(lines.iter().any(|line| line == "+warning: c"), "{lines:?}");
    let (code, lines) = diff(&home, &[&ids[1], &ids[0], "-U0"]);
    assert_eq!(code, Some(1));
    assert!(lines.iter().any(|line| line == "-warning: c"), "{lines:?}");
}

#[test]
fn what_differs_from_run_to_run_counts_only_if_it_is_asked_for() {
    let (_postgres, home) = home();
    home.makefile(MAKEFILE);
    build(&home, "pid 17\nbuilt 12 of 12\n", 0, &[]);
    build(&home, "pid 2041\nbuilt 11 of 12\n", 0, &[]);
    let (code, lines) = diff(&home, &["last"]);
    assert_eq!(code, Some(0), "{lines:?}");
    assert!(
        lines[0].starts_with("0 lines removed, 0 added (not compared: "),
        "{lines:?}"
    );
    let (code, lines) = diff(&home, &["last", "--count", "int"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        lines[1..],
        [" pid 2041", "-built 12 of 12", "+built 11 of 12"]
    );
    let (code, lines) = diff(&home, &["last", "--count", "all", "--new"]);
    assert_eq!(code, Some(1));
    assert_eq!(lines[1..], ["+pid 2041", "+built 11 of 12"]);

    let text = home
        .run(&["diff", "last", "--count", "int", "--json"])
        .stdout;
    let text = String::from_utf8(text).unwrap();
    let values: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(values[0]["type"], "compared");
    assert_eq!(
        (&values[0]["added"], &values[0]["removed"]),
        (&1.into(), &1.into())
    );
    assert_eq!(values[1]["type"], "removed");
    assert_eq!(values[2]["text"], "built 11 of 12");
    assert_eq!(values[2]["new"], 2);
    assert_eq!(values.len(), 3);
}

#[test]
fn what_cannot_be_compared_is_named() {
    let (mut postgres, home) = home();
    home.makefile(MAKEFILE);
    build(&home, "one\n", 2, &[]);
    let said = |args: &[&str]| {
        let output = home.run(&[&["diff"], args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        said
    };
    assert!(said(&["last"]).contains("no earlier run of make build ended well: name a job"));
    assert!(said(&["last", "00000000"]).contains("no job"));
    assert!(said(&["last", "--count", "times"]).contains("give some of: email, url"));
    postgres.down(rustix::process::Signal::QUIT);
    assert!(said(&["last"]).contains("Postgres"));
    postgres.up();
}

#[test]
fn colors_and_bars_are_compared_as_they_are_seen() {
    let (_postgres, home) = home();
    home.makefile(MAKEFILE);
    build(
        &home,
        "\x1b[32mok\x1b[0m one\n10 %\r100 %\x1b[K\nend",
        0,
        &[],
    );
    build(
        &home,
        "ok \x1b[1mone\x1b[0m\n70 %\r100 %\x1b[K\r\nend\n",
        0,
        &[],
    );
    let (code, lines) = diff(&home, &["last", "--count", "all"]);
    assert_eq!(code, Some(0), "{lines:?}");
}

#[test]
fn logs_of_many_blocks_are_compared_whole_and_holes_are_nothing_new() {
    let (postgres, home) = home();
    home.makefile(MAKEFILE);
    let text = |changed: u32| -> String {
        let line = |n| match n == changed {
            true => "the one that changed\n".to_owned(),
            false => format!(
                "line x{n}x of it, and some more words, so that there are many blocks of it\n"
            ),
        };
        (1..=60_000).map(line).collect()
    };
    build(&home, &text(0), 0, &[]);
    build(&home, &text(54_321), 2, &[]);
    let (code, lines) = diff(&home, &["last", "-U0"]);
    assert_eq!(code, Some(1));
    assert_eq!(lines[1..3], ["@@ line 54321 @@", "+the one that changed"]);
    let (_, lines) = diff(&home, &["last", "--lines", "-U0"]);
    assert!(
        lines[0].starts_with("1 lines removed, 2 added"),
        "{lines:?}"
    );
    assert!(lines[2].starts_with("-line x54321x of it"), "{lines:?}");

    // The failed log loses a block in the middle: what is gone is not called new, and lines keep their numbers.
    let ids = jobs(&home);
    let gone = format!(
        "delete from job_logs where job_id = '{id}' and seq = (select max(seq) from job_logs where job_id = '{id}'
         and first_line <= 25000)",
        id = ids[1]
    );
    postgres.psql("postgres", &gone);
    let (_, lines) = diff(&home, &["last", "-U0"]);
    assert_eq!(lines[1..3], ["@@ line 54321 @@", "+the one that changed"]);
}

async fn compared(page: &mut Page, wanted: Wanted) -> Result<Comparison, FailureCode> {
    match page.ask(CompareRequest::CompareLogs(wanted)).await? {
        Reply::Comparison(comparison) => Ok(*comparison),
        reply => panic!("{reply:?}"),
    }
}

#[tokio::test]
async fn a_page_is_sent_what_differs_and_the_lines_it_asks_for() {
    let (_postgres, home) = home();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let text = app.home.work().join("text");
    let command = format!("cat {}", text.display());
    let mut jobs: Vec<Job> = Vec::new();
    for content in ["one 1\ntwo\nthree red\n", "one 2\ntwo\nthree green\nfour\n"] {
        fs::write(&text, content).unwrap();
        let job = page.start(&command).await;
        jobs.push(page.over(job.id).await);
    }
    eventually("all is archived", || app.home.job_folders().is_empty());
    let (old, new) = (jobs[0].id, jobs[1].id);
    let wanted = |view, with| Wanted {
        job: new,
        with,
        view,
        counted: Vec::new(),
    };
    let found = compared(&mut page, wanted(View::New, None)).await.unwrap();
    assert_eq!((found.with, found.added, found.lines), (vec![old], 2, 4));
    let found = compared(&mut page, wanted(View::Lines, Some(old)))
        .await
        .unwrap();
    assert_eq!((found.added, found.removed, found.cut), (2, 1, false));
    assert!(found.masked.contains(&(Mask::Integer, 1)), "{found:?}");
    let ask = |runs: Vec<Run>| CompareRequest::ComparedLines {
        job: new,
        with: Some(old),
        runs,
    };
    let Ok(Reply::ComparedLines { lines }) = page.ask(ask(found.runs.clone())).await else {
        panic!("no lines");
    };
    let drawn: Vec<String> = lines
        .iter()
        .map(|line| {
            let parts = line.parts.iter();
            let text = parts.map(|part| match part.changed {
                true => format!("[{}]", part.text),
                false => part.text.clone(),
            });
            format!("{:?} {}", line.side, text.collect::<String>())
        })
        .collect();
    let expected = [
        "Same one 2",
        "Same two",
        "Removed three red",
        "Added three green",
        "Added four",
    ];
    assert_eq!(drawn, expected);

    // Whatever a page asks for, there is an answer.
    let absurd = [0, 1, 5, u64::MAX].map(|number| Run {
        side: Side::Added,
        old: Some(number),
        new: Some(number),
        count: u64::MAX,
    });
    let Ok(Reply::ComparedLines { lines }) = page.ask(ask(absurd.to_vec())).await else {
        panic!("no lines");
    };
    assert!(lines.len() <= 1000);
    let nobody = Wanted {
        job: JobId::new(),
        ..wanted(View::New, None)
    };
    assert_eq!(
        compared(&mut page, nobody).await.unwrap_err(),
        FailureCode::NotFound
    );

    // A job that runs is compared as far as it goes.
    let running = page.start("echo one 7; echo other; sleep 100").await;
    eventually("its lines are there", || {
        app.home.run(&["log", "last"]).stdout.ends_with(b"other\n")
    });
    let wanted = Wanted {
        job: running.id,
        ..wanted(View::New, Some(old))
    };
    let found = compared(&mut page, wanted).await.unwrap();
    assert_eq!((found.added, found.lines), (1, 2));
    let cancel = JobRequest::Cancel {
        job: running.id,
        force: true,
    };
    page.ask(cancel).await.unwrap();
    page.over(running.id).await;
}

#[tokio::test]
async fn a_failure_is_known_again_and_what_came_after_it() {
    let (_postgres, home) = home();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let text = app.home.work().join("text");
    let code = app.home.work().join("code");
    let command = format!("cat {}; exit $(cat {})", text.display(), code.display());
    let mut ran = Vec::new();
    for (log, ended) in [
        ("built in 3 ms\nerror: port 5432 of pid 17 is taken\n", 1),
        ("well\n", 0),
        ("error: no disk\n", 1),
        (
            "built in 5 ms\nok\nerror: port 5432 of pid 2041 is taken\nerror: more\n",
            1,
        ),
        ("built in 9 ms\nerror: port 5432 of pid 99 is taken\n", 1),
        ("well\n", 0),
        ("nothing that is known for an error\n\n", 3),
    ] {
        fs::write(&text, log).unwrap();
        fs::write(&code, ended.to_string()).unwrap();
        let job = page.start(&command).await;
        ran.push(page.over(job.id).await.id);
    }
    eventually("all is archived", || app.home.job_folders().is_empty());
    let mut failures: Vec<Option<Failure>> = Vec::new();
    for job in ran.clone() {
        let Ok(Reply::Failure { failure }) = page.ask(CompareRequest::Failure { job }).await else {
            panic!("no answer");
        };
        failures.push(failure);
    }
    let of = |at: usize| failures[at].as_ref().unwrap();
    let seen = |at: usize| -> Vec<JobId> { of(at).seen.iter().map(|seen| seen.job).collect() };
    assert_eq!((of(0).kind, of(0).line), (FailureKind::New, 2));
    assert!(failures[1].is_none() && failures[5].is_none());
    assert_eq!(of(2).kind, FailureKind::New);
    assert_eq!(
        (of(3).kind, of(3).line, of(3).healed),
        (FailureKind::Back, 3, 1)
    );
    assert_eq!(seen(3), [ran[0]]);
    assert_eq!((of(4).kind, of(4).healed), (FailureKind::Recurring, 1));
    assert_eq!(seen(4), [ran[3], ran[0]]);
    assert_eq!(of(6).text, "nothing that is known for an error");
    let nobody = CompareRequest::Failure { job: JobId::new() };
    assert_eq!(page.ask(nobody).await.unwrap_err(), FailureCode::NotFound);
}

#[tokio::test]
async fn ones_own_masks_are_tried_and_then_hold_for_new_lines_and_failures() {
    let (_postgres, home) = home();
    home.makefile(MAKEFILE);
    build(&home, "deploy of release otter\nwell\n", 0, &[]);
    build(
        &home,
        "deploy of release heron\nerror: heron is gone\n",
        1,
        &[],
    );
    build(
        &home,
        "deploy of release raven\nerror: raven is gone\n",
        1,
        &[],
    );
    let ids = jobs(&home);
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let job: JobId = ids[2].parse().unwrap();
    let new = |comparison: &Comparison| comparison.added;
    let wanted = Wanted {
        job,
        with: None,
        view: View::New,
        counted: Vec::new(),
    };
    let before = compared(&mut page, wanted.clone()).await.unwrap();
    // The last of them is make's own.
    assert_eq!(new(&before), 3);
    assert_eq!(kind(&mut page, job).await, FailureKind::New);

    // Tried on a line, they change nothing yet.
    let rules = vec!["release \\w+".to_owned(), "error: \\w+".to_owned()];
    let tried = |rules: &[String], line: &str| CompareRequest::TryMasks {
        rules: rules.to_vec(),
        line: line.to_owned(),
    };
    let Ok(Reply::MaskedLine { parts }) = page
        .ask(tried(&rules, "12:00:01 Release OTTER is out"))
        .await
    else {
        panic!("no parts");
    };
    let shown: Vec<_> = parts.iter().map(|part| (&*part.text, part.mask)).collect();
    assert_eq!(
        shown,
        [
            ("12:00:01", Some(Mask::Time)),
            (" ", None),
            ("Release OTTER", Some(Mask::Own)),
            (" is out", None)
        ]
    );
    for (rules, line, words) in [
        (
            vec!["(".to_owned()],
            "x",
            "`(` cannot be used: unclosed group",
        ),
        (vec!["x".to_owned(); 21], "x", "at most 20 rules"),
        (rules.clone(), &*"x".repeat(9000), "at most 8192 bytes"),
    ] {
        let refused = page.try_ask(tried(&rules, line)).await.unwrap_err();
        assert!(
            refused.code == FailureCode::Refused && refused.message.contains(words),
            "{refused:?}"
        );
    }
    let again = compared(&mut page, wanted.clone()).await.unwrap();
    assert_eq!(new(&again), 3);

    // In force, what they find is nothing new, and the failure is one that was seen.
    let with = |rules: Vec<String>| {
        SettingsRequest::ChangeSettings(Settings {
            mask_rules: rules,
            ..Settings::default()
        })
    };
    let bad = page.try_ask(with(vec!["(".to_owned()])).await.unwrap_err();
    assert!(bad.message.contains("unclosed group"), "{}", bad.message);
    page.ask(with(rules)).await.unwrap();
    let after = compared(&mut page, wanted.clone()).await.unwrap();
    assert_eq!(new(&after), 2, "the error is in no run that ended well");
    assert_eq!(kind(&mut page, job).await, FailureKind::Recurring);
    let counted = Wanted {
        counted: vec![Mask::Own],
        ..wanted.clone()
    };
    let counted = compared(&mut page, counted).await.unwrap();
    assert_eq!(new(&counted), 3);
    let masked = counted.masked.iter();
    let own = masked.clone().find(|(mask, _)| *mask == Mask::Own).unwrap();
    assert_eq!(own.1, 2);
    // Taken away, all is as it was.
    page.ask(with(Vec::new())).await.unwrap();
    assert_eq!(new(&compared(&mut page, wanted).await.unwrap()), 3);
    assert_eq!(kind(&mut page, job).await, FailureKind::New);
}

async fn kind(page: &mut Page, job: JobId) -> FailureKind {
    match page.ask(CompareRequest::Failure { job }).await {
        Ok(Reply::Failure {
            failure: Some(failure),
        }) => failure.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn how_long_a_job_is_usually_silent_is_known_by_its_earlier_runs() {
    let (_postgres, home) = home();
    let line = "echo begin; sleep $(cat pause); echo end";
    for pause in ["0.6", "0.8", "5"] {
        fs::write(home.work().join("pause"), pause).unwrap();
        home.run(&["run", "--", line]);
    }
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let silence = async |page: &mut Page, job| match page.ask(JobRequest::Silence { job }).await {
        Ok(Reply::Silence(silence)) => silence,
        other => panic!("{other:?}"),
    };
    fs::write(app.home.work().join("pause"), "1000").unwrap();
    let job = page.start(line).await;
    let begun = page
        .until(|event| match event {
            orchestrator::wire::Event::Job(now) if now.id == job.id => now.started_at,
            _ => None,
        })
        .await;
    // Until it has written, it is silent since its start.
    let mut seen = silence(&mut page, job.id).await;
    while seen.since == Some(begun) {
        seen = silence(&mut page, job.id).await;
    }
    assert!(seen.since > Some(begun), "{seen:?}");
    let usual = seen.usual_ms.unwrap();
    assert!((750..2000).contains(&usual), "{usual}");
    // Of another line, nothing is usual yet.
    let other = page.start("echo other; sleep 1000").await.id;
    assert_eq!(silence(&mut page, other).await.usual_ms, None);
    for job in [job.id, other] {
        page.ask(JobRequest::Cancel { job, force: true })
            .await
            .unwrap();
        page.now_over(job).await;
    }
    let nobody = page
        .ask(JobRequest::Silence { job: JobId::new() })
        .await
        .unwrap_err();
    assert_eq!(nobody, FailureCode::NotFound);
}
