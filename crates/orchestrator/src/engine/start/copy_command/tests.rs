use std::{path::Path, process::Command};

use proptest::prelude::*;

use super::{as_shown, line, placeholder};
use crate::{
    engine::start::draft::{self, Draft},
    job::MakeOptions,
    launch::{CopiedAs, SHELL},
    make::{self, Assignment, Run},
    visible::visible_log,
};

const OURS: &str = include_str!("../../../../../../src/lib/job.ts");

fn target(targets: &[&str], variables: &[Assignment], options: &MakeOptions, pty: bool) -> Draft {
    let targets: Vec<String> = targets.iter().copied().map(str::to_owned).collect();
    let run = Run {
        dir: Path::new("/tmp"),
        targets: &targets,
        variables,
        options,
        direnv: None,
    };
    draft::of_make(&run, &make::argv(&run).unwrap(), "shop", pty)
}

fn secret(name: &str, value: &str) -> Assignment {
    Assignment {
        secret: true,
        ..Assignment::plain(name, value)
    }
}

/// A host that the user's SSH config names.
fn by_name(host: &str) -> (Vec<String>, String) {
    (Vec::new(), host.to_owned())
}

fn copied(draft: &Draft, by: CopiedAs) -> String {
    line(std::slice::from_ref(draft), by, &by_name).unwrap()
}

/// What the programs of a line get, word by word, from a real shell; none if the shell refuses the line.
fn words(shell: &str, line: &str, environment: &[(&str, &str)]) -> Option<Vec<String>> {
    let print = r#"{ printf '%s\0' "$@"; }"#;
    let script = format!(
        "make() {print}; ssh() {print}; vmo() {print}; {}",
        line.replace("/bin/sh -c", "vmo -c")
    );
    let mut command = Command::new(shell);
    command.args(["-c", &script]).env_clear();
    command.env("PATH", "/usr/bin:/bin");
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.split_terminator('\0').map(str::to_owned).collect();
    output.status.success().then_some(words)
}

fn shells() -> Vec<&'static str> {
    let all = ["sh", "bash", "dash", "zsh", "ksh"];
    let is_here = |shell: &&str| Command::new(shell).args(["-c", ":"]).output().is_ok();
    all.into_iter().filter(is_here).collect()
}

#[test]
fn a_line_is_what_a_person_would_type() {
    let options = MakeOptions {
        jobs: Some(4),
        keep_going: true,
        raw: vec!["B".to_owned()],
        timeout: Some(90_000),
        ..MakeOptions::default()
    };
    let variables = [
        Assignment::plain("ENV", "it's $HOME"),
        secret("TOKEN", "hunter2"),
    ];
    let plain = target(&["deploy"], &[], &MakeOptions::default(), false);
    let full = target(&["deploy", "check"], &variables, &options, true);
    let odd = target(&["-x"], &[], &MakeOptions::default(), false);
    for (draft, by, expected) in [
        (&plain, CopiedAs::Plain, "cd /tmp && make deploy"),
        (&plain, CopiedAs::Vmo, "vmo run --project=shop deploy"),
        (
            &full,
            CopiedAs::Plain,
            r#"cd /tmp && VMO_SECRET_TOKEN="${TOKEN:?}" make -j4 -k deploy check ENV="it's "'$$HOME' TOKEN='$(value VMO_SECRET_TOKEN)'"#,
        ),
        (
            &full,
            CopiedAs::Vmo,
            r#"vmo run --project=shop --jobs=4 --keep-going --pty --raw=B --timeout=90000ms deploy check ENV="it's "'$HOME' TOKEN="${TOKEN:?}""#,
        ),
        (&odd, CopiedAs::Plain, "cd /tmp && make -- -x"),
        (&odd, CopiedAs::Vmo, "cd /tmp && vmo make -- -x"),
        (
            &draft::of_host("web-1", "df -h | tail -1", false, None),
            CopiedAs::Plain,
            "ssh web-1 'df -h | tail -1'",
        ),
        (
            &draft::of_host("web-1", "-x", true, None),
            CopiedAs::Plain,
            "ssh -t -- web-1 -x",
        ),
        (
            &draft::of_host("web-1", SHELL, true, None),
            CopiedAs::Plain,
            "ssh web-1",
        ),
        (
            &draft::of_host("me@web-1", "htop", true, None),
            CopiedAs::Vmo,
            "vmo run --on=me@web-1 --pty -- htop",
        ),
    ] {
        assert_eq!(copied(draft, by), expected);
    }
}

#[test]
fn several_hosts_are_one_line_of_vmo_and_one_of_ssh_each() {
    let on = |host: &str| draft::of_host(host, "uptime", false, None);
    let three = [on("web-1"), on("web-2"), on("db")];
    let config: super::Way<'_> = &|host| {
        let options = ["-F", "/tmp/my config"].map(str::to_owned).into();
        (options, format!("me@{host}"))
    };
    assert_eq!(
        line(&three, CopiedAs::Vmo, config).unwrap(),
        "vmo run --on='web-[1-2],db' -- uptime"
    );
    assert_eq!(
        line(&three[1..], CopiedAs::Plain, config).unwrap(),
        "ssh -F '/tmp/my config' me@web-2 uptime\nssh -F '/tmp/my config' me@db uptime"
    );
}

#[test]
fn a_line_with_a_secret_runs_only_with_the_secret() {
    let value = "a b'\"$(id)`id`\\";
    let draft = target(
        &["t"],
        &[secret("TOKEN", value)],
        &MakeOptions::default(),
        false,
    );
    for shell in shells() {
        for (by, expected) in [
            (
                CopiedAs::Plain,
                "TOKEN=$(value VMO_SECRET_TOKEN)".to_owned(),
            ),
            (CopiedAs::Vmo, format!("TOKEN={value}")),
        ] {
            let line = copied(&draft, by);
            assert!(!line.contains(value), "{line}");
            assert_eq!(words(shell, &line, &[]), None, "{shell}: {line}");
            let got = words(shell, &line, &[("TOKEN", value)]).unwrap();
            assert_eq!(got.last(), Some(&expected), "{shell}: {line}");
        }
    }
}

/// A row that others can write to gives no word to the line that it does not show.
#[test]
fn what_a_row_has_beside_the_line_it_shows_is_in_no_line() {
    let variables = [secret("TOKEN", "kept")];
    let mut draft = target(&["t"], &variables, &MakeOptions::default(), false);
    draft
        .here_mut()
        .unwrap()
        .argv
        .push("--eval=$(shell touch PWN)".into());
    draft.variables.push(("X; touch PWN; Y".into(), None));
    draft.variables.push(("B".into(), Some("touch PWN".into())));
    let draft = as_shown(draft).ok().unwrap();
    for (by, expected) in [
        (
            CopiedAs::Plain,
            r#"cd /tmp && VMO_SECRET_TOKEN="${TOKEN:?}" make t TOKEN='$(value VMO_SECRET_TOKEN)'"#,
        ),
        (CopiedAs::Vmo, r#"cd /tmp && vmo make t TOKEN="${TOKEN:?}""#),
    ] {
        assert_eq!(copied(&draft, by), expected);
    }
    let mut other = target(&["t"], &[], &MakeOptions::default(), false);
    other.command = "rm -rf /".into();
    assert_eq!(as_shown(other).err().as_deref(), Some("rm -rf /"));
}

/// Real make gets the secret that the shell has, and shows nothing of it in its arguments.
#[test]
fn make_gets_the_secret_of_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("Makefile"),
        "t:\n\t@printf %s \"$$TOKEN\"\nexport TOKEN\n",
    )
    .unwrap();
    let targets = ["t".to_owned()];
    let variables = [secret("TOKEN", "kept by nobody")];
    let run = Run {
        dir: folder.path(),
        targets: &targets,
        variables: &variables,
        options: &MakeOptions::default(),
        direnv: None,
    };
    let draft = draft::of_make(&run, &make::argv(&run).unwrap(), "shop", false);
    let line = copied(&draft, CopiedAs::Plain);
    let value = "a$b #c";
    let output = Command::new("sh")
        .args(["-c", &line])
        .env("TOKEN", value)
        // A make that runs the tests leaves them, and ours would then say where it is.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), value, "{error}");
}

#[test]
fn a_secret_has_a_name_that_a_shell_takes() {
    assert_eq!(placeholder("TOKEN"), "\"${TOKEN:?}\"");
    assert_eq!(placeholder("my-token"), "\"${my_token:?}\"");
    assert_eq!(placeholder("1A"), "\"${_1A:?}\"");
}

#[test]
fn the_page_knows_the_same_shell() {
    assert!(OURS.contains(&format!("SHELL = '{SHELL}'")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever a command holds, each shell hands it on as it is.
    #[test]
    fn a_command_is_the_same_command_in_every_shell(
        command in "[ -~\n\tä→\r\x1b\x07\x7f\u{9b}\u{202e}\u{200b}\u{e0061}]{1,40}"
    ) {
        prop_assume!(!command.trim().is_empty());
        let on_host = draft::of_host("web-1", &command, false, None);
        let program = make::shell(&command, Path::new("/tmp")).unwrap();
        let here = draft::of_shell(&program, command.clone(), false);
        for shell in shells() {
            for (draft, by) in [
                (&on_host, CopiedAs::Plain),
                (&on_host, CopiedAs::Vmo),
                (&here, CopiedAs::Plain),
                (&here, CopiedAs::Vmo),
            ] {
                let line = copied(draft, by);
                for part in line.split('\n') {
                    prop_assert_eq!(visible_log(part), part, "{}", &line);
                }
                let got = words(shell, &line, &[]).unwrap();
                prop_assert_eq!(got.last(), Some(&command), "{}: {}", shell, line);
            }
        }
    }

    /// Whatever a value holds, make and vmo get the words that the job had.
    #[test]
    fn make_gets_the_words_of_the_job(value in "[ -~ä\n]{0,30}", goal in "[a-zA-Z0-9_./~+@-]{1,12}") {
        // make takes a lone dash for its standard input, and so a launch refuses it.
        prop_assume!(goal != "-");
        let variables = [Assignment::plain("A", &value)];
        let draft = target(&[&goal], &variables, &MakeOptions::default(), false);
        let argv = draft.here().unwrap().argv.clone();
        for shell in shells() {
            let got = words(shell, &copied(&draft, CopiedAs::Plain), &[]).unwrap();
            let without = |words: &[String]| words.iter().filter(|word| *word != "--").cloned().collect::<Vec<_>>();
            prop_assert_eq!(without(&got), without(&argv[1..]));
            if !goal.starts_with('-') {
                let got = words(shell, &copied(&draft, CopiedAs::Vmo), &[]).unwrap();
                let expected = ["run".to_owned(), "--project=shop".to_owned(), goal.clone(), format!("A={value}")];
                prop_assert_eq!(got, expected);
            }
        }
    }
}
