//! Guards that are told the name of a variable: `$(call need,TOKEN)` and the prerequisite `guard-TOKEN`. Both look the
//! name up, and end make or the recipe where it has no value.

use super::{
    functions::{fails, stem},
    reader::Reader,
    text::is_name,
    variables::{Guard, Variables},
};

/// The longest value that is looked through, in bytes.
const MAX_VALUE: usize = 4_000;
/// How deep calls are followed into calls.
const MAX_DEPTH: usize = 3;
/// As many pattern rules are looked at.
const MAX_PATTERNS: usize = 20;

/// Whether a text looks up the variable whose name `mark` stands for: `1` in a called text, `*` in a pattern rule.
fn looks_up(text: &str, mark: char) -> bool {
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

/// What a called variable does with a name it is given: none where it does not look it up, else whether make ends where
/// that has no value.
pub(super) fn by_call(variables: &Variables, called: &str, depth: usize) -> Option<bool> {
    let value = variables.get(called)?.value.as_deref()?;
    if value.len() > MAX_VALUE || depth > MAX_DEPTH {
        return None;
    }
    if looks_up(value, '1') {
        return Some(fails(value));
    }
    let called = value.split("call ").skip(1);
    let names = called.filter_map(|rest| rest.split_once(',').map(|(name, _)| name.trim()));
    let mut deeper = names.filter_map(|name| by_call(variables, name, depth + 1));
    deeper.next().map(|ends| ends || fails(value))
}

/// Marks the variables that prerequisites such as `guard-TOKEN` name as guarded, and as used there.
pub(super) fn by_prerequisite(reader: &mut Reader) {
    let rules = &mut reader.rules;
    let guarding = rules.patterns.iter().filter(|(pattern, rule)| {
        let text = &rules.list[*rule].text;
        pattern != "%" && looks_up(text, '*') && (fails(text) || text.contains("exit "))
    });
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
