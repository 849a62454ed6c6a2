//! The lines of a range, rendered as their bytes come in; the windows and tails are made of it.

use std::{collections::BTreeMap, mem, ops::Range};

use memchr::{memchr, memchr_iter};

use super::State;
use crate::log::{
    Encoding, Line, Stream, Style,
    escape::Pen,
    row::{Row, Shown},
};

/// Collects the lines whose numbers are in `wanted`. Only lines that begin after it was made are collected.
#[derive(Debug, Clone)]
pub(super) struct Collector {
    state: State,
    encoding: Encoding,
    wanted: Range<u64>,
    limit: usize,
    closed: BTreeMap<u64, Line>,
    begun: [Option<Begun>; 2],
}

/// A wanted line that is open.
#[derive(Debug, Clone)]
struct Begun {
    number: u64,
    stream: Stream,
    at: i64,
    bytes: u64,
    row: Row,
    /// What is to be decoded once the line has ended; none of a line in UTF-8.
    encoded: Option<Box<Encoded>>,
}

/// A line in another encoding than UTF-8.
#[derive(Debug, Clone)]
struct Encoded {
    /// At the start of the line.
    pen: Pen,
    bytes: Vec<u8>,
}

/// Bytes of a line in another encoding that are kept, or as many as its row has columns: of a longer one its start is shown.
const ENCODED: usize = 1024 * 1024;

impl Collector {
    /// At `state`, with nothing collected.
    pub(super) fn new(state: State, wanted: Range<u64>, limit: usize) -> Self {
        Self {
            wanted: wanted.start.max(state.next)..wanted.end,
            state,
            encoding: Encoding::Utf8,
            limit,
            closed: BTreeMap::new(),
            begun: [None, None],
        }
    }

    /// The same, of a log that is shown in an encoding.
    pub(super) const fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Whether every wanted line has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.wanted.is_empty() || self.state.next >= self.wanted.end
    }

    /// Whether a wanted line is open.
    pub(super) fn has_open(&self) -> bool {
        self.begun.iter().any(Option::is_some)
    }

    /// Takes the next bytes of a stream.
    pub(super) fn feed(&mut self, stream: Stream, at: i64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let number = self
                .state
                .open(stream)
                .map_or(self.state.next, |open| open.number);
            let taken = if self.wanted.contains(&number) {
                let taken = memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1);
                self.show(stream, number, at, &bytes[..taken]);
                taken
            } else {
                let taken = self.unwanted(stream, bytes);
                self.state.advance(stream, &bytes[..taken]);
                taken
            };
            bytes = &bytes[taken..];
        }
    }

    /// Moves the start of the range on, and forgets what is before it.
    pub(super) fn forget_before(&mut self, first: u64) {
        if first > self.wanted.start {
            self.wanted.start = first;
            self.closed = self.closed.split_off(&first);
            for begun in &mut self.begun {
                begun.take_if(|begun| begun.number < first);
            }
        }
    }

    /// Takes out the lines that have ended and that no open one comes before, and those past `waiting` in any case.
    pub(super) fn take_closed(&mut self, waiting: usize) -> Vec<Line> {
        let open = self.begun.iter().flatten().map(|begun| begun.number).min();
        let mut left = match open {
            Some(open) => self.closed.split_off(&open),
            None => BTreeMap::new(),
        };
        let mut taken: Vec<Line> = mem::take(&mut self.closed).into_values().collect();
        while left.len() > waiting
            && let Some((_, line)) = left.pop_first()
        {
            taken.push(line);
        }
        self.closed = left;
        taken
    }

    /// What has been collected, in number order. A line that began before this collector is not among it.
    pub(super) fn into_lines(mut self) -> Vec<Line> {
        for begun in self.begun.into_iter().flatten() {
            let style = self.state.style(begun.stream);
            self.closed
                .insert(begun.number, begun.into_line(style, self.encoding, true));
        }
        self.closed.into_values().collect()
    }

    /// How many of `bytes` certainly belong to lines that are not wanted; more than 0.
    fn unwanted(&self, stream: Stream, bytes: &[u8]) -> usize {
        let newlines = match self.state.open(stream) {
            Some(_) => 1,
            None if self.state.next < self.wanted.start => self.wanted.start - self.state.next,
            None => return bytes.len(),
        };
        // Counting is much faster than looking for each one.
        if (memchr_iter(b'\n', bytes).count() as u64) < newlines {
            return bytes.len();
        }
        let last = memchr_iter(b'\n', bytes).nth(newlines as usize - 1);
        last.map_or(bytes.len(), |newline| newline + 1)
    }

    /// Takes bytes of one wanted line, up to its newline at most.
    fn show(&mut self, stream: Stream, number: u64, at: i64, bytes: &[u8]) {
        let open = &mut self.begun[stream as usize];
        let mut begun = open.take().unwrap_or_else(|| Begun {
            number,
            stream,
            at,
            bytes: 0,
            row: Row::with_extras(self.limit),
            encoded: Encoded::new(self.encoding, &self.state, stream),
        });
        if let Some(encoded) = &mut begun.encoded {
            self.state.advance(stream, bytes);
            encoded.add(bytes, self.limit);
        } else {
            self.state.show(stream, bytes, &mut begun.row);
        }
        begun.bytes += bytes.len() as u64;
        if bytes.ends_with(b"\n") {
            begun.bytes -= 1;
            let style = self.state.style(stream);
            let line = begun.into_line(style, self.encoding, false);
            self.closed.insert(number, line);
        } else {
            *open = Some(begun);
        }
    }
}

impl Begun {
    fn into_line(mut self, style: Style, encoding: Encoding, open: bool) -> Line {
        let style = match self.encoded.take() {
            Some(encoded) => encoded.draw(encoding, &mut self.row),
            None => style,
        };
        let Shown {
            spans,
            cut,
            tabs,
            links,
        } = self.row.into_shown(style);
        Line {
            number: self.number,
            stream: self.stream,
            at: self.at,
            spans,
            bytes: self.bytes,
            cut,
            open,
            tabs,
            links,
        }
    }
}

impl Encoded {
    fn new(encoding: Encoding, state: &State, stream: Stream) -> Option<Box<Self>> {
        let pen = match encoding {
            Encoding::Utf8 => return None,
            // Escapes are no bytes in a row there: what was read before says nothing.
            Encoding::Utf16Le | Encoding::Utf16Be => Pen::default(),
            _ => state.streams[stream as usize].pen.clone(),
        };
        Some(Box::new(Self {
            pen,
            bytes: Vec::new(),
        }))
    }

    fn add(&mut self, bytes: &[u8], limit: usize) {
        let room = ENCODED.max(2 * limit).saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Draws the line, and gives the style of what would come next.
    fn draw(mut self, encoding: Encoding, row: &mut Row) -> Style {
        let line = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        self.pen.write(&encoding.line(line), row);
        self.pen.style()
    }
}
