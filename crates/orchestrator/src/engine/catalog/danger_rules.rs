//! A person's own rules for what asks before it runs, beside those that we know.

use super::Catalog;
use crate::{
    log::find::Pattern,
    project::{Danger, DangerBy, Scan},
};

impl Catalog {
    /// Why a command or a recipe asks before it runs, by the rules of the settings, if it does. A rule that cannot be
    /// read was typed into the file by hand, and counts for nothing: the app says so of the file.
    pub(in crate::engine) fn danger_by_own_rules(&self, text: &str) -> Option<Danger> {
        by_rules(&self.settings().danger_rules, text)
    }

    /// Marks the targets that ask first by the rules of the settings.
    pub(in crate::engine) fn mark_dangerous(&self, scan: &mut Scan) {
        let rules = self.settings().danger_rules;
        if rules.is_empty() {
            return;
        }
        for target in &mut scan.targets {
            if target.danger.is_none() {
                target.danger = by_rules(&rules, &target.recipe.join("\n"));
            }
        }
    }
}

fn by_rules(rules: &[String], text: &str) -> Option<Danger> {
    // A rule is about a line, as the rules of errors are.
    let found = |rule: &&String| {
        let matches = |pattern: Pattern| text.lines().any(|line| pattern.next(line, 0).is_some());
        Pattern::regex(&format!("(?i:{rule})")).is_ok_and(matches)
    };
    rules.iter().find(found).map(|rule| Danger {
        of: None,
        why: format!("matches your rule `{rule}`"),
        by: DangerBy::Rule,
    })
}

#[cfg(test)]
mod tests {
    use super::by_rules;

    #[test]
    fn a_rule_of_ones_own_asks_whatever_the_case() {
        let rules = ["^\\s*flyway (clean|repair)".to_owned(), "(".to_owned()];
        let why = |text: &str| by_rules(&rules, text).map(|danger| danger.why);
        assert_eq!(
            why("echo x\n  FlyWay clean -url=x").as_deref(),
            Some("matches your rule `^\\s*flyway (clean|repair)`")
        );
        assert_eq!(why("flyway info"), None);
    }
}
