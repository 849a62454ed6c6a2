//! The texts that are in the recipe of `help`, `@echo "  make run   - Start it"`, or in a list at the head of the makefile. A
//! line counts only if its first word is a target.

mod line;

use std::collections::HashMap;

use line::of_line;

use super::{
    super::{
        reader::Reader,
        recipes::shell::{Command, commands},
        syntax::text::{Piece, cut, pieces},
        targets::rules::Rules,
    },
    help_text::Helped,
    prose::is_heading,
};

/// The longest text, in characters.
const MAX_TEXT: usize = 400;
/// As many lines of all helps are read.
const MAX_LINES: usize = 2_000;

/// What all recipes for help, and the head of the makefile, say, by target.
pub(in crate::make::scan) fn helped(reader: &Reader) -> HashMap<String, Helped> {
    let rules = &reader.rules;
    let mut all: HashMap<String, Helped> = HashMap::new();
    for found in rules.targets.iter().filter(|found| is_help(&found.name)) {
        let own = found
            .rules
            .iter()
            .map(|rule| rules.list[*rule].text.as_str());
        let lines = own.flat_map(|recipe| printed(recipe, reader));
        take_in(lines, rules, &mut all);
    }
    // A list at the head of the file: only what calls make is one of it.
    let head = reader.notes.head.iter();
    let head = head.filter(|line| is_call(line) || heading_of(line).is_some());
    take_in(head.cloned(), rules, &mut all);
    all
}

/// Takes in the lines of one list.
fn take_in(lines: impl Iterator<Item = String>, rules: &Rules, all: &mut HashMap<String, Helped>) {
    let mut heading = None;
    for line in lines.take(MAX_LINES) {
        match of_line(&line, rules) {
            Some((names, text)) => {
                for name in names {
                    let known = all.entry(name.to_owned()).or_default();
                    if known.text.is_none() {
                        known.text = text.as_ref().map(|text| cut(text, MAX_TEXT));
                    }
                    known.heading = known.heading.take().or_else(|| heading.clone());
                }
            }
            // What follows shows how to call some of them, and is no part of the list.
            None if is_of_examples(&line) => heading = None,
            None => heading = heading_of(&line).or(heading),
        }
    }
}

/// Whether a comment's line begins with a call of make.
fn is_call(line: &str) -> bool {
    let bare = line.trim_start_matches(['$', '>', '-', '*', '•', '`', ' ']);
    bare.starts_with("make ")
}

/// Whether a target is one that prints help, by its name.
pub(in crate::make::scan) fn is_help(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["help", "usage"]
        .iter()
        .any(|word| name.split(['-', '_', '.']).any(|part| part == *word))
}

/// The lines that a recipe prints, with their blanks.
fn printed(recipe: &str, reader: &Reader) -> Vec<String> {
    let mut lines = Vec::new();
    for command in commands(recipe) {
        match command.program() {
            Some("echo") => {
                let words = command.arguments().iter().skip_while(|word| {
                    word.starts_with('-')
                        && word.len() <= 3
                        && word[1..].bytes().all(|b| b.is_ascii_alphabetic())
                });
                let text: Vec<&str> = words.map(String::as_str).collect();
                push(&text.join(" "), reader, &mut lines);
            }
            Some("printf") => printf(&command, reader, &mut lines),
            _ => {
                let texts = command.words.iter().flat_map(|word| pieces(word));
                for piece in texts {
                    if let Piece::Reference(inner) = piece
                        && let Some(text) = inner.strip_prefix("info ")
                    {
                        push(text, reader, &mut lines);
                    }
                }
            }
        }
    }
    lines
}

fn printf(command: &Command, reader: &Reader, lines: &mut Vec<String>) {
    let Some((format, values)) = command.arguments().split_first() else {
        return;
    };
    // The format is used again for each value, and makes a line of it.
    if matches!(format.as_str(), "%s\\n" | "%b\\n") {
        return values.iter().for_each(|value| push(value, reader, lines));
    }
    let holes = format.matches('%').count() - 2 * format.matches("%%").count();
    if holes < 2 || values.is_empty() {
        let all: Vec<&str> = std::iter::once(format)
            .chain(values)
            .map(String::as_str)
            .collect();
        return push(&all.join("  "), reader, lines);
    }
    for values in values.chunks(holes) {
        push(&values.join("  "), reader, lines);
    }
}

/// Adds a text's lines without what colours them.
fn push(text: &str, reader: &Reader, lines: &mut Vec<String>) {
    let mut plain = String::new();
    let mut is_of_shell = false;
    for piece in pieces(text) {
        let after_dollar = std::mem::replace(&mut is_of_shell, matches!(piece, Piece::Dollar));
        match piece {
            // `"$$HELP"`, which is exported.
            Piece::Plain(text) if after_dollar => plain.push_str(&of_shell(text, reader)),
            Piece::Plain(text) => plain.push_str(text),
            Piece::Reference(inner) => {
                let variable = reader.variables.get(inner).filter(|one| !one.is_secret());
                let text = variable.filter(|one| one.is_text);
                let text = text.and_then(|one| one.value.clone());
                let value = || reader.expander().expand(&format!("$({inner})"));
                // What colours the line is no part of its text.
                let is_shown =
                    |value: &String| !value.contains('\u{1b}') && value.len() <= MAX_TEXT;
                let value = text.or_else(|| variable.and_then(|_| value()).filter(is_shown));
                plain.push_str(&value.unwrap_or_default());
            }
            Piece::Dollar | Piece::Letter(_) => {}
        }
    }
    let plain = without_colours(&plain)
        .replace("\\n", "\n")
        .replace("\\t", "\t");
    lines.extend(plain.lines().map(str::to_owned));
}

/// A text that begins with the name of a shell variable, with its value.
fn of_shell(text: &str, reader: &Reader) -> String {
    let bare = text.strip_prefix('{').unwrap_or(text);
    let end = bare.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    let (name, rest) = bare.split_at(end.unwrap_or(bare.len()));
    let known = reader.variables.get(name).filter(|one| one.is_text);
    let value = known.and_then(|one| one.value.as_deref());
    let rest = rest.strip_prefix('}').unwrap_or(rest);
    format!("{}{rest}", value.unwrap_or_default())
}

/// A text without escape sequences, however they are written.
pub(in crate::make::scan) fn without_colours(text: &str) -> String {
    let mut out = text.to_owned();
    for escape in ["\\033[", "\\e[", "\\x1b[", "\\x1B[", "\u{1b}["] {
        while let Some(at) = out.find(escape) {
            let rest = &out[at + escape.len()..];
            let end = rest
                .find(|c: char| c.is_ascii_alphabetic())
                .map_or(rest.len(), |end| end + 1);
            out.replace_range(at..at + escape.len() + end, "");
        }
    }
    out
}

/// Whether a line is above examples: `Examples:`.
fn is_of_examples(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    let is_example = |word: &str| word.len() >= 7 && "examples".starts_with(&word.to_lowercase());
    line.trim_end().ends_with(':') && words.any(is_example)
}

/// A line of capitals, or one that ends with a colon, is above others.
fn heading_of(line: &str) -> Option<String> {
    let text = line.trim().trim_matches(['=', '-', '*', '#', ' ']);
    let bare = text.strip_suffix(':').unwrap_or(text).trim();
    let lower = bare.to_ascii_lowercase();
    let is_usage = [
        "usage",
        "example",
        "examples",
        "make",
        "targets",
        "available",
        "commands",
        "options",
        "help",
    ]
    .iter()
    .any(|word| lower.split(' ').any(|own| own == *word));
    let has_case = bare.chars().any(char::is_lowercase);
    let is_above = text.ends_with(':') || (!has_case && bare.chars().any(char::is_uppercase));
    (is_above && !is_usage && is_heading(bare)).then(|| bare.to_owned())
}
