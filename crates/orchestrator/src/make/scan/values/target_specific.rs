//! Values that variables have for some targets alone (GNU make manual, "Target-specific Variable Values" and
//! "Pattern-specific Variable Values").

use std::collections::HashMap;

use super::{
    super::syntax::{assignment::Flavor, functions::stem, text::Word},
    variables::Variables,
};

/// As many patterns are looked at; each is tried on every target.
const MAX_PATTERNS: usize = 200;
/// The longest value that appending makes, in bytes.
const MAX_VALUE: usize = 64 << 10;

/// `NAME = value` after a rule's colon.
#[derive(Debug)]
pub(in crate::make::scan) struct Specific {
    pub(in crate::make::scan) name: String,
    pub(in crate::make::scan) flavor: Flavor,
    pub(in crate::make::scan) value: String,
    /// Whether it is in a condition.
    pub(in crate::make::scan) conditional: bool,
    /// Whether it is under an `override`.
    pub(in crate::make::scan) fixed: bool,
}

/// A variable's value for one target.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::make::scan) struct Own<'a> {
    pub(in crate::make::scan) name: &'a str,
    pub(in crate::make::scan) value: String,
    conditional: bool,
    /// Whether it holds against a value given to make.
    pub(in crate::make::scan) fixed: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct Specifics {
    list: Vec<Specific>,
    by_target: HashMap<String, Vec<usize>>,
    by_pattern: Vec<(String, usize)>,
}

impl Specifics {
    pub(in crate::make::scan) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(in crate::make::scan) fn add(&mut self, targets: &[Word], specific: Specific) {
        let index = self.list.len();
        self.list.push(specific);
        for word in targets {
            if !word.pattern {
                let known = self.by_target.entry(word.name.clone()).or_default();
                known.push(index);
            } else if self.by_pattern.len() < MAX_PATTERNS {
                self.by_pattern.push((word.name.clone(), index));
            }
        }
    }

    /// The values that a target has for itself, in the order of their first mention; not those that come from a target
    /// that leads to it.
    pub(in crate::make::scan) fn of(&self, target: &str, variables: &Variables) -> Vec<Own<'_>> {
        let mut all: Vec<Own<'_>> = Vec::new();
        for specific in self.in_order(target) {
            let position = all.iter().position(|own| own.name == specific.name);
            let known = position.map(|at| &all[at]);
            let before = || variables.get(&specific.name)?.value_of_all();
            let value = match specific.flavor {
                Flavor::Optional if known.is_some() || before().is_some() => continue,
                Flavor::Append => {
                    let old = known.map(|own| own.value.as_str()).or_else(before);
                    appended(old.unwrap_or_default(), &specific.value)
                }
                // As everywhere, what holds always goes before what holds sometimes.
                _ if specific.conditional && known.is_some_and(|own| !own.conditional) => continue,
                Flavor::Shell => format!("$(shell {})", specific.value),
                _ => specific.value.clone(),
            };
            let own = Own {
                name: &specific.name,
                value,
                conditional: specific.conditional,
                fixed: specific.fixed,
            };
            match position {
                Some(at) => all[at] = own,
                None => all.push(own),
            }
        }
        all
    }

    /// Those of a target in the order in which they count: of patterns the one that fits most closely goes last, and a
    /// target's own go after all patterns.
    fn in_order(&self, target: &str) -> impl Iterator<Item = &Specific> {
        let mut fitting: Vec<(usize, usize)> = self
            .by_pattern
            .iter()
            .filter_map(|(pattern, index)| Some((stem(pattern, target)?.len(), *index)))
            .collect();
        fitting.sort_by_key(|(stem, _)| std::cmp::Reverse(*stem));
        let own = self.by_target.get(target).into_iter().flatten().copied();
        let all = fitting.into_iter().map(|(_, index)| index).chain(own);
        all.map(|index| &self.list[index])
    }
}

fn appended(old: &str, new: &str) -> String {
    if old.len() + new.len() > MAX_VALUE {
        return old.to_owned();
    }
    [old, new].join(" ").trim().to_owned()
}
