//! The wrapper under every `sh` of this machine.

use std::{
    env,
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use super::{
    super::markers::{Found, Marks},
    *,
};

#[test]
fn the_mark_and_the_command_are_nowhere_in_the_exec_string() {
    let nonce = Nonce::new();
    let exec = wrap("pkill -f needle", &nonce, false, false, JobId::new(), None).exec;
    let (first, second) = nonce.halves();
    assert!(exec.contains(&first) && exec.contains(&second));
    assert!(!exec.contains(&format!("{second}{first}")));
    assert!(!exec.contains("needle"));
}

/// What a command's output and end look like under these shells.
fn run(path: &str, login: &str, sh: &str, command: &str) -> (Vec<u8>, Vec<u8>, String) {
    let nonce = Nonce::new();
    let wrapped = wrap(command, &nonce, false, false, JobId::new(), None);
    let exec = wrapped.exec.replace("/bin/sh", sh);
    let mut child = Command::new(login)
        .args(["-c", &exec])
        .env("SHELL", login)
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = [&wrapped.input[..], b"typed\n"].concat();
    // A command need not read.
    child.stdin.take().unwrap().write_all(&input).ok();
    let output = child.wait_with_output().unwrap();
    let (mut out, mut err, mut end) = (Vec::new(), Vec::new(), String::new());
    let mut sink = |found: Found<'_>| match found {
        Found::Bytes(bytes) => out.extend_from_slice(bytes),
        Found::Ended(text) => end = text.to_owned(),
        Found::Noise(bytes) => panic!("{bytes:?}"),
        Found::Started(text) => assert_eq!(text.split(' ').count(), 5),
        Found::Prompt => panic!("nothing asks"),
    };
    Marks::new(&nonce, true).feed(&output.stdout, &mut sink);
    Marks::new(&nonce, false).feed(&output.stderr, &mut |found| {
        if let Found::Bytes(bytes) = found {
            err.extend_from_slice(bytes);
        }
    });
    (out, err, end)
}

/// A PATH whose programs are the usual ones, but with no `setsid`, or with busybox's.
fn path_without_setsid(folder: &Path) -> String {
    for name in ["ls", "sleep", "kill", "grep"] {
        let usual = ["/usr/bin", "/bin"].map(|at| Path::new(at).join(name));
        if let Some(program) = usual.iter().find(|path| path.exists()) {
            symlink(program, folder.join(name)).unwrap();
        }
    }
    folder.to_str().unwrap().to_owned()
}

/// A command's end says that somebody goes on: a child, and one that has left all that it was given.
fn leaves_somebody(run: &impl Fn(&str) -> (Vec<u8>, Vec<u8>, String), place: &str) {
    for how in ["sleep 60", "/usr/bin/setsid /usr/bin/env -i /bin/sleep 60"] {
        let (out, _, end) = run(&format!(
            "{how} </dev/null >/dev/null 2>&1 & echo $!; exit 7"
        ));
        let pid = String::from_utf8(out).unwrap();
        let killed = Command::new("kill").args(["-KILL", pid.trim()]).status();
        assert_eq!(end, "7 - - left", "{how} {place}");
        assert!(killed.unwrap().success(), "{how} {place}");
    }
}

/// What may be `/bin/sh` on a host, as far as it is here.
fn shells() -> Vec<&'static str> {
    let all = [
        "/bin/dash",
        "/bin/bash",
        "/bin/bash --posix",
        "/bin/busybox sh",
    ];
    let is_there = |sh: &&str| {
        let program = sh.split(' ').next();
        program.is_some_and(|program| Path::new(program).exists())
    };
    all.into_iter().filter(is_there).collect()
}

#[test]
fn who_waits_for_a_command_says_nothing_of_its_end_once_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (
        env::var("PATH").unwrap(),
        path_without_setsid(folder.path()),
    );
    for sh in shells() {
        for (path, command) in [
            // As its last act a command is gone as soon, and a bash that keeps to POSIX has no words for that.
            (&with, "kill -KILL $PPID; sleep 1; exit 137"),
            (&with, "kill -TERM $PPID; sleep 1; exit 143"),
            (&with, "kill -INT $PPID; sleep 1; exit 130"),
            (&with, "kill -PIPE $PPID; sleep 1; exit 141"),
            (&without, "kill -KILL $PPID"),
        ] {
            let (_, _, end) = run(path, "/bin/bash", sh, command);
            assert_eq!(end, "", "{sh}: {command}");
        }
    }
}

#[test]
fn a_commands_bytes_are_those_that_were_sent_with_every_sh() {
    let path = env::var("PATH").unwrap();
    let fits = "a , b; echo * : ? ^ [x] ~  {1..2} % | cat";
    assert!(apart(fits).is_some_and(|payload| payload.starts_with("@a@ ")));
    let all = "echo ,:@^ '*'";
    assert_eq!(
        (apart(all), apart("echo ü"), apart("echo $x")),
        (None, None, None)
    );
    for sh in shells() {
        for command in [
            fits,
            all,
            "printf '%s' \"$IFS\"; set -o | grep noglob",
            " true ",
        ] {
            let expected = Command::new("/bin/bash")
                .args(["--norc", "-c", command])
                .env("SHELL", "/bin/bash")
                .output()
                .unwrap();
            let (out, _, end) = run(&path, "/bin/bash", sh, command);
            assert_eq!(out, expected.stdout, "{sh}: {command}");
            let code = expected.status.code().unwrap();
            assert_eq!(end, format!("{code} - - -"), "{sh}: {command}");
        }
    }
}

#[test]
fn every_sh_distinguishes_codes_and_signals() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [
        env::var("PATH").unwrap(),
        path_without_setsid(folder.path()),
    ];
    let shells = shells();
    for (at, path) in paths.iter().enumerate() {
        for login in ["/bin/bash", "/bin/dash"] {
            for sh in &shells {
                let run = |command: &str| run(path, login, sh, command);
                let place = format!("{login} {sh} {path}");
                let ran = run("printf '%s' \"it's \\\\ \\$5\"; echo err >&2; exit 7");
                let expected = (b"it's \\ $5".to_vec(), b"err\n".to_vec());
                assert_eq!((ran.0, ran.1), expected, "{place}");
                assert_eq!(ran.2, "7 - - -", "{place}");
                leaves_somebody(&run, &place);
                for (signal, code) in [("KILL", 137), ("TERM", 143), ("HUP", 129), ("SEGV", 139)] {
                    let (_, err, end) = run(&format!("ulimit -c 0; kill -s {signal} $$"));
                    assert_eq!(end, format!("{code} {signal} - -"), "{place}");
                    assert_eq!(err, b"", "{place}");
                }
                for code in [1, 2, 13, 127, 128, 129, 137, 143, 255] {
                    assert_eq!(
                        run(&format!("exit {code}")).2,
                        format!("{code} - - -"),
                        "{place}"
                    );
                }
                // No shell has words for these; `setsid` has.
                for (signal, code) in [("INT", 130), ("PIPE", 141)] {
                    let (killed, exited) = (
                        run(&format!("kill -s {signal} $$")).2,
                        run(&format!("exit {code}")).2,
                    );
                    if at == 0 {
                        assert_eq!(killed, format!("{code} {signal} - -"), "{place}");
                        assert_eq!(exited, format!("{code} - - -"), "{place}");
                    } else {
                        assert_eq!(exited, format!("{code} ? - -"), "{place}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_long_command_goes_over_the_channel_and_leaves_the_input_alone() {
    let path = env::var("PATH").unwrap();
    // Quoted and no here-document: the process that writes one may outlive the shell for a moment.
    let rest = r#"\"$`% !"#.to_owned() + "\n\tü'\\''";
    let command = format!("read x; echo $x; : '{}'; exit 3", rest.repeat(7_000));
    assert!(command.len() > 100_000 && command.len() < 131_000);
    for login in ["/bin/bash", "/bin/dash"] {
        let (out, err, end) = run(&path, login, "/bin/sh", &command);
        assert_eq!(String::from_utf8_lossy(&err), "");
        assert!(String::from_utf8_lossy(&out).starts_with("typed\n"));
        assert_eq!(end, "3 - - -");
    }
}

#[test]
fn no_escape_is_torn() {
    let text = plain(&"a'".repeat(3_000));
    let text = String::from_utf8(lines(&text)).unwrap();
    let all: Vec<&str> = text.lines().collect();
    let (last, parts) = all.split_last().unwrap();
    assert_eq!(*last, ".");
    assert!(parts.len() > 10);
    let all_of = |count: &str| {
        parts
            .iter()
            .map(|part| part.matches(count).count())
            .sum::<usize>()
    };
    assert_eq!(all_of("\\047"), 3_000);
    assert!(
        parts
            .iter()
            .all(|part| part.starts_with(':') && part.len() <= LINE + 1)
    );
}

#[test]
fn no_shell_finds_anything_special_in_it() {
    for exec in [
        wrap(
            "it's $5 \\ \"now\"!\n",
            &Nonce::new(),
            true,
            false,
            JobId::new(),
            None,
        )
        .exec,
        sh("echo 'it''s' \\\\ ! $x\n"),
    ] {
        let inside = exec.strip_prefix("exec /bin/sh -c '").unwrap();
        let inside = inside.strip_suffix('\'').unwrap();
        assert!(!inside.contains(['\'', '!', '\n']), "{inside}");
        assert!(!inside.contains(r"\\"), "{inside}");
    }
}
