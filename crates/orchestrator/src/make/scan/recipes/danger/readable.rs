//! A recipe with its variables' values, for the rules to be tried on.

use std::collections::HashSet;

use super::{inside::is_inside, removal::answers_inside};
use crate::make::scan::{
    syntax::{
        assignment::assignment,
        builtin_names::is_given,
        functions::arity,
        text::{Piece, arguments, first_word, is_name, pieces},
    },
    values::{
        expand::Expander,
        references::{is_function, references},
    },
};

/// How deep variables are followed into variables.
const MAX_DEPTH: usize = 6;
/// The longest value that is put in, in bytes: longer ones are lists of files.
const MAX_VALUE: usize = 4_000;
/// The most that values add to a recipe, in bytes.
const MAX_VALUES: usize = 32 << 10;
/// Of a function's arguments, as many are looked through.
const MAX_PARTS: usize = 20;

/// What stands for paths that only running could tell, which are inside the project or in a folder for temporary files.
pub(super) const INSIDE: &str = "./made";

/// The recipe with the values of its variables, as far as they are in the text; those without one stay, as `${NAME}`. A
/// function whose value is not known becomes one word, and what it works on follows on lines of its own.
pub(in crate::make::scan) fn readable(recipe: &str, expander: &Expander<'_>) -> String {
    let mut reading = Reading {
        expander,
        temporary: Vec::new(),
        out: String::with_capacity(recipe.len()),
        inner: Vec::new(),
        room: recipe.len() + MAX_VALUES,
    };
    reading.text(recipe, 0);
    while let Some((text, depth)) = reading.inner.pop() {
        reading.out.push('\n');
        reading.text(&text, depth);
    }
    reading.out
}

/// A recipe being made readable.
struct Reading<'a> {
    expander: &'a Expander<'a>,
    /// Variables that `$(eval …)` gives the name of a temporary file.
    temporary: Vec<String>,
    out: String,
    /// What functions work on, and how deep it is.
    inner: Vec<(String, usize)>,
    /// Bytes that may still be written.
    room: usize,
}

impl Reading<'_> {
    fn text(&mut self, text: &str, depth: usize) {
        for piece in pieces(text) {
            if depth > 0 && self.room == 0 {
                return;
            }
            match piece {
                // Nothing of the recipe itself is left out.
                Piece::Plain(text) if depth == 0 => self.out.push_str(text),
                Piece::Plain(text) => self.push(text),
                Piece::Dollar => self.push("$"),
                Piece::Reference("RM") => self.push("rm -f"),
                // The folder of the makefile, as each way to say it.
                Piece::Reference("CURDIR" | "PWD" | "shell pwd" | "shell pwd -P") => self.push("."),
                // The target's name, or what it is made of.
                Piece::Letter("@" | "<" | "^" | "?" | "+") => self.push("target"),
                Piece::Letter("*") => self.push("%"),
                Piece::Reference("@D" | "@F" | "<D" | "<F" | "*D" | "*F") => self.push("target"),
                Piece::Reference(inner) | Piece::Letter(inner) => self.reference(inner, depth),
            }
        }
    }

    fn push(&mut self, text: &str) {
        let left = self.room.checked_sub(text.len() + 1);
        if left.is_some() {
            self.out.push_str(text);
        }
        self.room = left.unwrap_or_default();
    }

    fn reference(&mut self, inner: &str, depth: usize) {
        let (word, rest) = first_word(inner);
        let variables = self.expander.variables;
        let value = variables.get(inner);
        let value = value.and_then(|one| one.whole_value());
        if self.temporary.iter().any(|name| name == inner)
            || (word == "shell" && answers_inside(rest))
        {
            self.push(INSIDE);
        } else if depth > MAX_DEPTH || self.room == 0 {
            self.push("${…}");
        } else if let Some(value) = value.filter(|value| (1..MAX_VALUE).contains(&value.len())) {
            self.text(&value, depth + 1);
        } else if matches!(word, "abspath" | "realpath" | "strip") && word.len() < inner.len() {
            self.text(rest, depth + 1);
        } else if let Some(words) = self.words(word, inner) {
            self.push(&words);
        } else if word.len() < inner.len() && is_function(word) {
            if let Some(set) = assignment(rest).filter(|_| word == "eval")
                && is_temporary(set.value)
            {
                return self.temporary.push(set.name.to_owned());
            }
            let is_own = is_inside(inner, self.expander);
            self.push(if is_own { INSIDE } else { "${…}" });
            let parts = arguments(rest, usize::MAX);
            if word == "call" {
                let called = variables.get(parts[0].trim());
                let body = called.and_then(|one| one.value.as_deref());
                let body = body.map(|body| with_arguments(body, &parts[1..]));
                self.inner.extend(body.map(|body| (body, depth + 1)));
            }
            let parts = parts.into_iter().take(MAX_PARTS);
            self.inner
                .extend(parts.map(|part| (part.to_owned(), depth + 1)));
        } else if is_name(inner) {
            self.push("${");
            self.push(inner);
            self.push("}");
        } else {
            // `NAME:from=to`
            let is_own = is_inside(inner, self.expander);
            self.push(if is_own { INSIDE } else { "${…}" });
        }
    }

    /// Whether a person may give a value to something that this names and nothing sets.
    fn is_open(&self, inner: &str) -> bool {
        let variables = self.expander.variables;
        let named = references(inner);
        let named = named.iter().filter(|one| !one.called && is_name(one.name));
        let mut open: Vec<usize> = Vec::new();
        for one in named {
            match variables.position(one.name) {
                Some(index) => open.push(index),
                None if is_given(one.name) => {}
                None => return true,
            }
        }
        let mut seen = HashSet::new();
        while let Some(index) = open.pop() {
            if seen.insert(index) {
                let one = &variables.list[index];
                if one.value.is_none() && !is_given(&one.name) {
                    return true;
                }
                open.extend(&one.uses);
            }
        }
        false
    }

    /// The words that a function on words gives, if they are known; paths in the project's folder from there.
    fn words(&self, function: &str, inner: &str) -> Option<String> {
        if function.len() == inner.len() || arity(function).is_none() || self.is_open(inner) {
            return None;
        }
        let words = self.expander.inside(inner, &[])?;
        let root = self.expander.inside("CURDIR", &[])?;
        let words = words.replace(&format!("{root}/"), "./");
        (words.len() < MAX_VALUE).then_some(words)
    }
}

/// What is called with these arguments: `$(1)` is the first.
fn with_arguments(body: &str, arguments: &[&str]) -> String {
    let mut out = String::with_capacity(body.len());
    let mut put = |known: Option<&&str>, written: [&str; 3]| match known {
        Some(argument) if out.len() + argument.len() < MAX_VALUES => out.push_str(argument),
        _ => out.extend(written),
    };
    let given = |name: &str| {
        let number = name.parse::<usize>().ok().filter(|_| name.len() == 1)?;
        arguments.get(number.checked_sub(1)?)
    };
    for piece in pieces(body) {
        match piece {
            Piece::Plain(text) => put(None, [text, "", ""]),
            Piece::Dollar => put(None, ["$$", "", ""]),
            Piece::Letter(name) => put(given(name), ["$", name, ""]),
            Piece::Reference(name) => put(given(name), ["$(", name, ")"]),
        }
    }
    out
}

/// Whether a value is a new temporary file's name.
fn is_temporary(value: &str) -> bool {
    let shell_line = value
        .trim()
        .strip_prefix("$(shell ")
        .or_else(|| value.trim().strip_prefix("${shell "));
    shell_line.is_some_and(|shell_line| shell_line.trim_start().starts_with("mktemp"))
}
