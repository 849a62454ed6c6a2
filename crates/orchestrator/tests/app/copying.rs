//! The history into another Postgres: byte for byte, killed in the middle, twice, beside what is there, refused.

use orchestrator::wire::{CopyEnd, Event, FailureCode, HistoryCopy, Reply, SettingsRequest};

use crate::{
    home::{Home, eventually},
    page::App,
    postgres::Postgres,
    small_disk::SmallDisk,
};

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

fn copy(home: &Home, to: &str) -> (Option<i32>, String) {
    let output = home.run(&["db", "copy", to]);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

/// A sum of every row that is copied, but those of what runs. When a job came is each server's own number.
fn all(postgres: &Postgres) -> String {
    [
        "select id, md5((to_jsonb(job) - 'arrival')::text) from jobs job where finished_at is not null order by id",
        "select job_id, seq, stream, md5(to_jsonb(log)::text) from job_logs log
         where job_id in (select id from jobs where finished_at is not null) order by job_id, seq, stream",
        "select md5(to_jsonb(note)::text) from job_notes note order by job_id",
        "select md5(to_jsonb(batch)::text) from job_batches batch order by id",
    ]
    .map(|sql| postgres.psql("postgres", sql))
    .join("\n")
}

fn count(postgres: &Postgres) -> String {
    postgres.psql("postgres", "select count(*) from jobs")
}

#[test]
fn all_of_a_history_is_in_the_other_database_byte_for_byte_and_twice_is_nothing() {
    let (from, home) = home();
    home.makefile("a:\n\t@echo made; exit 3\n");
    std::fs::write(home.work().join("bytes"), (0..=255).collect::<Vec<u8>>()).unwrap();
    home.run(&["run", "--", "cat bytes; echo error >&2; printf 'no end'"]);
    home.run(&["run", "a", "X=1"]);
    home.run(&["run", "--", "true"]);
    // More rows than a page has.
    home.run(&[
        "run",
        "--",
        "seq -f 'a line %.0f of many, and some more of it' 100000; echo more >&2; seq 20000 >&2",
    ]);
    for sql in [
        "insert into job_notes select id, true, 'look here', 'ann@there', now() from jobs where target = 'a'",
        // A log of which rows are gone, a time that no clock shows, and a batch.
        "delete from job_logs where seq = (select max(seq) from job_logs where job_id = (select max(id::text)::uuid from jobs))
           and job_id = (select max(id::text)::uuid from jobs)",
        "update jobs set started_at = '-infinity' where target = 'a'",
        "insert into job_batches values (gen_random_uuid(), 'ann@there', 'uptime', 'web', 'done', 2, 2, now(), now(), 7,
           '{\"n\": 1.50, \"t\": \"\\u001b[1m\"}')",
    ] {
        from.psql("postgres", sql);
    }
    let mut running = home.start(&["run", "--", "echo it runs; sleep 1000"]);
    assert_eq!(running.line(), "it runs");
    let before = all(&from);
    let other = Postgres::start();
    let (code, text) = copy(&home, &other.url("postgres"));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("copied 4 jobs with ") && text.contains("; 1 job left out: not over yet"),
        "{text}"
    );
    assert_eq!(all(&from), before, "it is as it was");
    home.run(&["cancel", "last"]);
    running.child.wait().unwrap();
    eventually("the canceled one is archived", || {
        home.job_folders().is_empty()
    });
    let (code, text) = copy(&home, &other.url("postgres"));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("copied 1 job with ") && text.contains("; 4 jobs there already"),
        "{text}"
    );
    assert_eq!(all(&other), all(&from));
    // What somebody notes later comes along, too.
    from.psql(
        "postgres",
        "update job_notes set text = 'no: here', at = now()",
    );
    let (_, text) = copy(&home, &other.url("postgres"));
    assert!(text.contains("; 5 jobs there already"), "{text}");
    assert_eq!(all(&other), all(&from));
    // An app that uses the other one shows and reads all of it.
    let there = Home::new(Some(other.url("postgres")));
    let ids = |home: &Home| {
        let jobs = home.json(&["jobs", "--json"]);
        let jobs = jobs.as_array().unwrap().iter();
        jobs.map(|job| job["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&there).len(), ids(&there)), (5, ids(&home)));
    let found = home.run(&["search", "it runs"]).stdout;
    assert!(!found.is_empty(), "it is found here");
    assert_eq!(there.run(&["search", "it runs"]).stdout, found);
}

#[test]
fn a_copy_that_was_killed_leaves_whole_jobs_and_goes_on() {
    let (from, home) = home();
    home.run(&["run", "--", "echo first"]);
    let other = Postgres::start();
    let (code, text) = copy(&home, &other.url("postgres"));
    assert_eq!(code, Some(0), "{text}");
    home.run(&["run", "--", "seq -f 'line %.0f of a long log' 400000"]);
    home.run(&["run", "--", "echo last"]);
    // It waits there with the rows of the long log; the job itself is written.
    let lock = other.locks("lock table job_logs in share mode");
    let mut copying = home.start(&["db", "copy", &other.url("postgres")]);
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%job_logs%'";
    eventually("it waits", || other.psql("postgres", waits) == "1");
    copying.kill();
    drop(lock);
    let sessions = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    eventually("its session ends", || {
        other.psql("postgres", sessions) == "0"
    });
    assert_eq!(count(&other), "1");
    let (code, text) = copy(&home, &other.url("postgres"));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("copied 2 jobs with ") && text.contains("; 1 job there already"),
        "{text}"
    );
    assert_eq!(all(&other), all(&from));
}

#[test]
fn what_is_there_already_stays_as_it_is_and_what_is_not_kept_is_said() {
    let (from, home) = home();
    home.run(&["run", "--", "echo one; seq 20000"]);
    home.run(&["run", "--", "echo two"]);
    home.run(&["run", "--", "echo three"]);
    let file = home.work().join("all.zip");
    let file = file.to_str().unwrap();
    assert!(
        home.run(&["export", "--all", "-o", file]).status.success(),
        "exported"
    );
    let other = Postgres::start();
    let there = Home::new(Some(other.url("postgres")));
    // One is there that is here, too, in rows of other cuts; one that differs; and one of their own.
    assert!(there.run(&["import", file]).status.success(), "imported");
    other.psql(
        "postgres",
        "delete from jobs where id = (select max(id::text)::uuid from jobs);
         update job_logs set data = 'TWO' || chr(10) where data = 'two' || chr(10)",
    );
    there.run(&["run", "--", "echo their own"]);
    let (code, text) = copy(&home, &other.url("postgres"));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.starts_with("copied 1 job with ") && text.contains("; 1 job there already"),
        "{text}"
    );
    assert!(
        text.contains("that differs is there already, and was left as it is"),
        "{text}"
    );
    assert_eq!(count(&other), "4");
    let two = other.psql(
        "postgres",
        "select count(*) from job_logs where data like 'TWO%'",
    );
    assert_eq!(two, "1");

    // A server that does not keep rows, without an error.
    let careless = Postgres::start();
    let _tables = Home::new(Some(careless.url("postgres"))).run(&["jobs"]);
    careless.psql(
        "postgres",
        "create function nothing() returns trigger language plpgsql as 'begin return null; end';
         create trigger nothing before insert on job_logs for each row when (new.data like 'three%') execute function nothing()",
    );
    let (code, text) = copy(&home, &careless.url("postgres"));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.starts_with("copied 2 jobs with ") && text.contains("a trigger or rule there"),
        "{text}"
    );
    assert_eq!(count(&careless), "2");
    assert_eq!(count(&from), "3");
}

#[test]
fn a_database_that_cannot_take_it_is_refused_with_what_to_do() {
    let (from, home) = home();
    home.run(&["run", "--", "echo well"]);
    let other = Postgres::start();
    let refused = |url: &str, words: &[&str]| {
        let (code, text) = copy(&home, url);
        assert_eq!(code, Some(1), "{text}");
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!text.contains("not-asked-for"), "{text}");
    };
    refused("mysql://ann@there/history", &["postgres://"]);
    refused(&from.url("postgres"), &["keeps the history already"]);
    refused("postgres://ann@127.0.0.1:1/history", &["refused"]);
    refused(&other.url("nowhere"), &["nowhere", "createdb"]);
    // A role without rights.
    other.psql(
        "postgres",
        "create role guest login; revoke create on schema public from public",
    );
    refused(
        &other.tcp_url("guest", "postgres"),
        &["permission denied", "may create tables", "grant create"],
    );
    // One that may only read our tables.
    let _tables = Home::new(Some(other.url("postgres"))).run(&["jobs"]);
    other.psql(
        "postgres",
        "grant select on all tables in schema public to guest",
    );
    refused(
        &other.tcp_url("guest", "postgres"),
        &["permission denied for table", "0 of 1 jobs are there"],
    );
    // A newer app's.
    other.psql(
        "postgres",
        "insert into vmo_migrations (version, description, success, checksum, execution_time)
         values (999, 'of tomorrow', true, '', 0)",
    );
    refused(
        &other.url("postgres"),
        &["its tables have version 999", "update the app"],
    );
    assert_eq!(count(&other), "0");
}

#[test]
fn a_full_disk_there_ends_it_with_whole_jobs_there() {
    let (Some(disk), Some(wal)) = (SmallDisk::mount(72), SmallDisk::mount(400)) else {
        return;
    };
    let (from, home) = home();
    home.run(&["run", "--", "echo small"]);
    home.run(&["run", "--", "head -c 48000000 /dev/urandom | base64"]);
    let other = Postgres::start_on(&[], Some(disk.path()), Some(wal.path()));
    let (code, text) = copy(&home, &other.url("postgres"));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("No space left")
            && text.contains("1 of 2 jobs are there, whole: make room on the server’s disk"),
        "{text}"
    );
    assert_eq!(count(&other), "1");
    assert_eq!(count(&from), "2");
}

/// The next event of the copy that a closure wants.
async fn until(page: &mut crate::page::Page, wanted: impl Fn(&HistoryCopy) -> bool) -> HistoryCopy {
    page.until(|event| match event {
        Event::HistoryCopy(copy) if wanted(copy) => Some(HistoryCopy::clone(copy)),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_page_begins_a_copy_sees_it_come_on_and_ends_it() {
    let (from, home) = home();
    home.run(&["run", "--", "echo one"]);
    home.run(&["run", "--", "seq 100000"]);
    let other = Postgres::start();
    let _tables = Home::new(Some(other.url("postgres"))).run(&["jobs"]);
    let app = App::start(home);
    let (mut page, mut beside) = (app.page().await, app.page().await);
    page.until_ready_again().await;
    let none = page.ask(SettingsRequest::HistoryCopy).await.unwrap();
    assert!(
        matches!(none, Reply::HistoryCopy { copy: None }),
        "{none:?}"
    );
    let begin = SettingsRequest::CopyHistory {
        url: other.url("postgres"),
        schema: None,
    };
    let lock = other.locks("lock table job_logs in share mode");
    page.ask(begin.clone()).await.unwrap();
    let begun = until(&mut beside, |copy| copy.of_jobs == 2).await;
    assert_eq!((begun.copied, begun.end), (0, None));
    // One at a time.
    let twice = page.try_ask(begin.clone()).await.unwrap_err();
    assert_eq!(twice.code, FailureCode::Refused);
    assert!(
        twice.message.contains("a copy goes on already"),
        "{}",
        twice.message
    );
    page.ask(SettingsRequest::EndCopy).await.unwrap();
    let ended = until(&mut page, |copy| copy.end.is_some()).await;
    assert_eq!(ended.end, Some(CopyEnd::Stopped));
    drop(lock);
    page.ask(begin.clone()).await.unwrap();
    let whole = until(&mut page, |copy| copy.end == Some(CopyEnd::Whole)).await;
    assert_eq!((whole.copied, whole.jobs, whole.of_jobs), (2, 2, 2));
    assert_eq!(whole.bytes, whole.of_bytes);
    assert_eq!(all(&other), all(&from));
    let Ok(Reply::HistoryCopy { copy: Some(latest) }) =
        page.ask(SettingsRequest::HistoryCopy).await
    else {
        panic!("it is remembered");
    };
    assert_eq!(*latest, whole);
    // What cannot be opened is an answer, and nothing goes on.
    let nowhere = SettingsRequest::CopyHistory {
        url: other.url("nowhere"),
        schema: None,
    };
    let refused = page.try_ask(nowhere).await.unwrap_err();
    assert!(refused.message.contains("createdb"), "{}", refused.message);
    page.ask(begin).await.unwrap();
    let again = until(&mut page, |copy| copy.end.is_some() && copy.known == 2).await;
    assert_eq!(again.end, Some(CopyEnd::Whole));
}
