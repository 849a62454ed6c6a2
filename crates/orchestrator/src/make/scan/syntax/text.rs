//! The surface of make's syntax: logical lines, words, brackets, escapes. It knows no meaning.

use std::borrow::Cow;

/// Logical lines: a physical line and those it continues into by a `\` at its end, with the number of the first, from 1.
pub(in crate::make::scan) fn logical(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut rest = text;
    let mut number = 1;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let (first, mut from) = (number, 0);
        loop {
            let Some(newline) = memchr::memchr(b'\n', &bytes[from..]) else {
                let line = rest;
                rest = "";
                return Some((first, line));
            };
            let end = from + newline;
            number += 1;
            if !ends_escaped(&bytes[from..end]) {
                let line = &rest[..end];
                rest = &rest[end + 1..];
                return Some((first, line));
            }
            from = end + 1;
        }
    })
}

fn ends_escaped(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// A logical line as make reads it outside recipes: each continuation, and the blanks around it, is one space.
pub(in crate::make::scan) fn joined(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\n') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    for (index, part) in raw.split('\n').enumerate() {
        if index > 0 {
            out.pop();
            out.truncate(out.trim_end_matches([' ', '\t']).len());
            out.push(' ');
            out.push_str(part.trim_start_matches([' ', '\t']));
        } else {
            out.push_str(part);
        }
    }
    Cow::Owned(out)
}

/// Where the bracket that is at `open` closes, counting those of its own kind. None if it does not.
pub(in crate::make::scan) fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let (left, right) = match bytes.get(open)? {
        b'(' => (b'(', b')'),
        b'{' => (b'{', b'}'),
        _ => return None,
    };
    let mut depth = 0_usize;
    for (index, byte) in bytes.iter().enumerate().skip(open) {
        if *byte == left {
            depth += 1;
        } else if *byte == right {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// Where the first of some ASCII characters is that is neither escaped by `\` nor inside `$(…)` or `${…}`.
pub(in crate::make::scan) fn find_plain(text: &str, wanted: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'$' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                // One that never closes takes the rest of the line with it, as make's error would.
                at = closing(bytes, at + 1)? + 1;
            }
            b'$' => at += 2,
            b'\\' => {
                let run = bytes[at..].iter().take_while(|b| **b == b'\\').count();
                at += run + run % 2;
            }
            byte if wanted.contains(byte) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Splits at a plain `#`: what is before it, and the comment with its `#`.
pub(in crate::make::scan) fn split_comment(text: &str) -> (&str, Option<&str>) {
    match find_plain(text, b"#") {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    }
}

/// A file or target name as it is in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::make::scan) struct Word {
    /// The name, escapes resolved.
    pub(in crate::make::scan) name: String,
    /// Whether a plain `%` makes it a pattern.
    pub(in crate::make::scan) pattern: bool,
}

/// The names of a list that holds no more `$`: separated by blanks, with `\` before a blank, `#`, `:`, `;` or `%` taken off.
/// A leading `./` goes, as make drops it.
pub(in crate::make::scan) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    while chars.next_if(|c| is_blank(*c)).is_some() {}
    while chars.peek().is_some() {
        let mut word = Word {
            name: String::new(),
            pattern: false,
        };
        while let Some(c) = chars.next_if(|c| !is_blank(*c)) {
            if c == '\\' {
                let mut run = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    run += 1;
                }
                let special = chars
                    .peek()
                    .is_some_and(|c| matches!(c, ' ' | '#' | ':' | '%' | ';'));
                let kept = if special { run / 2 } else { run };
                word.name.extend(std::iter::repeat_n('\\', kept));
                if special && run % 2 == 1 {
                    word.name.extend(chars.next());
                }
                continue;
            }
            word.pattern |= c == '%';
            word.name.push(c);
        }
        while let Some(rest) = word.name.strip_prefix("./").filter(|rest| !rest.is_empty()) {
            word.name = rest.trim_start_matches('/').to_owned();
        }
        words.push(word);
        while chars.next_if(|c| is_blank(*c)).is_some() {}
    }
    words
}

/// The parts of a list between blanks that are outside brackets.
pub(in crate::make::scan) fn split_plain(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_blank);
        if rest.is_empty() {
            return None;
        }
        let end = find_plain(rest, b" \t").unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

pub(in crate::make::scan) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// Whether a variable of this name can be given to make by the app: `[A-Za-z_][A-Za-z0-9_]*`.
pub(in crate::make) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.as_bytes()[0].is_ascii_digit()
        && name
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// Whether a name is a plain word: letters of any script, digits, `-` and `_`, and not hidden by a `_` before it.
pub(in crate::make::scan) fn is_plain_word(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !name.starts_with('_') && name.chars().all(is_plain)
}

/// The first word and what follows its blanks.
pub(in crate::make::scan) fn first_word(text: &str) -> (&str, &str) {
    let end = text.find(is_blank).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches(is_blank))
}

/// At most `max` characters, with `…` if some were cut.
pub(in crate::make::scan) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A piece of a text that may hold references.
pub(in crate::make::scan) enum Piece<'a> {
    /// Text without a `$`.
    Plain(&'a str),
    /// `$$`
    Dollar,
    /// The inside of `$(…)` or `${…}`.
    Reference(&'a str),
    /// The letter after a `$`.
    Letter(&'a str),
}

/// The pieces of a text, in order. What follows a bracket that never closes is left out.
pub(in crate::make::scan) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        match memchr::memchr(b'$', bytes) {
            None if rest.is_empty() => return None,
            None => return Some(Piece::Plain(std::mem::take(&mut rest))),
            Some(0) => {}
            Some(at) => {
                let (plain, after) = rest.split_at(at);
                rest = after;
                return Some(Piece::Plain(plain));
            }
        }
        let (piece, end) = match bytes.get(1)? {
            b'$' => (Piece::Dollar, 2),
            b'(' | b'{' => {
                let close = closing(bytes, 1)?;
                (Piece::Reference(&rest[2..close]), close + 1)
            }
            _ => {
                let end = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                (Piece::Letter(&rest[1..end]), end)
            }
        };
        rest = &rest[end..];
        Some(piece)
    })
}

/// The arguments of a function, split at commas outside brackets; the last of `max` holds all the rest.
pub(in crate::make::scan) fn arguments(text: &str, max: usize) -> Vec<&str> {
    let mut arguments = Vec::new();
    let (mut depth, mut from) = (0_i32, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth -= 1,
            b',' if depth <= 0 && arguments.len() + 1 < max => {
                arguments.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    arguments.push(&text[from..]);
    arguments
}
