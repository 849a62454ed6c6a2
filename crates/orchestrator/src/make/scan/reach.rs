//! What running a target leads to: its prerequisites, and what its recipe calls make for.
//!
//! A thousand targets may share one rule, and each may lead to all others. So targets and rules are the nodes of one
//! graph, whose size is that of the text; and what is asked of all that a target leads to is spread backwards, from the
//! few targets that have it to all that lead to them.

use std::collections::VecDeque;

use super::rules::Rules;

/// Of the targets that one target leads to, as many are looked at for variables.
const MAX_REACHED: usize = 64;
/// As many steps are made to find them.
const MAX_STEPS: usize = 1_000;

/// Which targets lead to which.
pub(super) struct Reached {
    /// Of each target, the rules that it has.
    rules: Vec<Vec<usize>>,
    /// Of each rule, the targets that it leads to.
    next: Vec<Vec<usize>>,
    /// Of each rule, the targets that have it.
    named: Vec<Vec<usize>>,
    /// Of each target, the rules that lead to it.
    back: Vec<Vec<usize>>,
    /// Of each target and of each rule, the number of the last search that came by.
    seen: (Vec<u32>, Vec<u32>),
    search: u32,
}

impl Reached {
    pub(super) fn of(rules: &Rules) -> Self {
        let (targets, count) = (rules.targets.len(), rules.list.len());
        let mut graph = Self {
            rules: Vec::with_capacity(targets),
            next: Vec::with_capacity(count),
            named: vec![Vec::new(); count],
            back: vec![Vec::new(); targets],
            seen: (vec![0; targets], vec![0; count]),
            search: 0,
        };
        for (target, found) in rules.targets.iter().enumerate() {
            found
                .rules
                .iter()
                .for_each(|rule| graph.named[*rule].push(target));
            graph.rules.push(found.rules.clone());
        }
        for (index, rule) in rules.list.iter().enumerate() {
            graph.begin();
            let needed = rule.prerequisites.iter();
            let mut next: Vec<usize> = needed.filter_map(|name| rules.position(name)).collect();
            next.extend(called(&rule.text, rules));
            next.retain(|target| graph.is_new(*target));
            next.iter()
                .for_each(|target| graph.back[*target].push(index));
            graph.next.push(next);
        }
        graph
    }

    fn is_new(&mut self, target: usize) -> bool {
        std::mem::replace(&mut self.seen.0[target], self.search) != self.search
    }

    /// The targets that this one leads to, itself first, the nearest first, at most 64.
    pub(super) fn from(&mut self, target: usize) -> Vec<usize> {
        self.begin();
        self.seen.0[target] = self.search;
        let mut all = vec![target];
        let (mut at, mut steps) = (0, 0);
        while let Some(index) = all.get(at).copied() {
            at += 1;
            for rule in &self.rules[index] {
                steps += 1;
                if std::mem::replace(&mut self.seen.1[*rule], self.search) == self.search {
                    continue;
                }
                for reached in &self.next[*rule] {
                    steps += 1;
                    if all.len() >= MAX_REACHED || steps >= MAX_STEPS {
                        return all;
                    }
                    if std::mem::replace(&mut self.seen.0[*reached], self.search) != self.search {
                        all.push(*reached);
                    }
                }
            }
        }
        all
    }

    /// Calls `tell` with each target that leads to one of `sources`, they themselves among them, and with the source that
    /// it leads to: the nearest.
    pub(super) fn back_from(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        tell: impl FnMut(usize, usize),
    ) {
        self.begin();
        self.further_back_from(sources, tell);
    }

    /// Begins a search: nothing has been seen in it.
    pub(super) fn begin(&mut self) {
        self.search += 1;
    }

    /// As [`Self::back_from`], leaving out what was told since the last [`Self::begin`].
    pub(super) fn further_back_from(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        mut tell: impl FnMut(usize, usize),
    ) {
        let mut open: VecDeque<(usize, usize)> = VecDeque::new();
        for source in sources {
            if self.is_new(source) {
                open.push_back((source, source));
            }
        }
        while let Some((target, source)) = open.pop_front() {
            tell(target, source);
            for rule in &self.back[target] {
                if std::mem::replace(&mut self.seen.1[*rule], self.search) == self.search {
                    continue;
                }
                for leading in &self.named[*rule] {
                    if std::mem::replace(&mut self.seen.0[*leading], self.search) != self.search {
                        open.push_back((*leading, source));
                    }
                }
            }
        }
    }
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
