//! What stands out in a log: lines that report an error, and the sections that makes in other folders and the lines of
//! recipes wrote.
//!
//! An [`Outliner`] reads a log's bytes as they come, and looks closer only at lines with a telling word in them.

mod echo;
mod errors;
mod place;
mod sections;

use std::{ops::Range, sync::LazyLock};

use memchr::{memchr, memchr_iter, memrchr};
use serde::{Deserialize, Serialize};

pub use self::{
    echo::Echo,
    place::{Spot, spot_in},
};
use self::{echo::Echoes, errors::Errors, sections::Sections};
use super::{Stream, Texts, find::Pattern};

/// Errors, and sections, that are kept at most. Later ones are left out, and the outline says so.
pub const MOST: usize = 10_000;

/// What stands out in a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Outline {
    /// Lines that report an error, in order.
    pub errors: Vec<Fault>,
    /// What makes in other folders and lines of recipes wrote, by their first lines; one lies within another or apart from
    /// it.
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

/// Lines that belong together, under the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Section {
    /// The line in which it begins.
    pub first: u64,
    /// The line in which it ends; none if it has not.
    pub last: Option<u64>,
    /// How many sections it lies in.
    pub depth: u32,
    /// What it is of.
    pub of: SectionOf,
    /// The folder, as make names it, or the line of the recipe as make wrote it, of which at most 200 characters.
    pub name: String,
    /// Whether its make failed, or its line of a recipe.
    pub failed: bool,
    /// When it began: microseconds since 1970.
    pub began_at: i64,
    /// When it ended: if it is of a recipe, when the next line of one was written.
    pub ended_at: Option<i64>,
}

/// What a section is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SectionOf {
    /// What a make wrote from where it entered a folder to where it left it.
    Folder,
    /// A line of a recipe, which make wrote before it ran it, and what came until the next one. What the recipe's silent lines
    /// (`@`) behind it wrote is part of it, since nothing separates that.
    Recipe,
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
    echoes: Echoes,
    errors: Errors,
    sections: Sections,
}

impl Outliner {
    /// At the start of a log. A line in which one of `rules` is found reports an error, too, and a line that is one of
    /// `echoes` begins a section.
    #[must_use]
    pub fn new(rules: Vec<Pattern>, echoes: Vec<Echo>) -> Self {
        Self {
            found: Found {
                rules,
                echoes: Echoes::new(echoes),
                ..Found::default()
            },
            ..Self::default()
        }
    }

    /// Takes the next bytes of `stream`, read at `at` (microseconds since 1970).
    pub fn feed(&mut self, stream: Stream, at: i64, bytes: &[u8]) {
        let found = &mut self.found;
        self.texts.feed(stream, bytes, |first, texts| {
            found.read(stream, first, at, texts);
        });
    }

    /// Ends the log: a line without an end reports errors, too.
    pub fn end(&mut self) {
        let found = &mut self.found;
        // An echo is written with its newline, so this is of none.
        let read = |number, text: &_| found.read(Stream::Stderr, number, 0, text);
        self.texts.open(read);
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
    fn read(&mut self, stream: Stream, first: u64, at: i64, texts: &str) {
        let lines = Lines {
            texts,
            number: first,
            counted: 0,
        };
        let mut heads = Vec::new();
        if stream == Stream::Stdout {
            self.echoes.find(texts, |start, target| {
                heads.push((start, target.to_owned()));
            });
        }
        let mut telling = lines.again(first);
        let mut heads = heads.into_iter().peekable();
        let mut echoed = lines.again(first);
        let mut head = |sections: &mut Sections, (start, target): (usize, String)| {
            let (number, line) = echoed.around(start);
            sections.echo(number, at, &texts[line], target);
        };
        let mut from = 0;
        while let Some(found) = TELLING.next(texts, from) {
            let (number, line) = telling.around(found.start);
            let text = &texts[line.clone()];
            while let Some(earlier) = heads.next_if(|(start, _)| *start < line.start) {
                head(&mut self.sections, earlier);
            }
            let is_echo = heads.peek().is_some_and(|(start, _)| *start == line.start);
            // A command that has a word like "error" in it is none.
            if !is_echo && !self.sections.read(number, at, text) {
                self.errors.read(number, text);
            }
            from = line.end + 1;
        }
        for rest in heads {
            head(&mut self.sections, rest);
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
