//! Upgrades: from every state that any version of the app left, whole or not at all, and never from a newer one.
//!
//! `migrations/` is read as it is, so a new migration is covered as soon as it is there. `rows/000N.sql` is what the app
//! wrote whose newest migration was N; with a new migration, `VMO_WRITE_ROWS=1` writes the file that will be of use once
//! there is a newer one still, and the test fails until it has been.

#[path = "upgrade/killed.rs"]
mod killed;

use std::{fs, path::PathBuf, process::Command, time::Duration};

use orchestrator::{
    job::{Cause, Exit, Job, JobId, MakeOptions, Place, State, Survivor, What},
    log::Stream,
    store::{Address, ArchiveMark, Block, Store, StoreError},
};

use crate::{
    block, chunk, command, ended, mark, open,
    postgres::{Postgres, bin},
    target, time,
};

/// A server, and what the tables of each version look like on it; those of 0 are none.
struct States {
    server: Postgres,
    migrations: Vec<String>,
    looks: Vec<String>,
    shapes: Vec<String>,
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn migrations() -> Vec<String> {
    let files = fs::read_dir(folder("../../migrations")).unwrap();
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    paths.iter().map(read).collect()
}

fn rows(version: usize) -> PathBuf {
    folder(&format!("tests/store/rows/{version:04}.sql"))
}

const SHAPE: &str = "select string_agg(line, e'\n' order by line) from (
    select concat_ws(' ', 'table', relname, relkind, reloptions) as line
      from pg_class where relnamespace = current_schema()::regnamespace
    union all
    select concat_ws(' ', 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attcompression,
                     (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum))
      from pg_attribute join pg_class on pg_class.oid = attrelid and relkind = 'r'
      where relnamespace = current_schema()::regnamespace and attnum > 0
    union all
    select concat_ws(' ', conname, conrelid::regclass, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = current_schema()::regnamespace
    union all
    select indexdef from pg_indexes where schemaname = current_schema()) lines";

/// The ledger as the driver keeps it (sqlx, `migrate`): the app reports with an error of its own if it is not.
const LEDGER: &str = "create table vmo_migrations (version bigint primary key, description text not null,
    installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
    execution_time bigint not null)";

impl States {
    fn new() -> Self {
        let mut states = Self {
            server: Postgres::start(),
            migrations: migrations(),
            looks: Vec::new(),
            shapes: Vec::new(),
        };
        for version in 0..=states.newest() {
            let name = format!("look_{version}");
            states.make(version, &name);
            states.looks.push(states.look(&name));
            states.shapes.push(states.shape(&name));
            states.drop(&name);
        }
        states
    }

    fn newest(&self) -> usize {
        self.migrations.len()
    }

    /// Makes a schema as that version left it, with what it wrote.
    fn make(&self, version: usize, name: &str) {
        let mut sql = format!("create schema {name}; set search_path to {name};");
        if version > 0 {
            sql.push_str(LEDGER);
            sql.push(';');
        }
        for (before, migration) in self.migrations[..version].iter().enumerate() {
            let hex: String = migration
                .bytes()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            sql.push_str(&format!(
                "{migration}; insert into vmo_migrations values ({}, 'x', now(), true, sha384('\\x{hex}'), 1);",
                before + 1
            ));
        }
        if version > 0 {
            let rows = fs::read_to_string(rows(version)).expect("rows of that version");
            sql.push_str(&rows.replace("INTO public.", "INTO "));
        }
        self.server.psql("postgres", &sql);
    }

    /// The tables as SQL that would make them.
    fn look(&self, name: &str) -> String {
        let schema = format!("--schema={name}");
        let look = dump(&self.server, &["--schema-only", &schema]);
        look.replace(&format!("{name}."), "ours.")
            .replace(&format!("CREATE SCHEMA {name};\n"), "")
    }

    /// The same for short: what the server's own lists say of them.
    fn shape(&self, name: &str) -> String {
        self.ask(name, SHAPE).replace(&format!("{name}."), "ours.")
    }

    /// The app's way there.
    fn address(&self, name: &str) -> Address {
        Address::parse(&self.server.url("postgres"), Some(name)).unwrap()
    }

    fn ask(&self, name: &str, sql: &str) -> String {
        let sql = format!("set search_path to {name}; {sql}");
        self.server.psql("postgres", &sql)
    }

    fn drop(&self, name: &str) {
        let sql = format!("set client_min_messages to error; drop schema {name} cascade");
        self.server.psql("postgres", &sql);
    }
}

fn dump(server: &Postgres, how: &[&str]) -> String {
    let output = Command::new(bin("pg_dump"))
        .args([
            "--no-owner",
            "--no-privileges",
            "-d",
            &server.url("postgres"),
        ])
        .args(how)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Words about the program that wrote it.
    let is_sql = |line: &&str| {
        !["--", "\\", "SET ", "SELECT pg_catalog."]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let lines: Vec<&str> = text
        .lines()
        .filter(is_sql)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n") + "\n"
}

/// The jobs of every version: no field that only a later one has, and the same ids each time.
fn sample() -> Vec<(Job, Vec<Block>, ArchiveMark)> {
    let id = |number: u32| -> JobId {
        format!("01890000-0000-7000-8000-{number:012}")
            .parse()
            .unwrap()
    };
    let mut running = command(Some("web1"), "tail -f /var/log/x");
    let mut done = ended(&target("api", "deploy"), Exit::Code { code: 2 }, false);
    done.id = id(1);
    done.survivors = Vec::<Survivor>::new();
    done.notes = Vec::new();
    if let Some(here) = done.here_mut() {
        here.environment.clear();
    }
    // Until 0.1, its words had the place.
    let cause = || {
        Some(Cause {
            text: "deploy failed with 7 at Makefile:12".to_owned(),
            spot: None,
        })
    };
    (done.cause, running.cause) = (cause(), cause());
    if let What::Target { options, typed, .. } = &mut done.what {
        (*options, *typed) = (MakeOptions::default(), false);
    }
    (done.lines, done.bytes) = (4, 18);
    if let Place::Host { sudo, .. } = &mut running.place {
        *sudo = false;
    }
    running.id = id(2);
    running.survivors = Vec::new();
    running.notes = Vec::new();
    running.state = State::Running {
        started_at: time(1_700_000_000_500_001),
    };
    let log = vec![
        block(
            &[
                chunk(0, Stream::Stdout, "one\ntw"),
                chunk(1, Stream::Stderr, b"\0\xff\n".to_vec()),
                chunk(2, Stream::Stdout, "o\n"),
            ],
            1,
        ),
        block(&[chunk(3, Stream::Stderr, "grün\n\u{1b}")], 4),
    ];
    vec![
        (
            done,
            log.clone(),
            ArchiveMark {
                bytes: 18,
                ..mark(4, 4)
            },
        ),
        (running, Vec::new(), ArchiveMark::default()),
    ]
}

async fn write(store: &Store) {
    for (job, log, mark) in sample() {
        let mut begun = job.clone();
        if let State::Ended { started_at, .. } = job.state {
            begun.state = State::Running {
                started_at: started_at.unwrap(),
            };
        }
        store.save_job(&begun).await.unwrap();
        if !log.is_empty() {
            store.archive(job.id, &log, &mark).await.unwrap();
            store.settle(&job, &mark).await.unwrap();
        }
    }
}

/// All that is there is read, and more can be written.
async fn serves(address: &Address, has_rows: bool) {
    let store = Store::connect(address).await.unwrap();
    if has_rows {
        for (job, log, mark) in sample() {
            assert_eq!(store.job(job.id).await.unwrap(), Some(job.clone()));
            assert_eq!(store.blocks(job.id, 0, u64::MAX).await.unwrap(), log);
            assert_eq!(store.mark(job.id).await.unwrap(), Some(mark));
        }
    }
    let new = target("api", "new");
    store.save_job(&new).await.unwrap();
    store
        .beat("ann@here", Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(store.job(new.id).await.unwrap(), Some(new));
    store.close().await;
}

#[tokio::test]
async fn every_state_that_was_ever_left_is_brought_up_to_date_and_read() {
    let states = States::new();
    let ledger = "select string_agg(version || ' ' || success || ' ' || encode(checksum, 'hex'), ';' order by version)
                  from vmo_migrations";
    let newest = states.newest();
    states.make(newest, "newest");
    let expected = states.ask("newest", ledger);
    for version in 0..=newest {
        let name = format!("from_{version}");
        states.make(version, &name);
        serves(&states.address(&name), version > 0).await;
        assert_eq!(states.look(&name), states.looks[newest], "{name}");
        assert_eq!(states.ask(&name, ledger), expected, "{name}");
    }
}

#[tokio::test]
async fn what_this_version_writes_is_kept_for_those_to_come() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    write(&store).await;
    store
        .beat("ann@here", Duration::from_secs(60))
        .await
        .unwrap();
    let newest = migrations().len();
    let how = ["--data-only", "--inserts", "--exclude-table=vmo_migrations"];
    let written = dump(&server, &how);
    if std::env::var_os("VMO_WRITE_ROWS").is_some() {
        fs::write(rows(newest), &written).unwrap();
    }
    let kept = fs::read_to_string(rows(newest)).unwrap_or_default();
    let but_times = |text: &str| -> Vec<String> {
        // When an owner was seen is another time each time, and the transaction a job came with, its last column, another one.
        let lines = text.lines().filter(|line| !line.contains("job_owners"));
        let but_arrival = |line: &str| match line.rsplit_once(", ") {
            Some((before, _)) if line.starts_with("INSERT INTO public.jobs ") => before.to_owned(),
            _ => line.to_owned(),
        };
        lines.map(but_arrival).collect()
    };
    assert_eq!(
        but_times(&kept),
        but_times(&written),
        "VMO_WRITE_ROWS=1 writes the rows of this version"
    );
}

#[tokio::test]
async fn a_newer_apps_tables_are_refused_with_both_versions_and_not_touched() {
    let states = States::new();
    let newest = i64::try_from(states.newest()).unwrap();
    states.make(states.newest(), "newer");
    states.ask(
        "newer",
        "insert into vmo_migrations values (999, 'of tomorrow', now(), true, '', 0); alter table jobs add extra int",
    );
    let all = ["--inserts", "--schema=newer"];
    let before = dump(&states.server, &all);
    let error = Store::connect(&states.address("newer")).await.unwrap_err();
    let words = error.to_string();
    assert!(
        matches!(error, StoreError::TooNew { found: 999, known: ours, .. } if ours == newest),
        "{words}"
    );
    assert!(
        words.contains("999") && words.contains(&newest.to_string()),
        "{words}"
    );
    assert_eq!(dump(&states.server, &all), before);
}
