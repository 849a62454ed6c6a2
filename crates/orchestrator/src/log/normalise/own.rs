//! What a person knows to differ from run to run, by rules of their own.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Mask, Normaliser};
use crate::log::find::Pattern;

/// Rules of a person's own: what one finds in a line is left out, with all that ours find there. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct OwnMasks(Arc<[Pattern]>);

impl OwnMasks {
    /// By these regular expressions, for which case does not matter. One that cannot be read was typed into the file by hand,
    /// and counts for nothing: the app says so of the file.
    #[must_use]
    pub fn new(rules: &[String]) -> Self {
        let rules = rules.iter();
        Self(
            rules
                .filter_map(|rule| Pattern::regex(&format!("(?i:{rule})")).ok())
                .collect(),
        )
    }

    /// Whether one of them is found in a line.
    pub(super) fn finds(&self, line: &str) -> bool {
        self.0.iter().any(|rule| rule.next(line, 0).is_some())
    }

    /// Gives what they find and what `known` gives, in order. Of tokens that overlap, all of both is left out as one.
    pub(super) fn each(
        &self,
        line: &str,
        known: impl FnOnce(&mut dyn FnMut(Range<usize>, Mask)),
        mut give: impl FnMut(Range<usize>, Mask),
    ) {
        let mut found = Vec::new();
        for rule in &*self.0 {
            rule.each(line, |range| found.push((range, Mask::Own)));
        }
        known(&mut |range, mask| found.push((range, mask)));
        found.sort_by_key(|(range, _)| range.start);
        let mut last: Option<(Range<usize>, Mask)> = None;
        for (range, mask) in found {
            match &mut last {
                Some((before, whose)) if range.start < before.end => {
                    before.end = before.end.max(range.end);
                    *whose = Mask::Own;
                }
                last => {
                    if let Some((before, whose)) = last.replace((range, mask)) {
                        give(before, whose);
                    }
                }
            }
        }
        if let Some((range, mask)) = last {
            give(range, mask);
        }
    }
}

/// A part of a line, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MaskedPart {
    /// Its text; never empty.
    pub text: String,
    /// What it is left out as; none if it counts.
    pub mask: Option<Mask>,
}

impl Normaliser {
    /// The parts of a line: what counts, and what is left out as what.
    #[must_use]
    pub fn parts(&self, line: &str) -> Vec<MaskedPart> {
        let (mut parts, mut done) = (Vec::new(), 0);
        let mut put = |range: Range<usize>, mask| {
            if !range.is_empty() {
                let text = line[range].to_owned();
                parts.push(MaskedPart { text, mask });
            }
        };
        self.each(line, |range, mask| {
            put(done..range.start, None);
            done = range.end;
            put(range, Some(mask));
        });
        put(done..line.len(), None);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::normalise::Masks;

    fn normalised(rules: &[&str], line: &str) -> String {
        let rules: Vec<String> = rules.iter().map(|&rule| rule.to_owned()).collect();
        let own = OwnMasks::new(&rules);
        let mut text = String::new();
        Normaliser::new(Masks::default(), Vec::new())
            .with_own(own)
            .normalise(line, &mut text);
        text
    }

    #[test]
    fn what_ones_own_rule_finds_is_left_out_beside_what_ours_find() {
        let rules = ["release-[a-z]+", "in the (blue|green) zone"];
        assert_eq!(
            normalised(&rules, "12:00:01 Release-otter took 7s in the green zone"),
            "<time> <own> took <duration> <own>"
        );
        assert_eq!(normalised(&rules, "nothing of it"), "nothing of it");
        // With what it overlaps, one token.
        assert_eq!(normalised(&["run 4"], "run 42 ends"), "<own> ends");
        assert_eq!(
            normalised(&["[a-z]+ ru", "run"], "a run ends"),
            "<own> ends"
        );
        // What cannot be read, or finds only nothing, changes nothing.
        assert_eq!(normalised(&["(", "x*"], "a b"), "a b");
        assert_eq!(normalised(&["日."], "日本 says"), "<own> says");
    }

    #[test]
    fn the_parts_of_a_line_are_all_of_it() {
        let own = OwnMasks::new(&["otter".to_owned()]);
        let normaliser = Normaliser::new(Masks::default(), Vec::new()).with_own(own);
        let parts = normaliser.parts("otter: 42 ok");
        let part = |text: &str, mask| MaskedPart {
            text: text.to_owned(),
            mask,
        };
        assert_eq!(
            parts,
            [
                part("otter", Some(Mask::Own)),
                part(": ", None),
                part("42", Some(Mask::Integer)),
                part(" ok", None)
            ]
        );
        assert_eq!(normaliser.parts(""), []);
    }
}
