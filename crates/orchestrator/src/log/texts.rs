//! The texts of all lines, as they are shown, while a log's bytes come in: what search and outline read.
//!
//! It knows no styles and no times. Whole lines are given many at once, so that what reads them works at memory speed.

use std::mem;

use memchr::{memchr, memchr_iter, memrchr};

use super::{
    Encoding, Stream,
    escape::Pen,
    lines::{Open, State},
    plain::{Unstyled, plain, shown},
    row::Row,
};

/// Bytes of a line without an end that are kept as they came; of what is longer only the columns are kept.
const LONGEST: usize = 1024 * 1024;

/// Columns of a line that are looked at; more of one line is not searched.
const COLUMNS: usize = 1024 * 1024;

/// Where a reader of texts is between two chunks: the next line's number, and each stream's line without an end.
///
/// Its memory is bounded by some 5 MiB for each stream, however long the lines are.
#[derive(Debug, Clone)]
pub struct Texts {
    encoding: Encoding,
    next: u64,
    begun: [Option<Begun>; 2],
}

impl Default for Texts {
    /// The start of a log.
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            next: 1,
            begun: [None, None],
        }
    }
}

impl Texts {
    /// At `state`, as if what is before it had not been: of a line that is open there only the rest is read.
    #[must_use]
    pub fn resume(state: &State) -> Self {
        let rest = |stream| state.open(stream).map(|open: Open| Begun::new(open.number));
        Self {
            encoding: Encoding::Utf8,
            next: state.lines() + 1,
            begun: [rest(Stream::Stdout), rest(Stream::Stderr)],
        }
    }

    /// The same, of a log that is shown in an encoding.
    #[must_use]
    pub const fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Lines that have begun so far.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.next - 1
    }

    /// Takes the next bytes of `stream`. `each` is called with every line that ended in them, some at a time: the first one's
    /// number, and the texts of it and the next ones, parted by newlines.
    pub fn feed(&mut self, stream: Stream, mut bytes: &[u8], mut each: impl FnMut(u64, &str)) {
        let open = &mut self.begun[stream as usize];
        if let Some(begun) = open {
            let end = memchr(b'\n', bytes);
            begun.add(&bytes[..end.unwrap_or(bytes.len())], self.encoding);
            let Some(end) = end else { return };
            let number = begun.number;
            let text = mem::take(open).map(|begun| begun.into_text(self.encoding));
            each(number, &text.unwrap_or_default());
            bytes = &bytes[end + 1..];
        }
        if let Some(last) = memrchr(b'\n', bytes) {
            let whole = &bytes[..last];
            let first = self.next;
            self.next += 1 + memchr_iter(b'\n', whole).count() as u64;
            each(first, &shown(&self.encoding.lines(whole)));
            bytes = &bytes[last + 1..];
        }
        if !bytes.is_empty() {
            let begun = open.insert(Begun::new(self.next));
            begun.add(bytes, self.encoding);
            self.next += 1;
        }
    }

    /// Reports the lines that have no end yet, as far as they have come, in the order of their numbers.
    pub fn open(&self, mut each: impl FnMut(u64, &str)) {
        let mut begun: Vec<&Begun> = self.begun.iter().flatten().collect();
        begun.sort_by_key(|begun| begun.number);
        for begun in begun {
            each(begun.number, &begun.clone().into_text(self.encoding));
        }
    }
}

/// A line whose newline has not come yet.
#[derive(Debug, Clone)]
struct Begun {
    number: u64,
    so_far: SoFar,
}

#[derive(Debug, Clone)]
enum SoFar {
    Bytes(Vec<u8>),
    /// A progress bar that never ends its line, say, comes to little on screen.
    Row(Box<(Pen, Unstyled)>),
}

impl Begun {
    const fn new(number: u64) -> Self {
        Self {
            number,
            so_far: SoFar::Bytes(Vec::new()),
        }
    }

    /// Of a line in another encoding no more is kept than of one that can still be decoded as a whole.
    fn add(&mut self, bytes: &[u8], encoding: Encoding) {
        if let SoFar::Bytes(held) = &mut self.so_far {
            if held.len() + bytes.len() <= LONGEST {
                return held.extend_from_slice(bytes);
            }
            if encoding != Encoding::Utf8 {
                return;
            }
            let (mut pen, mut row) = (Pen::default(), Unstyled(Row::new(COLUMNS)));
            pen.write(held, &mut row);
            self.so_far = SoFar::Row(Box::new((pen, row)));
        }
        if let SoFar::Row(row) = &mut self.so_far {
            let (pen, row) = &mut **row;
            pen.write(bytes, row);
        }
    }

    fn into_text(self, encoding: Encoding) -> String {
        match self.so_far {
            SoFar::Bytes(bytes) => plain(&encoding.line(&bytes)),
            SoFar::Row(row) => row.1.0.into_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Stream::{Stderr, Stdout};

    #[test]
    fn where_the_start_is_gone_lines_keep_their_numbers() {
        let mut state = State::default();
        state.advance(Stdout, b"one\ntwo, of which ");
        state.advance(Stderr, b"three\n");
        let mut texts = Texts::resume(&state);
        let mut read = Vec::new();
        for (stream, bytes) in [(Stderr, &b"four\n"[..]), (Stdout, b"the rest\nfive\n")] {
            texts.feed(stream, bytes, |number, text| {
                read.push((number, text.to_owned()));
            });
        }
        let expected = [(4, "four"), (2, "the rest"), (5, "five")];
        assert_eq!(
            read,
            expected.map(|(number, text)| (number, text.to_owned()))
        );
    }

    #[test]
    fn a_line_that_never_ends_takes_no_more_memory_than_a_long_one() {
        let mut texts = Texts::default();
        let none = |number: u64, _: &str| panic!("line {number} has no end");
        for percent in 0..200_000_u32 {
            texts.feed(
                Stdout,
                format!("\r\x1b[32m{percent:>9} of it").as_bytes(),
                none,
            );
        }
        let mut read = Vec::new();
        texts.feed(Stderr, b"other\n", |number, text| {
            read.push((number, text.to_owned()));
        });
        texts.open(|number, text| read.push((number, text.to_owned())));
        texts.feed(Stdout, b"\rdone\x1b[K\nand", |number, text| {
            read.push((number, text.to_owned()));
        });
        texts.open(|number, text| read.push((number, text.to_owned())));
        let expected = [
            (2, "other"),
            (1, "   199999 of it"),
            (1, "done"),
            (3, "and"),
        ];
        assert_eq!(
            read,
            expected.map(|(number, text)| (number, text.to_owned()))
        );
        assert_eq!(texts.lines(), 3);
    }
}
