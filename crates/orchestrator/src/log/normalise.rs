//! Lines without what differs from run to run: times, numbers, hashes, addresses, temporary files. Two lines that say the
//! same of two runs are then equal byte for byte, so they can be compared and counted.
//!
//! A line is plain text ([`super::plain`]) without its end. It is read once, from token to token; what a token is depends on
//! itself and its neighbours in the line, never on another line. **A code led by a letter stays** (`E0308`, `x86`, `-j4`), and
//! so does a version of three numbers or more (`1.2.3`). A token that several masks fit is taken by the most telling one; if
//! that is switched off, by the next.

mod hashes;
mod mask;
mod names;
mod numbers;
mod own;

use std::ops::Range;

use memchr::memchr;

pub use self::{
    mask::{Mask, Masks},
    own::{MaskedPart, OwnMasks},
};

/// Finds what is to be left out of lines.
#[derive(Debug, Clone, Default)]
pub struct Normaliser {
    masks: Masks,
    /// Words that are [`Mask::HostName`] wherever they are alone: the name of the host a job ran on, and its address.
    names: Vec<String>,
    own: OwnMasks,
}

impl Normaliser {
    /// With these masks, for a log in which these words name the host it is from.
    #[must_use]
    pub fn new(masks: Masks, names: Vec<String>) -> Self {
        Self {
            masks,
            names,
            own: OwnMasks::default(),
        }
    }

    /// The same with rules of a person's own.
    #[must_use]
    pub fn with_own(mut self, own: OwnMasks) -> Self {
        self.own = own;
        self
    }

    /// Appends a line, with `<` and the mask's word and `>` in the place of each token.
    pub fn normalise(&self, line: &str, out: &mut String) {
        let mut done = 0;
        self.each(line, |range, mask| {
            out.push_str(&line[done..range.start]);
            out.push('<');
            out.push_str(mask.word());
            out.push('>');
            done = range.end;
        });
        out.push_str(&line[done..]);
    }

    /// Gives each token of a line that is left out, in order: where it is, in bytes, and what it is.
    pub fn each(&self, line: &str, give: impl FnMut(Range<usize>, Mask)) {
        if self.masks.has(Mask::Own) && self.own.finds(line) {
            self.own
                .each(line, |give| self.each_known(line, give), give);
        } else {
            self.each_known(line, give);
        }
    }

    fn each_known(&self, line: &str, mut give: impl FnMut(Range<usize>, Mask)) {
        let mut reading = Reading {
            line: line.as_bytes(),
            masks: self.masks,
            names: &self.names,
            before: 0..0,
            length: 0,
            unclosed: 0,
        };
        let mut at = 0;
        while let Some(start) = next_start(reading.line, at) {
            match reading.token(start) {
                Some((length, mask)) => {
                    at = start + length;
                    give(start..at, mask);
                }
                None => at = reading.skip(start),
            }
        }
    }
}

/// One reading of a line.
struct Reading<'a> {
    line: &'a [u8],
    masks: Masks,
    names: &'a [String],
    /// The last word that stayed.
    before: Range<usize>,
    /// The length of the word that is looked at.
    length: usize,
    /// Quotation marks that are known to have no other after them, one bit each.
    unclosed: u8,
}

impl Reading<'_> {
    /// The length of the token that begins at `start`, and what it is; none if it stays.
    fn token(&mut self, start: usize) -> Option<(usize, Mask)> {
        let rest = &self.line[start..];
        match rest[0] {
            b'"' | b'\'' | b'`' => return self.quoted(start),
            b'/' if start > 0 && is_word(self.line[start - 1]) => return None,
            b'/' => return names::temp_path(rest, self.masks),
            b':' => return names::ip(run(rest), self.masks),
            _ => {}
        }
        self.length = word(rest);
        // Most words are followed by a blank or a slash, and are no name.
        let is_joined = matches!(
            rest.get(self.length),
            Some(b'.' | b'-' | b'+' | b'@' | b':')
        );
        let run = if is_joined {
            run(rest)
        } else {
            &rest[..self.length]
        };
        if let Some(name) = names::of(rest, run, self.masks, self.names) {
            return Some(name);
        }
        let is_trace = || self.is_behind(start, is_trace);
        if let Some(hash) = hashes::of(run, self.length, self.masks, is_trace) {
            return Some(hash);
        }
        if !rest[0].is_ascii_digit() {
            return numbers::worded_date(rest, self.masks);
        }
        // `sshd[4242]` is how syslog writes one.
        let is_pid = || self.is_behind(start, is_pid) || self.is_right_behind(start, b'[');
        // `main.c:12:34` is a line and a column.
        let is_place = self.is_right_behind(start, b':');
        numbers::of(self.line, start, self.masks, is_place, is_pid)
    }

    /// The end of what stays at `start`: a word, or one byte.
    fn skip(&mut self, start: usize) -> usize {
        if !is_word(self.line[start]) {
            return start + 1;
        }
        self.before = start..start + self.length;
        self.before.end
    }

    /// Whether the last word that stayed is such a one, and only marks are between it and `start`.
    fn is_behind(&self, start: usize, is_such: impl Fn(&[u8]) -> bool) -> bool {
        let between = &self.line[self.before.end..start];
        let is_mark = |byte: &u8| matches!(byte, b' ' | b':' | b'=' | b'#' | b'"' | b'\'');
        between.len() <= 3
            && between.iter().all(is_mark)
            && is_such(&self.line[self.before.clone()])
    }

    /// Whether just this mark is between the last word that stayed and `start`.
    fn is_right_behind(&self, start: usize, mark: u8) -> bool {
        !self.before.is_empty() && self.before.end + 1 == start && self.line[start - 1] == mark
    }

    /// What is between two quotation marks of one kind, the first of which is behind no letter: that is an apostrophe.
    fn quoted(&mut self, start: usize) -> Option<(usize, Mask)> {
        let mark = self.line[start];
        let bit = 1 << (mark & 7);
        let is_apostrophe = start > 0 && is_word(self.line[start - 1]);
        if is_apostrophe || self.unclosed & bit != 0 || !self.masks.has(Mask::Quoted) {
            return None;
        }
        let length = memchr(mark, &self.line[start + 1..]);
        if length.is_none() {
            self.unclosed |= bit;
        }
        Some((length? + 2, Mask::Quoted))
    }
}

fn is_pid(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"pid")
}

fn is_trace(word: &[u8]) -> bool {
    let has = |part: &[u8]| {
        let mut parts = word.windows(part.len());
        parts.any(|at| at.eq_ignore_ascii_case(part))
    };
    has(b"trace") || has(b"span")
}

/// Whether a byte belongs to a word: letters, digits, `_`, and all of other scripts.
const fn is_word(byte: u8) -> bool {
    CLASS[byte as usize] & WORD != 0
}

/// The length of the word at the start.
fn word(text: &[u8]) -> usize {
    let end = text.iter().position(|&byte| !is_word(byte));
    end.unwrap_or(text.len())
}

/// Whether no letter of a word follows the first `length` bytes.
fn ends_at(text: &[u8], length: usize) -> bool {
    text.get(length).is_none_or(|&next| !is_word(next))
}

/// Bytes of a run that are looked at, so that a long one, of which every word is looked at with its run, takes no long time.
const RUN_BYTES: usize = 256;

/// What is at the start up to a blank, a bracket, a quotation mark or the like, without the marks that end a sentence.
fn run(text: &[u8]) -> &[u8] {
    let text = &text[..text.len().min(RUN_BYTES)];
    run_of_any_length(text)
}

fn run_of_any_length(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|&byte| CLASS[byte as usize] & RUN == 0);
    let mut run = &text[..end.unwrap_or(text.len())];
    while let [rest @ .., b'.' | b'!' | b'?' | b'-' | b'='] = run {
        run = rest;
    }
    // A colon ends a sentence's part, but two of them an address.
    match run {
        [rest @ .., before, b':'] if *before != b':' => &run[..rest.len() + 1],
        _ => run,
    }
}

/// The next place from `at` on where a token may begin; `at` is where a word, a token or a mark ended.
fn next_start(line: &[u8], mut at: usize) -> Option<usize> {
    if at > 0 && is_word(line[at - 1]) {
        // What is left of a word of which a part was a token, as in `12MB`.
        at += word(&line[at..]);
    }
    let starts = |&byte: &u8| CLASS[byte as usize] & START != 0;
    Some(at + line[at..].iter().position(starts)?)
}

const WORD: u8 = 1;
const RUN: u8 = 2;
const START: u8 = 4;

/// What each byte may be part of.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte: u8 = 0;
    loop {
        class[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => WORD | RUN | START,
            b'/' | b':' => RUN | START,
            b'"' | b'\'' | b'`' => START,
            b'.' | b'-' | b'+' | b'@' | b'%' | b'?' | b'&' | b'=' | b'#' | b'~' | b'!' | b'$' => {
                RUN
            }
            _ => 0,
        };
        if byte == u8::MAX {
            break class;
        }
        byte += 1;
    }
};

#[cfg(test)]
mod tests;
