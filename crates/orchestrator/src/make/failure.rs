//! make exits with 2 whatever its recipe did; the recipe's own exit, or why make ran none, is in make's last lines. A
//! pure function finds it.

use std::fmt;

use crate::{job::by_shell, project::Place};

/// What made make fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where it is in the makefile, as make prints it; make 3.81 does not say where a recipe is.
    pub place: Option<Place>,
    /// What went wrong there.
    pub how: How,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The recipe of a target ended with a code.
    Code {
        /// The target.
        target: String,
        /// The recipe's own code.
        code: i32,
    },
    /// The recipe of a target was ended by a signal.
    Signal {
        /// The target.
        target: String,
        /// The signal in make's words: `Killed`, `Segmentation fault (core dumped)`.
        signal: String,
    },
    /// No recipe failed: make itself would not go on, in its own words: `No rule to make target 'x'`.
    Stopped(String),
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { target, code } => {
                let words = by_shell(*code);
                write!(f, "{target} failed with exit code {code}{words}")
            }
            Self::Signal { target, signal } => {
                write!(f, "{target} was ended by a signal ({signal})")
            }
            Self::Stopped(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.how)?;
        match &self.place {
            Some(Place { file, line }) => write!(f, " at {file}:{line}"),
            None => Ok(()),
        }
    }
}

/// One of make's lines: how deep the make that wrote it was called, and the failure it reported; none if it ignored that.
struct Message {
    level: u32,
    failure: Option<Failure>,
}

/// What made make fail, from the last part of what a job wrote to its stderr. If makes call makes, the innermost one
/// that made the others fail is meant; if several fail side by side (`-k`, `-j`), the first. Errors that make ignored
/// do not count.
#[must_use]
pub fn failure(log: &[u8]) -> Option<Failure> {
    let messages: Vec<Message> = log
        .split(|byte| *byte == b'\n')
        .filter_map(message)
        .collect();
    let failed = || messages.iter().filter(|one| one.failure.is_some());
    let top = failed().map(|one| one.level).min()?;
    let is_first = |one: &Message| one.level == top && one.failure.is_some();
    let mut cause = messages.iter().position(is_first)?;
    // Each make reports its failure after the one that it called has reported its own.
    while cause > 0
        && messages[cause - 1].level > messages[cause].level
        && messages[cause - 1].failure.is_some()
    {
        cause -= 1;
    }
    messages.into_iter().nth(cause)?.failure
}

/// Reads `make[1]: *** [Makefile:12: deploy] Error 7`, `make: [Makefile:3: x] Error 1 (ignored)`,
/// `make: *** No rule to make target 'x'.  Stop.` and `Makefile:3: *** missing separator.  Stop.`
fn message(line: &[u8]) -> Option<Message> {
    let find = |mark: &str| memchr::memmem::find(line, mark.as_bytes());
    if let Some(at) = find(": *** ") {
        let rest = String::from_utf8_lossy(&line[at + 6..]);
        let place = String::from_utf8_lossy(&line[..at]);
        return match (rest.strip_prefix('['), self::at(&place)) {
            (None, Some(place)) => stopped_at(place, &rest),
            (None, None) => Some(Message {
                level: level(&line[..at])?,
                failure: Some(stopped(&rest)?),
            }),
            (Some(rest), _) => Some(Message {
                level: level(&line[..at])?,
                failure: recipe(rest)?,
            }),
        };
    }
    // Without stars, make only reports what it ignores.
    let at = find(": [")?;
    let rest = String::from_utf8_lossy(&line[at + 3..]);
    let ignored = recipe(&rest)?.is_none();
    ignored.then_some(Message {
        level: level(&line[..at])?,
        failure: None,
    })
}

/// Reads `Makefile:12: deploy] Error 7`; an inner none if make ignored it.
fn recipe(rest: &str) -> Option<Option<Failure>> {
    let (inside, outcome) = rest.trim_end().rsplit_once("] ")?;
    if outcome.ends_with("(ignored)") {
        return Some(None);
    }
    let (place, target) = place(inside);
    let target = target.to_owned();
    // In other languages the word differs, the number does not.
    let code = outcome.rsplit_once(' ');
    let how = match code.and_then(|(_, code)| code.parse().ok()) {
        Some(code) => How::Code { target, code },
        None => How::Signal {
            target,
            signal: outcome.to_owned(),
        },
    };
    Some(Some(Failure { place, how }))
}

/// Reads `No rule to make target 'x'.  Stop.`; with `-k` make does not stop there.
fn stopped(rest: &str) -> Option<Failure> {
    let rest = rest.trim_end();
    let why = match rest.strip_suffix("  Stop.") {
        Some(why) => why,
        None if rest.starts_with("No rule to make target ") => rest,
        None => return None,
    };
    Some(Failure {
        place: None,
        how: How::Stopped(why.trim_end_matches('.').to_owned()),
    })
}

/// `missing separator.  Stop.` at a place. Which make says so it does not say: one that all others called.
fn stopped_at(place: Place, rest: &str) -> Option<Message> {
    let failure = stopped(rest).filter(|_| rest.trim_end().ends_with("Stop."))?;
    Some(Message {
        level: u32::MAX,
        failure: Some(Failure {
            place: Some(place),
            ..failure
        }),
    })
}

/// Reads `Makefile:3`.
fn at(place: &str) -> Option<Place> {
    let (file, line) = place.rsplit_once(':')?;
    Some(Place {
        file: file.to_owned(),
        line: line.parse().ok()?,
    })
}

/// How deep, from `make` or `make[2]`; none if another program wrote the line.
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
mod tests;
