//! A state as bytes: version, then numbers as LEB128. A state at rest takes 6 to 12 bytes; none more than 300.

use super::{Open, Side, State};
use crate::log::{
    Color, Style,
    escape::{PARAMS, Params, Pen, Sequence},
};

const VERSION: u8 = 1;

/// More lines or bytes than any log has; counting on from there never overflows.
const MOST: u64 = 1 << 56;

/// Why bytes are not a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by another version of this program.
    #[error("line state has version {0}, and only version {VERSION} is known")]
    Version(u8),
    /// It ends too early.
    #[error("line state is cut short")]
    Short,
    /// No state is written like this.
    #[error("line state is damaged")]
    Damaged,
}

impl State {
    /// No state takes more bytes than this.
    pub const MAX_BYTES: usize = 300;

    /// The state as at most [`State::MAX_BYTES`], for an index.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = vec![VERSION];
        number(self.next, &mut to);
        for side in &self.streams {
            side.write(&mut to);
        }
        to
    }

    /// Reads what [`State::to_bytes`] wrote.
    ///
    /// # Errors
    /// If no state is written as `bytes`. Each state is written in one way, and that one alone is read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut from = Reader(bytes);
        match from.byte()? {
            VERSION => {}
            other => return Err(Unreadable::Version(other)),
        }
        let next = from.number()?;
        let streams = [Side::read(&mut from)?, Side::read(&mut from)?];
        let [out, err] =
            [&streams[0].open, &streams[1].open].map(|open| open.map(|open| open.number));
        let begun = |number: Option<u64>| number.is_none_or(|number| (1..next).contains(&number));
        let sound = next > 0 && begun(out) && begun(err) && (out.is_none() || out != err);
        if sound && from.0.is_empty() {
            Ok(Self { next, streams })
        } else {
            Err(Unreadable::Damaged)
        }
    }
}

impl Side {
    fn write(&self, to: &mut Vec<u8>) {
        // No line is 0 bytes long, so 0 says that none is open.
        number(self.open.map_or(0, |open| open.bytes), to);
        if let Some(open) = self.open {
            number(open.number, to);
        }
        style(&self.pen.style, to);
        sequence(&self.pen.sequence, to);
    }

    fn read(from: &mut Reader) -> Result<Self, Unreadable> {
        let open = match from.number()? {
            0 => None,
            bytes => Some(Open {
                number: from.number()?,
                bytes,
            }),
        };
        let style = from.style()?;
        let sequence = from.sequence()?;
        if open.is_none() && sequence != Sequence::None {
            return Err(Unreadable::Damaged);
        }
        let pen = Pen { style, sequence };
        Ok(Self { open, pen })
    }
}

fn number(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// One byte for the six switches and which colours are there, then the colours: 0 and an index, or 1, red, green, blue.
fn style(style: &Style, to: &mut Vec<u8>) {
    let bits = [
        style.bold,
        style.dim,
        style.italic,
        style.underline,
        style.inverse,
        style.strike,
        style.fg.is_some(),
        style.bg.is_some(),
    ];
    to.push((0..8).map(|bit| u8::from(bits[bit]) << bit).sum());
    for color in [style.fg, style.bg].into_iter().flatten() {
        match color {
            Color::Palette(index) => to.extend([0, index]),
            Color::Rgb(r, g, b) => to.extend([1, r, g, b]),
        }
    }
}

fn sequence(sequence: &Sequence, to: &mut Vec<u8>) {
    match sequence {
        Sequence::None => to.push(0),
        Sequence::Escape => to.push(1),
        Sequence::Intermediate => to.push(2),
        Sequence::Dropped => to.push(3),
        Sequence::Text => to.push(4),
        Sequence::Csi(params) => {
            to.extend([5, params.len]);
            number(params.colons.into(), to);
            for &value in &params.values[..usize::from(params.len)] {
                number(value.into(), to);
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let (&first, rest) = self.0.split_first().ok_or(Unreadable::Short)?;
        self.0 = rest;
        Ok(first)
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            let fits = part << shift >> shift == part;
            // A last byte of 0 would be a longer way to write a shorter number.
            if !fits || (byte == 0 && shift > 0) {
                return Err(Unreadable::Damaged);
            }
            value |= part << shift;
            if byte < 0x80 {
                return if value <= MOST {
                    Ok(value)
                } else {
                    Err(Unreadable::Damaged)
                };
            }
        }
        Err(Unreadable::Damaged)
    }

    fn style(&mut self) -> Result<Style, Unreadable> {
        let bits = self.byte()?;
        let is = |bit: u8| bits & 1 << bit != 0;
        Ok(Style {
            bold: is(0),
            dim: is(1),
            italic: is(2),
            underline: is(3),
            inverse: is(4),
            strike: is(5),
            fg: is(6).then(|| self.color()).transpose()?,
            bg: is(7).then(|| self.color()).transpose()?,
        })
    }

    fn color(&mut self) -> Result<Color, Unreadable> {
        match self.byte()? {
            0 => Ok(Color::Palette(self.byte()?)),
            1 => Ok(Color::Rgb(self.byte()?, self.byte()?, self.byte()?)),
            _ => Err(Unreadable::Damaged),
        }
    }

    fn sequence(&mut self) -> Result<Sequence, Unreadable> {
        Ok(match self.byte()? {
            0 => Sequence::None,
            1 => Sequence::Escape,
            2 => Sequence::Intermediate,
            3 => Sequence::Dropped,
            4 => Sequence::Text,
            5 => Sequence::Csi(self.params()?),
            _ => return Err(Unreadable::Damaged),
        })
    }

    fn params(&mut self) -> Result<Params, Unreadable> {
        let damaged = |_| Unreadable::Damaged;
        let len = self.byte()?;
        let colons = u32::try_from(self.number()?).map_err(damaged)?;
        // There is no chunk before that the first could belong to.
        let impossible = |len: u8| !(u32::MAX >> (32 - len)) | 1;
        if !(1..=PARAMS).contains(&len.into()) || colons & impossible(len) != 0 {
            return Err(Unreadable::Damaged);
        }
        let mut values = [0; PARAMS];
        for value in &mut values[..len.into()] {
            *value = u16::try_from(self.number()?).map_err(damaged)?;
        }
        Ok(Params {
            values,
            len,
            colons,
        })
    }
}
