//! `$(eval …)` outside recipes: what it is given is expanded as far as nothing has to be run for it, and read as further
//! lines of the makefile, each at the place of the line that has it evaluated.

use super::{
    super::{
        syntax::text::{Piece, arguments, first_word, is_name, logical, pieces, split_plain},
        values::expand::Bound,
    },
    At, Reader,
};

/// As many texts are read in one scan.
const MAX_EVALUATED: usize = 5_000;
/// As many words of lists are gone through.
const MAX_WALKED: usize = 100_000;
/// How deep one may be in another.
const MAX_EVALUATING: usize = 6;
/// How deep functions are followed into functions.
const MAX_DEPTH: usize = 24;

impl Reader {
    /// Reads what a text evaluates.
    pub(super) fn evaluate(&mut self, text: &str, at: &At) {
        let before = self.evaluated;
        self.evaluate_in(text, &[], at, 0);
        // `$(call rule,a)` alone on a line is a line itself.
        let is_call = text.starts_with("$(call ") || text.starts_with("${call ");
        if is_call && self.evaluated == before {
            let line = self.expander().as_far_as_known(text, &[]);
            if !line.trim().is_empty() && !line.trim().contains('\n') && !line.contains("$(call ") {
                self.read_evaluated(&line, at);
            }
        }
    }

    fn evaluate_in(&mut self, text: &str, bound: &Bound<'_>, at: &At, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for piece in pieces(text) {
            if self.evaluated >= MAX_EVALUATED {
                return;
            }
            if let Piece::Reference(inner) = piece {
                self.evaluate_reference(inner, bound, at, depth + 1);
            }
        }
    }

    fn evaluate_reference(&mut self, inner: &str, bound: &Bound<'_>, at: &At, depth: usize) {
        let (word, rest) = first_word(inner);
        match word {
            "eval" => {
                let text = self.expander().as_far_as_known(rest, bound);
                self.read_evaluated(&text, at);
            }
            "foreach" => {
                let Ok([name, list, text]) = <[&str; 3]>::try_from(arguments(rest, 3)) else {
                    return;
                };
                let list = self.expander().as_far_as_known(list, bound);
                for one in split_plain(&list).filter(|one| !one.contains('$')) {
                    self.walked += 1;
                    if self.walked > MAX_WALKED {
                        return;
                    }
                    let mut bound = bound.to_vec();
                    bound.push((name.trim(), one.to_owned()));
                    self.evaluate_in(text, &bound, at, depth);
                }
            }
            "call" => {
                let (name, bound) = self.expander().called(rest, bound);
                let body = self.variables.get(&name).and_then(|one| one.value.clone());
                self.evaluate_in(&body.unwrap_or_default(), &bound, at, depth);
            }
            "if" => {
                let parts = arguments(rest, 3);
                if let Some(holds) = self.expander().bound(parts[0].trim(), bound) {
                    let taken = parts.get(if holds.is_empty() { 2 } else { 1 });
                    self.evaluate_in(taken.unwrap_or(&""), bound, at, depth);
                }
            }
            "info" | "warning" | "error" | "shell" | "value" | "file" => {}
            _ if rest.is_empty() && is_name(word) => {
                let value = self.variables.get(word).and_then(|one| one.value.clone());
                let value = value.filter(|value| value.contains("eval "));
                self.evaluate_in(&value.unwrap_or_default(), bound, at, depth);
            }
            _ => self.evaluate_in(rest, bound, at, depth),
        }
    }

    fn read_evaluated(&mut self, text: &str, at: &At) {
        if self.evaluating >= MAX_EVALUATING || self.evaluated >= MAX_EVALUATED {
            return;
        }
        self.evaluating += 1;
        self.evaluated += 1;
        let outer = (self.is_left_open, self.is_conditional);
        let standing = self.standing(at);
        self.is_left_open = standing.is_left_open;
        self.is_conditional |= standing.conditional;
        let mut inner = At {
            file: at.file.clone(),
            line: at.line,
            group: at.group.clone(),
            banner: at.banner.clone(),
            is_evaluated: true,
            ..At::default()
        };
        // What was left as it is written may not be what make reads there, so nothing is wrong with it.
        let problems = self.problems.len();
        for (_, raw) in logical(text) {
            self.line(raw, &mut inner);
        }
        self.problems.truncate(problems);
        (self.is_left_open, self.is_conditional) = outer;
        self.evaluating -= 1;
    }
}
