//! Conditions: both sides are read, and what they test is noted.

use super::{
    super::{
        recipes::{condition_side::Side, tested::always_fails},
        syntax::{
            builtin_names::{is_given, is_own},
            text::{first_word, is_blank, is_name, split_comment},
        },
        values::{
            references::references,
            variables::{Guard, asks_shell},
        },
    },
    At, MAX_USES, Reader,
    taken_side::Branch,
};

/// As many conditions around a recipe line are looked at, innermost first.
const MAX_INSIDE: usize = 32;

/// As many places are kept that ask for a value.
const MAX_ASKED: usize = 100;

/// A condition that is open.
pub(super) struct Condition {
    pub(super) line: u32,
    /// The variable it tests for being empty, and whether it is empty in the branch being read.
    empty: Option<(String, bool)>,
    /// The variables it tests.
    tests: Vec<usize>,
    /// Whether it depends on what only running it could show: see [`Reader::is_left_open`].
    pub(super) is_left_open: bool,
    /// Whether the branch being read is for a system that this is not, and whether the other one is.
    pub(super) is_foreign: bool,
    names_foreign: bool,
    /// What is known of the branch being read.
    pub(super) branch: Branch,
    /// The rule that recipe lines belonged to before it, and do again in its other branches.
    rule: Option<usize>,
}

/// How conditions name Windows, which no makefile is run on here.
const FOREIGN: [&str; 6] = ["windows", "win32", "win64", "mingw", "msys", "cygwin"];

/// How they name the systems that they are run on here.
const OWN: [&str; 6] = ["posix", "linux", "darwin", "bsd", "unix", "sunos"];

/// How they name this one, and others than this: what a shell answers to `uname` is known as well.
const HERE: [&str; 3] = match cfg!(target_os = "macos") {
    true => ["posix", "darwin", "unix"],
    false => ["posix", "linux", "unix"],
};
const ELSEWHERE: [&str; 5] = match cfg!(target_os = "macos") {
    true => ["linux", "bsd", "sunos", "solaris", "aix"],
    false => ["darwin", "bsd", "sunos", "solaris", "aix"],
};

/// How they name the processor of this system, and others.
const OWN_PROCESSOR: [&str; 2] = match cfg!(target_arch = "x86_64") {
    true => ["x86_64", "amd64"],
    false => ["aarch64", "arm64"],
};
const OTHER_PROCESSORS: [&str; 6] = match cfg!(target_arch = "x86_64") {
    true => ["aarch64", "arm", "riscv", "ppc", "s390", "mips"],
    false => ["x86_64", "amd64", "riscv", "ppc", "s390", "mips"],
};

impl Reader {
    /// Reads a line of a condition; false if it is none.
    pub(super) fn condition(&mut self, line: &str, at: &mut At) -> bool {
        let (word, rest) = first_word(line);
        let word = word.split('(').next().unwrap_or(word);
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                self.open(word, &line[word.len()..], None, at);
            }
            "else" if !rest.starts_with([':', '=']) => {
                let Some(mut last) = at.conditions.pop() else {
                    self.problem(at.place(), "else without a condition".to_owned());
                    return true;
                };
                if rest.starts_with("if") {
                    let (line, is_left_open) = (last.line, last.is_left_open);
                    at.rule = last.rule;
                    let word = first_word(rest).0.split('(').next().unwrap_or_default();
                    self.open(word, &rest[word.len()..], Some(last.branch), at);
                    if let Some(new) = at.conditions.last_mut() {
                        new.tests.extend(last.tests);
                        new.line = line;
                        new.is_left_open |= is_left_open;
                    }
                    return true;
                }
                if let Some((_, empty)) = &mut last.empty {
                    *empty = !*empty;
                }
                last.is_foreign = last.names_foreign && !last.is_foreign;
                let holds = (!last.is_foreign).then_some(true).or(Some(false));
                last.branch = last.branch.next(Branch::first(holds, false));
                at.rule = last.rule;
                at.conditions.push(last);
            }
            "endif" if !rest.starts_with([':', '=']) => {
                match at.conditions.pop() {
                    // What ended the rule may not have been read by make.
                    Some(last) => at.rule = at.rule.or(last.rule),
                    None => self.problem(at.place(), "endif without a condition".to_owned()),
                }
            }
            _ => return false,
        }
        at.comments.clear();
        true
    }

    /// Opens a condition; `before` is the branch before it, of an `else ifeq`.
    fn open(&mut self, word: &str, rest: &str, before: Option<Branch>, at: &mut At) {
        let rest = split_comment(rest).0.trim_matches(is_blank);
        let mut empty = None;
        let mut tests = Vec::new();
        if word.ends_with("def") {
            let name = rest;
            if is_name(name) {
                let index = self.variables.mention(name);
                self.variables.list[index].tested = true;
                self.variables.list[index].is_plain = true;
                tests.push(index);
                empty = Some((name.to_owned(), word == "ifndef"));
            }
        } else {
            self.examples.compared(rest);
            let found = references(rest);
            for mut reference in found.iter().copied() {
                reference.tested = true;
                reference.is_condition = true;
                tests.extend(self.variables.refer(&reference).map(|one| one.index));
            }
            let is_for_none = compares_with_nothing(rest) || asks_origin(rest);
            if let [only] = found.as_slice()
                && is_for_none
                && !is_own(only.name)
            {
                empty = Some((only.name.to_owned(), word == "ifeq"));
            }
        }
        let is_left_open = self.is_left_open(rest, &tests);
        let lower = rest.to_ascii_lowercase();
        let names = |systems: &[&str]| systems.iter().any(|name| lower.contains(name));
        // `$(filter POSIX MSYS,$(HOST))` is for this one as well.
        let is_of_system = self.is_of_system(rest, &tests);
        let names_foreign = (names(&FOREIGN) && !names(&OWN))
            || (is_of_system && names(&ELSEWHERE) && !names(&HERE))
            || (is_of_system && is_for_other_processor(&lower));
        // `ifneq (,$(findstring MINGW,$(UNAME)))` is as `ifeq ($(UNAME),MINGW)`.
        let is_turned = !word.ends_with("def") && compares_with_nothing(rest);
        let is_foreign = names_foreign && (matches!(word, "ifeq" | "ifdef") != is_turned);
        let of_system = names_foreign.then_some(is_foreign);
        let own = self.branch((word, rest), &tests, of_system);
        at.conditions.push(Condition {
            line: at.line,
            empty,
            tests,
            is_left_open,
            is_foreign,
            names_foreign,
            branch: before.map_or(own, |before| before.next(own)),
            rule: at.rule,
        });
    }

    /// Whether a condition depends on what make says otherwise when it is only asked for its list: what a shell answers, which
    /// goals there are, and make's own variables.
    fn is_left_open(&self, text: &str, tests: &[usize]) -> bool {
        asks_shell(text) || self.variables.any_by_answer(tests)
    }

    /// Takes note of what the conditions around a recipe's line test: they are the rule's own, if they began in it. A line
    /// that always fails is a guard of what the innermost one found empty, wherever that began.
    pub(super) fn tested_in_recipe(&mut self, rule: usize, text: &str, at: &At) {
        let began = &self.rules.list[rule].place;
        let own = |one: &&Condition| one.line > began.line && at.file == began.file;
        let innermost = at.conditions.iter().rev().take(MAX_INSIDE);
        let inside: Vec<&Condition> = innermost.filter(own).collect();
        let uses = &mut self.rules.list[rule].uses;
        for test in inside.iter().flat_map(|one| &one.tests) {
            if uses.len() < MAX_USES && !uses.contains(test) {
                uses.push(*test);
            }
        }
        // Also if the whole rule is under it: `ifndef K`, and a rule that only says so and fails.
        if always_fails(text)
            && let Some(index) = self.guarded(at)
        {
            self.variables.guard(index, Guard::There);
            self.rules.list[rule].guards.push(index);
        }
    }

    /// The variables that have a value at a line, by the conditions around it.
    pub(super) fn filled_around(at: &At) -> Vec<String> {
        let innermost = at.conditions.iter().rev().take(MAX_INSIDE);
        let filled = innermost.filter_map(|one| one.empty.as_ref());
        let filled = filled.filter(|(_, is_empty)| !is_empty);
        filled.map(|(name, _)| name.clone()).collect()
    }

    /// Whether a variable is set where it is only found to have no value: `ifndef X` around `X = y` is as `X ?= y`.
    pub(super) fn is_optional(name: &str, at: &At) -> bool {
        let [only] = at.conditions.as_slice() else {
            return false;
        };
        let empty = only.empty.as_ref();
        empty.is_some_and(|(tested, is_empty)| tested == name && *is_empty)
    }

    /// What the conditions around a place test: what is there depends on it.
    pub(super) fn tested_around(at: &At) -> Vec<usize> {
        let innermost = at.conditions.iter().rev().take(MAX_INSIDE);
        let tests = innermost.flat_map(|one| &one.tests);
        tests.copied().take(MAX_USES).collect()
    }

    /// Takes note that what the innermost condition found empty ends make.
    pub(super) fn guard(&mut self, at: &At) {
        let outer = at.conditions.len().saturating_sub(1);
        // Where several variables have to be empty, or filled, none of them decides.
        if at
            .conditions
            .iter()
            .take(outer)
            .any(|one| one.empty.is_some())
        {
            return;
        }
        // With the values that are known, make does not come by.
        if self.side(at) != Side::Taken {
            return;
        }
        if let Some(index) = self.guarded(at).or_else(|| self.only_open(at)) {
            let guard = match outer {
                0 => Guard::Always,
                _ => Guard::WhereUsed,
            };
            self.variables.guard(index, guard);
            let variable = &mut self.variables.list[index];
            if guard == Guard::Always && !variable.has_value() && !is_given(&variable.name) {
                variable.is_too_late = true;
            }
            if self.asks_for.len() < MAX_ASKED {
                self.asks_for.push(at.place());
            }
        }
    }

    /// The variable without a value that alone decides that make comes by: `else` behind `ifeq ($(ENV),dev)` and others.
    fn only_open(&self, at: &At) -> Option<usize> {
        if !self.is_sure(at) {
            return None;
        }
        let tests = Self::tested_around(at).into_iter();
        let mut open = tests.filter(|test| {
            let variable = &self.variables.list[*test];
            variable.value.is_none() && !is_given(&variable.name)
        });
        let only = open.next()?;
        open.all(|other| other == only).then_some(only)
    }

    /// The variable that the innermost condition found empty.
    fn guarded(&mut self, at: &At) -> Option<usize> {
        let (name, is_empty) = at.conditions.last()?.empty.as_ref()?;
        is_empty.then(|| self.variables.mention(name))
    }
}

/// Whether a condition, in small letters, names another processor and not this one: `arm64`, but not `swarm`.
fn is_for_other_processor(lower: &str) -> bool {
    let mut words = lower.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    let is_of = |word: &str, family: &str| {
        let rest = word.strip_prefix(family);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|c: char| c == 'v' || c.is_ascii_digit())
        })
    };
    let is_own = |word: &str| OWN_PROCESSOR.contains(&word);
    let is_other = |word: &str| OTHER_PROCESSORS.iter().any(|family| is_of(word, family));
    !words.clone().any(is_own) && words.any(is_other)
}

/// Whether an `ifeq` asks for a variable that is not there: `($(origin ENV),undefined)`.
fn asks_origin(rest: &str) -> bool {
    let asks =
        |word: &str| rest.contains(&format!("$({word} ")) || rest.contains(&format!("${{{word} "));
    rest.contains("undefined") && (asks("origin") || asks("flavor"))
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
