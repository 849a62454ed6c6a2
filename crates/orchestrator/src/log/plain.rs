//! A log's text without its escapes, for search and for download as text.

use std::borrow::Cow;

use memchr::{memchr, memchr3, memrchr};

use super::{
    Style,
    escape::{Column, Erase, Pen, Screen},
    row::{Row, TAB},
};

/// Bytes that are looked at before the first of them is taken.
const AT_ONCE: usize = 4096;

/// The text of one stream's bytes as it is seen, line by line: what [`super::Line::spans`] hold, never cut. Newlines
/// stay. The bytes begin with a line, or at least not within a sequence or a character.
#[must_use]
pub fn plain(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = common(rest, &mut text);
        if rest.is_empty() {
            return text;
        }
        let end = memchr(b'\n', rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        text.push_str(&drawn(line.strip_suffix(b"\r").unwrap_or(line)));
        let Some(end) = end else { return text };
        text.push('\n');
        rest = &rest[end + 1..];
    }
}

/// The same as [`plain`], and no copy if the bytes are that text already.
pub(super) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    if !has_special(bytes)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(plain(bytes))
}

/// A line's text, by a row that is written as on a screen.
fn drawn(line: &[u8]) -> String {
    let mut row = Unstyled(Row::new(usize::MAX));
    Pen::default().write(line, &mut row);
    row.0.into_text()
}

/// Whether a byte is a control other than a newline, or begins the C1 controls (0xC2). No early end, so that many bytes
/// are compared at once.
fn has_special(bytes: &[u8]) -> bool {
    let special = |byte: u8| (byte < 0x20 && byte != b'\n') || byte == 0x7f || byte == 0xc2;
    bytes.iter().fold(false, |any, &byte| any | special(byte))
}

/// Appends the texts of the lines up to the first that has more than text, colours, tabs and ends as in Windows, as most
/// lines have not; gives what begins with that one.
fn common<'a>(bytes: &'a [u8], text: &mut String) -> &'a [u8] {
    let begun = text.len();
    let mut at = 0;
    while at < bytes.len() {
        let clean = clean(piece(&bytes[at..]));
        text.push_str(clean);
        at += clean.len();
        if at == bytes.len() || bytes[at] == b'\n' {
            continue;
        }
        let Some(len) = quiet(&bytes[at..], &mut *text) else {
            // All of the line that it lies in is left.
            text.truncate(begun + line_start(&text[begun..]));
            at = memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
            break;
        };
        at += len;
    }
    &bytes[at..]
}

/// The bytes before the first of the usual controls: not many more than are looked at in one go, if lines are left soon.
fn piece(bytes: &[u8]) -> &[u8] {
    let many = bytes.get(AT_ONCE..).and_then(|rest| memchr(b'\n', rest));
    let bytes = &bytes[..many.map_or(bytes.len(), |end| AT_ONCE + end)];
    let control = memchr3(0x1b, b'\r', b'\t', bytes);
    &bytes[..control.unwrap_or(bytes.len())]
}

/// The start that is text and newlines.
fn clean(piece: &[u8]) -> &str {
    let len = if has_special(piece) {
        let special = |(at, &byte): (usize, &u8)| match byte {
            b'\n' => false,
            // Of the characters that this byte begins half are controls.
            0xc2 => !matches!(piece.get(at + 1), Some(0xa0..)),
            _ => byte < 0x20 || byte == 0x7f,
        };
        let mut bytes = piece.iter().enumerate();
        bytes.position(special).unwrap_or(piece.len())
    } else {
        piece.len()
    };
    match std::str::from_utf8(&piece[..len]) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&piece[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// Does what a control at the start of `bytes` does to the text before it, if that is not to change it; gives its
/// length.
fn quiet(bytes: &[u8], text: &mut String) -> Option<usize> {
    match bytes[0] {
        b'\r' => matches!(bytes.get(1), None | Some(b'\n')).then_some(1),
        b'\t' => {
            let tabs = bytes.iter().take_while(|&&byte| byte == b'\t').count();
            // What no character follows leaves no blanks.
            matches!(bytes.get(tabs), Some(0x20..=0x7e | 0xc3..)).then_some(())?;
            let column = text[line_start(text)..].chars().count();
            let to = (column / TAB + tabs) * TAB;
            text.extend(std::iter::repeat_n(' ', to - column));
            Some(tabs)
        }
        0x1b => {
            let params = bytes.strip_prefix(b"\x1b[")?;
            let end = params
                .iter()
                .position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
            // The cursor is at the end: no text is there to be erased.
            let is_quiet = matches!(
                (&params[..end], params[end]),
                (_, b'm') | (b"" | b"0", b'K')
            );
            is_quiet.then_some(end + 3)
        }
        _ => None,
    }
}

/// Where the last line begins.
fn line_start(text: &str) -> usize {
    memrchr(b'\n', text.as_bytes()).map_or(0, |end| end + 1)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Line by line, as a screen draws it.
    fn line_by_line(bytes: &[u8]) -> String {
        let lines = bytes.split(|&byte| byte == b'\n');
        let drawn = lines.map(|line| drawn(line.strip_suffix(b"\r").unwrap_or(line)));
        drawn.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_most_lines_have_is_as_a_screen_draws_it() {
        for line in [
            "\x1b[1;32mok\x1b[0m\ta\t\tb",
            "é\tü·°\t日本",
            "ends with tabs\t\t",
            "a tab\t\x1b[0mbefore a colour",
            "\r",
            "a\r\r",
            "half\rway",
            "\x1b[2K\rdone\x1b[K",
            "\u{85}\u{a0}",
            "\x1b[",
            "\x1b",
            "\x1b[31",
        ] {
            let text = format!("first\n{line}\r\n{line}\nlast");
            assert_eq!(
                plain(text.as_bytes()),
                line_by_line(text.as_bytes()),
                "{line:?}"
            );
        }
        let parted = b"\xc3\x1b[m\xa9\nb\xff\nc\xc2";
        assert_eq!(plain(parted), line_by_line(parted));
    }

    const PIECES: [&[u8]; 20] = [
        b"\n",
        b"\r",
        b"\r\n",
        b"\t",
        b"\x1b[31m",
        b"\x1b[K",
        b"\x1b[1K",
        b"\x1b[",
        b"\x1b[2C",
        b"\x08",
        b"word",
        b" ",
        b"\xc3\xa9",
        b"\xc2",
        b"\xa9",
        b"\xc2\x85",
        b"\xff",
        b"\x1b]8;;x\x07",
        b"\0",
        b"\x7f",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn whatever_lines_have_is_as_a_screen_draws_it(
            pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)
        ) {
            let bytes = pieces.concat();
            prop_assert_eq!(plain(&bytes), line_by_line(&bytes));
        }
    }
}
