//! Takes the values of secret variables out of words and makefile text, in whatever way they are given, and puts a
//! reference to the environment there.

use crate::make::argv::carrier;

/// What is taken out.
pub(super) struct Concealed<'a> {
    is_secret: &'a dyn Fn(&str) -> bool,
    /// The environment that hands it on.
    env: Vec<(String, String)>,
    /// The variables in makefile text that it was taken from.
    names: Vec<String>,
}

/// An assignment in a text: where its value begins, and whose it is.
struct Given<'a> {
    /// All before the value: `override TOKEN := `.
    front: &'a str,
    /// The variable's name.
    name: &'a str,
    value: &'a str,
}

impl<'a> Concealed<'a> {
    pub(super) fn of(is_secret: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            is_secret,
            env: Vec::new(),
            names: Vec::new(),
        }
    }

    /// The environment that hands the values on, and the variables in makefile text that have some of them.
    pub(super) fn environment(self) -> (Vec<(String, String)>, Vec<String>) {
        (self.env, self.names)
    }

    /// A word of the command line as make is to get it, and as it may be seen.
    pub(super) fn word(&mut self, word: &str) -> (String, String) {
        match given(word).filter(|given| (self.is_secret)(given.name)) {
            Some(Given { front, name, value }) => {
                let taken = self.carry(name, value);
                (format!("{front}{taken}"), format!("{front}…"))
            }
            None => (word.to_owned(), word.to_owned()),
        }
    }

    /// The same of a text that make reads as a makefile (`--eval`), line by line: assignments, be they for one target, and
    /// defined texts.
    pub(super) fn makefile(&mut self, text: &str) -> (String, String) {
        let (mut taken, mut shown) = (Vec::new(), Vec::new());
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            if let Some(name) = defined(line).filter(|name| (self.is_secret)(name)) {
                let mut body = Vec::new();
                let mut end = None;
                for line in lines.by_ref() {
                    if line.trim_start().starts_with("endef") {
                        end = Some(line);
                        break;
                    }
                    body.push(line);
                }
                let carried = self.carry(name, &body.join("\n"));
                self.names.push(name.to_owned());
                taken.extend([line.to_owned(), carried]);
                shown.extend([line.to_owned(), "…".to_owned()]);
                taken.extend(end.map(str::to_owned));
                shown.extend(end.map(str::to_owned));
                continue;
            }
            let (one, visible) = match given(line).filter(|given| (self.is_secret)(given.name)) {
                Some(Given { front, name, value }) => {
                    let carried = self.carry(name, without_comment(value).trim());
                    self.names.push(name.to_owned());
                    (format!("{front}{carried}"), format!("{front}…"))
                }
                None => (line.to_owned(), line.to_owned()),
            };
            taken.push(one);
            shown.push(visible);
        }
        (taken.join("\n"), shown.join("\n"))
    }

    /// Has the environment carry a value; the reference by which make takes it.
    fn carry(&mut self, name: &str, value: &str) -> String {
        let mut carrier = carrier(name);
        // Each has one of its own, since `TOKEN+=…` may follow `TOKEN=…`.
        let same = |(known, _): &&(String, String)| known.starts_with(&carrier);
        let before = self.env.iter().filter(same).count();
        if before > 0 {
            carrier = format!("{carrier}.{before}");
        }
        match literal(value) {
            Some(value) => {
                let taken = format!("$(value {carrier})");
                self.env.push((carrier, value));
                taken
            }
            // As make would take the value itself: with what it refers to.
            None => {
                let taken = format!("$({carrier})");
                self.env.push((carrier, value.to_owned()));
                taken
            }
        }
    }
}

/// Reads `NAME=value` in make's flavours, with words before it (`override`, `export`, `target:`) or none.
fn given(text: &str) -> Option<Given<'_>> {
    let equals = text.find('=')?;
    let (front, value) = text.split_at(equals + 1);
    let name = front[..equals]
        .trim_end_matches([':', '?', '+', '!'])
        .trim_end();
    let start = name.rfind([' ', '\t', ':']).map_or(0, |at| at + 1);
    let name = &name[start..];
    (!name.is_empty()).then_some(Given { front, name, value })
}

/// The name that a line begins to define as a text.
fn defined(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| matches!(*word, "override" | "export"));
    (words.next()? == "define")
        .then(|| words.next())
        .flatten()
        .map(|name| name.trim_end_matches(['=', ':', '?', '+']))
}

/// A value as a makefile's line has it: up to a `#`, if no backslash is before that.
fn without_comment(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for char in value.chars() {
        if char == '#' {
            if !out.ends_with('\\') {
                break;
            }
            out.pop();
        }
        out.push(char);
    }
    out
}

/// What make makes of a text that refers to nothing: its `$$` are `$`.
fn literal(text: &str) -> Option<String> {
    let refers = text.split("$$").any(|part| part.contains('$'));
    (!refers).then(|| text.replace("$$", "$"))
}
