//! The demo project: its makefile offers what the app wants to show, and its targets do what they say.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use orchestrator::{
    job::MakeOptions,
    make::{self, Assignment, How, Run},
    project::{Need, Scan},
};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/vm")
}

/// Runs a target as a job would, with something to read.
fn run(target: &str, variables: &[Assignment], input: &str) -> Output {
    let dir = demo().canonicalize().expect("the demo is there");
    let targets = [target.to_owned()];
    let command = make::argv(&Run {
        dir: &dir,
        targets: &targets,
        variables,
        options: &MakeOptions::default(),
        direnv: None,
    })
    .expect("an ordinary target");
    let mut child = Command::new(&command.program)
        .args(&command.args)
        .current_dir(&command.cwd)
        .env_clear()
        .envs(make::environment(env::vars_os(), None))
        .envs(command.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("make is there");
    // Whoever does not read has ended by now, and that is no failure.
    drop(
        child
            .stdin
            .take()
            .map(|mut stdin| stdin.write_all(input.as_bytes())),
    );
    child.wait_with_output().expect("it ends")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("the demo writes text")
}

fn listed(scan: &Scan) -> Vec<&str> {
    let targets = scan.targets.iter().filter(|target| target.listed);
    targets.map(|target| target.name.as_str()).collect()
}

#[test]
fn it_offers_what_the_app_wants_to_show() {
    let scan = make::scan(&demo());
    assert_eq!(scan.problems, []);
    assert_eq!(scan.default_goal.as_deref(), Some("status"));
    assert_eq!(
        listed(&scan),
        [
            "status", "create", "logs", "destroy", "hello", "fail", "ask", "colors", "flood"
        ]
    );
    assert!(scan.targets.iter().all(|target| target.doc.is_some()));
    let find = |name: &str| scan.targets.iter().find(|target| target.name == name);
    let create = find("create").expect("listed above");
    assert_eq!(create.group.as_deref(), Some("Machines"));
    for name in ["NAME", "SIZE"] {
        assert!(create.uses.iter().any(|used| used == name), "{name}");
    }
    assert!(find("ask").is_some_and(|target| target.pty));
    let dangerous = scan.targets.iter().filter(|target| target.danger.is_some());
    assert_eq!(
        dangerous
            .map(|target| target.name.as_str())
            .collect::<Vec<_>>(),
        ["destroy"]
    );
    let size = scan
        .variables
        .iter()
        .find(|variable| variable.name == "SIZE");
    let size = size.expect("SIZE is a variable");
    assert_eq!(size.default.as_deref(), Some("small"));
    assert!(size.optional && size.need == Need::Met);
    assert_eq!(size.choices, ["small", "medium", "large"]);
    let mut needs = scan.variables.iter().map(|variable| variable.need);
    assert!(needs.all(|need| need == Need::Met));
    assert!(scan.targets.iter().all(|target| target.guards.is_empty()));
}

#[test]
fn its_targets_do_what_they_say() {
    assert!(stdout(&run("hello", &[], "")).contains("Hello from make."));
    assert!(stdout(&run("status", &[], "")).contains("5 machines"));
    assert!(stdout(&run("colors", &[], "")).contains("\x1b[48;2;"));
    let logs = run("logs", &[Assignment::plain("LINES", "7")], "");
    assert_eq!(stdout(&logs).matches('\n').count(), 6);
    assert!(String::from_utf8_lossy(&logs.stderr).contains("slow query"));
    let flood = run("flood", &[Assignment::plain("COUNT", "12345")], "");
    assert!(stdout(&flood).contains("line 12345 of a flood"));
    assert!(stdout(&run("ask", &[], "forty-two\n")).contains("You entered: forty-two"));
    assert_eq!(run("ask", &[], "").status.code(), Some(2));
}

#[test]
fn its_failure_is_reported_by_makes_own_line() {
    let output = run("fail", &[], "");
    assert_eq!(output.status.code(), Some(2));
    let failure = make::failure(&output.stderr).expect("make tells");
    let target = "fail".to_owned();
    assert_eq!(failure.how, How::Code { target, code: 7 });
    let place = failure.place.expect("make 4 tells the place");
    assert_eq!(place.file, "Makefile");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error: web-2"));
}

#[test]
fn a_value_never_becomes_shell_code() {
    let odd = [Assignment::plain(
        "NAME",
        "'; touch evil; echo \"$(touch evil)`touch evil`",
    )];
    assert!(stdout(&run("destroy", &odd, "")).contains("$(touch evil)`touch evil`"));
    assert!(!demo().join("evil").exists());
}
