//! The lines of all hosts of a batch, in the order in which they came.

use serde::{Deserialize, Serialize};

use crate::log::Stream;

/// The last lines of all hosts, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchMerged"))]
pub struct Merged {
    /// Oldest first, at most [`Merged::MOST`].
    pub lines: Vec<MergedLine>,
    /// Lines before these that are left out: the logs have them.
    pub left_out: u64,
}

/// A line of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "BatchMergedLine"))]
pub struct MergedLine {
    /// The host, by its place in [`super::Batch::hosts`].
    pub host: u32,
    /// Its number in the host's log, from 1.
    pub number: u64,
    /// Its stream.
    pub stream: Stream,
    /// When its first byte was read: microseconds since 1970.
    pub at: i64,
    /// Its text without styles, at most 1024 bytes of it.
    pub text: String,
}

impl Merged {
    /// Lines, at most.
    pub const MOST: usize = 5000;

    /// How many lines of each of so many hosts are looked at.
    #[must_use]
    pub fn of_each(hosts: usize) -> u64 {
        (Self::MOST / hosts.max(1)).max(20) as u64
    }

    /// The last lines of hosts, each with how many its log has before those. What a host wrote at the same moment stays in
    /// its order. A host of which lines are left out hides what others wrote before the first that is shown: what is shown
    /// has no gap.
    #[must_use]
    pub fn of(hosts: Vec<(u64, Vec<MergedLine>)>) -> Self {
        let cut = hosts.iter().filter(|(before, _)| *before > 0);
        let since = cut
            .filter_map(|(_, lines)| lines.first().map(|line| line.at))
            .max();
        let mut left_out: u64 = hosts.iter().map(|(before, _)| before).sum();
        let mut lines: Vec<MergedLine> = hosts.into_iter().flat_map(|(_, lines)| lines).collect();
        let all = lines.len();
        // It is kept to the order of each host's log by a stable sort.
        lines.sort_by_key(|line| line.at);
        if let Some(since) = since {
            lines.retain(|line| line.at >= since);
        }
        lines.drain(..lines.len().saturating_sub(Self::MOST));
        left_out += (all - lines.len()) as u64;
        Self { lines, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(host: u32, number: u64, at: i64) -> MergedLine {
        MergedLine {
            host,
            number,
            stream: Stream::Stdout,
            at,
            text: String::new(),
        }
    }

    fn places(merged: &Merged) -> Vec<(u32, u64)> {
        let lines = merged.lines.iter();
        lines.map(|line| (line.host, line.number)).collect()
    }

    #[test]
    fn lines_come_in_order_of_time_and_each_host_in_its_own() {
        let one = vec![line(0, 1, 10), line(0, 2, 30), line(0, 3, 30)];
        let two = vec![line(1, 1, 20), line(1, 2, 30)];
        let merged = Merged::of(vec![(0, one), (0, two), (0, Vec::new())]);
        assert_eq!(places(&merged), [(0, 1), (1, 1), (0, 2), (0, 3), (1, 2)]);
        assert_eq!(merged.left_out, 0);
    }

    #[test]
    fn what_is_shown_has_no_gap() {
        let quiet = vec![line(0, 1, 10), line(0, 2, 90)];
        let loud = vec![line(1, 500, 80), line(1, 501, 85)];
        let merged = Merged::of(vec![(0, quiet), (499, loud)]);
        assert_eq!(places(&merged), [(1, 500), (1, 501), (0, 2)]);
        assert_eq!(merged.left_out, 500);
        let many = (0..6000).map(|at| line(0, at, at as i64)).collect();
        let merged = Merged::of(vec![(0, many)]);
        assert_eq!((merged.lines.len(), merged.left_out), (Merged::MOST, 1000));
        assert_eq!(merged.lines[0].number, 1000);
    }

    #[test]
    fn of_many_hosts_each_has_some() {
        assert_eq!([1, 2, 500, 0].map(Merged::of_each), [5000, 2500, 20, 5000]);
    }
}
