//! Where the hits of a find are.

use std::ops::Range;

use crate::{log::find::Hit, wire::HitMarks};

/// Hits whose places are kept, 16 bytes each; later ones are only counted.
pub(super) const KEPT: usize = 1_000_000;

/// Parts of a log for which it is known whether there are hits in them, at most.
const PARTS: usize = 1000;

/// A hit and its ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// The hit.
    pub hit: Hit,
    /// Its number among all, from 1.
    pub index: u64,
}

/// The hits found so far, in order.
#[derive(Debug)]
pub(super) struct Hits {
    kept: Vec<Hit>,
    /// Hits that are not kept.
    more: u64,
    /// Hits in lines without an end; those may still change.
    open: Vec<Hit>,
    /// Whether there is a hit in each part of `every` lines.
    parts: Vec<bool>,
    every: u64,
}

impl Default for Hits {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            more: 0,
            open: Vec::new(),
            parts: Vec::new(),
            every: 1,
        }
    }
}

impl Hits {
    pub(super) fn total(&self) -> u64 {
        self.kept.len() as u64 + self.more
    }

    /// Adds a hit of a line that has ended.
    pub(super) fn add(&mut self, hit: Hit) {
        self.mark(hit.line);
        if self.kept.len() == KEPT {
            self.more += 1;
        } else if self.kept.last().is_none_or(|last| *last < hit) {
            self.kept.push(hit);
        } else {
            // Its line was open while lines after it ended.
            let at = self.kept.partition_point(|other| *other < hit);
            self.kept.insert(at, hit);
        }
    }

    /// Adds the hits of lines without an end.
    pub(super) fn open(&mut self, hits: Vec<Hit>) {
        self.close();
        for hit in &hits {
            self.add(*hit);
        }
        self.open = hits;
    }

    /// Takes the hits of lines without an end out again.
    pub(super) fn close(&mut self) {
        for hit in self.open.drain(..) {
            match self.kept.binary_search(&hit) {
                Ok(at) => drop(self.kept.remove(at)),
                Err(_) => self.more = self.more.saturating_sub(1),
            }
        }
    }

    /// The hit next to a place; from the other end, if there is none and `wraps`.
    pub(super) fn nearest(&self, place: (u64, u32), back: bool, wraps: bool) -> Option<Nearest> {
        let of = |hit: &Hit| (hit.line, hit.start);
        let at = if back {
            let before = self.kept.partition_point(|hit| of(hit) < place);
            before.checked_sub(1).or_else(|| {
                let last = self.kept.len().checked_sub(1);
                last.filter(|_| wraps)
            })?
        } else {
            let after = self.kept.partition_point(|hit| of(hit) <= place);
            if after < self.kept.len() {
                after
            } else if wraps {
                0
            } else {
                return None;
            }
        };
        Some(Nearest {
            hit: *self.kept.get(at)?,
            index: at as u64 + 1,
        })
    }

    /// The hits in some lines; none if they are not all kept.
    pub(super) fn hits(&self, first: u64, count: u64) -> Option<Vec<Hit>> {
        let end = first.saturating_add(count);
        if self.more > 0 && self.kept.last().is_none_or(|last| last.line < end) {
            return None;
        }
        let from = self.kept.partition_point(|hit| hit.line < first);
        let to = self.kept.partition_point(|hit| hit.line < end);
        Some(self.kept[from..to].to_vec())
    }

    /// Of the lines near kept hits in a log of `lines`, `count` from the `skip`th on, as ranges; and how many there are.
    pub(super) fn near(
        &self,
        around: u64,
        lines: u64,
        skip: u64,
        count: u64,
    ) -> (Vec<Range<u64>>, u64) {
        let (mut wanted, mut before) = (Vec::new(), 0);
        self.each_near(around, lines, |range| {
            let own = before..before + (range.end - range.start);
            before = own.end;
            let (from, to) = (own.start.max(skip), own.end.min(skip + count));
            if from < to {
                wanted.push(range.start + (from - own.start)..range.start + (to - own.start));
            }
        });
        (wanted, before)
    }

    /// How many of the lines near kept hits come before `line`.
    pub(super) fn row(&self, line: u64, around: u64, lines: u64) -> u64 {
        let mut before = 0;
        self.each_near(around, lines, |range| {
            before += range.end.min(line).saturating_sub(range.start);
        });
        before
    }

    /// Reports the lines near kept hits as ranges, in order and apart.
    fn each_near(&self, around: u64, lines: u64, mut take: impl FnMut(Range<u64>)) {
        let mut last: Option<Range<u64>> = None;
        for hit in &self.kept {
            let start = hit.line.saturating_sub(around).max(1);
            let end = (hit.line + around).min(lines.max(hit.line)) + 1;
            match &mut last {
                Some(range) if start <= range.end => range.end = end.max(range.end),
                _ => {
                    if let Some(range) = last.replace(start..end) {
                        take(range);
                    }
                }
            }
        }
        if let Some(range) = last {
            take(range);
        }
    }

    /// Which parts of the log have hits.
    pub(super) fn marks(&self) -> HitMarks {
        let parts = (0_u32..).zip(&self.parts);
        HitMarks {
            every: self.every,
            parts: parts.filter(|(_, has)| **has).map(|(at, _)| at).collect(),
        }
    }

    fn mark(&mut self, line: u64) {
        let number = line - 1;
        while number / self.every >= PARTS as u64 {
            self.every *= 2;
            self.parts = self
                .parts
                .chunks(2)
                .map(|two| two.contains(&true))
                .collect();
        }
        let part = (number / self.every) as usize;
        if self.parts.len() <= part {
            self.parts.resize(part + 1, false);
        }
        self.parts[part] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(line: u64, start: u32) -> Hit {
        let end = start + 1;
        Hit { line, start, end }
    }

    fn found(hits: &[(u64, u32)]) -> Hits {
        let mut found = Hits::default();
        for &(line, start) in hits {
            found.add(hit(line, start));
        }
        found
    }

    #[test]
    fn the_nearest_hit_has_its_number() {
        let found = found(&[(2, 0), (2, 5), (9, 1), (4, 3)]);
        let ask = |place, back, wraps| {
            let nearest = found.nearest(place, back, wraps);
            nearest.map(|it| (it.hit.line, it.hit.start, it.index))
        };
        assert_eq!(ask((0, u32::MAX), false, false), Some((2, 0, 1)));
        assert_eq!(ask((2, 0), false, false), Some((2, 5, 2)));
        assert_eq!(ask((2, 5), false, false), Some((4, 3, 3)));
        assert_eq!(ask((9, 1), false, false), None);
        assert_eq!(ask((9, 1), false, true), Some((2, 0, 1)));
        assert_eq!(ask((9, 1), true, true), Some((4, 3, 3)));
        assert_eq!(ask((2, 0), true, false), None);
        assert_eq!(ask((2, 0), true, true), Some((9, 1, 4)));
        assert_eq!(Hits::default().nearest((1, 0), true, true), None);
    }

    #[test]
    fn an_open_line_is_looked_at_again() {
        let mut found = found(&[(1, 0), (5, 0)]);
        found.open(vec![hit(3, 0), hit(3, 9)]);
        assert_eq!(found.total(), 4);
        assert_eq!(found.hits(2, 2).unwrap(), [hit(3, 0), hit(3, 9)]);
        found.close();
        found.add(hit(3, 4));
        assert_eq!(found.hits(1, 9).unwrap(), [hit(1, 0), hit(3, 4), hit(5, 0)]);
    }

    #[test]
    fn lines_near_hits_are_reported_once_each() {
        let found = found(&[(2, 0), (2, 4), (5, 0), (20, 0), (30, 0)]);
        let lines = |around, skip, count| {
            let (ranges, total) = found.near(around, 30, skip, count);
            (ranges.into_iter().flatten().collect::<Vec<_>>(), total)
        };
        assert_eq!(lines(0, 0, 9), (vec![2, 5, 20, 30], 4));
        assert_eq!(lines(1, 0, 5), (vec![1, 2, 3, 4, 5], 11));
        assert_eq!(lines(1, 5, 3), (vec![6, 19, 20], 11));
        assert_eq!(lines(1, 9, 9), (vec![29, 30], 11));
        assert_eq!(lines(1, 11, 9), (vec![], 11));
        for (row, line) in lines(1, 0, 99).0.into_iter().enumerate() {
            assert_eq!(found.row(line, 1, 30), row as u64);
        }
    }

    #[test]
    fn marks_stay_few_and_cover_every_hit() {
        let mut found = Hits::default();
        for line in [1, 999, 1000, 1001, 70_000, 10_000_000] {
            found.mark(line);
            let marks = found.marks();
            let part = u32::try_from((line - 1) / marks.every).unwrap();
            assert!(marks.parts.contains(&part) && marks.parts.contains(&0));
            assert!(part < PARTS as u32);
        }
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut found = Hits::default();
        for line in 1..=KEPT as u64 + 5 {
            found.add(hit(line, 0));
        }
        assert_eq!(found.total(), KEPT as u64 + 5);
        assert_eq!(found.hits(KEPT as u64 - 1, 1).unwrap().len(), 1);
        assert_eq!(found.hits(KEPT as u64, 9), None);
        found.open(vec![hit(KEPT as u64 + 6, 0)]);
        found.close();
        assert_eq!(found.total(), KEPT as u64 + 5);
    }
}
