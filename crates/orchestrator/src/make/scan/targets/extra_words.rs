//! The idiom by which the words behind a target are its own, as in `make deploy ./app`: its recipe takes them out of
//! `MAKECMDGOALS`, and a rule that fits any name, and does nothing, keeps make from looking for targets called so.

use super::{
    super::{syntax::text::is_blank, values::variables::Variables},
    rules::Rules,
};

/// The functions by which a word is taken out of a list.
const TAKING: [&str; 4] = ["filter-out ", "wordlist ", "word ", "lastword "];

/// Which variables take such words, they themselves or by what they use.
pub(in crate::make::scan) struct ExtraWords {
    by_variable: Vec<bool>,
}

impl ExtraWords {
    /// None if nothing keeps make from looking for targets of these names.
    pub(in crate::make::scan) fn of(rules: &Rules, variables: &Variables) -> Option<Self> {
        let mut catching = rules.catch_all.iter();
        if !rules.swallowed && !catching.any(|rule| does_nothing(&rules.list[*rule].text)) {
            return None;
        }
        let list = &variables.list;
        let mut used_by = vec![Vec::new(); list.len()];
        for (index, variable) in list.iter().enumerate() {
            for used in &variable.uses {
                used_by[*used].push(index);
            }
        }
        let takes = |index: &usize| list[*index].value.as_deref().is_some_and(takes_words);
        let mut open: Vec<usize> = (0..list.len()).filter(takes).collect();
        let mut by_variable = vec![false; list.len()];
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut by_variable[index], true) {
                open.append(&mut used_by[index]);
            }
        }
        Some(Self { by_variable })
    }

    /// Whether the recipe of one of these rules takes them.
    pub(in crate::make::scan) fn are_taken(&self, own: &[usize], rules: &Rules) -> bool {
        own.iter().map(|rule| &rules.list[*rule]).any(|rule| {
            let uses = || rule.uses.iter().any(|used| self.by_variable[*used]);
            !rule.lines.is_empty() && (takes_words(&rule.text) || uses())
        })
    }
}

fn takes_words(text: &str) -> bool {
    text.contains("MAKECMDGOALS") && TAKING.iter().any(|function| text.contains(function))
}

/// Whether a recipe is there, and has no effect.
fn does_nothing(recipe: &str) -> bool {
    let idle = |line: &str| {
        let command = line.trim_matches(|c| is_blank(c) || matches!(c, '@' | '-' | '+'));
        matches!(command, "" | ":" | "true" | "exit 0") || command.starts_with('#')
    };
    !recipe.is_empty() && recipe.lines().all(idle)
}

/// Whether a line gives the further words a rule that does nothing: `$(eval $(ARGS):;@:)`.
pub(in crate::make::scan) fn swallows(line: &str) -> bool {
    let text: String = line.chars().filter(|c| !is_blank(*c)).collect();
    let inner = text
        .strip_prefix("$(eval$")
        .and_then(|rest| rest.strip_suffix(')'));
    inner
        .and_then(|inner| inner.split_once(":;"))
        .is_some_and(|(_, recipe)| does_nothing(recipe) || recipe.is_empty())
}
