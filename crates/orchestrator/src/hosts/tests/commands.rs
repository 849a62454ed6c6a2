use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    super::{SourceCache, Sources, refresh},
    Home, lines,
};

#[test]
fn a_command_names_hosts_once_it_is_allowed() {
    let home = Home::new();
    let good = r#"echo '{"g": {"hosts": ["c1"]}}'; echo hunter2 >&2; touch ran"#;
    Sources::add_command(home.0.path(), good).unwrap();
    let read = |allows: bool| SourceCache::default().read(&home.place(&[]), &|_| allows);
    refresh(&home.place(&[]), |_| false).unwrap();
    assert!(!home.path("ran").exists());
    assert!(read(false).problems[0].contains("is not allowed to run here"));
    assert!(read(true).problems[0].contains("has not run yet"));
    refresh(&home.place(&[]), |text| text == good).unwrap();
    assert!(home.path("ran").exists());
    let all = read(true);
    assert_eq!(
        (lines(&all), all.problems.len()),
        (vec!["c1 - #g".to_owned()], 0)
    );
}

#[test]
fn the_last_good_answer_of_a_command_stays() {
    let home = Home::new();
    let command = "cat answer; exit $(cat code)";
    Sources::add_command(home.0.path(), command).unwrap();
    let run = |answer: &str, code: &str| {
        home.write("answer", answer);
        home.write("code", code);
        refresh(&home.place(&[]), |_| true).unwrap();
        SourceCache::default().read(&home.place(&[]), &|_| true)
    };
    assert_eq!(run(r#"{"g": {"hosts": ["c1"]}}"#, "0").machines.len(), 1);
    for (answer, code, why) in [
        (r#"{"g": {"hosts": []}}"#, "3", "ended with exit code 3"),
        ("hunter2", "0", "cannot be read as JSON (line 1"),
        ("[\"hunter2\"]", "0", "is not an inventory"),
    ] {
        let read = run(answer, code);
        assert_eq!(read.machines.len(), 1);
        assert!(read.problems[0].contains(why), "{:?}", read.problems);
        assert!(
            read.problems[0].contains("; its answer of "),
            "{:?}",
            read.problems
        );
        assert!(!read.problems[0].replace(command, "").contains("hunter2"));
    }
    assert_eq!(run("{}", "0").problems, Vec::<String>::new());
}

#[test]
fn a_command_that_hangs_or_floods_is_ended() {
    let home = Home::new();
    Sources::add_command(home.0.path(), "echo $$ > pid; sleep 600 & wait").unwrap();
    Sources::add_command(home.0.path(), "yes hunter2").unwrap();
    let begun = Instant::now();
    refresh(&home.place(&[]), |_| true).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(60));
    let read = SourceCache::default().read(&home.place(&[]), &|_| true);
    assert_eq!(read.machines, []);
    for problem in &read.problems {
        assert!(
            problem.contains("took more than 10 s or printed more than 32 MiB"),
            "{problem}"
        );
    }
    let pid = fs::read_to_string(home.path("pid")).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists());
}
