//! The variables that a config has sent along (`SetEnv`, `SendEnv`).

use std::collections::HashSet;

use super::{pattern, walk::Walk};
use crate::environment;

/// `SetEnv` as it is; of our own variables those that `SendEnv` names, and none that it takes away again.
pub(super) fn of(walk: &Walk<'_>) -> Vec<(String, String)> {
    let mut set: Vec<(String, String)> = Vec::new();
    let pairs = walk
        .setting("setenv")
        .map_or(&[][..], |setting| &setting.args);
    for (name, value) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
        // The first one counts, as everywhere.
        if set.iter().all(|(known, _)| known != name) {
            set.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut patterns: Vec<&str> = Vec::new();
    for word in walk
        .settings("sendenv")
        .iter()
        .flat_map(|setting| &setting.args)
    {
        match word.strip_prefix('-') {
            Some(removed) => patterns.retain(|pattern| !pattern::one(removed, pattern)),
            None => patterns.push(word),
        }
    }
    let set_names: HashSet<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
    let ours = environment::of_the_person()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut sent: Vec<_> = ours
        .filter(|(name, _)| patterns.iter().any(|pattern| pattern::one(pattern, name)))
        .filter(|(name, _)| !set_names.contains(name.as_str()))
        .collect();
    sent.sort();
    set.extend(sent);
    set
}
