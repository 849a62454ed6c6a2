//! One line of a recipe for help: the targets that it is about, and their text.

use crate::make::scan::{
    syntax::{functions::stem, text::is_blank},
    targets::rules::Rules,
};

/// What may part a name from its text.
const PARTING: [&str; 8] = ["--", "-", "–", "—", ":", "#", "=>", "|"];
/// What may be around a name.
const QUOTES: [char; 11] = ['`', '\'', '"', '<', '>', '[', ']', '{', '}', '(', ')'];
/// What may be between the names of several targets, besides `,` and `|`.
const JOINING: [&str; 4] = ["/ ", "& ", "or ", "and "];
/// As many targets may share one text.
const MAX_SHARING: usize = 10;

/// The targets that a line is about, as `up | down` or `make up / make down`, and their text.
pub(super) fn of_line<'r>(line: &str, rules: &'r Rules) -> Option<(Vec<&'r str>, Option<String>)> {
    let line = line.trim();
    if line
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("usage:"))
    {
        return None;
    }
    // A list's sign or number.
    let signs = |c: char| "-*•$>|+=→".contains(c);
    let bare = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = bare
        .strip_prefix(['.', ')'])
        .filter(|_| bare.len() < line.len());
    let line = numbered
        .unwrap_or(line)
        .trim_start_matches(signs)
        .trim_start();
    let (rest, after_make) = behind_make(line);
    let (word, mut has_colon, mut from) = first_name(rest);
    let named = |word: &str| rules.position(word).or_else(|| family(word, rules));
    let mut found = match named(word) {
        Some(target) => vec![target],
        // `up/down`
        None => word.split('/').map(named).collect::<Option<Vec<_>>>()?,
    };
    while !has_colon
        && found.len() < MAX_SHARING
        && let Some(next) = next_name(from)
    {
        let (word, ends, rest) = first_name(next);
        let Some(target) = rules.position(word) else {
            break;
        };
        found.push(target);
        (has_colon, from) = (ends, rest);
    }
    let found = found.into_iter().take(MAX_SHARING);
    let names = found.map(|target| rules.targets[target].name.as_str());
    let names = names.collect();
    let (text, ends) = behind_settings(from);
    let blanks = text.len() - text.trim_start().len();
    let text = text.trim();
    let parting = PARTING.iter().find(|sign| {
        let rest = text.strip_prefix(**sign);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(is_blank))
    });
    let is_parted = has_colon || ends || parting.is_some() || blanks >= 2 || from.contains('\t');
    if text.is_empty() {
        // A name alone is one of a list.
        return Some((names, None));
    }
    if !is_parted {
        return after_make.then_some((names, None));
    }
    let text = parting.map_or(text, |sign| text[sign.len()..].trim());
    // The end of a table's row.
    let text = text.strip_suffix(" |").map_or(text, str::trim_end);
    Some((names, Some(text.to_owned()).filter(|text| !text.is_empty())))
}

/// What is behind `make`, in quotes or not, and whether it was there.
fn behind_make(text: &str) -> (&str, bool) {
    let bare = text.trim_start_matches(['`', '\'', '"']);
    match bare.strip_prefix("make ") {
        Some(rest) => (rest.trim_start(), true),
        None => (text, false),
    }
}

/// The first name, whether a colon ends it, and what follows.
fn first_name(text: &str) -> (&str, bool, &str) {
    let end = text.find(|c: char| is_blank(c) || matches!(c, ',' | '|'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    let word = word.trim_matches(QUOTES);
    match word.strip_suffix(':') {
        Some(word) => (word.trim_matches(QUOTES), true, rest),
        None => (word, false, rest),
    }
}

/// What follows if another name does.
fn next_name(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let joined = || JOINING.iter().find_map(|word| text.strip_prefix(word));
    let next = text.strip_prefix([',', '|']).or_else(joined)?.trim_start();
    let next = JOINING
        .iter()
        .find_map(|word| next.strip_prefix(word))
        .unwrap_or(next);
    Some(behind_make(next.trim_start()).0)
}

/// What follows the settings of `make ship ENV=prod [X=1]  - text`, and whether a colon ends them.
fn behind_settings(mut text: &str) -> (&str, bool) {
    loop {
        let next = text.trim_start();
        let word = next.split(is_blank).next().unwrap_or_default();
        let is_setting = word.contains('=') && word != "=>" && word != "=";
        let is_optional = word.starts_with('[') && word.ends_with([']', ':']);
        if !is_setting && !is_optional {
            return (text, false);
        }
        text = &next[word.len()..];
        if word.ends_with(':') {
            return (text, true);
        }
    }
}

/// The pattern that a name with something to fill in is meant for: `test-<folder>`, `test-NAME` or `test-*`.
fn family(word: &str, rules: &Rules) -> Option<usize> {
    rules.targets.iter().position(|found| {
        let stem = stem(&found.name, word).filter(|_| found.is_pattern);
        stem.is_some_and(|stem| {
            let is_named = stem.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            !stem.is_empty() && (is_named || stem.starts_with(['<', '{', '[', '*', '$']))
        })
    })
}
