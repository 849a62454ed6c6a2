//! Words of a line for a terminal, quoted for a POSIX shell.

use crate::visible::visible_log;

/// Words for a shell; no shell takes a NUL.
pub(super) type Quoted<T = String> = Result<T, shlex::QuoteError>;

/// A word for a POSIX shell, with what a terminal would act on as `printf` writes it.
pub(super) fn quoted(word: &str) -> Quoted {
    let mut line = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(is_unseen) {
        let (seen, from) = rest.split_at(at);
        let end = from.find(|c| !is_unseen(c)).unwrap_or(from.len());
        let (unseen, after) = from.split_at(end);
        if !seen.is_empty() {
            line += &shlex::try_quote(seen)?;
        }
        // A shell drops newlines at the end of what a command prints; none is among these.
        line += "\"$(printf '";
        line.extend(unseen.bytes().map(|byte| format!("\\{byte:03o}")));
        line += "')\"";
        rest = after;
    }
    if line.is_empty() || !rest.is_empty() {
        line += &shlex::try_quote(rest)?;
    }
    Ok(line)
}

/// Whether a terminal would act on it, or an eye not see it. A newline within quotes is one.
fn is_unseen(c: char) -> bool {
    let alone = c.to_string();
    // A NUL is refused as such.
    !matches!(c, '\n' | '\0') && visible_log(&alone) != alone
}

/// Several of them.
pub(super) fn joined<'a>(words: impl IntoIterator<Item = &'a str>) -> Quoted {
    let words: Quoted<Vec<String>> = words.into_iter().map(quoted).collect();
    Ok(words?.join(" "))
}

/// `NAME=value`, in the form that people write: only the value is quoted.
pub(super) fn assigned(name: &str, value: &str) -> Quoted {
    Ok(format!("{name}={}", quoted(value)?))
}

/// What is in a secret's place: the shell's own variable of that name, without which it says so and runs no command.
pub(super) fn placeholder(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut shell: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    if !shell.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        shell.insert(0, '_');
    }
    format!("\"${{{shell}:?}}\"")
}

/// Whether it is a name of make's or of a shell's.
pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
