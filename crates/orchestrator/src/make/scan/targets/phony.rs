//! Names that `.PHONY` has and no rule makes: a slip of the hand if one that a rule makes comes near.

use super::{super::syntax::functions::stem, rules::Rules};
use crate::project::Problem;

/// As many hints are given.
const MAX_HINTS: usize = 10;
/// As many names are looked into.
const MAX_NAMES: usize = 100;
/// As many targets are compared with each.
const MAX_TARGETS: usize = 1_000;

/// Hints at the names in `.PHONY` that no rule makes and that were meant otherwise, as far as the text shows.
pub(in crate::make::scan) fn slips_of_phony(rules: &Rules) -> Vec<Problem> {
    let is_made = |name: &str| rules.position(name).is_some();
    let unmade = rules.phony_at.iter().filter(|(name, _)| !is_made(name));
    let slips = unmade.take(MAX_NAMES).filter_map(|(name, place)| {
        let what = slip(name, rules)?;
        let place = place.clone();
        Some(Problem { place, what })
    });
    slips.take(MAX_HINTS).collect()
}

fn slip(name: &str, rules: &Rules) -> Option<String> {
    let mut patterns = rules.patterns.iter().map(|(pattern, _)| pattern);
    if let Some(pattern) = patterns.find(|one| *one == name || stem(one, name).is_some()) {
        let is_of_any = matches!(pattern.as_str(), "%" | "%:");
        // GNU make manual, "Phony Targets": no implicit rule is looked for.
        return (pattern != name && !is_of_any).then(|| {
            format!(
                ".PHONY names '{name}', and make takes no rule for {pattern} for what is phony: it does nothing"
            )
        });
    }
    if let Some(bare) = name.strip_suffix(',') {
        rules.position(bare)?;
        return Some(format!(
            ".PHONY names '{name}', with a comma: names are parted by blanks alone"
        ));
    }
    let near = near(name, rules)?;
    Some(format!(
        ".PHONY names '{name}', which no rule makes; did you mean {near}?"
    ))
}

/// The target that comes nearest, of those that are not phony though they may be meant to.
fn near<'r>(name: &str, rules: &'r Rules) -> Option<&'r str> {
    let most = if name.chars().count() < 6 { 1 } else { 2 };
    let targets = rules.targets.iter().take(MAX_TARGETS);
    let targets = targets.filter(|found| !found.is_pattern && !rules.phony.contains(&found.name));
    let is_near = |length: usize| length > 2 && length.abs_diff(name.len()) <= most;
    let near = targets.filter(|found| is_near(found.name.len()));
    let near = near.filter_map(|found| {
        let distance = strsim::damerau_levenshtein(name, &found.name);
        (distance <= most).then_some((distance, found.name.as_str()))
    });
    near.min().map(|(_, name)| name)
}
