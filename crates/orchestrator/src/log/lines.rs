//! Lines: where they begin, and the ones that are to be shown. Pure functions of a log's bytes, however they are cut
//! into chunks.
//!
//! [`State`] is where a reader is between two chunks. It is kept at marks of a log's index, so that reading can
//! begin there; it holds just what the lines that begin later depend on. [`Window`] collects lines by number,
//! [`Tail`] the last ones; [`Flow`] gives all of them in turn.

mod collect;
mod flow;
mod stored;
mod tail;
mod window;

use memchr::{memchr_iter, memrchr};

pub use self::{flow::Flow, stored::Unreadable, tail::Tail, window::Window};
use super::{
    Stream, Style,
    escape::{Pen, Screen},
};

/// How much of a line is shown unless all of it is asked for, in bytes (see [`Window::new`]).
pub const LIMIT: usize = 8 * 1024;

/// Where a reader of a log is between two chunks.
///
/// For each stream it holds the line that is open and, at the current position and not at the open line's start, the
/// style and an unfinished escape sequence. That is exact for every line that begins from here on: its style at its
/// start is the one here as changed by what is read in between. An unfinished UTF-8 character is not held, because it
/// ends with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    next: u64,
    streams: [Side; 2],
}

/// One stream's part of a [`State`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Side {
    open: Option<Open>,
    pen: Pen,
}

/// A line whose newline has not come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Its number, from 1.
    pub number: u64,
    /// Its length so far, in bytes as written; never 0.
    pub bytes: u64,
}

impl Default for State {
    /// The start of a log.
    fn default() -> Self {
        Self {
            next: 1,
            streams: Default::default(),
        }
    }
}

impl State {
    /// Lines that have begun so far, open ones included.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.next - 1
    }

    /// A stream's open line.
    #[must_use]
    pub const fn open(&self, stream: Stream) -> Option<Open> {
        self.streams[stream as usize].open
    }

    /// The style of what a stream writes next.
    const fn style(&self, stream: Stream) -> Style {
        self.streams[stream as usize].pen.style()
    }

    /// Reads on: `bytes` are the next ones of `stream`.
    pub fn advance(&mut self, stream: Stream, bytes: &[u8]) {
        self.count(stream, bytes);
        self.streams[stream as usize].pen.skip(bytes);
    }

    /// Reads on within one line, which is shown on `screen`. The newline may only be the last of `bytes`.
    fn show(&mut self, stream: Stream, bytes: &[u8], screen: &mut impl Screen) {
        self.count(stream, bytes);
        let pen = &mut self.streams[stream as usize].pen;
        if let Some(text) = bytes.strip_suffix(b"\n") {
            pen.write(text, screen);
            pen.newline();
        } else {
            pen.write(bytes, screen);
        }
    }

    /// Counts the lines in `bytes`.
    fn count(&mut self, stream: Stream, bytes: &[u8]) {
        self.next += self.begin_in(stream, bytes);
        let open = &mut self.streams[stream as usize].open;
        let last = match memrchr(b'\n', bytes) {
            None => bytes,
            Some(newline) => {
                *open = None;
                &bytes[newline + 1..]
            }
        };
        if !last.is_empty() {
            let number = self.next - 1;
            open.get_or_insert(Open { number, bytes: 0 }).bytes += last.len() as u64;
        }
    }

    /// How many lines begin in `bytes`, the next ones of `stream`.
    fn begin_in(&self, stream: Stream, bytes: &[u8]) -> u64 {
        let Some(last) = bytes.last() else { return 0 };
        let end = memchr_iter(b'\n', bytes).count() as u64 + u64::from(*last != b'\n');
        end - u64::from(self.open(stream).is_some())
    }
}

#[cfg(test)]
mod tests;
