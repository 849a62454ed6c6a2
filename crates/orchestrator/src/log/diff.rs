//! What differs between two texts: line by line, and in a line that was changed word by word.

use imara_diff::{Algorithm, Diff, InternedInput};
use serde::{Deserialize, Serialize};

/// A line of two texts that were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiffLine {
    /// In which of the two it is.
    pub side: Side,
    /// Its number in the first text, from 1; none if it is not in it.
    pub old: Option<u32>,
    /// Its number in the second text, from 1; none if it is not in it.
    pub new: Option<u32>,
    /// Its text, in parts that changed and parts that did not. Of a line that has no counterpart none changed.
    pub parts: Vec<Part>,
}

/// In which of two texts a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "DiffSide"))]
pub enum Side {
    /// In both.
    Same,
    /// In the first alone.
    Removed,
    /// In the second alone.
    Added,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "DiffPart"))]
pub struct Part {
    /// Its text; never empty.
    pub text: String,
    /// Whether the other text's line has something else there.
    pub changed: bool,
}

/// How many lines were removed and how many added from one text to another, compared by `key`.
#[must_use]
pub fn count<'a>(old: &[&'a str], new: &[&'a str], key: impl Fn(&'a str) -> String) -> (u32, u32) {
    let found = compare(old, new, key);
    (found.count_removals(), found.count_additions())
}

/// Compares two texts. Two lines are the same if `key` gives the same for both: it can leave out what differs from run to
/// run. Of lines that are the same, the second text's is given.
#[must_use]
pub fn diff<'a>(
    old: &[&'a str],
    new: &[&'a str],
    key: impl Fn(&'a str) -> String,
) -> Vec<DiffLine> {
    let found = compare(old, new, key);
    let mut lines = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    let end = [old.len()..old.len(), new.len()..new.len()];
    let hunks = found.hunks().map(|hunk| {
        let of = |range: std::ops::Range<u32>| range.start as usize..range.end as usize;
        [of(hunk.before), of(hunk.after)]
    });
    for [before, after] in hunks.chain([end]) {
        while at_new < after.start {
            lines.push(line(
                Side::Same,
                Some(at_old),
                Some(at_new),
                unchanged(new[at_new]),
            ));
            (at_old, at_new) = (at_old + 1, at_new + 1);
        }
        let (removed, added) = (&old[before.clone()], &new[after.clone()]);
        // Lines of a hunk belong together in pairs only if there are as many on both sides.
        let is_paired = removed.len() == added.len();
        let pairs: Vec<_> = match is_paired {
            true => removed
                .iter()
                .zip(added)
                .map(|(old, new)| pair(old, new))
                .collect(),
            false => Vec::new(),
        };
        for (index, text) in removed.iter().enumerate() {
            let parts = pairs
                .get(index)
                .map_or_else(|| unchanged(text), |pair| pair.0.clone());
            lines.push(line(Side::Removed, Some(before.start + index), None, parts));
        }
        for (index, text) in added.iter().enumerate() {
            let parts = pairs
                .get(index)
                .map_or_else(|| unchanged(text), |pair| pair.1.clone());
            lines.push(line(Side::Added, None, Some(after.start + index), parts));
        }
        (at_old, at_new) = (before.end, after.end);
    }
    lines
}

fn compare<'a>(old: &[&'a str], new: &[&'a str], key: impl Fn(&'a str) -> String) -> Diff {
    let mut input = InternedInput::default();
    input.update_before(old.iter().map(|line| key(line)));
    input.update_after(new.iter().map(|line| key(line)));
    let mut found = Diff::compute(Algorithm::Histogram, &input);
    found.postprocess_lines(&input);
    found
}

fn line(side: Side, old: Option<usize>, new: Option<usize>, parts: Vec<Part>) -> DiffLine {
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    DiffLine {
        side,
        old: old.map(number),
        new: new.map(number),
        parts,
    }
}

/// A line of which nothing changed.
#[must_use]
pub fn unchanged(text: &str) -> Vec<Part> {
    let part = |text: &str| Part {
        text: text.to_owned(),
        changed: false,
    };
    (!text.is_empty()).then(|| part(text)).into_iter().collect()
}

/// Two lines in parts, those marked that the other has not. Of two lines with no word in common none is marked: they are
/// other lines.
#[must_use]
pub fn pair(old: &str, new: &str) -> (Vec<Part>, Vec<Part>) {
    let mut input = InternedInput::default();
    input.update_before(tokens(old).into_iter());
    input.update_after(tokens(new).into_iter());
    // Words are few, and the least change is wanted.
    let mut found = Diff::compute(Algorithm::Myers, &input);
    found.postprocess_no_heuristic(&input);
    let is_removed = |at: usize| found.is_removed(u32::try_from(at).unwrap_or(u32::MAX));
    let is_added = |at: usize| found.is_added(u32::try_from(at).unwrap_or(u32::MAX));
    let of_old = tokens(old);
    let is_word = |token: &str| token.starts_with(|first: char| first.is_alphanumeric());
    let mut kept = of_old.iter().enumerate();
    if !kept.any(|(at, token)| is_word(token) && !is_removed(at)) {
        return (unchanged(old), unchanged(new));
    }
    (joined(&of_old, is_removed), joined(&tokens(new), is_added))
}

fn joined(tokens: &[&str], is_changed: impl Fn(usize) -> bool) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let changed = is_changed(at);
        match parts.last_mut() {
            Some(part) if part.changed == changed => part.text.push_str(token),
            _ => parts.push(Part {
                text: (*token).to_owned(),
                changed,
            }),
        }
    }
    parts
}

/// The words of a line, and each mark and blank between them. A version (`1.27.4`) is one word.
fn tokens(line: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plainly(old: &str, new: &str) -> Vec<DiffLine> {
        let lines = |text: &'static str| text.lines().collect::<Vec<_>>();
        let leak = |text: &str| lines(Box::leak(text.to_owned().into_boxed_str()));
        diff(&leak(old), &leak(new), ToOwned::to_owned)
    }

    /// As `diff -u` writes it, with what changed in brackets.
    fn drawn(lines: &[DiffLine]) -> String {
        let mut text = String::new();
        for line in lines {
            text.push(match line.side {
                Side::Same => ' ',
                Side::Removed => '-',
                Side::Added => '+',
            });
            for part in &line.parts {
                match part.changed {
                    true => text.push_str(&format!("[{}]", part.text)),
                    false => text.push_str(&part.text),
                }
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn words_that_changed_are_marked_in_lines_that_belong_together() {
        let old = "version: nginx/1.27.4\nprotocols TLSv1.2 TLSv1.3;\nend";
        let new = "version: nginx/1.24.0\nprotocols TLSv1.1 TLSv1.2;\nend\nmore";
        assert_eq!(
            drawn(&plainly(old, new)),
            "-version: nginx/[1.27.4]\n-protocols [TLSv1.2] [TLSv1.3];\n\
             +version: nginx/[1.24.0]\n+protocols [TLSv1.1] [TLSv1.2];\n end\n+more\n"
        );
        // Lines with nothing in common are no pair.
        assert_eq!(drawn(&plainly("one two", "3 + 4")), "-one two\n+3 + 4\n");
    }

    #[test]
    fn numbers_are_those_of_each_text() {
        let numbers = |line: &DiffLine| (line.old, line.new);
        let found = plainly("a\nb\nc\n", "a\nc\nd\n");
        assert_eq!(drawn(&found), " a\n-b\n c\n+d\n");
        let expected = [
            (Some(1), Some(1)),
            (Some(2), None),
            (Some(3), Some(2)),
            (None, Some(3)),
        ];
        assert_eq!(found.iter().map(numbers).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_the_key_leaves_out_is_no_difference() {
        let key = |line: &str| line.replace(|c: char| c.is_ascii_digit(), "#");
        let (old, new) = (["at 12:01", "ok"], ["at 12:59", "ko"]);
        assert_eq!(drawn(&diff(&old, &new, key)), " at 12:59\n-ok\n+ko\n");
        assert_eq!(count(&old, &new, key), (1, 1));
    }

    proptest! {
        /// Whatever the two texts are, each is all of its lines, in order.
        #[test]
        fn both_texts_are_unchanged(
            old in prop::collection::vec("[ab ]{0,3}", 0..30),
            new in prop::collection::vec("[ab ]{0,3}", 0..30),
        ) {
            fn texts(lines: &[String]) -> Vec<&str> {
                lines.iter().map(String::as_str).collect()
            }
            let lines = diff(&texts(&old), &texts(&new), ToOwned::to_owned);
            let side = |is: Side| {
                let of = lines.iter().filter(|line| line.side == is || line.side == Side::Same);
                let text = |line: &DiffLine| line.parts.iter().map(|part| part.text.as_str()).collect::<String>();
                of.map(text).collect::<Vec<_>>()
            };
            prop_assert_eq!(side(Side::Removed), old);
            prop_assert_eq!(side(Side::Added), new);
        }
    }
}
