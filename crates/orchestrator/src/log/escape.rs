//! Escape sequences in a log: which of them mean something, and where each ends. It knows neither lines nor text.
//!
//! SGR and EL (`CSI … m`, `CSI … K`) have meaning, and so has a cursor that moves within its line (CHA, HPA, CUF and CUB:
//! `CSI … G`, a grave accent, `C` and `D`). Every other sequence is dropped whole: other movements, private modes, reports,
//! titles, OSC 52, DCS, APC, PM, SOS; whoever shows a line may read an OSC 8, the address behind its words. Where a sequence
//! ends:
//!
//! - A newline ends any unfinished sequence, and a carriage return an unfinished string (OSC, DCS, APC, PM, SOS, title),
//!   so an OSC that is never closed hides the rest of its line and no more.
//! - A string else ends at BEL, at ST (`ESC \`), or where another `ESC` begins a new sequence.
//! - CAN and SUB cancel a sequence. Other C0 controls within `ESC …` and `CSI …` act as if they were before it.
//! - A byte from 0x80 up ends `ESC …` and `CSI …` and is text. C1 controls begin no sequence: in UTF-8 their bytes are
//!   parts of characters, and the characters U+0080 to U+009F are dropped as text.
//!
//! Our own parser and not `vte`, whose state can be neither compared nor stored, and a line index stores it at each mark.

mod sgr;

use memchr::memchr;

use super::Style;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// Parameters kept of one sequence; a sequence with more is dropped.
pub(super) const PARAMS: usize = 32;

/// What a line's bytes are written to.
pub trait Screen {
    /// Text and C0 controls, without `ESC` and newline; a character may be split between two calls.
    fn write(&mut self, bytes: &[u8], style: Style);
    /// A sequence begins, so an unfinished character stays so.
    fn interrupt(&mut self, style: Style);
    /// EL: part of the line is made blank.
    fn erase(&mut self, part: Erase);
    /// The cursor moves to another column.
    fn go(&mut self, to: Column);
    /// A string that a terminal would take as a command, OSC 8 among them.
    fn osc(&mut self, _: Osc) {}
}

/// An operating system command (ECMA-48 §8.3.89), as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Osc {
    /// It begins.
    Begins,
    /// The next byte of it.
    Byte(u8),
    /// It has ended as it should.
    Ends,
    /// Another sequence has come in the place of its end, or of its start.
    Dropped,
}

/// Where in its line the cursor moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// To a column, from 0.
    At(u16),
    /// So many columns to the right.
    Right(u16),
    /// So many columns to the left, and not past the first.
    Left(u16),
}

/// The part of a line that EL makes blank (ECMA-48 §8.3.41).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erase {
    /// From the cursor to the end.
    ToEnd,
    /// From the start to the cursor, which is included.
    ToCursor,
    /// All of it.
    Line,
}

/// A screen that drops all it is given: for readers that only need the state.
impl Screen for () {
    fn write(&mut self, _: &[u8], _: Style) {}
    fn interrupt(&mut self, _: Style) {}
    fn erase(&mut self, _: Erase) {}
    fn go(&mut self, _: Column) {}
}

/// What one stream carries from byte to byte: the style of what comes next, and a sequence that is not finished.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pen {
    pub(super) style: Style,
    pub(super) sequence: Sequence,
}

/// How far a sequence has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Sequence {
    /// None has begun.
    #[default]
    None,
    /// After `ESC`.
    Escape,
    /// After `ESC` and an intermediate byte, as in `ESC ( B`.
    Intermediate,
    /// In a control sequence that can still mean something.
    Csi(Params),
    /// In a control sequence without a meaning here.
    Dropped,
    /// In OSC, DCS, APC, PM, SOS or a title.
    Text,
}

/// The parameters of a control sequence, as far as they have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Params {
    /// Each one's value, 0 if it is empty, `u16::MAX` if it is larger.
    pub(super) values: [u16; PARAMS],
    /// How many have begun, from 1.
    pub(super) len: u8,
    /// Bit `i` is set if a colon and not a semicolon is before the `i`th.
    pub(super) colons: u32,
}

impl Params {
    const fn new() -> Self {
        Self {
            values: [0; PARAMS],
            len: 1,
            colons: 0,
        }
    }

    fn get(&self) -> &[u16] {
        &self.values[..usize::from(self.len)]
    }

    /// Whether the `i`th belongs to the one before it.
    fn is_sub(&self, i: usize) -> bool {
        i < usize::from(self.len) && self.colons & (1 << i) != 0
    }

    fn digit(&mut self, digit: u8) {
        let value = &mut self.values[usize::from(self.len) - 1];
        *value = value.saturating_mul(10).saturating_add(digit.into());
    }

    fn has_room(&self) -> bool {
        usize::from(self.len) < PARAMS
    }

    /// Begins the next one.
    fn begin(&mut self, colon: bool) {
        self.colons |= u32::from(colon) << self.len;
        self.len += 1;
    }
}

impl Pen {
    /// The style of what is written next.
    #[must_use]
    pub const fn style(&self) -> Style {
        self.style
    }

    /// Whether no sequence is unfinished.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.sequence, Sequence::None)
    }

    /// Takes some of a line's bytes; there must be no newline among them.
    pub fn write(&mut self, mut bytes: &[u8], screen: &mut impl Screen) {
        while !bytes.is_empty() {
            let taken = if self.is_idle() && bytes[0] != ESC {
                let text = memchr(ESC, bytes).unwrap_or(bytes.len());
                screen.write(&bytes[..text], self.style);
                text
            } else {
                self.sequence(bytes, screen)
            };
            bytes = &bytes[taken..];
        }
    }

    /// Ends the line.
    pub fn newline(&mut self) {
        self.sequence = Sequence::None;
    }

    /// Takes bytes of any number of lines, newlines among them, without showing them.
    pub fn skip(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.is_idle() {
                let text = memchr(ESC, bytes).unwrap_or(bytes.len());
                bytes = &bytes[text..];
            }
            let taken = self.sequence(bytes, &mut ());
            bytes = &bytes[taken..];
            if bytes.first() == Some(&b'\n') {
                self.newline();
            }
        }
    }

    /// Takes bytes of a sequence until it is over, and stops before a newline. Says how many were taken.
    fn sequence(&mut self, bytes: &[u8], screen: &mut impl Screen) -> usize {
        for (i, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || !self.step(byte, screen) {
                return i;
            }
            if self.is_idle() {
                return i + 1;
            }
        }
        bytes.len()
    }

    /// Takes one byte of a sequence; false if the sequence is over and the byte is not part of it.
    fn step(&mut self, byte: u8, screen: &mut impl Screen) -> bool {
        match (byte, &self.sequence) {
            (ESC, _) => {
                screen.interrupt(self.style);
                self.sequence = Sequence::Escape;
            }
            (BEL, Sequence::Text) => {
                screen.osc(Osc::Ends);
                self.sequence = Sequence::None;
            }
            (CAN | SUB, _) => self.sequence = Sequence::None,
            (b'\r', Sequence::Text) => {
                self.sequence = Sequence::None;
                return false;
            }
            (_, Sequence::Text) => screen.osc(Osc::Byte(byte)),
            (0x7f, _) => {}
            (..=0x1f, _) => screen.write(&[byte], self.style),
            (0x80.., _) => {
                self.sequence = Sequence::None;
                return false;
            }
            _ => self.printable(byte, screen),
        }
        true
    }

    /// Takes a byte from 0x20 to 0x7e within `ESC …` or `CSI …`.
    fn printable(&mut self, byte: u8, screen: &mut impl Screen) {
        match (&self.sequence, byte) {
            (Sequence::Escape, b']') => screen.osc(Osc::Begins),
            // ST, which ends one that this ESC did not interrupt.
            (Sequence::Escape, b'\\') => screen.osc(Osc::Ends),
            // Any other sequence has no string, and ends none.
            (Sequence::Escape, _) => screen.osc(Osc::Dropped),
            _ => {}
        }
        self.sequence = match (&mut self.sequence, byte) {
            (Sequence::Csi(params), b'0'..=b'9') => return params.digit(byte - b'0'),
            (Sequence::Csi(params), b':' | b';') if params.has_room() => {
                return params.begin(byte == b':');
            }
            (Sequence::Csi(params), 0x40..) => {
                finish(params, byte, &mut self.style, screen);
                Sequence::None
            }
            (Sequence::Csi(_), _) | (Sequence::Dropped, ..0x40) => Sequence::Dropped,
            (Sequence::Escape, b'[') => Sequence::Csi(Params::new()),
            // OSC, DCS, APC, PM, SOS, and the title of screen and tmux.
            (Sequence::Escape, b']' | b'P' | b'_' | b'^' | b'X' | b'k') => Sequence::Text,
            (Sequence::Escape | Sequence::Intermediate, 0x20..=0x2f) => Sequence::Intermediate,
            _ => Sequence::None,
        }
    }
}

/// Does what a control sequence means, if it means anything.
fn finish(params: &Params, last: u8, style: &mut Style, screen: &mut impl Screen) {
    match (last, params.get()) {
        (b'm', _) => sgr::apply(params, style),
        (b'K', [0]) => screen.erase(Erase::ToEnd),
        (b'K', [1]) => screen.erase(Erase::ToCursor),
        (b'K', [2]) => screen.erase(Erase::Line),
        // A count of 0 is 1, and so is the first column (ECMA-48 §8.3.9, §8.3.20, §8.3.18).
        (b'G' | b'`', [column]) => screen.go(Column::At(column.saturating_sub(1))),
        (b'C', [columns]) => screen.go(Column::Right((*columns).max(1))),
        (b'D', [columns]) => screen.go(Column::Left((*columns).max(1))),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
