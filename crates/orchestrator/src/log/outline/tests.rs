use super::*;
use crate::log::{
    Stream::{Stderr, Stdout},
    find::Query,
};

fn outline(log: &str) -> Outline {
    let mut outliner = Outliner::new(Vec::new(), Vec::new());
    outliner.feed(Stdout, 7, log.as_bytes());
    outliner.end();
    outliner.outline()
}

/// Where each error is, and what it names.
fn errors(log: &str) -> Vec<(u64, String)> {
    let named = |spot: Spot| match spot.column {
        Some(column) => format!("{}:{}:{column}", spot.file, spot.line),
        None => format!("{}:{}", spot.file, spot.line),
    };
    let errors = outline(log).errors.into_iter();
    errors
        .map(|fault| (fault.line, fault.spot.map(named).unwrap_or_default()))
        .collect()
}

#[test]
fn each_shape_of_an_error_is_known_with_its_place() {
    for (line, place) in [
        ("make: *** [Makefile:12: deploy] Error 2", "Makefile:12"),
        ("make[2]: *** [deep/x.mk:4: leaf] Error 9", "deep/x.mk:4"),
        ("gmake: *** [deploy] Error 127", ""),
        ("make: *** No rule to make target 'x'.  Stop.", ""),
        ("Makefile:3: *** missing separator.  Stop.", "Makefile:3"),
        ("src/a.c:3:7: error: 'x' undeclared", "src/a.c:3:7"),
        ("/usr/src/a b/c.h:3: error: no", "b/c.h:3"),
        ("a.cpp:3:7: fatal error: x.h: No such file", "a.cpp:3:7"),
        ("\x1b[1ma.c:1:2: \x1b[31merror: \x1b[mno", "a.c:1:2"),
        ("./main.go:4:2: undefined: x", "./main.go:4:2"),
        (
            "src/a.ts(3,7): error TS2304: Cannot find name",
            "src/a.ts:3:7",
        ),
        (
            "src/a.tsx:3:7 - error TS2304: Cannot find name",
            "src/a.tsx:3:7",
        ),
        (
            "CMake Error at sub/CMakeLists.txt:3 (message):",
            "sub/CMakeLists.txt:3",
        ),
        (
            "thread 'main' panicked at src/main.rs:2:5:",
            "src/main.rs:2:5",
        ),
        (
            "thread 'x' (7) panicked at src/main.rs:2:5:",
            "src/main.rs:2:5",
        ),
        ("panic: runtime error: index out of range", ""),
        ("error: web-2 does not answer on port 443", ""),
        ("fatal: not a git repository", ""),
        ("ld: error: undefined symbol: x", ""),
        ("ERROR connection refused", ""),
        ("[ERROR] Failed to execute goal", ""),
        ("TypeError: x is not a function", ""),
        ("java.lang.IllegalStateException: no", ""),
        ("Exception in thread \"main\" java.lang.X", ""),
    ] {
        assert_eq!(errors(line), [(1, place.to_owned())], "{line}");
    }
}

#[test]
fn what_only_mentions_errors_is_none() {
    for line in [
        "make: *** [Makefile:3: x] Error 1 (ignored)",
        "make: [Makefile:3: x] Error 1 (ignored)",
        "make[1]: *** [Makefile:3: x] Interrupt",
        "0 errors, 3 warnings",
        "no error: all is well",
        "compiling error.c",
        "a.c:1:2: warning: error in comment",
        "error: could not compile `x` (lib) due to 2 previous errors",
        "ERRORS.md was written",
        "fatality",
        "--> a.rs:1:2",
        "",
    ] {
        assert_eq!(errors(line), [], "{line}");
    }
}

#[test]
fn a_place_may_come_after_its_error() {
    let rust = "error[E0308]: mismatched types\n   --> src/lib.rs:3:7\n    |\nwarning: x\n --> src/b.rs:1:1\n";
    assert_eq!(errors(rust), [(1, "src/lib.rs:3:7".to_owned())]);
    let python = "\
Traceback (most recent call last):
  File \"a.py\", line 3, in <module>
    error()
  File \"/lib/b.py\", line 9, in error
    raise ValueError('x')
ValueError: x
IndexError: another one
";
    let expected = [(1, "/lib/b.py:9".to_owned()), (7, String::new())];
    assert_eq!(errors(python), expected);
}

#[test]
fn a_person_s_own_rules_count() {
    let rule = |text: &str| {
        Pattern::new(&Query {
            text: text.into(),
            regex: true,
            ..Query::default()
        })
        .unwrap()
    };
    let mut outliner = Outliner::new(vec![rule("^fail:"), rule("broken")], Vec::new());
    outliner.feed(
        Stdout,
        0,
        b"ok\nFAIL: lib/x_test.sh:7 was broken\nerror: x\nso ",
    );
    outliner.feed(Stderr, 0, b"broken\n");
    outliner.feed(Stdout, 0, b"broken");
    outliner.end();
    let outline = outliner.outline();
    let lines: Vec<u64> = outline.errors.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    assert_eq!(
        outline.errors[0].spot.as_ref().unwrap().file,
        "lib/x_test.sh"
    );
}

/// First line, last line, depth, folder, failed, of a log with a line before.
fn sections(log: &str) -> Vec<(u64, u64, u32, String, bool)> {
    let all = outline(&format!("before\n{log}")).sections.into_iter();
    all.map(|section| {
        let last = section.last.map_or(0, |last| last - 1);
        (
            section.first - 1,
            last,
            section.depth,
            section.name,
            section.failed,
        )
    })
    .collect()
}

#[test]
fn makes_in_other_folders_are_sections() {
    let log = "\
make: Entering directory '/a'
one
make[1]: Entering directory '/a/b'
make[1]: *** [x.mk:3: y] Error 1
make[1]: Leaving directory '/a/b'
make[1]: Entering directory `/a/c'
make[1]: Leaving directory `/a/c'
make[1]: Entering directory '/a/d e'
";
    let expected = [
        (1, 0, 0, "/a".to_owned(), false),
        (3, 5, 1, "/a/b".to_owned(), true),
        (6, 7, 1, "/a/c".to_owned(), false),
        (8, 0, 1, "/a/d e".to_owned(), false),
    ];
    assert_eq!(sections(log), expected);
}

#[test]
fn a_failure_is_known_also_if_it_was_read_after_the_section() {
    let log = "\
make[1]: Entering directory '/b'
make[1]: Leaving directory '/b'
make[1]: *** [x] Error 1
make: *** [y] Error 2
make: *** [y] Error 2 (ignored)
";
    assert_eq!(sections(log), [(1, 2, 0, "/b".to_owned(), true)]);
}

#[test]
fn the_folder_that_all_of_a_log_is_from_is_no_section() {
    let sub = "make[1]: Entering directory '/a/b'\nx\nmake[1]: Leaving directory '/a/b'\n";
    let (enter, leave) = (
        "make: Entering directory '/a'\n",
        "make: Leaving directory '/a'\n",
    );
    let of = |log: String| {
        let sections = outline(&log).sections.into_iter();
        sections
            .map(|one| (one.first, one.depth))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(format!("{enter}{sub}")), [(2, 0)]);
    assert_eq!(of(format!("{enter}{sub}{leave}")), [(2, 0)]);
    assert_eq!(
        of(format!("{enter}{sub}{leave}make: *** [x] Error 2\n")),
        [(2, 0)]
    );
    assert_eq!(
        of(format!("{enter}{leave}{sub}{sub}")),
        [(1, 0), (3, 0), (6, 0)]
    );
}

#[test]
fn sections_that_cross_are_left_out() {
    let log = "\
make[1]: Entering directory '/a'
make[1]: Entering directory '/b'
make[1]: Leaving directory '/a'
make[1]: Leaving directory '/b'
make[1]: Leaving directory '/never'
make[1]: Entering directory '/c'
make[1]: Leaving directory '/c'
";
    assert_eq!(sections(log), [(6, 7, 0, "/c".to_owned(), false)]);
}

#[test]
fn an_outline_is_bounded() {
    let errors = outline(&"error: x\n".repeat(MOST + 1));
    assert_eq!((errors.errors.len(), errors.cut), (MOST, true));
    let sections = outline(&"\n\nmake: Entering directory '/a'\n".repeat(MOST + 1));
    assert_eq!((sections.sections.len(), sections.cut), (MOST, true));
}

#[test]
fn finds_what_make_really_writes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("Makefile", "all:\n\t@$(MAKE) -C sub\n");
    write("sub/Makefile", "all:\n\t@echo in it; exit 7\n");
    let output = std::process::Command::new("make")
        .current_dir(folder.path())
        .env_remove("MAKELEVEL")
        .env_remove("MAKEFLAGS")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let mut outliner = Outliner::new(Vec::new(), Vec::new());
    outliner.feed(Stdout, 0, &output.stdout);
    outliner.feed(Stderr, 0, &output.stderr);
    let outline = outliner.outline();
    assert_eq!(outline.errors.len(), 2);
    assert_eq!(outline.sections.len(), 1);
    assert!(outline.sections[0].failed && outline.sections[0].last.is_some());
    assert!(outline.sections[0].name.ends_with("/sub"));
}

/// Recipes as this makefile's: `deploy` has two lines that make writes and a silent one, `check` has one.
fn echoes() -> Vec<Echo> {
    [
        ("deploy", "terraform apply -var env=staging"),
        ("deploy", "./error smoke"),
        ("check", "make -C web"),
    ]
    .map(|(target, text)| Echo {
        target: target.to_owned(),
        pieces: vec![text.to_owned()],
    })
    .to_vec()
}

/// Sections of a log whose lines were written a second apart, each with its lines, depth, name, whether it failed, and how
/// many seconds it took.
fn by_seconds(log: &str) -> Vec<(u64, u64, u32, String, bool, i64)> {
    let mut outliner = Outliner::new(Vec::new(), echoes());
    for (second, line) in (0_i64..).zip(log.split_inclusive('\n')) {
        let stream = if line.contains("***") { Stderr } else { Stdout };
        outliner.feed(stream, second * 1_000_000, line.as_bytes());
    }
    let sections = outliner.outline().sections.into_iter();
    sections
        .map(|own| {
            let took = own.ended_at.map_or(-1, |end| end - own.began_at) / 1_000_000;
            let last = own.last.unwrap_or_default();
            (own.first, last, own.depth, own.name, own.failed, took)
        })
        .collect()
}

#[test]
fn a_line_of_a_recipe_is_the_head_of_what_it_writes() {
    let log = "\
terraform apply -var env=staging
Apply complete!
./error smoke
curl: (7) Failed to connect
make: *** [Makefile:12: deploy] Error 7
make -C web
";
    let expected = [
        (1, 2, 0, "terraform apply -var env=staging", false, 2),
        (3, 5, 0, "./error smoke", true, 3),
        (6, 0, 0, "make -C web", false, 0),
    ];
    let expected = expected.map(|(first, last, depth, name, failed, took)| {
        (first, last, depth, name.to_owned(), failed, took)
    });
    assert_eq!(by_seconds(log), expected);
    let mut outliner = Outliner::new(Vec::new(), echoes());
    outliner.feed(Stdout, 0, b"./error smoke\nerror: no\n");
    let errors = outliner.outline().errors;
    let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2], "a command is no error, whatever it is called");
}

#[test]
fn the_failure_of_another_target_is_none_of_a_recipe_s() {
    let log = "./error smoke\nmake: *** [Makefile:3: silent] Error 1\n";
    assert!(!by_seconds(log)[0].4);
    let log = "./error smoke\nmake: *** [Makefile:3: deploy] Terminated\n";
    assert!(!by_seconds(log)[0].4, "a person ended it");
    let old = "./error smoke\nmake: *** [deploy] Error 1\n";
    assert!(by_seconds(old)[0].4, "as make 3.81 writes it");
}

#[test]
fn a_recipe_s_line_holds_what_a_make_that_it_calls_wrote() {
    let log = "\
make -C web
make[1]: Entering directory '/a/web'
terraform apply -var env=staging
x
make[1]: Leaving directory '/a/web'
./error smoke
y
";
    let expected = [
        (1, 5, 0, "make -C web", 5),
        (2, 5, 1, "/a/web", 3),
        (3, 4, 2, "terraform apply -var env=staging", 2),
        (6, 0, 0, "./error smoke", 0),
    ];
    let expected = expected
        .map(|(first, last, depth, name, took)| (first, last, depth, name.to_owned(), false, took));
    assert_eq!(by_seconds(log), expected);
}
