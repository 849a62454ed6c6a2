//! Which lines of two logs belong together, in time that is near linear whatever the logs are: of a million lines each, in
//! another order, most of them changed, or with few that differ from one another.
//!
//! What begins and ends alike is set aside. What is left is parted at lines that both have once (patience), or, if there are
//! none, at two, four, … lines in a row that are there once; each part is then looked at by itself. Small parts get the
//! shortest answer. A large part that can be parted nowhere and has more than some changes is another text.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
};

use imara_diff::{Algorithm, Diff, InternedInput};

/// Lines of both in a part that gets the shortest answer, at most.
const SMALL: usize = 2_000;
/// Lines in a row that mark a place, at most.
const LONGEST_ROW: usize = 64;
/// How often parts are parted again, at most.
const DEEPEST: u32 = 40;
/// Changes that a large part without marks has, at most.
const CHANGES: usize = 500;

/// Lines of the first log that the second has not, and those that it has in their place.
pub(super) type Hunk = (Range<usize>, Range<usize>);

/// What differs, in order; the lines between are the same ones of both.
pub(super) fn hunks(old: &[u64], new: &[u64]) -> Vec<Hunk> {
    let mut aligning = Aligning {
        old,
        new,
        hunks: Vec::new(),
    };
    aligning.part(0..old.len(), 0..new.len(), DEEPEST);
    aligning.hunks
}

struct Aligning<'a> {
    old: &'a [u64],
    new: &'a [u64],
    hunks: Vec<Hunk>,
}

impl Aligning<'_> {
    /// Looks at a part; parts come in order.
    fn part(&mut self, mut old: Range<usize>, mut new: Range<usize>, depth: u32) {
        let (of_old, of_new) = (&self.old[old.clone()], &self.new[new.clone()]);
        let pairs = of_old.iter().zip(of_new);
        let alike = pairs.take_while(|(old, new)| old == new).count();
        (old.start, new.start) = (old.start + alike, new.start + alike);
        let (of_old, of_new) = (&self.old[old.clone()], &self.new[new.clone()]);
        let pairs = of_old.iter().rev().zip(of_new.iter().rev());
        let alike = pairs.take_while(|(old, new)| old == new).count();
        (old.end, new.end) = (old.end - alike, new.end - alike);
        if old.is_empty() || new.is_empty() {
            return self.differs(old, new);
        }
        if old.len() + new.len() <= SMALL {
            return self.shortest(old, new);
        }
        let marks = match depth {
            0 => Vec::new(),
            _ => self.marks(&old, &new),
        };
        if marks.is_empty() {
            return self.few_changes(old, new);
        }
        for (at_old, at_new) in marks {
            // One before may have been found to go on up to here.
            if at_old >= old.start && at_new >= new.start {
                self.part(old.start..at_old, new.start..at_new, depth - 1);
                (old.start, new.start) = (at_old + 1, at_new + 1);
            }
        }
        self.part(old, new, depth - 1);
    }

    fn differs(&mut self, old: Range<usize>, new: Range<usize>) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        match self.hunks.last_mut() {
            // It goes on.
            Some(last) if last.0.end == old.start && last.1.end == new.start => {
                (last.0.end, last.1.end) = (old.end, new.end);
            }
            _ => self.hunks.push((old, new)),
        }
    }

    fn shortest(&mut self, old: Range<usize>, new: Range<usize>) {
        let mut input = InternedInput::default();
        input.update_before(self.old[old.clone()].iter().copied());
        input.update_after(self.new[new.clone()].iter().copied());
        let mut found = Diff::compute(Algorithm::Histogram, &input);
        found.postprocess_no_heuristic(&input);
        for hunk in found.hunks() {
            let within = |from: usize, range: Range<u32>| {
                from + range.start as usize..from + range.end as usize
            };
            self.differs(
                within(old.start, hunk.before),
                within(new.start, hunk.after),
            );
        }
    }

    /// Places that both have once, in the order of both: the longest row of such.
    fn marks(&self, old: &Range<usize>, new: &Range<usize>) -> Vec<(usize, usize)> {
        let mut row = 1;
        while row <= LONGEST_ROW {
            let of_old = once(&self.old[old.clone()], row);
            let of_new = once(&self.new[new.clone()], row);
            let places = of_new.into_iter().filter_map(|(key, at)| {
                let other = of_old.get(&key)?;
                Some((old.start + *other, new.start + at))
            });
            let mut places: Vec<_> = places.collect();
            if !places.is_empty() {
                places.sort_unstable_by_key(|(_, new)| *new);
                return rising(&places);
            }
            row *= 2;
        }
        Vec::new()
    }

    /// The shortest answer if it has not many changes (Myers, 1986); else all of it differs.
    fn few_changes(&mut self, old: Range<usize>, new: Range<usize>) {
        let (of_old, of_new) = (&self.old[old.clone()], &self.new[new.clone()]);
        let Some(steps) = myers(of_old, of_new) else {
            return self.differs(old, new);
        };
        for (at_old, at_new, is_removed) in steps {
            let (at_old, at_new) = (old.start + at_old, new.start + at_new);
            match is_removed {
                true => self.differs(at_old..at_old + 1, at_new..at_new),
                false => self.differs(at_old..at_old, at_new..at_new + 1),
            }
        }
    }
}

/// The places of rows of so many lines that are there once, by what they are.
fn once(lines: &[u64], row: usize) -> HashMap<u64, usize, BuildHasherDefault<Itself>> {
    let mut places: HashMap<u64, Option<usize>, BuildHasherDefault<Itself>> = HashMap::default();
    for (at, lines) in lines.windows(row).enumerate() {
        let key = lines.iter().fold(0_u64, |key, line| {
            (key.rotate_left(5) ^ line).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        match places.entry(key) {
            Entry::Vacant(place) => {
                place.insert(Some(at));
            }
            Entry::Occupied(mut place) => *place.get_mut() = None,
        }
    }
    let once = places.into_iter();
    once.filter_map(|(key, place)| Some((key, place?)))
        .collect()
}

/// Of places in the order of the second log, as many as can be that are in the order of the first, too.
fn rising(places: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last place of a row of each length, and the place before each.
    let (mut lasts, mut befores) = (Vec::<usize>::new(), vec![None; places.len()]);
    for (at, (old, _)) in places.iter().enumerate() {
        let length = lasts.partition_point(|last| places[*last].0 < *old);
        befores[at] = length.checked_sub(1).map(|shorter| lasts[shorter]);
        match lasts.get_mut(length) {
            Some(last) => *last = at,
            None => lasts.push(at),
        }
    }
    let mut row = Vec::with_capacity(lasts.len());
    let mut next = lasts.last().copied();
    while let Some(at) = next {
        row.push(places[at]);
        next = befores[at];
    }
    row.reverse();
    row
}

/// The shortest way from one to the other, in order: where in both, and whether a line is removed there or added. None if it
/// has more than [`CHANGES`] steps.
fn myers(old: &[u64], new: &[u64]) -> Option<Vec<(usize, usize, bool)>> {
    let zero = CHANGES as isize + 1;
    // How far in the first each diagonal has come, after so many steps.
    let mut reached = vec![0_usize; 2 * CHANGES + 3];
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let at = |diagonal: isize| (zero + diagonal).unsigned_abs();
    for steps in 0..=CHANGES as isize {
        rounds.push(reached[at(-steps - 1)..=at(steps + 1)].to_vec());
        for diagonal in (-steps..=steps).step_by(2) {
            let down = diagonal == -steps
                || (diagonal != steps && reached[at(diagonal - 1)] < reached[at(diagonal + 1)]);
            let mut x = match down {
                true => reached[at(diagonal + 1)],
                false => reached[at(diagonal - 1)] + 1,
            };
            let Some(mut y) = x.checked_add_signed(-diagonal) else {
                continue;
            };
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            reached[at(diagonal)] = x;
            if x >= old.len() && y >= new.len() {
                return Some(way_back(&rounds, (old.len(), new.len())));
            }
        }
    }
    None
}

fn way_back(rounds: &[Vec<usize>], end: (usize, usize)) -> Vec<(usize, usize, bool)> {
    let (mut x, mut y) = end;
    let mut way = Vec::new();
    for (steps, reached) in rounds.iter().enumerate().skip(1).rev() {
        let steps = steps as isize;
        let at = |diagonal: isize| reached[(steps + 1 + diagonal).unsigned_abs()];
        let diagonal = x as isize - y as isize;
        let down = diagonal == -steps || (diagonal != steps && at(diagonal - 1) < at(diagonal + 1));
        let before = if down { diagonal + 1 } else { diagonal - 1 };
        x = at(before);
        y = x.saturating_add_signed(-before);
        way.push((x, y, !down));
    }
    way.reverse();
    way
}

/// Keys that are hashes already are their own.
#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is the same of both, if the hunks are right; the first log's and the second's.
    fn rest(lines: &[u64], gone: impl Iterator<Item = Range<usize>>) -> Vec<u64> {
        let (mut rest, mut from) = (Vec::new(), 0);
        for range in gone {
            rest.extend(&lines[from..range.start]);
            from = range.end;
        }
        rest.extend(&lines[from..]);
        rest
    }

    /// How many lines differ, of hunks that are right.
    fn count(old: &[u64], new: &[u64]) -> usize {
        let hunks = hunks(old, new);
        let of_old = rest(old, hunks.iter().map(|hunk| hunk.0.clone()));
        let of_new = rest(new, hunks.iter().map(|hunk| hunk.1.clone()));
        assert_eq!(of_old, of_new);
        let lines = hunks.iter().map(|hunk| hunk.0.len() + hunk.1.len());
        lines.sum()
    }

    /// Of a number, another one that looks like none of its neighbours'.
    fn key(at: u64) -> u64 {
        let mixed = (at ^ (at >> 15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) | 1
    }

    /// With a quadratic way none of these would end.
    #[test]
    fn logs_of_any_kind_take_no_time_that_is_the_square_of_their_lines() {
        let n = 200_000;
        let old: Vec<u64> = (1..n).map(key).collect();
        let mut shuffled = old.clone();
        shuffled.sort_unstable();
        assert!(count(&old, &shuffled) > 390_000);
        let tenth: Vec<u64> = (1..n).map(|at| key(at) + u64::from(at % 10 == 0)).collect();
        let changed = (1..n)
            .filter(|at| at % 10 == 0 && key(*at) % 2 == 1)
            .count();
        assert_eq!(count(&old, &tenth), 2 * changed);
        // As by `make -j`: the next eight in any order.
        let mut local = old.clone();
        for few in local.chunks_mut(8) {
            few.sort_unstable();
        }
        assert!(count(&old, &local) < 300_000);
        // Few lines that differ from one another.
        let few: Vec<u64> = (1..n).map(|at| key(at) % 50).collect();
        let mut other = few.clone();
        for at in (0..other.len()).step_by(1000) {
            other[at] = 77;
        }
        assert_eq!(count(&few, &other), 2 * 200);
        let others: Vec<u64> = (n..2 * n).map(|at| key(at) % 50).collect();
        count(&few, &others);
        // All the same but for a few.
        let mut same = vec![7; n as usize];
        for at in [5_000, 90_000, 170_000] {
            same[at] = 8;
        }
        let mut moved = vec![7; n as usize];
        for at in [6_000, 91_000, 172_000] {
            moved[at] = 9;
        }
        assert_eq!(count(&same, &moved), 6);
        count(&same, &(1..n).map(|at| 7 + at % 2).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn a_few_changes_are_found_as_they_are(
            old in proptest::collection::vec(1..9_u64, 0..60),
            new in proptest::collection::vec(1..9_u64, 0..60),
        ) {
            let shortest = {
                let mut input = InternedInput::default();
                input.update_before(old.iter().copied());
                input.update_after(new.iter().copied());
                let mut found = Diff::compute(Algorithm::Myers, &input);
                found.postprocess_no_heuristic(&input);
                (found.count_removals() + found.count_additions()) as usize
            };
            let way = myers(&old, &new).unwrap();
            prop_assert!(way.len() <= shortest);
            let (mut removed, mut added) = (Vec::new(), Vec::new());
            for (at_old, at_new, is_removed) in way {
                if is_removed {
                    removed.push(at_old..at_old + 1);
                } else {
                    added.push(at_new..at_new + 1);
                }
            }
            prop_assert_eq!(rest(&old, removed.into_iter()), rest(&new, added.into_iter()));
        }

        #[test]
        fn hunks_are_right_whatever_the_logs_are(
            lines in proptest::collection::vec(1..2000_u64, 0..3000),
            edits in proptest::collection::vec((0..3000_usize, 0..3_u8, 1..2000_u64), 0..400),
        ) {
            let mut new = lines.clone();
            for (at, edit, line) in edits {
                let at = at.min(new.len());
                match edit {
                    0 => new.insert(at, line),
                    1 if at < new.len() => { new.remove(at); }
                    _ if at < new.len() => new[at] = line,
                    _ => {}
                }
            }
            count(&lines, &new);
        }
    }
}
