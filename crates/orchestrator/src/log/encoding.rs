//! The encodings a log can be shown in. Its bytes, its lines and their numbers are the same in each: a line is what ends
//! with a byte 0x0A, and what is between two of them is decoded by itself, before its escapes are read.

use std::borrow::Cow;

use encoding_rs::{GBK, SHIFT_JIS, WINDOWS_1252};
use serde::{Deserialize, Serialize};

/// How the bytes of a log are read as characters. What is none in it becomes U+FFFD.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// ISO 8859-1, with the letters and signs that Windows-1252 has in place of its controls.
    Latin1,
    /// GBK, and what GB 18030 adds to it.
    Gbk,
    /// Shift-JIS as Windows has it (code page 932).
    ShiftJis,
    /// UTF-16, the lower byte of each unit first.
    Utf16Le,
    /// UTF-16, the higher byte of each unit first.
    Utf16Be,
}

/// ASCII lines of at most so many bytes could as well be one character of UTF-16.
const ONE_UNIT: usize = 2;

impl Encoding {
    /// A line without its newline, as UTF-8; only of UTF-8 itself what is wrong is left as it is.
    pub(super) fn line(self, line: &[u8]) -> Cow<'_, [u8]> {
        let table = match self {
            Self::Utf8 => return Cow::Borrowed(line),
            Self::Latin1 => WINDOWS_1252,
            Self::Gbk => GBK,
            Self::ShiftJis => SHIFT_JIS,
            Self::Utf16Le => return utf16(line, u16::from_le_bytes),
            Self::Utf16Be => return utf16(line, u16::from_be_bytes),
        };
        match table.decode_without_bom_handling(line).0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }

    /// Lines parted by newlines, as UTF-8.
    pub(super) fn lines(self, lines: &[u8]) -> Cow<'_, [u8]> {
        if self == Self::Utf8 {
            return Cow::Borrowed(lines);
        }
        let mut all = Vec::with_capacity(lines.len() * 3 / 2);
        for (at, line) in lines.split(|byte| *byte == b'\n').enumerate() {
            if at > 0 {
                all.push(b'\n');
            }
            all.extend_from_slice(&self.line(line));
        }
        Cow::Owned(all)
    }
}

/// A line of UTF-16 that was cut at bytes 0x0A, of which each is half a unit: the other half of a newline is dropped, and
/// of another character, as U+4E0A, it is put back. Lines of ASCII are common among those of UTF-16 (make writes what it
/// runs in ASCII), and stay as they are.
fn utf16(line: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, [u8]> {
    let is_little = unit([1, 0]) == 1;
    // Units are pairs, so an odd byte belongs to the newline: to the one before, or to the one that ends this line.
    let (odd, pairs) = match line {
        [first, rest @ ..] if is_little && line.len() % 2 == 1 => (Some(*first), rest),
        [rest @ .., last] if line.len() % 2 == 1 => (Some(*last), rest),
        _ => (None, line),
    };
    if let Some(text) = [line, pairs, line.strip_prefix(b"\0").unwrap_or(line)]
        .into_iter()
        .find(|text| text.len() > ONE_UNIT && is_text(text))
    {
        return Cow::Borrowed(text);
    }
    let half = odd
        .filter(|byte| *byte != 0)
        .map(|high| u16::from_be_bytes([high, b'\n']));
    let units = pairs.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let (before, after) = if is_little {
        (half, None)
    } else {
        (None, half)
    };
    let units = before.into_iter().chain(units).chain(after);
    let units = units.filter(|unit| *unit != 0xfeff);
    let text: String = char::decode_utf16(units)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.into_bytes())
}

/// Whether these are printable ASCII and the controls that lines have.
fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | 0x1b))
}

#[cfg(test)]
mod tests;
