//! How long the same thing is usually silent while it runs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Of fewer runs nothing is usual.
const ENOUGH: usize = 3;

/// How long earlier runs of a job were silent, and since when it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Silence {
    /// Milliseconds that a run is usually silent at most: the median of the longest silences of the last ones that ended well,
    /// before their first output and after their last one, too. None if there are fewer than three.
    pub usual_ms: Option<u64>,
    /// When it last wrote something, or began; none if it has not begun.
    pub since: Option<DateTime<Utc>>,
}

/// The longest silence of a run that began and ended then and wrote something at these times, all in microseconds since
/// 1970; in milliseconds. Clocks may have jumped: then a time outside counts for nothing.
#[must_use]
pub fn longest(began: i64, ended: i64, mut times: Vec<i64>) -> u64 {
    times.retain(|at| (began..=ended).contains(at));
    times.extend([began, ended]);
    times.sort_unstable();
    let gaps = times.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
    gaps.max().unwrap_or(0) / 1000
}

/// What is usual of the longest silences of some runs: the middle one.
#[must_use]
pub fn usual(mut longest: Vec<u64>) -> Option<u64> {
    longest.sort_unstable();
    (longest.len() >= ENOUGH).then(|| longest[longest.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silence_is_anywhere_in_a_run() {
        let ms = |ms: i64| ms * 1000;
        assert_eq!(
            longest(ms(0), ms(900), vec![ms(100), ms(400), ms(300)]),
            500
        );
        assert_eq!(longest(ms(0), ms(900), vec![ms(700), ms(800)]), 700);
        assert_eq!(longest(ms(0), ms(900), Vec::new()), 900);
        // One that was read before the start, as a clock went.
        assert_eq!(longest(ms(0), ms(900), vec![ms(-5000), ms(500)]), 500);
        assert_eq!(longest(ms(9), ms(0), vec![ms(5)]), 9);
    }

    #[test]
    fn one_run_that_hung_makes_no_silence_usual() {
        assert_eq!(usual(vec![200, 90_000, 300]), Some(300));
        assert_eq!(usual(vec![1, 2, 3, 4]), Some(3));
        assert_eq!(usual(vec![5, 6]), None);
    }
}
