//! What the page's own regular expressions do not know of Unicode: `src/lib/visible/table.ts`, one committed file.

use std::fmt::Write;

use super::unicode::{is_dual, is_joined, is_unseen, is_virama};
use crate::committed;

const HEAD: &str = "// Generated from crates/orchestrator/src/visible/unicode.rs by `make wire`; `make test` fails if the two differ.\n";

type Holds = fn(char) -> bool;

/// The characters of which something is true, as the inside of a class of a regular expression with the flag `u`.
fn class(holds: Holds) -> String {
    let all = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for code in all.filter(|char| holds(*char)).map(u32::from) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    let mut class = String::new();
    for (first, last) in ranges {
        write!(class, "\\u{{{first:x}}}").unwrap();
        if last > first {
            write!(class, "-\\u{{{last:x}}}").unwrap();
        }
    }
    class
}

#[test]
fn typescript_is_current() {
    let mut text = HEAD.to_owned();
    let sets: [(&str, &str, Holds); 4] = [
        (
            "UNSEEN",
            "Characters that have no look of their own, or that of the usual blank.",
            is_unseen,
        ),
        (
            "DUAL",
            "Letters that would be joined to one after them.",
            is_dual,
        ),
        (
            "JOINED",
            "Letters that would be joined to one before them.",
            is_joined,
        ),
        (
            "VIRAMA",
            "Marks that take a letter's vowel away.",
            is_virama,
        ),
    ];
    for (name, doc, holds) in sets {
        let class = class(holds);
        write!(
            text,
            "\n/** {doc} */\nexport const {name} = String.raw`{class}`;\n"
        )
        .unwrap();
    }
    committed::is_current("src/lib/visible/table.ts", &text);
}
