//! One log that goes by, block by block, and which of its lines hold what is looked for.

use std::{mem, sync::Arc};

use crate::log::{
    Stream,
    find::{Finder, Pattern},
    lines::State,
};

/// One log that goes by. It holds two open lines at most, some 5 MiB each, however long the log is.
///
/// No block is left out for what its raw bytes hold: an escape sequence may stand between any two characters of a word, a
/// tab or a jump of the cursor makes blanks, `\r` takes back what was written. The absence of a word from the bytes says
/// something only if no control is among them, and such bytes are their own text: [`Finder`] reads them as they are, as fast
/// as a look for the word alone would.
#[derive(Debug)]
pub struct LogSearch {
    pattern: Arc<Pattern>,
    scan: Finder,
    /// The chunk that comes next; none after a block whose chunks are not known.
    next: Option<u64>,
    /// Whether all of the log has gone by so far.
    whole: bool,
    bytes: u64,
    /// Lines that end before this chunk are not reported.
    start: u64,
    /// Whether the block that goes by lies before it.
    is_before: bool,
}

impl LogSearch {
    /// At the start of a log.
    #[must_use]
    pub fn new(pattern: Arc<Pattern>) -> Self {
        Self {
            scan: Finder::new(Arc::clone(&pattern)),
            pattern,
            next: Some(0),
            whole: true,
            bytes: 0,
            start: 0,
            is_before: false,
        }
    }

    /// What lies before the block of chunk `seq`, which begins at `state`, need not go by. Of what comes, lines that end before
    /// chunk `start` are not reported. False, if that state cannot be read: then the log has to go by from its start.
    #[must_use]
    pub fn skip_to(&mut self, seq: u64, state: &[u8], start: u64) -> bool {
        self.start = start;
        if self.next == Some(seq) {
            return true;
        }
        let state = match State::from_bytes(state) {
            _ if seq == 0 => State::default(),
            Ok(state) => state,
            Err(_) => return false,
        };
        self.scan = Finder::resume(Arc::clone(&self.pattern), &state);
        self.next = Some(seq);
        true
    }

    /// A block of the chunks from `seq` to before `end` begins, at `state`. If it is not the one that should come, what lies
    /// between is gone: `found` gets the lines that end with it.
    pub fn block(&mut self, seq: u64, end: Option<u64>, state: &[u8], mut found: impl FnMut(u64)) {
        self.is_before = seq < self.start;
        let is_before = self.is_before;
        let found = |line| {
            if !is_before {
                found(line);
            }
        };
        if self.next.is_some_and(|next| next != seq) {
            self.jump(&State::from_bytes(state).unwrap_or_default(), found);
        }
        self.whole &= end.is_some();
        self.next = end;
    }

    /// What comes next begins at `state`, and what lies between is gone.
    pub fn jump(&mut self, state: &State, found: impl FnMut(u64)) {
        self.whole = false;
        let on = Finder::resume(Arc::clone(&self.pattern), state);
        mem::replace(&mut self.scan, on).open_lines(found);
    }

    /// Takes the next bytes, and reports the lines that ended in them and hold a hit.
    pub fn feed(&mut self, stream: Stream, bytes: &[u8], mut found: impl FnMut(u64)) {
        self.bytes += bytes.len() as u64;
        let is_before = self.is_before;
        self.scan.feed_lines(stream, bytes, |line| {
            if !is_before {
                found(line);
            }
        });
    }

    /// Reports the lines without an end that hold a hit: no more comes.
    pub fn end(&self, found: impl FnMut(u64)) {
        self.scan.open_lines(found);
    }

    /// Whether no part of the log is missing, of which there should be `bytes` in all.
    #[must_use]
    pub const fn is_whole(&self, bytes: u64) -> bool {
        self.whole && self.bytes >= bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::find::Query;

    fn reading(text: &str) -> LogSearch {
        let query = Query {
            text: text.into(),
            ..Query::default()
        };
        LogSearch::new(Arc::new(Pattern::new(&query).unwrap()))
    }

    #[test]
    fn a_hole_in_a_log_moves_no_line() {
        let mut reading = reading("word");
        let mut found = Vec::new();
        let mut state = State::default();
        reading.block(0, Some(1), b"", |line| found.push(line));
        let first = b"one word\nword that goes o";
        state.advance(Stream::Stdout, first);
        reading.feed(Stream::Stdout, first, |line| found.push(line));
        // The second block is gone; the third begins within line 3.
        state.advance(Stream::Stdout, b"n\nthree, a w");
        let bytes = state.to_bytes();
        reading.block(2, Some(3), &bytes, |line| found.push(line));
        reading.feed(Stream::Stdout, b"ord\nfour\nword", |line| found.push(line));
        reading.end(|line| found.push(line));
        assert_eq!(found, [1, 2, 5]);
        assert!(!reading.is_whole(0));
    }
}
