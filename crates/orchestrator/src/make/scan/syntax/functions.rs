//! make's functions on words (GNU make manual, "Functions for Transforming Text"), those that depend on nothing else.

use std::path::{Component, Path, PathBuf};

use super::{super::files::source::Files, text::is_blank};

/// A value whose length times its longest argument is more than this, in bytes, is not worked out.
const MAX_WORK: usize = 16 << 20;

/// make's functions that are not worked out here (GNU make manual, "Functions for Transforming Text" to its end).
const OTHERS: [&str; 17] = [
    "and", "call", "error", "eval", "file", "flavor", "foreach", "guile", "if", "info", "intcmp",
    "let", "or", "origin", "shell", "value", "warning",
];

/// Whether make has a function of this name.
pub(in crate::make::scan) fn is_known(name: &str) -> bool {
    arity(name).is_some() || OTHERS.contains(&name)
}

/// Whether expanding a text ends make.
pub(in crate::make::scan) fn fails(text: &str) -> bool {
    text.contains("$(error") || text.contains("${error")
}

/// How many arguments a function takes; none if it is not among those known here.
pub(in crate::make::scan) fn arity(name: &str) -> Option<usize> {
    Some(match name {
        "subst" | "patsubst" | "wordlist" => 3,
        "filter" | "filter-out" | "findstring" | "addprefix" | "addsuffix" | "join" | "word" => 2,
        "strip" | "sort" | "words" | "firstword" | "lastword" | "dir" | "notdir" | "basename"
        | "suffix" | "abspath" | "realpath" | "wildcard" => 1,
        _ => return None,
    })
}

/// The value of a function; none if arguments are missing.
pub(in crate::make::scan) fn call(name: &str, parts: &[String], files: &Files) -> Option<String> {
    let list = parts.get(arity(name)? - 1)?.as_str();
    let first = parts[0].as_str();
    let longest = parts.iter().map(String::len).max()?;
    // Nested calls multiply: a small makefile could ask for gigabytes.
    if list.len().saturating_mul(longest + 1) > MAX_WORK {
        return None;
    }
    Some(match name {
        // make appends the replacement once here, `replace` would put it between all characters.
        "subst" if first.is_empty() => return None,
        "subst" => list.replace(first, &parts[1]),
        "patsubst" => map(list, |word| substitute(word, first.trim(), parts[1].trim())),
        "filter" | "filter-out" => {
            let wanted = |word: &str| first.split_whitespace().any(|pattern| fits(pattern, word));
            keep(list, |word| wanted(word) == (name == "filter"))
        }
        "addprefix" => map(list, |word| format!("{first}{word}")),
        "addsuffix" => map(list, |word| format!("{word}{first}")),
        "join" => joined(first, list),
        "word" => {
            let before = first.trim().parse::<usize>().ok()?.checked_sub(1)?;
            list.split_whitespace()
                .nth(before)
                .unwrap_or_default()
                .to_owned()
        }
        "wordlist" => {
            let from = first.trim().parse::<usize>().ok()?.checked_sub(1)?;
            let to = parts[1].trim().parse::<usize>().ok()?;
            let words = list.split_whitespace().take(to).skip(from);
            words.collect::<Vec<_>>().join(" ")
        }
        "words" => list.split_whitespace().count().to_string(),
        "findstring" if list.contains(first) => first.to_owned(),
        "findstring" => String::new(),
        "strip" => map(list, str::to_owned),
        "sort" => sorted(list),
        "firstword" => list
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned(),
        "lastword" => list
            .split_whitespace()
            .next_back()
            .unwrap_or_default()
            .to_owned(),
        "dir" => map(list, |word| split_dir(word).0.to_owned()),
        "notdir" => map(list, |word| split_dir(word).1.to_owned()),
        "basename" => map(list, |word| split_suffix(word).0.to_owned()),
        "suffix" => map(list, |word| split_suffix(word).1.to_owned()),
        "abspath" | "realpath" => map(list, |word| clean(&files.at_root(word))),
        "wildcard" => {
            let patterns = list.split_whitespace();
            let found = patterns.flat_map(|pattern| files.there_is(pattern));
            found.collect::<Vec<_>>().join(" ")
        }
        _ => return None,
    })
}

/// The words of both lists, one of each together; those that one list has more follow alone.
fn joined(first: &str, second: &str) -> String {
    let (mut first, mut second) = (first.split_whitespace(), second.split_whitespace());
    let both = std::iter::from_fn(|| match (first.next(), second.next()) {
        (None, None) => None,
        (left, right) => Some([left.unwrap_or_default(), right.unwrap_or_default()].concat()),
    });
    both.collect::<Vec<_>>().join(" ")
}

/// A path without `.` and `..`, as make gives it, whether or not it is there.
fn clean(path: &Path) -> String {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean.display().to_string()
}

pub(in crate::make::scan) fn map(list: &str, change: impl Fn(&str) -> String) -> String {
    list.split(is_blank)
        .filter(|word| !word.is_empty())
        .map(change)
        .collect::<Vec<_>>()
        .join(" ")
}

fn keep(list: &str, wanted: impl Fn(&str) -> bool) -> String {
    list.split_whitespace()
        .filter(|word| wanted(word))
        .collect::<Vec<_>>()
        .join(" ")
}

fn sorted(list: &str) -> String {
    let mut words: Vec<&str> = list.split_whitespace().collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

/// What the `%` of a pattern stands for in a word.
pub(in crate::make::scan) fn stem<'w>(pattern: &str, word: &'w str) -> Option<&'w str> {
    let (before, after) = pattern.split_once('%')?;
    word.strip_prefix(before)?.strip_suffix(after)
}

fn fits(pattern: &str, word: &str) -> bool {
    pattern == word || stem(pattern, word).is_some()
}

pub(in crate::make::scan) fn substitute(word: &str, from: &str, to: &str) -> String {
    match stem(from, word) {
        Some(stem) => to.replacen('%', stem, 1),
        None if from == word => to.to_owned(),
        None => word.to_owned(),
    }
}

fn split_dir(word: &str) -> (&str, &str) {
    match word.rfind('/') {
        Some(at) => word.split_at(at + 1),
        None => ("./", word),
    }
}

fn split_suffix(word: &str) -> (&str, &str) {
    let name = word.rfind('/').map_or(0, |at| at + 1);
    match word[name..].rfind('.') {
        Some(at) => word.split_at(name + at),
        None => (word, ""),
    }
}
