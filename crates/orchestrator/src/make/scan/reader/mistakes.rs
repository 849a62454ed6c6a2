//! Lines that are neither rule nor assignment: calls of functions, and mistakes.

use super::{
    super::{
        recipes::tested::always_fails,
        syntax::text::{Piece, first_word, pieces},
        targets::extra_words::swallows,
        values::{references::references, variables::Guard},
    },
    At, MAX_PROBLEMS, Reader,
};
use crate::project::Problem;

impl Reader {
    /// A line that is neither rule nor assignment: a function call, or a mistake.
    pub(super) fn other(&mut self, line: &str, raw: &str, at: &mut At) {
        for reference in references(line) {
            let used = self.variables.refer(&reference);
            if let Some(used) = used.filter(|used| used.guarded) {
                let is_always = at.conditions.is_empty();
                let guard = if is_always {
                    Guard::Always
                } else {
                    Guard::WhereUsed
                };
                self.variables.guard(used.index, guard);
            }
        }
        self.slips(line, &at.place());
        if always_fails(line) {
            self.guard(at);
        }
        self.drop_comments(at);
        match swallows(line) {
            true => self.rules.swallowed = true,
            false => self.evaluate(line, at),
        }
        // Whatever its references become: with a text beside them it is no empty line.
        let has_text = pieces(line).any(
            |piece| matches!(piece, Piece::Plain(text) if text.contains(char::is_alphanumeric)),
        );
        if line.contains('$') {
            if raw.starts_with(' ') && has_text && at.rule.is_some() {
                self.problem_at(at, SPACES);
            }
            return;
        }
        if let Some(word) = of_another_make(line) {
            let is_first = !self
                .problems
                .iter()
                .any(|one| one.what.contains(OTHER_MAKE));
            if is_first {
                self.problem_at(at, &format!("missing separator: `{word}` {OTHER_MAKE}"));
            }
            return;
        }
        let what = if raw.starts_with('\t') {
            "recipe commences before first target"
        } else if raw.starts_with(' ') {
            SPACES
        } else {
            "missing separator: neither a rule nor a variable"
        };
        self.problem_at(at, what);
    }

    /// A problem where make reads this; under a condition that is only a maybe.
    pub(super) fn problem_at(&mut self, at: &At, what: &str) {
        let place = at.place();
        if at.conditions.is_empty() && !self.is_conditional {
            return self.problem(place, what.to_owned());
        }
        if self.hints.len() < MAX_PROBLEMS {
            let what = format!("{what}, if its condition holds");
            self.hints.push(Problem { place, what });
        }
    }
}

/// What is said of a line that was to be a recipe's.
const SPACES: &str = "missing separator: a recipe's line begins with a tab, not with spaces";

/// What is said of the first line of another make.
const OTHER_MAKE: &str =
    "is a line for BSD's make, by which GNU make ends: bmake reads this makefile";

/// The word of a line that only BSD's make reads, as `.if`.
fn of_another_make(line: &str) -> Option<&str> {
    let (word, _) = first_word(line);
    let known = [
        ".if",
        ".ifdef",
        ".ifndef",
        ".ifmake",
        ".elif",
        ".else",
        ".endif",
        ".for",
        ".endfor",
        ".include",
        ".-include",
        ".sinclude",
        ".undef",
        ".error",
        ".warning",
        ".info",
    ];
    known.contains(&word).then_some(word)
}
