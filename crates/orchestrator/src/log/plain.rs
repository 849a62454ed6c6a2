//! A log's text without its escapes, for search and for download as text.

use memchr::memchr;

use super::{
    Style,
    escape::{Erase, Pen, Screen},
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

fn line(bytes: &[u8], text: &mut String) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    // 0xC2 begins the C1 controls, which are dropped. No early end, so that many bytes are compared at once.
    let special = |byte: u8| byte < 0x20 || byte == 0x7f || byte == 0xc2;
    if !bytes.iter().fold(false, |any, &byte| any | special(byte)) {
        text.push_str(&String::from_utf8_lossy(bytes));
        return;
    }
    let mut row = Unstyled(Row::new(usize::MAX));
    Pen::default().write(bytes, &mut row);
    text.push_str(&row.0.into_text());
}

/// A row that keeps no styles.
struct Unstyled(Row);

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
}
