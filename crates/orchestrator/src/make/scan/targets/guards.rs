//! Prerequisites that name a variable, as `guard-TOKEN` does: the recipe of their pattern rule looks the name up, and ends
//! if the variable has no value.

use super::super::{
    reader::Reader,
    syntax::{
        functions::{fails, stem},
        text::is_name,
    },
    values::{lookup::looks_up, variables::Guard},
};

/// As many pattern rules are looked at.
const MAX_PATTERNS: usize = 20;

/// Whether a pattern rule's recipe ends if the variable that its `%` names has no value.
pub(in crate::make::scan) fn is_guard(recipe: &str) -> bool {
    looks_up(recipe, '*') && (fails(recipe) || recipe.contains("exit "))
}

/// Marks the variables that prerequisites such as `guard-TOKEN` name as guarded, and as used there.
pub(in crate::make::scan) fn by_prerequisite(reader: &mut Reader) {
    let rules = &mut reader.rules;
    let guarding = rules.patterns.iter();
    let guarding =
        guarding.filter(|(pattern, rule)| pattern != "%" && is_guard(&rules.list[*rule].text));
    let guarding: Vec<String> = guarding
        .map(|(pattern, _)| pattern.clone())
        .take(MAX_PATTERNS)
        .collect();
    if guarding.is_empty() {
        return;
    }
    for rule in &mut rules.list {
        for needed in &rule.prerequisites {
            let mut names = guarding.iter().filter_map(|pattern| stem(pattern, needed));
            if let Some(name) = names.next().filter(|name| is_name(name)) {
                let index = reader.variables.mention(name);
                reader.variables.guard(index, Guard::There);
                reader.variables.list[index].is_plain = true;
                rule.uses.push(index);
                rule.guards.push(index);
            }
        }
    }
}
