//! What make itself says is there, joined with what was read of the text.

use std::collections::HashSet;

use super::{
    super::{
        reader::Reader,
        syntax::text::is_plain_word,
        texts::{comment::Notes, help},
    },
    rules::{Headings, Rule, Rules},
};
use crate::project::Place;

/// A target of make's own data base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::make) struct Existing {
    pub(in crate::make) name: String,
    pub(in crate::make) prerequisites: Vec<String>,
    pub(in crate::make) phony: bool,
    /// The recipe's lines, and where the first one is.
    pub(in crate::make) recipe: Vec<String>,
    pub(in crate::make) place: Option<Place>,
}

/// A recipe begins at most as many lines after its rule does.
const MAX_HEAD: u32 = 20;

impl Rules {
    /// The rule of the recipe that begins at a place, if a shell's answer decides on the names of its targets.
    fn named_by_answer(&self, recipe: &Place) -> Option<usize> {
        let near = recipe.line.saturating_sub(MAX_HEAD)..=recipe.line;
        let rules = self.list.iter().enumerate();
        let before = rules
            .filter(|(_, rule)| rule.place.file == recipe.file && near.contains(&rule.place.line));
        let nearest = before.max_by_key(|(_, rule)| rule.place.line);
        nearest
            .filter(|(_, rule)| rule.is_named_by_answer)
            .map(|(at, _)| at)
    }

    /// Whether a rule has a target that make does not know, so that the muted shell made another of it.
    fn is_made_otherwise(&self, rule: usize, names: &HashSet<String>) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|found| found.rules.contains(&rule) && !names.contains(&found.name))
    }
}

fn line(target: &Existing) -> u32 {
    target.place.as_ref().map_or(0, |place| place.line)
}

impl Reader {
    /// Whether the text has a target of this name.
    pub(in crate::make) fn knows(&self, name: &str) -> bool {
        self.rules.position(name).is_some()
    }

    /// Takes away targets that make does not know, as those of a condition's other side, and adds those that only make
    /// could find, as those of `$(eval …)`. Docs, groups, places and order stay as they were read.
    pub(in crate::make) fn join(&mut self, existing: Vec<Existing>, default_goal: Option<String>) {
        self.helped = Some(help::helped(self));
        let names: HashSet<_> = existing.iter().map(|one| one.name.clone()).collect();
        self.rules.keep(|name| names.contains(name));
        let mut new = Vec::new();
        for target in existing {
            if target.phony {
                self.rules.phony.insert(target.name.clone());
            }
            // make tries to remake what it reads, so a rule that fits any name makes targets of the makefiles.
            if self.makefiles.split(' ').any(|file| file == target.name) {
                continue;
            }
            if !self.knows(&target.name) && self.is_new(&target, &names) {
                new.push(target);
            }
        }
        new.sort_by(|a, b| (line(a), &a.name).cmp(&(line(b), &b.name)));
        for target in new {
            self.add(target);
        }
        // A goal that the muted shell made of another name, or that it chose, is none.
        let of_scan = self.rules.goal();
        let is_chosen = |name: &str| {
            !self
                .rules
                .position(name)
                .is_some_and(|at| self.rules.is_left_open(at))
        };
        if let Some(goal) = default_goal
            && self.knows(&goal)
            && of_scan.is_none_or(is_chosen)
        {
            self.rules.default_goal = Some(goal);
        }
    }

    /// Whether a target that only make knows is one that can be run: no name that only `.PHONY` or a pattern has, no path from
    /// the root, which is a file, and no name that lacks what a shell would have answered: `build-` for `build-$(ARCH)`.
    fn is_new(&self, target: &Existing, names: &HashSet<String>) -> bool {
        let does_nothing = target.recipe.is_empty() && target.prerequisites.is_empty();
        let is_bare = target.phony && does_nothing && target.place.is_none();
        let place = target.place.as_ref();
        // One that is whole without it may be right: `app` for `app$(EXE)`.
        let is_whole =
            is_plain_word(&target.name) && target.name.ends_with(|c: char| c.is_alphanumeric());
        let by_answer = place.and_then(|place| self.rules.named_by_answer(place));
        // What the text shows of the system may have answered already.
        let lacks_an_answer =
            by_answer.is_some_and(|rule| !is_whole || self.rules.is_made_otherwise(rule, names));
        !is_bare && !target.name.contains('%') && !target.name.starts_with('/') && !lacks_an_answer
    }

    fn add(&mut self, target: Existing) {
        let place = target.place.unwrap_or_else(|| Place {
            file: self.main_file(),
            line: 1,
        });
        let index = self.rules.add(Rule::new(place, target.prerequisites));
        for line in &target.recipe {
            self.recipe(index, line);
        }
        self.rules
            .name(&target.name, index, &Notes::default(), Headings::default());
    }
}
