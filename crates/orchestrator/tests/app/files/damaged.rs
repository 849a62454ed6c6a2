//! Damaged job folders, and those of another store: no job is stuck for ever, and none is out of sight.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use orchestrator::{
    job::JobId,
    wire::{CatalogRequest, JobRequest, LogRequest, Overview, Reply},
};
use rustix::process::Signal;

use crate::{
    home::{Home, eventually},
    page::{App, Page},
    postgres::Postgres,
};

/// A way to damage a folder, and what it is called.
type Damage = (&'static str, fn(&Path));

const LINES: &str = "seq 1 300000; while [ ! -e go ]; do sleep 0.02; done; exit 3";

fn expected() -> Vec<u8> {
    let lines: String = (1..=300_000).map(|number| format!("{number}\n")).collect();
    lines.into_bytes()
}

/// Flips a bit in the middle of what a job has written.
fn damage(folder: &Path) {
    let segment = folder.join("spool").join("0".repeat(20));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(segment)
        .unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 4], middle).unwrap();
}

fn spooled(folder: &Path) -> u64 {
    let segments = fs::read_dir(folder.join("spool"))
        .into_iter()
        .flatten()
        .flatten();
    segments
        .map(|segment| segment.metadata().map_or(0, |about| about.len()))
        .sum()
}

/// A job's folder, told by its end from one that is kept aside.
fn folders(home: &Home, end: &str) -> Vec<PathBuf> {
    let mut folders = home.job_folders();
    folders.retain(|path| path.extension().map_or("", |end| end.to_str().unwrap()) == end);
    folders
}

/// What must be so of a job once it is in the store, whose log was damaged: what is said of it, and its log.
fn settled(home: &Home, postgres: &Postgres, words: &str) -> Vec<u8> {
    eventually("it is settled", || folders(home, "").is_empty());
    let kept = postgres.psql(
        "postgres",
        &format!("select status, exit_code, reason like 'exit code 3; {words}', bytes from jobs"),
    );
    let bytes = kept
        .strip_prefix("error|3|t|")
        .unwrap_or_else(|| panic!("{kept}"));
    let output = home.run(&["log", "last", "--raw"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("the spool is damaged"), "{stderr}");
    assert_eq!(bytes, output.stdout.len().to_string());
    assert_eq!(
        folders(home, "damaged").len(),
        1,
        "what else is in it can still be looked at"
    );
    output.stdout
}

/// The same, of one that ends at the damage.
fn check(home: &Home, postgres: &Postgres) {
    let words = "its log ends early: the spool is damaged at byte %";
    let log = settled(home, postgres, words);
    assert!(!log.is_empty() && log.len() < expected().len());
    assert!(expected().starts_with(&log), "whole up to the damage");
    assert!(spooled(&folders(home, "damaged")[0]) as usize > expected().len());
}

/// The segments of a job's spool.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let segments = fs::read_dir(folder.join("spool")).unwrap().flatten();
    let mut segments: Vec<PathBuf> = segments.map(|segment| segment.path()).collect();
    segments.sort();
    segments
}

/// A job of several small segments that was damaged while nobody looked: all that is whole comes, before and after the gap,
/// whose bytes are counted.
#[tokio::test]
async fn what_is_whole_after_a_gap_is_shown_and_the_gap_is_counted() {
    let damages: [Damage; 8] = [
        ("a bit in the first", damage),
        ("the first is gone", |folder| {
            fs::remove_file(&segments(folder)[0]).unwrap();
        }),
        ("one in the middle is gone", |folder| {
            fs::remove_file(&segments(folder)[1]).unwrap();
        }),
        ("the first is empty", |folder| {
            fs::write(&segments(folder)[0], "").unwrap();
        }),
        ("the middle is garbage", |folder| {
            fs::write(&segments(folder)[1], vec![7; 4096]).unwrap();
        }),
        ("a folder in place of the first", |folder| {
            let first = segments(folder).remove(0);
            fs::remove_file(&first).unwrap();
            fs::create_dir(first).unwrap();
        }),
        ("a folder in place of one in the middle", |folder| {
            let middle = segments(folder).remove(1);
            fs::remove_file(&middle).unwrap();
            fs::create_dir(middle).unwrap();
        }),
        ("the first is cut", |folder| {
            let file = OpenOptions::new().write(true).open(&segments(folder)[0]);
            file.unwrap().set_len(1000).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let mut postgres = Postgres::start();
        let home = Home::new(Some(postgres.url("postgres")));
        home.text(&["run", "--", "true"]);
        postgres.psql("postgres", "delete from jobs");
        postgres.down(Signal::INT);
        // A limit on the size of files makes its segments small.
        let vmo = home.vmo(&["run", "--detach", "--", LINES]);
        let mut limited = std::process::Command::new("bash");
        limited
            .args(["-c", "ulimit -f 512; exec \"$@\"", "-"])
            .arg(vmo.get_program())
            .args(vmo.get_args())
            .current_dir(home.work());
        crate::home::same_variables(&vmo, &mut limited);
        assert!(limited.status().unwrap().success());
        let folder = folders(&home, "").remove(0);
        eventually("all is written", || {
            spooled(&folder) as usize > expected().len()
        });
        fs::write(home.work().join("go"), "").unwrap();
        eventually("how it ended is written down", || {
            folder.join("exit.json").exists()
        });
        assert!(segments(&folder).len() > 2, "{:?}", segments(&folder));
        damage(&folder);
        postgres.up();
        let gap = "its log has a gap: the spool is damaged, and % bytes after line % are missing";
        home.run(&["jobs"]);
        let log = settled(&home, &postgres, gap);
        let before = expected()
            .iter()
            .zip(&log)
            .take_while(|(a, b)| a == b)
            .count();
        let missing = expected().len() - log.len();
        assert!(missing > 0, "{what}");
        assert!(
            expected().ends_with(&log[before..]),
            "{what}: whole after the gap"
        );
        let reason = postgres.psql("postgres", "select reason from jobs");
        assert!(
            reason.contains(&format!(" {missing} bytes ")),
            "{what}: {reason}, {missing}"
        );
        let lines = home.run(&["log", "last"]);
        assert_eq!(lines.stdout, log, "{what}");
        let job = home.json(&["jobs", "--json"])[0].clone();
        assert_eq!(job["reason"].as_str(), Some(reason.trim()), "{what}");
        in_the_window(home, job["id"].as_str().unwrap(), &reason, &log).await;
    }
}

/// What the page gets of an archived job whose log has a gap: the same words, and the same lines on both sides of the gap.
async fn in_the_window(home: Home, job: &str, reason: &str, log: &[u8]) {
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let id: JobId = job.parse().unwrap();
    let Ok(Reply::Job(job)) = page.ask(JobRequest::Job { job: id }).await else {
        panic!("no job")
    };
    assert_eq!(job.reason.as_deref(), Some(reason.trim()));
    let log = String::from_utf8_lossy(log);
    let expected: Vec<&str> = log.lines().collect();
    assert_eq!(job.lines, expected.len() as u64);
    let gap = (1..)
        .zip(&expected)
        .find(|(number, line)| line.parse() != Ok(*number))
        .map_or(1, |(number, _)| number);
    for first in [1, gap.max(6) - 5, expected.len() as u64 - 9] {
        let count = 10;
        let lines = LogRequest::Lines {
            job: id,
            first,
            count,
            encoding: Default::default(),
        };
        let Ok(Reply::Lines { lines }) = page.ask(lines).await else {
            panic!("no lines")
        };
        let shown: Vec<String> = lines
            .iter()
            .map(|line| line.spans.iter().map(|span| span.text.as_str()).collect())
            .collect();
        let first = first as usize - 1;
        assert_eq!(
            shown,
            expected[first..first + count as usize],
            "from {first}"
        );
    }
}

/// What is left of a job's `job.json`, and who still supervises it.
#[test]
fn a_job_whose_own_file_is_spoilt_is_known_by_its_copy_and_settled() {
    let spoils: [Damage; 5] = [
        ("empty", |file| fs::write(file, "").unwrap()),
        ("half", |file| {
            let whole = fs::read(file).unwrap();
            fs::write(file, &whole[..whole.len() / 2]).unwrap();
        }),
        ("binary", |file| fs::write(file, [0, 255, 7]).unwrap()),
        ("gone", |file| fs::remove_file(file).unwrap()),
        ("a folder", |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }),
    ];
    for (what, spoil) in spoils {
        let postgres = Postgres::start();
        let home = Home::new(Some(postgres.url("postgres")));
        home.text(&["run", "--detach", "--", "echo said; sleep 1071"]);
        let folder = folders(&home, "").remove(0);
        eventually("it has written", || spooled(&folder) > 4);
        let who: supervisor::folder::Supervisor =
            serde_json::from_slice(&fs::read(folder.join("supervisor.json")).unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(who.supervisor.pid).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        spoil(&folder.join("job.json"));
        let job = &home.json(&["jobs", "--json"])[0];
        assert_eq!(job["status"], "lost", "{what}: {job}");
        assert_eq!(job["command"], "echo said; sleep 1071", "{what}");
        let listed = home.text(&["jobs"]);
        assert!(listed.contains("  lost: "), "{what}: {listed}");
        assert!(!listed.contains("lost: lost"), "{what}: {listed}");
        eventually("it is archived", || folders(&home, "").is_empty());
        let reason = postgres.psql("postgres", "select reason from jobs");
        assert!(reason.contains("job.json"), "{what}: {reason}");
        assert_eq!(
            home.run(&["log", "last", "--raw"]).stdout,
            b"said\n",
            "{what}"
        );
        assert_eq!(folders(&home, "damaged").len(), 1, "{what}");
    }
}

/// Starts a command without waiting for it, and gives its folder once it has written `said`.
fn detached(home: &Home, command: &str) -> (String, PathBuf, supervisor::folder::Supervisor) {
    let id = home.text(&["run", "--detach", "--", command]);
    let id = id.trim().to_owned();
    let folder = home.data().join("jobs").join(&id);
    eventually("it has written", || spooled(&folder) > 4);
    let who = fs::read(folder.join("supervisor.json")).unwrap();
    (id, folder, serde_json::from_slice(&who).unwrap())
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

fn job_of(home: &Home, id: &str) -> serde_json::Value {
    let jobs = home.json(&["jobs", "--json"]);
    let job = jobs.as_array().unwrap().iter().find(|job| job["id"] == id);
    job.unwrap_or_else(|| panic!("{id}: {jobs}")).clone()
}

#[test]
fn a_job_of_which_neither_file_can_be_read_is_settled_by_what_else_there_is() {
    let postgres = Postgres::start();
    for (what, spoil) in [
        ("gone", (|file| fs::remove_file(file).unwrap()) as fn(&Path)),
        ("empty", |file| fs::write(file, "").unwrap()),
    ] {
        // With a history of its own, and with one that others may read and that need not be the job's.
        for url in [None, Some(postgres.url("postgres"))] {
            let waits = url.is_some();
            let home = Home::new(url);
            let (id, folder, who) = detached(&home, "echo said; sleep 1073");
            kill(who.supervisor.pid);
            for name in ["job.json", "job.copy.json"] {
                spoil(&folder.join(name));
            }
            let job = job_of(&home, &id);
            assert_eq!(job["status"], "lost", "{what}: {job}");
            let child = PathBuf::from(format!("/proc/{}", who.child.pid));
            eventually("its child is ended", || !child.exists());
            if waits {
                assert!(
                    folder.exists(),
                    "{what}: nobody has said which history gets it"
                );
                home.text(&["move", &id]);
            }
            home.text(&["run", "--", "true"]);
            eventually("it is archived", || !folder.exists());
            assert_eq!(home.run(&["log", &id, "--raw"]).stdout, b"said\n", "{what}");
        }
    }
}

#[test]
fn a_job_that_ran_is_never_said_not_to_have_run() {
    let home = Home::new(None);
    let (id, folder, who) = detached(&home, "echo said; sleep 1074");
    fs::remove_dir_all(folder.join("spool")).unwrap();
    kill(who.supervisor.pid);
    let job = job_of(&home, &id);
    assert_eq!(job["status"], "lost", "{job}");
    let reason = job["reason"].as_str().unwrap();
    assert!(reason.contains("the folder of its log is gone"), "{reason}");
    let child = PathBuf::from(format!("/proc/{}", who.child.pid));
    eventually("its child is ended", || !child.exists());
}

#[tokio::test]
async fn a_spool_that_is_damaged_between_reading_and_archiving_ends_there_too() {
    let mut postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    app.home.text(&["run", "--", "true"]);
    postgres.psql("postgres", "delete from jobs");
    postgres.down(Signal::INT);
    let mut page = app.page().await;
    fs::write(app.home.work().join("go"), "").unwrap();
    let job = page.start(LINES).await;
    let job = page.over(job.id).await;
    assert_eq!(job.reason.as_deref(), Some("exit code 3"));
    damage(&app.home.data().join("jobs").join(job.id.to_string()));
    postgres.up();
    check(&app.home, &postgres);
    // That it was not archived yet, and now is, is news of the job as well.
    while !page
        .over(job.id)
        .await
        .reason
        .unwrap()
        .contains("its log ends early")
    {}
}

async fn problems(page: &mut Page) -> Vec<String> {
    let Ok(Reply::Overview(overview)) = page.ask(CatalogRequest::Overview).await else {
        panic!("no overview")
    };
    let Overview { problems, .. } = *overview;
    problems
}

#[tokio::test]
async fn a_job_of_another_store_is_said_to_wait_for_it() {
    let (first, second) = (Postgres::start(), Postgres::start());
    let mut home = Home::new(Some(first.url("postgres")));
    let id = home.text(&["run", "--detach", "--", LINES]);
    home.use_database(second.url("postgres"));
    let app = App::start(home);
    let mut page = app.page().await;
    let words = format!(
        "job {} waits for the store it was started with: ",
        id.trim()
    );
    let problems = problems(&mut page).await;
    assert!(
        problems[0].starts_with(&words) && problems[0].contains(&first.port().to_string()),
        "{problems:?}"
    );
    assert!(app.home.text(&["doctor"]).contains(&words));
    let listed = app.home.run(&["jobs"]);
    assert!(
        String::from_utf8_lossy(&listed.stderr).contains(&words),
        "{listed:?}"
    );

    let other = app
        .home
        .data()
        .join("jobs/01890000-0000-7000-8000-000000000001");
    let making = other.with_extension("new");
    fs::create_dir(&making).unwrap();
    fs::write(making.join("job.json"), "{\"job\": 3").unwrap();
    fs::rename(&making, &other).unwrap();
    let problems = page
        .until(|event| match event {
            orchestrator::wire::Event::Problems { problems } => Some(problems.clone()),
            _ => None,
        })
        .await;
    assert!(
        problems[0].contains("cannot be taken in: job.json: "),
        "{problems:?}"
    );
    assert!(problems[1].starts_with(&words), "{problems:?}");
    fs::remove_dir_all(&other).unwrap();

    let mut home = app.stop();
    home.use_database(first.url("postgres"));
    assert_eq!(home.json(&["jobs", "--json"])[0]["status"], "running");
    assert!(!home.text(&["doctor"]).contains(&words));
    fs::write(home.work().join("go"), "").unwrap();
    eventually("it is archived where it belongs", || {
        home.run(&["jobs"]);
        first.psql("postgres", "select status from jobs") == "error"
    });
    assert_eq!(home.run(&["log", "last", "--raw"]).stdout, expected());
}
