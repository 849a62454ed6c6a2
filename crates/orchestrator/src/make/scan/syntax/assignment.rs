//! `NAME = value` in all its flavours.

use super::text::{closing, is_blank};

/// How a value is given (GNU make manual, "Setting Variables").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::make::scan) enum Flavor {
    /// `=`
    Recursive,
    /// `:=`, `::=` or `:::=`
    Simple,
    /// `+=`
    Append,
    /// `?=`
    Optional,
    /// `!=`: the output of a command, which the scan does not run.
    Shell,
}

/// An assignment, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::make::scan) struct Assignment<'a> {
    pub(in crate::make::scan) name: &'a str,
    pub(in crate::make::scan) flavor: Flavor,
    pub(in crate::make::scan) value: &'a str,
}

/// Reads a line as an assignment, by make's own rule: one name, blanks, an operator. None if it is something else.
pub(in crate::make::scan) fn assignment(text: &str) -> Option<Assignment<'_>> {
    let text = text.trim_start_matches(is_blank);
    let bytes = text.as_bytes();
    let (mut at, mut name_end) = (0, None);
    loop {
        let byte = *bytes.get(at)?;
        let rest = &bytes[at..];
        let operator = match byte {
            b'#' => return None,
            b'$' => {
                // An operator inside a reference is part of its text: `$(a:.c=.o)`.
                at = match bytes.get(at + 1)? {
                    b'(' | b'{' => closing(bytes, at + 1)? + 1,
                    _ => at + 2,
                };
                if name_end.is_some() {
                    return None;
                }
                continue;
            }
            b'=' => Some((Flavor::Recursive, 1)),
            b'+' if rest.starts_with(b"+=") => Some((Flavor::Append, 2)),
            b'?' if rest.starts_with(b"?=") => Some((Flavor::Optional, 2)),
            b'!' if rest.starts_with(b"!=") => Some((Flavor::Shell, 2)),
            b':' if rest.starts_with(b":=") => Some((Flavor::Simple, 2)),
            b':' if rest.starts_with(b"::=") => Some((Flavor::Simple, 3)),
            b':' if rest.starts_with(b":::=") => Some((Flavor::Simple, 4)),
            // A colon that begins no operator makes it a rule.
            b':' => return None,
            _ => None,
        };
        if let Some((flavor, length)) = operator {
            let name = &text[..name_end.unwrap_or(at)];
            return (!name.is_empty()).then(|| Assignment {
                name,
                flavor,
                value: text[at + length..].trim_matches(is_blank),
            });
        }
        if is_blank(byte.into()) {
            name_end.get_or_insert(at);
        } else if name_end.is_some() {
            return None;
        }
        at += 1;
    }
}
