//! If a recipe calls make for targets of the same makefile: `$(MAKE) b X=1`, and as plainly `make b`, since `MAKEFLAGS`
//! hands variables on to it too.

use super::{
    super::values::expand::Expander,
    shell::{Command, commands, is_assignment},
};

/// Programs that run the program behind them.
const WRAPPERS: [&str; 8] = [
    "command", "env", "exec", "nice", "nohup", "sudo", "time", "xargs",
];
/// Programs that run a text behind `-c`.
const SHELLS: [&str; 7] = ["bash", "dash", "fish", "ksh", "sh", "zsh", "$(SHELL)"];
/// Of a loop of the shell, as many values are followed.
const MAX_LOOPED: usize = 50;
/// Ways to write the folder that make is in.
const HERE: [&str; 9] = [
    ".",
    "./",
    "$(PWD)",
    "${PWD}",
    "$$PWD",
    "$${PWD}",
    "$$(pwd)",
    "$(shell pwd)",
    "${shell pwd}",
];

/// One call of make.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::make::scan) struct Call {
    /// The targets it names, as far as they are known; none if make is to take its default.
    pub(in crate::make::scan) targets: Vec<String>,
    /// Whether it names none.
    pub(in crate::make::scan) is_default: bool,
    /// The variables it gives a value to.
    pub(in crate::make::scan) given: Vec<String>,
}

/// The calls of a recipe that stay in this makefile.
pub(in crate::make::scan) fn calls(recipe: &str, expander: &Expander<'_>) -> Vec<Call> {
    if !recipe.contains("MAKE") && !recipe.contains("make") {
        return Vec::new();
    }
    let (mut found, mut line) = (Vec::new(), 0);
    // What is earlier on a line counts for the rest of it.
    let (mut is_elsewhere, mut exported) = (false, Vec::new());
    // The values of the variables of the shell's loops.
    let mut loops: Vec<(String, Vec<String>)> = Vec::new();
    for command in commands(recipe) {
        if command.line != line {
            line = command.line;
            is_elsewhere = false;
            exported.clear();
            loops.clear();
        }
        let first = command.arguments().first();
        match command.program() {
            Some("cd" | "pushd") => is_elsewhere |= !first.is_some_and(|to| is_here(to, expander)),
            Some("export") => exported.extend(names(command.arguments())),
            Some("for") => loops.extend(looped(command.arguments(), expander)),
            Some(_) if !is_elsewhere => {
                let inner =
                    shell_text(&command).map_or_else(Vec::new, |text| self::calls(text, expander));
                for mut call in inner.into_iter().chain(call(&command, expander)) {
                    call.given.extend(exported.iter().cloned());
                    call.targets = call
                        .targets
                        .iter()
                        .flat_map(|name| of_loop(name, &loops))
                        .collect();
                    found.push(call);
                }
            }
            _ => {}
        }
    }
    found
}

/// The variable of `for NAME in WORDS`, with its values as far as they are known.
fn looped(words: &[String], expander: &Expander<'_>) -> Option<(String, Vec<String>)> {
    let [name, of, values @ ..] = words else {
        return None;
    };
    let known = values.iter().filter_map(|word| expander.expand(word));
    let values = known.flat_map(|text| {
        let words = text.split_whitespace().map(str::to_owned);
        words.collect::<Vec<_>>()
    });
    (of == "in").then(|| (name.clone(), values.take(MAX_LOOPED).collect()))
}

/// The values of a loop's variable if a name is that, `$x` or `${x}`; else the name itself.
fn of_loop(name: &str, loops: &[(String, Vec<String>)]) -> Vec<String> {
    let inner = name.strip_prefix('$').map(|inner| {
        let braced = inner
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'));
        braced.unwrap_or(inner)
    });
    let known = inner.and_then(|inner| loops.iter().rev().find(|(own, _)| own == inner));
    known.map_or_else(|| vec![name.to_owned()], |(_, values)| values.clone())
}

/// What `sh -c 'TEXT'` runs.
fn shell_text(command: &Command) -> Option<&str> {
    let program = command.program()?.rsplit('/').next()?;
    let words = command.arguments();
    let is_shell = SHELLS.contains(&program);
    let at = words
        .iter()
        .position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'));
    words.get(at.filter(|_| is_shell)? + 1).map(String::as_str)
}

fn names(words: &[String]) -> impl Iterator<Item = String> {
    let assigned = words.iter().filter(|word| is_assignment(word));
    assigned.filter_map(|word| word.split('=').next().map(str::to_owned))
}

fn is_make(word: &str) -> bool {
    matches!(word, "$(MAKE)" | "${MAKE}" | "make" | "gmake")
}

fn is_here(folder: &str, expander: &Expander<'_>) -> bool {
    HERE.contains(&folder)
        || expander
            .expand(folder)
            .is_some_and(|folder| HERE.contains(&folder.as_str()) || expander.is_root(&folder))
}

fn call(command: &Command, expander: &Expander<'_>) -> Option<Call> {
    let before = |word: &&String| {
        is_assignment(word) || word.starts_with('-') || WRAPPERS.contains(&word.as_str())
    };
    let mut at = command.words.iter().take_while(before).count();
    if !is_make(command.words.get(at)?) {
        // `bear -- $(MAKE)`: make's own variable says it wherever it is, unless it is only spoken of.
        let speaks = matches!(command.program(), Some("echo" | "printf" | ":"));
        let by_name = |word: &String| matches!(word.as_str(), "$(MAKE)" | "${MAKE}");
        at = command.words.iter().position(by_name).filter(|_| !speaks)?;
    }
    let mut call = Call {
        given: names(&command.words[..at]).collect(),
        is_default: true,
        ..Call::default()
    };
    let mut words = command.words[at + 1..].iter();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "-C" | "--directory" if value.is_empty() => {
                if !is_here(words.next()?, expander) {
                    return None;
                }
            }
            "--directory" if is_here(value, expander) => {}
            "-f" | "--file" | "--makefile" if value.is_empty() => {
                if !expander.is_main_file(words.next()?) {
                    return None;
                }
            }
            "--file" | "--makefile" if expander.is_main_file(value) => {}
            "-I" | "-o" | "-W" | "-E" | "--eval" => drop(words.next()),
            _ if word.starts_with("-C") || word.starts_with("--dir") => return None,
            _ if word.starts_with("-f")
                || word.starts_with("--file")
                || word.starts_with("--make") =>
            {
                return None;
            }
            // `-j 4`, and redirections.
            _ if word.starts_with(['-', '>', '<'])
                || word.bytes().all(|byte| byte.is_ascii_digit()) => {}
            _ if word.contains('>') => {}
            _ if is_assignment(word) => call.given.push(name.to_owned()),
            _ => {
                call.is_default = false;
                let known = expander.expand(word).unwrap_or_default();
                call.targets
                    .extend(known.split_whitespace().map(str::to_owned));
            }
        }
    }
    Some(call)
}
