//! A history as one file, and back: byte for byte, twice, damaged, of a newer app.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    home::{self, Home},
    postgres::{self, Postgres},
};

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

fn said(home: &Home, args: &[&str]) -> (Option<i32>, String) {
    let output = home.run(args);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

/// All that is known of the jobs and their logs, as text; the rows may be cut in other places, and came in transactions of
/// each server's own.
fn all(postgres: &Postgres) -> String {
    let jobs = "select to_jsonb(job) - 'archived_offset' - 'archived_seq' - 'arrival' from jobs job order by id";
    let notes = "select * from job_notes order by job_id";
    let lines = "select job_id, stream, sum(octet_length(coalesce(raw, convert_to(data, 'utf8')))) from job_logs
                 group by job_id, stream order by 1, 2";
    [jobs, notes, lines]
        .map(|sql| postgres.psql("postgres", sql))
        .join("\n")
}

fn raw(home: &Home) -> Vec<Vec<u8>> {
    let jobs: serde_json::Value = serde_json::from_str(&home.text(&["jobs", "--json"])).unwrap();
    let ids = jobs.as_array().unwrap().iter();
    let ids = ids.map(|job| job["id"].as_str().unwrap());
    ids.flat_map(|id| {
        ["stdout", "stderr"]
            .map(|stream| home.run(&["log", "--raw", "--stream", stream, id]).stdout)
    })
    .collect()
}

#[test]
fn what_is_exported_is_imported_byte_for_byte_with_all_that_is_known_of_it() {
    let (from, home) = home();
    home.makefile("a:\n\t@echo made; exit 3\n");
    fs::write(home.work().join("bytes"), (0..=255).collect::<Vec<u8>>()).unwrap();
    home.run(&["run", "--", "cat bytes; echo error >&2; printf 'no end'"]);
    home.run(&["run", "a", "X=1"]);
    home.run(&["run", "--", "true"]);
    home.run(&[
        "run",
        "--",
        "seq -f 'a line %.0f of many' 200000; echo more >&2; seq 20000 >&2",
    ]);
    let note = "insert into job_notes select id, true, 'look here', 'ann@there', now() from jobs where target = 'a'";
    from.psql("postgres", note);
    let file = home.work().join("all.zip");
    let name = file.to_str().unwrap();
    let (code, text) = said(&home, &["export", "--all", "-o", name]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("4 jobs with 4."), "{text}");
    let (code, text) = said(&home, &["export", "last", "-o", name]);
    assert!(
        code == Some(1) && text.contains("is there already"),
        "{text}"
    );

    let other = Postgres::start();
    let there = Home::new(Some(other.url("postgres")));
    let (code, text) = said(&there, &["import", name]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("took 4 jobs with 4."), "{text}");
    assert_eq!(all(&other), all(&from));
    assert_eq!(raw(&there), raw(&home));
    assert_eq!(
        there.text(&["log", "last", "--lines", "150000..150001"]),
        home.text(&["log", "last", "--lines", "150000..150001"])
    );
    // Twice is nothing.
    let (code, text) = said(&there, &["import", name]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("took 0 jobs with 0 B of log; 4 jobs here already"),
        "{text}"
    );
    // Times of lines are those at which they were read.
    let times = "select job_id, seq, \"timestamp\" from job_logs where seq = 0 order by 1, 2";
    assert_eq!(other.psql("postgres", times), from.psql("postgres", times));
}

/// The file with some entries changed: none of one that `change` gives none for.
fn changed(path: &std::path::Path, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) {
    let mut old = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut entry = old.by_index(at).unwrap();
        let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        if let Some(bytes) = change(&name, bytes) {
            new.start_file(name, zip::write::SimpleFileOptions::default())
                .unwrap();
            new.write_all(&bytes).unwrap();
        }
    }
    fs::write(path, new.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn a_file_that_is_not_what_was_exported_is_refused_and_leaves_nothing() {
    let (_from, home) = home();
    home.run(&["run", "--", "seq 100000"]);
    home.run(&["run", "--", "echo well"]);
    let whole = home.work().join("whole.zip");
    let (code, text) = said(
        &home,
        &["export", "--all", "--output", whole.to_str().unwrap()],
    );
    assert_eq!(code, Some(0), "{text}");
    let other = Postgres::start();
    let there = Home::new(Some(other.url("postgres")));
    let import = |damage: &dyn Fn(&std::path::Path)| {
        let file = home.work().join("damaged.zip");
        fs::copy(&whole, &file).unwrap();
        damage(&file);
        let (code, text) = said(&there, &["import", file.to_str().unwrap()]);
        (
            code,
            text,
            other
                .psql("postgres", "select count(*) from jobs")
                .trim()
                .to_owned(),
        )
    };
    let (code, text, jobs) = import(&|file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert_eq!((code, &*jobs), (Some(1), "0"), "{text}");
    assert!(
        text.contains("no exported history, or only the beginning"),
        "{text}"
    );
    let (code, text, jobs) = import(&|file| {
        changed(file, |name, bytes| {
            let text = String::from_utf8_lossy(&bytes).replace("\"format\": 1", "\"format\": 2");
            Some(if name == "history.json" {
                text.into_bytes()
            } else {
                bytes
            })
        });
    });
    assert_eq!((code, &*jobs), (Some(1), "0"), "{text}");
    assert!(
        text.contains("in format 2; this one reads up to 1: update the app"),
        "{text}"
    );
    // A byte of one log is another one; the chunks of it are gone: the other job is taken, that one is not.
    for damage in [
        &(|name: &str, mut bytes: Vec<u8>| {
            if name.ends_with(".log") && bytes.len() > 1000 {
                bytes[500_000] ^= 1;
            }
            Some(bytes)
        }) as &dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>>,
        &|name, bytes| (!(name.ends_with(".chunks") && bytes.len() > 16)).then_some(bytes),
    ] {
        let (code, text, jobs) = import(&|file| changed(file, damage));
        assert_eq!((code, &*jobs), (Some(1), "1"), "{text}");
        assert!(text.contains("was not taken: its log"), "{text}");
        other.psql("postgres", "delete from jobs");
    }
    // A job that is there with another log stays as it is.
    let (code, text, _) = import(&|_| {});
    assert_eq!(code, Some(0), "{text}");
    other.psql(
        "postgres",
        "update job_logs set data = 'WELL' || chr(10) where data = 'well' || chr(10)",
    );
    let (code, text, jobs) = import(&|_| {});
    assert_eq!((code, &*jobs), (Some(1), "2"), "{text}");
    assert!(
        text.contains("a job of this id with another log is in the history already"),
        "{text}"
    );
    let (code, text) = said(&there, &["import", "/nowhere/at.all"]);
    assert!(
        code == Some(1) && text.contains("/nowhere/at.all: No such file"),
        "{text}"
    );
}

#[test]
fn a_private_history_moves_to_another_major_version_of_postgres() {
    let of_system = PathBuf::from(postgres::bin("postgres"));
    let of_system = of_system
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .to_owned();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/postgres");
    let major = |folder: &Path| {
        let run = Command::new(folder.join("bin/postgres"))
            .arg("--version")
            .output();
        let words = String::from_utf8(run.unwrap().stdout).unwrap();
        let number = words.split_whitespace().nth(2).unwrap().split('.').next();
        number.unwrap().to_owned()
    };
    let (old, new) = (major(&of_system), major(&ours));
    if old == new {
        return;
    }
    let vmo = |home: &Home, postgres: &Path, args: &[&str]| {
        let mut vmo = home.vmo(args);
        vmo.env("VMO_POSTGRES", postgres)
            .env("VMO_POSTGRES_LINGER_MS", "1");
        let output = vmo.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), output.stdout, stderr)
    };
    let (before, after) = (Home::new(None), Home::new(None));
    let ran = vmo(
        &before,
        &of_system,
        &["run", "--", "seq 5000; printf '\\377 no end'"],
    );
    assert!(ran.0, "{}", ran.2);
    home::eventually(
        "the older server is gone, and the newer one refuses",
        || {
            let (is_read, _, stderr) = vmo(&before, &ours, &["jobs"]);
            !is_read
                && stderr.contains(&format!("holds data of Postgres {old}"))
                && stderr.contains("vmo export --all -o")
        },
    );
    let file = before.work().join("all.zip");
    let file = file.to_str().unwrap();
    let exported = vmo(&before, &of_system, &["export", "--all", "--output", file]);
    assert!(exported.0, "{}", exported.2);
    let imported = vmo(&after, &ours, &["import", file]);
    assert!(imported.0, "{}", imported.2);
    let log = vmo(&after, &ours, &["log", "last", "--raw"]);
    assert!(log.0 && log.1 == ran.1, "{}", log.2);
    let version = vmo(&after, &ours, &["doctor", "--json"]).1;
    assert!(String::from_utf8_lossy(&version).contains(&format!("version {new}")));
}
