//! Which grams a pattern asks for, and which units then are left.

use super::grams::Grams;
use crate::log::find::Required;

/// Grams of each kind that are asked for of one text, spread over it: of one that stands alone, and at least. A slice is
/// short, and in most texts there are grams that nearly all units have: those that few have are the ones that tell.
const EACH: usize = 24;
const LEAST: usize = 4;
/// Grams of each kind that the texts share, if there are many.
const SHARED: usize = 96;
/// Grams of all texts.
const MOST: usize = 2 * SHARED;

/// What is asked of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The bits whose slices are needed, each once.
    bits: Vec<u16>,
    asked: Asked,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// The slice at this place of the bits.
    Slice(usize),
    All(Vec<Asked>),
    Any(Vec<Asked>),
}

impl Plan {
    /// The grams that every line with a match has; none if there are none, as of a text that is too short.
    #[must_use]
    pub fn of(required: &Required) -> Option<Self> {
        let mut bits = Vec::new();
        let each = SHARED / texts(required).max(1);
        let asked = asked(required, each.clamp(LEAST, EACH), &mut bits)?;
        Some(Self { bits, asked })
    }

    /// The bits whose slices are needed.
    #[must_use]
    pub fn bits(&self) -> &[u16] {
        &self.bits
    }

    /// Which of so many units may hold a match: their places, in order. `slices` has those of [`Plan::bits`]; none if one
    /// is not as long as it has to be.
    #[must_use]
    pub fn units(&self, units: usize, slices: &[&[u8]]) -> Option<Vec<usize>> {
        let width = super::slices::width(units);
        let fits = slices.len() == self.bits.len() && slices.iter().all(|it| it.len() == width);
        let left = fits.then(|| self.asked.left(slices))?;
        let is_left = |unit: &usize| left[unit / 8] >> (unit % 8) & 1 == 1;
        Some((0..units).filter(is_left).collect())
    }
}

impl Asked {
    fn left(&self, slices: &[&[u8]]) -> Vec<u8> {
        let (parts, both): (_, fn(u8, u8) -> u8) = match self {
            Self::Slice(at) => return slices[*at].to_vec(),
            Self::All(parts) => (parts, |one, other| one & other),
            Self::Any(parts) => (parts, |one, other| one | other),
        };
        let mut parts = parts.iter().map(|part| part.left(slices));
        let mut left = parts.next().unwrap_or_default();
        for part in parts {
            for (byte, other) in left.iter_mut().zip(part) {
                *byte = both(*byte, other);
            }
        }
        left
    }
}

/// How many texts these are.
fn texts(required: &Required) -> usize {
    match required {
        Required::Nothing => 0,
        Required::Text(_) => 1,
        Required::All(parts) | Required::Any(parts) => parts.iter().map(texts).sum(),
    }
}

fn asked(required: &Required, each: usize, bits: &mut Vec<u16>) -> Option<Asked> {
    match required {
        Required::Nothing => None,
        Required::Text(text) => of_text(text, each, bits),
        Required::All(parts) => {
            let all: Vec<_> = parts
                .iter()
                .filter_map(|part| asked(part, each, bits))
                .collect();
            (!all.is_empty()).then_some(Asked::All(all))
        }
        Required::Any(parts) => {
            let any: Option<Vec<_>> = parts.iter().map(|part| asked(part, each, bits)).collect();
            any.filter(|any| !any.is_empty()).map(Asked::Any)
        }
    }
}

fn of_text(text: &str, each: usize, bits: &mut Vec<u16>) -> Option<Asked> {
    let (mut short, mut long) = (Vec::new(), Vec::new());
    Grams::default().each(text, |bit, is_long| match is_long {
        true => long.push(bit),
        false => short.push(bit),
    });
    let mut all = Vec::new();
    for bit in spread(&long, each).chain(spread(&short, each)) {
        let known = bits.iter().position(|known| *known == bit);
        match known {
            Some(at) => all.push(Asked::Slice(at)),
            None if bits.len() < MOST => {
                bits.push(bit);
                all.push(Asked::Slice(bits.len() - 1));
            }
            None => {}
        }
    }
    (!all.is_empty()).then_some(Asked::All(all))
}

/// So many of these, from end to end.
fn spread(grams: &[u16], most: usize) -> impl Iterator<Item = u16> {
    let count = grams.len().min(most);
    (0..count).map(move |at| match count {
        1 => grams[0],
        _ => grams[at * (grams.len() - 1) / (count - 1)],
    })
}
