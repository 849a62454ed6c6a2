//! Which of make's words are options, and what they take (GNU make manual, "Options Summary").

/// A word that is options of make's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// What the value of the last of them is.
    pub(super) kind: Kind,
    /// Where that value begins in the word itself.
    pub(super) at: Option<usize>,
    /// What the last of them takes from the next word.
    value: Value,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The folder that make goes to.
    Directory,
    /// A makefile.
    File,
    /// A makefile's text.
    Eval,
    /// Something else, or none.
    Other,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    None,
    /// Any text.
    Any,
    /// A number, if it is one.
    Number,
}

impl Options {
    pub(super) fn takes(self, next: &str) -> bool {
        match self.value {
            Value::None => false,
            Value::Any => true,
            Value::Number => next.starts_with(|first: char| first.is_ascii_digit()),
        }
    }
}

/// The options a word is; none if it is a target or a variable.
pub(super) fn option(word: &str) -> Option<Options> {
    if let Some(long) = word.strip_prefix("--") {
        return Some(long_option(long));
    }
    let letters = word
        .strip_prefix('-')
        .filter(|letters| !letters.is_empty())?;
    let mut found = Options {
        kind: Kind::Other,
        at: None,
        value: Value::None,
    };
    for (at, letter) in letters.char_indices() {
        let (kind, value) = match letter {
            'C' => (Kind::Directory, Value::Any),
            'f' => (Kind::File, Value::Any),
            'E' => (Kind::Eval, Value::Any),
            'I' | 'o' | 'W' => (Kind::Other, Value::Any),
            'j' | 'l' => (Kind::Other, Value::Number),
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
        } else {
            found.at = Some(at + 2);
        }
        return Some(Options { kind, ..found });
    }
    Some(found)
}

fn long_option(long: &str) -> Options {
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    // make takes the beginning of a name for the whole of it.
    let is = |whole: &&str| !name.is_empty() && whole.starts_with(name);
    let kinds = [
        (Kind::Directory, &["directory"][..]),
        (Kind::File, &["file", "makefile"]),
        (Kind::Eval, &["eval"]),
        (
            Kind::Other,
            &[
                "include-dir",
                "old-file",
                "assume-old",
                "what-if",
                "new-file",
                "assume-new",
            ],
        ),
    ];
    let found = kinds.into_iter().find(|(_, names)| names.iter().any(&is));
    Options {
        kind: found.map_or(Kind::Other, |(kind, _)| kind),
        at: value.map(|value| 2 + long.len() - value.len()),
        value: match (found, value) {
            (Some(_), None) => Value::Any,
            _ => Value::None,
        },
    }
}
