//! Targets and their recipes, as read: which rules name a target, what they say of it.

use std::collections::{HashMap, HashSet};

use super::super::{
    recipes::{
        condition_side::{OtherSide, Side},
        language::Language,
    },
    syntax::{functions::stem, text::Word},
    texts::comment::Notes,
    values::target_specific::Specifics,
};
use crate::project::Place;

/// make's own list of known suffixes (GNU make manual, "Old-Fashioned Suffix Rules").
const SUFFIXES: &str = ".out .a .ln .o .c .cc .C .cpp .p .f .F .m .r .y .l .ym .yl .s .S .mod .sym .def .h .info .dvi \
    .tex .texinfo .texi .txinfo .w .ch .web .sh .elc .el ";

/// The longest recipe text that is looked through for dangers and variables, in bytes.
const MAX_TEXT: usize = 256 << 10;
/// Of a recipe, as many lines are kept to be shown.
const MAX_LINES: usize = 200;
/// Of each line, as many characters.
const MAX_LINE: usize = 2_000;

/// As many patterns are tried on each name.
const MAX_FAMILIES: usize = 50;

/// A rule: one `targets: prerequisites` and its recipe.
#[derive(Debug)]
pub(in crate::make::scan) struct Rule {
    pub(in crate::make::scan) place: Place,
    /// The rule that was read at this place before, if its file is included once more.
    pub(in crate::make::scan) first: Option<usize>,
    /// Expanded as far as can be.
    pub(in crate::make::scan) prerequisites: Vec<String>,
    /// The pattern of a static pattern rule.
    pub(in crate::make::scan) pattern: Option<String>,
    /// The patterns among its prerequisites, each with its place among all of them.
    pub(in crate::make::scan) stems: Vec<(usize, String)>,
    /// How many of all its prerequisites are before a `|`.
    pub(in crate::make::scan) ordinary: usize,
    /// Whether it is in a condition that may not hold.
    pub(in crate::make::scan) conditional: bool,
    /// Whether a condition around it depends on what only running it could show.
    pub(in crate::make::scan) is_left_open: bool,
    /// The side of the conditions around it.
    pub(in crate::make::scan) side: Side,
    /// Whether it has two colons.
    pub(in crate::make::scan) double: bool,
    /// Whether some of its prerequisites only make can know.
    pub(in crate::make::scan) partly: bool,
    /// Whether a shell's answer is in the names of its targets.
    pub(in crate::make::scan) is_named_by_answer: bool,
    /// Its recipe's lines, to be shown.
    pub(in crate::make::scan) lines: Vec<String>,
    /// Its recipe as one text.
    pub(in crate::make::scan) text: String,
    /// The language of its recipe.
    pub(in crate::make::scan) language: Language,
    /// What of it is shell code, if that is not the text as it is.
    pub(in crate::make::scan) code: Option<String>,
    /// What of its recipe only runs with other values than those that are known.
    pub(in crate::make::scan) other: OtherSide,
    /// The variables that the rule's own line and its recipe use, once each.
    pub(in crate::make::scan) uses: Vec<usize>,
    /// Those of them that it fails without.
    pub(in crate::make::scan) guards: Vec<usize>,
    /// Those that its comment documents.
    pub(in crate::make::scan) documented: Vec<usize>,
}

impl Rule {
    pub(in crate::make::scan) fn new(place: Place, prerequisites: Vec<String>) -> Self {
        Self {
            place,
            first: None,
            prerequisites,
            pattern: None,
            stems: Vec::new(),
            ordinary: usize::MAX,
            conditional: false,
            is_left_open: false,
            side: Side::Taken,
            double: false,
            partly: false,
            is_named_by_answer: false,
            lines: Vec::new(),
            text: String::new(),
            language: Language::Shell,
            code: None,
            other: OtherSide::default(),
            uses: Vec::new(),
            guards: Vec::new(),
            documented: Vec::new(),
        }
    }

    /// Takes in its prerequisites.
    pub(in crate::make::scan) fn need(&mut self, list: Vec<Word>) {
        let mut count = 0;
        for word in list {
            if word.name == "|" {
                self.ordinary = self.ordinary.min(count);
                continue;
            }
            if word.pattern {
                self.stems.push((count, word.name));
            } else {
                self.prerequisites.push(word.name);
            }
            count += 1;
        }
    }

    /// All its prerequisites in their order, patterns filled with what `%` stands for; and how many of them are ordinary,
    /// the others only being there first.
    pub(in crate::make::scan) fn needed(&self, stem: &str) -> (Vec<String>, usize) {
        let mut all = self.prerequisites.clone();
        for (at, pattern) in &self.stems {
            all.insert(*at, pattern.replacen('%', stem, 1));
        }
        let ordinary = self.ordinary.min(all.len());
        (all, ordinary)
    }

    /// The shell code of its recipe; empty if that is in another language.
    pub(in crate::make::scan) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or(&self.text)
    }

    pub(in crate::make::scan) fn has_recipe(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Adds what follows the tab of a recipe line; it holds newlines if the line goes on.
    pub(in crate::make::scan) fn add(&mut self, raw: &str) {
        for line in raw.split('\n') {
            if self.lines.len() < MAX_LINES {
                let line = line.strip_prefix('\t').unwrap_or(line);
                self.lines
                    .push(super::super::syntax::text::cut(line, MAX_LINE));
            }
        }
        if self.text.len() + raw.len() < MAX_TEXT {
            self.text.push_str(raw);
            self.text.push('\n');
        }
    }
}

/// A target, as read.
#[derive(Debug)]
pub(in crate::make::scan) struct Found {
    pub(in crate::make::scan) name: String,
    /// Whether its name is a pattern, as `test-%`.
    pub(in crate::make::scan) is_pattern: bool,
    pub(in crate::make::scan) notes: Notes,
    pub(in crate::make::scan) group: Option<String>,
    /// The heading that lines are drawn around, above it.
    pub(in crate::make::scan) banner: Option<String>,
    /// The rule that its doc is at.
    pub(in crate::make::scan) doc_rule: Option<usize>,
    /// Whether a recipe for help names it.
    pub(in crate::make::scan) is_in_help: bool,
    /// Its rules, in file order.
    pub(in crate::make::scan) rules: Vec<usize>,
}

/// What is above a rule.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::make::scan) struct Headings<'a> {
    /// `##@ Heading`
    pub(in crate::make::scan) group: Option<&'a str>,
    /// A heading that lines are drawn around.
    pub(in crate::make::scan) banner: Option<&'a str>,
}

/// All rules and targets.
#[derive(Debug, Default)]
pub(in crate::make::scan) struct Rules {
    pub(in crate::make::scan) list: Vec<Rule>,
    pub(in crate::make::scan) targets: Vec<Found>,
    by_name: HashMap<String, usize>,
    /// The first rule at each line of each file.
    by_line: HashMap<u32, Vec<usize>>,
    pub(in crate::make::scan) phony: HashSet<String>,
    /// The names that `.PHONY` has as they are written there, each with its place.
    pub(in crate::make::scan) phony_at: Vec<(String, Place)>,
    /// Names that `.SUFFIXES` adds.
    pub(in crate::make::scan) suffixes: HashSet<String>,
    /// Patterns that some rule can make, as `%.o`, each with its rule.
    pub(in crate::make::scan) patterns: Vec<(String, usize)>,
    pub(in crate::make::scan) default_goal: Option<String>,
    pub(in crate::make::scan) specifics: Specifics,
    /// The rules that fit any name: `%` and `.DEFAULT`.
    pub(in crate::make::scan) catch_all: Vec<usize>,
    /// Whether a shell gets all lines of a recipe at once (`.ONESHELL`).
    pub(in crate::make::scan) one_shell: bool,
    /// Whether there are `##@` headings.
    pub(in crate::make::scan) has_groups: bool,
    /// Whether some rule is for whatever goals make is called with.
    pub(in crate::make::scan) fits_goals: bool,
    /// Whether further words of make's command line are given a rule without a recipe.
    pub(in crate::make::scan) swallowed: bool,
}

impl Rules {
    pub(in crate::make::scan) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Whether a name is one of those that a pattern among the targets stands for.
    pub(in crate::make::scan) fn is_of_family(&self, name: &str) -> bool {
        let mut families = self.patterns.iter().take(MAX_FAMILIES);
        families.any(|(pattern, _)| {
            let is_target = || {
                self.position(pattern)
                    .is_some_and(|at| self.targets[at].is_pattern)
            };
            stem(pattern, name).is_some_and(|stem| !stem.is_empty()) && is_target()
        })
    }

    /// Whether only running it could show that a target is there.
    pub(in crate::make::scan) fn is_left_open(&self, target: usize) -> bool {
        let mut own = self.targets[target].rules.iter();
        own.any(|rule| self.list[*rule].is_left_open)
    }

    /// Whether a target's plain doc is at a rule that only adds prerequisites, so that it is about these.
    pub(in crate::make::scan) fn is_of_rule(&self, target: usize) -> bool {
        let found = &self.targets[target];
        let at = found.doc_rule.filter(|_| !found.notes.documented);
        let is_bare = at.is_some_and(|rule| !self.list[rule].has_recipe());
        is_bare && found.rules.iter().any(|rule| self.list[*rule].has_recipe())
    }

    /// What an old-fashioned suffix rule of this name makes: `.o` if it is `.c.o`, no suffix if it is `.sh`. None
    /// if it is none (GNU make manual, "Old-Fashioned Suffix Rules").
    pub(in crate::make::scan) fn suffix_rule<'n>(&self, name: &'n str) -> Option<&'n str> {
        let known = |suffix: &str| {
            self.suffixes.contains(suffix) || SUFFIXES.contains(&format!("{suffix} "))
        };
        if !name.starts_with('.') || name.contains('/') {
            return None;
        }
        let at = name[1..].find('.').map_or(name.len(), |at| at + 1);
        let (from, to) = name.split_at(at);
        (known(from) && (to.is_empty() || known(to))).then_some(to)
    }

    /// The target that make runs if none is named: the one it is told, else the first.
    pub(in crate::make::scan) fn goal(&self) -> Option<&str> {
        let named = self.default_goal.as_deref().filter(|goal| !goal.is_empty());
        named.or_else(|| {
            let mut names = self.targets.iter().filter(|found| !found.is_pattern);
            let first =
                names.find(|found| !found.name.starts_with('.') || found.name.contains('/'));
            first.map(|found| found.name.as_str())
        })
    }

    /// Takes in a rule; gives its place in the list.
    pub(in crate::make::scan) fn add(&mut self, mut rule: Rule) -> usize {
        let index = self.list.len();
        let known = self.by_line.entry(rule.place.line).or_default();
        let mut known_here = known.iter().copied();
        rule.first = known_here.find(|one| self.list[*one].place.file == rule.place.file);
        if rule.first.is_none() {
            known.push(index);
        }
        self.list.push(rule);
        index
    }

    /// As [`Self::add`], of a rule that is in no file: many of them have one place.
    pub(in crate::make::scan) fn add_evaluated(&mut self, rule: Rule) -> usize {
        self.list.push(rule);
        self.list.len() - 1
    }

    /// Takes their recipes from rules on a side that is not taken with the values that are known, if their targets have them
    /// from other rules: `run:` with a recipe on each side of a condition.
    pub(in crate::make::scan) fn settle_sides(&mut self) {
        let list = &self.list;
        let mut is_made_otherwise = vec![None; list.len()];
        for found in &self.targets {
            let own = || found.rules.iter().copied();
            let is_taken = |at: usize| list[at].side == Side::Taken && list[at].has_recipe();
            let has_other = own().any(is_taken);
            for at in own().filter(|at| list[*at].side == Side::Open) {
                let known = &mut is_made_otherwise[at];
                *known = Some(known.unwrap_or(true) && has_other);
            }
        }
        for (rule, is_made_otherwise) in self.list.iter_mut().zip(is_made_otherwise) {
            if is_made_otherwise == Some(true) {
                let text = std::mem::take(&mut rule.text);
                rule.lines.clear();
                rule.other.add(&text, &[]);
            }
        }
    }

    /// Drops the targets whose names are not wanted; but what only running it could show is not decided here.
    pub(in crate::make::scan) fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        if self.fits_goals || !self.catch_all.is_empty() {
            return;
        }
        let list = &self.list;
        let is_left_open = |found: &Found| {
            let mut own = found.rules.iter().map(|rule| &list[*rule]);
            own.any(|rule| rule.is_left_open || rule.is_named_by_answer)
        };
        self.targets
            .retain(|found| found.is_pattern || wanted(&found.name) || is_left_open(found));
        let names = self.targets.iter().enumerate();
        self.by_name = names
            .map(|(index, found)| (found.name.clone(), index))
            .collect();
    }

    /// As [`Self::name`], of a pattern that a person may fill in.
    pub(in crate::make::scan) fn name_pattern(
        &mut self,
        name: &str,
        rule: usize,
        notes: &Notes,
        headings: Headings<'_>,
    ) {
        self.name(name, rule, notes, headings);
        if let Some(at) = self.position(name) {
            self.targets[at].is_pattern = true;
        }
    }

    /// Takes note that a rule is one of a target's.
    pub(in crate::make::scan) fn name(
        &mut self,
        name: &str,
        rule: usize,
        notes: &Notes,
        headings: Headings<'_>,
    ) {
        let index = self.position(name).unwrap_or_else(|| {
            self.by_name.insert(name.to_owned(), self.targets.len());
            self.targets.push(Found {
                name: name.to_owned(),
                is_pattern: false,
                notes: Notes::default(),
                group: None,
                banner: None,
                doc_rule: None,
                is_in_help: false,
                rules: Vec::new(),
            });
            self.targets.len() - 1
        });
        let found = &mut self.targets[index];
        // A file that is included twice says the same again.
        let again = |first: usize| found.rules.binary_search(&first).is_ok();
        if !self.list[rule].first.is_some_and(again) && found.rules.last() != Some(&rule) {
            found.rules.push(rule);
        }
        let known = &mut found.notes;
        if known.doc.is_none() || (notes.documented && !known.documented) {
            known.doc.clone_from(&notes.doc);
            known.documented = notes.documented;
            found.doc_rule = Some(rule);
        }
        known.hidden |= notes.hidden;
        known.pty = known.pty.or(notes.pty);
        known.exclusive |= notes.exclusive;
        if known.graces.is_empty() {
            known.graces.clone_from(&notes.graces);
        }
        known.timeout = known.timeout.or(notes.timeout);
        if known.danger.is_none() {
            known.danger.clone_from(&notes.danger);
        }
        if found.group.is_none() {
            found.group = notes
                .group
                .clone()
                .or_else(|| headings.group.map(str::to_owned));
        }
        if found.banner.is_none() {
            found.banner = headings.banner.map(str::to_owned);
        }
    }
}
