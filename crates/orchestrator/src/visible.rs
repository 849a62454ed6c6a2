//! Text that another wrote (a server, a makefile, an SSH config, a row, a file's name), as it may be shown: no part of it
//! is an instruction to a terminal, and none deceives an eye. It does not know who shows it.
//!
//! - Control characters are marks: `\n`, `\t`, `\r`, else `\x1b`.
//! - Characters that have no look of their own are marks: `⟨U+202E⟩`, or `⟨U+200B ×3⟩` for several of one kind. These are
//!   bidi controls, zero-width characters and all others that Unicode calls ignorable, format characters, separators of
//!   lines, and each blank but the usual one.
//! - More than [`MOST_STACKED`] combining characters over one letter, and [`MOST_BLANKS`] blanks or more, are counted.
//!
//! **Some of those characters are part of plain text, and stay if they change what is seen**; elsewhere two names could
//! differ by them and look the same. A joiner (ZWJ, ZWNJ) stays beside a virama; between letters of a cursive script if it
//! parts what would be joined, or joins what would stay apart (RFC 5892, appendices A.1 and A.2, for ZWNJ); and between
//! two pictures of one emoji. A variation selector stays after a character that has variants: an emoji, a keycap's digit,
//! a Han character, a Mongolian letter. Tags stay in the flags of England, Scotland and Wales. The ideographic blank stays
//! beside a character of its own width.
//!
//! `src/lib/visible/visible.ts` is the same for the page. Both are tried with `visible/cases.json`.

mod unicode;

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use unicode::{is_mark, is_unseen};

/// Combining characters that are drawn over one letter; scripts need four or so, a letter of a joke hundreds.
const MOST_STACKED: usize = 12;

/// So many blanks side by side are counted: they could move what comes after them out of sight.
const MOST_BLANKS: usize = 64;

/// As many of them.
const BLANKS: &str = match std::str::from_utf8(&[b' '; MOST_BLANKS]) {
    Ok(blanks) => blanks,
    Err(_) => unreachable!(),
};

/// The flags that are spelled with tags, as they follow a black flag.
const FLAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// The text in one row; borrowed if no mark is needed.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    marked(text, Unmarked::Nothing)
}

/// The text with its newlines kept; borrowed if no mark is needed. For texts that have several lines of their
/// own: the caller shows each line as a part of them.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    marked(text, Unmarked::Newlines)
}

/// The text of a log's line; borrowed if no mark is needed. A log lays its lines out by blanks, however many.
#[must_use]
pub fn visible_log(text: &str) -> Cow<'_, str> {
    marked(text, Unmarked::Blanks)
}

/// What is not marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unmarked {
    Nothing,
    Newlines,
    Blanks,
}

fn marked(text: &str, kept: Unmarked) -> Cow<'_, str> {
    if is_plain(text, kept) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let written = write(text, kept, &mut shown);
    debug_assert!(written.is_ok(), "a string takes everything");
    if shown == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(shown)
    }
}

/// Whether the text is ASCII without controls, as most is.
fn is_plain(text: &str, kept: Unmarked) -> bool {
    let is_short = kept == Unmarked::Blanks || text.len() < MOST_BLANKS;
    // No early end, so that many bytes are compared at once.
    let special = text
        .bytes()
        .fold(false, |any, byte| any | !matches!(byte, 0x20..=0x7e));
    !special && (is_short || !text.contains(BLANKS))
}

/// Writes the text character by character, each with what is before and after it.
fn write(text: &str, kept: Unmarked, out: &mut impl Write) -> fmt::Result {
    let mut at = 0;
    let mut stack = Stack::default();
    while let Some(char) = text[at..].chars().next() {
        let (before, after) = (&text[..at], &text[at + char.len_utf8()..]);
        at += char.len_utf8();
        if (char == '\n' && kept == Unmarked::Newlines) || (char == ' ' && kept == Unmarked::Blanks)
        {
            stack.end(out)?;
            out.write_char(char)?;
        } else if is_unseen(char) && !unicode::belongs(char, before, after) {
            stack.end(out)?;
            at += mark(char, after, out)?;
        } else if is_mark(char) || is_unseen(char) {
            stack.put(char, out)?;
        } else {
            stack.end(out)?;
            at += plain(char, after, out)?;
        }
    }
    stack.end(out)
}

/// Writes the mark of a character, and of those of its kind that follow; gives the length of these in bytes.
fn mark(char: char, after: &str, out: &mut impl Write) -> Result<usize, fmt::Error> {
    match char {
        '\n' => out.write_str("\\n")?,
        '\t' => out.write_str("\\t")?,
        '\r' => out.write_str("\\r")?,
        control if control.is_control() => write!(out, "\\x{:02x}", u32::from(control))?,
        unseen => {
            let more = after.chars().take_while(|next| *next == char).count();
            write!(out, "⟨U+{:04X}", u32::from(unseen))?;
            if more > 0 {
                write!(out, " ×{}", more + 1)?;
            }
            out.write_char('⟩')?;
            return Ok(more * char.len_utf8());
        }
    }
    Ok(0)
}

/// Writes a character that has a look of its own, and gives how many bytes of what follows it went along with it.
fn plain(char: char, after: &str, out: &mut impl Write) -> Result<usize, fmt::Error> {
    if char == ' ' {
        let blanks = 1 + after.bytes().take_while(|byte| *byte == b' ').count();
        if blanks >= MOST_BLANKS {
            write!(out, "⟨{blanks} blanks⟩")?;
        } else {
            write!(out, "{:blanks$}", "")?;
        }
        return Ok(blanks - 1);
    }
    out.write_char(char)?;
    let tags = FLAGS.into_iter().find(|tags| after.starts_with(tags));
    match tags.filter(|_| char == '\u{1f3f4}') {
        Some(tags) => {
            out.write_str(tags)?;
            Ok(tags.len())
        }
        None => Ok(0),
    }
}

/// What is drawn over one letter: combining characters, and joiners and selectors that stay.
#[derive(Debug, Default)]
struct Stack {
    drawn: usize,
    hidden: usize,
}

impl Stack {
    fn put(&mut self, char: char, out: &mut impl Write) -> fmt::Result {
        if self.drawn == MOST_STACKED {
            self.hidden += 1;
            return Ok(());
        }
        self.drawn += 1;
        out.write_char(char)
    }

    /// The letter is over.
    fn end(&mut self, out: &mut impl Write) -> fmt::Result {
        let hidden = std::mem::take(self).hidden;
        if hidden > 0 {
            write!(out, "⟨{hidden} more⟩")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
