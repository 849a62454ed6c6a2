use super::*;

fn at(file: &str, line: u32) -> Option<Place> {
    let file = file.to_owned();
    Some(Place { file, line })
}

fn code(target: &str, place: Option<Place>, code: i32) -> Option<Failure> {
    let target = target.to_owned();
    let how = How::Code { target, code };
    Some(Failure { place, how })
}

fn signal(target: &str, place: Option<Place>, signal: &str) -> Option<Failure> {
    let how = How::Signal {
        target: target.to_owned(),
        signal: signal.to_owned(),
    };
    Some(Failure { place, how })
}

#[test]
fn reads_each_form_of_makes_line() {
    for (line, expected) in [
        (
            "make: *** [Makefile:12: deploy] Error 7",
            code("deploy", at("Makefile", 12), 7),
        ),
        ("make: *** [deploy] Error 127", code("deploy", None, 127)),
        (
            "gmake: *** [mk/a b.mk:3: a: b] x] Error 1",
            code("a: b] x", at("mk/a b.mk", 3), 1),
        ),
        (
            "/usr/bin/make: *** [Makefile:1: x] Fehler 3",
            code("x", at("Makefile", 1), 3),
        ),
        (
            "make: *** [Makefile:9: oom] Killed",
            signal("oom", at("Makefile", 9), "Killed"),
        ),
        (
            "make: *** [Makefile:9: dump] Segmentation fault (core dumped)\r",
            signal(
                "dump",
                at("Makefile", 9),
                "Segmentation fault (core dumped)",
            ),
        ),
    ] {
        assert_eq!(failure(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn it_reads_as_a_person_would_say_it() {
    for (line, text) in [
        (
            "make: *** [Makefile:12: deploy] Error 7",
            "deploy failed with exit code 7 at Makefile:12",
        ),
        (
            "make: *** [deploy] Error 127",
            "deploy failed with exit code 127 (command not found)",
        ),
        (
            "make: *** [Makefile:9: oom] Killed",
            "oom was ended by a signal (Killed) at Makefile:9",
        ),
        (
            "make: *** No rule to make target 'x', needed by 'all'.  Stop.",
            "No rule to make target 'x', needed by 'all'",
        ),
        (
            "make: *** No rule to make target 'x'.",
            "No rule to make target 'x'",
        ),
        (
            "Makefile:3: *** missing separator.  Stop.",
            "missing separator at Makefile:3",
        ),
        (
            "make: *** No targets specified and no makefile found.  Stop.",
            "No targets specified and no makefile found",
        ),
    ] {
        assert_eq!(failure(line.as_bytes()).unwrap().to_string(), text);
    }
}

#[test]
fn other_lines_are_no_failed_recipe() {
    for line in [
        "make: [Makefile:3: x] Error 1 (ignored)",
        "make: *** [Makefile:3: x] Error 1 (ignored)",
        "make: *** Waiting for unfinished jobs....",
        "make: *** Deleting file 'x'",
        "make: [Makefile:3: x] Error 1",
        "make: Target 'all' not remade because of errors.",
        "log: *** all is lost.  Stop.",
        "Makefile:3: *** not the end",
        "cargo: *** [Makefile:3: x] Error 1",
        "make: *** [Makefile",
        "make: *** [",
        "",
    ] {
        assert_eq!(failure(line.as_bytes()), None, "{line}");
    }
    assert_eq!(failure(b"\xff\xfe: *** [\xff] Error 1"), None);
}

#[test]
fn the_innermost_make_that_made_the_others_fail_is_meant() {
    let log = "\
make[1]: *** [Makefile:2: tried] Error 5
make: [Makefile:1: all] Error 2 (ignored)
make[2]: *** [deep.mk:4: leaf] Error 9
make[1]: *** [sub.mk:3: mid] Error 2
make: *** [Makefile:8: all] Error 2
make: *** [Makefile:9: other] Error 6
";
    assert_eq!(failure(log.as_bytes()), code("leaf", at("deep.mk", 4), 9));
    // What was ignored did not make the next one fail.
    let log = "\
make[1]: *** [Makefile:2: tried] Error 5
make: [Makefile:1: all] Error 2 (ignored)
make: *** [Makefile:9: other] Error 6
";
    assert_eq!(failure(log.as_bytes()), code("other", at("Makefile", 9), 6));
}

/// What make writes to its stderr, and its exit code.
fn make(makefile: &str, args: &[&str]) -> (Option<i32>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Makefile"), makefile).unwrap();
    std::fs::write(folder.path().join("broken.mk"), "a\n").unwrap();
    let output = std::process::Command::new("make")
        .args(args)
        .current_dir(folder.path())
        .env_remove("MAKELEVEL")
        .env_remove("MAKEFLAGS")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    (output.status.code(), output.stderr)
}

#[test]
fn finds_it_in_what_make_really_writes() {
    let makefile = "\
nested: ; @$(MAKE) inner
inner:
\t@true
\t@echo no >&2; exit 7
several: fine bad worse
fine: ; @true
bad: ; @exit 3
worse: ; @sleep 0.2; exit 4
killed: ; @kill -TERM $$$$
needs: missing
ignored:
\t-@exit 5
\t@exit 6
tried:
\t-@$(MAKE) inner
\t@exit 8
syntax: ; @$(MAKE) -f broken.mk
absent: ; @$(MAKE) nothing
undefined: ; @$(undefined_$(error no luck))
";
    for (args, expected) in [
        (
            &["nested"][..],
            "inner failed with exit code 7 at Makefile:4",
        ),
        (&["several"], "bad failed with exit code 3 at Makefile:7"),
        (
            &["-k", "several"],
            "bad failed with exit code 3 at Makefile:7",
        ),
        (
            &["-k", "-j3", "several"],
            "bad failed with exit code 3 at Makefile:7",
        ),
        (
            &["-j3", "-Otarget", "several"],
            "bad failed with exit code 3 at Makefile:7",
        ),
        (
            &["killed"],
            "killed was ended by a signal (Terminated) at Makefile:9",
        ),
        (
            &["needs"],
            "No rule to make target 'missing', needed by 'needs'",
        ),
        (
            &["-k", "needs"],
            "No rule to make target 'missing', needed by 'needs'",
        ),
        (&["nothing"], "No rule to make target 'nothing'"),
        (
            &["-n", "needs"],
            "No rule to make target 'missing', needed by 'needs'",
        ),
        (
            &["ignored"],
            "ignored failed with exit code 6 at Makefile:13",
        ),
        (&["tried"], "tried failed with exit code 8 at Makefile:16"),
        (&["syntax"], "missing separator at broken.mk:1"),
        (&["absent"], "No rule to make target 'nothing'"),
        (&["undefined"], "no luck at Makefile:19"),
        (
            &["--warn-undefined-variables", "nested"],
            "inner failed with exit code 7 at Makefile:4",
        ),
    ] {
        let (code, stderr) = make(makefile, args);
        let found = failure(&stderr).map(|failure| failure.to_string());
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert_eq!(found.as_deref(), Some(expected), "{args:?}: {stderr}");
    }
    // A file whose name has `make` in it is a place all the same.
    let line = b"mk/makefile:3: *** missing separator.  Stop.";
    let place = failure(line).and_then(|failure| failure.place);
    assert_eq!(place, at("mk/makefile", 3));
    let (code, stderr) = make("all:\n  spaces\n", &[]);
    let found = failure(&stderr).map(|failure| failure.to_string());
    assert_eq!(code, Some(2));
    assert_eq!(found.as_deref(), Some("missing separator at Makefile:2"));
}
