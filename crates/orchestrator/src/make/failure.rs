//! make exits with 2 whatever its recipe did; the recipe's own exit stands in make's last lines. A pure function finds it.

use std::{fmt, sync::LazyLock};

use crate::project::Place;

/// The recipe that made make fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its target.
    pub target: String,
    /// Where its recipe stands, as make prints it; make 3.81 does not.
    pub place: Option<Place>,
    /// How it ended.
    pub how: How,
}

/// How a recipe ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// With this code.
    Code(i32),
    /// By a signal, in make's words: `Killed`, `Segmentation fault (core dumped)`.
    Signal(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, place, how } = self;
        match how {
            How::Code(code) => write!(f, "{target} failed with {code}")?,
            How::Signal(signal) => write!(f, "{target} was ended by a signal ({signal})")?,
        }
        match place {
            Some(Place { file, line }) => write!(f, " at {file}:{line}"),
            None => Ok(()),
        }
    }
}

/// One of make's lines: how deep the make that wrote it was called, and what it said.
struct Said {
    level: u32,
    failure: Failure,
}

/// The failed recipe, from the last part of what a job wrote to its stderr. Where makes call makes, the innermost one
/// that made the others fail is meant; where several fail side by side (`-k`, `-j`), the first. Errors that make ignored
/// do not count.
#[must_use]
pub fn failure(log: &[u8]) -> Option<Failure> {
    let said: Vec<Said> = log.split(|byte| *byte == b'\n').filter_map(said).collect();
    let top = said.iter().map(|one| one.level).min()?;
    let mut cause = said.iter().position(|one| one.level == top)?;
    // Each make tells its failure after the one that it called has told its own.
    while cause > 0 && said[cause - 1].level > said[cause].level {
        cause -= 1;
    }
    said.into_iter().nth(cause).map(|one| one.failure)
}

/// Reads `make[1]: *** [Makefile:12: deploy] Error 7`.
fn said(line: &[u8]) -> Option<Said> {
    static MARK: LazyLock<memchr::memmem::Finder<'static>> =
        LazyLock::new(|| memchr::memmem::Finder::new(b": *** ["));
    let at = MARK.find(line)?;
    let level = level(&line[..at])?;
    let rest = String::from_utf8_lossy(&line[at + 7..]);
    let (inside, outcome) = rest.trim_end().rsplit_once("] ")?;
    if outcome.ends_with("(ignored)") {
        return None;
    }
    let (place, target) = place(inside);
    // In other languages the word differs, the number does not.
    let code = outcome
        .rsplit_once(' ')
        .and_then(|(_, code)| code.parse().ok());
    Some(Said {
        level,
        failure: Failure {
            target: target.to_owned(),
            place,
            how: code.map_or_else(|| How::Signal(outcome.to_owned()), How::Code),
        },
    })
}

/// How deep, from `make` or `make[2]`; none where another program wrote the line.
fn level(name: &[u8]) -> Option<u32> {
    let name = std::str::from_utf8(name).ok()?;
    let (name, level) = match name.strip_suffix(']') {
        Some(name) => {
            let (name, level) = name.rsplit_once('[')?;
            (name, level.parse().ok()?)
        }
        None => (name, 0),
    };
    let program = name.rsplit('/').next()?;
    program.contains("make").then_some(level)
}

/// Splits `Makefile:12: deploy`; a target alone is what make 3.81 prints.
fn place(inside: &str) -> (Option<Place>, &str) {
    for (at, _) in inside.match_indices(": ") {
        let Some((file, line)) = inside[..at].rsplit_once(':') else {
            continue;
        };
        if let Ok(line) = line.parse() {
            let file = file.to_owned();
            return (Some(Place { file, line }), &inside[at + 2..]);
        }
    }
    (None, inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(target: &str, place: Option<(&str, u32)>, how: How) -> Option<Failure> {
        Some(Failure {
            target: target.to_owned(),
            place: place.map(|(file, line)| Place {
                file: file.to_owned(),
                line,
            }),
            how,
        })
    }

    #[test]
    fn reads_each_form_of_makes_line() {
        let killed = |how: &str| How::Signal(how.to_owned());
        for (line, expected) in [
            (
                "make: *** [Makefile:12: deploy] Error 7",
                failed("deploy", Some(("Makefile", 12)), How::Code(7)),
            ),
            (
                "make: *** [deploy] Error 127",
                failed("deploy", None, How::Code(127)),
            ),
            (
                "gmake: *** [mk/a b.mk:3: a: b] x] Error 1",
                failed("a: b] x", Some(("mk/a b.mk", 3)), How::Code(1)),
            ),
            (
                "/usr/bin/make: *** [Makefile:1: x] Fehler 3",
                failed("x", Some(("Makefile", 1)), How::Code(3)),
            ),
            (
                "make: *** [Makefile:9: oom] Killed",
                failed("oom", Some(("Makefile", 9)), killed("Killed")),
            ),
            (
                "make: *** [Makefile:9: dump] Segmentation fault (core dumped)\r",
                failed(
                    "dump",
                    Some(("Makefile", 9)),
                    killed("Segmentation fault (core dumped)"),
                ),
            ),
        ] {
            assert_eq!(failure(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn it_reads_as_a_person_would_say_it() {
        for (line, said) in [
            (
                "make: *** [Makefile:12: deploy] Error 7",
                "deploy failed with 7 at Makefile:12",
            ),
            ("make: *** [deploy] Error 127", "deploy failed with 127"),
            (
                "make: *** [Makefile:9: oom] Killed",
                "oom was ended by a signal (Killed) at Makefile:9",
            ),
        ] {
            assert_eq!(failure(line.as_bytes()).unwrap().to_string(), said);
        }
    }

    #[test]
    fn other_lines_are_no_failed_recipe() {
        for line in [
            "make: [Makefile:3: x] Error 1 (ignored)",
            "make: *** [Makefile:3: x] Error 1 (ignored)",
            "make: *** No rule to make target 'x'.  Stop.",
            "Makefile:3: *** missing separator.  Stop.",
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
        let leaf = failed("leaf", Some(("deep.mk", 4)), How::Code(9));
        assert_eq!(failure(log.as_bytes()), leaf);
    }

    #[test]
    fn finds_it_in_what_make_really_writes() {
        let folder = tempfile::tempdir().unwrap();
        let makefile = "all: ; @$(MAKE) inner\ninner:\n\t@true\n\t@echo no >&2; exit 7\n";
        std::fs::write(folder.path().join("Makefile"), makefile).unwrap();
        let output = std::process::Command::new("make")
            .current_dir(folder.path())
            .env_remove("MAKELEVEL")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let inner = failed("inner", Some(("Makefile", 4)), How::Code(7));
        assert_eq!(failure(&output.stderr), inner);
    }
}
