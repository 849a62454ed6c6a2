//! A store that several people and programs share: what is shown of a job whose owner is not there, and what becomes of
//! jobs whatever the store does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/home.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod home;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;

#[path = "owners/stores.rs"]
mod stores;

use home::{Home, eventually};
use postgres::Postgres;

fn sql(home: &Home, statement: &str) -> String {
    home.text(&["db", "--", "-qtAc", statement]).trim().into()
}

#[test]
fn a_job_whose_owner_is_silent_stays_as_it_is_with_a_word_of_doubt() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.text(&["run", "--", "echo one"]);
    sql(
        &home,
        "update jobs set owner = 'ann@there', status = 'running', finished_at = null",
    );
    let silent = |home: &Home| home.json(&["jobs", "--json"])[0]["is_silent"].clone();
    assert_eq!(silent(&home), false, "nobody has ever spoken for ann");
    sql(
        &home,
        "insert into job_owners values ('ann@there', now() - interval '31 seconds')",
    );
    assert_eq!(silent(&home), true);
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(
        job["status"], "running",
        "nothing is concluded from silence"
    );

    let canceled = home.run(&["cancel", "last"]);
    let said = String::from_utf8(canceled.stderr).unwrap();
    assert!(
        said.contains("belongs to ann@there, and only the app there can reach it"),
        "{said}"
    );
    sql(
        &home,
        "update job_owners set seen_at = now() - interval '20 seconds'",
    );
    assert_eq!(silent(&home), false);
    sql(
        &home,
        "update job_owners set seen_at = now() - interval '40 seconds'",
    );
    sql(
        &home,
        "update jobs set status = 'done', finished_at = now()",
    );
    assert_eq!(silent(&home), false, "how it ended is known");
}

#[test]
fn an_engine_that_stays_says_that_it_is_there() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let mut serving = home.start(&["serve", "--json"]);
    serving.line();
    eventually("it has said so", || {
        sql(
            &home,
            "select count(*) from job_owners where seen_at > now() - interval '10 s'",
        ) == "1"
    });
    serving.kill();
}
