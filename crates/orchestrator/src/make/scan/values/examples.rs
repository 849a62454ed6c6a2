//! Values that a person may want to give a variable: those that the makefile compares it with, and those that its comments
//! and messages give as examples, as `make deploy ENV=staging` does.

mod switch;

use switch::{is_asked_for, is_switch};

use super::{
    super::{
        recipes::shell::{Command, commands},
        syntax::text::{arguments, closing, is_blank, is_name},
    },
    variables::{Variable, Variables},
};
use crate::project::VariableKind;

/// As many are kept of one makefile.
const MAX_FOUND: usize = 4_000;
/// As many are offered for one variable.
const MAX_OFFERED: usize = 12;
/// The longest one, in bytes.
const MAX_VALUE: usize = 60;
/// The longest text that is looked through, in bytes.
const MAX_TEXT: usize = 16 << 10;
/// Functions that pick words by others.
const PICKING: [&str; 3] = ["filter", "filter-out", "findstring"];
/// What stands for a value to be filled in.
const PLACEHOLDERS: [&str; 8] = [
    "name",
    "value",
    "val",
    "path",
    "string",
    "something",
    "message",
    "description",
];
/// Words that only such a text has.
const FILLING: [&str; 4] = ["your", "my", "some", "here"];

/// A value and the variable that it is one of.
#[derive(Debug)]
struct Example {
    name: String,
    value: String,
    /// Whether the makefile itself compares the variable with it.
    is_compared: bool,
}

/// All that were found, in the order of the text.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct Examples(Vec<Example>);

/// Hands each variable its examples, now that it is known which names are variables.
pub(in crate::make::scan) fn settle(found: Examples, variables: &mut Variables) {
    for example in found
        .0
        .into_iter()
        .flat_map(|one| words_of(one, variables))
        .collect::<Vec<_>>()
    {
        let Some(index) = variables.position(&example.name) else {
            continue;
        };
        let known = &mut variables.list[index].examples;
        if let Some(at) = known.iter().position(|(value, _)| *value == example.value) {
            known[at].1 |= example.is_compared;
        } else if known.len() < MAX_OFFERED {
            known.push((example.value, example.is_compared));
        }
    }
}

/// An example by itself, or one for each word of the variable that it names, if these are written out and may be shown.
fn words_of(example: Example, variables: &Variables) -> Vec<Example> {
    let Some((list, "")) = variable_of(&example.value) else {
        return vec![example];
    };
    // One without a value of its own is looked for, and no list.
    let is_open = variables
        .get(&example.name)
        .is_some_and(|one| one.value.is_none());
    let value = variables.get(list).and_then(|one| one.shown_value());
    let value = value.filter(|value| is_open && !value.contains('$'));
    let words = value
        .unwrap_or_default()
        .split(is_blank)
        .filter(|word| !word.is_empty());
    let of_word = |word: &str| Example {
        name: example.name.clone(),
        value: word.to_owned(),
        is_compared: true,
    };
    words.take(MAX_OFFERED).map(of_word).collect()
}

/// What kind of value a variable takes, by its comment or by what it is compared with, and the values to offer.
pub(in crate::make::scan) fn offered(variable: &Variable) -> (VariableKind, Vec<String>) {
    let notes = &variable.notes;
    if variable.is_secret() || !notes.choices.is_empty() || notes.kind != VariableKind::Text {
        return (notes.kind, Vec::new());
    }
    if is_asked_for(variable) {
        return (VariableKind::Bool, Vec::new());
    }
    let usual = variable.shown_value().unwrap_or_default();
    let values: Vec<&str> = variable
        .examples
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    if variable
        .examples
        .iter()
        .any(|(_, is_compared)| *is_compared)
        && is_switch(usual, &values)
    {
        return (VariableKind::Bool, Vec::new());
    }
    let says_more = values.iter().any(|value| *value != usual);
    let values = values.into_iter().filter(|_| says_more);
    (VariableKind::Text, values.map(str::to_owned).collect())
}

impl Examples {
    fn push(&mut self, name: &str, value: &str, is_compared: bool) {
        // Of several words are those in quotes, which alone come here.
        let is_plain = |c: char| !c.is_control() && !"$%\"'`\\()*<>{}".contains(c);
        let is_plain = value.chars().all(is_plain) && value.trim_matches(is_blank) == value;
        let is_value = !value.is_empty() && value.len() <= MAX_VALUE && is_plain;
        if self.0.len() < MAX_FOUND && is_name(name) && is_value {
            self.0.push(Example {
                name: name.to_owned(),
                value: value.to_owned(),
                is_compared,
            });
        }
    }

    /// Takes note that a variable is looked for among the words of another.
    fn listed(&mut self, name: &str, list: &str) {
        if self.0.len() < MAX_FOUND && is_name(name) {
            self.0.push(Example {
                name: name.to_owned(),
                value: format!("$({list})"),
                is_compared: true,
            });
        }
    }

    /// What is behind `ifeq` or `ifneq`.
    pub(in crate::make::scan) fn compared(&mut self, text: &str) {
        let text = text.trim_matches(is_blank);
        let (left, right) = match text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'))
        {
            Some(inner) => match arguments(inner, 2).as_slice() {
                [left, right] => (*left, *right),
                _ => return,
            },
            None => match quoted(text) {
                Some((left, right)) => (left, unquoted(right)),
                None => return,
            },
        };
        self.pair(left, right);
        self.picked(text);
    }

    fn pair(&mut self, left: &str, right: &str) {
        for (one, other) in [(left, right), (right, left)] {
            if let Some((name, around)) = variable_of(one) {
                // `x$(ENV)` is compared with `xprod`.
                let value = other.trim_matches(is_blank).strip_prefix(around);
                self.push(name, value.unwrap_or_default(), true);
            }
        }
    }

    /// `$(filter dev prod,$(ENV))`, and the other way round.
    fn picked(&mut self, text: &str) {
        for function in PICKING {
            for (at, _) in text.match_indices(function) {
                let before = text[..at].strip_suffix(['(', '{']);
                let Some(open) = before.filter(|before| before.ends_with('$')).map(str::len) else {
                    continue;
                };
                let Some(close) = closing(text.as_bytes(), open) else {
                    continue;
                };
                let inner = text[at + function.len()..close].strip_prefix(is_blank);
                let parts = inner.map(|inner| arguments(inner, 2)).unwrap_or_default();
                let [first, second] = parts.as_slice() else {
                    continue;
                };
                for (one, other) in [(first, second), (second, first)] {
                    if let Some((name, "")) = variable_of(one) {
                        let values = other.split(is_blank);
                        values.for_each(|value| match variable_of(value) {
                            // `$(filter $(ENV),$(ENVS))`
                            Some((list, "")) if list != name => self.listed(name, list),
                            _ => self.push(name, value, true),
                        });
                    }
                }
            }
        }
    }

    /// A line outside recipes.
    pub(in crate::make::scan) fn in_line(&mut self, line: &str) {
        if line.len() > MAX_TEXT {
            return;
        }
        if line.contains("filter") || line.contains("findstring") {
            self.picked(line);
        }
        if !line.contains('=') {
            return;
        }
        if speaks(line) {
            self.spoken(line, false);
        } else if let Some(at) = line.find('#') {
            self.spoken(&line[at..], true);
        }
    }

    /// A recipe's line.
    pub(in crate::make::scan) fn in_recipe(&mut self, line: &str) {
        if line.len() > MAX_TEXT || !line.contains('$') && !line.contains('=') {
            return;
        }
        if line.contains("filter") || line.contains("findstring") {
            self.picked(line);
        }
        if line.contains("case ") {
            self.cased(line);
        }
        if !line.contains('=') {
            return;
        }
        if line.contains('[') || line.contains("test ") {
            commands(line)
                .iter()
                .for_each(|command| self.tested(command));
        }
        if speaks(line) || ["echo", "printf"].iter().any(|word| line.contains(word)) {
            self.spoken(line, false);
        }
    }

    /// `[ "$(ENV)" = prod ]`, and the parts of `[[ … || … ]]`, which are read as commands of their own.
    fn tested(&mut self, command: &Command) {
        for words in command.words.windows(3) {
            if matches!(words[1].as_str(), "=" | "==" | "!=") {
                self.pair(&words[0], &words[2]);
            }
        }
    }

    /// `case "$(ENV)" in dev|prod) …;; esac`
    fn cased(&mut self, line: &str) {
        for (at, word) in line.match_indices("case ") {
            let Some((tested, rest)) = line[at + word.len()..].split_once(" in") else {
                continue;
            };
            let Some((name, "")) = variable_of(tested.trim_matches(is_blank)) else {
                continue;
            };
            let body = rest.split("esac").next().unwrap_or_default();
            let labels = body.split(";;").filter_map(|one| one.split_once(')'));
            for value in labels.flat_map(|(label, _)| label.split('|')) {
                let value = value.trim_matches(|c| is_blank(c) || "\\('\"".contains(c));
                self.push(name, value, true);
            }
        }
    }

    /// `NAME=value` in words for a person. In a comment (`is_comment`) it counts wherever it is but at its start, which is
    /// a line of make's that was taken out; elsewhere only with `make` beside it.
    fn spoken(&mut self, text: &str, is_comment: bool) {
        let lower = text.to_ascii_lowercase();
        let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
        let is_usage = words.any(|word| matches!(word, "make" | "usage" | "example"));
        if !is_usage && !is_comment {
            return;
        }
        let text = text.trim_start_matches('#').trim_start();
        for (at, _) in text.match_indices('=') {
            let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
            let name = &text[text[..at].trim_end_matches(is_word).len()..at];
            let before = &text[..at - name.len()];
            let is_apart = before.ends_with(|c: char| is_blank(c) || "([`'\"{".contains(c));
            if !(is_apart || before.is_empty() && is_usage) {
                continue;
            }
            if !is_usage && name.contains(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            let values: Vec<&str> = values_of(&text[at + 1..]).collect();
            // `REPLICAS=n` is any number.
            for value in values.iter().filter(|_| values != ["n"]) {
                if !is_placeholder(value, name) {
                    self.push(name, value, false);
                }
            }
        }
    }
}

/// Whether a line ends make or writes something by make's own functions.
fn speaks(line: &str) -> bool {
    ["error ", "info ", "warning "]
        .iter()
        .any(|word| line.contains(word))
}

/// What is in quotes at the start of a text, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix(['"', '\''])?;
    let quote = &text[..text.len() - inner.len()];
    inner.split_once(quote)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(is_blank).trim_matches(['"', '\''])
}

/// The variable that a text is the value of, and what is before it: `x` if it is `x$(ENV)`.
fn variable_of(text: &str) -> Option<(&str, &str)> {
    let text = unquoted(text);
    let (around, reference) = text.split_at(text.find('$')?);
    let reference = reference.trim_start_matches('$');
    let open = |text: &str| {
        text.strip_prefix(['(', '{'])
            .map(str::len)
            .map(|left| text.len() - left)
    };
    let inner = match open(reference) {
        Some(_) => reference[1..].strip_suffix([')', '}'])?,
        None => reference,
    };
    let inner = inner.strip_prefix("strip ").map_or(inner, |inner| {
        let inner = inner
            .trim()
            .trim_start_matches("$(")
            .trim_start_matches("${");
        inner.trim_end_matches([')', '}'])
    });
    is_name(inner).then_some((inner, around))
}

/// The values at the start of a text, as a person writes them: `dev|prod`, or one in quotes.
fn values_of(text: &str) -> impl Iterator<Item = &str> {
    let value = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).map_or("", |(value, _)| value),
        _ => text
            .split(|c: char| is_blank(c) || ")]`\"';".contains(c))
            .next()
            .unwrap_or_default(),
    };
    let value = value.trim_start_matches('[');
    let bare = value.trim_end_matches(['.', ',', ':', '!', '?']);
    // `./api/...` is how Go names all packages in a folder.
    let is_tree = bare.ends_with('/') && value[bare.len()..].starts_with("...");
    let end = bare.len() + if is_tree { "...".len() } else { 0 };
    let values = value[..end].split('|');
    values.filter(|value| !value.is_empty())
}

fn is_placeholder(value: &str, name: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let has_case = value.contains(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let bare = value.strip_suffix("/...").unwrap_or(value);
    let is_open = value.contains('…')
        || ["...", "path/to", "/foo"]
            .iter()
            .any(|open| bare.contains(open));
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let is_crossed = parts
        .clone()
        .any(|part| part.len() > 1 && part.bytes().all(|b| b == b'x'))
        || parts.clone().all(|part| part.bytes().all(|b| b == b'x'));
    let is_own = name.to_ascii_lowercase().ends_with(&lower) && value.len() > 2;
    let is_filling =
        value.contains(is_blank) && lower.split(is_blank).any(|word| FILLING.contains(&word));
    is_open
        || is_filling
        || is_crossed
        || is_own
        || !has_case && value.len() > 2
        || PLACEHOLDERS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests;
