//! What a target without a text does, in one line: what a document of the project says of `make NAME`, what the recipe
//! prints or remarks before it does anything, which targets it starts, or its first command.
//!
//! All of it is in the text already; what is not known there stays as it is written, so that no text is made up.

mod command;
mod document;
mod headline;

use command::{acts, first_command};
pub(in crate::make::scan) use document::{Documented, read};
use headline::headline;

use super::{
    super::{
        reader::Reader,
        syntax::text::{cut, is_plain_word},
        targets::rules::{Found, Rule},
    },
    help::is_help,
};
use crate::project::{Summary, SummaryBy};

/// The longest summary, in characters.
const MAX_SUMMARY: usize = 200;
/// Of a recipe, as much is looked at, in bytes.
const MAX_RECIPE: usize = 8 << 10;
/// As many of the targets that one starts are named.
const MAX_NAMED: usize = 5;

/// The summary of a target that leads to others.
pub(in crate::make::scan) fn summary(
    found: &Found,
    leads: &[String],
    (reader, documented): (&Reader, &Documented),
) -> Option<Summary> {
    let rules = found.rules.iter().map(|rule| &reader.rules.list[*rule]);
    let recipe = rules.clone().find(|rule| rule.has_recipe());
    let interpreter = recipe.and_then(|rule| rule.language.interpreter());
    let recipe = recipe.map(|rule| &rule.text[..rule.text.floor_char_boundary(MAX_RECIPE)]);
    let by_document = || {
        let (text, file) = documented.of(&found.name)?;
        let file = file.to_owned();
        Some((text.to_owned(), SummaryBy::Document { file }))
    };
    let by_name = || {
        // `disk-usage` may print something else.
        let is_named_so = found.name == "usage" || found.name.contains("help");
        let prints = recipe.is_some() && is_help(&found.name) && is_named_so;
        prints.then(|| ("prints help".to_owned(), SummaryBy::Recipe))
    };
    let by_recipe = || Some((headline(recipe?, &found.name, reader)?, SummaryBy::Recipe));
    let by_leads = || {
        let only_starts = recipe.is_none_or(|recipe| !acts(recipe));
        let text = starts(leads).filter(|_| only_starts)?;
        Some((text, SummaryBy::Leads))
    };
    let by_command = || {
        let text = first_command(recipe?, &found.name, reader)?;
        Some((text, SummaryBy::Command))
    };
    let by_language = |interpreter: &str| {
        let remark = headline::remark(recipe?).map(|text| (text, SummaryBy::Recipe));
        let text = || (format!("runs {interpreter} code"), SummaryBy::Command);
        Some(remark.unwrap_or_else(text))
    };
    if let Some(interpreter) = interpreter {
        let (text, by) = by_document().or_else(|| by_language(interpreter))?;
        return Some(Summary { text, by });
    }
    let (text, by) = by_document()
        .or_else(by_name)
        .or_else(by_recipe)
        .or_else(by_leads)
        .or_else(|| what_it_makes(rules.clone(), leads))
        .or_else(by_command)
        .or_else(|| guarding(rules, reader))?;
    let text = cut(&text, MAX_SUMMARY);
    Some(Summary { text, by })
}

/// `runs lint, test, makes docs.html`
fn starts(leads: &[String]) -> Option<String> {
    if leads.is_empty() {
        return None;
    }
    let is_run = |name: &String| is_plain_word(name);
    let (run, other): (Vec<String>, Vec<String>) = leads.iter().cloned().partition(is_run);
    let parts = [("runs", run), ("makes", other)];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts
        .map(|(word, names)| format!("{word} {}", named(names)))
        .collect();
    Some(parts.join(", "))
}

/// `makes bin/app`: what a target without a recipe needs that no rule has.
fn what_it_makes<'r>(
    mut rules: impl Iterator<Item = &'r Rule> + Clone,
    leads: &[String],
) -> Option<(String, SummaryBy)> {
    if !leads.is_empty() || rules.clone().any(Rule::has_recipe) {
        return None;
    }
    let is_known = |rule: &&Rule| {
        let mut names = rule.prerequisites.iter();
        !rule.prerequisites.is_empty() && !names.any(|name| name.contains('$'))
    };
    let needed = rules.find(is_known)?;
    let text = format!("makes {}", named(&needed.prerequisites));
    Some((text, SummaryBy::Leads))
}

/// `checks that ENV is set`: what a recipe does that only ends make.
fn guarding<'r>(
    rules: impl Iterator<Item = &'r Rule>,
    reader: &Reader,
) -> Option<(String, SummaryBy)> {
    let name = |index: &usize| reader.variables.list[*index].name.clone();
    let names: Vec<String> = rules.flat_map(|rule| &rule.guards).map(name).collect();
    let is = if names.len() == 1 { "is" } else { "are" };
    let text = || format!("checks that {} {is} set", named(&names));
    (!names.is_empty()).then(|| (text(), SummaryBy::Recipe))
}

fn named(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MAX_NAMED)
        .map(|name| cut(name, 40))
        .collect();
    let more = names.len().saturating_sub(MAX_NAMED);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
