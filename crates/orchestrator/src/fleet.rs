//! Many hosts at once: which of them are meant, in one line. It imports no module of ours.
//!
//! `range` writes many names as one and takes them apart again, `choice` is the grammar that chooses hosts, `parse` reads
//! it.

mod choice;
mod parse;
mod range;

pub use choice::{Choice, ChoiceError, Inventory, OF_BATCHES, check, choose, is_reserved};
pub use range::{expand, fold};

#[cfg(test)]
mod tests;
