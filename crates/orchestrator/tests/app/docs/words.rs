//! Commands that the docs name are those of `vmo`, and all of `vmo`'s are in the docs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use super::{fences, pages, top};

/// Those that our own programs start, and no help lists.
const OF_OURS: [&str; 3] = ["archive", "keep", "session"];

/// The options of each command and of each of its own commands, by `run` or `hosts add`.
type Known = BTreeMap<String, BTreeSet<String>>;

fn help(words: &[&str]) -> String {
    let mut vmo = Command::new(env!("CARGO_BIN_EXE_vmo"));
    let output = vmo.args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that a help lists, without `help` itself.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The options that a help explains: those at the beginning of its lines.
fn options(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start);
    lines
        .filter(|line| line.starts_with('-'))
        .flat_map(|line| line.split_whitespace().map_while(option))
        .collect()
}

/// An option as it is written in a line of help: `-p,` or `--project`.
fn option(word: &str) -> Option<String> {
    let word = word.trim_end_matches(',');
    word.starts_with('-').then(|| word.to_owned())
}

fn known() -> Known {
    let mut known = Known::new();
    for command in listed(&help(&["help"])) {
        // `vmo make --help` is make's own.
        if command == "make" {
            known.insert(command, BTreeSet::new());
            continue;
        }
        let text = help(&[&command, "--help"]);
        for own in listed(&text) {
            let of_own = options(&help(&[&command, &own, "--help"]));
            known.insert(format!("{command} {own}"), of_own);
        }
        known.insert(command, options(&text));
    }
    known
}

/// What of the words after `vmo` it does not know.
fn unknown(known: &Known, words: &[String]) -> Option<String> {
    let first = words.first()?;
    if ["help", "--help", "--version"].contains(&first.as_str()) {
        return None;
    }
    if OF_OURS.contains(&first.as_str()) {
        return None;
    }
    if !known.contains_key(first) {
        return Some(first.clone());
    }
    if first == "make" {
        return None;
    }
    let second = words.get(1).map(|own| format!("{first} {own}"));
    let key = second.filter(|key| known.contains_key(key));
    let options = &known[key.as_ref().unwrap_or(first)];
    let given = words[1..].iter().take_while(|word| *word != "--");
    given
        .filter(|word| word.starts_with('-') && *word != "-")
        .map(|word| word.split('=').next().unwrap_or_default())
        // `-j4`
        .map(|word| match word.strip_prefix('-') {
            Some(short) if !short.starts_with('-') => word.get(..2).unwrap_or(word),
            _ => word,
        })
        .find(|word| !options.contains(*word))
        .map(|word| format!("{first} … {word}"))
}

/// The parts of a shell line that start `vmo`, each as the words after it.
fn of_vmo(line: &str) -> Result<Vec<Vec<String>>, String> {
    let words = shlex::split(line).ok_or_else(|| format!("quotes do not close: {line}"))?;
    // A word that a semicolon ends, and the semicolon by itself.
    let words: Vec<String> = words
        .into_iter()
        .flat_map(|word| match word.strip_suffix(';') {
            Some(before) if !before.is_empty() => vec![before.to_owned(), ";".to_owned()],
            _ => vec![word],
        })
        .collect();
    let parts = words.split(|word| ["|", "||", "&&", ";"].contains(&word.as_str()));
    let is_vmo = |word: &String| word == "vmo" || word.ends_with("/vmo");
    let is_before = |word: &String| {
        let name = word.split_once('=').map(|(name, _)| name);
        word == "sudo"
            || name.is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    Ok(parts
        .filter_map(|part| {
            let at = part.iter().position(|word| !is_before(word))?;
            is_vmo(&part[at]).then(|| part[at + 1..].to_vec())
        })
        .collect())
}

/// Every command line of a page: of its fences, and between backticks.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for fence in fences::of(text) {
        match fence.kind.as_str() {
            "console" => lines.extend(fence.steps().into_iter().map(|step| step.command)),
            "sh" => lines.extend(fence.lines),
            _ => {}
        }
    }
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let spans = line.split('`').skip(1).step_by(2);
            let spans = spans
                .filter(|span| span.starts_with("vmo ") || span.starts_with("target/debug/vmo "));
            // A table writes a bar so.
            lines.extend(spans.map(|span| span.replace("\\|", "|")));
        }
    }
    lines
}

#[test]
fn every_command_of_the_docs_is_one_that_there_is() {
    let known = known();
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        for line in lines(&text) {
            match of_vmo(&line) {
                Ok(parts) => wrong.extend(
                    parts
                        .iter()
                        .filter_map(|words| unknown(&known, words))
                        .map(|what| format!("{page}: `{line}`: {what}")),
                ),
                Err(why) => wrong.push(format!("{page}: {why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "not of vmo: {wrong:#?}");
}

#[test]
fn a_wrong_command_is_found() {
    let known = known();
    let is_known = |line: &str| {
        let parts = of_vmo(line).unwrap();
        assert!(!parts.is_empty(), "{line}");
        parts.iter().all(|words| unknown(&known, words).is_none())
    };
    assert!(is_known("vmo run --on web-1 -- ls --nonsense | sort"));
    assert!(is_known("X=1 sudo target/debug/vmo hosts add a b --key k"));
    assert!(!is_known("vmo runn") && !is_known("vmo jobs --nonsense"));
    assert!(!is_known("vmo hosts rm a --key k") && !is_known("true && vmo log -q"));
}

#[test]
fn every_command_and_option_is_on_the_page_of_the_command_line() {
    let page = fs::read_to_string(top().join("docs/command-line.md")).unwrap();
    let mut missing = Vec::new();
    for (command, options) in known() {
        // `hosts add` has its place in the section of `hosts`.
        let name = command.split(' ').next().unwrap();
        let section = page
            .split("\n## ")
            .find(|section| section.starts_with(&format!("vmo {name}\n")));
        let Some(section) = section else {
            missing.push(format!("## vmo {name}"));
            continue;
        };
        if !section.contains(&format!("vmo {command}")) {
            missing.push(format!("vmo {command}"));
        }
        let options = options.iter().filter(|option| option.starts_with("--"));
        missing.extend(
            options
                .filter(|option| !["--help", "--version"].contains(&option.as_str()))
                .filter(|option| !named(section, option))
                .map(|option| format!("{option} of vmo {command}")),
        );
    }
    assert!(
        missing.is_empty(),
        "not in docs/command-line.md: {missing:#?}"
    );
}

/// Whether an option is named, and not only a longer one.
fn named(text: &str, option: &str) -> bool {
    text.match_indices(option).any(|(at, _)| {
        let next = text[at + option.len()..].chars().next();
        !next.is_some_and(|next| next.is_alphanumeric() || next == '-')
    })
}
