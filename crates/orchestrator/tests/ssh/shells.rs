//! Login shells of all kinds, and hosts that take no wrapper around a command.

use std::{os::unix::fs::symlink, process::Command};

use orchestrator::launch::argv;

use super::*;

/// A login shell of this name, if the machine has it: `scripts/setup.sh test` installs those that are missing.
fn shell(folder: &Path, name: &str) -> Option<PathBuf> {
    let at = |name: &str| {
        let places = ["/bin", "/usr/bin"].map(|place| Path::new(place).join(name));
        places.into_iter().find(|path| path.exists())
    };
    if name == "ash" {
        let link = folder.join("ash");
        symlink(at("busybox")?, &link).unwrap();
        return Some(link);
    }
    at(name)
}

/// A server whose login shell is this one, called as sshd calls it.
fn with_shell(shell: &Path) -> Sshd {
    let name = shell.file_name().unwrap();
    let is_usual = ["/bin", "/usr/bin"]
        .iter()
        .any(|place| Path::new(place).join(name).exists());
    let called = if is_usual { Path::new(name) } else { shell };
    Sshd::with(&format!(
        "ForceCommand exec env SHELL={} {} -c \"$SSH_ORIGINAL_COMMAND\"",
        shell.display(),
        called.display()
    ))
}

fn is_lost(ended: &RemoteExit) -> bool {
    matches!(ended.exit, Exit::Lost { .. })
}

#[test]
fn every_login_shell_runs_a_command_as_with_ssh() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "true",
        "echo out; sh -c 'echo err >&2'; exit 3",
        r"printf 'a\000b\377\376'",
        "echo 'a   b' \"c\"; pwd",
        "  cat",
        "nosuchcommand",
        "exit 130",
        "exit 141",
        "sh -c 'exit 255'",
        "kill -KILL $$",
    ];
    for name in ["bash", "dash", "ash", "fish", "tcsh", "zsh", "ksh"] {
        let Some(shell) = shell(folder.path(), name) else {
            println!("skipped: {name} is not installed");
            continue;
        };
        let (sshd, sessions) = (with_shell(&shell), Sessions::new());
        for command in commands {
            let own = if name == "fish" { "$fish_pid" } else { "$$" };
            let command = command.replace("$$", own);
            let expected = sshd.ssh(&command);
            let running = start(&sessions, &sshd, exec(&command));
            running.controls.send(Control::EndInput).unwrap();
            let (written, ended) = running.join();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(
                text(&written.out),
                text(&expected.stdout),
                "{name}: {command}"
            );
            assert_eq!(written.out, expected.stdout, "{name}: {command}");
            // ssh says of a signal nothing but 255.
            let is_killed = command.contains("KILL");
            let exit = if is_killed {
                signal("KILL")
            } else {
                code(expected.status.code().unwrap())
            };
            assert_eq!(ended.exit, exit, "{name}: {command} {}", text(&written.err));
            if !is_killed {
                assert_eq!(
                    text(&written.err),
                    text(&expected.stderr),
                    "{name}: {command}"
                );
            }
        }
    }
}

/// A server that has nothing but busybox's programs, its `sh` among them.
fn with_busybox(folder: &Path) -> Option<Sshd> {
    let ash = shell(folder, "ash")?;
    let busybox = fs::canonicalize(&ash).unwrap();
    let programs = Command::new(&busybox).arg("--list").output().unwrap();
    for name in String::from_utf8(programs.stdout).unwrap().lines() {
        symlink(&busybox, folder.join(name)).ok();
    }
    let ash = ash.display();
    Some(Sshd::with(&format!(
        "ForceCommand export PATH={} SHELL={ash}; exec {ash} -c \"$(printf %s \"$SSH_ORIGINAL_COMMAND\" | sed s,/bin/sh,{ash},g)\"",
        folder.display()
    )))
}

/// The pids of its sleepers.
fn pids_of(nap: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let sleeping = entries.filter(|entry| {
        let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        line.ends_with(&format!("sleep\0{nap}\0"))
    });
    sleeping
        .map(|entry| entry.file_name().to_str().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn what_left_all_of_its_job_is_named_and_ended_whatever_the_shell() {
    for name in ["bash", "dash", "ash", "busybox", "fish", "zsh", "ksh"] {
        let folder = tempfile::tempdir().unwrap();
        let sshd = match name {
            "busybox" => with_busybox(folder.path()),
            name => shell(folder.path(), name).map(|shell| with_shell(&shell)),
        };
        let Some(sshd) = sshd else {
            println!("skipped: {name} is not installed");
            continue;
        };
        let (sessions, nap) = (Sessions::new(), nap());
        // No parent of the job's, no session, no environment, no output.
        let hidden =
            format!("/bin/sh -c '(setsid env -i sleep {nap} </dev/null >/dev/null 2>&1 &)'");
        let (_, ended) = run(&sessions, &sshd, &format!("{hidden}; sleep 0.3; exit 7"));
        let pids = pids_of(&nap);
        for pid in &pids {
            sshd::signal_process(*pid, "KILL");
        }
        assert_eq!(ended.exit, code(7), "{name}");
        let [pid] = pids.as_slice() else {
            panic!("{name}: {pids:?}");
        };
        let [survivor] = ended.survivors.as_slice() else {
            panic!("{name}: {ended:?}");
        };
        assert!(
            survivor.starts_with(&format!("{pid} ")),
            "{name}: {survivor}"
        );

        let running = start(
            &sessions,
            &sshd,
            exec(&format!("{hidden}; sleep 0.3; echo up; sleep 60")),
        );
        running.log.wait("start", |written| written.out == b"up\n");
        running
            .controls
            .send(Control::Cancel { force: false })
            .unwrap();
        let (_, ended) = running.join();
        let pids = pids_of(&nap);
        for pid in &pids {
            sshd::signal_process(*pid, "KILL");
        }
        assert!(
            ended.canceled && ended.survivors.is_empty(),
            "{name}: {ended:?}"
        );
        assert!(pids.is_empty(), "{name}: {pids:?}");
    }
}

#[test]
fn codes_that_look_like_signals_are_codes() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for (name, number) in [("INT", 130), ("PIPE", 141), ("KILL", 137)] {
        let (_, ended) = run(&sessions, &sshd, &format!("exit {number}"));
        assert_eq!(ended.exit, code(number));
        let (_, ended) = run(&sessions, &sshd, &format!("kill -s {name} $$"));
        assert_eq!(ended.exit, signal(name));
    }
    let (_, ended) = run(&sessions, &sshd, "set -o pipefail; yes | head -n 1");
    assert_eq!(ended.exit, code(141));
    // In a terminal only what was typed can say it.
    let in_terminal = |command: &str| {
        let mut exec = exec(command);
        exec.pty = Some((24, 80));
        start(&sessions, &sshd, exec)
    };
    assert_eq!(in_terminal("exit 130").join().1.exit, code(130));
    let running = in_terminal("echo up; sleep 60");
    running.log.wait("start", |written| !written.out.is_empty());
    running.controls.send(Control::Input(vec![3])).unwrap();
    assert_eq!(running.join().1.exit, signal("INT"));
}

#[test]
fn a_command_that_kills_who_waits_for_it_is_lost() {
    let sshd = Sshd::start();
    let (_, ended) = run(&Sessions::new(), &sshd, "kill -KILL $PPID; sleep 1");
    assert!(is_lost(&ended), "{ended:?}");
}

#[test]
fn a_command_may_be_as_long_as_with_ssh() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    for (length, pty) in [
        (1_499, None),
        (9_000, None),
        (125_000, None),
        (125_000, Some((24, 80))),
    ] {
        let filler = "it's \"$x\" % \\ ü".repeat(length / 16);
        let command = format!("read x; echo \"got $x\"\n: <<'END'\n{filler}\nEND\nexit 6");
        let mut long = exec(&command);
        long.pty = pty;
        let running = start(&sessions, &sshd, long);
        running
            .controls
            .send(Control::Input(b"typed\n".to_vec()))
            .unwrap();
        let (written, ended) = running.join();
        let out = String::from_utf8_lossy(&written.out).into_owned();
        assert_eq!(ended.exit, code(6), "{length} {pty:?} {out}");
        assert!(out.contains("got typed"), "{length} {pty:?} {out}");
    }
    // What the host's system takes no more is refused by it, as with ssh.
    let (_, ended) = run(&sessions, &sshd, &format!(": {}", "x".repeat(140_000)));
    assert!(
        matches!(ended.exit, Exit::Code { code: 1.. }),
        "{:?}",
        ended.exit
    );
}

#[test]
fn an_end_is_reported_at_once_whatever_holds_the_output() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    run(&sessions, &sshd, "true");
    let begun = Instant::now();
    let (written, ended) = run(&sessions, &sshd, "sleep 20 & echo hi");
    assert_eq!((ended.exit, ended.complete), (code(0), false));
    assert_eq!(written.out, b"hi\n");
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_restricted_shell_gets_the_command_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let Some(shell) = shell(folder.path(), "rbash") else {
        return println!("skipped: rbash is not installed");
    };
    let sshd = Sshd::with(&format!(
        "MaxSessions 1\nForceCommand exec {} -c \"$SSH_ORIGINAL_COMMAND\"",
        shell.display()
    ));
    let sessions = Sessions::new();
    for (command, exit) in [
        ("echo mine; exit 3", code(3)),
        ("kill -KILL $$", signal("KILL")),
        ("sleep 3 & echo bye", code(0)),
    ] {
        let (expected, (written, ended)) = (sshd.ssh(command), run(&sessions, &sshd, command));
        assert_eq!(written.out, expected.stdout, "{command}");
        assert_eq!(ended.exit, exit, "{command}");
        assert!(
            ended
                .notes
                .iter()
                .any(|note| note.contains("without proof")),
            "{ended:?}"
        );
    }
    // What is typed early is for the command, and not for the shell that refused the wrapper.
    let running = start(&sessions, &sshd, exec("read x; echo got $x; cat"));
    running
        .controls
        .send(Control::Input(b"one\ntwo\n".to_vec()))
        .unwrap();
    running.controls.send(Control::EndInput).unwrap();
    let (written, ended) = running.join();
    assert_eq!(
        (written.out, ended.exit),
        (b"got one\ntwo\n".to_vec(), code(0))
    );
    let running = start(&sessions, &sshd, exec("echo up; sleep 60"));
    running.log.wait("start", |written| written.out == b"up\n");
    running
        .controls
        .send(Control::Cancel { force: false })
        .unwrap();
    let (_, ended) = running.join();
    assert!(ended.canceled && ended.exit != code(0), "{ended:?}");
    // A host that does not say how it ended has not said that it went well.
    let running = start(&sessions, &sshd, exec("echo up; sleep 60"));
    running.log.wait("start", |written| written.out == b"up\n");
    sshd.signal_sessions("KILL");
    assert!(is_lost(&running.join().1));
}

#[test]
fn a_host_that_takes_no_wrapper_is_sent_none_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(shell) = shell(folder.path(), "rbash") else {
        return println!("skipped: rbash is not installed");
    };
    let count = folder.path().join("count");
    let sshd = Sshd::with(&format!(
        "ForceCommand echo once >>{}; exec {} -c \"$SSH_ORIGINAL_COMMAND\"",
        count.display(),
        shell.display()
    ));
    let sessions = Sessions::new();
    let mut expected = 0;
    for (command, exit, execs) in [
        ("echo one", code(0), 2),
        ("echo one; exit 3", code(3), 1),
        ("echo one; kill -KILL $$", signal("KILL"), 1),
    ] {
        let (written, ended) = run(&sessions, &sshd, command);
        assert_eq!(
            (&*written.out, &ended.exit),
            (&b"one\n"[..], &exit),
            "{command}"
        );
        let notes = ended.notes.join("\n");
        assert!(notes.contains("without proof"), "{notes}");
        expected += execs;
        let ran = fs::read_to_string(&count).unwrap();
        assert_eq!(ran.lines().count(), expected, "{command}");
    }
    // What is not known of a login that others made is found out anew.
    run(&Sessions::new(), &sshd, "echo one");
    let ran = fs::read_to_string(&count).unwrap();
    assert_eq!(ran.lines().count(), expected + 2);
}

#[test]
fn a_server_that_runs_something_of_its_own_runs_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    // What it prints and how it ends; what is wanted is what ssh has, but never that all went well.
    for (script, exit) in [
        ("echo deployed; echo warned >&2", None),
        ("echo usage", None),
        (
            "echo deploying; echo config.yml not found >&2; exit 1",
            Some(1),
        ),
        ("echo not allowed; exit 9", Some(9)),
        ("echo forced; exit 3", Some(3)),
        ("exit 4", Some(4)),
    ] {
        fs::write(&count, "").unwrap();
        let sshd = Sshd::with(&format!(
            "ForceCommand echo once >>{}; {script}",
            count.display()
        ));
        let theirs = sshd.ssh("echo hi");
        let (written, ended) = run(&Sessions::new(), &sshd, "echo hi");
        assert_eq!(
            (written.out, written.err),
            (theirs.stdout, theirs.stderr),
            "{script}"
        );
        match exit {
            Some(number) => {
                assert_eq!(theirs.status.code(), exit);
                assert_eq!(ended.exit, code(number), "{script}");
            }
            None => assert!(
                matches!(&ended.exit, Exit::Lost { why } if why.contains("command of its own")),
                "{script}: {ended:?}"
            ),
        }
        let notes = ended.notes.join("\n");
        assert!(notes.contains("without proof that it ran"), "{notes}");
        let ran = fs::read_to_string(&count).unwrap();
        assert_eq!(ran, "once\nonce\n", "{script}: once for ssh, once for us");
    }
    let sshd = Sshd::with("ForceCommand exec /usr/sbin/nologin");
    let (written, ended) = run(&Sessions::new(), &sshd, "echo hi");
    assert_eq!(ended.exit, code(1));
    assert!(String::from_utf8_lossy(&written.out).contains("not available"));
}

#[test]
fn a_server_that_chooses_by_the_command_is_never_falsely_done() {
    let sshd = Sshd::with(
        "ForceCommand case \"$SSH_ORIGINAL_COMMAND\" in status) echo ok;; *) echo usage; exit 0;; esac",
    );
    assert_eq!(sshd.ssh("status").stdout, b"ok\n");
    let (written, ended) = run(&Sessions::new(), &sshd, "status");
    assert!(is_lost(&ended), "{ended:?}");
    assert_eq!(written.out, b"usage\n");
    // One that repeats what it is sent repeats what a person knows of it.
    for echo in ["printf %s\\\\n", "echo"] {
        let sshd = Sshd::with(&format!("ForceCommand {echo} \"$SSH_ORIGINAL_COMMAND\""));
        let (written, ended) = run(&Sessions::new(), &sshd, "echo hi");
        assert!(is_lost(&ended), "{ended:?}");
        assert_eq!(String::from_utf8_lossy(&written.out), "echo hi\n");
    }
}

#[test]
fn an_appliance_gets_the_command_as_it_is() {
    let sshd = Sshd::with(
        "ForceCommand case $SSH_ORIGINAL_COMMAND in 'show version') echo v1;; silent) kill -KILL $PPID;; \
         *) echo \"% Invalid input: ${SSH_ORIGINAL_COMMAND%% *}\";; esac",
    );
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "show version");
    assert_eq!((&*written.out, &ended.exit), (&b"v1\n"[..], &code(0)));
    let notes = ended.notes.join("\n");
    assert!(notes.contains("run as it is, without proof"), "{notes}");
    let (written, ended) = run(&sessions, &sshd, "nonsense");
    assert_eq!(
        (&*written.out, &ended.exit),
        (&b"% Invalid input: nonsense\n"[..], &code(0))
    );
    assert!(is_lost(&run(&sessions, &sshd, "silent").1));
}

#[test]
fn a_start_file_that_becomes_another_shell_is_lost_soon() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["fish", "dash"] {
        let Some(shell) = shell(folder.path(), name) else {
            println!("skipped: {name} is not installed");
            continue;
        };
        let sshd = Sshd::with(&format!("ForceCommand exec {}", shell.display()));
        let sessions = Sessions::new();
        let running = start(&sessions, &sshd, exec("echo hi"));
        running.controls.send(Control::EndInput).unwrap();
        let (written, ended) = running.join();
        assert!(
            is_lost(&ended) && written.out.is_empty(),
            "{name}: {ended:?}"
        );
        let running = start(&sessions, &sshd, exec("echo hi"));
        let canceled_at = Instant::now();
        running
            .controls
            .send(Control::Cancel { force: false })
            .unwrap();
        assert!(running.join().1.canceled);
        assert!(
            canceled_at.elapsed() < Duration::from_millis(1_500),
            "{name}"
        );
    }
}

#[test]
fn a_start_that_is_never_reported_is_ended_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let start_file = folder.path().join("start");
    fs::write(&start_file, "exec cat").unwrap();
    // What bash reads before it does what it is asked to.
    let sshd = Sshd::with(&format!("SetEnv SHLVL=3 BASH_ENV={}", start_file.display()));
    let (_, ended) = run(&Sessions::new(), &sshd, "echo hi");
    assert!(
        matches!(&ended.exit, Exit::Lost { why } if why.contains("did not begin it within 30 s")),
        "{ended:?}"
    );
}

#[test]
fn a_start_file_that_prints_is_in_the_notes() {
    let sshd = Sshd::with("ForceCommand echo HELLO; exec bash -c \"$SSH_ORIGINAL_COMMAND\"");
    let (written, ended) = run(&Sessions::new(), &sshd, "echo mine");
    assert_eq!(written.out, b"mine\n");
    // Each job of a host says by which algorithms.
    let (algorithms, rest) = ended.notes.split_last().unwrap();
    assert!(algorithms.starts_with("key exchange "), "{algorithms}");
    assert_eq!(rest, ["the login shell printed before it: HELLO"]);
}

/// What `vmo run --on HOST -- PROGRAM WORD…` makes of its words is the same to every login shell.
#[test]
fn several_words_reach_every_login_shell_as_they_are() {
    let words = "a;echo INJECTED|*|$HOME|it's||two  blanks|-n|what!|!!|a\\'|\\|~|a\tb|%s|ä|`id`|$(id)|(x)|#c|a=b|{1,2}|^a^b\
        |two\nlines!|\n|'\n!\\";
    let words: Vec<&str> = words.split('|').collect();
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "bash", "dash", "ash", "fish", "tcsh", "csh", "zsh", "ksh", "rbash",
    ] {
        let Some(shell) = shell(folder.path(), name) else {
            println!("skipped: {name} is not installed");
            continue;
        };
        let (sshd, sessions) = (with_shell(&shell), Sessions::new());
        let mut in_one_line = words.clone();
        in_one_line.retain(|word| !word.contains('\n'));
        for words in [&words[..], &in_one_line] {
            let argv: Vec<String> = ["printf", "<%s>\\n"]
                .iter()
                .chain(words)
                .map(|word| (*word).to_owned())
                .collect();
            let expected: String = words.iter().map(|word| format!("<{word}>\n")).collect();
            let line = argv::line_of(&argv).unwrap();
            let (written, ended) = run(&sessions, &sshd, &line);
            let (out, err) = (
                String::from_utf8_lossy(&written.out),
                String::from_utf8_lossy(&written.err),
            );
            assert_eq!(out, expected, "{name}: {line}: {err}");
            assert_eq!(ended.exit, code(0), "{name}: {line}");
        }
    }
}
