//! make's automatic variables (GNU make manual, "Automatic Variables").

use std::collections::HashSet;

use super::Ruled;

/// Their values in the recipe of one of a target's rules, as far as they are known.
pub(super) fn values(
    target: &str,
    index: usize,
    rules: &[Ruled<'_>],
) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    add(&mut all, ["@", "@D", "@F"], &[target]);
    if let Some(stem) = &rules[index].stem {
        add(&mut all, ["*", "*D", "*F"], &[stem]);
    }
    let Some((ordinary, before)) = needed(index, rules) else {
        return all;
    };
    let ordinary: Vec<&str> = ordinary.iter().map(String::as_str).collect();
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let mut seen = HashSet::new();
    let once = ordinary.iter().filter(|name| seen.insert(**name));
    let once: Vec<&str> = once.copied().collect();
    add(&mut all, ["<", "<D", "<F"], &once[..once.len().min(1)]);
    add(&mut all, ["^", "^D", "^F"], &once);
    add(&mut all, ["+", "+D", "+F"], &ordinary);
    add(&mut all, ["|", "|D", "|F"], &before);
    all
}

/// The prerequisites in that recipe, and those that are only to be there first. None if some are not known.
fn needed(index: usize, rules: &[Ruled<'_>]) -> Option<(Vec<String>, Vec<String>)> {
    let own = &rules[index];
    // All rules of one colon add to the one that has the recipe, whose own go first; each of two colons stands alone.
    let others = rules.iter().enumerate();
    let others = others.filter(|(other, one)| *other != index && !one.rule.double);
    let others = others.map(|(_, one)| one).filter(|_| !own.rule.double);
    let (mut ordinary, mut before) = (Vec::new(), Vec::new());
    for Ruled { rule, stem, .. } in std::iter::once(own).chain(others) {
        if rule.partly || (stem.is_none() && !rule.stems.is_empty()) {
            return None;
        }
        let (mut needed, count) = rule.needed(stem.as_deref().unwrap_or_default());
        // `.SECONDEXPANSION` makes names of these later.
        if needed.iter().any(|name| name.contains('$')) {
            return None;
        }
        before.extend(needed.split_off(count));
        ordinary.append(&mut needed);
    }
    Some((ordinary, before))
}

/// Adds the names of a list, those of their folders, and those within these.
fn add(
    all: &mut Vec<(&'static str, String)>,
    [whole, folders, files]: [&'static str; 3],
    names: &[&str],
) {
    let split = |name: &&str| match name.rsplit_once('/') {
        Some((folder, file)) => (folder.to_owned(), file.to_owned()),
        None => (".".to_owned(), (*name).to_owned()),
    };
    let (of_folders, of_files): (Vec<String>, Vec<String>) = names.iter().map(split).unzip();
    all.extend([
        (whole, names.join(" ")),
        (folders, of_folders.join(" ")),
        (files, of_files.join(" ")),
    ]);
}
