//! Finding text in a log: what is looked for, and where it is. Pure functions of a log's bytes, however they are cut
//! into chunks.

mod finder;
mod fold;
mod inline;
mod pattern;
mod required;

use serde::{Deserialize, Serialize};

pub use self::{
    finder::{Finder, hits_in_line},
    fold::{fold, fold_into},
    pattern::{BadPattern, Pattern},
    required::Required,
};

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Query {
    /// The text, or the regular expression: 1 to 1000 bytes.
    pub text: String,
    /// Whether upper and lower case are distinguished.
    pub case: bool,
    /// Whether no letter, digit or underscore may be right before or after it.
    pub word: bool,
    /// Whether `text` is a regular expression, in the syntax of Rust's `regex` crate.
    pub regex: bool,
}

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hit {
    /// The line's number, from 1.
    pub line: u64,
    /// Where it begins in the line's text as shown, in UTF-16 units from 0.
    pub start: u32,
    /// Where it ends; more than `start`.
    pub end: u32,
}
