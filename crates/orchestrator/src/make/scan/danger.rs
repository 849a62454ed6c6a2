//! Recipes that ask before they run, by what their commands are. It reads shell code as words, not as a shell would: a
//! question too many costs a click, one too few may cost a database.

mod programs;
mod readable;

use programs::RULES;
pub(super) use readable::readable;

use super::{text::cut, variables::Variables};

/// What follows `drop` in SQL that is worth asking for.
const DROPPED: &[&str] = &[
    "table", "database", "schema", "index", "view", "user", "role", "column", "owned",
];

/// How it begins what is said of a dangerous command.
const RUNS: &str = "runs `";

/// The first dangerous command of a recipe, as a person would read it.
pub(super) fn command(recipe: &str, variables: &Variables) -> Option<String> {
    let text = readable(recipe, variables);
    segments(&text)
        .into_iter()
        .find_map(|words| dangerous(&words))
}

/// Why a shell's command line asks before it runs, where it does: by the rules for recipes.
#[must_use]
pub fn danger(command: &str) -> Option<String> {
    let mut commands = segments(command).into_iter();
    let found = commands.find_map(|words| dangerous(&words))?;
    Some(runs(&found))
}

/// What is said of a dangerous command.
pub(super) fn runs(command: &str) -> String {
    format!("{RUNS}{command}`")
}

/// Whether it is a rule that says why something asks before it runs, and no comment of the makefile.
#[must_use]
pub fn is_by_rule(danger: &str) -> bool {
    danger.starts_with(RUNS)
}

/// The commands of a recipe, each as its words without quotes. Quotes keep a command together.
fn segments(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let (mut word, mut quote, mut escaped) = (String::new(), None, false);
    for c in text.chars() {
        let ends = quote.is_none() && matches!(c, ';' | '|' | '&' | '(' | ')' | '`')
            || c == '\n' && !escaped;
        if ends || c.is_whitespace() {
            if c == '\n' && !escaped {
                quote = None;
            }
            if !word.is_empty() {
                let last = all.last_mut().into_iter();
                last.for_each(|segment| segment.push(std::mem::take(&mut word)));
            }
            if ends {
                all.push(Vec::new());
            }
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '"' | '\'') {
            quote = Some(c);
        } else if c != '\\' {
            word.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    if let Some(segment) = all.last_mut()
        && !word.is_empty()
    {
        segment.push(word);
    }
    all
}

fn dangerous(words: &[String]) -> Option<String> {
    let first = words.first()?.trim_start_matches(['@', '-', '+']);
    if first.starts_with('#') {
        return None;
    }
    let end = words.iter().position(|word| word.starts_with('#'));
    let words = &words[..end.unwrap_or(words.len())];
    let speaks = matches!(first, "echo" | "printf" | ":");
    for (index, word) in words.iter().enumerate() {
        let rest = &words[index + 1..];
        let found = sql(word, rest) || (!speaks && program(word, rest));
        if found {
            let shown: Vec<&str> = std::iter::once(word.trim_start_matches(['@', '-', '+']))
                .chain(rest.iter().map(String::as_str))
                .collect();
            return Some(cut(&shown.join(" "), 80));
        }
    }
    None
}

fn program(word: &str, rest: &[String]) -> bool {
    let word = word.trim_start_matches(['@', '-', '+']);
    let name = word.rsplit('/').next().unwrap_or(word);
    // `$(KUBECTL)`, wherever it comes from, is most likely kubectl.
    let variable = name
        .strip_prefix("${")
        .and_then(|name| name.strip_suffix('}'));
    let name = variable.map_or_else(|| name.to_owned(), str::to_lowercase);
    if name == "rm" {
        return removes_trees(rest);
    }
    RULES.iter().any(|(programs, alternatives)| {
        programs
            .iter()
            .any(|program| *program == name || (*program == "mkfs" && name.starts_with("mkfs.")))
            && alternatives.iter().any(|wanted| in_order(wanted, rest))
    })
}

/// `rm` with both `-r` and `-f`, in whatever way they are written.
fn removes_trees(rest: &[String]) -> bool {
    let has = |short: [char; 2], long: &str| {
        rest.iter().take_while(|word| *word != "--").any(|word| {
            word == long
                || (word.starts_with('-') && !word.starts_with("--") && word.contains(short))
        })
    };
    has(['r', 'R'], "--recursive") && has(['f', 'f'], "--force")
}

fn in_order(wanted: &[&str], words: &[String]) -> bool {
    let mut words = words.iter();
    wanted.iter().all(|want| {
        words.any(|word| match want.strip_suffix('*') {
            Some(start) => word.starts_with(start),
            None => word == want,
        })
    })
}

fn sql(word: &str, rest: &[String]) -> bool {
    let is = |at: usize, wanted: &[&str]| {
        rest.get(at)
            .is_some_and(|word| wanted.iter().any(|want| word.eq_ignore_ascii_case(want)))
    };
    if word.eq_ignore_ascii_case("drop") {
        return is(0, DROPPED);
    }
    if word.eq_ignore_ascii_case("truncate") {
        // The program of that name has its options first.
        return is(0, &["table"]) || rest.first().is_some_and(|next| next.ends_with(';'));
    }
    word.eq_ignore_ascii_case("delete")
        && is(0, &["from"])
        && !rest.iter().any(|word| word.eq_ignore_ascii_case("where"))
}
