//! A server that is there and says no.

use orchestrator::wire::StoreHealth;

use crate::{load::Load, postgres::Postgres};

const OURS: &str = "from pg_stat_activity where application_name = 'vm-orchestrator'";

/// Ends our sessions, and waits until they are gone.
fn end_sessions(postgres: &Postgres) {
    postgres.psql(
        "postgres",
        &format!("select pg_terminate_backend(pid, 5000) {OURS}"),
    );
}

#[tokio::test]
async fn sessions_that_are_ended_again_and_again() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    for _ in 0..10 {
        end_sessions(&postgres);
        load.goes_on(1 << 20).await;
    }
    load.heals(false).await;
}

#[tokio::test]
async fn a_server_with_no_connection_left() {
    let postgres =
        Postgres::start_with(&["max_connections=12", "superuser_reserved_connections=2"]);
    postgres.psql(
        "postgres",
        "create role ann login; create schema authorization ann; grant all on schema public to ann",
    );
    let mut load = Load::start(postgres.tcp_url("ann", "postgres")).await;
    let mut others = Vec::new();
    // Each session of ours that ends makes room for one of theirs.
    while others.len() < 10 {
        end_sessions(&postgres);
        if let Some(other) = postgres.session("ann") {
            others.push(other);
        }
    }
    load.until_trouble_with("connection").await;
    let text = load.doctor();
    assert!(text.contains("connection"), "{text}");
    load.goes_on(10 << 20).await;
    drop(others);
    load.heals(true).await;
}

#[tokio::test]
async fn a_server_that_only_reads_for_a_while() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    postgres.set_now("default_transaction_read_only", "on");
    load.until_trouble_with("read-only").await;
    assert!(load.doctor().contains("read-only"));
    load.goes_on(10 << 20).await;
    postgres.set_now("default_transaction_read_only", "off");
    load.heals(true).await;
}

#[tokio::test]
async fn a_password_that_is_another_for_a_while() {
    let postgres = Postgres::start();
    postgres.psql(
        "postgres",
        "create role ann login password 'not-asked-for'; grant all on schema public to ann",
    );
    postgres.rules("host all ann 127.0.0.1/32 scram-sha-256\nlocal all all trust\n");
    let mut load = Load::start(postgres.tcp_url("ann", "postgres")).await;
    postgres.psql("postgres", "alter role ann password 'another'");
    end_sessions(&postgres);
    load.until_trouble_with("password").await;
    load.goes_on(10 << 20).await;
    postgres.psql("postgres", "alter role ann password 'not-asked-for'");
    load.heals(true).await;
}

#[tokio::test]
async fn a_right_that_is_taken_away_for_a_while() {
    let postgres = Postgres::start();
    postgres.psql(
        "postgres",
        "create role ann login; grant all on schema public to ann",
    );
    let mut load = Load::start(postgres.tcp_url("ann", "postgres")).await;
    postgres.psql("postgres", "revoke insert, update on jobs from ann");
    load.until_trouble_with("permission denied").await;
    let why = load.trouble_at_a_job().await;
    assert!(why.contains("permission denied"), "{why}");
    assert!(load.doctor().contains("permission denied"));
    load.goes_on(10 << 20).await;
    postgres.psql("postgres", "grant insert, update on jobs to ann");
    load.heals(true).await;
}

/// One of each class of answers that has nothing to do with how a server is (PostgreSQL, "Appendix A. Error Codes").
const ANSWERS: [&str; 6] = ["0A000", "22012", "23514", "54000", "P0001", "XX000"];

#[tokio::test]
async fn answers_that_nobody_thought_of() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    for code in ANSWERS {
        postgres.psql(
            "postgres",
            &format!(
                "create function no() returns trigger language plpgsql as $$ begin
                   raise exception 'no by %', '{code}' using errcode = '{code}'; end $$;
                 create trigger no before insert on job_logs for each row execute function no()"
            ),
        );
        load.until_trouble_with(&format!("no by {code}")).await;
        let why = load.trouble_at_a_job().await;
        assert!(why.contains(&format!("no by {code}")), "{why}");
        if code == ANSWERS[0] {
            let text = load.doctor();
            assert!(text.contains("history") && text.contains("no by"), "{text}");
        }
        postgres.psql("postgres", "drop function no cascade");
        load.until_health(|health| matches!(health, StoreHealth::Ready { .. }))
            .await;
    }
    load.heals(false).await;
}

#[tokio::test]
async fn tables_that_stay_locked() {
    let postgres = Postgres::start_with(&["lock_timeout=200ms"]);
    let mut load = Load::start(postgres.url("postgres")).await;
    let locked = postgres.locks("lock table job_logs in exclusive mode");
    load.until_trouble_with("lock timeout").await;
    load.goes_on(10 << 20).await;
    drop(locked);
    load.heals(true).await;
}

#[tokio::test]
async fn tables_that_nobody_gives_back() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    let locked = postgres.locks("lock table jobs, job_logs in access exclusive mode");
    load.lists_what_runs().await;
    load.until_trouble_with("lock on our tables").await;
    let text = load.doctor();
    assert!(text.contains("broken  Postgres"), "{text}");
    load.goes_on(10 << 20).await;
    drop(locked);
    load.heals(true).await;
}

#[tokio::test]
async fn a_time_limit_that_ends_each_statement() {
    let postgres = Postgres::start();
    postgres.psql(
        "postgres",
        "create role ann login; create schema authorization ann; grant all on schema public to ann",
    );
    let mut load = Load::start(postgres.tcp_url("ann", "postgres")).await;
    postgres.psql("postgres", "alter role ann set statement_timeout = '1ms'");
    end_sessions(&postgres);
    load.until_trouble_with("canceling statement due to").await;
    let text = load.doctor();
    // A limit that meets the end of a statement is reported by the server as a person's cancel, in the same first words.
    assert!(text.contains("canceling statement due to"), "{text}");
    load.goes_on(10 << 20).await;
    postgres.psql("postgres", "alter role ann reset statement_timeout");
    end_sessions(&postgres);
    load.heals(true).await;
}

#[tokio::test]
async fn a_column_that_is_called_otherwise_for_a_while() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    postgres.psql(
        "postgres",
        "alter table job_logs rename column meta to other",
    );
    load.until_trouble_with("meta").await;
    load.goes_on(10 << 20).await;
    postgres.psql(
        "postgres",
        "alter table job_logs rename column other to meta",
    );
    load.heals(true).await;
}

/// A trigger, a rule or a policy of somebody's: what was written is reported as written, and is nowhere.
#[tokio::test]
async fn rows_that_are_dropped_without_an_error() {
    let postgres = Postgres::start();
    let mut load = Load::start(postgres.url("postgres")).await;
    for (table, events) in [
        ("job_logs", "insert"),
        ("jobs", "insert or update"),
        ("jobs", "update"),
    ] {
        postgres.psql(
            "postgres",
            &format!(
                "create function no() returns trigger language plpgsql as $$ begin return null; end $$;
                 create trigger no before {events} on {table} for each row execute function no()"
            ),
        );
        let words = format!("its table {table} does not keep what is written");
        load.until_trouble_with(&words).await;
        let text = load.doctor();
        assert!(text.contains("does not keep what is written"), "{text}");
        load.goes_on(4 << 20).await;
        postgres.psql("postgres", "drop function no cascade");
        load.until_health(|health| matches!(health, StoreHealth::Ready { .. }))
            .await;
    }
    load.heals(false).await;
}
