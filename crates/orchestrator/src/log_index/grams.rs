//! Which pieces of a text are noted, and as which bit.

use crate::log::find::fold_into;

/// Bits of a unit's set, as a power of two.
const POWER: u32 = 15;
/// Bits of a unit's set.
pub const BITS: usize = 1 << POWER;

/// Bytes of the short grams, which all texts have.
const SHORT: usize = 3;
/// Bytes of the long ones, which numbers, addresses and hashes have: of their short grams most units have all.
const LONG: usize = 5;
/// Digits that a long gram has at least, so that words of a to f are none.
const DIGITS: u32 = 2;

/// The grams of one text without a line's end, as bits.
#[derive(Debug, Default)]
pub(super) struct Grams {
    folded: Vec<u8>,
}

impl Grams {
    /// Calls `each` with the bit of each gram, and whether it is a long one.
    pub(super) fn each(&mut self, text: &str, mut each: impl FnMut(u16, bool)) {
        self.folded.clear();
        fold_into(text, &mut self.folded);
        let bytes = &self.folded;
        for short in bytes.windows(SHORT) {
            let gram = u64::from(short[0]) | u64::from(short[1]) << 8 | u64::from(short[2]) << 16;
            each(bit(gram), false);
        }
        // The last bytes, how many of them in a row are of a number, and which of those are digits.
        let (mut last, mut row, mut digits) = (0_u64, 0, 0_u32);
        for &byte in bytes {
            let Some(is_digit) = of_number(byte) else {
                row = 0;
                continue;
            };
            row += 1;
            last = (last << 8 | u64::from(byte)) & 0xff_ffff_ffff;
            digits = digits << 1 | u32::from(is_digit);
            if row >= LONG && (digits & 0x1f).count_ones() >= DIGITS && is_noted(last) {
                each(bit(last | 1 << 40), true);
            }
        }
    }
}

/// Whether a byte may be of a number, an address or a hash; and then, whether it is a digit.
const fn of_number(byte: u8) -> Option<bool> {
    match byte {
        b'0'..=b'9' => Some(true),
        b'a'..=b'f' | b'.' | b':' | b'-' => Some(false),
        _ => None,
    }
}

/// Every second of the long grams is enough: a time of day in every line would else fill the sets.
const fn is_noted(long: u64) -> bool {
    long.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 63 == 0
}

const fn bit(gram: u64) -> u16 {
    ((gram + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - POWER)) as u16
}
