//! The last lines of a log that grows.

use super::{State, collect::Collector};
use crate::log::{Line, Stream};

/// Keeps the last lines of a log that is read from a known [`State`] on. Lines that cannot be among the last ones at the
/// end of the bytes it is fed are counted and not rendered, so that a flood costs little.
#[derive(Debug, Clone)]
pub struct Tail {
    lines: Collector,
    count: u64,
}

impl Tail {
    /// Keeps the last `count` lines. Lines that are open in `state` are left out, since their beginning is not read again. `limit` and
    /// memory are as in [`super::Window`].
    #[must_use]
    pub fn new(state: State, count: u64, limit: usize) -> Self {
        Self {
            lines: Collector::new(state, 0..u64::MAX, limit),
            count,
        }
    }

    /// Takes the next bytes of `stream`, read at `at` (microseconds since 1970).
    pub fn feed(&mut self, stream: Stream, at: i64, bytes: &[u8]) {
        let state = &self.lines.state;
        let lines = state.lines() + state.begin_in(stream, bytes);
        self.lines
            .forget_before((lines + 1).saturating_sub(self.count));
        self.lines.feed(stream, at, bytes);
    }

    /// Where the reader stands now.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.lines.state
    }

    /// The last lines in number order, open ones included.
    #[must_use]
    pub fn last(&self) -> Vec<Line> {
        self.lines.clone().into_lines()
    }
}
