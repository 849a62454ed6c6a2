//! A log: all output of a job, as bytes with their stream and time, and as lines. It imports no module of ours.

pub mod diff;
mod encoding;
pub mod escape;
pub mod find;
pub mod lines;
pub mod normalise;
pub mod outline;
mod plain;
mod row;
pub mod screen;
mod texts;
mod utf8;

pub use self::{encoding::Encoding, plain::plain, texts::Texts};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Which of a job's two outputs; a job in a terminal has `stdout` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Stream {
    /// Standard output, or the terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// The word as it is in Postgres.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Consecutive bytes of one stream, as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its number in the log, from 0 without gaps.
    pub seq: u64,
    /// Its stream.
    pub stream: Stream,
    /// When it was read: microseconds since 1970.
    pub at: i64,
    /// The bytes; never empty.
    pub bytes: Vec<u8>,
}

/// A tab of a line, which its text has as blanks: where they begin, and how many they are, in UTF-16 units. Of one behind all
/// text there are none.
pub type Tab = (u32, u32);

/// A part of a line with an address behind it, which the job gave to these words (OSC 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hyperlink {
    /// Where it begins in the line's text, in UTF-16 units.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// The address: `http`, `https` or `file`, of visible ASCII, and at most 2,048 bytes long.
    pub url: String,
}

/// A line of a log, ready to be shown: one stream's bytes up to its newline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Line {
    /// Its number, from 1: lines are numbered by their first byte.
    pub number: u64,
    /// Its stream.
    pub stream: Stream,
    /// When its first byte was read: microseconds since 1970.
    pub at: i64,
    /// Its text, in runs of one style; escape sequences are gone.
    pub spans: Vec<Span>,
    /// Its length in bytes as written, with escapes, without the newline.
    pub bytes: u64,
    /// Whether `spans` hold only the start of it.
    pub cut: bool,
    /// Whether its newline has not come yet.
    pub open: bool,
    /// Its tabs, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<Tab>>"))]
    pub tabs: Vec<Tab>,
    /// Its links, in order and apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<Hyperlink>>"))]
    pub links: Vec<Hyperlink>,
}

impl Line {
    /// Its text as the job wrote it: with its tabs, and not the blanks that they are on screen.
    #[must_use]
    pub fn with_tabs(&self) -> Cow<'_, [Span]> {
        if self.tabs.is_empty() {
            return Cow::Borrowed(&self.spans);
        }
        let mut tabs = self.tabs.iter().peekable();
        let mut at = 0;
        let mut spans = self.spans.clone();
        for span in &mut spans {
            let mut text = String::new();
            for char in span.text.chars() {
                let before = at;
                at += char.len_utf16() as u32;
                while tabs
                    .next_if(|(start, blanks)| start + blanks <= before)
                    .is_some()
                {}
                match tabs.peek() {
                    Some((start, _)) if *start == before => text.push('\t'),
                    Some((start, _)) if *start < before => {}
                    _ => text.push(char),
                }
            }
            span.text = text;
        }
        let behind = self.tabs.iter().filter(|(_, blanks)| *blanks == 0).count();
        if behind > 0 {
            let text = "\t".repeat(behind);
            spans.push(Span { text, style: None });
        }
        Cow::Owned(spans)
    }
}

/// A run of text of one style.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Span {
    /// The text; no control characters.
    pub text: String,
    /// Its style, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub style: Option<Style>,
}

/// What SGR sequences ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Style {
    /// Text colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub fg: Option<Color>,
    /// Background.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub bg: Option<Color>,
    /// SGR 1.
    pub bold: bool,
    /// SGR 2.
    pub dim: bool,
    /// SGR 3.
    pub italic: bool,
    /// SGR 4.
    pub underline: bool,
    /// SGR 7.
    pub inverse: bool,
    /// SGR 9.
    pub strike: bool,
}

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Color {
    /// One of the 256 of a terminal's palette; the first 16 are the theme's.
    Palette(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}
