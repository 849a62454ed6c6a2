//! Texts that look a variable up by a name they are given: what `$(call need,TOKEN)` calls, and the recipe of the pattern
//! rule that makes `guard-TOKEN`.

use super::{
    super::syntax::{
        functions::fails,
        text::{Piece, arguments, first_word, pieces},
    },
    references::is_function,
};

/// The longest value that is looked through, in bytes.
const MAX_VALUE: usize = 4_000;
/// How deep calls are followed into calls.
const MAX_DEPTH: usize = 3;

/// Whether a text looks up the variable whose name `mark` stands for: `1` in a called text, `*` in a pattern rule.
pub(in crate::make::scan) fn looks_up(text: &str, mark: char) -> bool {
    ["$(", "${", "$(value ", "${value ", "$(origin ", "$${"]
        .iter()
        .flat_map(|open| {
            [
                format!("{open}${mark}"),
                format!("{open}$({mark})"),
                format!("{open}${{{mark}}}"),
            ]
        })
        .any(|look| text.contains(&look))
}

/// Whether a called text ends make if the variable that it looks up has no value. An error that is there for what has one,
/// as in `$(if $(filter-out 0 1,$($1)),$(error …))`, does not count.
fn fails_without(text: &str, mark: char, depth: usize) -> bool {
    if depth > MAX_DEPTH || !fails(text) {
        return fails(text);
    }
    pieces(text).any(|piece| {
        let Piece::Reference(inner) = piece else {
            return false;
        };
        let (word, rest) = first_word(inner);
        if word == "error" {
            return true;
        }
        if word.len() == inner.len() || !is_function(word) {
            return false;
        }
        let parts = arguments(rest, usize::MAX);
        let is_for_filled = matches!(word, "if" | "and") && looks_up(parts[0], mark);
        let skipped = match word {
            "if" if is_for_filled => 2,
            "and" if is_for_filled => parts.len(),
            _ => 0,
        };
        let mut parts = parts.iter().skip(skipped);
        parts.any(|part| fails_without(part, mark, depth + 1))
    })
}

/// What a called variable does with a name it is given as its argument of a number, the `mark`: none if it does not look
/// it up, as words of a message, else whether make ends where that has no value. `value_of` gives the text of a variable.
pub(in crate::make::scan) fn by_call<'v>(
    value_of: &dyn Fn(&str) -> Option<&'v str>,
    (called, mark): (&str, char),
    depth: usize,
) -> Option<bool> {
    let value = value_of(called)?;
    if value.len() > MAX_VALUE || depth > MAX_DEPTH {
        return None;
    }
    if looks_up(value, mark) {
        return Some(fails_without(value, mark, 0));
    }
    // What it calls in turn is given its first argument, in all shapes that this has.
    if mark != '1' {
        return None;
    }
    let called = value.split("call ").skip(1);
    let names = called.filter_map(|rest| rest.split_once(',').map(|(name, _)| name.trim()));
    let mut deeper = names.filter_map(|name| by_call(value_of, (name, mark), depth + 1));
    deeper.next().map(|ends| ends || fails(value))
}
