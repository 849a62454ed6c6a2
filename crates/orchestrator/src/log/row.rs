//! A row: what can be seen of one line while its bytes come in. It does not know other lines, their numbers or times.
//!
//! A carriage return goes back to the first column, BS one column, TAB on to the next multiple of 8; what is written
//! then replaces what was there, character by character, as in a terminal whose characters are all one cell wide. So
//! a progress bar is one line in its last state. A control that means nothing on any screen, as NUL and DEL, is seen as its
//! picture (`␀`), so that it does not vanish without a sign; all others are dropped.

mod extras;

use std::mem;

use self::extras::Extras;
use super::{
    Hyperlink, Span, Style, Tab,
    escape::{Column, Erase, Osc, Screen},
    utf8::Unfinished,
};

/// How far apart tab stops are, in columns.
pub(super) const TAB: usize = 8;

/// Columns of a terminal that is wide enough for anyone: beyond them the cursor only moves by being written at, so that a
/// few bytes never fill up a row with millions of blanks.
const WIDE: usize = 1000;

/// What a change of style counts for, in bytes of text, so that a line of a thousand colours is bounded too.
const SPAN: usize = 16;

/// One line as it is seen so far.
///
/// It keeps the first `limit` columns, at 4 bytes a column and 14 more if there are styles; beyond them it only
/// counts, so it stays that small however long the line is.
#[derive(Debug, Clone)]
pub(super) struct Row {
    limit: usize,
    /// The columns that are written, as far as they are kept: as many as `end`, but at most `limit`.
    chars: Vec<char>,
    /// Styles of the first columns; the others have none.
    styles: Vec<Style>,
    /// Where the next character goes; it may be beyond the limit.
    column: usize,
    /// One more than the last column that is written, also beyond the limit.
    end: usize,
    unfinished: Unfinished,
    /// If they are kept.
    extras: Option<Box<Extras>>,
}

/// A row that has been read.
#[derive(Debug)]
pub(super) struct Shown {
    /// Runs of one style.
    pub(super) spans: Vec<Span>,
    /// Whether they are only the start of it.
    pub(super) cut: bool,
    pub(super) tabs: Vec<Tab>,
    pub(super) links: Vec<Hyperlink>,
}

impl Row {
    /// An empty row that keeps `limit` columns.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            chars: Vec::new(),
            styles: Vec::new(),
            column: 0,
            end: 0,
            unfinished: Unfinished::default(),
            extras: None,
        }
    }

    /// As [`Row::new`], and it keeps tabs and links, too.
    pub(super) fn with_extras(limit: usize) -> Self {
        Self {
            extras: Some(Box::default()),
            ..Self::new(limit)
        }
    }

    /// The row with all that is kept of it; of what lies beyond its spans nothing is.
    pub(super) fn into_shown(mut self, last: Style) -> Shown {
        self.interrupt(last);
        let end = self.end.min(self.limit);
        let extras = self.extras.take().unwrap_or_default();
        let (mut tabs, mut links) = extras.finish(&mut self.chars, end, self.column);
        let (spans, cut) = self.into_spans(last);
        if cut {
            let units = spans.iter().map(|span| span.text.encode_utf16().count());
            let units = units.sum::<usize>() as u32;
            tabs.retain(|(start, blanks)| *blanks > 0 && start + blanks <= units);
            links.retain(|link| link.end <= units);
        }
        Shown {
            spans,
            cut,
            tabs,
            links,
        }
    }

    /// The row as runs of one style, at most `limit` bytes of text with 16 counted for each run after the first, and
    /// whether that is only the start of it. An unfinished character has the style `last`.
    pub(super) fn into_spans(mut self, last: Style) -> (Vec<Span>, bool) {
        self.interrupt(last);
        let mut spans = Vec::new();
        let mut room = self.limit;
        let mut from = 0;
        while from < self.chars.len() {
            let (style, len) = self.run(from);
            if from > 0 {
                room = room.saturating_sub(SPAN);
            }
            let chars = &self.chars[from..from + len];
            let fits = fitting(chars, room);
            if fits > 0 {
                let text: String = chars[..fits].iter().collect();
                room -= text.len();
                let style = (style != Style::default()).then_some(style);
                spans.push(Span { text, style });
            }
            if fits < len {
                return (spans, true);
            }
            from += len;
        }
        (spans, self.end > self.limit)
    }

    /// The style at a column, and how many columns from there on have it.
    fn run(&self, from: usize) -> (Style, usize) {
        let rest = self.styles.get(from..).unwrap_or_default();
        let style = rest.first().copied().unwrap_or_default();
        let len = match rest.iter().position(|other| *other != style) {
            Some(len) => len,
            // Beyond the styles there are none.
            None if style == Style::default() => self.chars.len() - from,
            None => rest.len(),
        };
        (style, len)
    }

    /// The row's text.
    pub(super) fn into_text(mut self) -> String {
        self.interrupt(Style::default());
        self.chars.into_iter().collect()
    }

    fn put(&mut self, char: char, style: Style) {
        let Some(char) = visible(char) else {
            return;
        };
        self.reach();
        self.over(self.column.saturating_add(1));
        if self.column < self.limit {
            match self.chars.get_mut(self.column) {
                Some(there) => *there = char,
                None => self.chars.push(char),
            }
            self.dye(self.column, self.column + 1, style);
        }
        self.moved(1);
    }

    /// The same as [`Row::put`] for many printable ASCII characters at once.
    fn put_ascii(&mut self, text: &[u8], style: Style) {
        let kept = text.len().min(self.limit.saturating_sub(self.column));
        self.reach();
        self.over(self.column.saturating_add(text.len()));
        if kept > 0 {
            let there = kept.min(self.chars.len() - self.column);
            let old = &mut self.chars[self.column..self.column + there];
            for (char, &byte) in old.iter_mut().zip(text) {
                *char = byte.into();
            }
            let new = text[there..kept].iter().map(|&byte| char::from(byte));
            self.chars.extend(new);
            self.dye(self.column, self.column + kept, style);
        }
        self.moved(text.len());
    }

    /// Fills up with blanks to where the next character goes.
    fn reach(&mut self) {
        let column = self.column.min(self.limit);
        if self.chars.len() < column {
            self.chars.resize(column, ' ');
        }
    }

    /// Text is written from the cursor up to a column.
    fn over(&mut self, to: usize) {
        if let Some(extras) = &mut self.extras {
            extras.write(self.column, to);
        }
    }

    /// Moves on to the next tab stop.
    fn tab(&mut self) {
        let to = (self.column / TAB).saturating_add(1).saturating_mul(TAB);
        if let Some(extras) = &mut self.extras
            && self.column == self.chars.len()
            && self.column < self.limit
        {
            extras.tab(&mut self.chars, to.min(self.limit));
        }
        self.column = to;
    }

    fn moved(&mut self, columns: usize) {
        self.column = self.column.saturating_add(columns);
        self.end = self.end.max(self.column);
    }

    fn dye(&mut self, from: usize, to: usize, style: Style) {
        let to = if style == Style::default() {
            to.min(self.styles.len())
        } else {
            self.styles
                .resize(self.styles.len().max(to), Style::default());
            to
        };
        if from < to {
            self.styles[from..to].fill(style);
        }
    }

    fn control(&mut self, byte: u8) {
        match byte {
            b'\r' => self.column = 0,
            0x08 => self.column = self.column.saturating_sub(1),
            b'\t' => self.tab(),
            _ => {}
        }
    }
}

/// How many of the characters take no more than `room` bytes.
fn fitting(chars: &[char], room: usize) -> usize {
    let mut left = room;
    let spent = |char: &char| match left.checked_sub(char.len_utf8()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    };
    chars.iter().position(spent).unwrap_or(chars.len())
}

/// What a byte is by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// C0 or DEL.
    Control,
    /// Printable.
    Ascii,
    /// Part of a longer character, or of none.
    Wide,
}

impl Kind {
    const fn of(byte: u8) -> Self {
        match byte {
            0x20..=0x7e => Self::Ascii,
            0x80.. => Self::Wide,
            _ => Self::Control,
        }
    }
}

impl Screen for Row {
    fn write(&mut self, mut bytes: &[u8], style: Style) {
        while let Some(&first) = bytes.first() {
            let kind = Kind::of(first);
            let others = |byte: &u8| Kind::of(*byte) != kind;
            let len = bytes.iter().position(others).unwrap_or(bytes.len());
            let (run, rest) = bytes.split_at(len);
            if kind == Kind::Wide {
                let mut unfinished = mem::take(&mut self.unfinished);
                unfinished.read(run, |char| self.put(char, style));
                self.unfinished = unfinished;
            } else {
                self.interrupt(style);
            }
            match kind {
                Kind::Wide => {}
                Kind::Ascii => self.put_ascii(run, style),
                Kind::Control => run.iter().for_each(|&byte| self.control(byte)),
            }
            bytes = rest;
        }
    }

    fn interrupt(&mut self, style: Style) {
        if let Some(char) = self.unfinished.end() {
            self.put(char, style);
        }
    }

    fn go(&mut self, to: Column) {
        let column = match to {
            Column::At(column) => column.into(),
            Column::Right(columns) => self.column.saturating_add(columns.into()),
            Column::Left(columns) => self.column.saturating_sub(columns.into()),
        };
        self.column = column.min(self.end.max(WIDE));
    }

    fn osc(&mut self, osc: Osc) {
        if let Some(extras) = &mut self.extras {
            extras.osc(osc, self.column);
        }
    }

    fn erase(&mut self, part: Erase) {
        if let Some(extras) = &mut self.extras {
            match part {
                Erase::ToEnd => extras.write(self.column, usize::MAX),
                Erase::ToCursor => extras.write(0, self.column.saturating_add(1)),
                Erase::Line => extras.write(0, usize::MAX),
            }
        }
        match part {
            Erase::ToEnd => {
                self.chars.truncate(self.column);
                self.styles.truncate(self.column);
                self.end = self.end.min(self.column);
            }
            Erase::ToCursor => {
                let to = self.chars.len().min(self.column.saturating_add(1));
                self.chars[..to].fill(' ');
                self.dye(0, to, Style::default());
            }
            Erase::Line => {
                self.chars.clear();
                self.styles.clear();
                self.end = 0;
            }
        }
    }
}

/// A character as it is seen; none of a control that means something on a screen.
const fn visible(char: char) -> Option<char> {
    match char {
        // BEL to SI, CAN, SUB and ESC.
        '\x07'..='\x0f' | '\x18' | '\x1a' | '\x1b' | '\u{80}'..='\u{9f}' => None,
        '\0'..='\x1f' => char::from_u32(0x2400 + char as u32),
        '\x7f' => Some('␡'),
        char => Some(char),
    }
}

#[cfg(test)]
mod tests;
