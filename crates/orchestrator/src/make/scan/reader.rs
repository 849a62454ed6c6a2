//! From lines to rules, variables, conditions and includes, in the order in which make reads them.

mod assign;
mod comment_lines;
mod comments_of_rule;
mod condition;
mod define;
mod eval;
mod include;
mod mistakes;
mod recipe_language;
mod rule;
mod shell_habits;
mod side_effects;
mod taken_side;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use condition::Condition;
pub(super) use recipe_language::settle as settle_languages;

use super::syntax::assignment::assignment;
use super::syntax::text::{find_plain, first_word, is_blank, joined, logical, split_comment};
use super::texts::{
    comment::Comment,
    comment::notes,
    help_text::{HelpNotes, Helped},
};
use super::values::variables::{Standing, Variables, asks_shell};
use super::values::{examples::Examples, expand::Expander};
use super::{files::source::Files, recipes::condition_side::Side, targets::rules::Rules};
use crate::project::{Place, Problem};

/// Problems that are reported, at most.
const MAX_PROBLEMS: usize = 100;
/// Bytes that expanding may make in one scan, all values together.
const EXPANSION: usize = 8 << 20;
/// Of what asks a shell, as much is kept, in bytes.
const MAX_SHELL_TEXT: usize = 64 << 10;
/// Of what a rule uses, as many names are kept.
const MAX_USES: usize = 500;

/// An included file that is not there.
pub(super) struct Missing {
    pub(super) name: String,
    /// As it is written.
    pub(super) written: String,
    pub(super) place: Place,
}

/// What has been read so far.
pub(in crate::make) struct Reader {
    pub(super) files: Files,
    pub(super) variables: Variables,
    pub(super) rules: Rules,
    pub(in crate::make) problems: Vec<Problem>,
    /// Included files that are not there: make may be able to make them.
    pub(super) missing: Vec<Missing>,
    /// What forbids asking make itself, since it would do something even when only asked.
    pub(in crate::make) active: Option<(Place, &'static str)>,
    /// The files read, each after a blank, as `$(MAKEFILE_LIST)` has them.
    pub(super) makefiles: String,
    recipe_prefix: char,
    /// What may have been meant for the shell: a variable, its place and the hint, which counts if nothing defines it.
    pub(super) slips: Vec<(usize, Place, String)>,
    pub(super) hints: Vec<Problem>,
    /// What comments say of targets that they are not at.
    pub(super) notes: HelpNotes,
    /// What recipes for help say, if some of them are in no target any more: those of a condition's other side speak of what
    /// is there all the same.
    pub(super) helped: Option<HashMap<String, Helped>>,
    /// The variables that have a value at the recipe line being read.
    filled: Vec<String>,
    /// What is run while the makefiles are read, as far as it may write files: lines that ask a shell.
    pub(super) shell_text: String,
    /// Documents of the project, each with its name: what they say of targets.
    pub(super) documents: Vec<(&'static str, String)>,
    /// Whether the file being read is included under a condition.
    is_conditional: bool,
    /// Whether the file being read is included under a condition that depends on what only running it could show.
    is_left_open: bool,
    /// The side of the conditions that the file being read is included under.
    outer: Side,
    /// The names of variables that recipes' shells read.
    pub(super) read_by_shell: HashSet<String>,
    /// Values that are given to make, and go before the makefile's own.
    pub(super) given: Vec<(String, String)>,
    /// Values that the text compares variables with, or gives as examples.
    pub(super) examples: Examples,
    /// How many texts `$(eval …)` was given.
    evaluated: usize,
    /// How many words lists had for which texts were looked through.
    walked: usize,
    /// How deep one is in another now.
    evaluating: usize,
    /// The places at which make ends for want of a variable's value: a person is asked for that, so nothing is wrong.
    pub(in crate::make) asks_for: Vec<Place>,
    /// The first place that runs a shell, outside recipes.
    pub(in crate::make) first_shell: Option<Place>,
}

/// Where the reader is in one file.
#[derive(Default)]
struct At {
    file: String,
    line: u32,
    group: Option<String>,
    /// The last heading that lines are drawn around.
    banner: Option<String>,
    /// How many comments there were at a drawn line that may be the first of two.
    drawn: Option<usize>,
    /// A variable whose comment may be one of a block of them, and how many follow each other since.
    block: Option<(usize, usize)>,
    /// Comments since the last empty line, for what comes next.
    comments: Vec<Comment>,
    /// The line of the last one that says `@secret`.
    secret: u32,
    /// Those above a variable of one target alone, until the target's rule comes.
    above: Option<(String, Vec<Comment>)>,
    conditions: Vec<Condition>,
    /// The rule that recipe lines belong to, or none while nothing has a recipe.
    rule: Option<usize>,
    /// Whether its lines come from `$(eval …)`, and all have one place.
    is_evaluated: bool,
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
            active: None,
            makefiles: String::new(),
            recipe_prefix: '\t',
            slips: Vec::new(),
            hints: Vec::new(),
            notes: HelpNotes::default(),
            helped: None,
            filled: Vec::new(),
            shell_text: String::new(),
            documents: Vec::new(),
            is_conditional: false,
            is_left_open: false,
            outer: Side::Taken,
            read_by_shell: HashSet::new(),
            given: Vec::new(),
            examples: Examples::default(),
            evaluated: 0,
            walked: 0,
            evaluating: 0,
            asks_for: Vec::new(),
            first_shell: None,
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
        self.drop_comments(&mut at);
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
        if self.active.is_none() {
            let in_recipe =
                at.rule.is_some() && at.define.is_none() && raw.starts_with(self.recipe_prefix);
            let read = match at.define {
                _ if in_recipe => "",
                None => side_effects::before_recipe(raw),
                Some(_) => raw,
            };
            self.active = side_effects::active(raw, read).map(|what| (at.place(), what));
        }
        if at.define.is_some() {
            return self.defining(raw, at);
        }
        if raw.starts_with(self.recipe_prefix)
            && let Some(rule) = at.rule
        {
            let side = self.side(at);
            if side == Side::Never {
                return;
            }
            let text = &raw[self.recipe_prefix.len_utf8()..];
            self.filled.clear();
            if !at.conditions.is_empty() {
                self.tested_in_recipe(rule, text, at);
                self.filled = Self::filled_around(at);
            }
            self.slips_in_recipe(rule, text, at);
            // A rule that is itself on such a side has its recipe as its own.
            if side > self.rules.list[rule].side {
                return self.other_side(rule, text, at);
            }
            return self.recipe(rule, text);
        }
        self.examples.in_line(raw);
        if asks_shell(raw) || raw.contains("!=") {
            self.first_shell.get_or_insert_with(|| at.place());
            if self.shell_text.len() < MAX_SHELL_TEXT {
                self.shell_text.push_str(raw);
                self.shell_text.push('\n');
            }
        }
        let line = joined(raw);
        let line = line.trim_matches(is_blank);
        if line.is_empty() {
            self.drop_comments(at);
            at.drawn = None;
            at.block = None;
        } else if line.starts_with('#') {
            if raw.starts_with("##@") {
                self.drop_comments(at);
            }
            at.block = None;
            self.comment(raw, at);
        } else {
            // What a line takes of the comments above it is between no two drawn lines any more.
            at.drawn = None;
            if !self.condition(line, at) && self.side(at) != Side::Never {
                self.statement(line, raw, at);
            }
        }
    }

    fn statement(&mut self, line: &str, raw: &str, at: &mut At) {
        let (mut word, mut rest) = first_word(line);
        let mut text = line;
        let mut standing = self.standing(at);
        while matches!(word, "export" | "override" | "private" | "unexport")
            && !rest.starts_with(['=', ':', '+', '?', '!'])
        {
            standing.fixed |= word == "override";
            text = rest;
            if word == "unexport" || rest.is_empty() {
                return at.rule = None;
            }
            if word == "export" && !gives_value(rest) {
                self.exported(rest, at);
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
            "undefine" => {
                self.undefine(split_comment(rest).0.trim(), at);
                return at.rule = None;
            }
            "vpath" | "load" | "-load" | "endef" => {
                return at.rule = None;
            }
            _ if text.len() < line.len() && find_plain(split_comment(text).0, b":").is_none() => {
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

    /// How what is read now is in the file.
    fn standing(&self, at: &At) -> Standing {
        let mut around = at.conditions.iter();
        Standing {
            conditional: !at.conditions.is_empty(),
            is_left_open: self.is_left_open || around.any(|one| one.is_left_open),
            is_foreign: at.conditions.iter().any(|one| one.is_foreign),
            is_other_side: self.side(at) != Side::Taken
                || at.conditions.iter().any(|one| one.is_foreign),
            ..Standing::default()
        }
    }

    /// Forgets the comments so far, since nothing that they could be said of comes next.
    fn drop_comments(&mut self, at: &mut At) {
        let comments = std::mem::take(&mut at.comments);
        if notes(&comments, None).secret == Some(true) {
            self.says_secret_of_nothing(at.secret, at);
        }
    }

    fn says_secret_of_nothing(&mut self, line: u32, at: &At) {
        let place = Place { line, ..at.place() };
        let what = "@secret names no variable: it belongs right above one, or after @param NAME";
        self.problem(place, what.to_owned());
    }

    fn expanded(&self, text: &str) -> Option<String> {
        self.expander().expand(text)
    }

    pub(super) fn expander(&self) -> Expander<'_> {
        Expander {
            variables: &self.variables,
            files: &self.files,
            makefiles: &self.makefiles,
            at_once: true,
        }
    }

    /// Whether a shell is asked before a place is read, as far as the text shows.
    pub(in crate::make) fn has_asked_shell_before(&self, place: &Place) -> bool {
        let first = self.first_shell.as_ref();
        first.is_some_and(|first| first.file != place.file || first.line <= place.line)
    }

    /// The makefile that includes all others.
    pub(super) fn main_file(&self) -> String {
        let first = self.makefiles.split(' ').nth(1);
        first.unwrap_or("Makefile").to_owned()
    }

    pub(in crate::make) fn problem(&mut self, place: Place, what: String) {
        // make says again, and shorter, what was found before it was asked.
        let is_listed = |one: &Problem| one.place == place && one.what.starts_with(what.as_str());
        if self.problems.len() < MAX_PROBLEMS && !self.problems.iter().any(is_listed) {
            self.problems.push(Problem { place, what });
        }
    }
}

/// Whether what is behind `export` gives a value, be it under an `override`.
fn gives_value(rest: &str) -> bool {
    match first_word(rest) {
        ("define", _) => true,
        ("override" | "private", then) => gives_value(then),
        _ => assignment(rest).is_some(),
    }
}
