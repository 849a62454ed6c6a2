//! From lines to rules, variables, conditions and includes, in the order in which make reads them.

use std::path::Path;

use super::{
    assignment::{Assignment, Flavor, assignment},
    comment::{Comment, Marked, Notes, marked, notes},
    expand::Expander,
    refs::{Reference, fails, in_recipe, references, shell_names},
    rules::{Rule, Rules},
    source::Files,
    text::{
        Word, find_plain, first_word, is_blank, is_name, joined, logical, split_comment,
        split_plain, words,
    },
    variables::{Standing, Variables},
};
use crate::project::{Place, Problem};

/// As many problems as are told.
const MAX_PROBLEMS: usize = 100;
/// Bytes that expanding may make in one scan, all values together.
const EXPANSION: usize = 8 << 20;
/// Of what a rule uses, as many names are kept.
const MAX_USES: usize = 500;

/// What has been read so far.
pub(super) struct Reader {
    pub(super) files: Files,
    pub(super) variables: Variables,
    pub(super) rules: Rules,
    pub(super) problems: Vec<Problem>,
    /// Included files that are not there: make may be able to make them.
    pub(super) missing: Vec<(String, Place)>,
    makefiles: String,
    recipe_prefix: char,
}

/// Where the reader stands in one file.
#[derive(Default)]
struct At {
    file: String,
    line: u32,
    group: Option<String>,
    /// Comments since the last empty line, for what comes next.
    comments: Vec<Comment>,
    conditions: Vec<Condition>,
    /// The rule that recipe lines belong to, or none while nothing has a recipe.
    rule: Option<usize>,
    /// The text being defined, and how deep `define` is nested.
    define: Option<(String, String, u32)>,
}

impl At {
    fn place(&self) -> Place {
        Place {
            file: self.file.clone(),
            line: self.line,
        }
    }
}

/// A condition that is open.
struct Condition {
    line: u32,
    /// The variable it tests for being empty, and whether it is empty in the branch being read.
    empty: Option<(String, bool)>,
}

impl Reader {
    pub(super) fn new(root: &Path) -> Self {
        let variables = Variables::default();
        variables.budget.set(EXPANSION);
        Self {
            files: Files::new(root),
            variables,
            rules: Rules::default(),
            problems: Vec::new(),
            missing: Vec::new(),
            makefiles: String::new(),
            recipe_prefix: '\t',
        }
    }

    /// Reads a makefile and what it includes; `from` is the place that includes it.
    pub(super) fn read_file(&mut self, path: &Path, from: Option<&Place>) {
        let shown = self.files.shown(path);
        let text = match self.files.open(path) {
            Ok(text) => text,
            Err(why) => {
                let (place, what) = match from {
                    Some(place) => (place.clone(), format!("{shown} {why}")),
                    None => (
                        Place {
                            file: shown,
                            line: 1,
                        },
                        why,
                    ),
                };
                return self.problem(place, what);
            }
        };
        self.makefiles.push(' ');
        self.makefiles.push_str(&shown);
        let mut at = At {
            file: shown,
            ..At::default()
        };
        for (line, raw) in logical(&text) {
            at.line = line;
            self.line(raw, &mut at);
        }
        self.files.close();
        self.end(&at);
    }

    fn end(&mut self, at: &At) {
        for (line, what) in at
            .conditions
            .iter()
            .map(|open| (open.line, "this condition has no endif"))
            .chain(at.define.iter().map(|_| (at.line, "a define has no endef")))
        {
            let place = Place {
                file: at.file.clone(),
                line,
            };
            self.problem(place, what.to_owned());
        }
    }

    fn line(&mut self, raw: &str, at: &mut At) {
        if at.define.is_some() {
            return self.defining(raw, at);
        }
        if raw.starts_with(self.recipe_prefix)
            && let Some(rule) = at.rule
        {
            let text = &raw[self.recipe_prefix.len_utf8()..];
            return self.recipe(rule, text);
        }
        let line = joined(raw);
        let line = line.trim_matches(is_blank);
        if line.is_empty() {
            at.comments.clear();
        } else if line.starts_with('#') {
            comment(raw, at);
        } else if !self.condition(line, at) {
            self.statement(line, raw, at);
        }
    }

    fn recipe(&mut self, rule: usize, text: &str) {
        let mut references = in_recipe(text);
        // A variable given to make is in its recipes' environment.
        references.extend(shell_names(text).filter(|reference| {
            let known = self.variables.get(reference.name);
            known.is_some_and(|variable| variable.value.is_some())
        }));
        self.used_by(rule, &references);
        self.rules.list[rule].add(text);
    }

    fn defining(&mut self, raw: &str, at: &mut At) {
        let Some((name, body, depth)) = &mut at.define else {
            return;
        };
        match first_word(raw.trim_start_matches(is_blank)).0 {
            "define" => *depth += 1,
            "endef" if *depth == 0 => {
                let (name, body) = (std::mem::take(name), std::mem::take(body));
                let standing = Standing {
                    conditional: !at.conditions.is_empty(),
                    fixed: true,
                    specific: false,
                };
                let flavor = Flavor::Recursive;
                self.variables.uses(&name, &body);
                self.variables
                    .assign(&name, flavor, &body, at.place(), standing);
                at.define = None;
                return;
            }
            "endef" => *depth -= 1,
            _ => {}
        }
        if body.len() + raw.len() < EXPANSION {
            body.push_str(raw);
            body.push('\n');
        }
    }

    /// Reads a line of a condition; false where it is none.
    fn condition(&mut self, line: &str, at: &mut At) -> bool {
        let (word, rest) = first_word(line);
        let word = word.split('(').next().unwrap_or(word);
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => self.open(word, &line[word.len()..], at),
            "else" if !rest.starts_with([':', '=']) => {
                let Some(mut last) = at.conditions.pop() else {
                    self.problem(at.place(), "else without a condition".to_owned());
                    return true;
                };
                if rest.starts_with("if") {
                    let line = last.line;
                    let word = first_word(rest).0.split('(').next().unwrap_or_default();
                    self.open(word, &rest[word.len()..], at);
                    if let Some(new) = at.conditions.last_mut() {
                        new.line = line;
                    }
                    return true;
                }
                if let Some((_, empty)) = &mut last.empty {
                    *empty = !*empty;
                }
                at.conditions.push(last);
            }
            "endif" if !rest.starts_with([':', '=']) => {
                if at.conditions.pop().is_none() {
                    self.problem(at.place(), "endif without a condition".to_owned());
                }
            }
            _ => return false,
        }
        at.comments.clear();
        true
    }

    fn open(&mut self, word: &str, rest: &str, at: &mut At) {
        let rest = split_comment(rest).0.trim_matches(is_blank);
        let mut empty = None;
        if word.ends_with("def") {
            let name = rest;
            if is_name(name) {
                let index = self.variables.mention(name);
                self.variables.list[index].tested = true;
                empty = Some((name.to_owned(), word == "ifndef"));
            }
        } else {
            let found = references(rest);
            for mut reference in found.iter().copied() {
                reference.tested = true;
                self.variables.refer(&reference);
            }
            if let [only] = found.as_slice()
                && compares_with_nothing(rest)
            {
                empty = Some((only.name.to_owned(), word == "ifeq"));
            }
        }
        at.conditions.push(Condition {
            line: at.line,
            empty,
        });
    }

    fn statement(&mut self, line: &str, raw: &str, at: &mut At) {
        let (mut word, mut rest) = first_word(line);
        let mut text = line;
        let mut standing = Standing {
            conditional: !at.conditions.is_empty(),
            ..Standing::default()
        };
        while matches!(word, "export" | "override" | "private" | "unexport")
            && !rest.starts_with(['=', ':', '+', '?', '!'])
        {
            standing.fixed |= word == "override";
            text = rest;
            if word == "unexport" || rest.is_empty() {
                return at.rule = None;
            }
            (word, rest) = first_word(rest);
        }
        if let Some(assigned) = assignment(text) {
            at.rule = None;
            return self.assign(&assigned, standing, at);
        }
        match word {
            "define" => return self.define(rest, at),
            "include" | "-include" | "sinclude" => return self.include(word, rest, at),
            "undefine" | "vpath" | "load" | "-load" | "endef" => {
                return at.rule = None;
            }
            _ if text.len() < line.len() && find_plain(text, b":").is_none() => {
                // `export NAME …` without a value.
                return at.rule = None;
            }
            _ => {}
        }
        match find_plain(text, b":#;") {
            Some(colon) if text.as_bytes()[colon] == b':' => self.rule(text, colon, at),
            _ => self.other(text, raw, at),
        }
    }

    /// A line that is neither rule nor assignment: a function call, or a mistake.
    fn other(&mut self, line: &str, raw: &str, at: &mut At) {
        for reference in references(line) {
            self.variables.refer(&reference);
        }
        if fails(line)
            && let Some(Condition {
                empty: Some((name, true)),
                ..
            }) = at.conditions.last()
        {
            let index = self.variables.mention(name);
            self.variables.list[index].guarded = true;
        }
        at.comments.clear();
        if line.contains('$') {
            return;
        }
        let what = if raw.starts_with('\t') {
            "recipe commences before first target"
        } else {
            "missing separator: neither a rule nor a variable"
        };
        self.problem(at.place(), what.to_owned());
    }

    fn define(&mut self, rest: &str, at: &mut At) {
        let name = first_word(rest).0.trim_end_matches('=');
        let name = name.trim_end_matches([':', '+', '?']);
        at.define = Some((name.to_owned(), String::new(), 0));
        at.rule = None;
        at.comments.clear();
    }

    fn assign(&mut self, assigned: &Assignment<'_>, standing: Standing, at: &mut At) {
        let above = std::mem::take(&mut at.comments);
        let (value, comment) = split_comment(assigned.value);
        let value = value.trim_matches(is_blank);
        let Some(name) = self.expanded(assigned.name) else {
            return;
        };
        match name.as_str() {
            ".DEFAULT_GOAL" => self.rules.default_goal = self.expanded(value),
            ".RECIPEPREFIX" => self.recipe_prefix = value.chars().next().unwrap_or('\t'),
            _ => {}
        }
        let flavor = assigned.flavor;
        self.variables
            .assign(&name, flavor, value, at.place(), standing);
        let beside = comment.and_then(|comment| match marked(comment) {
            // A variable's line has no room for two kinds of comment, so one `#` is its doc as well.
            Marked::Line(line) => Some(Comment {
                doubled: true,
                ..line
            }),
            _ => None,
        });
        self.variables.uses(&name, value);
        self.variables.note(&name, notes(&above, beside.as_ref()));
    }

    fn include(&mut self, word: &str, rest: &str, at: &mut At) {
        at.rule = None;
        at.comments.clear();
        let list = split_comment(rest).0;
        let Some(list) = self.expanded(list) else {
            return;
        };
        let place = at.place();
        for pattern in words(&list) {
            for name in self.files.glob(&pattern.name) {
                let path = self.files.at_root(&name);
                if path.symlink_metadata().is_ok() {
                    self.read_file(&path, Some(&place));
                } else if word == "include" {
                    self.missing.push((name, place.clone()));
                }
            }
        }
    }

    fn rule(&mut self, line: &str, colon: usize, at: &mut At) {
        let left = &line[..colon];
        let left = left.strip_suffix('&').unwrap_or(left);
        let right = &line[colon + 1..];
        let right = right.strip_prefix(':').unwrap_or(right);
        if let Some(assigned) = own_variable(right) {
            let standing = Standing {
                specific: true,
                ..Standing::default()
            };
            at.rule = None;
            return self.assign(&assigned, standing, at);
        }
        let parts = RightSide::of(right);
        let names = self.names(left);
        let list = self.names(parts.list);
        if self.special(&names, &list) {
            return at.rule = None;
        }
        let above = std::mem::take(&mut at.comments);
        let notes = notes(&above, parts.comment.as_ref());
        let index = self.rules.list.len();
        let prerequisites = list
            .into_iter()
            .filter(|word| !word.pattern && word.name != "|")
            .map(|word| word.name)
            .collect();
        self.rules.list.push(Rule::new(at.place(), prerequisites));
        at.rule = Some(index);
        self.declare(&names, parts.is_static, index, &notes, at);
        for text in [left, parts.list] {
            self.used_by(index, &references(text));
        }
        if let Some(recipe) = parts.recipe {
            self.recipe(index, recipe);
        }
    }

    fn declare(&mut self, names: &[Word], fixed: bool, rule: usize, notes: &Notes, at: &At) {
        for word in names {
            if word.pattern && !fixed {
                self.rules.patterns.push(word.name.clone());
            } else if word.name.contains(char::is_control) || word.name.contains('\u{fffd}') {
                let what = "a target's name is not text; left out".to_owned();
                self.problem(at.place(), what);
            } else if !word.name.is_empty() {
                self.rules
                    .name(&word.name, rule, notes, at.group.as_deref());
            }
        }
        for param in &notes.params {
            self.variables.param(param);
        }
    }

    /// Takes note of what a rule uses.
    fn used_by(&mut self, rule: usize, references: &[Reference<'_>]) {
        for reference in references {
            let index = self.variables.refer(reference);
            let uses = &mut self.rules.list[rule].uses;
            if uses.len() < MAX_USES && !uses.contains(&index) {
                uses.push(index);
            }
        }
    }

    /// Takes in `.PHONY` and its like; false where some name is an ordinary target.
    fn special(&mut self, names: &[Word], list: &[Word]) -> bool {
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
                ".PHONY" => self.rules.phony.extend(all),
                ".SUFFIXES" => self.rules.suffixes.extend(all),
                _ => {}
            }
        }
        true
    }

    /// The names of a list, expanded; those that cannot be are left out.
    fn names(&self, list: &str) -> Vec<Word> {
        let words = match self.expanded(list) {
            Some(list) => words(&list),
            None => split_plain(list)
                .filter_map(|part| self.expanded(part))
                .flat_map(|part| words(&part))
                .collect(),
        };
        words
            .into_iter()
            .flat_map(|word| self.files_of(word))
            .collect()
    }

    /// The files that a name with wildcards stands for; where there are none it stands for itself.
    fn files_of(&self, word: Word) -> Vec<Word> {
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

    fn expanded(&self, text: &str) -> Option<String> {
        let expander = Expander {
            variables: &self.variables,
            files: &self.files,
            makefiles: &self.makefiles,
        };
        expander.expand(text)
    }

    pub(super) fn problem(&mut self, place: Place, what: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { place, what });
        }
    }
}

fn comment(raw: &str, at: &mut At) {
    for line in raw.split('\n') {
        match marked(line.trim_matches(is_blank)) {
            Marked::Group(heading) => {
                at.group = Some(heading).filter(|heading| !heading.is_empty());
                at.comments.clear();
            }
            Marked::Line(line) => at.comments.push(line),
            Marked::Rule => {}
        }
    }
}

/// Whether an `ifeq` compares with the empty text.
fn compares_with_nothing(rest: &str) -> bool {
    let rest = rest.trim_matches(is_blank);
    rest.ends_with(",)")
        || rest.ends_with(", )")
        || rest.starts_with("(,")
        || rest.ends_with("\"\"")
        || rest.ends_with("''")
}

/// `NAME = value` after a rule's colon: a variable for those targets alone.
fn own_variable(right: &str) -> Option<Assignment<'_>> {
    let mut text = right.trim_matches(is_blank);
    while let ("export" | "override" | "private", rest) = first_word(text) {
        text = rest;
    }
    assignment(text)
}

/// What follows a rule's colon.
struct RightSide<'a> {
    /// The prerequisites.
    list: &'a str,
    /// Whether a pattern stood before them, as in `a.o b.o: %.o: %.c`.
    is_static: bool,
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
            is_static: pattern.is_some(),
            recipe: recipe.map(|recipe| recipe.trim_start_matches(is_blank)),
            comment: comment.and_then(|comment| match marked(comment) {
                Marked::Line(line) => Some(line),
                _ => None,
            }),
        }
    }
}
