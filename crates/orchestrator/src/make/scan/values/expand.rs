//! The part of make's expansion that depends on nothing but the text: variables, and functions on words. What would run
//! something, or depends on the target at hand, expands to an empty text here, and the caller does without.

use super::{
    super::{
        files::source::Files,
        syntax::{
            builtin_names::is_given,
            functions::{self, map, substitute},
            text::{Piece, arguments, first_word, is_name, pieces},
        },
    },
    references::is_function,
    variables::Variables,
};

/// How deep variables may refer to variables.
const MAX_DEPTH: usize = 24;

/// What expanding may look at.
pub(in crate::make::scan) struct Expander<'a> {
    pub(in crate::make::scan) variables: &'a Variables,
    pub(in crate::make::scan) files: &'a Files,
    /// The makefiles read so far, as `$(MAKEFILE_LIST)` has them.
    pub(in crate::make::scan) makefiles: &'a str,
    /// Whether no value is given to make, so that what `:=` made of one at its place holds.
    pub(in crate::make::scan) at_once: bool,
}

/// What `foreach` and `call` bind, innermost last.
pub(in crate::make::scan) type Bound<'t> = [(&'t str, String)];

/// The names of what a function is called with, its own first.
pub(in crate::make::scan) const ARGUMENTS: [&str; 10] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// What is bound but for what a function was called with: what it calls in turn has its own.
fn without_arguments<'t>(bound: &Bound<'t>) -> Vec<(&'t str, String)> {
    let locals = bound.iter().filter(|(name, _)| !ARGUMENTS.contains(name));
    locals.cloned().collect()
}

impl Expander<'_> {
    /// The text without references; none if that would need make.
    pub(in crate::make::scan) fn expand(&self, text: &str) -> Option<String> {
        if !text.contains('$') {
            return Some(text.to_owned());
        }
        self.text(text, &[], 0)
    }

    /// As [`Self::expand`], with values that go before all others.
    pub(in crate::make::scan) fn bound(&self, text: &str, bound: &Bound<'_>) -> Option<String> {
        self.text(text, bound, 0)
    }

    /// The text with what is known put in; all else stays as it is written, to be worked out when it is read.
    pub(in crate::make::scan) fn as_far_as_known(&self, text: &str, bound: &Bound<'_>) -> String {
        let mut out = String::new();
        self.put(text, bound, false, 0, &mut out);
        out
    }

    /// Writes a text with what is known put in. `kept` is one that stays as it is written, but for what is bound. Gives up
    /// if the budget is used up.
    fn put(&self, text: &str, bound: &Bound<'_>, kept: bool, depth: usize, out: &mut String) {
        for piece in pieces(text) {
            let from = out.len();
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Dollar => out.push_str(if kept { "$$" } else { "$" }),
                Piece::Letter(letter) => match self.reference(letter, bound, depth) {
                    Some(value) => out.push_str(&value),
                    None => out.extend(["$", letter]),
                },
                Piece::Reference(inner) => self.put_reference(inner, bound, depth + 1, out),
            }
            if self.charge(out.len() - from).is_none() {
                return;
            }
        }
    }

    fn put_reference(&self, inner: &str, bound: &Bound<'_>, depth: usize, out: &mut String) {
        if depth > MAX_DEPTH {
            return;
        }
        let (word, rest) = first_word(inner);
        match word {
            "call" => {
                let (name, bound) = self.called(rest, bound);
                if let Some(body) = self
                    .variables
                    .get(&name)
                    .and_then(|one| one.value.as_deref())
                {
                    self.put(body, &bound, false, depth, out);
                }
                return;
            }
            "foreach" => {
                if let Ok([name, list, text]) = <[&str; 3]>::try_from(arguments(rest, 3))
                    && let Some(list) = self.text(list, bound, depth)
                {
                    for (at, one) in list.split_whitespace().enumerate() {
                        let mut bound = bound.to_vec();
                        bound.push((name.trim(), one.to_owned()));
                        out.push_str(if at == 0 { "" } else { " " });
                        self.put(text, &bound, false, depth, out);
                    }
                    return;
                }
            }
            "if" => {
                let parts = arguments(rest, 3);
                // If the condition is not known, neither branch is taken: the reference stays as it is written.
                if let Some(holds) = self.text(parts[0].trim(), bound, depth) {
                    let taken = parts.get(if holds.is_empty() { 2 } else { 1 });
                    return self.put(taken.unwrap_or(&""), bound, false, depth, out);
                }
            }
            _ => {}
        }
        match self.reference(inner, bound, depth) {
            Some(value) => out.push_str(&value),
            None => {
                out.push_str("$(");
                self.put(inner, bound, true, depth, out);
                out.push(')');
            }
        }
    }

    /// The name that is called, and what it is called with, as far as that is known.
    pub(in crate::make::scan) fn called<'t>(
        &self,
        rest: &str,
        bound: &Bound<'t>,
    ) -> (String, Vec<(&'t str, String)>) {
        let parts = arguments(rest, ARGUMENTS.len());
        let mut inner = without_arguments(bound);
        for (at, number) in ARGUMENTS.into_iter().enumerate() {
            let part = parts.get(at).map(|part| self.as_far_as_known(part, bound));
            inner.push((number, part.unwrap_or_default()));
        }
        let name = parts[0].trim();
        (
            self.bound(name, bound).unwrap_or_else(|| name.to_owned()),
            inner,
        )
    }

    /// Whether a path is that of make's own folder.
    pub(in crate::make::scan) fn is_root(&self, path: &str) -> bool {
        std::path::Path::new(path) == self.files.at_root("").as_path()
    }

    /// Whether a word is the name of the makefile that includes all others.
    pub(in crate::make::scan) fn is_main_file(&self, word: &str) -> bool {
        let name = self.expand(word).unwrap_or_default();
        let name = name.trim();
        let name = name.strip_prefix("./").unwrap_or(name);
        !name.is_empty() && self.makefiles.split(' ').nth(1) == Some(name)
    }

    /// The value of what is inside a reference, with values that go before all others.
    pub(in crate::make::scan) fn inside(&self, inner: &str, bound: &Bound<'_>) -> Option<String> {
        self.reference(inner, bound, 0)
    }

    fn text(&self, text: &str, bound: &Bound<'_>, depth: usize) -> Option<String> {
        let mut out = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Dollar => out.push('$'),
                Piece::Reference(inner) | Piece::Letter(inner) => {
                    let value = self.reference(inner, bound, depth)?;
                    self.charge(value.len())?;
                    out.push_str(&value);
                }
            }
        }
        self.charge(out.len())?;
        Some(out)
    }

    /// Takes what an expansion costs off the scan's budget; none if that is used up.
    fn charge(&self, bytes: usize) -> Option<()> {
        let left = self.variables.budget.get().checked_sub(bytes + 1);
        if left.is_none() {
            self.variables.overspent.set(true);
        }
        self.variables.budget.set(left?);
        Some(())
    }

    fn reference(&self, inner: &str, bound: &Bound<'_>, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (word, rest) = first_word(inner);
        if word.len() < inner.len() && is_function(word) {
            return self.function(word, rest, bound, depth + 1);
        }
        let (name, substitution) = match inner.split_once(':') {
            Some((name, substitution)) if substitution.contains('=') => (name, Some(substitution)),
            _ => (inner, None),
        };
        let name = self.text(name, bound, depth + 1)?;
        let value = self.variable(&name, bound, depth)?;
        let Some((from, to)) = substitution.and_then(|both| both.split_once('=')) else {
            return Some(value);
        };
        let from = self.text(from, bound, depth + 1)?;
        let to = self.text(to, bound, depth + 1)?;
        let (from, to) = if from.contains('%') {
            (from, to)
        } else {
            (format!("%{from}"), format!("%{to}"))
        };
        Some(map(&value, |word| substitute(word, &from, &to)))
    }

    fn variable(&self, name: &str, bound: &Bound<'_>, depth: usize) -> Option<String> {
        if let Some((_, value)) = bound.iter().rev().find(|(local, _)| *local == name) {
            return Some(value.clone());
        }
        match name {
            "CURDIR" => {
                return Some(
                    self.files
                        .at_root("")
                        .to_str()?
                        .trim_end_matches('/')
                        .to_owned(),
                );
            }
            "MAKEFILE_LIST" => return Some(self.makefiles.to_owned()),
            _ => {}
        }
        let variable = self.variables.get(name);
        let taken = variable.filter(|one| one.taken_value().is_some());
        let at_once = taken.and_then(|one| one.at_once.as_ref());
        if let Some(value) = at_once.filter(|_| self.at_once) {
            return Some(value.clone());
        }
        match taken.and_then(|one| one.value.as_deref()) {
            Some(value) => self.text(value, bound, depth + 1),
            // make takes an undefined variable as empty; what the environment or make defines is not known here. `OS` is
            // set on Windows alone.
            None if is_name(name) && (!is_given(name) || name == "OS") => Some(String::new()),
            None => None,
        }
    }

    fn function(&self, name: &str, rest: &str, bound: &Bound<'_>, depth: usize) -> Option<String> {
        match name {
            "foreach" => return self.foreach(rest, bound, depth),
            "call" => return self.call(rest, bound, depth),
            "if" => {
                let parts = arguments(rest, 3);
                let holds = !self.text(parts[0].trim(), bound, depth)?.is_empty();
                let taken = parts.get(if holds { 1 } else { 2 }).copied();
                return self.text(taken.unwrap_or_default(), bound, depth);
            }
            "and" => {
                let mut last = String::new();
                for part in arguments(rest, usize::MAX) {
                    last = self.text(part.trim(), bound, depth)?;
                    if last.is_empty() {
                        break;
                    }
                }
                return Some(last);
            }
            "or" => {
                for part in arguments(rest, usize::MAX) {
                    let value = self.text(part.trim(), bound, depth)?;
                    if !value.is_empty() {
                        return Some(value);
                    }
                }
                return Some(String::new());
            }
            _ => {}
        }
        let parts: Option<Vec<String>> = arguments(rest, functions::arity(name)?)
            .into_iter()
            .map(|part| self.text(part, bound, depth))
            .collect();
        functions::call(name, &parts?, self.files)
    }

    fn foreach(&self, rest: &str, bound: &Bound<'_>, depth: usize) -> Option<String> {
        let [name, list, text] = arguments(rest, 3).try_into().ok()?;
        let list = self.text(list, bound, depth)?;
        let mut out = Vec::new();
        for word in list.split_whitespace() {
            let mut bound = bound.to_vec();
            bound.push((name.trim(), word.to_owned()));
            out.push(self.text(text, &bound, depth)?);
        }
        Some(out.join(" "))
    }

    fn call(&self, rest: &str, bound: &Bound<'_>, depth: usize) -> Option<String> {
        let parts = arguments(rest, ARGUMENTS.len());
        let name = parts[0].trim();
        let mut inner = without_arguments(bound);
        for (at, number) in ARGUMENTS.into_iter().enumerate() {
            let part = parts.get(at).copied().unwrap_or_default();
            inner.push((number, self.text(part, bound, depth)?));
        }
        let body = self.variables.get(name)?.value.as_deref()?;
        self.text(body, &inner, depth)
    }
}
