//! Which language each recipe is in.

use super::{
    super::{
        recipes::{
            language::{Language, in_one},
            tested::tests_of,
        },
        targets::rules::Rules,
        values::variables::Guard,
    },
    MAX_USES, Reader,
};

/// A recipe longer than this, in bytes, is not looked through as a whole.
const MAX_IN_ONE: usize = 32 << 10;

impl Reader {
    /// The language of a target's recipe, as far as the makefile has been read.
    pub(super) fn language_of(&self, target: &str) -> Language {
        let own = self.rules.specifics.of(target, &self.variables);
        let own = own.into_iter().find(|own| own.name == "SHELL");
        let of_all = || {
            self.variables
                .get("SHELL")?
                .value_of_all()
                .map(str::to_owned)
        };
        let shell = own.map(|own| own.value).or_else(of_all);
        let known = shell.map(|shell| self.expander().expand(&shell).unwrap_or(shell));
        known.map_or(Language::Shell, |shell| Language::of(&shell))
    }
}

/// Settles what of each recipe is shell code, now that all is read: make takes `SHELL` and `.ONESHELL` as they are at the
/// end.
pub(in crate::make::scan) fn settle(reader: &mut Reader) {
    let is_named = reader.variables.get("SHELL").is_some();
    let languages: Vec<(usize, Language)> = reader
        .rules
        .targets
        .iter()
        .filter(|_| is_named)
        .flat_map(|found| {
            let language = reader.language_of(&found.name);
            let own = found.rules.iter();
            own.map(move |rule| (*rule, language.clone()))
        })
        .collect();
    let Rules {
        list, one_shell, ..
    } = &mut reader.rules;
    for (rule, language) in languages {
        let rule = &mut list[rule];
        if language != Language::Shell && rule.language == Language::Shell {
            // What its text tests was read as shell code.
            rule.guards.clear();
        }
        rule.language = language;
    }
    for rule in list.iter_mut() {
        rule.code = match rule.language {
            Language::Shell if *one_shell => Some(in_one(&rule.text)),
            Language::Shell => None,
            Language::Sql(_) | Language::Other(_) => Some(String::new()),
        };
    }
    guarded_in_one(reader);
}

/// Takes note of what a recipe that one shell gets whole tests over several lines: a line alone was read as a shell's own.
fn guarded_in_one(reader: &mut Reader) {
    for rule in &mut reader.rules.list {
        let Some(code) = rule.code.as_deref().filter(|code| code.len() <= MAX_IN_ONE) else {
            continue;
        };
        for (name, fails) in tests_of(code) {
            let Some(index) = reader.variables.position(&name).filter(|_| fails) else {
                continue;
            };
            if rule.guards.len() < MAX_USES && !rule.guards.contains(&index) {
                reader.variables.guard(index, Guard::There);
                rule.guards.push(index);
            }
        }
    }
}
