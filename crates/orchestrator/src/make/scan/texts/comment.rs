//! What comments say: docs, `##@` groups and `@` annotations.

use super::{
    super::syntax::text::{cut, first_word, is_blank},
    prose::{heading_in, is_drawn, is_remark},
};
use crate::project::VariableKind;

/// The longest doc that is kept, in characters.
const MAX_DOC: usize = 400;

/// The annotations that are known; other words with an `@` are part of the text.
const KNOWN: [&str; 14] = [
    "confirm",
    "danger",
    "hidden",
    "group",
    "timeout",
    "pty",
    "exclusive",
    "grace",
    "param",
    "choice",
    "bool",
    "secret",
    "file",
    "host",
];

/// A comment line, without its marks.
#[derive(Debug, Clone)]
pub(in crate::make::scan) struct Comment {
    /// Whether it started with `##`: written for users of the makefile, not for its readers.
    pub(in crate::make::scan) doubled: bool,
    pub(in crate::make::scan) text: String,
    /// Whether it is a recipe's line that was taken out: `#<TAB>@echo old`.
    pub(in crate::make::scan) is_old_recipe: bool,
}

/// A comment line as it is in the file.
pub(in crate::make::scan) enum Marked {
    /// `##@ Heading`
    Group(String),
    /// `# text` or `## text`
    Line(Comment),
    /// `#####`, a line drawn.
    Rule,
    /// `# --- Heading ---`, a line drawn around a heading.
    Banner(String),
}

/// Reads a comment; `line` starts with `#`.
pub(in crate::make::scan) fn marked(line: &str) -> Marked {
    if let Some(heading) = line.strip_prefix("##@") {
        return Marked::Group(heading.trim().to_owned());
    }
    let text = line.trim_start_matches('#');
    let marks = line.len() - text.len();
    let is_old_recipe = marks == 1 && text.starts_with('\t');
    // `#? name: text` is another mark for what help shows.
    let (text, is_asked) = match text.strip_prefix("? ") {
        Some(text) if marks == 1 => (text, true),
        _ => (text, false),
    };
    // `target: #- text` and `#: text`, as other marks.
    let signs = ["- ", ": ", "> ", "| ", "! "];
    let signed = signs.iter().find_map(|sign| text.strip_prefix(sign));
    // `#! /usr/bin/make -f` is for the system.
    let signed = signed.filter(|text| marks == 1 && !text.starts_with('/'));
    let text = signed.unwrap_or(text).trim();
    let (text, is_asked) = match named_help(text) {
        Some(text) => (text, true),
        None => (text, is_asked),
    };
    if is_drawn(text) || (marks > 2 && text.is_empty()) {
        return Marked::Rule;
    }
    if let Some(heading) = heading_in(text, marks) {
        return Marked::Banner(heading);
    }
    let bare = text.trim_end_matches('#');
    let text = if text.len() - bare.len() >= 2 {
        bare.trim()
    } else {
        text
    };
    Marked::Line(Comment {
        doubled: marks >= 2 || is_asked,
        text: text.to_owned(),
        is_old_recipe,
    })
}

/// What is behind a word that calls it help: `@help Start it`.
fn named_help(text: &str) -> Option<&str> {
    let (word, rest) = first_word(text.strip_prefix('@')?);
    let word = word.trim_end_matches(':').to_ascii_lowercase();
    let is_help =
        ["brief", "desc", "description", "doc", "help", "summary"].contains(&word.as_str());
    (is_help && !rest.is_empty()).then_some(rest)
}

/// What is known of a target or a variable from the comments at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::make::scan) struct Notes {
    pub(in crate::make::scan) doc: Option<String>,
    /// Whether the doc comes from a `##` comment.
    pub(in crate::make::scan) documented: bool,
    pub(in crate::make::scan) group: Option<String>,
    /// Why running it asks first.
    pub(in crate::make::scan) danger: Option<String>,
    pub(in crate::make::scan) hidden: bool,
    /// What it says of a terminal.
    pub(in crate::make::scan) pty: Option<bool>,
    /// Whether it never runs twice at once.
    pub(in crate::make::scan) exclusive: bool,
    /// Milliseconds that a cancel waits after INT, and after TERM.
    pub(in crate::make::scan) graces: Vec<u64>,
    /// Milliseconds that it may run.
    pub(in crate::make::scan) timeout: Option<u64>,
    pub(in crate::make::scan) choices: Vec<String>,
    /// What it says of its being secret.
    pub(in crate::make::scan) secret: Option<bool>,
    pub(in crate::make::scan) kind: VariableKind,
    /// What a target's comment says of variables.
    pub(in crate::make::scan) params: Vec<Param>,
    /// What annotations say that makes no sense.
    pub(in crate::make::scan) problems: Vec<String>,
}

/// `@param NAME text`, and the annotations after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::make::scan) struct Param {
    pub(in crate::make::scan) name: String,
    pub(in crate::make::scan) doc: Option<String>,
    pub(in crate::make::scan) choices: Vec<String>,
    pub(in crate::make::scan) secret: Option<bool>,
    pub(in crate::make::scan) kind: VariableKind,
}

/// Reads the comment lines above something, and the comment on its own line, which goes first.
pub(in crate::make::scan) fn notes(above: &[Comment], beside: Option<&Comment>) -> Notes {
    let mut notes = Notes::default();
    let mut above_doc: Vec<String> = Vec::new();
    let mut beside_doc = None;
    for comment in above.iter().filter(|comment| comment.doubled) {
        above_doc.push(notes.annotate(&comment.text));
    }
    if let Some(comment) = beside.filter(|comment| comment.doubled) {
        beside_doc = Some(notes.annotate(&comment.text)).filter(|text| !text.is_empty());
    }
    notes.doc = beside_doc.or_else(|| paragraph(&above_doc));
    notes.documented = notes.doc.is_some();
    if let Some(plain) = beside.filter(|comment| notes.doc.is_none() && is_help(comment)) {
        notes.doc = paragraph(&[notes.annotate(&plain.text)]);
    }
    if notes.doc.is_none() && above_doc.is_empty() {
        // What is shown as help may say more by annotations, whatever its marks.
        let mut plain = above.iter().map(|comment| comment.text.as_str()).peekable();
        let is_skipped = |text: &&str| is_remark(text) && annotations(text).is_empty();
        while plain.next_if(is_skipped).is_some() {}
        let plain: Vec<String> = plain.map(|text| notes.annotate(text)).collect();
        notes.doc = paragraph(&plain);
        if above.iter().any(|comment| comment.is_old_recipe) {
            notes.doc = None;
        }
    }
    notes
}

/// Whether a plain comment beside something documents it for a user.
fn is_help(comment: &Comment) -> bool {
    !comment.doubled && !comment.is_old_recipe && !is_remark(&comment.text)
}

/// The first lines up to an empty one, as one.
fn paragraph(lines: &[String]) -> Option<String> {
    let lines = lines.iter().map(String::as_str);
    let lines = lines.skip_while(|line| line.is_empty());
    let all: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    // How it is called is what the form is for.
    let without = all.iter().filter(|line| !is_call(line)).copied();
    let without: Vec<&str> = without.collect();
    let text = if without.is_empty() { all } else { without }.join(" ");
    (!text.is_empty()).then(|| cut(&text, MAX_DOC))
}

/// Whether a line only shows how a target is called: `Usage: make deploy ENV=prod`, `e.g. make deploy`.
fn is_call(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let (word, rest) = first_word(&lower);
    let word = word.trim_end_matches([':', '.', ',']);
    let is_led = ["usage", "example", "examples", "e.g", "eg", "ex"].contains(&word);
    let (call, rest) = match is_led {
        true => first_word(rest),
        false => (word, rest),
    };
    let is_make = call.trim_start_matches(['`', '$', '"']) == "make";
    is_make && (is_led || (rest.contains('=') && rest.split(is_blank).count() <= 4))
}

impl Notes {
    /// Takes in a comment that names what it is about; it is written for users.
    pub(in crate::make::scan) fn take_named(&mut self, text: &str) {
        let text = self.annotate(text);
        if !text.is_empty() {
            self.doc = Some(cut(&text, MAX_DOC));
            self.documented = true;
        }
    }

    /// Takes the annotations out of a line and gives back its text.
    fn annotate(&mut self, line: &str) -> String {
        let mut starts = annotations(line);
        let text = line[..starts.first().map_or(line.len(), |(at, _)| *at)].trim();
        starts.push((line.len(), ""));
        for pair in starts.windows(2) {
            let (at, word) = pair[0];
            let argument = line[at + 1 + word.len()..pair[1].0].trim();
            self.take(word, argument.trim_matches('"').trim());
        }
        text.to_owned()
    }

    fn take(&mut self, word: &str, argument: &str) {
        let given = (!argument.is_empty()).then(|| argument.to_owned());
        match word {
            "confirm" => self.danger = given.or_else(|| Some("asks before it runs".to_owned())),
            "danger" => self.danger = given.or_else(|| Some("marked as dangerous".to_owned())),
            "group" => self.group = given,
            "hidden" => self.hidden = true,
            "pty" => self.pty = Some(!is_no(argument)),
            "exclusive" => self.exclusive = true,
            "grace" => match graces(argument) {
                Some(graces) => self.graces = graces,
                None => self.problems.push(format!(
                    "@grace {argument}: it takes one or two times, as in @grace 30s 10s"
                )),
            },
            "timeout" => match timeout(argument) {
                Some(timeout) => self.timeout = Some(timeout),
                None => self.problems.push(format!(
                    "@timeout {argument}: it takes one time, as in @timeout 10m"
                )),
            },
            "param" => {
                let (name, doc) = argument.split_once(is_blank).unwrap_or((argument, ""));
                self.params.push(Param {
                    name: name.to_owned(),
                    doc: Some(doc.trim().to_owned()).filter(|doc| !doc.is_empty()),
                    ..Param::default()
                });
            }
            // `@choice`, `@secret` and the kinds after a `@param` belong to that; before any, to the variable the
            // comment is at.
            "choice" => {
                let choices = argument
                    .split('|')
                    .map(|one| one.trim().to_owned())
                    .collect();
                match self.params.last_mut() {
                    Some(param) => param.choices = choices,
                    None => self.choices = choices,
                }
            }
            "secret" => {
                let is_secret = Some(!is_no(argument));
                match self.params.last_mut() {
                    Some(param) => param.secret = is_secret,
                    None => self.secret = is_secret,
                }
            }
            "bool" => self.take_kind(VariableKind::Bool),
            "file" => self.take_kind(VariableKind::File),
            "host" => self.take_kind(VariableKind::Host),
            _ => {}
        }
    }

    fn take_kind(&mut self, kind: VariableKind) {
        match self.params.last_mut() {
            Some(param) => param.kind = kind,
            None => self.kind = kind,
        }
    }
}

/// Whether an annotation's word takes it back.
fn is_no(argument: &str) -> bool {
    matches!(argument, "no" | "off" | "false")
}

/// The times after `@grace`, in milliseconds: one or two, each of at most a day.
fn graces(argument: &str) -> Option<Vec<u64>> {
    let times: Vec<u64> = argument
        .split_whitespace()
        .map(time)
        .collect::<Option<_>>()?;
    let sensible = (1..=2).contains(&times.len()) && times.iter().all(|time| *time <= 86_400_000);
    sensible.then_some(times)
}

/// The time after `@timeout`, in milliseconds: one, of at most a year.
fn timeout(argument: &str) -> Option<u64> {
    time(argument).filter(|time| (1..=31_536_000_000).contains(time))
}

/// `500ms`, `30s`, `2m`, `1h` or `30`, in milliseconds.
fn time(word: &str) -> Option<u64> {
    let end = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    let number: u64 = word[..end].parse().ok()?;
    let unit = match &word[end..] {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// Where the annotations of a line start, with their words.
fn annotations(line: &str) -> Vec<(usize, &str)> {
    line.match_indices('@')
        .filter(|(at, _)| *at == 0 || line[..*at].ends_with(is_blank))
        .filter_map(|(at, _)| {
            let rest = &line[at + 1..];
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let word = &rest[..end];
            let ends = rest[end..].is_empty() || rest[end..].starts_with(is_blank);
            (ends && KNOWN.contains(&word)).then_some((at, word))
        })
        .collect()
}
