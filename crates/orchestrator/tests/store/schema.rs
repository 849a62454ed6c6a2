//! Whose tables are there: ours, a stranger's, a newer app's; and where a schema of our own goes.

use orchestrator::store::{Address, Store, StoreError};

use crate::{open, postgres::Postgres, target};

async fn refused(url: &str, schema: Option<&str>) -> StoreError {
    Store::connect(&Address::parse(url, schema).unwrap())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_strangers_jobs_table_is_left_alone_and_a_schema_of_our_own_serves() {
    let server = Postgres::start();
    let all = "select string_agg(relname, ',' order by relname) from pg_class
               where relnamespace = 'public'::regnamespace";
    for table in ["jobs", "job_logs"] {
        server.psql("postgres", &format!("create database {table}"));
        server.psql(
            table,
            &format!("create table {table} (n int); insert into {table} values (7)"),
        );
        let error = refused(&server.url(table), None).await;
        let words = error.to_string();
        assert!(matches!(error, StoreError::Refused { .. }), "{words}");
        assert!(
            words.contains(&format!("public.{table}")) && words.contains("database_schema"),
            "{words}"
        );
        assert_eq!(server.psql(table, all), table);

        let address = Address::parse(&server.url(table), Some("Our \"own\"")).unwrap();
        let store = Store::connect(&address).await.unwrap();
        let job = target("api", "deploy");
        store.save_job(&job).await.unwrap();
        assert_eq!(
            Store::connect(&address)
                .await
                .unwrap()
                .job(job.id)
                .await
                .unwrap(),
            Some(job)
        );
        assert_eq!(
            server.psql(table, &format!("select * from public.{table}")),
            "7"
        );
        assert_eq!(server.psql(table, all), table);
    }
}

#[tokio::test]
async fn a_search_path_in_the_address_says_the_schema_too() {
    let server = Postgres::start();
    server.psql("postgres", "create schema ours");
    let url = format!("{}?options=-csearch_path%3Dours", server.url("postgres"));
    open(&url)
        .await
        .save_job(&target("api", "deploy"))
        .await
        .unwrap();
    assert_eq!(
        server.psql("postgres", "select count(*) from ours.jobs"),
        "1"
    );
    let url = format!("{}?options=-csearch_path%3Dnowhere", server.url("postgres"));
    let words = refused(&url, None).await.to_string();
    assert!(words.contains("search_path"), "{words}");
}

#[tokio::test]
async fn a_newer_apps_tables_are_not_written_to() {
    let server = Postgres::start();
    drop(open(&server.url("postgres")).await);
    server.psql(
        "postgres",
        "insert into vmo_migrations (version, description, success, checksum, execution_time)
         values (999, 'of tomorrow', true, '', 0)",
    );
    match refused(&server.url("postgres"), None).await {
        StoreError::TooNew {
            found: 999, known, ..
        } => assert!(known < 999),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn many_apps_at_once_bring_the_tables_up_to_date_once() {
    let server = Postgres::start();
    let url = server.url("postgres");
    let apps: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await })
        })
        .collect();
    for app in apps {
        app.await.unwrap();
    }
    assert_eq!(
        server.psql(
            "postgres",
            "select count(*) = max(version) from vmo_migrations"
        ),
        "t"
    );
}

#[tokio::test]
async fn another_programs_migrations_may_live_beside_ours() {
    let server = Postgres::start();
    server.psql(
        "postgres",
        "create table _sqlx_migrations (version bigint, theirs text)",
    );
    drop(open(&server.url("postgres")).await);
}

#[tokio::test]
async fn a_narrow_encoding_is_refused_before_anything_is_made() {
    let server = Postgres::start();
    server.psql(
        "postgres",
        "create database narrow template template0 encoding 'LATIN1' locale 'C'",
    );
    let words = refused(&server.url("narrow"), None).await.to_string();
    assert!(
        words.contains("LATIN1") && words.contains("createdb"),
        "{words}"
    );
    assert_eq!(
        server.psql(
            "narrow",
            "select count(*) from pg_class where relname like 'vmo%'"
        ),
        "0"
    );
}

#[tokio::test]
async fn a_superuser_draws_a_warning_and_an_ordinary_role_none() {
    let server = Postgres::start();
    assert!(open(&server.url("postgres")).await.warnings()[0].contains("superuser"));
    server.psql("postgres", "create role ann login");
    server.psql("postgres", "create database own owner ann");
    let store = open(&server.tcp_url("ann", "own")).await;
    assert!(store.warnings().is_empty(), "{:?}", store.warnings());
    assert!(!store.address_shown().contains("not-asked-for"));
    assert!(
        store
            .version()
            .starts_with(|digit: char| digit.is_ascii_digit())
    );
    // Since Postgres 15 not everybody may create tables in somebody else's database.
    let error = refused(&server.tcp_url("ann", "template1"), None).await;
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn logs_are_packed_by_lz4_if_the_server_can() {
    let server = Postgres::start();
    drop(open(&server.url("postgres")).await);
    let can =
        "select 'lz4' = any (enumvals) from pg_settings where name = 'default_toast_compression'";
    let does = "select attcompression = 'l' from pg_attribute where attrelid = 'job_logs'::regclass and attname = 'data'";
    assert_eq!(server.psql("postgres", can), server.psql("postgres", does));
}
