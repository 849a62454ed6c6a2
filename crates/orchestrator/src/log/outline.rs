//! What stands out in a log: lines that report an error, and the sections that makes in other folders wrote.
//!
//! An [`Outliner`] reads a log's bytes as they come, and looks closer only at lines with a telling word in them.

mod errors;
mod place;
mod sections;

use std::{ops::Range, sync::LazyLock};

use memchr::{memchr, memchr_iter, memrchr};
use serde::{Deserialize, Serialize};

pub use self::place::{Spot, spot_in};
use self::{errors::Errors, sections::Sections};
use super::{Stream, Texts, find::Pattern};

/// Errors, and sections, that are kept at most. Later ones are left out, and the outline says so.
pub const MOST: usize = 10_000;

/// What stands out in a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Outline {
    /// Lines that report an error, in order.
    pub errors: Vec<Fault>,
    /// What makes in other folders wrote, by their first lines; one lies within another or apart from it.
    pub sections: Vec<Section>,
    /// How many lines were looked at.
    pub lines: u64,
    /// Whether there is more than the first 10,000 errors or sections.
    pub cut: bool,
}

/// A line that reports an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Fault {
    /// Its number, from 1.
    pub line: u64,
    /// The place in a file that it or a line soon after it names.
    pub spot: Option<Spot>,
}

/// The lines from where make entered a folder to where it left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Section {
    /// The line in which make entered it.
    pub first: u64,
    /// The line in which make left it; none if it has not.
    pub last: Option<u64>,
    /// How many sections it lies in.
    pub depth: u32,
    /// The folder, as make names it.
    pub folder: String,
    /// Whether its make failed.
    pub failed: bool,
    /// When make entered it: microseconds since 1970.
    pub began_at: i64,
    /// When make left it.
    pub ended_at: Option<i64>,
}

/// Reads a log from its start and keeps what stands out.
#[derive(Debug, Default)]
pub struct Outliner {
    texts: Texts,
    found: Found,
}

#[derive(Debug, Default)]
struct Found {
    /// What a person calls an error.
    rules: Vec<Pattern>,
    errors: Errors,
    sections: Sections,
}

impl Outliner {
    /// At the start of a log. A line in which one of `rules` is found reports an error, too.
    #[must_use]
    pub fn new(rules: Vec<Pattern>) -> Self {
        Self {
            found: Found {
                rules,
                ..Found::default()
            },
            ..Self::default()
        }
    }

    /// Takes the next bytes of `stream`, read at `at` (microseconds since 1970).
    pub fn feed(&mut self, stream: Stream, at: i64, bytes: &[u8]) {
        let found = &mut self.found;
        self.texts.feed(stream, bytes, |first, texts| {
            found.read(first, at, texts);
        });
    }

    /// Ends the log: a line without an end reports errors, too.
    pub fn end(&mut self) {
        let found = &mut self.found;
        self.texts.open(|number, text| found.read(number, 0, text));
    }

    /// The first line so far that reports an error.
    #[must_use]
    pub fn first_error(&self) -> Option<u64> {
        self.found.errors.first()
    }

    /// What stands out so far.
    #[must_use]
    pub fn outline(&self) -> Outline {
        let lines = self.texts.lines();
        Outline {
            errors: self.found.errors.all(),
            sections: self.found.sections.all(lines),
            lines,
            cut: self.found.errors.is_cut() || self.found.sections.is_cut(),
        }
    }
}

/// What every line that we know how to read holds.
static TELLING: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::regex(
        r"\*\*\* |rror|RROR|atal|FATAL|panic|Traceback|xception| --> |  File |\.go:|ing directory",
    )
    .expect("it is written well")
});

impl Found {
    fn read(&mut self, first: u64, at: i64, texts: &str) {
        let mut lines = Lines {
            texts,
            number: first,
            counted: 0,
        };
        let mut from = 0;
        while let Some(found) = TELLING.next(texts, from) {
            let (number, line) = lines.around(found.start);
            let text = &texts[line.clone()];
            if !self.sections.read(number, at, text) {
                self.errors.read(number, text);
            }
            from = line.end + 1;
        }
        for rule in &self.rules {
            let (mut from, mut lines) = (0, lines.again(first));
            while let Some(found) = rule.next(texts, from) {
                let (number, line) = lines.around(found.start);
                self.errors.add(number, place::spot(&texts[line.clone()]));
                from = line.end + 1;
            }
        }
    }
}

/// Lines of texts by place, from front to back.
struct Lines<'a> {
    texts: &'a str,
    number: u64,
    counted: usize,
}

impl<'a> Lines<'a> {
    /// The line with byte `at` in it: its number, and where it lies.
    fn around(&mut self, at: usize) -> (u64, Range<usize>) {
        let bytes = self.texts.as_bytes();
        self.number += memchr_iter(b'\n', &bytes[self.counted..at]).count() as u64;
        self.counted = at;
        let start = memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
        let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
        (self.number, start..end)
    }

    fn again(&self, first: u64) -> Lines<'a> {
        Lines {
            texts: self.texts,
            number: first,
            counted: 0,
        }
    }
}

#[cfg(test)]
mod tests;
