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
    let mut words_left = args.iter().peekable();
    let mut options = true;
    while let Some(word) = words_left.next() {
        let option = options.then(|| option(word)).flatten();
        let Some((name, value)) = word.split_once('=').filter(|_| option.is_none()) else {
            match option {
                None => targets.push(word.clone()),
                Some(_) if word == "--" => options = false,
                Some(option) => {
                    is_elsewhere |= option.elsewhere;
                    let more = words_left.next_if(|next| option.takes(next));
                    words.push(word.clone());
                    seen.push(word.clone());
                    words.extend(more.cloned());
                    seen.extend(more.cloned());
                    continue;
                }
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

/// A word that is options of make's.
#[derive(Debug, Clone, Copy)]
struct Options {
    /// Whether one of them has make read other makefiles than the folder's.
    elsewhere: bool,
    /// What the last of them takes from the next word.
    value: Value,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    None,
    /// Whatever it is.
    Any,
    /// A number, where it is one.
    Number,
}

impl Options {
    fn takes(self, next: &str) -> bool {
        match self.value {
            Value::None => false,
            Value::Any => true,
            Value::Number => next.starts_with(|first: char| first.is_ascii_digit()),
        }
    }
}

/// The options a word is (GNU make manual, "Options Summary"); none where it is a target or a variable.
fn option(word: &str) -> Option<Options> {
    let mut found = Options {
        elsewhere: false,
        value: Value::None,
    };
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        // make takes the beginning of a name for the whole of it.
        let is = |whole: &str| !name.is_empty() && whole.starts_with(name);
        found.elsewhere = ["directory", "file", "makefile"].into_iter().any(is);
        let with = [
            "include-dir",
            "old-file",
            "assume-old",
            "what-if",
            "new-file",
            "assume-new",
            "eval",
        ];
        if !long.contains('=') && (found.elsewhere || with.into_iter().any(is)) {
            found.value = Value::Any;
        }
        return Some(found);
    }
    let letters = word
        .strip_prefix('-')
        .filter(|letters| !letters.is_empty())?;
    for (at, letter) in letters.char_indices() {
        found.elsewhere |= matches!(letter, 'C' | 'f');
        let value = match letter {
            'C' | 'f' | 'I' | 'o' | 'W' | 'E' => Value::Any,
            'j' | 'l' => Value::Number,
            'O' => return Some(found),
            _ => continue,
        };
        let rest = &letters[at + 1..];
        if rest.is_empty() {
            found.value = value;
        } else if matches!(value, Value::Number)
            && !rest.starts_with(|first: char| first.is_ascii_digit())
        {
            // `-jk`: the letters go on.
            continue;
        }
        return Some(found);
    }
    Some(found)
}

#[cfg(test)]
mod tests;
