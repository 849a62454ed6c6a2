//! The last lines of a log that grows.

use std::collections::VecDeque;

use super::{State, collect::Collector};
use crate::log::{Line, Stream};

/// How much is kept unread, in bytes; more than the last lines usually take.
const ROOM: usize = 256 * 1024;

/// What a chunk counts for beside its bytes.
const CHUNK: usize = 64;

/// Keeps the last lines of a log that is read from a known [`State`] on.
///
/// The newest bytes, up to 256 KiB, are only counted and kept. When newer ones push them out, most of their lines are
/// no longer among the last and need never be rendered, so a flood costs little.
#[derive(Debug, Clone)]
pub struct Tail {
    count: u64,
    /// At the end of all bytes.
    state: State,
    /// At the start of the unread ones.
    lines: Collector,
    unread: VecDeque<(Stream, i64, Vec<u8>)>,
    size: usize,
    room: usize,
}

impl Tail {
    /// Keeps the last `count` lines. Lines that are open in `state` are left out, since their beginning is not read
    /// again. `limit` is as in [`super::Window::new`], and so is the memory but for the unread bytes.
    #[must_use]
    pub fn new(state: State, count: u64, limit: usize) -> Self {
        Self {
            count,
            lines: Collector::new(state.clone(), 0..u64::MAX, limit),
            state,
            unread: VecDeque::new(),
            size: 0,
            room: ROOM,
        }
    }

    /// Takes the next bytes of `stream`, read at `at` (microseconds since 1970).
    pub fn feed(&mut self, stream: Stream, at: i64, bytes: &[u8]) {
        self.state.advance(stream, bytes);
        self.size += bytes.len() + CHUNK;
        self.unread.push_back((stream, at, bytes.to_vec()));
        if self.size > self.room {
            self.lines.forget_before(self.first());
        }
        while self.size > self.room
            && let Some((stream, at, bytes)) = self.unread.pop_front()
        {
            self.size -= bytes.len() + CHUNK;
            self.lines.feed(stream, at, &bytes);
        }
    }

    /// Where the reader is now.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The last lines in number order, open ones included.
    #[must_use]
    pub fn last(&self) -> Vec<Line> {
        let mut lines = self.lines.clone();
        lines.forget_before(self.first());
        for (stream, at, bytes) in &self.unread {
            lines.feed(*stream, *at, bytes);
        }
        lines.into_lines()
    }

    /// The number of the first line that is among the last ones.
    fn first(&self) -> u64 {
        (self.state.lines() + 1).saturating_sub(self.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::lines::LIMIT;

    proptest! {
        #[test]
        fn it_does_not_matter_how_much_is_unread(
            chunks in prop::collection::vec(("[a-z\n\r]{0,40}", any::<bool>()), 0..40),
            count in 0_u64..12,
            room in 0_usize..2000,
        ) {
            let mut tail = Tail::new(State::default(), count, LIMIT);
            let mut lazy = tail.clone();
            tail.room = room;
            for (at, (text, out)) in chunks.iter().enumerate() {
                let stream = if *out { Stream::Stdout } else { Stream::Stderr };
                tail.feed(stream, at as i64, text.as_bytes());
                lazy.feed(stream, at as i64, text.as_bytes());
                prop_assert!(tail.size <= room);
                prop_assert_eq!(tail.last(), lazy.last());
            }
        }
    }
}
