//! Every line of a log in turn.

use super::{State, collect::Collector};
use crate::log::{Encoding, Line, Stream};

/// Lines that wait for one with a lower number to end, at most; past that they go before it.
const WAITING: usize = 10_000;

/// Gives all lines of a log while it is read, each once it has ended and in the order of their numbers; only a line that
/// stays open for long, as a prompt does, comes after those that ended meanwhile.
#[derive(Debug, Clone)]
pub struct Flow {
    lines: Collector,
    waiting: usize,
}

impl Flow {
    /// At the start of a log. `limit` is as in [`super::Window::new`].
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self::from(State::default(), limit)
    }

    /// The same, from `state` on, as if what is before it had not been.
    #[must_use]
    pub fn from(state: State, limit: usize) -> Self {
        Self {
            lines: Collector::new(state, 0..u64::MAX, limit),
            waiting: WAITING,
        }
    }

    /// The same as [`Flow::new`], each line at once: those of one stream never wait for the other's.
    #[must_use]
    pub fn at_once(limit: usize) -> Self {
        Self {
            waiting: 0,
            ..Self::new(limit)
        }
    }

    /// The same, of a log that is shown in an encoding.
    #[must_use]
    pub fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.lines = self.lines.in_encoding(encoding);
        self
    }

    /// Takes the next bytes of `stream`, read at `at` (microseconds since 1970), and gives what lines it can.
    pub fn feed(&mut self, stream: Stream, at: i64, bytes: &[u8]) -> Vec<Line> {
        self.lines.feed(stream, at, bytes);
        self.lines.take_closed(self.waiting)
    }

    /// The lines that are left, those without an end among them.
    #[must_use]
    pub fn finish(self) -> Vec<Line> {
        self.lines.into_lines()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{
        Stream::{Stderr, Stdout},
        lines::LIMIT,
    };

    #[test]
    fn lines_come_in_order_and_do_not_wait_for_ever() {
        let mut flow = Flow::new(LIMIT);
        let numbers = |lines: Vec<Line>| lines.iter().map(|line| line.number).collect::<Vec<_>>();
        assert_eq!(numbers(flow.feed(Stdout, 0, b"one\nopen")), [1]);
        assert_eq!(numbers(flow.feed(Stderr, 0, b"three\n")), [0; 0]);
        assert_eq!(numbers(flow.feed(Stdout, 0, b"\nfour\n")), [2, 3, 4]);
        assert_eq!(numbers(flow.feed(Stdout, 0, b"open")), [0; 0]);
        let many = flow.feed(Stderr, 0, "x\n".repeat(WAITING + 3).as_bytes());
        assert_eq!(numbers(many), [6, 7, 8]);
        assert_eq!(numbers(flow.finish())[..2], [5, 9]);
        let mut flow = Flow::at_once(LIMIT);
        assert_eq!(numbers(flow.feed(Stdout, 0, b"open")), [0; 0]);
        assert_eq!(numbers(flow.feed(Stderr, 0, b"two\n")), [2]);
        assert_eq!(numbers(flow.feed(Stdout, 0, b"\n")), [1]);
    }
}
