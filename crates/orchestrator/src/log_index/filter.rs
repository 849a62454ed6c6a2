//! The grams of one unit, as bits.

use super::grams::BITS;

/// A set of bits, and how many there are.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    words: Box<[u64]>,
    ones: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            words: vec![0; BITS / 64].into(),
            ones: 0,
        }
    }
}

impl Filter {
    pub(super) fn add(&mut self, bit: u16) {
        let word = &mut self.words[usize::from(bit / 64)];
        let new = 1 << (bit % 64);
        self.ones += u32::from(*word & new == 0);
        *word |= new;
    }

    pub(super) const fn ones(&self) -> u32 {
        self.ones
    }

    /// The bits that are set.
    pub(super) fn each(&self, mut each: impl FnMut(usize)) {
        for (at, &word) in self.words.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                each(at * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}
