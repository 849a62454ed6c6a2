//! Rules: their targets, prerequisites and recipes.

use std::path::Path;

use super::{
    super::{
        recipes::{condition_side::Side, language::Language, shell::without_comments},
        syntax::{
            assignment::{Assignment, assignment},
            text::{
                Piece, Word, find_plain, first_word, is_blank, is_plain_word, pieces, split_plain,
                words,
            },
        },
        targets::rules::{Headings, Rule},
        texts::{
            comment::{Comment, Marked, Notes, marked, notes},
            prose::is_remark,
        },
        values::{
            references::{Reference, in_recipe, references, shell_names},
            secret_names::concealed,
            variables::{Use, asks_shell},
        },
    },
    At, MAX_USES, Reader,
    comments_of_rule::about,
};

/// As many names of `.PHONY` are kept with their places.
const MAX_PHONY: usize = 2_000;
/// As many names that shells read are kept.
const MAX_READ: usize = 4_000;

impl Reader {
    pub(super) fn rule(&mut self, line: &str, colon: usize, at: &mut At) {
        let left = &line[..colon];
        let left = left.strip_suffix('&').unwrap_or(left);
        let right = &line[colon + 1..];
        let (right, double) = match right.strip_prefix(':') {
            Some(right) => (right, true),
            None => (right, false),
        };
        let names = self.names(left);
        if let Some((assigned, fixed)) = own_variable(right) {
            return self.own_variable(&names, &assigned, fixed, at);
        }
        let parts = RightSide::of(right);
        if let Some(pattern) = parts.pattern.filter(|text| !text.contains(['%', '$'])) {
            let what = format!("target pattern contains no '%': `{}`", pattern.trim());
            self.problem_at(at, &what);
        }
        let (list, partly) = self.names_and_rest(parts.list);
        let special = self.special(&names, &list, at);
        // What is written above `.PHONY` is about the target below it.
        let above = if special {
            self.beside_phony(&list, parts.comment.as_ref());
            Vec::new()
        } else {
            about(at.comments_above(&names), &names)
        };
        let notes = notes(&above, parts.comment.as_ref());
        for problem in &notes.problems {
            self.problem(at.place(), problem.clone());
        }
        if notes.secret == Some(true) {
            let is_beside = parts.comment.iter().any(|one| one.text.contains("@secret"));
            let line = if is_beside { at.line } else { at.secret };
            self.says_secret_of_nothing(line, at);
        }
        let rule = Rule {
            double,
            partly,
            is_named_by_answer: self.is_named_by_answer(left),
            ..self.needing(list, &parts, at)
        };
        let language = match names.first() {
            Some(first) if self.variables.get("SHELL").is_some() => self.language_of(&first.name),
            _ => Language::Shell,
        };
        let rule = Rule { language, ..rule };
        let index = match at.is_evaluated {
            true => self.rules.add_evaluated(rule),
            false => self.rules.add(rule),
        };
        at.rule = Some(index);
        let fits_any = |word: &Word| word.name == ".DEFAULT" || (word.pattern && word.name == "%");
        if names.iter().any(fits_any) {
            self.rules.catch_all.push(index);
        }
        if !special {
            self.declare(&names, parts.pattern.is_some(), index, &notes, at);
        }
        self.rules.fits_goals |= left.contains("MAKECMDGOALS");
        for text in [left, parts.list] {
            self.used_by(index, &references(text));
        }
        if let Some(recipe) = parts.recipe {
            self.slips_in_recipe(index, recipe, at);
            self.recipe(index, recipe);
        }
    }

    /// `.PHONY: fmt ## Format it`
    fn beside_phony(&mut self, list: &[Word], comment: Option<&Comment>) {
        if let ([word], Some(comment)) = (list, comment)
            && !is_remark(&comment.text)
        {
            self.notes
                .named
                .push((word.name.clone(), comment.text.clone()));
        }
    }

    /// Whether a shell's answer is in the names of a rule's targets, or decides on them: `build-$(shell uname -m):`.
    fn is_named_by_answer(&self, left: &str) -> bool {
        let named = references(left);
        let named = named
            .iter()
            .filter_map(|one| self.variables.position(one.name));
        asks_shell(left)
            || self
                .variables
                .any_named_by_answer(&named.collect::<Vec<_>>())
    }

    /// A rule with what is on its line.
    fn needing(&self, list: Vec<Word>, parts: &RightSide<'_>, at: &At) -> Rule {
        let mut rule = Rule::new(at.place(), Vec::new());
        rule.need(list);
        let standing = self.standing(at);
        rule.conditional = standing.conditional && !self.is_sure(at);
        rule.is_left_open = standing.is_left_open;
        rule.side = self.side(at);
        if rule.side == Side::Open {
            rule.other.tests = Self::tested_around(at);
        }
        let pattern = parts.pattern.and_then(|pattern| self.names(pattern).pop());
        rule.pattern = pattern.map(|word| word.name);
        rule
    }

    pub(in super::super) fn recipe(&mut self, rule: usize, text: &str) {
        self.used_in_recipe(rule, text);
        let text = concealed(text, &|name| self.variables.is_secret(name));
        self.rules.list[rule].add(&text);
    }

    /// As [`Self::recipe`], of a line on a side of a condition that is not taken with the values that are known.
    pub(super) fn other_side(&mut self, rule: usize, text: &str, at: &At) {
        self.used_in_recipe(rule, text);
        let tests = Self::tested_around(at);
        let text = concealed(text, &|name| self.variables.is_secret(name));
        self.rules.list[rule].other.add(&text, &tests);
    }

    /// What in a recipe's line may have been meant for the shell.
    pub(super) fn slips_in_recipe(&mut self, rule: usize, text: &str, at: &At) {
        if self.rules.list[rule].language == Language::Shell {
            self.slips(text, &at.place());
        }
    }

    fn used_in_recipe(&mut self, rule: usize, text: &str) {
        if self.rules.list[rule].language != Language::Shell {
            // What make puts in is put into any language.
            return self.used_by(rule, &references(text));
        }
        self.examples.in_recipe(text);
        let code = without_comments(text);
        let mut references = in_recipe(&code);
        // A variable given to make is in its recipes' environment.
        let names: Vec<Reference<'_>> = shell_names(&code).collect();
        for name in &names {
            self.shell_reads(name.name);
        }
        references.extend(names.into_iter().filter(|reference| {
            let known = self.variables.get(reference.name);
            known.is_some_and(|variable| variable.value.is_some())
        }));
        self.used_by(rule, &references);
    }

    /// Takes note of a name that a recipe's shell reads.
    fn shell_reads(&mut self, name: &str) {
        if self.read_by_shell.len() < MAX_READ && !self.read_by_shell.contains(name) {
            self.read_by_shell.insert(name.to_owned());
        }
    }

    fn declare(&mut self, names: &[Word], fixed: bool, rule: usize, notes: &Notes, at: &At) {
        for word in names {
            let headings = Headings {
                group: at.group.as_deref(),
                banner: at.banner.as_deref(),
            };
            if word.pattern && !fixed {
                self.rules.patterns.push((word.name.clone(), rule));
                if is_family(&word.name, notes) {
                    self.rules.name_pattern(&word.name, rule, notes, headings);
                }
            } else if word.name.contains(char::is_control) || word.name.contains('\u{fffd}') {
                let what = "a target's name is not text; left out".to_owned();
                self.problem(at.place(), what);
            } else if !word.name.is_empty() {
                self.rules.name(&word.name, rule, notes, headings);
            }
        }
        for param in &notes.params {
            self.variables.param(param);
            let index = self.variables.mention(&param.name);
            self.rules.list[rule].documented.push(index);
        }
    }

    /// Takes note of what a rule uses.
    fn used_by(&mut self, rule: usize, references: &[Reference<'_>]) {
        for reference in references {
            let Some(Use { index, guarded }) = self.variables.refer(reference) else {
                continue;
            };
            let guarded = guarded && !self.filled.iter().any(|name| name == reference.name);
            let rule = &mut self.rules.list[rule];
            for (known, counts) in [(&mut rule.uses, true), (&mut rule.guards, guarded)] {
                if counts && known.len() < MAX_USES && !known.contains(&index) {
                    known.push(index);
                }
            }
        }
    }

    /// Takes in `.PHONY` and its like; false if some name is an ordinary target.
    fn special(&mut self, names: &[Word], list: &[Word], at: &At) -> bool {
        let special = |name: &str| {
            name.starts_with('.')
                && name.len() > 1
                && name[1..]
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b == b'_')
        };
        if names.is_empty() || !names.iter().all(|word| special(&word.name)) {
            return false;
        }
        for name in names {
            let all = list.iter().map(|word| word.name.clone());
            match name.name.as_str() {
                ".PHONY" => self.phony(all, at),
                ".ONESHELL" => self.rules.one_shell = true,
                ".SUFFIXES" => self.rules.suffixes.extend(all),
                _ => {}
            }
        }
        true
    }

    fn phony(&mut self, names: impl Iterator<Item = String>, at: &At) {
        for name in names {
            if at.conditions.is_empty() && self.rules.phony_at.len() < MAX_PHONY {
                self.rules.phony_at.push((name.clone(), at.place()));
            }
            self.rules.phony.insert(name);
        }
    }

    /// The names of a list, expanded; those that cannot be are left out.
    fn names(&self, list: &str) -> Vec<Word> {
        self.names_and_rest(list).0
    }

    /// As [`Self::names`], and whether some were left out.
    fn names_and_rest(&self, list: &str) -> (Vec<Word>, bool) {
        let whole = self.expanded(list).map(|list| words(&list));
        let partly = whole.is_none();
        let words = whole.unwrap_or_else(|| {
            split_plain(list)
                .flat_map(|part| match self.expanded(part) {
                    Some(part) => words(&part),
                    None => self.known_of_list(part),
                })
                .collect()
        });
        let words = words.into_iter().flat_map(|word| self.files_of(word));
        (words.collect(), partly)
    }

    /// Of a list in a variable those names that are known, if others are not: `.PHONY: $(PHONY)`.
    fn known_of_list(&self, part: &str) -> Vec<Word> {
        let mut inside = pieces(part);
        let (Some(Piece::Reference(name)), None) = (inside.next(), inside.next()) else {
            return Vec::new();
        };
        let value = self
            .variables
            .get(name)
            .and_then(|one| one.value.as_deref());
        let names = value.into_iter().flat_map(split_plain);
        names
            .filter_map(|name| self.expanded(name))
            .flat_map(|name| words(&name))
            .collect()
    }

    /// The files that a name with wildcards stands for; if there are none it stands for itself.
    fn files_of(&self, mut word: Word) -> Vec<Word> {
        if let Some(path) = word.name.strip_prefix("~/")
            && let Some(home) = std::env::var_os("HOME")
        {
            word.name = Path::new(&home).join(path).display().to_string();
        }
        if !word.name.contains(['*', '?', '[']) {
            return vec![word];
        }
        let files = self.files.glob(&word.name);
        if files.is_empty() {
            return vec![word];
        }
        let pattern = false;
        let all = files.into_iter().map(|name| Word { name, pattern });
        all.collect()
    }
}

/// Whether a pattern is one that a person fills in, as `test-%`, and not one that makes files, as `%.o` and `build/%`: it is a
/// plain word, or documented.
fn is_family(pattern: &str, notes: &Notes) -> bool {
    let filled = pattern.replacen('%', "", 1);
    pattern != "%" && (notes.documented || is_plain_word(&filled))
}

impl At {
    /// The comments above a rule of these targets, and above their own variables before it.
    fn comments_above(&mut self, names: &[Word]) -> Vec<Comment> {
        let is_meant = |(name, _): &mut (String, _)| names.iter().any(|word| word.name == *name);
        let (_, mut above) = self.above.take_if(is_meant).unwrap_or_default();
        above.append(&mut self.comments);
        above
    }
}

/// `NAME = value` after a rule's colon: a variable for those targets alone; and whether `override` is before it.
fn own_variable(right: &str) -> Option<(Assignment<'_>, bool)> {
    let mut text = right.trim_matches(is_blank);
    let mut fixed = false;
    while let (word @ ("export" | "override" | "private"), rest) = first_word(text) {
        fixed |= word == "override";
        text = rest;
    }
    Some((assignment(text)?, fixed))
}

/// What follows a rule's colon.
struct RightSide<'a> {
    /// The prerequisites.
    list: &'a str,
    /// The pattern before them, as in `a.o b.o: %.o: %.c`.
    pattern: Option<&'a str>,
    /// A recipe on the same line.
    recipe: Option<&'a str>,
    comment: Option<Comment>,
}

impl<'a> RightSide<'a> {
    fn of(right: &'a str) -> Self {
        let end = find_plain(right, b";#").unwrap_or(right.len());
        let (list, tail) = right.split_at(end);
        let recipe = tail.strip_prefix(';');
        let comment = match recipe {
            // The shell takes it as its own comment; many makefiles write their docs so all the same.
            Some(recipe) => recipe.find(" ## ").map(|at| &recipe[at + 1..]),
            None => Some(tail).filter(|tail| !tail.is_empty()),
        };
        let pattern = find_plain(list, b":");
        Self {
            list: pattern.map_or(list, |at| &list[at + 1..]),
            pattern: pattern.map(|at| &list[..at]),
            recipe: recipe.map(|recipe| recipe.trim_start_matches(is_blank)),
            comment: comment.and_then(|comment| match marked(comment) {
                Marked::Line(line) => Some(line),
                _ => None,
            }),
        }
    }
}
