//! The index of logs: with it a search finds just what it finds without, whatever happens to it.

use std::{fs, os::unix::ffi::OsStrExt};

use rustix::process::Signal;

use crate::{
    home::{Home, appears},
    postgres::Postgres,
    small_disk::SmallDisk,
};

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

fn run(home: &Home, command: &str) {
    home.run(&["run", "--", command]);
}

/// What a search prints, and its exit code.
fn search(home: &Home, args: &[&str]) -> (Option<i32>, String) {
    let output = home.run(&[&["search", "--limit", "0"], args].concat());
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

/// Jobs of all kinds: with colours, bars, odd bytes, long lines over many blocks; and many small ones.
fn jobs(home: &Home) {
    let write = |name: &str, bytes: &[u8]| fs::write(home.work().join(name), bytes).unwrap();
    write(
        "colors",
        "one\nconnec\x1b[31mtion\x1b[0m ref\x1b[1mused\x1b[0m by db-01, Straße 7\n".as_bytes(),
    );
    write(
        "bar",
        b"10 % connection gone\r100 % connection refused\x1b[K\r\nend 10.0.17.4\n",
    );
    write(
        "bytes",
        b"\xff\xfe connection refused \xc3\x28\n\0connection\0 refused\n",
    );
    run(home, "cat colors");
    run(home, "cat bar");
    run(home, "cat bytes >&2; echo KELVIN");
    // Blocks end within lines of both streams; and one line goes over many blocks.
    run(
        home,
        "i=0; while [ $i -lt 60 ]; do i=$((i+1)); seq -f \"%.0f of $i\" 700; printf \"open $i \" >&2; done; echo 4711-7c9e >&2",
    );
    run(
        home,
        "head -c 300000 /dev/zero | tr '\\0' x; printf ' 4711-7c9e '; head -c 90000 /dev/zero | tr '\\0' y; echo; echo 4711",
    );
    for n in 0..12 {
        run(
            home,
            &format!("echo job {n} at 10.0.17.{n}; echo without an end: {n}00{n}"),
        );
    }
}

const SEARCHES: [&[&str]; 16] = [
    &["Connection REFUSED"],
    &["connection refused", "--case"],
    &["STRASSE"],
    &["STRAßE"],
    &["kelvin", "--word"],
    &["10.0.17.4"],
    &["4711-7c9e"],
    &["x 4711"],
    &["nowhere at all"],
    &["700 of 59"],
    &["open 59 open 60"],
    &["end: 500"],
    &["job [0-9]+ at 10\\.0\\.17\\.(4|11)", "--regex"],
    &["^connection|refused by", "--regex"],
    &["job 7", "--context", "1", "--since", "1h"],
    &["70"],
];

fn all(home: &Home) -> Vec<(Option<i32>, String)> {
    SEARCHES.iter().map(|args| search(home, args)).collect()
}

#[test]
fn a_search_by_the_index_finds_what_reading_everything_finds() {
    let (postgres, home) = home();
    jobs(&home);
    let read = all(&home);
    assert!(
        read.iter().filter(|(code, _)| *code == Some(0)).count() > 12,
        "{read:?}"
    );
    let said = home.text(&["index"]);
    assert!(said.contains("of log are in the index"), "{said}");
    let late = "select count(*) from log_index_late";
    assert_eq!(postgres.psql("postgres", late), "0");
    assert_eq!(all(&home), read);
    // A job that came since, and one that runs.
    run(&home, "echo connection refused, once more");
    let command =
        "echo connection refused, running; touch there; while ! [ -e go ]; do sleep 0.05; done";
    let mut running = home.start(&["run", "--", command]);
    appears(&home.work().join("there"));
    let (_, text) = search(&home, &["connection refused"]);
    assert!(
        text.contains("once more") && text.contains(", running"),
        "{text}"
    );
    home.text(&["index"]);
    fs::write(home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
    let ended = text.replace("here  running", "here  done");
    assert_eq!(search(&home, &["connection refused"]), (Some(0), ended));
    home.text(&["index"]);
    let by_index = all(&home);
    let anew = home.json(&["index", "--rebuild", "--json"]);
    assert_eq!(anew["indexed"], anew["of"]);
    assert_eq!(all(&home), by_index);
    // It is asked: one that says that nothing is anywhere is believed, but of what is not in it.
    let nothing =
        "update log_index_segments set bits = decode(repeat('00', octet_length(bits)), 'hex')";
    postgres.psql("postgres", nothing);
    assert_eq!(search(&home, &["4711-7c9e"]).0, Some(1));
    // One that cannot be is not.
    postgres.psql("postgres", "update log_index_segments set bits = 'broken'");
    assert_eq!(all(&home), by_index);
    postgres.psql("postgres", "delete from log_index");
    assert_eq!(all(&home), by_index);
}

#[test]
fn logs_that_are_asked_for_ahead_come_newest_first() {
    let (_postgres, home) = home();
    for n in 0..3 {
        run(&home, &format!("echo the needle, small {n}"));
        // More than is read at once.
        run(
            &home,
            &format!("echo the needle {n}; seq 700000; echo the needle {n}, last"),
        );
    }
    let read = search(&home, &["the needle"]);
    let found: Vec<&str> = read
        .1
        .lines()
        .filter(|it| it.contains("the needle"))
        .collect();
    let hits: Vec<&str> = found
        .into_iter()
        .filter(|line| !line.contains("  done  "))
        .collect();
    let order = [2, 1, 0].map(|n| {
        [
            format!("1: the needle {n}"),
            format!("700002: the needle {n}, last"),
            format!("1: the needle, small {n}"),
        ]
    });
    assert_eq!(hits, order.concat(), "{}", read.1);
    home.text(&["index"]);
    assert_eq!(search(&home, &["the needle"]), read);
}

#[test]
fn jobs_that_go_and_come_again_are_found_as_they_are_there() {
    let (postgres, home) = home();
    jobs(&home);
    let read = all(&home);
    home.text(&["export", "--all", "-o", "all.zip"]);
    home.text(&["index"]);
    let output = home.run(&["prune", "--keep", "3", "--yes"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(search(&home, &["4711-7c9e"]).0, Some(1));
    assert!(search(&home, &["job 11"]).1.contains("job 11 at"));
    // With the ids that they had, which are older than all that is in the index.
    home.text(&["import", "all.zip"]);
    let order = |found: Vec<(Option<i32>, String)>| -> Vec<Vec<String>> {
        let sorted = |text: String| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        found.into_iter().map(|(_, text)| sorted(text)).collect()
    };
    assert_eq!(order(all(&home)), order(read.clone()));
    home.text(&["index"]);
    assert_eq!(order(all(&home)), order(read.clone()));
    // As after a restore on a server that counts other transactions.
    postgres.psql("postgres", "update jobs set arrival = arrival + 5000000; update log_index set below = 5000000, up_to = 5000000");
    assert_eq!(order(all(&home)), order(read.clone()));
    home.text(&["index"]);
    assert_eq!(order(all(&home)), order(read));
    let units = "select count(*) > 0 and min(unit) > 1 from log_index_units";
    assert_eq!(
        postgres.psql("postgres", units),
        "t",
        "numbers are not used twice"
    );
}

#[test]
fn what_keeps_the_index_from_being_built_is_said_and_costs_no_hit() {
    let (mut postgres, home) = home();
    jobs(&home);
    let read = all(&home);
    postgres.set_now("default_transaction_read_only", "on");
    let output = home.run(&["index"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("read-only"), "{said}");
    assert_eq!(all(&home), read);
    postgres.set_now("default_transaction_read_only", "off");
    // A server that goes while it is asked.
    let lock = postgres.locks("lock table job_logs in access exclusive mode");
    let mut building = home.start(&["index"]);
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    crate::home::eventually("it reads logs", || postgres.psql("postgres", waits) != "0");
    // Another has the lease meanwhile.
    let other = home.run(&["index"]);
    assert!(
        String::from_utf8_lossy(&other.stderr).contains("another app"),
        "{other:?}"
    );
    postgres.down(Signal::QUIT);
    drop(lock);
    assert_eq!(building.child.wait().unwrap().code(), Some(1));
    postgres.up();
    assert_eq!(all(&home), read);
    postgres.psql(
        "postgres",
        "update log_index set leased_until = now() - interval '1 s'",
    );
    home.text(&["index"]);
    assert_eq!(all(&home), read);
}

#[test]
fn a_full_disk_while_the_index_is_built_loses_nothing() {
    let (Some(data), Some(wal)) = (SmallDisk::mount(200), SmallDisk::mount(200)) else {
        return;
    };
    let postgres = Postgres::start_on(&["max_wal_size=32MB"], Some(data.path()), Some(wal.path()));
    let home = Home::new(Some(postgres.url("postgres")));
    jobs(&home);
    let read = all(&home);
    let ballast = data.fill();
    let output = home.run(&["index"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("No space left") || said.contains("could not extend"),
        "{said}"
    );
    assert_eq!(all(&home), read);
    drop(ballast);
    postgres.psql(
        "postgres",
        "update log_index set leased_until = now() - interval '1 s'",
    );
    home.text(&["index"]);
    assert_eq!(all(&home), read);
}

#[test]
fn odd_needles_are_looked_for_or_refused_in_words() {
    let (_postgres, home) = home();
    jobs(&home);
    home.text(&["index"]);
    assert_eq!(search(&home, &["ß"]).0, Some(0));
    assert_eq!(search(&home, &["\u{fffd}"]).0, Some(0));
    let long = "x".repeat(64 * 1024);
    assert!(search(&home, &[&long]).1.contains("at most 1000 bytes"));
    let wide = "x".repeat(1000);
    assert_eq!(search(&home, &[&wide]).0, Some(0));
    let (code, said) = search(&home, &["(x+x+)+y", "--regex"]);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = search(&home, &["(((((x{9}){9}){9}){9}){9}){9}", "--regex"]);
    assert!(code == Some(2) && said.contains("too large"), "{said}");
    let mut command = home.vmo(&["search"]);
    command.arg(std::ffi::OsStr::from_bytes(b"a\xff"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("UTF-8"),
        "{output:?}"
    );
}
