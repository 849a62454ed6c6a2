//! Which side of a condition make takes, as far as the text shows.

use super::{
    super::{
        recipes::condition_side::Side,
        syntax::{
            builtin_names::is_given,
            text::{arguments, is_blank, is_name},
        },
        values::variables::{Variable, asks_shell},
    },
    At, Reader,
};

/// What is known of the branches of a condition, up to the one being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    /// Whether this branch is the one that is taken; none if that cannot be known.
    holds: Option<bool>,
    /// Whether this one, or one before it, is.
    so_far: Option<bool>,
    /// Whether a value that a person may give decides.
    is_open: bool,
}

impl Branch {
    /// The first branch, by its condition.
    pub(super) fn first(holds: Option<bool>, is_open: bool) -> Self {
        let so_far = holds;
        Self {
            holds,
            so_far,
            is_open,
        }
    }

    /// The next one, by its own condition; one without has true.
    pub(super) fn next(self, own: Self) -> Self {
        let holds = match (self.so_far, own.holds) {
            (Some(true), _) | (_, Some(false)) => Some(false),
            (Some(false), own) => own,
            _ => None,
        };
        let so_far = match (self.so_far, own.holds) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), own) => own,
            _ => None,
        };
        Self {
            holds,
            so_far,
            is_open: self.is_open || own.is_open,
        }
    }

    fn side(self) -> Side {
        match (self.holds, self.is_open) {
            (Some(false), true) => Side::Open,
            (Some(false), false) => Side::Never,
            _ => Side::Taken,
        }
    }
}

impl Reader {
    /// The side that a place is on, by all conditions around it.
    pub(super) fn side(&self, at: &At) -> Side {
        let around = at.conditions.iter().map(|one| one.branch.side());
        around.max().unwrap_or_default().max(self.outer)
    }

    /// Whether all conditions around a place hold, with the values that are known.
    pub(super) fn is_sure(&self, at: &At) -> bool {
        let mut around = at.conditions.iter();
        !self.is_conditional && around.all(|one| one.branch.holds == Some(true))
    }

    /// What is known of a branch by its own condition. If that asks for the system, `of_system` says whether it is for another
    /// one, which is never taken here: its variables are what that system sets, or what a shell answers there.
    pub(super) fn branch(
        &self,
        (word, rest): (&str, &str),
        tests: &[usize],
        of_system: Option<bool>,
    ) -> Branch {
        if let Some(is_foreign) = of_system.filter(|_| self.is_of_system(rest, tests)) {
            return Branch::first(Some(!is_foreign), false);
        }
        let is_open = rest.contains('$') || !tests.is_empty();
        let is_settled = !asks_shell(rest) && self.are_settled(tests);
        let holds = is_settled.then(|| self.holds(word, rest)).flatten();
        Branch::first(holds, is_open)
    }

    /// Whether a condition asks for nothing but what the system itself sets, or what a shell answers there.
    pub(super) fn is_of_system(&self, rest: &str, tests: &[usize]) -> bool {
        let is_own = |index: &usize| {
            let variable = &self.variables.list[*index];
            variable.name == "OS" || self.variables.any_by_answer(&[*index])
        };
        (asks_shell(rest) || !tests.is_empty()) && tests.iter().all(is_own)
    }

    fn holds(&self, word: &str, rest: &str) -> Option<bool> {
        if word.ends_with("def") {
            let name = self.expander().bound(rest, &self.bound())?;
            let name = name.trim();
            let given = self.given.iter().find(|(given, _)| given == name);
            let value = match given {
                Some((_, value)) => Some(value.as_str()),
                None if is_given(name) || !is_name(name) => return None,
                None => self
                    .variables
                    .get(name)
                    .and_then(|one| one.value.as_deref()),
            };
            let is_defined = value.is_some_and(|value| !value.is_empty());
            return Some(is_defined == (word == "ifdef"));
        }
        let (left, right) = compared(rest)?;
        let [left, right] = [left, right].map(|text| self.expander().bound(text, &self.bound()));
        let is_same = left?.trim_matches(is_blank) == right?.trim_matches(is_blank);
        Some(is_same == (word == "ifeq"))
    }

    fn bound(&self) -> Vec<(&str, String)> {
        let given = self.given.iter();
        given
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect()
    }

    /// Whether the values of these variables are those that make has here, by way of others as well.
    fn are_settled(&self, variables: &[usize]) -> bool {
        let is_given = |one: &Variable| self.given.iter().any(|(name, _)| *name == one.name);
        let is_unsettled = |one: &Variable| {
            one.partly || one.specific || one.is_set || one.by_answer || one.is_text
        };
        let mut open = variables.to_vec();
        let mut seen = std::collections::HashSet::new();
        while let Some(index) = open.pop() {
            let variable = &self.variables.list[index];
            if seen.insert(index) && !is_given(variable) {
                if is_unsettled(variable) || self.variables.any_by_answer(&[index]) {
                    return false;
                }
                open.extend(&variable.uses);
            }
        }
        true
    }
}

/// What `ifeq` or `ifneq` compares: `(a,b)`, `"a" "b"`, `'a' "b"`.
fn compared(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_matches(is_blank);
    if let Some(inner) = text.strip_prefix('(') {
        let inner = inner.strip_suffix(')')?;
        return match arguments(inner, 2).as_slice() {
            [left, right] => Some((left, right)),
            _ => None,
        };
    }
    let quoted = |text: &str| {
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let end = text[1..].find(quote)? + 1;
        Some(end)
    };
    let end = quoted(text)?;
    let rest = text[end + 1..].trim_matches(is_blank);
    let last = quoted(rest)?;
    Some((&text[1..end], &rest[1..last]))
}
