//! What running a target leads to: its prerequisites, and what its recipe calls make for.

use super::rules::{Found, Rules};

/// Of the targets that one target leads to, as many are looked at for variables and dangers.
const MAX_REACHED: usize = 64;
/// Of a rule's prerequisites, as many are looked at; most are files.
const MAX_LOOKED: usize = 1_000;

/// The targets that running one leads to, itself first.
pub(super) struct Reached {
    /// Of each target, those that it leads to at once.
    next: Vec<Vec<usize>>,
    /// Of each target, the number of the last search that came by.
    seen: Vec<u32>,
    search: u32,
}

impl Reached {
    pub(super) fn of(rules: &Rules) -> Self {
        Self {
            next: rules.targets.iter().map(|one| next(one, rules)).collect(),
            seen: vec![0; rules.targets.len()],
            search: 0,
        }
    }

    /// The targets that this one leads to, itself first, at most 64.
    pub(super) fn from(&mut self, target: usize) -> Vec<usize> {
        self.search += 1;
        self.seen[target] = self.search;
        let mut all = vec![target];
        let mut at = 0;
        while let Some(index) = all.get(at).copied() {
            at += 1;
            for reached in &self.next[index] {
                if all.len() >= MAX_REACHED {
                    return all;
                }
                if self.seen[*reached] != self.search {
                    self.seen[*reached] = self.search;
                    all.push(*reached);
                }
            }
        }
        all
    }
}

fn next(target: &Found, rules: &Rules) -> Vec<usize> {
    let mut all = Vec::new();
    for rule in &target.rules {
        let rule = &rules.list[*rule];
        let names = rule.prerequisites.iter().take(MAX_LOOKED);
        all.extend(names.filter_map(|name| rules.position(name)));
        all.extend(called(&rule.text, rules));
    }
    all.truncate(MAX_REACHED);
    all
}

/// The targets that `$(MAKE) name …` in a recipe names, where it stays in this makefile.
fn called(text: &str, rules: &Rules) -> Vec<usize> {
    let mut all = Vec::new();
    for mark in ["$(MAKE)", "${MAKE}"] {
        for (at, _) in text.match_indices(mark) {
            let rest = &text[at + mark.len()..];
            let end = rest.find([';', '&', '|', '\n']).unwrap_or(rest.len());
            let words = || rest[..end].split_whitespace();
            let elsewhere = words().any(|word| {
                word.starts_with("-C") || word.starts_with("-f") || word.starts_with("--directory")
            });
            if !elsewhere {
                all.extend(words().filter_map(|word| rules.position(word)));
            }
        }
    }
    all
}
