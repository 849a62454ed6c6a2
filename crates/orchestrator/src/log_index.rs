//! An index of logs, as values: which units of archived text cannot hold what is looked for. Bit-sliced signatures: each
//! unit of text is a set of grams in [`BITS`](grams::BITS) bits, and of many units the bits of one gram lie side by side, so
//! that a needle's few grams read a few short slices, however many units there are. It may take a unit for one that holds
//! a needle, and it never leaves out one that does; who looks reads the units that are left.
//!
//! A line is noted, whole, where it ends, as a person sees it. So a unit knows at which block the lines begin that were open
//! at its start.
//!
//! ```text
//! grams     which pieces of a text are noted, and as which bit      filter    those of one unit
//! entry     which part of which job a unit is                       writer    logs that go by, into units
//! slices    many units side by side, and their bits by gram         plan      which grams a pattern asks for
//! ```

mod entry;
mod filter;
mod grams;
mod plan;
mod slices;
mod writer;

pub use self::{
    entry::{Entry, key, keys},
    grams::BITS,
    plan::Plan,
    slices::Slices,
    writer::{Unit, Writer},
};

/// How grams are made and entries written: an index of another number is built anew.
pub const FORMAT: i32 = 1;

#[cfg(test)]
mod tests;
