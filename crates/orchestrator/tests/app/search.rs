//! Search in every log: archived and running jobs, whatever their bytes are, and what goes wrong meanwhile.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    process::{Output, Stdio},
};

use orchestrator::{
    job::{JobId, JobQuery},
    log::find::Query,
    search::{Progress, Wanted},
    wire::{Event, FailureCode, Job, Reply, SearchRequest},
};
use rustix::process::Signal;

use crate::{
    home::{Home, appears, eventually},
    page::{App, Page},
    postgres::Postgres,
};

fn home() -> (Postgres, Home) {
    let postgres = Postgres::start();
    let url = postgres.url("postgres");
    (postgres, Home::new(Some(url)))
}

/// Runs a command whose output nobody needs.
fn run(home: &Home, command: &str) {
    home.run(&["run", "--", command]);
}

/// What `vmo search` shows: of each job, by its command, the lines as `number: text`.
fn shown(output: &Output) -> BTreeMap<String, Vec<String>> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut found = BTreeMap::new();
    for group in text.split("\n\n").filter(|group| !group.is_empty()) {
        let mut lines = group.lines().map(str::to_owned);
        let header = lines.next().unwrap();
        let command = header.split("  ").last().unwrap().to_owned();
        found.insert(command, lines.collect());
    }
    found
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_a_person_sees_is_found_whatever_the_bytes_are() {
    let (_postgres, home) = home();
    fs::write(
        home.work().join("colors"),
        "one\nconnec\x1b[31mtion\x1b[0m ref\x1b[1mused\x1b[0m by \x1b[Kdb-01\n",
    )
    .unwrap();
    fs::write(
        home.work().join("bar"),
        "10 % connection gone\r100 % connection refused\x1b[K\r\nconnection refused\rnothing is shown of it\n",
    )
    .unwrap();
    fs::write(
        home.work().join("bytes"),
        b"\xff\xfe connection refused \xc3\x28\n\0connection\0 refused\n",
    )
    .unwrap();
    run(&home, "cat colors");
    run(&home, "cat bar");
    run(&home, "cat bytes >&2");
    run(&home, "echo connection accepted");
    let output = home.run(&["search", "Connection REFUSED"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let found = shown(&output);
    let numbers = |command: &str| -> Vec<&str> {
        let lines = found[command].iter();
        lines.map(|line| line.split(':').next().unwrap()).collect()
    };
    assert_eq!(numbers("cat colors"), ["2"]);
    assert_eq!(found["cat colors"], ["2: connection refused by db-01"]);
    assert_eq!(numbers("cat bar"), ["1"]);
    assert_eq!(numbers("cat bytes >&2"), ["1", "2"]);
    assert_eq!(found.len(), 3, "{found:?}");
    // Newest first.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.find("cat bytes") < text.find("cat colors"), "{text}");
}

#[test]
fn all_is_found_over_blocks_and_steps_and_in_lines_that_are_cut() {
    let (postgres, home) = home();
    // More than one step; and a line that is longer than a block, whose hit is not in what is shown of it.
    let long =
        "seq -f 'line %.0f of it, and some more words, so that there are many blocks of it' 120000";
    run(&home, long);
    let cut = "head -c 200000 /dev/zero | tr '\\0' x; echo 7777 of a long one";
    run(&home, cut);
    for n in 0..20 {
        run(&home, &format!("echo job {n}; echo 777{n}"));
    }
    let rows = postgres.psql("postgres", "select count(*) from job_logs");
    assert!(rows.trim().parse::<u32>().unwrap() > 50, "{rows}");
    for (text, args, wanted) in [
        ("7777", &["--limit", "0"][..], "7777"),
        (r"\b7+7 of", &["--regex"], "^7+7$"),
    ] {
        let output = home.run(&[&["search", text], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
        let found = shown(&output);
        let regex = regex_automata::meta::Regex::new(wanted).unwrap();
        let hits = (1..=120_000).filter(|n: &u32| regex.is_match(&n.to_string()));
        let hits: Vec<String> = hits.map(|n| format!("{n}: line {n} of")).collect();
        let starts = |line: &String| line.split(" it,").next().unwrap().to_owned();
        let lines: Vec<String> = found[long].iter().map(starts).collect();
        assert_eq!(lines, hits, "{text}");
    }
    let found = shown(&home.run(&["search", "7777"]));
    assert!(
        found[cut][0].starts_with("1: xxx"),
        "a hit after what is shown"
    );
    assert_eq!(found["echo job 7; echo 7777"], ["2: 7777"]);
}

#[test]
fn a_running_job_is_searched_in_its_spool_also_without_postgres() {
    let (mut postgres, home) = home();
    run(&home, "echo needle of before");
    let command = "echo a needle; printf 'and a nee'; printf 'dle without an end'; touch there; \
                   while ! [ -e go ]; do sleep 0.05; done";
    let mut running = home.start(&["run", "--", command]);
    appears(&home.work().join("there"));
    eventually("all of it is spooled", || {
        let output = home.run(&["search", "needle"]);
        shown(&output)
            .get(command)
            .is_some_and(|lines| lines.len() == 2)
    });
    let output = home.run(&["search", "needle", "--status", "running"]);
    let found = shown(&output);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[command],
        ["1: a needle", "2: and a needle without an end"]
    );

    postgres.down(Signal::QUIT);
    let output = home.run(&["search", "needle"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(shown(&output).len(), 1, "{output:?}");
    let said = errors(&output);
    assert!(
        said.contains("Postgres") && said.contains("searched 1 job"),
        "{said}"
    );
    postgres.up();
    fs::write(home.work().join("go"), "").unwrap();
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn the_scope_and_the_options_narrow_what_is_found() {
    let (_postgres, home) = home();
    home.makefile("one two:\n\t@echo a Needle in $@\n\t@echo needles; exit $(CODE)\n");
    home.run(&["run", "one", "CODE=0"]);
    home.run(&["run", "two", "CODE=3"]);
    run(
        &home,
        "echo before; echo a needle; echo after; echo x; echo x; echo needle",
    );
    let count = |args: &[&str]| {
        let output = home.run(&[&["search"], args].concat());
        let found = shown(&output);
        (output.status.code(), found.len())
    };
    assert_eq!(count(&["needle"]), (Some(0), 3));
    assert_eq!(count(&["needle", "--case", "--word"]), (Some(0), 1));
    assert_eq!(count(&["needle", "-p", "."]), (Some(0), 2));
    assert_eq!(
        count(&["needle", "-p", "work", "--target", "two"]),
        (Some(0), 1)
    );
    assert_eq!(count(&["needle", "--status", "error"]), (Some(0), 1));
    assert_eq!(count(&["needle", "--since", "1h"]), (Some(0), 3));
    assert_eq!(count(&["needle", "--until", "1h"]), (Some(1), 0));
    assert_eq!(count(&["needle", "-p", "of-nobody"]), (Some(1), 0));
    assert_eq!(count(&["a.*in (one|two)", "--regex"]), (Some(0), 2));
    assert_eq!(count(&["nowhere"]), (Some(1), 0));

    let context = home.run(&["search", "needle", "--context", "1", "--target", "two"]);
    assert_eq!(context.status.code(), Some(0));
    let context = home.text(&["search", "a needle", "--context", "1", "--since", "1h"]);
    let lines: Vec<&str> = context.lines().skip(1).take(3).collect();
    assert_eq!(lines, ["1- before", "2: a needle", "3- after"]);
    let parted = home.text(&["search", "needle", "--word", "--case", "--context", "1"]);
    assert!(
        parted.contains("3- after\n--\n5- x\n6: needle\n"),
        "{parted}"
    );

    let limited = home.run(&["search", "needle", "--limit", "1"]);
    assert_eq!(shown(&limited).values().map(Vec::len).sum::<usize>(), 1);
    assert!(errors(&limited).contains("first 1 line"), "{limited:?}");
}

#[test]
fn what_cannot_be_looked_for_is_named() {
    let (_postgres, home) = home();
    let long = "x".repeat(64 * 1024);
    for (args, words) in [
        (&[""][..], "nothing to look for"),
        (&[&*long], "at most 1000 bytes"),
        (&["a\nb"], "a line break"),
        (&["a(b", "--regex"], "unclosed group, at character 2"),
        (&[r"(\w{900}){900}", "--regex"], "too large"),
        (&["x", "--since", "soon"], "'soon' is no time"),
        (&["x", "-p", "no/such"], "no/such"),
        (&["x", "--on", "@nobody"], "nobody"),
    ] {
        let output = home.run(&[&["search"], args].concat());
        let said = errors(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{said}");
    }
}

#[test]
fn json_is_a_value_a_line_and_says_how_it_ended() {
    let (_postgres, home) = home();
    run(&home, "printf 'x\\033[31mée\\033[0m needle needle\\n'");
    let text = home.text(&["search", "needle", "--json"]);
    let values: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [found, end] = &values[..] else {
        panic!("{text}")
    };
    assert_eq!(found["job"]["status"], "done");
    assert_eq!(found["lines"][0]["text"], "xée needle needle");
    assert_eq!(
        found["lines"][0]["hits"],
        serde_json::json!([[4, 10], [11, 17]])
    );
    assert_eq!(
        (&end["type"], &end["progress"]["hits"]),
        (&"end".into(), &1.into())
    );
    assert_eq!(end["progress"]["end"]["full"], false);
}

/// Starts a search of a log that does not fit into a pipe, and reads until something was found.
fn begun(home: &Home) -> crate::home::Running {
    let mut command = home.vmo(&["search", "line", "--limit", "0"]);
    command.stderr(Stdio::piped());
    let mut search = Home::start_command(command);
    search.line();
    assert!(search.line().starts_with("1: line 1"));
    search
}

/// How a search ended whose output is read on now, and what it said.
fn ended(mut search: crate::home::Running) -> (Option<i32>, String) {
    for line in search.lines.by_ref() {
        line.unwrap();
    }
    let mut said = String::new();
    let mut stderr = search.child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    (search.child.wait().unwrap().code(), said)
}

const LONG: &str = "seq -f 'line %.0f, and a hundred more characters of it so that a pipe does not hold it all' 50000";

#[test]
fn a_job_that_is_removed_while_it_is_searched_is_said() {
    let (postgres, home) = home();
    run(&home, LONG);
    let search = begun(&home);
    postgres.psql("postgres", "delete from jobs");
    let (code, said) = ended(search);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("1 job went from the history"), "{said}");
}

#[test]
fn a_server_that_is_killed_while_it_is_searched_is_said() {
    let (mut postgres, home) = home();
    run(&home, LONG);
    let search = begun(&home);
    postgres.down(Signal::QUIT);
    let (code, said) = ended(search);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("Postgres") && said.contains("searched "),
        "{said}"
    );
    postgres.up();
}

#[test]
fn a_log_with_a_hole_keeps_its_numbers_and_says_so() {
    let (postgres, home) = home();
    run(&home, LONG);
    // The block with the middle of it, whatever its size.
    let gone = "delete from job_logs where seq = (select max(seq) from job_logs where first_line <= 25000)";
    postgres.psql("postgres", gone);
    let output = home.run(&["search", "line 4444", "--limit", "0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        errors(&output).contains("of 1 job a part of the log"),
        "{output:?}"
    );
    let found = shown(&output).remove(LONG).unwrap();
    assert_eq!(found.len(), 11, "{found:?}");
    for line in found {
        let (number, text) = line.split_once(": line ").unwrap();
        assert_eq!(text.split(',').next(), Some(number));
    }
}

fn wanted(text: &str, per_job: u32, limit: u32) -> Box<Wanted> {
    Box::new(Wanted {
        query: Query {
            text: text.into(),
            ..Query::default()
        },
        scope: JobQuery::default(),
        context: 0,
        per_job,
        limit,
    })
}

/// What a page is sent of a search until its end: of each job its lines' numbers and its count.
async fn sent(page: &mut Page, number: u32) -> (BTreeMap<JobId, (Vec<u64>, u64)>, Progress) {
    let mut jobs: BTreeMap<JobId, (Vec<u64>, u64)> = BTreeMap::new();
    let progress = page
        .until(|event| match event {
            Event::SearchFound {
                search,
                job,
                lines,
                count,
                ..
            } => {
                assert_eq!(*search, number, "an ended search reports no more");
                let known = jobs.entry(job.id).or_default();
                known.0.extend(lines.iter().map(|line| line.number));
                known.1 = *count;
                None
            }
            Event::SearchCame { search, progress } if progress.end.is_some() => {
                assert_eq!(*search, number);
                Some(progress.clone())
            }
            _ => None,
        })
        .await;
    (jobs, progress)
}

#[tokio::test]
async fn a_page_has_one_search_at_a_time_with_a_few_lines_of_each_job() {
    let (postgres, home) = home();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let mut jobs: Vec<Job> = Vec::new();
    for lines in [7, 2] {
        let job = page.start(&format!("seq -f 'a word %.0f' {lines}")).await;
        jobs.push(page.over(job.id).await);
    }
    eventually("all is archived", || app.home.job_folders().is_empty());

    // The first one waits for a lock, and ends by the second.
    let lock = postgres.locks("lock table job_logs in access exclusive mode");
    let first = SearchRequest::SearchLogs {
        search: 1,
        wanted: wanted("word", 0, 0),
    };
    assert!(matches!(page.ask(first).await, Ok(Reply::Ok)));
    eventually("the search reads", || {
        let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
        postgres.psql("postgres", waits).trim() != "0"
    });
    let second = SearchRequest::SearchLogs {
        search: 2,
        wanted: wanted("WORD", 3, 0),
    };
    assert!(matches!(page.ask(second).await, Ok(Reply::Ok)));
    drop(lock);
    let (found, progress) = sent(&mut page, 2).await;
    assert_eq!(found[&jobs[0].id], (vec![1, 2, 3], 7));
    assert_eq!(found[&jobs[1].id], (vec![1, 2], 2));
    assert_eq!((progress.hits, progress.found_in, progress.jobs), (9, 2, 2));
    let bytes = jobs.iter().map(|job| job.bytes).sum();
    assert_eq!((progress.of, progress.bytes), (Some((2, bytes)), bytes));
    assert_eq!(progress.end, Some(Default::default()));

    let full = SearchRequest::SearchLogs {
        search: 3,
        wanted: wanted("word", 0, 4),
    };
    page.ask(full).await.unwrap();
    let (found, progress) = sent(&mut page, 3).await;
    assert_eq!(
        found.values().map(|(lines, _)| lines.len()).sum::<usize>(),
        4
    );
    assert!(progress.end.unwrap().full);

    let bad = SearchRequest::SearchLogs {
        search: 4,
        wanted: wanted("a\0b", 0, 0),
    };
    assert_eq!(page.ask(bad).await.unwrap_err(), FailureCode::Refused);
    assert!(matches!(
        page.ask(SearchRequest::EndSearch { search: 9 }).await,
        Ok(Reply::Ok)
    ));
}

#[tokio::test]
async fn a_search_that_is_ended_reports_no_more() {
    let (postgres, home) = home();
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let job = page.start("echo a word").await;
    page.over(job.id).await;
    eventually("all is archived", || app.home.job_folders().is_empty());
    let lock = postgres.locks("lock table job_logs in access exclusive mode");
    for search in 1..=20 {
        // More than may read at once: one that is ended makes room.
        let begin = SearchRequest::SearchLogs {
            search,
            wanted: wanted("word", 0, 0),
        };
        page.ask(begin).await.unwrap();
        page.ask(SearchRequest::EndSearch { search }).await.unwrap();
    }
    drop(lock);
    let begin = SearchRequest::SearchLogs {
        search: 21,
        wanted: wanted("word", 0, 0),
    };
    page.ask(begin).await.unwrap();
    let (found, _) = sent(&mut page, 21).await;
    assert_eq!(found.len(), 1);
}
