//! Many units side by side: for each bit a slice that says which of the units have it.

use super::{filter::Filter, grams::BITS};

/// The slices of some units, one after the other; each has a bit for each unit, in whole bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slices {
    /// How many units.
    pub units: usize,
    /// The slices.
    pub bytes: Vec<u8>,
}

/// Bytes that a slice of so many units takes.
#[must_use]
pub(super) const fn width(units: usize) -> usize {
    units.div_ceil(8)
}

impl Slices {
    /// Of these units.
    pub(super) fn of<'a>(filters: impl ExactSizeIterator<Item = &'a Filter>) -> Self {
        let units = filters.len();
        let width = width(units);
        let mut bytes = vec![0; BITS * width];
        for (unit, filter) in filters.enumerate() {
            filter.each(|bit| bytes[bit * width + unit / 8] |= 1 << (unit % 8));
        }
        Self { units, bytes }
    }

    /// All of these, one after the other; none if one is not as long as it says.
    #[must_use]
    pub fn merge(parts: &[Self]) -> Option<Self> {
        let units = parts.iter().map(|part| part.units).sum();
        let to = width(units);
        let mut bytes = vec![0; BITS * to];
        let mut before = 0;
        for part in parts {
            let from = width(part.units);
            if part.bytes.len() != BITS * from {
                return None;
            }
            let (first, shift) = (before / 8, before % 8);
            for bit in 0..BITS {
                let slice = &mut bytes[bit * to..(bit + 1) * to];
                for (at, &byte) in part.bytes[bit * from..(bit + 1) * from].iter().enumerate() {
                    let wide = u16::from(byte) << shift;
                    slice[first + at] |= wide as u8;
                    if wide > 0xff {
                        slice[first + at + 1] |= (wide >> 8) as u8;
                    }
                }
            }
            before += part.units;
        }
        Some(Self { units, bytes })
    }

    /// The slice of a bit.
    #[must_use]
    pub fn slice(&self, bit: u16) -> &[u8] {
        let (width, bit) = (width(self.units), usize::from(bit));
        &self.bytes[bit * width..(bit + 1) * width]
    }
}
