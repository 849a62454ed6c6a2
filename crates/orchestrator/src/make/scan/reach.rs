//! What running a target leads to: its prerequisites, what its recipe calls make for, and the pattern rules that may make
//! these.
//!
//! A thousand targets may share one rule, and each may lead to all others. So targets and rules are the nodes of one
//! graph, whose size is that of the text; and what is asked of all that a target leads to is spread backwards, from the
//! few nodes that have it to all targets that lead to them.

use std::{collections::VecDeque, mem::replace};

use super::{
    functions::{stem, substitute},
    rules::{Found, Rules},
};

/// As many pattern rules are tried on each name.
const MAX_PATTERNS: usize = 50;
/// Of the patterns among a rule's prerequisites, as many are followed for each of its targets.
const MAX_STEMS: usize = 16;

/// Which targets lead to which, by their rules. Nodes are the targets, by their place in the list, and behind them the
/// rules.
pub(super) struct Reached {
    targets: usize,
    back: Vec<Vec<usize>>,
    /// The number of the last search that came by.
    seen: Vec<u32>,
    search: u32,
}

impl Reached {
    pub(super) fn of(rules: &Rules) -> Self {
        let targets = rules.targets.len();
        let count = targets + rules.list.len();
        let mut graph = Self {
            targets,
            back: vec![Vec::new(); count],
            seen: vec![0; count],
            search: 0,
        };
        let patterns = patterns(rules);
        let implicit = |name: &str| -> Vec<usize> {
            let fitting = patterns.iter().filter(|(pattern, _)| fits(pattern, name));
            fitting.map(|(_, rule)| targets + rule).collect()
        };
        let made = |name: &str| match rules.position(name) {
            Some(target) => vec![target],
            None => implicit(name),
        };
        for (index, found) in rules.targets.iter().enumerate() {
            let own = found.rules.iter().map(|rule| targets + rule);
            let mut next: Vec<usize> = own.collect();
            next.extend(by_stem(found, rules).iter().flat_map(|name| made(name)));
            let has_recipe = found
                .rules
                .iter()
                .any(|rule| rules.list[*rule].has_recipe());
            if !has_recipe && !rules.phony.contains(&found.name) {
                next.extend(implicit(&found.name));
            }
            graph.lead(index, next);
        }
        for (index, rule) in rules.list.iter().enumerate() {
            let needed = rule.prerequisites.iter().flat_map(|name| made(name));
            let mut next: Vec<usize> = needed.collect();
            if rule.pattern.is_none() {
                let stems = rule.stems.iter().take(MAX_STEMS);
                next.extend(stems.flat_map(|(_, pattern)| implicit(pattern)));
            }
            next.extend(called(&rule.text, rules));
            graph.lead(targets + index, next);
        }
        graph
    }

    fn lead(&mut self, from: usize, mut to: Vec<usize>) {
        self.begin();
        to.retain(|node| replace(&mut self.seen[*node], self.search) != self.search);
        to.iter().for_each(|node| self.back[*node].push(from));
    }

    /// The node of a rule.
    pub(super) const fn rule(&self, index: usize) -> usize {
        self.targets + index
    }

    /// The targets that have a rule.
    pub(super) fn owners(&self, rule: usize) -> impl Iterator<Item = usize> {
        let leading = self.back[self.rule(rule)].iter().copied();
        leading.filter(|node| *node < self.targets)
    }

    /// Calls `tell` with each target that leads to one of the nodes `sources`, they themselves among them, and with the
    /// source that it leads to: the nearest. Gives the number of steps that it took.
    pub(super) fn back_from(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        tell: impl FnMut(usize, usize),
    ) -> usize {
        self.begin();
        self.further_back_from(sources, tell)
    }

    /// Begins a search: nothing has been seen in it.
    pub(super) const fn begin(&mut self) {
        self.search += 1;
    }

    /// As [`Self::back_from`], leaving out what was told since the last [`Self::begin`].
    pub(super) fn further_back_from(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        mut tell: impl FnMut(usize, usize),
    ) -> usize {
        let mut steps = 0;
        let mut open: VecDeque<(usize, usize)> = VecDeque::new();
        for source in sources {
            if replace(&mut self.seen[source], self.search) != self.search {
                open.push_back((source, source));
            }
        }
        while let Some((node, source)) = open.pop_front() {
            if node < self.targets {
                tell(node, source);
            }
            steps += self.back[node].len() + 1;
            for leading in &self.back[node] {
                if replace(&mut self.seen[*leading], self.search) != self.search {
                    open.push_back((*leading, source));
                }
            }
        }
        steps
    }
}

/// The pattern rules that make something, suffix rules among them, but for those that fit any name.
pub(super) fn patterns(rules: &Rules) -> Vec<(String, usize)> {
    let patterns = rules.patterns.iter().cloned();
    let suffixes = rules.targets.iter().filter_map(|found| {
        let to = rules.suffix_rule(&found.name)?;
        Some((format!("%{to}"), *found.rules.first()?))
    });
    patterns
        .chain(suffixes)
        .filter(|(pattern, rule)| pattern != "%" && rules.list[*rule].has_recipe())
        .take(MAX_PATTERNS)
        .collect()
}

/// Whether a pattern rule can make a file.
fn fits(pattern: &str, name: &str) -> bool {
    let alone = name.rsplit('/').next().unwrap_or(name);
    let name = if pattern.contains('/') { name } else { alone };
    stem(pattern, name).is_some()
}

/// What the `%` of a pattern rule stands for where it can make a file. A pattern without a folder is tried on the file's
/// name alone, and the stem then has the folder again (GNU make manual, "How Patterns Match").
pub(super) fn stem_of(pattern: &str, name: &str) -> Option<String> {
    if pattern.contains('/') {
        return stem(pattern, name).map(str::to_owned);
    }
    let (folder, alone) = name.split_at(name.rfind('/').map_or(0, |at| at + 1));
    stem(pattern, alone).map(|stem| format!("{folder}{stem}"))
}

/// The prerequisites that a target's static pattern rules give it: `main.c` where `main.o: %.o: %.c` does.
fn by_stem(found: &Found, rules: &Rules) -> Vec<String> {
    let own = found.rules.iter().map(|rule| &rules.list[*rule]);
    own.filter_map(|rule| Some((rule, rule.pattern.as_ref()?)))
        .flat_map(|(rule, pattern)| {
            let stems = rule.stems.iter().take(MAX_STEMS);
            stems.map(move |(_, to)| substitute(&found.name, pattern, to))
        })
        .collect()
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
