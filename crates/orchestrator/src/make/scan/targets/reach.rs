//! What running a target leads to: its prerequisites, what its recipe calls make for, and the pattern rules that may make
//! these.
//!
//! A thousand targets may share one rule, and each may lead to all others. So targets and rules are the nodes of one
//! graph, whose size is that of the text; and what is asked of all that a target leads to is spread backwards, from the
//! few nodes that have it to all targets that lead to them.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem::replace,
};

use super::{
    super::{
        reader::Reader,
        recipes::calls::{Call, calls},
        syntax::functions::{stem, substitute},
    },
    rules::{Found, Rules},
};

/// As many pattern rules are tried on each name.
const MAX_PATTERNS: usize = 50;
/// As many names of one call of make are followed.
const MAX_CALLED: usize = 200;
/// Of the patterns among a rule's prerequisites, as many are followed for each of its targets.
const MAX_STEMS: usize = 16;

/// Which targets lead to which, by their rules. Nodes are the targets, by their place in the list, and behind them the
/// rules.
pub(in crate::make::scan) struct Reached {
    targets: usize,
    back: Vec<Vec<usize>>,
    /// The number of the last search that came by.
    seen: Vec<u32>,
    search: u32,
    /// Of each variable, from which node to which other it is given a value on the way.
    given: HashMap<usize, HashSet<(usize, usize)>>,
    /// Of each variable, the targets that have a value of their own for it, and hand it on to what they lead to.
    own: HashMap<usize, HashSet<usize>>,
}

impl Reached {
    pub(in crate::make::scan) fn of(reader: &Reader, default_goal: Option<&str>) -> Self {
        let rules = &reader.rules;
        let targets = rules.targets.len();
        let count = targets + rules.list.len();
        let mut graph = Self {
            targets,
            back: vec![Vec::new(); count],
            seen: vec![0; count],
            search: 0,
            given: HashMap::new(),
            own: own_values(reader),
        };
        let patterns = patterns(rules);
        let implicit = |name: &str| -> Vec<usize> {
            let fitting = patterns.iter().filter(|(pattern, _)| fits(pattern, name));
            // What is said of a pattern that is a target itself counts as well.
            let node = |(pattern, rule): &(String, usize)| {
                family(rules, pattern).unwrap_or(targets + rule)
            };
            fitting.map(node).collect()
        };
        let nodes_of = |name: &str| match rules.position(name) {
            Some(target) => vec![target],
            None => implicit(name),
        };
        for (index, found) in rules.targets.iter().enumerate() {
            let own = found.rules.iter().map(|rule| targets + rule);
            let mut next: Vec<usize> = own.collect();
            next.extend(by_stem(found, rules).iter().flat_map(|name| nodes_of(name)));
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
            let needed = rule.prerequisites.iter().flat_map(|name| nodes_of(name));
            let mut next: Vec<usize> = needed.collect();
            if rule.pattern.is_none() {
                let stems = rule.stems.iter().take(MAX_STEMS);
                next.extend(stems.flat_map(|(_, pattern)| implicit(pattern)));
            }
            let calls = calls(rule.code(), &reader.expander());
            for (name, given) in called(&calls, default_goal) {
                for target in nodes_of(name) {
                    let is_needed = next.contains(&target);
                    next.push(target);
                    for name in given.iter().filter(|_| !is_needed) {
                        if let Some(variable) = reader.variables.position(name) {
                            let on_the_way = graph.given.entry(variable).or_default();
                            on_the_way.insert((targets + index, target));
                        }
                    }
                }
            }
            graph.lead(targets + index, next);
        }
        graph
    }

    fn lead(&mut self, from: usize, mut to: Vec<usize>) {
        self.begin();
        to.retain(|node| replace(&mut self.seen[*node], self.search) != self.search);
        to.iter().for_each(|node| self.back[*node].push(from));
    }

    /// How many targets there are.
    pub(in crate::make::scan) const fn targets(&self) -> usize {
        self.targets
    }

    /// The targets that have a value of their own for a variable.
    pub(in crate::make::scan) fn with_own(&self, variable: usize) -> HashSet<usize> {
        self.own.get(&variable).cloned().unwrap_or_default()
    }

    /// The node of a rule.
    pub(in crate::make::scan) const fn rule(&self, index: usize) -> usize {
        self.targets + index
    }

    /// The targets that have a rule.
    pub(in crate::make::scan) fn owners(&self, rule: usize) -> impl Iterator<Item = usize> {
        let leading = self.back[self.rule(rule)].iter().copied();
        leading.filter(|node| *node < self.targets)
    }

    /// Calls `tell` with each target that leads to one of the nodes `sources`, they themselves among them, and with the
    /// source that it leads to: the nearest. Gives the number of steps that it took.
    pub(in crate::make::scan) fn back_from(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        tell: impl FnMut(usize, usize),
    ) -> usize {
        self.begin();
        self.spread(sources, None, tell)
    }

    /// As [`Self::back_from`], by ways on which a variable is given no value.
    pub(in crate::make::scan) fn back_without(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        variable: usize,
        tell: impl FnMut(usize, usize),
    ) -> usize {
        self.begin();
        self.spread(sources, Some(variable), tell)
    }

    /// Begins a search: nothing has been seen in it.
    pub(in crate::make::scan) const fn begin(&mut self) {
        self.search += 1;
    }

    /// As [`Self::back_from`], leaving out what was told since the last [`Self::begin`].
    pub(in crate::make::scan) fn further_back_from(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        tell: impl FnMut(usize, usize),
    ) -> usize {
        self.spread(sources, None, tell)
    }

    fn spread(
        &mut self,
        sources: impl IntoIterator<Item = usize>,
        variable: Option<usize>,
        mut tell: impl FnMut(usize, usize),
    ) -> usize {
        let given = variable.and_then(|index| self.given.get(&index));
        let own = variable.and_then(|index| self.own.get(&index));
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
            if own.is_some_and(|own| own.contains(&node)) {
                continue;
            }
            for leading in &self.back[node] {
                if given.is_some_and(|given| given.contains(&(*leading, node))) {
                    continue;
                }
                if replace(&mut self.seen[*leading], self.search) != self.search {
                    open.push_back((*leading, source));
                }
            }
        }
        steps
    }
}

/// Of each variable, the targets that have a value of their own for it.
fn own_values(reader: &Reader) -> HashMap<usize, HashSet<usize>> {
    let mut own: HashMap<usize, HashSet<usize>> = HashMap::new();
    if reader.rules.specifics.is_empty() {
        return own;
    }
    for (target, found) in reader.rules.targets.iter().enumerate() {
        for one in reader.rules.specifics.of(&found.name, &reader.variables) {
            let variable = reader.variables.position(one.name);
            if let Some(variable) = variable.filter(|_| !one.value.is_empty()) {
                own.entry(variable).or_default().insert(target);
            }
        }
    }
    own
}

/// The pattern rules that make something, suffix rules among them, but for those that fit any name.
pub(in crate::make::scan) fn patterns(rules: &Rules) -> Vec<(String, usize)> {
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

/// The target that a pattern is, if a person may fill it in.
fn family(rules: &Rules, pattern: &str) -> Option<usize> {
    let known = rules.position(pattern);
    known.filter(|target| rules.targets[*target].is_pattern)
}

/// Whether a pattern rule can make a file.
fn fits(pattern: &str, name: &str) -> bool {
    let alone = name.rsplit('/').next().unwrap_or(name);
    let name = if pattern.contains('/') { name } else { alone };
    stem(pattern, name).is_some()
}

/// What the `%` of a pattern rule matches if it can make a file. A pattern without a folder is tried on the file's
/// name alone, and the stem then has the folder again (GNU make manual, "How Patterns Match").
pub(in crate::make::scan) fn stem_of(pattern: &str, name: &str) -> Option<String> {
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

/// The names that calls of make are for, each with the variables that all calls for it give a value to.
pub(in crate::make::scan) fn called<'c>(
    calls: &'c [Call],
    default_goal: Option<&'c str>,
) -> Vec<(&'c str, Vec<&'c str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for call in calls {
        let default = default_goal.filter(|_| call.is_default);
        let names = call.targets.iter().map(String::as_str).chain(default);
        for target in names.take(MAX_CALLED) {
            match all.iter_mut().find(|(known, _)| *known == target) {
                Some((_, given)) => given.retain(|name| call.given.iter().any(|own| own == name)),
                None => all.push((target, call.given.iter().map(String::as_str).collect())),
            }
        }
    }
    all
}
