//! Marks: places of a log from which its lines can be read, without reading it from its start.

use supervisor::spool::Position;

use crate::log::lines;

/// Bytes of log between two marks at first; a line is found by reading at most this much before it.
const MARK_EVERY: u64 = 64 * 1024;
/// Marks of one job at most: past that every other one goes, and the rest are twice as far apart.
const MARKS: usize = 1024;

/// A place in a log to start reading from; the log's start by default.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    /// The next chunk.
    pub at: Position,
    /// Bytes of log before it.
    pub bytes: u64,
    /// Lines and styles there.
    pub state: lines::State,
}

/// Marks in order, never more than [`MARKS`].
#[derive(Debug)]
pub(super) struct Marks {
    all: Vec<Mark>,
    every: u64,
}

impl Marks {
    /// The first mark alone; none if it is not known yet where the log begins.
    pub(super) fn from(first: Option<Mark>) -> Self {
        Self {
            all: first.into_iter().collect(),
            every: MARK_EVERY,
        }
    }

    /// Forgets all marks but this one, at which the log begins.
    pub(super) fn begin_at(&mut self, mark: &Mark) {
        self.all = vec![mark.clone()];
    }

    /// Adds a mark, if it is far enough from the last. Once there are [`MARKS`], every other one is dropped.
    pub(super) fn add(&mut self, mark: &Mark) {
        let last = self.all.last().map_or(0, |last| last.bytes);
        if mark.bytes < last + self.every {
            return;
        }
        if self.all.len() == MARKS {
            let mut number = 0;
            self.all.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.every *= 2;
        }
        self.all.push(mark.clone());
    }

    /// The last mark of those that are before a place. They are in order, so it is found by halving.
    pub(super) fn last(&self, is_before: impl Fn(&Mark) -> bool) -> Option<&Mark> {
        let after = self.all.partition_point(is_before);
        self.all.get(after.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stay_few_and_in_order() {
        let mut marks = Marks {
            all: vec![Mark::default()],
            every: MARK_EVERY,
        };
        for number in 1..=10 * MARKS as u64 {
            marks.add(&Mark {
                bytes: number * MARK_EVERY,
                ..Mark::default()
            });
        }
        assert!((MARKS / 2..=MARKS).contains(&marks.all.len()));
        assert_eq!(marks.all[0].bytes, 0);
        let steps = marks.all.windows(2).map(|two| two[1].bytes - two[0].bytes);
        assert!(
            steps
                .clone()
                .all(|step| step <= 2 * marks.every && step > 0)
        );
    }
}
