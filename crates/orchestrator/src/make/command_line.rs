//! make's own command line, as a person types it: handed on word by word, but for secrets.

mod conceal;
mod options;

use std::path::{Path, PathBuf};

use self::{
    conceal::Concealed,
    options::{Kind, option},
};
use super::Command;

/// A command line that is ready to run, and what it says.
#[derive(Debug)]
pub struct Line {
    /// The program, its arguments and its environment.
    pub command: Command,
    /// The targets it names.
    pub targets: Vec<String>,
    /// The variables it sets, in order; a secret one by its name alone.
    pub variables: Vec<(String, Option<String>)>,
    /// Which other makefile than the folder's it has make read, if it does.
    pub elsewhere: Option<Elsewhere>,
}

/// Options by which make looks for files to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The folder that make goes to (`-C`).
    pub dir: PathBuf,
    /// The makefiles it reads there (`-f`); none if it is that folder's own.
    pub files: Vec<String>,
}

/// `make ARGS…` in a folder; None if a word holds a NUL, which no argument can. The values of variables that
/// `is_secret` names go by environment alone.
#[must_use]
pub fn line(dir: &Path, args: &[String], is_secret: impl Fn(&str) -> bool) -> Option<Line> {
    let (mut words, mut visible) = (Vec::new(), vec!["make".to_owned()]);
    let (mut targets, mut variables) = (Vec::new(), Vec::new());
    let (mut dirs, mut files) = (Vec::new(), Vec::new());
    let mut concealed = Concealed::of(&is_secret);
    let mut words_left = args.iter().peekable();
    let mut options = true;
    while let Some(word) = words_left.next() {
        let Some(option) = options.then(|| option(word)).flatten() else {
            let (taken, shown) = concealed.word(word);
            match word.split_once('=') {
                None => targets.push(word.clone()),
                Some((name, value)) => {
                    // `:=`, `::=`, `?=` and `+=` set a variable too.
                    let plain = name.trim_end_matches([':', '?', '+', '!']).trim();
                    let value = (taken == *word).then(|| value.to_owned());
                    variables.push((plain.to_owned(), value));
                }
            }
            words.push(taken);
            visible.push(shown);
            continue;
        };
        options = word != "--";
        let more = words_left.next_if(|next| option.takes(next));
        let value = match (option.at, more) {
            (Some(at), _) => Some(&word[at..]),
            (None, more) => more.map(String::as_str),
        };
        match (option.kind, value) {
            (Kind::Directory, Some(value)) => dirs.push(value.to_owned()),
            (Kind::File, Some(value)) => files.push(value.to_owned()),
            (Kind::Eval, Some(value)) => {
                let front = option.at.map_or("", |at| &word[..at]);
                if more.is_some() {
                    words.push(word.clone());
                    visible.push(word.clone());
                }
                let (taken, shown) = concealed.makefile(value);
                words.push(format!("{front}{taken}"));
                visible.push(format!("{front}{shown}"));
                continue;
            }
            _ => {}
        }
        words.extend(std::iter::once(word).chain(more).cloned());
        visible.extend(std::iter::once(word).chain(more).cloned());
    }
    let (env, names) = concealed.environment();
    variables.extend(names.into_iter().map(|name| (name, None)));
    let is_elsewhere = !dirs.is_empty() || !files.is_empty();
    let elsewhere = is_elsewhere.then(|| Elsewhere {
        // Each is relative to the one before.
        dir: dirs.iter().fold(dir.to_owned(), |at, next| at.join(next)),
        files,
    });
    Some(Line {
        command: Command {
            program: "make".into(),
            args: words,
            cwd: dir.to_owned(),
            shown: shlex::try_join(visible.iter().map(String::as_str)).ok()?,
            env,
        },
        targets,
        variables,
        elsewhere,
    })
}

#[cfg(test)]
mod tests;
