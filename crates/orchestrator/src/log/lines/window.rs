//! The lines of a range of numbers.

use super::{State, collect::Collector};
use crate::log::{Encoding, Line, Stream};

/// Collects the lines numbered from `first` on, `count` of them, while a log is read from a known [`State`].
///
/// Its memory is bounded by `count` times a few `limit`, however long the lines are: each closed line takes at most
/// some five times `limit` in the worst case (a colour for every character), and each of the two that can be open 4
/// bytes a column, 18 if it is coloured.
#[derive(Debug, Clone)]
pub struct Window(Collector);

impl Window {
    /// A window on a log that is read from `state` on.
    ///
    /// `first` counts from 1. Lines that are open in `state` are never collected, since their beginning is not read
    /// again; so choose a state with `state.lines() < first`.
    ///
    /// `limit` bounds what a line's spans hold, in bytes of UTF-8, each change of style counting for 16: [`super::LIMIT`], or
    /// more for a whole line.
    #[must_use]
    pub fn new(state: State, first: u64, count: u64, limit: usize) -> Self {
        Self(Collector::new(
            state,
            first..first.saturating_add(count),
            limit,
        ))
    }

    /// The same, of a log that is shown in an encoding.
    #[must_use]
    pub fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.0 = self.0.in_encoding(encoding);
        self
    }

    /// Takes the next bytes of `stream`, read at `at` (microseconds since 1970). After [`Window::is_full`] it has no
    /// effect.
    pub fn feed(&mut self, stream: Stream, at: i64, bytes: &[u8]) {
        if !self.is_full() {
            self.0.feed(stream, at, bytes);
        }
    }

    /// Whether all wanted lines are closed, so that reading may stop here.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.has_begun() && !self.0.has_open()
    }

    /// Whether all wanted lines have begun. An open one may stay open while the other stream goes on for gigabytes (a
    /// prompt, say), so a caller may stop some way after this; such a line is then given as open, as far as it was read.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.has_begun()
    }

    /// The lines in number order, consecutive; fewer than wanted if the log has not got so far.
    #[must_use]
    pub fn finish(self) -> Vec<Line> {
        self.0.into_lines()
    }
}
