//! A line of an SSH config as words, in the two ways that OpenSSH splits one: most lines as `argv`, `Match` lines as
//! words between blanks and `=`.

/// A keyword in lower case and what follows it, without the blanks around it. None for an empty line or a comment.
pub(super) fn keyword(line: &str) -> Option<(String, &str)> {
    let line = line.trim_end_matches([' ', '\t', '\r', '\n', '\u{c}']);
    let mut rest = line.trim_start_matches(BLANKS);
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let keyword = delimited(&mut rest).unwrap_or_default();
    Some((keyword.to_lowercase(), rest.trim_start_matches(BLANKS)))
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The next word of `rest`, which ends at a blank or at one `=`; quotes hold one together. None if a quote is not
/// closed. At the end it is empty.
pub(super) fn delimited(rest: &mut &str) -> Option<String> {
    let text = *rest;
    let Some(at) = text.find(|c| BLANKS.contains(&c) || c == '=' || c == '"') else {
        *rest = "";
        return Some(text.to_owned());
    };
    if text[at..].starts_with('"') {
        let (quoted, after) = text[at + 1..].split_once('"')?;
        *rest = after.trim_start_matches(BLANKS);
        return Some(format!("{}{quoted}", &text[..at]));
    }
    let is_equals = text[at..].starts_with('=');
    let mut after = text[at + 1..].trim_start_matches(BLANKS);
    if !is_equals && let Some(second) = after.strip_prefix('=') {
        after = second.trim_start_matches(BLANKS);
    }
    *rest = after;
    Some(text[..at].to_owned())
}

/// The words of a value: blanks part them, quotes hold them together, `#` before a word ends them.
///
/// # Errors
/// A quote that is not closed.
pub(super) fn argv(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\')
                if chars
                    .peek()
                    .is_some_and(|next| matches!(next, '"' | '\'' | '\\')) =>
            {
                word.get_or_insert_default().extend(chars.next());
            }
            (None, '\\') if chars.peek() == Some(&' ') => {
                word.get_or_insert_default().extend(chars.next());
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_ends_at_a_blank_or_one_equals_sign() {
        let split = |line| keyword(line).unwrap_or_default();
        assert_eq!(split(" Host  a b "), ("host".to_owned(), "a b"));
        assert_eq!(split("Port=22"), ("port".to_owned(), "22"));
        assert_eq!(split("Port = 22\u{c}"), ("port".to_owned(), "22"));
        assert_eq!(split("Port ==22"), ("port".to_owned(), "=22"));
        assert_eq!(split("\"User\" x"), ("user".to_owned(), "x"));
        assert_eq!(keyword("  # all of it"), None);
        assert_eq!(keyword(" \t "), None);
    }

    #[test]
    fn match_words_end_at_blanks_and_equals_signs() {
        let mut rest = "host=\"a b\" user x";
        let mut words = Vec::new();
        while !rest.is_empty() {
            words.extend(delimited(&mut rest));
        }
        assert_eq!(words, ["host", "a b", "user", "x"]);
        assert_eq!(delimited(&mut "\"open"), None);
    }

    #[test]
    fn a_value_is_split_as_a_shell_would_and_no_more() {
        let words = |text| argv(text).unwrap_or_default();
        assert_eq!(words(r#"a "b c" 'd "e'"#), ["a", "b c", "d \"e"]);
        assert_eq!(words(r#"a\ b \"c\" \d"#), ["a b", "\"c\"", "\\d"]);
        assert_eq!(words("a#b # c"), ["a#b"]);
        assert_eq!(words("\"\" x"), ["", "x"]);
        assert!(argv("a \"b").is_err());
    }
}
