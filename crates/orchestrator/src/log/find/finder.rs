//! Looks through a log as its bytes come in.

use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use super::{Hit, Pattern};
use crate::log::{Encoding, Line, Stream, Texts, lines::State};

/// Looks for one pattern in a log that is read from its start.
#[derive(Debug, Clone)]
pub struct Finder {
    pattern: Arc<Pattern>,
    texts: Texts,
}

impl Finder {
    /// At the start of a log.
    #[must_use]
    pub fn new(pattern: Arc<Pattern>) -> Self {
        Self {
            pattern,
            texts: Texts::default(),
        }
    }

    /// At `state` of a log whose beginning is gone, as [`Texts::resume`] reads it.
    #[must_use]
    pub fn resume(pattern: Arc<Pattern>, state: &State) -> Self {
        Self {
            pattern,
            texts: Texts::resume(state),
        }
    }

    /// The same, in a log that is shown in an encoding.
    #[must_use]
    pub fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.texts = self.texts.in_encoding(encoding);
        self
    }

    /// Lines that have begun so far.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.texts.lines()
    }

    /// Takes the next bytes of `stream`, and reports what is in the lines that ended in them: in order, but that a
    /// line that was open for long comes after lines with higher numbers.
    pub fn feed(&mut self, stream: Stream, bytes: &[u8], mut found: impl FnMut(Hit)) {
        let pattern = &self.pattern;
        self.texts.feed(stream, bytes, |first, texts| {
            in_lines(pattern, first, texts, &mut found);
        });
    }

    /// As [`Finder::feed`], but reports only the numbers of lines that hold something: what else is in such a line is not
    /// looked for, so a line costs no more than its length, whatever the pattern is.
    pub fn feed_lines(&mut self, stream: Stream, bytes: &[u8], mut found: impl FnMut(u64)) {
        let pattern = &self.pattern;
        self.texts.feed(stream, bytes, |first, texts| {
            lines_with(pattern, first, texts, &mut found);
        });
    }

    /// As [`Finder::open`], but reports only the numbers of lines that hold something.
    pub fn open_lines(&self, mut found: impl FnMut(u64)) {
        self.texts.open(|first, texts| {
            lines_with(&self.pattern, first, texts, &mut found);
        });
    }

    /// Reports what is in the lines that have no end yet.
    pub fn open(&self, mut found: impl FnMut(Hit)) {
        self.texts.open(|first, texts| {
            in_lines(&self.pattern, first, texts, &mut found);
        });
    }
}

/// What is in one line, as far as its text is held.
#[must_use]
pub fn hits_in_line(pattern: &Pattern, line: &Line) -> Vec<Hit> {
    let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
    let mut hits = Vec::new();
    in_lines(pattern, line.number, &text, &mut |hit| hits.push(hit));
    hits
}

/// Reports what is in some lines, the first of which has the number `first`.
fn in_lines(pattern: &Pattern, first: u64, texts: &str, found: &mut impl FnMut(Hit)) {
    let mut place = Place {
        line: first,
        at: 0,
        column: 0,
    };
    pattern.each(texts, |range| {
        place.move_to(texts, range.start);
        let (line, start) = (place.line, place.column);
        place.move_to(texts, range.end);
        found(Hit {
            line,
            start,
            end: place.column,
        });
    });
}

/// Reports which of some lines hold something, the first of which has the number `first`. What ends with its line, as every
/// match does, is looked for in all of them at once: most texts hold nothing, and are read once.
fn lines_with(pattern: &Pattern, first: u64, texts: &str, found: &mut impl FnMut(u64)) {
    let (mut line, mut at) = (first, 0);
    while let Some(range) = pattern.next(texts, at) {
        line += memchr_iter(b'\n', &texts.as_bytes()[at..range.start]).count() as u64;
        found(line);
        let Some(end) = memchr(b'\n', &texts.as_bytes()[range.end..]) else {
            return;
        };
        at = range.end + end + 1;
        line += 1;
    }
}

/// A place in texts, moved on from hit to hit so that each byte is counted once.
struct Place {
    line: u64,
    at: usize,
    column: u32,
}

impl Place {
    fn move_to(&mut self, texts: &str, to: usize) {
        let mut between = &texts[self.at..to];
        if let Some(last) = memrchr(b'\n', between.as_bytes()) {
            self.line += memchr_iter(b'\n', between.as_bytes()).count() as u64;
            self.column = 0;
            between = &between[last + 1..];
        }
        let units = if between.is_ascii() {
            between.len()
        } else {
            between.chars().map(char::len_utf16).sum()
        };
        // No text is longer than 1 Mi columns or 1 MiB.
        self.column = self
            .column
            .saturating_add(u32::try_from(units).unwrap_or(u32::MAX));
        self.at = to;
    }
}
