use std::{collections::HashMap, env, fs, process};

use super::*;
use crate::make::environment;

static USUAL: MakeOptions = MakeOptions {
    jobs: None,
    keep_going: false,
    always_make: false,
    dry_run: false,
    raw: Vec::new(),
    reserved: false,
    timeout: None,
};

fn run<'a>(dir: &'a Path, targets: &'a [String], variables: &'a [Assignment]) -> Run<'a> {
    Run {
        dir,
        targets,
        variables,
        options: &USUAL,
        direnv: None,
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

fn folder(makefile: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    folder
}

/// What the command writes, run as a job would run it.
fn output(command: &Command) -> String {
    let environment: HashMap<_, _> = environment(env::vars_os(), None).into_iter().collect();
    let output = process::Command::new(&command.program)
        .args(&command.args)
        .current_dir(&command.cwd)
        .env_clear()
        .envs(environment)
        .envs(command.env.iter().cloned())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.strip_suffix('\n').unwrap_or(&stdout).to_owned()
}

#[test]
fn odd_names_run_exactly_that_target() {
    let names = [
        ("a b", r"a\ b"),
        ("a:b", r"a\:b"),
        ("a#b", r"a\#b"),
        ("a%b", r"a\%b"),
        ("a$b", "a$$b"),
        ("-x", "-x"),
        ("--version", "--version"),
        ("-f", "-f"),
        ("日本-ü", "日本-ü"),
        ("a;b", r"a\;b"),
        ("$(touch evil)", "$$(touch\\ evil)"),
        ("`id`", "`id`"),
        ("'q\"", "'q\""),
        ("a&&b", "a&&b"),
        ("x*y", "x*y"),
        ("--", "--"),
        ("a\\b", "a\\b"),
    ];
    let mut makefile = "default: ; @echo default\n".to_owned();
    for (index, (_, written)) in names.iter().enumerate() {
        makefile.push_str(&format!("{written} : ; @echo ran {index}\n"));
    }
    let folder = folder(&makefile);
    let listed = crate::make::scan(folder.path());
    for (index, (name, _)) in names.iter().enumerate() {
        let targets = strings(&[name]);
        let command = argv(&run(folder.path(), &targets, &[])).unwrap();
        assert_eq!(output(&command), format!("ran {index}"), "{name}");
        let found = listed.targets.iter().any(|target| target.name == *name);
        assert!(found, "the scan lists {name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_make_would_take_for_something_else_is_refused() {
    let dir = Path::new("/srv/app");
    let refused = |target: &str| argv(&run(dir, &strings(&[target]), &[])).unwrap_err();
    assert_eq!(
        refused("SHELL=./evil"),
        Refusal::Equals("SHELL=./evil".into())
    );
    assert_eq!(refused("a:=b"), Refusal::Equals("a:=b".into()));
    assert_eq!(refused("-"), Refusal::LoneDash);
    assert_eq!(refused(""), Refusal::Empty);
    assert_eq!(refused("a\0b"), Refusal::Nul("a\0b".into()));
    assert_eq!(refused("a\nb"), Refusal::LineBreak("a\nb".into()));
    assert_eq!(
        refused("x=1").to_string(),
        "run the target 'x=1': a name with '=' would set a variable, it cannot be a target"
    );
}

#[test]
fn variables_are_named_by_the_rule() {
    let dir = Path::new("/srv/app");
    let refused = |name: &str, value: &str| {
        argv(&run(dir, &[], &[Assignment::plain(name, value)])).unwrap_err()
    };
    for name in ["", "1A", "A-B", "A B", "A:", "-n", "É", ".SHELL"] {
        assert_eq!(refused(name, ""), Refusal::Name(name.into()));
    }
    for name in ["SHELL", ".SHELLFLAGS", "MAKEFLAGS", "MAKEFILES"] {
        assert_eq!(refused(name, "x"), Refusal::Reserved(name.into()));
    }
    assert_eq!(refused("A", "\0"), Refusal::ValueNul("A".into()));
    let confirmed = MakeOptions {
        reserved: true,
        ..USUAL.clone()
    };
    for (name, value) in [("SHELL", "/bin/bash"), (".SHELLFLAGS", "-ec")] {
        let variables = [Assignment::plain(name, value)];
        let command = argv(&Run {
            variables: &variables,
            options: &confirmed,
            ..run(dir, &[], &[])
        })
        .unwrap();
        assert_eq!(command.args.last().unwrap(), &format!("{name}={value}"));
    }
}

#[test]
fn options_go_before_the_targets_and_are_in_the_line() {
    let dir = Path::new("/srv/app");
    let line = |options: MakeOptions, target: &str| {
        let targets = strings(&[target]);
        let command = argv(&Run {
            options: &options,
            ..run(dir, &targets, &[])
        })
        .unwrap();
        (command.args.join(" "), command.shown)
    };
    let all = MakeOptions {
        jobs: Some(4),
        keep_going: true,
        always_make: true,
        dry_run: true,
        ..USUAL.clone()
    };
    let expected = (
        "-j4 -k -B -n -- all".into(),
        "make -j4 -k -B -n all".to_owned(),
    );
    assert_eq!(line(all, "all"), expected);
    let unlimited = MakeOptions {
        jobs: Some(0),
        ..USUAL.clone()
    };
    // Without the dashes a person's make would take the 2 as the number of recipes.
    let expected = ("-j -- 2".into(), "make -j -- 2".to_owned());
    assert_eq!(line(unlimited, "2"), expected);
    assert_eq!(line(USUAL.clone(), "2").1, "make 2");
}

#[test]
fn options_do_what_they_say() {
    let folder = folder(
        "all: bad good\nbad: ; @false\ngood: ; @echo good; touch good\nslow: a b\n\
         a: ; @for n in $$(seq 999); do [ -e up ] && exec rm up; sleep 0.01; done; exit 1\n\
         b: ; @touch up\n",
    );
    let run = |target: &str, options: MakeOptions| {
        let targets = strings(&[target]);
        let command = argv(&Run {
            options: &options,
            ..run(folder.path(), &targets, &[])
        })
        .unwrap();
        let mut make = process::Command::new(&command.program);
        let environment: Vec<_> = environment(env::vars_os(), None);
        let output = make
            .args(&command.args)
            .current_dir(&command.cwd)
            .env_clear()
            .envs(environment)
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), stdout)
    };
    let with = |change: fn(&mut MakeOptions)| {
        let mut options = USUAL.clone();
        change(&mut options);
        options
    };
    let stdout = run("good", with(|options| options.dry_run = true)).1;
    assert!(stdout.contains("echo good; touch good"), "{stdout}");
    assert!(!folder.path().join("good").exists());
    assert!(!run("all", USUAL.clone()).1.contains("good\n"));
    let stdout = run("all", with(|options| options.keep_going = true)).1;
    assert!(stdout.contains("good\n"), "{stdout}");
    assert!(run("good", USUAL.clone()).1.contains("up to date"));
    let stdout = run("good", with(|options| options.always_make = true)).1;
    assert!(stdout.contains("good\n"), "{stdout}");
    // The first waits for the second: one after the other, this fails.
    assert!(run("slow", with(|options| options.jobs = Some(2))).0);
    assert!(run("slow", with(|options| options.jobs = Some(0))).0);
}

#[test]
fn raw_text_is_makes_own() {
    let folder = folder("NAME = web\nshow: ; @echo '[$(A)]'\n");
    let shown = |secret| {
        let targets = strings(&["show"]);
        let variables = [Assignment {
            raw: true,
            secret,
            ..Assignment::plain("A", "$(NAME)-1$$")
        }];
        let command = argv(&run(folder.path(), &targets, &variables)).unwrap();
        assert_eq!(secret, command.shown.ends_with("A=…"));
        output(&command)
    };
    assert_eq!(shown(false), "[web-1$]");
    assert_eq!(shown(true), "[web-1$]");
}

#[test]
fn values_arrive_as_they_are_also_in_a_make_that_make_calls() {
    let makefile = "\
show: ; @printf '[%s]\\n' \"$$A\"\n\
sub: ; @$(MAKE) --no-print-directory show\n\
expanded: ; @printf '[%s]\\n' '$(A)'\n";
    let folder = folder(makefile);
    let values = [
        "plain",
        "two words",
        " leading",
        "\ttab",
        "trailing \\",
        "$HOME",
        "$(shell touch evil)",
        "$$",
        "a#b",
        "\\#",
        "=x",
        "`touch evil`",
        "it's",
        "\"",
        "ü",
        "line\nline",
        "",
    ];
    for value in values {
        for secret in [false, true] {
            let variables = [Assignment {
                secret,
                ..Assignment::plain("A", value)
            }];
            for target in ["show", "sub"] {
                let targets = strings(&[target]);
                let command = argv(&run(folder.path(), &targets, &variables)).unwrap();
                assert_eq!(
                    output(&command),
                    format!("[{value}]"),
                    "{target} secret: {secret}"
                );
                assert!(!secret || value.len() < 5 || !format!("{command:?}").contains(value));
            }
        }
    }
    let raw = [Assignment {
        raw: true,
        ..Assignment::plain("A", "$(word 2,a b)")
    }];
    let targets = strings(&["expanded"]);
    assert_eq!(
        output(&argv(&run(folder.path(), &targets, &raw)).unwrap()),
        "[b]"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_value_goes_before_the_makefiles_own_and_pwd_is_the_folder() {
    let folder = folder("ENV := dev\nall: ; @echo $(ENV) $(PWD)\n");
    let variables = [Assignment::plain("ENV", "staging")];
    let command = argv(&run(folder.path(), &[], &variables)).unwrap();
    assert_eq!(
        output(&command),
        format!("staging {}", folder.path().display())
    );
}

#[test]
fn shown_is_what_a_person_would_type() {
    let shown = |targets: &[&str], variables: &[Assignment]| {
        argv(&run(Path::new("/srv/app"), &strings(targets), variables))
            .unwrap()
            .shown
    };
    assert_eq!(
        shown(&["deploy"], &[Assignment::plain("ENV", "staging")]),
        "make deploy ENV=staging"
    );
    assert_eq!(shown(&[], &[]), "make");
    assert_eq!(
        shown(&["-x", "a b"], &[Assignment::plain("A", "x y$z")]),
        "make -- -x 'a b' A='x y$$z'"
    );
    let secret = Assignment {
        secret: true,
        ..Assignment::plain("TOKEN", "hunter2")
    };
    assert_eq!(shown(&["login"], &[secret]), "make login TOKEN=…");
}

#[test]
fn direnv_goes_first_where_mkcli_would_put_it() {
    let folder = folder("all:\n");
    let tools = tempfile::tempdir().unwrap();
    let program = tools.path().join("direnv");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    let environment = |value: &str| {
        vec![
            (
                "PATH".into(),
                format!("/nowhere:{}", tools.path().display()).into(),
            ),
            ("MKCLI_DIRENV".into(), value.into()),
        ]
    };
    assert_eq!(direnv(folder.path(), &environment("")), None, "no .envrc");
    fs::write(folder.path().join(".envrc"), "").unwrap();
    assert_eq!(
        direnv(folder.path(), &environment("")),
        None,
        "not executable"
    );
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        direnv(folder.path(), &environment("0")),
        None,
        "switched off"
    );
    let found = direnv(folder.path(), &environment("1")).unwrap();
    assert_eq!(found, program);

    let targets = strings(&["all"]);
    let plain = run(folder.path(), &targets, &[]);
    let command = argv(&Run {
        direnv: Some(&found),
        ..plain
    })
    .unwrap();
    let dir = folder.path().to_str().unwrap();
    assert_eq!(command.program, program.to_str().unwrap());
    assert_eq!(command.args, ["exec", dir, "make", "--", "all"]);
    assert_eq!(command.shown, "make all");
}

#[test]
fn a_shell_command_is_one_argument() {
    let dir = tempfile::tempdir().unwrap();
    let command = shell("echo \"$PWD\" | tr a-z A-Z", dir.path()).unwrap();
    let stdout = output(&command);
    assert_eq!(stdout, dir.path().display().to_string().to_uppercase());
    assert_eq!(
        output(&shell("-x 2>&1 || echo no", dir.path()).unwrap())
            .lines()
            .last(),
        Some("no")
    );
    assert_eq!(shell(" \n", dir.path()).unwrap_err(), Refusal::NoCommand);
    assert_eq!(shell("a\0", dir.path()).unwrap_err(), Refusal::CommandNul);
}
