//! Which lines of two logs differ, from their digests.

use std::collections::HashSet;

use super::{Run, align::hunks};
use crate::log::diff::Side;

/// Runs that are given, at most.
pub const RUNS: usize = 20_000;

/// Which lines differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// The lines of both logs in order, as far as they are given.
    pub runs: Vec<Run>,
    /// Whether more of them differ than are given.
    pub cut: bool,
    /// Lines that only the first log has.
    pub removed: u64,
    /// Lines that only the second log has.
    pub added: u64,
}

/// Two logs line by line.
#[must_use]
pub fn line_by_line(old: &[u64], new: &[u64]) -> Runs {
    let mut runs = Runs::default();
    let mut at = (0, 0);
    for (before, after) in hunks(old, new) {
        (runs.removed, runs.added) = (
            runs.removed + before.len() as u64,
            runs.added + after.len() as u64,
        );
        runs.add(Side::Same, Some(at.0), Some(at.1), after.start - at.1);
        // Lines of a hunk belong together in pairs only if there are as many on both sides.
        let are_paired = before.len() == after.len();
        let other = |start| are_paired.then_some(start);
        runs.add(
            Side::Removed,
            Some(before.start),
            other(after.start),
            before.len(),
        );
        runs.add(
            Side::Added,
            other(before.start),
            Some(after.start),
            after.len(),
        );
        at = (before.end, after.end);
    }
    runs.add(Side::Same, Some(at.0), Some(at.1), new.len() - at.1);
    runs
}

/// Which lines of a log are in none of others.
#[must_use]
pub fn new_lines<'a>(others: impl IntoIterator<Item = &'a [u64]>, log: &[u64]) -> Runs {
    let known: HashSet<u64> = others.into_iter().flatten().copied().collect();
    // A line that is gone cannot be called new.
    let is_new = |key: &u64| *key != 0 && !known.contains(key);
    let (mut runs, mut at) = (Runs::default(), 0);
    for run in log.chunk_by(|one, next| is_new(one) == is_new(next)) {
        let side = match is_new(&run[0]) {
            true => Side::Added,
            false => Side::Same,
        };
        if side == Side::Added {
            runs.added += run.len() as u64;
        }
        runs.add(side, None, Some(at), run.len());
        at += run.len();
    }
    runs
}

impl Runs {
    /// Adds lines, by their places from 0.
    fn add(&mut self, side: Side, old: Option<usize>, new: Option<usize>, count: usize) {
        if count == 0 {
            return;
        }
        if self.runs.len() >= RUNS {
            self.cut |= side != Side::Same;
            return;
        }
        let number = |at: Option<usize>| at.map(|at| at as u64 + 1);
        self.runs.push(Run {
            side,
            old: number(old),
            new: number(new),
            count: count as u64,
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(side: Side, old: Option<u64>, new: Option<u64>, count: u64) -> Run {
        Run {
            side,
            old,
            new,
            count,
        }
    }

    #[test]
    fn lines_that_changed_are_pairs_and_others_are_not() {
        let runs = line_by_line(&[1, 2, 3, 4, 5], &[1, 2, 30, 4, 6, 7, 5]);
        let expected = [
            run(Side::Same, Some(1), Some(1), 2),
            run(Side::Removed, Some(3), Some(3), 1),
            run(Side::Added, Some(3), Some(3), 1),
            run(Side::Same, Some(4), Some(4), 1),
            run(Side::Added, None, Some(5), 2),
            run(Side::Same, Some(5), Some(7), 1),
        ];
        assert_eq!(runs.runs, expected);
        assert_eq!((runs.removed, runs.added, runs.cut), (1, 3, false));
    }

    #[test]
    fn what_others_have_anywhere_is_not_new_and_what_is_gone_neither() {
        let runs = new_lines([&[5, 6][..], &[7]], &[7, 8, 9, 0, 6, 8]);
        let expected = [
            run(Side::Same, None, Some(1), 1),
            run(Side::Added, None, Some(2), 2),
            run(Side::Same, None, Some(4), 2),
            run(Side::Added, None, Some(6), 1),
        ];
        assert_eq!(runs.runs, expected);
        assert_eq!(runs.added, 3);
        assert_eq!(new_lines([], &[]), Runs::default());
    }

    #[test]
    fn there_is_an_end_to_what_is_given_and_it_is_reported() {
        let others: Vec<u64> = (0..100_000).step_by(2).map(|key| key + 1).collect();
        let log: Vec<u64> = (1..=100_000).collect();
        let runs = new_lines([&others[..]], &log);
        assert_eq!((runs.runs.len(), runs.added), (RUNS, 50_000));
        assert!(runs.cut);
        let all = line_by_line(&others, &log);
        assert_eq!((all.runs.len(), all.added), (RUNS, 50_000));
    }

    proptest! {
        /// The runs are all lines of the second log in order, and those of the first that it has not.
        #[test]
        fn no_line_is_lost_or_doubled(
            old in proptest::collection::vec(1..6_u64, 0..40),
            new in proptest::collection::vec(1..6_u64, 0..40),
        ) {
            let runs = line_by_line(&old, &new);
            let (mut from_old, mut from_new) = (Vec::new(), Vec::new());
            for run in &runs.runs {
                let slice = |log: &[u64], first: Option<u64>| {
                    let first = first.unwrap() as usize - 1;
                    log[first..first + run.count as usize].to_vec()
                };
                if run.side != Side::Added {
                    from_old.extend(slice(&old, run.old));
                }
                if run.side != Side::Removed {
                    from_new.extend(slice(&new, run.new));
                }
                if run.side == Side::Same {
                    prop_assert_eq!(slice(&old, run.old), slice(&new, run.new));
                }
            }
            prop_assert_eq!(from_old, old);
            prop_assert_eq!(from_new, new);
        }
    }
}
