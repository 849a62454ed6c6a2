//! A program and its arguments as one line, in which every shell that may run it finds the same words again.

/// Runs the line that comes after it, whose newlines are written as `printf` writes them.
const DECODED: &str = r#"eval "$(printf "$0")""#;

/// The line of a program and its arguments, for the shell of whatever login there is on a host. None if a word holds a NUL
/// byte, which no shell takes.
///
/// No quote means the same to all of them: to csh and tcsh, `!` is the history even in single quotes, and a newline ends a
/// line even there; fish takes two backslashes in them for one, and in double quotes each of them knows another set.
/// Between quotes, a backslash escapes one character to all. A newline has no form that all know, so a line with one goes
/// to `sh`, by that name: a restricted shell runs nothing by a path.
#[must_use]
pub fn line_of(words: &[String]) -> Option<String> {
    let line = line_of_sh(words)?;
    if !line.contains('\n') {
        let quoted = words.iter().enumerate().map(|(at, word)| match at {
            0 => program(word, quoted(word)),
            _ => quoted_argument(word),
        });
        return Some(quoted.collect::<Vec<_>>().join(" "));
    }
    Some(by_sh(&line))
}

/// The line that has `sh` run lines of any kind, whatever shell runs the line itself.
pub(super) fn by_sh(lines: &str) -> String {
    let escaped = lines
        .replace('\\', r"\134")
        .replace('%', "%%")
        .replace('\n', r"\012");
    // A blank first, since `printf` might take a dash for an option of its own.
    format!(
        "sh -c {} {}",
        quoted(DECODED),
        quoted(&format!(" {escaped}"))
    )
}

/// The same for `sh` and its like, which run what is run here.
#[must_use]
pub fn line_of_sh(words: &[String]) -> Option<String> {
    let quoted = words.iter().enumerate().map(|(at, word)| {
        let quoted = shlex::try_quote(word).ok()?;
        Some(match at {
            0 => program(word, quoted.into_owned()),
            _ => quoted.into_owned(),
        })
    });
    Some(quoted.collect::<Option<Vec<_>>>()?.join(" "))
}

/// The name of a program in its place, in quotes if it would be a word of some shell's own there.
fn program(word: &str, as_argument: String) -> String {
    const RESERVED: [&str; 19] = [
        "begin", "case", "do", "done", "elif", "else", "end", "esac", "fi", "for", "foreach",
        "function", "if", "repeat", "select", "switch", "then", "until", "while",
    ];
    match RESERVED.contains(&word) {
        true => format!("'{word}'"),
        false => as_argument,
    }
}

/// `NAME='a value'`, as people write it: behind a command, what is before `=` means nothing to a shell.
fn quoted_argument(word: &str) -> String {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match word.split_once('=').filter(|(name, _)| is_name(name)) {
        Some((name, "")) => format!("{name}="),
        Some((name, value)) => format!("{name}={}", quoted(value)),
        None => quoted(word),
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut line = String::new();
    let mut is_open = false;
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek();
        let is_escape = || next.is_none_or(|next| matches!(next, '\'' | '\\' | '!'));
        let is_alone = matches!(c, '\'' | '!') || (c == '\\' && is_escape());
        if is_alone == is_open {
            line.push('\'');
            is_open = !is_open;
        }
        if is_alone {
            line.push('\\');
        }
        line.push(c);
    }
    if is_open || word.is_empty() {
        line.push_str(if is_open { "'" } else { "''" });
    }
    line
}

#[cfg(test)]
mod tests {
    use std::{path::Path, process::Command};

    use proptest::prelude::*;

    use super::*;

    /// Prints each of its arguments between angles.
    const PROGRAM: &str = "for word; do printf '<%s>' \"$word\"; done";

    fn all(words: &[&str]) -> Vec<String> {
        let program = ["sh", "-c", PROGRAM, "sh"];
        let words = program.iter().chain(words);
        words.map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_word_is_shown_as_people_write_it() {
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            line_of(&words)
        };
        let line = of(&["printf", "%s\\n", "it's", "", "-x", "a=b", "what!"]);
        let expected = r"printf '%s\n' 'it'\''s' '' -x a=b 'what'\!";
        assert_eq!(line.as_deref(), Some(expected));
        assert_eq!(of(&["a\0b"]), None);
        // A word of the shell's own is a program's name where several words are a program and its arguments.
        assert_eq!(of(&["if", "true"]).as_deref(), Some("'if' true"));
        let here = line_of_sh(&["while".to_owned(), "a b".to_owned()]);
        assert_eq!(here.as_deref(), Some("'while' 'a b'"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_shell_finds_the_same_words(
            words in proptest::collection::vec("([a-z]=)?[a-zä '\"\\\\$`!*?\\[\\]{}()<>|&;#~=%^\n\t-]{0,8}", 1..5),
        ) {
            let refs: Vec<&str> = words.iter().map(String::as_str).collect();
            let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
            let line = line_of(&all(&refs)).unwrap();
            for shell in ["sh", "bash", "dash", "zsh", "ksh", "fish", "tcsh"] {
                let places = ["/bin", "/usr/bin"].map(|at| Path::new(at).join(shell));
                let Some(program) = places.into_iter().find(|program| program.exists()) else {
                    continue;
                };
                let mut command = Command::new(program);
                match shell {
                    "tcsh" | "zsh" => command.arg("-f"),
                    "fish" => command.arg("--no-config"),
                    _ => &mut command,
                };
                let output = command.args(["-c", &line]).output().unwrap();
                let words = String::from_utf8_lossy(&output.stdout).into_owned();
                prop_assert_eq!(words, expected.clone(), "{}: {}", shell, line);
            }
        }
    }
}
