//! The first command of a recipe that does more than prepare.

use crate::make::scan::{
    reader::Reader,
    recipes::shell::{Command, commands},
    syntax::{
        functions::stem,
        text::{Piece, is_blank, is_name, pieces},
    },
};

/// Programs that only prepare, test, or speak.
const PREPARING: [&str; 24] = [
    ".", ":", "[", "[[", "cd", "chmod", "date", "echo", "exit", "export", "false", "mkdir",
    "printf", "pushd", "rm", "set", "shopt", "sleep", "source", "test", "time", "touch", "true",
    "unset",
];
/// Programs that only speak.
const SPEAKING: [&str; 6] = [":", "date", "echo", "printf", "time", "true"];
/// Names of what makes a line silent, as `$(Q)`.
const SILENCING: [&str; 10] = [
    "Q", "V", "AT", "E", "QUIET", "HIDE", "S", "SILENT", "ECHO", "VERB",
];
/// As many pieces of a line are written.
const MAX_STEPS: usize = 300;
/// How deep values are followed into values.
const MAX_DEPTH: usize = 4;
/// The longest value that is put in, in bytes.
const MAX_VALUE: usize = 60;
/// The longest line, in bytes; what is longer is cut.
const MAX_LINE: usize = 400;

/// A recipe's line with its commands.
struct Line {
    text: String,
    commands: Vec<Command>,
}

/// Whether a recipe does more than speak and call make.
pub(super) fn acts(recipe: &str) -> bool {
    let is_made = |command: &Command| {
        let program = command.program().unwrap_or_default();
        matches!(program, "$(MAKE)" | "${MAKE}" | "make") && !elsewhere(command)
    };
    commands(recipe)
        .iter()
        .any(|command| !speaks(command) && !is_made(command))
}

/// Whether a call of make is for another makefile.
fn elsewhere(command: &Command) -> bool {
    let mut words = command.arguments().iter();
    words.any(|word| word.starts_with("-C") || word.starts_with("-f") || word.starts_with("--"))
}

pub(super) fn speaks(command: &Command) -> bool {
    let speaking = |program: &str| {
        SPEAKING.contains(&program)
            || ["$(info ", "${info ", "$(warning "]
                .iter()
                .any(|call| program.starts_with(call))
    };
    command.program().is_none_or(speaking)
}

/// The command, as a person would type it.
pub(super) fn first_command(recipe: &str, target: &str, reader: &Reader) -> Option<String> {
    let lines = lines(recipe);
    let works = |line: &&Line| {
        let first = line.commands.first();
        let is_tested = first.is_some_and(|first| first.has("if") || first.has("case"));
        !is_tested && line.commands.iter().any(is_work)
    };
    let does_anything = |line: &&Line| {
        let silent = |command: &Command| {
            let program = command.program().unwrap_or(":");
            matches!(program, ":" | "true") || is_call_of(program, &["$(eval ", "$(error "])
        };
        !line.commands.iter().all(silent)
    };
    let removes = |line: &&Line| {
        let mut all = line.commands.iter();
        all.any(|one| matches!(one.program(), Some("rm" | "$(RM)" | "${RM}")))
    };
    let line = lines
        .iter()
        .find(works)
        .or_else(|| lines.iter().find(removes))
        .or_else(|| lines.iter().find(does_anything))?;
    let typed = typed(&line.text, target, reader);
    typed.contains(char::is_alphanumeric).then_some(typed)
}

fn is_work(command: &Command) -> bool {
    let works = |program: &str| {
        let calls = [
            "$(call ",
            "$(eval ",
            "$(if ",
            "$(foreach ",
            "$(error ",
            "$(file ",
        ];
        let is_function = is_call_of(program, &calls);
        let name = program.rsplit('/').next().unwrap_or(program);
        !PREPARING.contains(&name) && !is_function && !matches!(program, "$(RM)" | "${RM}")
    };
    command.program().is_some_and(works) && !speaks(command)
}

fn is_call_of(program: &str, functions: &[&str]) -> bool {
    functions.iter().any(|call| program.starts_with(call))
}

/// The lines of a recipe, each with its commands.
fn lines(recipe: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut is_continued = false;
    for raw in recipe.lines() {
        match lines.last_mut().filter(|_| is_continued) {
            Some(line) => {
                line.text.truncate(line.text.len() - 1);
                line.text.push(' ');
                line.text.push_str(raw.trim_start_matches(is_blank));
            }
            None => lines.push(Line {
                text: raw.to_owned(),
                commands: Vec::new(),
            }),
        }
        let slashes = raw.bytes().rev().take_while(|byte| *byte == b'\\').count();
        is_continued = slashes % 2 == 1;
    }
    for command in commands(recipe) {
        if let Some(line) = lines.get_mut(command.line) {
            line.commands.push(command);
        }
    }
    lines
}

fn typed(line: &str, target: &str, reader: &Reader) -> String {
    let line = &line[..line.floor_char_boundary(MAX_LINE)];
    let out = with_values(line, target, reader);
    let mut text = out.trim_start_matches(['@', '-', '+', ' ', '\t']);
    for name in SILENCING {
        for written in [format!("$({name})"), format!("${{{name}}}")] {
            text = text.strip_prefix(&written).unwrap_or(text).trim_start();
        }
    }
    let text = without_verbose(text).trim_start_matches(['@', '-', '+', ' ', '\t']);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches(['\\', ';', ' ']).to_owned()
}

/// A line without what prints it shorter: `$(verbose) cc a.c`, `$(call quiet,CC)cc a.c`.
fn without_verbose(text: &str) -> &str {
    let Some(Piece::Reference(inner)) = pieces(text).next() else {
        return text;
    };
    let lower = inner.to_ascii_lowercase();
    let is_one = ["verbose", "quiet", "silent"]
        .iter()
        .any(|word| lower.contains(word));
    match is_one {
        true => &text[inner.len() + 3..],
        false => text,
    }
}

/// A text with the values that are sure put in; the others stay as they are written.
pub(super) fn with_values(text: &str, target: &str, reader: &Reader) -> String {
    let mut typing = Typing {
        target,
        reader,
        left: MAX_STEPS,
    };
    let mut out = String::new();
    typing.put(text, 0, &mut out);
    out
}

/// A text that is written with its values.
struct Typing<'a> {
    target: &'a str,
    reader: &'a Reader,
    /// As many pieces may still be written.
    left: usize,
}

impl Typing<'_> {
    fn put(&mut self, text: &str, depth: usize, out: &mut String) {
        for piece in pieces(text) {
            let Some(left) = self.left.checked_sub(1) else {
                return;
            };
            self.left = left;
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Dollar => out.push('$'),
                Piece::Letter("@") => out.push_str(self.target),
                Piece::Letter("*") => out.push_str(self.stem().unwrap_or("$*")),
                Piece::Letter(letter) => out.extend(["$", letter]),
                Piece::Reference("MAKE") => out.push_str("make"),
                Piece::Reference("RM") if self.is_unset("RM") => out.push_str("rm -f"),
                Piece::Reference(inner) => match self.value(inner, depth) {
                    Some(value) => out.push_str(&value),
                    None => out.extend(["$(", inner, ")"]),
                },
            }
        }
    }

    /// What the `%` of a static pattern rule stands for.
    fn stem(&self) -> Option<&str> {
        let rules = &self.reader.rules;
        let own = &rules.targets[rules.position(self.target)?].rules;
        let mut patterns = own
            .iter()
            .filter_map(|rule| rules.list[*rule].pattern.as_deref());
        patterns.find_map(|pattern| stem(pattern, self.target))
    }

    fn is_unset(&self, name: &str) -> bool {
        let known = self.reader.variables.get(name);
        known.is_none_or(|one| one.value.is_none())
    }

    /// A value that is short and the same under every condition; none of one that is secret.
    fn value(&mut self, name: &str, depth: usize) -> Option<String> {
        if !is_name(name) || depth >= MAX_DEPTH {
            return None;
        }
        let variable = self.reader.variables.get(name)?;
        let is_sure = !variable.partly && !variable.is_filled_at_times;
        if !is_sure || variable.is_secret() || variable.is_text {
            return None;
        }
        let known = variable.shown_value();
        let known = known.filter(|value| value.len() <= MAX_VALUE)?;
        let mut out = String::new();
        self.put(known, depth + 1, &mut out);
        let is_known = !out.contains("$(") && !out.contains("${") && !out.contains('\n');
        (is_known && self.left > 0).then_some(out)
    }
}
