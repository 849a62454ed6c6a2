//! Lines that report an error, in the shapes of make, compilers and languages.

use std::{collections::BTreeMap, sync::LazyLock};

use regex_automata::meta::Regex;

use super::{
    Fault, MOST,
    place::{Spot, compiled, python, spot},
};

/// Lines after an error in which its place may still be named.
const SOON: u64 = 200;

/// Shapes that name a place, or else have one in a line soon after.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?x)
        # make, also where a makefile cannot be read
          ^ \S* make (?:\[\d+\])? :\ \*\*\*\ | ^ [^\s:]+ :\d+:\ \*\*\*\x20
        # gcc, clang, Go, rustc's short form, TypeScript
        | ^ \s* \S [^:]* :\d+: (?:\d+:)? \s (?:fatal\ )? error \b
        | ^ \s* (?:vet:\ )? \S+ \.go :\d+:\d+:\x20
        | ^ \S+ \(\d+,\d+\) :\ error\ | ^ \S+ :\d+:\d+ \ -\ error\x20
        | ^ CMake\ Error\b
        # rustc and cargo; a panic
        | ^ error (?: \[ E\d+ \] )? :\ | ^ thread\ '.*'\ (?: \(\d+\)\ )? panicked\ at\x20
        # Python
        | ^ Traceback\ \(most\ recent\ call\ last\):
        # and everybody else
        | (?i: ^ (?: \S+ :\ )? (?: fatal\ error | error | fatal | panic ) (?: \[ [\w-]+ \] )? :\ )
        | ^ \[? (?: ERROR | FATAL ) \b
        | ^ (?: Uncaught\ )? [\w.]* (?: Error | Exception ) (?: \ \[ \w+ \] )? :\ | ^ Exception\ in\ thread\b",
    )
});

/// What only counts errors that have been reported, and what make says when a person stops it.
static SUMMARY: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"^error: (?:could not compile|aborting due to)|\(ignored\)\s*$|^\w+(?:\[\d+\])?: \*\*\* .*\] Interrupt\s*$",
    )
});

/// The errors found so far.
#[derive(Debug, Default)]
pub(super) struct Errors {
    found: BTreeMap<u64, Option<Spot>>,
    is_cut: bool,
    /// The error whose place may still come.
    waiting: Option<Waiting>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    line: u64,
    /// A traceback's last place counts, and its last line, at the margin, is no error of its own.
    is_traceback: bool,
}

impl Errors {
    pub(super) fn all(&self) -> Vec<Fault> {
        let fault = |(&line, spot): (&u64, &Option<Spot>)| Fault {
            line,
            spot: spot.clone(),
        };
        self.found.iter().map(fault).collect()
    }

    pub(super) fn first(&self) -> Option<u64> {
        self.found.first_key_value().map(|(line, _)| *line)
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn add(&mut self, line: u64, spot: Option<Spot>) {
        if self.found.len() < MOST {
            self.found.entry(line).or_insert(spot);
        } else {
            self.is_cut = true;
        }
    }

    /// Looks at a line.
    pub(super) fn read(&mut self, line: u64, text: &str) {
        if let Some(waiting) = self.waiting
            && self.goes_on(waiting, line, text)
        {
            return;
        }
        if !SHAPES.is_match(text) || SUMMARY.is_match(text) {
            return;
        }
        let spot = spot(text);
        let is_traceback = text.starts_with("Traceback");
        self.waiting = (is_traceback || spot.is_none()).then_some(Waiting { line, is_traceback });
        self.add(line, spot);
    }

    /// Whether a line belongs to the error before it.
    fn goes_on(&mut self, waiting: Waiting, line: u64, text: &str) -> bool {
        let named = if waiting.is_traceback {
            python(text)
        } else if text.trim_start().starts_with("--> ") {
            spot(text)
        } else {
            None
        };
        let is_last = waiting.is_traceback && !text.starts_with([' ', '\t']);
        if is_last || line > waiting.line + SOON || (named.is_some() && !waiting.is_traceback) {
            self.waiting = None;
        }
        if let (Some(spot), Some(known)) = (&named, self.found.get_mut(&waiting.line)) {
            *known = Some(spot.clone());
        }
        named.is_some() || (is_last && line <= waiting.line + SOON)
    }
}
