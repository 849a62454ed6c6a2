//! Which variables are secret by what takes them: `--password $(X)`, `PGPASSWORD=$(X)`, `Authorization: Bearer $(X)`.

use super::{super::secret_names::is_secret_name, alone};
use crate::make::scan::{
    reader::Reader,
    recipes::shell::{Command, Lead, commands},
    syntax::{
        builtin_names::is_given,
        text::{Piece, is_name, pieces},
    },
};

/// Of a recipe, as much is looked through, in bytes.
const MAX_RECIPE: usize = 16 << 10;
/// Programs whose `-p` takes a password.
const LOGINS: [&str; 7] = [
    "docker", "helm", "nerdctl", "oras", "podman", "skopeo", "sshpass",
];
/// Programs whose `-p` has one right behind it.
const CLIENTS: [&str; 4] = ["mariadb", "mysql", "mysqladmin", "mysqldump"];
/// Options that make a program read one from what is piped into it.
const PIPED: [&str; 3] = ["--password-stdin", "--with-token", "--passphrase-fd"];

/// Marks them.
pub(super) fn mark(reader: &mut Reader) {
    let mut found: Vec<String> = Vec::new();
    for rule in &reader.rules.list {
        let text = &rule.text[..rule.text.floor_char_boundary(MAX_RECIPE)];
        if rule.language.interpreter().is_none() && (text.contains('$') || text.contains("env:")) {
            in_recipe(text, &mut found);
        }
    }
    let variables = reader.variables.list.iter();
    let given = variables
        .filter(|one| one.is_secret())
        .flat_map(|one| &one.given);
    found.extend(given.filter_map(|text| alone(text)).map(str::to_owned));
    for name in found {
        if let Some(index) = reader
            .variables
            .position(&name)
            .filter(|_| !is_given(&name))
        {
            let variable = &mut reader.variables.list[index];
            // What is written out in the makefile for everybody to read, as a test's password, is nobody's secret.
            let is_written = |text: &String| !text.contains('$');
            let is_public = variable.value.is_some()
                && !variable.optional
                && !variable.given.is_empty()
                && variable.given.iter().all(is_written);
            variable.is_taken_as_secret |= !is_public || variable.dotenv().is_some();
        }
    }
}

fn in_recipe(text: &str, found: &mut Vec<String>) {
    let all = commands(text);
    for (at, command) in all.iter().enumerate() {
        let words = command.words.iter().map(String::as_str);
        let words: Vec<&str> = words.collect();
        let next = all.get(at + 1).filter(|next| next.lead == Lead::Pipe);
        if speaks(command) && next.is_some_and(|next| has(next, &PIPED)) {
            found.extend(
                words
                    .iter()
                    .filter_map(|word| alone(word))
                    .map(str::to_owned),
            );
        }
        for (at, word) in words.iter().enumerate() {
            let before = at.checked_sub(1).map_or("", |before| words[before]);
            let name = taken(word, before, command);
            found.extend(name.map(str::to_owned));
        }
    }
}

fn speaks(command: &Command) -> bool {
    matches!(command.program(), Some("echo" | "printf"))
}

fn has(command: &Command, wanted: &[&str]) -> bool {
    let mut words = command.words.iter();
    words.any(|word| wanted.contains(&word.as_str()))
}

/// The variable whose value a word hands on as a secret.
fn taken<'w>(word: &'w str, before: &str, command: &Command) -> Option<&'w str> {
    // `openssl enc -pass env:NAME`
    if let Some(name) = word.strip_prefix("env:").filter(|name| is_name(name)) {
        return matches!(before, "-pass" | "-passin" | "-passout").then_some(name);
    }
    if !word.contains('$') {
        return None;
    }
    let program = command.program().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or(program);
    if let Some(name) = alone(word) {
        let is_login = before == "-p"
            && LOGINS.contains(&program)
            && (program == "sshpass" || command.words.iter().any(|word| word == "login"));
        let is_secret = before.starts_with("--") && !before.contains('=') && is_called_so(before);
        return (is_login || is_secret).then_some(name);
    }
    if word.to_ascii_lowercase().contains("authorization:") {
        return last_named(word);
    }
    let (key, value) = word.find('$').map(|at| word.split_at(at))?;
    let name = alone(value)?;
    let is_given = key
        .strip_suffix('=')
        .is_some_and(|key| !key.ends_with(['$', '!', '=']) && is_called_so(key));
    let is_user = matches!(before, "-u" | "--user") && program == "curl" && key.ends_with(':');
    let is_own = key == "pass:" || (key == "-p" && CLIENTS.contains(&program));
    (is_given || is_user || is_own).then_some(name)
}

/// Whether the last name in a text is that of a secret: `--from-literal=db-password`.
fn is_called_so(text: &str) -> bool {
    let is_word = |c: char| matches!(c, '_' | '-') || c.is_ascii_alphanumeric();
    let name = &text[text.trim_end_matches(is_word).len()..];
    is_secret_name(&name.trim_start_matches('-').replace('-', "_"))
}

/// The last variable that a text names.
fn last_named(text: &str) -> Option<&str> {
    let names = pieces(text).filter_map(|piece| match piece {
        Piece::Reference(name) if is_name(name) => Some(name),
        _ => None,
    });
    names.last()
}
