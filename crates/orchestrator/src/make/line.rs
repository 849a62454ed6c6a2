//! make's own command line, as a person types it: handed on word by word, but for secrets.

use std::path::Path;

use super::{Command, argv::carrier};

/// A command line that is ready to run, and what it says.
#[derive(Debug)]
pub struct Line {
    /// The program, its arguments and its environment.
    pub command: Command,
    /// The targets it names.
    pub targets: Vec<String>,
    /// The variables it sets, in order; a secret one by its name alone.
    pub variables: Vec<(String, Option<String>)>,
    /// Whether it has make read another makefile than the folder's: only make knows then what holds.
    pub elsewhere: bool,
}

/// `make ARGS…` in a folder; None where a word holds a NUL, which no argument can. The values of variables that
/// `is_secret` names go by environment, and stand nowhere else.
#[must_use]
pub fn line(dir: &Path, args: &[String], is_secret: impl Fn(&str) -> bool) -> Option<Line> {
    let (mut words, mut seen, mut env) = (Vec::new(), vec!["make".to_owned()], Vec::new());
    let (mut targets, mut variables, mut is_elsewhere) = (Vec::new(), Vec::new(), false);
    for word in args {
        is_elsewhere |= elsewhere(word);
        let Some((name, value)) = word.split_once('=').filter(|_| !word.starts_with('-')) else {
            if !word.starts_with('-') {
                targets.push(word.clone());
            }
            words.push(word.clone());
            seen.push(word.clone());
            continue;
        };
        // `:=`, `::=`, `?=` and `+=` set a variable too.
        let plain = name.trim_end_matches([':', '?', '+', '!']).trim();
        if is_secret(plain) {
            let carrier = carrier(plain);
            let (value, taken) = match literal(value) {
                Some(value) => (value, format!("$(value {carrier})")),
                // As make would take the value itself: with what it refers to.
                None => (value.to_owned(), format!("$({carrier})")),
            };
            words.push(format!("{name}={taken}"));
            env.push((carrier, value));
            seen.push(format!("{name}=…"));
            variables.push((plain.to_owned(), None));
        } else {
            words.push(word.clone());
            seen.push(word.clone());
            variables.push((plain.to_owned(), Some(value.to_owned())));
        }
    }
    Some(Line {
        command: Command {
            program: "make".into(),
            args: words,
            cwd: dir.to_owned(),
            shown: shlex::try_join(seen.iter().map(String::as_str)).ok()?,
            env,
        },
        targets,
        variables,
        elsewhere: is_elsewhere,
    })
}

/// What make makes of a text that refers to nothing: its `$$` are `$`.
fn literal(text: &str) -> Option<String> {
    let refers = text.split("$$").any(|part| part.contains('$'));
    (!refers).then(|| text.replace("$$", "$"))
}

fn elsewhere(word: &str) -> bool {
    let options = ["-C", "-f", "--directory", "--file", "--makefile"];
    options.iter().any(|option| word.starts_with(option))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_as_they_are_and_secrets_by_environment() {
        let args = ["-j4", "deploy", "ENV=a b", "TOKEN:=s3cret$$x", "-k"].map(str::to_owned);
        let line = line(Path::new("/here"), &args, |name| name == "TOKEN").unwrap();
        let words = [
            "-j4",
            "deploy",
            "ENV=a b",
            "TOKEN:=$(value VMO_SECRET_TOKEN)",
            "-k",
        ];
        assert_eq!(line.command.args, words);
        assert_eq!(
            line.command.shown,
            "make -j4 deploy 'ENV=a b' 'TOKEN:=…' -k"
        );
        let carried = ("VMO_SECRET_TOKEN".to_owned(), "s3cret$x".to_owned());
        assert_eq!(line.command.env, [carried]);
        assert_eq!(line.targets, ["deploy"]);
        let kept = [
            ("ENV".to_owned(), Some("a b".to_owned())),
            ("TOKEN".to_owned(), None),
        ];
        assert_eq!(line.variables, kept);
        assert!(!line.elsewhere);
        let refers = ["TOKEN=a$(B)".to_owned()];
        let refers = super::line(Path::new("/here"), &refers, |_| true).unwrap();
        assert_eq!(refers.command.args, ["TOKEN=$(VMO_SECRET_TOKEN)"]);
        assert_eq!(refers.command.env[0].1, "a$(B)");
        let nul = ["a\0b".to_owned()];
        assert!(super::line(Path::new("/here"), &nul, |_| false).is_none());
    }
}
