//! Which Postgres keeps the history, beside a project that has a database of its own: its variables are everybody's.

use std::{fs, process::Output};

use super::{home::Home, postgres::Postgres};

/// `vmo` in a home of its own server, with these variables beside.
fn with(home: &Home, variables: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = home.vmo(args);
    command.envs(variables.iter().copied());
    command.output().unwrap()
}

fn printed_by(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// What a job prints, which has to be done, and what else is said.
fn echo(home: &Home, variables: &[(&str, &str)], line: &str) -> String {
    let output = with(home, variables, &["run", "--", line]);
    let (printed, words) = printed_by(&output);
    assert!(output.status.success(), "{variables:?}: {words}");
    assert_eq!(printed.trim(), "fine", "{words}");
    words
}

#[test]
fn what_is_no_postgres_is_said_in_one_line_and_the_private_server_serves() {
    let home = Home::new(None);
    for (url, kind) in [
        ("mysql://u:s3cret@localhost/app", "mysql"),
        ("sqlite://dev.db", "sqlite"),
        ("file:./dev.db", "file"),
        ("jdbc:postgresql://localhost/app", "jdbc"),
        ("postgres://u:s3#cret@localhost/app", "%23"),
        ("postgres://u:12/s3cret@localhost/app", "%2F"),
        ("postgres://u:port/x", "DATABASE_URL"),
        ("hunter2", "DATABASE_URL"),
    ] {
        let variables = [("DATABASE_URL", url)];
        let words = echo(&home, &variables, "echo fine");
        assert!(
            words.contains("DATABASE_URL") && words.contains(kind),
            "{url}: {words}"
        );
        assert!(words.contains("private server"), "{url}: {words}");
        assert_eq!(words.lines().count(), 1, "{words}");
        let jobs = with(&home, &variables, &["jobs"]);
        assert!(printed_by(&jobs).0.contains("echo fine"), "{url}: {jobs:?}");
        for part in ["s3cret", "s3", "cret", "hunter2", "12"] {
            assert!(!words.contains(part), "{part}: {words}");
        }
    }
    // The job has it all the same, and what a person said once is remembered.
    let variables = [("DATABASE_URL", "mysql://u:s3cret@localhost/app")];
    echo(
        &home,
        &variables,
        r#"test "${DATABASE_URL%%:*}" = mysql && echo fine"#,
    );
    let private = with(&home, &variables, &["db", "use", "--private"]);
    assert!(private.status.success(), "{private:?}");
    assert_eq!(echo(&home, &variables, "echo fine"), "");
    let used = with(&home, &variables, &["db", "use"]);
    assert!(
        !used.status.success() && printed_by(&used).1.contains("mysql"),
        "{used:?}"
    );
}

#[test]
fn our_tables_come_into_a_projects_database_only_when_a_person_said_so() {
    let server = Postgres::start();
    server.psql("postgres", "create database app");
    let tables = || {
        let ours = "select count(*) from pg_class where relname in ('jobs', 'job_logs')";
        server.psql("app", ours)
    };
    let home = Home::new(None);
    let url = server.tcp_url("postgres", "app");
    let variables = [("DATABASE_URL", url.as_str())];
    let words = echo(&home, &variables, "echo fine");
    assert!(
        words.contains("/app") && words.contains("vmo db use"),
        "{words}"
    );
    assert_eq!(tables(), "0");
    let doctor = with(&home, &variables, &["doctor"]);
    let (checks, _) = printed_by(&doctor);
    assert!(checks.contains("/app"), "{checks}");

    let used = with(&home, &variables, &["db", "use"]);
    assert!(used.status.success(), "{used:?}");
    assert_eq!(echo(&home, &variables, "echo fine"), "");
    assert_eq!(server.psql("app", "select count(*) from jobs"), "1");

    // Somebody else's app finds that it holds our tables, and asks nobody.
    let other = Home::new(None);
    assert_eq!(echo(&other, &variables, "echo fine"), "");
    assert_eq!(server.psql("app", "select count(*) from jobs"), "2");
}

#[test]
fn a_strangers_jobs_are_recognised() {
    let server = Postgres::start();
    server.psql("postgres", "create database app");
    server.psql("app", "create table jobs (n int)");
    let home = Home::new(None);
    let url = server.url("app");
    let variables = [("DATABASE_URL", url.as_str())];
    let words = echo(&home, &variables, "echo fine");
    assert!(words.contains("public.jobs"), "{words}");
    let used = with(&home, &variables, &["db", "use"]);
    assert!(!used.status.success(), "{used:?}");
    assert!(printed_by(&used).1.contains("database_schema"), "{used:?}");
    // Named by our own variable, it cannot be used, and nobody is told to wait for its return.
    let ours = [("VMO_DATABASE_URL", url.as_str())];
    let output = with(&home, &ours, &["jobs"]);
    let (_, words) = printed_by(&output);
    assert!(words.contains("public.jobs"), "{output:?}");
}

#[test]
fn our_own_variable_and_the_settings_go_first() {
    let (ours, other) = (Postgres::start(), Postgres::start());
    drop(orchestrated(&other));
    let home = Home::new(None);
    let (first, second) = (ours.url("postgres"), other.url("postgres"));
    let both = [
        ("VMO_DATABASE_URL", first.as_str()),
        ("DATABASE_URL", second.as_str()),
    ];
    let line = r#"test -z "$VMO_DATABASE_URL" && echo fine"#;
    assert_eq!(echo(&home, &both, line), "");
    fs::create_dir_all(home.config()).unwrap();
    let settings = serde_json::json!({ "database_url": first }).to_string();
    fs::write(home.config().join("settings.json"), settings).unwrap();
    assert_eq!(echo(&home, &both[1..], line), "");
    assert_eq!(ours.psql("postgres", "select count(*) from jobs"), "2");
    assert_eq!(other.psql("postgres", "select count(*) from jobs"), "1");

    let wrong = [("VMO_DATABASE_URL", "postgres://u:s3#cret@db/x")];
    for args in [&["run", "--", "true"][..], &["jobs"], &["doctor"]] {
        let output = with(&home, &wrong, args);
        let (printed, words) = printed_by(&output);
        let all = format!("{printed}{words}");
        assert!(!output.status.success(), "{args:?}: {all}");
        assert!(
            all.contains("VMO_DATABASE_URL") && all.contains("%23"),
            "{all}"
        );
        assert!(!all.contains("s3") && !all.contains("cret"), "{all}");
    }
}

/// A database that holds our tables, with one job.
fn orchestrated(server: &Postgres) -> Home {
    let home = Home::new(Some(server.url("postgres")));
    home.text(&["run", "--", "echo fine"]);
    home
}

/// What a project sets for its own database, and what each would do to a session of ours.
const OF_A_PROJECT: [(&str, &str); 15] = [
    (
        "PGOPTIONS",
        "-c search_path=app -c default_transaction_read_only=on -c statement_timeout=1",
    ),
    ("PGSERVICE", "app"),
    ("PGSERVICEFILE", "/nowhere"),
    ("PGHOST", "/nowhere"),
    ("PGHOSTADDR", "192.0.2.1"),
    ("PGPORT", "1"),
    ("PGUSER", "nobody-of-that-name"),
    ("PGDATABASE", "nothing-of-that-name"),
    ("PGPASSWORD", "s3cret"),
    ("PGAPPNAME", "app"),
    ("PGSSLMODE", "require"),
    ("PGSSLROOTCERT", "/nowhere"),
    ("PGCLIENTENCODING", "LATIN1"),
    ("PGTARGETSESSIONATTRS", "standby"),
    ("PGREQUIREAUTH", "scram-sha-256"),
];

#[test]
fn what_a_project_sets_for_its_own_postgres_reaches_its_jobs_and_not_our_history() {
    let home = Home::new(None);
    let line = OF_A_PROJECT.map(|(name, value)| format!(r#"test "${name}" = '{value}'"#));
    let line = format!("{} && echo fine", line.join(" && "));
    assert_eq!(echo(&home, &OF_A_PROJECT, &line), "");
    let counted = with(
        &home,
        &OF_A_PROJECT,
        &[
            "db",
            "--",
            "-Atc",
            "select count(*) from jobs; show statement_timeout",
        ],
    );
    assert_eq!(printed_by(&counted), ("1\n0\n".into(), String::new()));
    // A configured server is reached as its address says.
    let server = Postgres::start();
    let home = Home::new(Some(server.url("postgres")));
    assert_eq!(echo(&home, &OF_A_PROJECT, &line), "");
    assert_eq!(
        server.psql("postgres", "select count(*) from public.jobs"),
        "1"
    );
    let counted = with(
        &home,
        &OF_A_PROJECT,
        &["db", "--", "-Atc", "show search_path"],
    );
    assert!(counted.status.success(), "{counted:?}");
}
