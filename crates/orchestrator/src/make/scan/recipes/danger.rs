//! Recipes that ask before they run, by what their commands are. It reads shell code as words, not as a shell would: a
//! question too many costs a click, one too few may cost a database.

mod inside;
mod programs;
mod readable;
mod removal;

use programs::RULES;
use readable::INSIDE;
pub(in crate::make::scan) use readable::readable;
use removal::Whereabouts;

use super::super::{syntax::text::cut, values::expand::Expander};

/// What follows `drop` in SQL that is worth asking for.
const DROPPED: &[&str] = &[
    "table", "database", "schema", "index", "view", "user", "role", "column", "owned",
];

/// The first dangerous command of a recipe, as a person would read it.
pub(in crate::make::scan) fn command(recipe: &str, expander: &Expander<'_>) -> Option<String> {
    command_in(&readable(recipe, expander))
}

/// As [`command`], of a recipe that was made readable.
pub(in crate::make::scan) fn command_in(readable: &str) -> Option<String> {
    first(readable, true)
}

/// Why a shell's command line asks before it runs, wherever it runs, if it does: by the rules for recipes.
#[must_use]
pub fn danger(command: &str) -> Option<String> {
    first(command, false).map(|found| runs(&found))
}

/// As [`danger`], of a recipe, with its values: what it removes inside its project needs no question.
#[must_use]
pub fn danger_of_recipe(recipe: &str) -> Option<String> {
    first(recipe, true).map(|found| runs(&found))
}

fn first(text: &str, in_project: bool) -> Option<String> {
    let mut place = Whereabouts::new(in_project);
    let mut all = segments(text).into_iter().peekable();
    while let Some(Segment { words, line, lead }) = all.next() {
        place.begin(line, lead, &words);
        let is_piped = all.peek().is_some_and(|next| next.lead == Lead::Pipe);
        if let Some(found) = dangerous(&words, is_piped, &place) {
            return Some(found);
        }
        place.pass(&words);
    }
    None
}

/// The text about a dangerous command.
pub(in crate::make::scan) fn runs(command: &str) -> String {
    format!("runs `{command}`")
}

/// What is before a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// Anything else: it runs whatever came before.
    Then,
}

/// A command of a recipe.
struct Segment {
    /// Its words without quotes.
    words: Vec<String>,
    /// The recipe's line that it is in, from 0.
    line: usize,
    lead: Lead,
}

impl Segment {
    fn new(line: usize, lead: Lead) -> Self {
        let words = Vec::new();
        Self { words, line, lead }
    }
}

/// The commands of a recipe. Quotes keep a command together.
fn segments(text: &str) -> Vec<Segment> {
    let mut all = vec![Segment::new(0, Lead::Then)];
    let (mut word, mut quote, mut escaped, mut line) = (String::new(), None, false, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends = quote.is_none() && matches!(c, ';' | '|' | '&' | '(' | ')' | '`')
            || c == '\n' && !escaped;
        if ends || c.is_whitespace() {
            if c == '\n' && !escaped {
                quote = None;
                line += 1;
            }
            // A word with a bracket at its end is a call of another language's.
            if c == '(' && quote.is_none() && word.ends_with(|c: char| c.is_alphanumeric()) {
                word.push(c);
            }
            if !word.is_empty() {
                let last = all.last_mut().into_iter();
                last.for_each(|segment| segment.words.push(std::mem::take(&mut word)));
            }
            if ends {
                let is_double = matches!(c, '&' | '|') && chars.next_if_eq(&c).is_some();
                all.push(Segment::new(line, lead(c, is_double)));
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
        segment.words.push(word);
    }
    all
}

fn lead(c: char, is_double: bool) -> Lead {
    match (c, is_double) {
        ('&', true) => Lead::And,
        ('|', true) => Lead::Or,
        ('|', false) => Lead::Pipe,
        _ => Lead::Then,
    }
}

fn dangerous(words: &[String], is_piped: bool, place: &Whereabouts) -> Option<String> {
    let first = words.first()?.trim_start_matches(['@', '-', '+']);
    if first.starts_with('#') {
        return None;
    }
    let end = words.iter().position(|word| word.starts_with('#'));
    let words = &words[..end.unwrap_or(words.len())];
    let speaks = matches!(first, "echo" | "printf" | ":");
    // What is only printed does nothing; a program or a file may take it.
    let is_taken = is_piped || words.iter().any(|word| word.contains('>'));
    let tested = tested(words);
    for (index, word) in words.iter().enumerate() {
        if tested.contains(&index) {
            continue;
        }
        // make's own marks are before a line's first word; elsewhere a dash makes an option.
        let word = match index {
            0 => word.trim_start_matches(['@', '-', '+']),
            _ => word.as_str(),
        };
        let rest = &words[index + 1..];
        let is_sql = sql(word, rest) && (!speaks || is_taken);
        if is_sql || (!speaks && program(word, words, index, place)) {
            // Where its output goes says nothing of what it does.
            let rest = rest.iter().map(String::as_str);
            let rest = rest.take_while(|word| is_sql || !is_redirection(word));
            let shown = std::iter::once(word).chain(rest);
            // What only running could tell has no name for a person.
            let shown: Vec<&str> = shown
                .map(|word| if word == INSIDE { "…" } else { word })
                .collect();
            return Some(cut(&shown.join(" "), 80));
        }
    }
    None
}

/// Whether a word sends output elsewhere: `>log`, `2>`, which an `&` ends here.
fn is_redirection(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.starts_with('>') && word != ">="
}

/// The words that a test compares.
fn tested(words: &[String]) -> std::ops::Range<usize> {
    let opens = |word: &String| {
        matches!(
            word.trim_start_matches(['@', '-', '+']),
            "[" | "[[" | "test" | "case"
        )
    };
    let Some(from) = words.iter().position(opens) else {
        return 0..0;
    };
    let is_word = words[from].ends_with("test") || words[from].ends_with("case");
    if is_word && !words[..from].iter().all(|word| is_keyword(word)) {
        return 0..0;
    }
    let close = words
        .iter()
        .position(|word| matches!(word.as_str(), "]" | "]]"));
    from..close
        .filter(|at| *at > from)
        .map_or(words.len(), |at| at + 1)
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word.trim_start_matches(['@', '-', '+']),
        "if" | "elif" | "while" | "until" | "!" | "then" | "do" | "else" | "{" | "time"
    )
}

/// Whether a word is in a program's place: first, or behind words that run what follows them.
fn is_called(words: &[String], at: usize) -> bool {
    let runs = |word: &String| {
        let name = word
            .trim_start_matches(['@', '-', '+'])
            .rsplit('/')
            .next()
            .unwrap_or_default();
        RUNNING.contains(&name)
    };
    let before = &words[..at];
    before
        .iter()
        .all(|word| is_keyword(word) || word.starts_with('-') || word.contains('=') || runs(word))
        || before.first().is_some_and(runs)
}

/// Programs that run what is behind them.
const RUNNING: [&str; 17] = [
    "ansible", "bash", "command", "docker", "doas", "env", "exec", "kubectl", "nice", "nohup",
    "podman", "sh", "ssh", "sudo", "su", "timeout", "xargs",
];

/// Whether a word is a dangerous program where it is.
fn program(word: &str, words: &[String], at: usize, place: &Whereabouts) -> bool {
    let rest = &words[at + 1..];
    let name = word.rsplit('/').next().unwrap_or(word);
    // `$(KUBECTL)`, wherever it comes from, is most likely kubectl.
    let variable = name
        .strip_prefix("${")
        .and_then(|name| name.strip_suffix('}'));
    // One that lies in a folder of the project is its own.
    let is_own = word.contains('/') && !word.starts_with(['/', '$', '~']);
    let name = variable.map_or_else(|| name.to_owned(), str::to_lowercase);
    if is_own {
        return false;
    }
    if name == "rm" {
        return removes_trees(rest) && !place.spares(words, at);
    }
    RULES.iter().any(|(programs, alternatives)| {
        let known = programs
            .iter()
            .any(|program| *program == name || (*program == "mkfs" && name.starts_with("mkfs.")));
        let is_bare = alternatives.iter().any(|wanted| wanted.is_empty());
        known
            && (!is_bare || is_called(words, at))
            && alternatives.iter().any(|wanted| in_order(wanted, rest))
            && !is_spared(&name, words, at, place)
    })
}

/// Whether a program that writes over or removes what it is given has only the project's own.
fn is_spared(name: &str, words: &[String], at: usize, place: &Whereabouts) -> bool {
    match name {
        "find" => place.finds_inside(words, at),
        "git" => place.cleans_inside(words, at),
        "dd" | "shred" | "wipefs" => place.writes_inside(&words[at + 1..]),
        name if name.starts_with("mkfs") => place.writes_inside(&words[at + 1..]),
        _ => false,
    }
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
    // Another statement, or the text behind another option, is another question.
    let mut is_over = false;
    let mut statement = rest.iter().take_while(|word| {
        let was_over = is_over;
        is_over = word.ends_with(';');
        !was_over && !word.starts_with('-')
    });
    word.eq_ignore_ascii_case("delete")
        && is(0, &["from"])
        && !statement.any(|word| word.eq_ignore_ascii_case("where"))
}
