//! What a target would run, as far as the text shows. Nothing is run to find out, so it is a preview: what only running
//! it could show stays as it is written.

mod automatic;

use std::path::Path;

use super::{
    super::{
        reader::{Reader, settle_languages},
        syntax::{
            builtin_names::{is_customary, is_given},
            functions::stem,
            text::{closing, cut, is_name},
        },
        targets::{reach, rules::Rule},
        values::{expand::Expander, secret_names::concealed, variables::Variable},
    },
    danger::danger_of_recipe,
    language::{Language, in_one},
};
use crate::make::Assignment;

/// As many lines are shown.
const MAX_LINES: usize = 500;
/// Of each line, as many characters.
const MAX_LINE: usize = 2_000;
/// The longest recipe that is worked out, in bytes, and the longest text that becomes of it.
const MAX_TEXT: usize = 256 << 10;

/// The lines of a target's own recipe with the values of variables put in, as far as they are known without running
/// anything; empty if the text has no recipe for it. Reads the makefiles again, as [`super::super::scan()`] does, and blocks.
///
/// A value of `given` goes first, as make takes it, then the target's own, then the makefile's. `$@`, `$<`, `$^`, `$+`,
/// `$|`, `$*` and their `D` and `F` forms are put in if the prerequisites are known, and `MAKECMDGOALS` is the target
/// and `words`, the further words behind it. What stays as it is written: `$(shell …)` and all that depends on it, names
/// that nothing defines or that only one side of a condition defines, and secret values. `$$` is shown as the `$` that the
/// shell gets. Of a condition inside the recipe the side is shown that these values take, and both if only running it could
/// show which; the recipes of prerequisites are not.
#[must_use]
pub fn preview(dir: &Path, target: &str, words: &[String], given: &[Assignment]) -> Vec<String> {
    let targets = [(target, words)];
    let read = previews(dir, &targets, given).pop();
    read.unwrap_or_default().lines
}

/// What a target would run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Previewed {
    /// Its recipe's lines.
    pub lines: Vec<String>,
    /// Why they ask first, if they do; nothing is known of those in another language than a shell's or SQL.
    pub danger: Option<String>,
    /// Whether one shell gets all lines at once (`.ONESHELL`), so that make writes them at once, too.
    pub at_once: bool,
    /// Whether the makefile itself asks for several recipes side by side (`MAKEFLAGS += -j4`).
    pub side_by_side: bool,
}

/// As [`preview`], of several targets, each with the words behind it, in one reading.
#[must_use]
pub fn previews(dir: &Path, targets: &[(&str, &[String])], given: &[Assignment]) -> Vec<Previewed> {
    let decide = given
        .iter()
        .map(|one| (one.name.clone(), one.value.clone()));
    let mut reader = super::super::read_given(dir, decide.collect());
    reader.rules.settle_sides();
    settle_languages(&mut reader);
    let mut values = Values::of(&reader, given);
    let of_target = |(target, words): &(&str, &[String])| values.recipe(target, words, given);
    targets.iter().map(of_target).collect()
}

/// A rule as it makes one target.
struct Ruled<'r> {
    rule: &'r Rule,
    /// What its `%` stands for.
    stem: Option<String>,
    /// Whether it has a recipe that may be run.
    shown: bool,
}

impl<'r> Ruled<'r> {
    fn new(rule: &'r Rule, stem: Option<String>) -> Self {
        let shown = rule.has_recipe();
        Self { rule, stem, shown }
    }
}

/// The rules that make a target: its own, and if none of these has a recipe, the pattern rule that fits.
fn rules<'r>(reader: &'r Reader, target: &str) -> Vec<Ruled<'r>> {
    let rules = &reader.rules;
    let own = rules.position(target).into_iter();
    let own = own.flat_map(|index| &rules.targets[index].rules);
    let mut all: Vec<Ruled<'r>> = own
        .map(|rule| {
            let rule = &rules.list[*rule];
            let pattern = rule.pattern.as_deref();
            let stem = pattern.and_then(|pattern| stem(pattern, target));
            Ruled::new(rule, stem.map(str::to_owned))
        })
        .collect();
    // Of several recipes under one colon the last one holds; a condition may leave that open.
    let counts = |one: &Ruled<'_>| one.rule.has_recipe() && !one.rule.double;
    let holds = all
        .iter()
        .rposition(|one| counts(one) && !one.rule.conditional);
    for one in all.iter_mut().take(holds.unwrap_or_default()) {
        one.shown &= one.rule.double;
    }
    if !all.iter().any(|one| one.rule.has_recipe()) && !rules.phony.contains(target) {
        // make takes the one that fits most closely, of those whose prerequisites are there.
        let patterns = reach::patterns(rules).into_iter();
        let fitting = patterns.filter_map(|(pattern, rule)| {
            let stem = Some(reach::stem_of(&pattern, target)?);
            Some(Ruled::new(&rules.list[rule], stem))
        });
        let closest = fitting.min_by_key(|one| one.stem.as_ref().map(String::len));
        all.splice(0..0, closest);
    }
    all
}

/// Whether make's flags have `-j`, also among other letters, or `--jobs`.
fn asks_for_jobs(flags: &str) -> bool {
    flags
        .split_whitespace()
        .any(|flag| match flag.strip_prefix("--") {
            Some(long) => long.starts_with("jobs"),
            None => flag.strip_prefix('-').is_some_and(|letters| {
                let mut letters = letters.chars().take_while(char::is_ascii_alphabetic);
                letters.any(|letter| letter == 'j')
            }),
        })
}

fn as_written(name: &str) -> String {
    format!("$({name})")
}

/// What the references of a recipe stand for.
struct Values<'a> {
    reader: &'a Reader,
    expander: Expander<'a>,
    /// What goes before the makefile's own values, the later before the earlier. It is put in as it is.
    bound: Vec<(&'a str, String)>,
}

impl<'a> Values<'a> {
    fn of(reader: &'a Reader, given: &'a [Assignment]) -> Self {
        let variables = &reader.variables;
        let mut values = Self {
            reader,
            expander: Expander {
                at_once: given.is_empty(),
                ..reader.expander()
            },
            bound: vec![("MAKE", "make".to_owned())],
        };
        if variables.get("RM").is_none_or(|rm| rm.value.is_none()) {
            values.bound.push(("RM", "rm -f".to_owned()));
        }
        // If something tests a name, it copes with the empty text.
        let unknown = variables.list.iter().filter(|one| {
            let is_hidden = one.value.is_some() && one.shown_value().is_none();
            let known = one.value.is_some() || one.tested || one.called;
            is_hidden
                || !known && is_name(&one.name) && !is_given(&one.name) && !is_customary(&one.name)
        });
        let unknown = unknown.map(|one| (one.name.as_str(), as_written(&one.name)));
        values.bound.extend(unknown);
        for one in given {
            let known = variables.get(&one.name);
            if known.is_some_and(|known| known.fixed.is_some()) {
                continue;
            }
            let value = match one {
                one if one.secret => as_written(&one.name),
                one if one.raw => values.put(&one.value),
                one => one.value.clone(),
            };
            values.bound.push((&one.name, value));
        }
        values
    }

    /// The lines of a target's own recipe.
    fn recipe(&mut self, target: &str, words: &[String], given: &'a [Assignment]) -> Previewed {
        let outer = self.bound.len();
        let goals = std::iter::once(target).chain(words.iter().map(String::as_str));
        let goals: Vec<&str> = goals.collect();
        self.bound.push(("MAKECMDGOALS", goals.join(" ")));
        let rules = rules(self.reader, target);
        let (mut shown, mut danger) = (String::new(), None);
        for (index, ruled) in rules.iter().enumerate() {
            if ruled.shown {
                let before = self.bound.len();
                self.bound.extend(automatic::values(target, index, &rules));
                self.own(target, given);
                let from = shown.len();
                self.put_into(&ruled.rule.lines.join("\n"), &mut shown);
                danger = danger.or_else(|| self.danger(ruled.rule, &shown[from..]));
                self.bound.truncate(before);
                shown.push('\n');
            }
        }
        self.bound.truncate(outer);
        let lines = shown.lines().take(MAX_LINES);
        // What a text is put together from may give a secret its value, too.
        let is_secret = |name: &str| self.reader.variables.is_secret(name);
        let lines = lines.map(|line| cut(&concealed(line, &is_secret), MAX_LINE));
        let lines = lines.collect();
        let flags = self.reader.variables.get("MAKEFLAGS");
        let flags = flags.and_then(|flags| flags.value.as_deref());
        Previewed {
            lines,
            danger,
            at_once: self.reader.rules.one_shell,
            side_by_side: flags.is_some_and(asks_for_jobs),
        }
    }

    /// Why the lines of a rule ask first.
    fn danger(&self, rule: &Rule, text: &str) -> Option<String> {
        match rule.language {
            Language::Shell if self.reader.rules.one_shell => danger_of_recipe(&in_one(text)),
            Language::Shell | Language::Sql(_) => danger_of_recipe(text),
            Language::Other(_) => None,
        }
    }

    /// The values that a target has for itself, but if one is given.
    fn own(&mut self, target: &str, given: &[Assignment]) {
        let rules = &self.reader.rules;
        for own in rules.specifics.of(target, &self.reader.variables) {
            if own.fixed || given.iter().all(|one| one.name != own.name) {
                let variable = self.reader.variables.get(own.name);
                let is_hidden = variable.is_some_and(|variable| variable.is_hidden_in(&own.value));
                let value = match is_hidden {
                    true => as_written(own.name),
                    false => self.put(&own.value),
                };
                self.bound.push((own.name, value));
            }
        }
    }

    fn put(&self, text: &str) -> String {
        let mut out = String::new();
        self.put_into(text, &mut out);
        out
    }

    /// Writes a text with its references replaced, as far as can be.
    fn put_into(&self, text: &str, out: &mut String) {
        let mut rest = &text[..text.floor_char_boundary(MAX_TEXT)];
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let bytes = rest.as_bytes();
            let (inner, end) = match bytes.get(1) {
                Some(b'(' | b'{') => match closing(bytes, 1) {
                    Some(close) => (&rest[2..close], close + 1),
                    None => break,
                },
                Some(_) => {
                    let end = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                    (&rest[1..end], end)
                }
                None => break,
            };
            match self.value(inner) {
                Some(value) if out.len() + value.len() <= MAX_TEXT => out.push_str(&value),
                _ => out.push_str(&rest[..end]),
            }
            rest = &rest[end..];
        }
        out.push_str(rest);
    }

    /// The value of what is inside a reference; none if it is not known.
    fn value(&self, inner: &str) -> Option<String> {
        if inner == "$" {
            return Some("$".to_owned());
        }
        let name = inner.split(':').next().unwrap_or(inner);
        let is_plain = !name.contains([' ', '\t', '$', '(', '{']);
        let bound = self.bound.iter().rev().find(|(bound, _)| *bound == name);
        if bound.is_some_and(|(_, value)| *value == as_written(inner)) {
            return None;
        }
        if is_plain && bound.is_none() {
            let sure = |one: &&Variable| one.specific || !one.partly;
            self.reader
                .variables
                .get(name)
                .filter(sure)?
                .value
                .as_ref()?;
        }
        self.expander.inside(inner, &self.bound)
    }
}
