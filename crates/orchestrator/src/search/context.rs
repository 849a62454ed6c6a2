//! Which lines of a job are shown: those with hits and those near them, none of them twice.

use std::{collections::VecDeque, ops::Range};

/// Ranges that are remembered. A line that was open for long is reported after later ones, and may have been shown as a
/// neighbour of one of these.
const REMEMBERED: usize = 64;

/// The lines of a job that have been shown.
#[derive(Debug, Clone, Default)]
pub struct Context {
    shown: VecDeque<Range<u64>>,
}

impl Context {
    /// The lines that are to be shown for these lines with hits, with `around` lines before and after each: in order and
    /// apart, but that a line which was open for long comes by itself.
    pub fn lines(&mut self, hits: &[u64], around: u64) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for &hit in hits {
            if self
                .shown
                .iter()
                .chain(&ranges)
                .any(|shown| shown.contains(&hit))
            {
                // As the neighbour of another; the lines after it follow, too.
                let last = ranges.last_mut().filter(|last| last.contains(&hit));
                match last {
                    Some(last) => last.end = last.end.max(hit + around + 1),
                    None => self.after(hit, around, &mut ranges),
                }
                continue;
            }
            let end = self.end(&ranges);
            let start = hit.saturating_sub(around).max(1);
            match ranges.last_mut() {
                _ if hit < end => ranges.push(hit..hit + 1),
                Some(last) if start <= last.end => last.end = hit + around + 1,
                _ => ranges.push(start.max(end)..hit + around + 1),
            }
        }
        self.shown.extend(ranges.iter().cloned());
        let over = self.shown.len().saturating_sub(REMEMBERED);
        self.shown.drain(..over);
        ranges
    }

    /// The lines after a hit that was shown already, as far as they were not.
    fn after(&self, hit: u64, around: u64, ranges: &mut Vec<Range<u64>>) {
        let (start, end) = (self.end(ranges), hit + around + 1);
        if start < end && start > hit {
            ranges.push(start..end);
        }
    }

    /// After the last line that is shown.
    fn end(&self, ranges: &[Range<u64>]) -> u64 {
        let ends = self.shown.iter().chain(ranges).map(|range| range.end);
        ends.max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_near_hits_are_shown_once_however_the_hits_come() {
        let mut near = Context::default();
        assert_eq!(near.lines(&[2, 5, 20], 2), [1..8, 18..23]);
        // 21 was shown beside 20; the lines after it follow, those before it do not come again.
        assert_eq!(near.lines(&[21, 40], 2), [23..24, 38..43]);
        // A prompt of line 10 has ended at last; line 39 was shown.
        assert!(
            near.lines(&[10, 39], 2)
                .into_iter()
                .eq(std::iter::once(10..11))
        );
        assert!(near.lines(&[44], 2).into_iter().eq(std::iter::once(43..47)));
        let mut alone = Context::default();
        assert_eq!(alone.lines(&[1, 2, 9], 0), [1..3, 9..10]);
        assert!(
            alone
                .lines(&[10], 0)
                .into_iter()
                .eq(std::iter::once(10..11))
        );
    }
}
