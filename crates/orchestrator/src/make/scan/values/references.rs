//! Which variables a text uses, and how: plainly, after a test, or under a guard that fails without them.

use super::super::{
    recipes::tested::tests_of,
    syntax::{
        assignment::assignment,
        functions::{self, fails},
        program_names,
        text::{Piece, arguments, closing, first_word, is_name, pieces},
    },
};

/// How deep brackets are followed.
const MAX_DEPTH: usize = 24;
/// The longest recipe line that is looked through for shell tests, in bytes: each name costs a pass over it.
const MAX_SHELL: usize = 16 << 10;

/// One use of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::make::scan) struct Reference<'a> {
    pub(in crate::make::scan) name: &'a str,
    /// The text copes with its being empty.
    pub(in crate::make::scan) tested: bool,
    /// The text fails if it is empty.
    pub(in crate::make::scan) guarded: bool,
    /// It is called as a function, so it is no setting.
    pub(in crate::make::scan) called: bool,
    /// Only its name is here, as what this function is called with, and as its argument of which number.
    pub(in crate::make::scan) given_to: Option<(&'a str, char)>,
    /// It is what `ifeq` or `ifneq` compares.
    pub(in crate::make::scan) is_condition: bool,
    /// It is given a value here, by `$(eval NAME := …)`.
    pub(in crate::make::scan) is_set: bool,
    /// How the shell would write it, if that may have been meant: `$$BAR` where `$BAR` is, which make reads as `$B`.
    pub(in crate::make::scan) meant: Option<Meant<'a>>,
}

/// What looks like the shell's, and is a variable of make's that nothing defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::make::scan) enum Meant<'a> {
    /// `$B`, perhaps with `AR` behind it.
    Letter(&'a str),
    /// `$(nproc)` or `$(id -u)`: the whole inside.
    Command(&'a str),
    /// `$(d)` in a `for d in …` of the shell.
    Loop,
}

impl<'a> Reference<'a> {
    const fn tested(name: &'a str) -> Self {
        Self {
            name,
            tested: true,
            guarded: false,
            called: false,
            given_to: None,
            is_condition: false,
            is_set: false,
            meant: None,
        }
    }
}

/// What a text uses, in order; a name may come more than once.
pub(in crate::make::scan) fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Found::default();
    if memchr::memchr(b'$', text.as_bytes()).is_some() {
        found.text(text, false, 0);
    }
    for name in loops(text) {
        let own = found.list.iter_mut().filter(|one| one.name == name);
        own.for_each(|one| one.meant = Some(Meant::Loop));
    }
    let (locals, set) = (found.locals, found.set);
    found
        .list
        .retain(|one| !locals.contains(&one.name) && !set.contains(&one.name));
    found.list.extend(set.into_iter().map(|name| Reference {
        is_set: true,
        ..Reference::tested(name)
    }));
    found.list
}

/// As [`references`], for a line of a recipe without its comments: also what its shell
/// commands test.
pub(in crate::make::scan) fn in_recipe(text: &str) -> Vec<Reference<'_>> {
    let mut list = references(text);
    let tests = match text.len() > MAX_SHELL {
        true => Vec::new(),
        false => tests_of(text),
    };
    for reference in &mut list {
        for (_, fails) in tests.iter().filter(|(name, _)| name == reference.name) {
            reference.tested |= !fails;
            reference.guarded |= fails;
        }
    }
    list.extend(shell_required(text));
    list
}

/// Whether a name is one that only make itself can use, as `skip-makefile` or `go.goos`: a person cannot be asked for it, but
/// its value may name others.
fn is_odd_name(name: &str) -> bool {
    let is_part = |c: char| matches!(c, '_' | '.' | '-' | '/') || c.is_ascii_alphanumeric();
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(is_part)
}

#[derive(Default)]
struct Found<'a> {
    list: Vec<Reference<'a>>,
    /// Names that `foreach` gives a value to.
    locals: Vec<&'a str>,
    /// Names that `eval` gives a value to.
    set: Vec<&'a str>,
}

impl<'a> Found<'a> {
    fn text(&mut self, text: &'a str, tested: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut all = pieces(text).peekable();
        while let Some(piece) = all.next() {
            match piece {
                Piece::Reference(inner) => self.inner(inner, tested, depth),
                Piece::Letter(name) if is_name(name) => {
                    let behind = match all.peek() {
                        Some(Piece::Plain(text)) => text,
                        _ => "",
                    };
                    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
                    let end = behind.find(|c| !is_word(c)).unwrap_or(behind.len());
                    self.list.push(Reference {
                        tested,
                        meant: Some(Meant::Letter(&behind[..end])),
                        ..Reference::tested(name)
                    });
                }
                _ => {}
            }
        }
    }

    fn inner(&mut self, inner: &'a str, tested: bool, depth: usize) {
        let (word, rest) = first_word(inner);
        if word.len() < inner.len() && is_function(word) && !functions::is_known(word) {
            // make takes all of it as one name, which nothing defines.
            self.list.push(Reference {
                meant: Some(Meant::Command(inner)),
                ..Reference::tested(word)
            });
        }
        if word.len() == inner.len() || !is_function(word) {
            let name = word.split(':').next().unwrap_or(word);
            if is_name(name) {
                self.push(name, tested, false);
                if program_names::is_program(inner)
                    && let Some(last) = self.list.last_mut()
                {
                    last.meant = Some(Meant::Command(inner));
                }
            } else if is_odd_name(name) {
                self.list.push(Reference::tested(name));
            } else {
                self.text(inner, tested, depth + 1);
            }
            if let Some((_, substitution)) = inner.split_once(':') {
                self.text(substitution, tested, depth + 1);
            }
            return;
        }
        self.function(word, rest, tested, depth + 1);
    }

    fn function(&mut self, word: &str, rest: &'a str, tested: bool, depth: usize) {
        match word {
            "call" => self.call(rest, tested, depth),
            "foreach" => {
                let parts = arguments(rest, 3);
                if parts.len() == 3 {
                    self.locals.push(parts[0].trim());
                }
                for (index, part) in parts.into_iter().enumerate() {
                    self.text(part, tested || index == 1, depth);
                }
            }
            "if" | "or" | "and" => self.condition(word, rest, tested, depth),
            "value" | "origin" | "flavor" if is_name(rest.trim()) => {
                self.push(rest.trim(), true, false);
            }
            "eval" => {
                self.set.extend(set_by_line(rest));
                self.text(rest, tested, depth);
            }
            // With nothing to work on, these do nothing.
            "filter" | "filter-out" | "findstring" | "wildcard" | "words" => {
                self.text(rest, true, depth);
            }
            _ => self.text(rest, tested, depth),
        }
    }

    fn call(&mut self, rest: &'a str, tested: bool, depth: usize) {
        let parts = arguments(rest, usize::MAX);
        let called = parts[0].trim();
        if is_name(called) {
            self.list.push(Reference {
                called: true,
                ..Reference::tested(called)
            });
        }
        for (argument, mark) in parts[1..].iter().zip('1'..='9') {
            for name in argument.split_whitespace().filter(|word| is_name(word)) {
                self.list.push(Reference {
                    given_to: Some((called, mark)),
                    ..Reference::tested(name)
                });
            }
        }
        for part in parts {
            self.text(part.trim(), tested, depth);
        }
    }

    /// `$(if X,…)` tests X and `$(or X,…)` all but the last; if what comes of it is an error, it is a guard.
    fn condition(&mut self, word: &str, rest: &'a str, tested: bool, depth: usize) {
        let parts = arguments(rest, usize::MAX);
        let guards = match word {
            "if" => parts.len() == 3 && fails(parts[2]),
            _ => parts.last().is_some_and(|last| fails(last)),
        };
        let conditions = match word {
            "if" => 1,
            _ => parts.len() - 1,
        };
        for (index, part) in parts.into_iter().enumerate() {
            let from = self.list.len();
            self.text(part, tested || index < conditions, depth);
            if guards && index < conditions {
                for one in &mut self.list[from..] {
                    one.guarded = true;
                }
            }
        }
    }

    fn push(&mut self, name: &'a str, tested: bool, guarded: bool) {
        self.list.push(Reference {
            tested,
            guarded,
            ..Reference::tested(name)
        });
    }
}

/// The names that loops of the shell give values to: `for d in a b`.
fn loops(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("for ").filter_map(|(at, word)| {
        let (name, rest) = first_word(text[at + word.len()..].trim_start());
        (is_name(name) && first_word(rest).0 == "in").then_some(name)
    })
}

/// Whether a word before a blank can be a function: their names are lower case.
pub(in crate::make::scan) fn is_function(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The name that a line gives a value to, if it is written out.
pub(in crate::make::scan) fn set_by_line(line: &str) -> Option<&str> {
    let mut text = line;
    while let ("export" | "override" | "private", rest) = first_word(text) {
        text = rest;
    }
    let name = assignment(text)?.name;
    is_name(name).then_some(name)
}

/// `$$NAME` and `$${NAME…}`: what the shell takes from its environment, unless it sets it itself.
pub(in crate::make::scan) fn shell_names(text: &str) -> impl Iterator<Item = Reference<'_>> {
    text.match_indices("$$").filter_map(|(at, _)| {
        let rest = &text[at + 2..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
        let name = &rest[..end.unwrap_or(rest.len())];
        is_name(name).then_some(Reference::tested(name))
    })
}

/// `$${NAME:?…}`: the shell itself ends if the environment lacks it.
fn shell_required(text: &str) -> impl Iterator<Item = Reference<'_>> {
    text.match_indices("$${").filter_map(|(at, _)| {
        let inner = &text[at + 3..closing(text.as_bytes(), at + 2)?];
        let name = inner.split([':', '?']).next()?;
        let rest = &inner[name.len()..];
        let required = rest.starts_with(":?") || rest.starts_with('?');
        (required && is_name(name)).then_some(Reference {
            tested: false,
            guarded: true,
            ..Reference::tested(name)
        })
    })
}
