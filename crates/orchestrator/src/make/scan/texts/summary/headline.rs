//! What a recipe prints or remarks before it does anything: `@echo "Building the docs…"`, `# Build the docs`.

use super::{
    super::{help::without_colours, prose::is_remark},
    command::{speaks, with_values},
};
use crate::make::scan::{
    reader::Reader,
    recipes::shell::{Command, Lead, commands},
};

/// As many lines of a recipe may come before the headline.
const MAX_LINES: usize = 3;
/// As many lines may print a step: the headline, and that it is done.
const MAX_STEPS: usize = 2;
/// The longest headline, in characters.
const MAX_HEADLINE: usize = 120;
/// What a line begins with that is not about what the target does.
const ASIDE: [&str; 30] = [
    "a ",
    "available",
    "careful",
    "check that",
    "deprecated",
    "do not",
    "don't",
    "done",
    "error",
    "finished",
    "if ",
    "make ",
    "missing",
    "must ",
    "no ",
    "not ",
    "note",
    "nothing",
    "ok ",
    "please",
    "sorry",
    "success",
    "targets",
    "the target",
    "this target",
    "todo",
    "usage",
    "use ",
    "warning",
    "you ",
];

/// The headline.
pub(super) fn headline(recipe: &str, target: &str, reader: &Reader) -> Option<String> {
    if let Some(remark) = remark(recipe) {
        return Some(remark);
    }
    let all = commands(recipe);
    // What only prints does not tell what it does, and of several steps the first is not all.
    if all.iter().all(speaks) || steps(&all) > MAX_STEPS {
        return None;
    }
    // One that always ends with an error says why.
    let ends = |one: &Command| matches!(one.program(), Some("exit" | "false"));
    let of_line = |line: usize| all.iter().filter(move |one| one.line == line);
    let fails = |line: usize| of_line(line).any(ends);
    if all.iter().any(|one| one.lead == Lead::Line && ends(one)) {
        return None;
    }
    let firsts = all.iter().filter(|one| one.lead == Lead::Line);
    for command in firsts.take(MAX_LINES) {
        let is_piped = of_line(command.line).any(|one| one.lead == Lead::Pipe);
        if !command.keywords.is_empty() || fails(command.line) || is_piped {
            return None;
        }
        let Some(text) = printed(command) else {
            // What prepares may come before it.
            let is_alone = of_line(command.line).count() == 1;
            match command.program() {
                Some("set" | "mkdir" | "cd" | "date" | ":") if is_alone => continue,
                // A guard, which make passes by if there is a value.
                Some(program) if program.starts_with("$(error ") => continue,
                _ => return None,
            }
        };
        // An empty line may come before it.
        let text = plain(&text, target, reader)?;
        if let Some(text) = sentence(&text) {
            return Some(text);
        }
    }
    None
}

/// How many lines of a recipe print something that reads as a step.
fn steps(commands: &[Command]) -> usize {
    let lines = commands.iter().filter(|one| one.lead == Lead::Line);
    let printed = lines.filter_map(printed);
    let printed = printed.map(|text| text.replace("\\n", " "));
    printed.filter(|text| sentence(text).is_some()).count()
}

/// The text of a comment that a recipe begins with, if it has no other.
pub(super) fn remark(recipe: &str) -> Option<String> {
    let bare = |line: &'_ str| line.trim_start_matches(['@', '-', ' ', '\t']).to_owned();
    let mut lines = recipe.lines().map(bare);
    let line = lines.next()?;
    if lines.any(|other| other.starts_with('#')) {
        return None;
    }
    let text = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let is_whole = !text.ends_with(['\\', ',', ';', ':']) && !text.contains(['$', '=', '|']);
    let is_whole = is_whole && !text.contains(" -") && text.starts_with(char::is_uppercase);
    (is_whole && !is_remark(text)).then(|| sentence(text))?
}

/// What a command prints, as it is written.
fn printed(command: &Command) -> Option<String> {
    let program = command.program()?;
    if let Some(text) = program.strip_prefix("$(info ") {
        return Some(text.strip_suffix(')')?.to_owned());
    }
    let words = command.arguments();
    let is_redirected = |word: &String| {
        let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
        word.starts_with('>') && !word.starts_with(">&2")
    };
    match program {
        "echo" if words.iter().any(is_redirected) => None,
        "echo" => {
            let words = words
                .iter()
                .skip_while(|word| matches!(word.as_str(), "-e" | "-n" | "-en" | "-ne" | "-E"));
            let words: Vec<&str> = words.map(String::as_str).collect();
            Some(words.join(" "))
        }
        "printf" => match words {
            [text] => Some(text.clone()),
            [format, text] if format.trim_end_matches("\\n").trim() == "%s" => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A text with its values and without what colours it; none where some of it is not known.
fn plain(text: &str, target: &str, reader: &Reader) -> Option<String> {
    let mut known = with_values(text, target, reader);
    for name in COLOURS {
        for written in [format!("$({name})"), format!("${{{name}}}")] {
            known = known.replace(&written, "");
        }
    }
    let known = without_colours(&known).replace("\\n", " ");
    let is_known = !known.contains(['$', '`', '%', '\\']);
    is_known.then_some(known)
}

/// Names that makefiles give to what colours a terminal.
const COLOURS: [&str; 22] = [
    "BLUE", "BOLD", "CYAN", "GREEN", "GREY", "M", "MAGENTA", "NC", "NO_COLOR", "OFF", "PURPLE",
    "RED", "RESET", "WHITE", "YELLOW", "blue", "bold", "green", "red", "reset", "yellow", "sgr0",
];

/// A text that reads as what is being done.
fn sentence(text: &str) -> Option<String> {
    let drawn = |c: char| !c.is_alphanumeric() && !matches!(c, '"' | '\'' | '(' | '[' | '`');
    let text = text.trim_start_matches(drawn);
    let text = text.trim_end_matches(|c: char| {
        !c.is_alphanumeric() && !matches!(c, '"' | '\'' | ')' | ']' | '`' | '!' | '?')
    });
    let lower = text.to_lowercase();
    let words = text.split_whitespace().count();
    let is_one = words >= 2 && text.chars().count() <= MAX_HEADLINE;
    let is_aside = ASIDE.iter().any(|start| lower.starts_with(start))
        || text.ends_with('?')
        || lower.contains("error")
        || text.contains(['|', '>', '<'])
        || lower.contains("success")
        || text.contains("==")
        // It asks.
        || ["y/n", "yes/no"].iter().any(|answers| lower.contains(answers))
        || text.contains("://");
    // `VERSION: 1.2` is a value.
    let is_value = text
        .split(' ')
        .next()
        .is_some_and(|word| word.ends_with(':'));
    let starts_well = text.starts_with(char::is_alphanumeric) && !is_value;
    (is_one && starts_well && !is_aside).then(|| text.to_owned())
}
