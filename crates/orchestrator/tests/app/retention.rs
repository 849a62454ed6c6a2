//! What the history lets go: by age, number and size; and what stays.

use crate::{home::Home, postgres::Postgres};

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

/// Runs jobs that print 100 bytes each, which were asked for so many days ago, the oldest first.
fn jobs(postgres: &Postgres, home: &Home, days: &[u32]) {
    for days in days {
        home.run(&["run", "--", &format!("head -c 100 /dev/zero; # {days}")]);
        let old = format!(
            "update jobs set queued_at = queued_at - interval '{days} days' where command like '%# {days}'"
        );
        postgres.psql("postgres", &old);
    }
}

/// The days of the jobs that are there, newest first.
fn left(postgres: &Postgres) -> Vec<String> {
    let days = "select split_part(command, '# ', 2) from jobs order by id desc";
    let text = postgres.psql("postgres", days);
    text.lines().map(ToOwned::to_owned).collect()
}

fn prune(home: &Home, args: &[&str]) -> (Option<i32>, String) {
    let output = home.run(&[&["prune"], args].concat());
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

#[test]
fn what_is_old_goes_after_it_was_shown_and_what_people_marked_stays() {
    let (postgres, home) = home();
    jobs(&postgres, &home, &[90, 60, 45, 30, 2, 1]);
    for (days, pinned, text) in [(60, true, ""), (45, false, "look here"), (30, false, "")] {
        let note = format!(
            "insert into job_notes select id, {pinned}, '{text}', 'ann', now() from jobs where command like '%# {days}'"
        );
        postgres.psql("postgres", &note);
    }
    let (code, text) = prune(&home, &["--older", "20d", "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("2 jobs with 200 B of log, from "),
        "{text}"
    );
    assert!(
        text.contains("; 2 jobs stay, as they are pinned or have a note"),
        "{text}"
    );
    let (code, text) = prune(&home, &["--older", "20d"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("nothing was dropped: add --yes"), "{text}");
    assert_eq!(left(&postgres).len(), 6);
    let (code, text) = prune(&home, &["--older", "20d", "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("dropped 2 jobs with 200 B of log"), "{text}");
    assert_eq!(left(&postgres), ["1", "2", "45", "60"]);
    assert_eq!(
        postgres
            .psql("postgres", "select count(distinct job_id) from job_logs")
            .trim(),
        "4"
    );
    let (code, text) = prune(&home, &["--older", "20d", "--yes"]);
    assert_eq!(code, Some(0));
    assert!(
        text.starts_with("nothing is that old; 2 jobs stay"),
        "{text}"
    );
}

#[test]
fn the_newest_stay_by_number_and_by_size_and_those_of_others_do() {
    let (postgres, home) = home();
    jobs(&postgres, &home, &[6, 5, 4, 3, 2, 1]);
    postgres.psql(
        "postgres",
        "update jobs set owner = 'bob@there' where command like '%# 6'",
    );
    let (code, text) = prune(&home, &["--keep", "4", "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(left(&postgres), ["1", "2", "3", "4", "6"]);
    let (code, text) = prune(&home, &["--size", "250", "--yes", "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["gone"]["jobs"], &value["gone"]["bytes"]),
        (&2.into(), &200.into())
    );
    assert_eq!(left(&postgres), ["1", "2", "6"]);
    let (code, text) = prune(&home, &["--keep", "0", "--everyone", "--yes", "--compact"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("given back to the disk"), "{text}");
    assert_eq!(left(&postgres), [""; 0]);
}

#[test]
fn what_runs_stays_and_what_makes_no_sense_is_named() {
    let (postgres, home) = home();
    let mut running = home.start(&[
        "run",
        "--",
        "echo here; while ! [ -e go ]; do sleep 0.05; done",
    ]);
    assert_eq!(running.line(), "here");
    let (code, text) = prune(&home, &["--keep", "0", "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("nothing is that old"), "{text}");
    std::fs::write(home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
    assert_eq!(
        postgres.psql("postgres", "select status from jobs").trim(),
        "done"
    );
    for (args, words) in [
        (&["--older", "soon"][..], "'soon' is no time"),
        (&["--size", "much"], "'much' is no size"),
    ] {
        let (code, text) = prune(&home, args);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn without_a_rule_those_of_the_settings_count_and_a_project_has_its_own() {
    let (postgres, home) = home();
    jobs(&postgres, &home, &[90, 60, 45, 30, 2, 1]);
    postgres.psql(
        "postgres",
        "update jobs set project = 'shop' where command ~ '# (90|30|1)$'",
    );
    let (code, text) = prune(&home, &["--yes"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("no rule says what goes"), "{text}");
    let settings = home.config().join("settings.json");
    let rules = r#"{"retention": {"keep": {"days": 40}, "projects": {"shop": {"jobs": 2}}}}"#;
    std::fs::write(&settings, rules).unwrap();
    let (code, text) = prune(&home, &["--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("3 jobs with 300 B of log"), "{text}");
    let (code, text) = prune(&home, &["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("dropped 3 jobs"), "{text}");
    assert_eq!(left(&postgres), ["1", "2", "30"]);
    // What would keep nothing is a slip.
    std::fs::write(&settings, r#"{"retention": {"keep": {"jobs": 0}}}"#).unwrap();
    let (code, text) = prune(&home, &["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("0 would keep nothing"), "{text}");
    assert_eq!(left(&postgres), ["1", "2", "30"]);
}
