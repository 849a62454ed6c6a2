//! The roles of `vmo db roles`, on a real server: who may only look, and who writes what is their own.

use std::process::{Command, Output};

use super::sql;
use crate::{home::Home, postgres::Postgres};

/// What psql says to statements of this role.
fn psql(postgres: &Postgres, role: &str, statement: &str) -> Output {
    let psql = Command::new("psql")
        .args([&postgres.tcp_url(role, "postgres"), "-qtAc", statement])
        .output();
    psql.unwrap()
}

fn refused(postgres: &Postgres, role: &str, statement: &str) {
    let output = psql(postgres, role, statement);
    let words = String::from_utf8_lossy(&output.stderr);
    let is_refused = words.contains("permission denied") || words.contains("row-level security");
    assert!(is_refused, "{role}: {statement}: {output:?}");
}

/// How many rows a statement of this role changed.
fn changed(postgres: &Postgres, role: &str, statement: &str) -> String {
    let output = psql(
        postgres,
        role,
        &format!("with changed as ({statement} returning 1) select count(*) from changed"),
    );
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_reader_looks_at_everything_and_a_writer_writes_only_what_is_their_own() {
    let postgres = Postgres::start();
    let owner = Home::new(Some(postgres.url("postgres")));
    owner.text(&["run", "--", "echo first"]);
    let roles = owner.text(&["db", "roles"]);
    // Twice: it bears to be run again.
    postgres.psql("postgres", &roles);
    postgres.psql("postgres", &roles);
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    let user = String::from_utf8(user).unwrap().trim().to_owned();
    for (login, role) in [
        (&*user, "vmo_writer"),
        ("ann", "vmo_writer"),
        ("guest", "vmo_reader"),
    ] {
        postgres.psql(
            "postgres",
            &format!("create role \"{login}\" login in role {role}"),
        );
    }

    // The app itself, with the rights of a writer, and with a flood that is written in many pieces.
    let writer = Home::new(Some(postgres.tcp_url(&user, "postgres")));
    writer.text(&["run", "--", "seq 200000"]);
    let note = "insert into job_notes select id, true, 'mine', owner, now() from jobs where command = 'seq 200000'";
    assert_eq!(changed(&postgres, &user, note), "1");
    let stored = "select status || ' ' || lines from jobs where command = 'seq 200000'";
    assert_eq!(postgres.psql("postgres", stored), "done 200000");
    assert_eq!(writer.text(&["log", "last"]).lines().count(), 200_000);

    let health = writer.run(&["doctor", "--json"]).stdout;
    let health: serde_json::Value = serde_json::from_slice(&health).unwrap();
    let mut checks = health.as_array().unwrap().iter();
    let is_kept = checks.find(|check| check["what"] == "Postgres");
    assert_eq!(is_kept.unwrap()["ok"], true, "{health}");

    // A colleague looks at it, and can neither change nor forge it.
    for table in ["jobs", "job_logs", "job_notes"] {
        let looks = psql(
            &postgres,
            "ann",
            &format!("select count(*) > 0 from {table}"),
        );
        assert_eq!(looks.stdout, b"t\n", "{looks:?}");
    }
    for change in [
        "update jobs set status = 'error'",
        "delete from jobs",
        "update job_logs set data = 'x'",
        "delete from job_logs",
        "update job_notes set text = 'x'",
        "delete from job_notes",
        "update job_owners set seen_at = now()",
    ] {
        assert_eq!(changed(&postgres, "ann", change), "0", "{change}");
    }
    let copy = "insert into jobs select (jsonb_populate_record(jobs, jsonb_build_object('id', gen_random_uuid(),
                'owner', OWNER))).* from jobs limit 1";
    refused(&postgres, "ann", &copy.replace("OWNER", "owner"));
    assert_eq!(
        changed(&postgres, "ann", &copy.replace("OWNER", "'ann@laptop'")),
        "1"
    );
    refused(
        &postgres,
        "ann",
        "update jobs set owner = 'bob@laptop' where owner = 'ann@laptop'",
    );
    refused(
        &postgres,
        "ann",
        "insert into job_logs select job_id, seq + 1000, stream, \"timestamp\", first_line, byte_offset, data, raw, meta, state
         from job_logs limit 1",
    );
    assert_eq!(
        changed(
            &postgres,
            "ann",
            "delete from jobs where owner = 'ann@laptop'"
        ),
        "1"
    );

    // Who only looks sees all of it by the app, and changes nothing.
    let guest = Home::new(Some(postgres.tcp_url("guest", "postgres")));
    assert_eq!(guest.json(&["jobs", "--json"]).as_array().unwrap().len(), 2);
    assert_eq!(guest.text(&["log", "last"]).lines().count(), 200_000);
    for table in [
        "jobs",
        "job_logs",
        "job_notes",
        "job_owners",
        "job_batches",
        "log_index_units",
    ] {
        refused(&postgres, "guest", &format!("delete from {table}"));
    }
    assert_eq!(sql(&owner, "select text from job_notes"), "mine");
}

#[test]
fn a_private_server_needs_no_roles() {
    let output = Home::new(None).run(&["db", "roles"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("VMO_DATABASE_URL"), "{words}");
}
