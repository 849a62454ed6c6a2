//! A log's text without its escapes, for search and for download as text.

use std::borrow::Cow;

use memchr::memchr;

use super::{
    Style,
    escape::{Column, Erase, Pen, Screen},
    row::Row,
};

/// The text of one stream's bytes as it is seen, line by line: what [`super::Line::spans`] hold, never cut. Newlines
/// stay. The bytes begin with a line, or at least not within a sequence or a character.
#[must_use]
pub fn plain(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(end) = memchr(b'\n', rest) {
        line(&rest[..end], &mut text);
        text.push('\n');
        rest = &rest[end + 1..];
    }
    line(rest, &mut text);
    text
}

/// The same as [`plain`], and no copy where the bytes are that text already.
pub(super) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    if !has_special(bytes, true)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(plain(bytes))
}

/// Whether a byte is a control or begins the C1 controls (0xC2), both of which change or are no text. No early end, so
/// that many bytes are compared at once.
fn has_special(bytes: &[u8], newlines: bool) -> bool {
    let special =
        |byte: u8| (byte < 0x20 && !(newlines && byte == b'\n')) || byte == 0x7f || byte == 0xc2;
    bytes.iter().fold(false, |any, &byte| any | special(byte))
}

fn line(bytes: &[u8], text: &mut String) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if !has_special(bytes, false) {
        text.push_str(&String::from_utf8_lossy(bytes));
        return;
    }
    let start = text.len();
    if colored(bytes, text).is_none() {
        text.truncate(start);
        let mut row = Unstyled(Row::new(usize::MAX));
        Pen::default().write(bytes, &mut row);
        text.push_str(&row.0.into_text());
    }
}

/// Appends the text of a line that has colours and nothing else beside it, as most have; none where there is more to it.
fn colored(mut bytes: &[u8], text: &mut String) -> Option<()> {
    loop {
        let escape = memchr(0x1b, bytes);
        let (piece, rest) = bytes.split_at(escape.unwrap_or(bytes.len()));
        if has_special(piece, false) {
            return None;
        }
        text.push_str(std::str::from_utf8(piece).ok()?);
        if rest.is_empty() {
            return Some(());
        }
        let params = rest.strip_prefix(b"\x1b[")?;
        let end = params
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
        match (&params[..end], params[end]) {
            // The cursor is at the end: nothing is there to be erased.
            (_, b'm') | (b"" | b"0", b'K') => bytes = &params[end + 1..],
            _ => return None,
        }
    }
}

/// A row that keeps no styles.
#[derive(Debug, Clone)]
pub(super) struct Unstyled(pub(super) Row);

impl Screen for Unstyled {
    fn write(&mut self, bytes: &[u8], _: Style) {
        self.0.write(bytes, Style::default());
    }
    fn interrupt(&mut self, _: Style) {
        self.0.interrupt(Style::default());
    }
    fn erase(&mut self, part: Erase) {
        self.0.erase(part);
    }
    fn go(&mut self, to: Column) {
        self.0.go(to);
    }
}
