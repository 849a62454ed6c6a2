//! Text in which upper and lower case are one: what an index keeps of lines, and asks of a pattern.

/// A character such that two of one letter, in upper and in lower case, give the same; as any pattern has it that does not
/// distinguish them. Others may give the same, too: who compares such texts finds too much, and never too little.
#[must_use]
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let c = match c {
        // Three that are written with one capital each, of more than one character.
        '\u{1fd3}' => '\u{390}',
        '\u{1fe3}' => '\u{3b0}',
        '\u{fb05}' => '\u{fb06}',
        other => other,
    };
    let mut upper = c.to_uppercase();
    let c = match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
    };
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => c,
    }
}

/// Appends a text's folded bytes.
pub fn fold_into(text: &str, folded: &mut Vec<u8>) {
    if text.is_ascii() {
        let from = folded.len();
        folded.extend_from_slice(text.as_bytes());
        folded[from..].make_ascii_lowercase();
        return;
    }
    let mut bytes = [0; 4];
    for c in text.chars() {
        folded.extend_from_slice(fold(c).encode_utf8(&mut bytes).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

    use super::*;

    #[test]
    fn all_forms_of_a_letter_that_a_pattern_takes_for_one_are_one() {
        for c in '\0'..=char::MAX {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.try_case_fold_simple().unwrap();
            for range in class.ranges() {
                for other in range.start()..=range.end() {
                    assert_eq!(fold(c), fold(other), "{c:?} {other:?}");
                }
            }
        }
    }
}
