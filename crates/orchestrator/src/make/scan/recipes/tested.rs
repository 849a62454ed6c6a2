//! What shell code tests variables for: whether it copes with one that is empty, or fails.

use super::{
    super::syntax::{
        functions,
        text::{Piece, is_name, pieces},
    },
    shell::{Command, Lead, commands},
};

/// Lines longer than this, in bytes, are not searched.
const MAX_LINE: usize = 32 << 10;

/// What a test says of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::make::scan) struct Tested<'a> {
    pub(in crate::make::scan) name: &'a str,
    /// Whether the recipe fails if it is empty; else it copes.
    pub(in crate::make::scan) fails: bool,
}

/// When a test holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Where the variable is empty.
    Empty,
    /// Where it is not.
    Filled,
    /// That depends on its value.
    Unknown,
}

/// The variables that a line of shell code tests, in the order of the text; a name may come more than once.
pub(in crate::make::scan) fn tested(commands: &[Command]) -> Vec<Tested<'_>> {
    let mut found = Vec::new();
    let mut is_open = false;
    for (at, command) in commands.iter().enumerate() {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let (form, rest) = match words.split_first() {
            Some((first @ (&"[" | &"[[" | &"test" | &"case"), rest)) => (*first, rest),
            // `[[ a && b ]]`
            Some(_) if is_open && matches!(command.lead, Lead::And | Lead::Or) => {
                ("[[", &words[..])
            }
            _ => continue,
        };
        is_open = form == "[[" && !words.contains(&"]]");
        let names = rest.iter().flat_map(|word| names(word));
        found.extend(names.map(|name| Tested { name, fails: false }));
        if form == "case" {
            continue;
        }
        let is_turned = command.keywords.iter().filter(|own| *own == "!").count() % 2 == 1;
        for (name, holds) in clauses(rest) {
            let holds = match (holds, is_turned) {
                (Holds::Empty, true) => Holds::Filled,
                (Holds::Filled, true) => Holds::Empty,
                (holds, _) => holds,
            };
            let fails = fails_when_empty(holds, &commands[at..]);
            found.extend(fails.then_some(Tested { name, fails }));
        }
    }
    found
}

/// The variables whose values are in a word.
fn names(word: &str) -> impl Iterator<Item = &str> {
    pieces(word).filter_map(|piece| match piece {
        Piece::Reference(inner) | Piece::Letter(inner) if is_name(inner) => Some(inner),
        _ => None,
    })
}

/// The variable of a word that is just its value, and what is around it: `x` if it is `x$(NAME)`.
fn value(word: &str) -> Option<(&str, String)> {
    let mut found = None;
    let mut around = String::new();
    for piece in pieces(word) {
        match piece {
            Piece::Plain(text) => around.push_str(text),
            Piece::Reference(inner) if is_name(inner) && found.is_none() => found = Some(inner),
            Piece::Reference(inner) if found.is_none() => {
                // `$(strip $(NAME))`
                found = Some(inner.strip_prefix("strip ").and_then(alone)?);
            }
            _ => return None,
        }
    }
    Some((found?, around))
}

fn alone(text: &str) -> Option<&str> {
    value(text.trim()).and_then(|(name, around)| around.is_empty().then_some(name))
}

/// What the parts of a test hold for.
fn clauses<'a>(words: &[&'a str]) -> Vec<(&'a str, Holds)> {
    let mut all = Vec::new();
    let is_end = |word: &&str| matches!(*word, "-a" | "-o" | "]" | "]]");
    for clause in words.split(is_end) {
        let is_turned = clause.first() == Some(&"!");
        let clause = &clause[usize::from(is_turned)..];
        let (name, holds) = match clause {
            ["-n", word] => (alone(word), Holds::Filled),
            ["-z", word] => (alone(word), Holds::Empty),
            [word] => (alone(word), Holds::Filled),
            [left, operator @ ("=" | "==" | "!="), right] => compared(left, operator, right),
            _ => continue,
        };
        let Some(name) = name else { continue };
        all.push(match (holds, is_turned) {
            (Holds::Empty, true) => (name, Holds::Filled),
            (Holds::Filled, true) => (name, Holds::Empty),
            (holds, _) => (name, holds),
        });
    }
    // If several have to come together, none of them decides.
    if all.len() > 1 && words.contains(&"-a") {
        all.iter_mut()
            .for_each(|(_, holds)| *holds = Holds::Unknown);
    }
    all
}

fn compared<'a>(left: &'a str, operator: &str, right: &'a str) -> (Option<&'a str>, Holds) {
    let (value, other) = match value(left) {
        Some(value) => (Some(value), right),
        None => (value(right), left),
    };
    let Some((name, around)) = value else {
        return (None, Holds::Unknown);
    };
    let holds = match (around == other, operator) {
        (false, _) => Holds::Unknown,
        (true, "!=") => Holds::Filled,
        (true, _) => Holds::Empty,
    };
    (Some(name), holds)
}

/// Whether the line fails if the variable of its first command, a test, is empty.
fn fails_when_empty(holds: Holds, commands: &[Command]) -> bool {
    let line = commands[0].line;
    let of_line = commands.iter().take_while(|one| one.line == line);
    let rest: Vec<&Command> = of_line.skip(1).collect();
    let is_asked = rest.iter().any(|one| one.has("then"))
        && !rest
            .iter()
            .take_while(|one| !one.has("then"))
            .any(|one| one.has("if"));
    if is_asked {
        // What is behind `||` runs if what is before it failed.
        let ends = |command: &Command| command.lead != Lead::Or && fails(command);
        let condition = rest.iter().take_while(|one| !one.has("then"));
        let is_alone = condition.clone().all(|one| one.lead == Lead::Or);
        let until = |words: [&'static str; 3]| {
            move |one: &&&Command| !words.iter().any(|word| one.has(word))
        };
        let branch = rest.iter().skip_while(|one| !one.has("then"));
        let fails_then = branch
            .clone()
            .take_while(until(["else", "elif", "fi"]))
            .take_while(|one| !asks_again(one))
            .any(|one| ends(one));
        let mut other = branch.skip_while(|one| !one.has("else"));
        return match holds {
            Holds::Empty => is_alone && fails_then,
            Holds::Filled => is_alone && other.any(|one| ends(one)),
            Holds::Unknown => false,
        };
    }
    // What is behind a further `||` runs if what is before that failed, and not by the test.
    let by_test = rest.iter().enumerate();
    let by_test = by_test.take_while(|(at, one)| *at == 0 || one.lead != Lead::Or);
    let ends = || by_test.clone().any(|(_, one)| fails(one));
    match (holds, rest.first().map(|next| next.lead)) {
        (Holds::Filled, None) => !commands[0].is_ignored,
        (Holds::Filled, Some(Lead::Or)) | (Holds::Empty, Some(Lead::And)) => ends(),
        // `[ -z "$(A)" ] || [ -z "$(B)" ] && exit 1`
        (Holds::Empty, Some(Lead::Or)) => {
            let next = rest.iter().find(|one| one.lead == Lead::And);
            next.is_some() && ends()
        }
        _ => false,
    }
}

/// Whether a line ends make, or its recipe, whatever it is tested for: `$(error …)`, `echo no; exit 1`.
pub(in crate::make::scan) fn always_fails(line: &str) -> bool {
    let is_error =
        |piece: Piece<'_>| matches!(piece, Piece::Reference(inner) if inner.starts_with("error"));
    let ends = |one: &Command| {
        let first = one.arguments().first().map(String::as_str);
        let is_end = match one.program() {
            Some("exit") => first != Some("0"),
            program => program == Some("false"),
        };
        is_end && !matches!(one.lead, Lead::Or | Lead::Output)
    };
    let is_short = line.len() <= MAX_LINE;
    pieces(line).any(is_error)
        || (is_short && {
            let commands = commands(line);
            commands.iter().take_while(|one| !asks_again(one)).any(ends)
        })
}

/// Whether a command asks something else, so that what follows depends on that.
fn asks_again(command: &Command) -> bool {
    let is_test = matches!(command.program(), Some("[" | "[[" | "test" | "case"));
    is_test
        || ["if", "for", "while", "until"]
            .iter()
            .any(|word| command.has(word))
}

/// Whether a command ends the shell with a failure.
fn fails(command: &Command) -> bool {
    let status = command.arguments().first().map(String::as_str);
    match command.program() {
        Some("exit" | "return") => status != Some("0"),
        Some("false") => true,
        _ => command.words.iter().any(|word| functions::fails(word)),
    }
}

/// The variables that shell code tests, as [`tested`] does, of a text.
pub(in crate::make::scan) fn tests_of(text: &str) -> Vec<(String, bool)> {
    let commands = commands(text);
    let found = tested(&commands).into_iter();
    found.map(|one| (one.name.to_owned(), one.fails)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Option<bool> {
        let all = tests_of(text);
        let own = || all.iter().filter(|(name, _)| name == "X");
        own().next().map(|_| own().any(|(_, fails)| *fails))
    }

    #[test]
    fn what_ends_a_recipe_without_a_value_is_a_guard() {
        for text in [
            r#"test -n "$(X)""#,
            r#"[ "$(X)" ]"#,
            r#"@[ -n "${X}" ] || (echo "X is missing"; exit 1)"#,
            r#"test -n '$(X)' || { echo no >&2; exit 2; }"#,
            r#"[ -z "$(X)" ] && echo no && exit 1 || true"#,
            r#"if [ -z "$(X)" ]; then echo "no"; exit 1; fi"#,
            r#"if [ "$(X)" = "" ]; then exit 1; fi; go"#,
            r#"if [ x"$(X)" = x ]; then false; fi"#,
            r#"if [[ -z "$(A)" || -z "$(X)" ]]; then exit 1; fi"#,
            r#"if [ -z "$(X)" ] || [ -z "$(A)" ]; then exit 1; fi"#,
            r#"if [ -z "$(A)" -o -z "$(X)" ]; then exit 1; fi"#,
            r#"if ! [ -n "$(X)" ]; then exit 1; fi"#,
            r#"if [ ! -n "$(X)" ]; then exit 1; fi"#,
            r#"if [ -n "$(X)" ]; then go; else echo no; exit 1; fi"#,
            r#"if test "$(X)" = ''; then $(error no); fi"#,
            "[ -n \"$(strip $(X))\" ] || \\\n  exit 1",
        ] {
            assert_eq!(verdict(text), Some(true), "{text}");
        }
    }

    #[test]
    fn what_only_asks_copes() {
        for text in [
            r#"if [ "$(X)" = true ]; then a; fi"#,
            r#"if [ "$(X)" ]; then a; else b; fi"#,
            r#"[ -n "$(X)" ] && go"#,
            r#"-test -n "$(X)""#,
            r#"[ -n "$(X)" ] || echo default"#,
            r#"[ -z "$(X)" ] && exit 0"#,
            r#"test -z "$(X)" && ln a b || cp a b || exit"#,
            r#"[ -n "$(X)" ] || a || exit 1"#,
            r#"if test -z "$(X)"; then ln a b || cp a b || exit; fi"#,
            r#"if [ -z "$(X)" ] && [ -z "$(A)" ]; then exit 1; fi"#,
            r#"if [ -z "$(X)" -a -z "$(A)" ]; then exit 1; fi"#,
            r#"case "$(X)" in yes) a;; *) exit 1;; esac"#,
            r#"[[ "$(X)" == prod* ]] || exit 1"#,
            r#"test -d "$(X)/y" && a"#,
            r#"if [ -f $(X) ]; then exit 1; fi"#,
            r#"while [ "$(X)" != done ]; do a; done"#,
        ] {
            assert_eq!(verdict(text), Some(false), "{text}");
        }
        for text in [
            "echo [ -n $(X) ]",
            "# test -n $(X)",
            "./test -n $(X)",
            "go '[ -n $(X) ]'",
        ] {
            assert_eq!(verdict(text), None, "{text}");
        }
    }
}
