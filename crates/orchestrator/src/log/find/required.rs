//! What every line with a match must hold, of a pattern: so that an index can say where it cannot be.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::fold::fold;

/// Parts of an expression that are looked at: of more, nothing is known.
const PARTS: u32 = 2000;
/// Characters that can be forms of one letter, at most.
const FORMS: usize = 8;
/// Times that something repeated is taken for text.
const TIMES: u32 = 8;

/// What is in every line that holds a match; texts are [folded](super::fold()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// Nothing that is known.
    Nothing,
    /// This text.
    Text(String),
    /// All of these.
    All(Vec<Required>),
    /// At least one of these.
    Any(Vec<Required>),
}

/// What is in every match of an expression.
pub(super) fn required(hir: &Hir) -> Required {
    in_all(hir, &mut { PARTS })
}

fn in_all(hir: &Hir, parts: &mut u32) -> Required {
    let mut walk = Walk {
        parts,
        all: Vec::new(),
        run: String::new(),
    };
    walk.on(hir);
    walk.gap();
    match walk.all.len() {
        0 => Required::Nothing,
        1 => walk.all.remove(0),
        _ => Required::All(walk.all),
    }
}

/// An expression from left to right.
struct Walk<'a> {
    parts: &'a mut u32,
    all: Vec<Required>,
    /// The text that ends here.
    run: String,
}

impl Walk<'_> {
    fn on(&mut self, hir: &Hir) {
        let Some(left) = self.parts.checked_sub(1) else {
            return self.gap();
        };
        *self.parts = left;
        match hir.kind() {
            // They take no room.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.run.extend(text.chars().map(fold)),
                Err(_) => self.gap(),
            },
            HirKind::Class(class) => match letter(class) {
                Some(letter) => self.run.push(letter),
                None => self.gap(),
            },
            HirKind::Capture(capture) => self.on(&capture.sub),
            HirKind::Concat(subs) => subs.iter().for_each(|sub| self.on(sub)),
            HirKind::Repetition(repetition) => {
                for _ in 0..repetition.min.min(TIMES) {
                    self.on(&repetition.sub);
                }
                if repetition.max != Some(repetition.min) || repetition.min > TIMES {
                    self.gap();
                }
            }
            HirKind::Alternation(subs) => {
                self.gap();
                let any: Vec<_> = subs.iter().map(|sub| in_all(sub, self.parts)).collect();
                if !any.contains(&Required::Nothing) {
                    self.all.push(Required::Any(any));
                }
            }
        }
    }

    /// What comes next need not follow at once.
    fn gap(&mut self) {
        if !self.run.is_empty() {
            self.all.push(Required::Text(std::mem::take(&mut self.run)));
        }
    }
}

/// The letter whose forms a class is, if it is.
fn letter(class: &Class) -> Option<char> {
    let forms: Vec<char> = match class {
        Class::Unicode(class) => {
            let ranges = class.iter().flat_map(|range| range.start()..=range.end());
            ranges.take(FORMS + 1).collect()
        }
        Class::Bytes(class) => {
            let ranges = class.iter().flat_map(|range| range.start()..=range.end());
            ranges.take(FORMS + 1).map(char::from).collect()
        }
    };
    let letter = fold(*forms.first()?);
    let is_one = forms.len() <= FORMS && forms.iter().all(|form| fold(*form) == letter);
    // A byte that is no character of its own is part of one that is not known.
    let is_text = matches!(class, Class::Unicode(_)) || forms.iter().all(char::is_ascii);
    (is_one && is_text).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::super::{Pattern, Query};
    use super::*;

    fn of(text: &str, regex: bool) -> Required {
        let query = Query {
            text: text.into(),
            regex,
            ..Query::default()
        };
        Pattern::new(&query).unwrap().required().clone()
    }

    fn text(text: &str) -> Required {
        Required::Text(text.into())
    }

    #[test]
    fn what_a_line_must_hold_is_read_from_the_expression() {
        use Required::{All, Any, Nothing};
        assert_eq!(of("Kaße (1)", false), text("kaße (1)"));
        for (regex, required) in [
            (r"\bOrder\b", text("order")),
            (
                "order [0-9]+-x was .* lost$",
                All(vec![text("order "), text("-x was "), text(" lost")]),
            ),
            (
                "(ab|cd)e",
                All(vec![Any(vec![text("ab"), text("cd")]), text("e")]),
            ),
            ("(ab|c*)e", text("e")),
            ("x{3}y", text("xxxy")),
            ("ab+c", All(vec![text("ab"), text("c")])),
            ("(ab)?c", text("c")),
            ("[a-z]+", Nothing),
            (r"(?s).|\d", Nothing),
            ("a(?:b(?:c{2,}))d", All(vec![text("abcc"), text("d")])),
        ] {
            assert_eq!(of(regex, true), required, "{regex}");
        }
        // However often it is repeated, it ends.
        of(&format!("{}a{}", "(".repeat(4), "){8}".repeat(4)), true);
    }
}
