//! Whether jobs of this machine leave it time for what can wait: none was started, ended or wrote anything for a moment. A job
//! that runs on in silence is in nobody's way.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::engine::follow::lives::Lives;

/// How long nothing may happen.
const MOMENT: Duration = Duration::from_secs(10);
/// How long that is waited for: a machine on which something always writes has its time for the rest, too.
const LONGEST: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(250);

/// What was seen last, and since when.
#[derive(Debug)]
pub(super) struct Quiet {
    lives: Lives,
    seen: Work,
    since: Instant,
}

/// Which jobs there are, and how much they have written.
#[derive(Debug, PartialEq, Eq)]
struct Work {
    jobs: u128,
    bytes: u64,
}

impl Quiet {
    pub(super) fn new(lives: Lives) -> Self {
        Self {
            seen: Work::of(&lives),
            since: Instant::now(),
            lives,
        }
    }

    /// Waits until it is quiet, but not for ever.
    pub(super) async fn wait(&mut self) {
        let begun = Instant::now();
        while !self.is_now() && begun.elapsed() < LONGEST {
            sleep(LOOK).await;
        }
    }

    fn is_now(&mut self) -> bool {
        let work = Work::of(&self.lives);
        if work != self.seen {
            (self.seen, self.since) = (work, Instant::now());
        }
        self.since.elapsed() >= MOMENT
    }
}

impl Work {
    fn of(lives: &Lives) -> Self {
        let mut work = Self { jobs: 0, bytes: 0 };
        for live in lives.all() {
            work.jobs ^= live.id.0.as_u128();
            work.bytes = work.bytes.wrapping_add(live.extent().bytes);
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_job_at_all_is_quiet_after_a_moment() {
        let mut quiet = Quiet::new(Lives::default());
        assert!(!quiet.is_now(), "nothing was seen to stay as it is yet");
        quiet.since = quiet.since.checked_sub(MOMENT).unwrap();
        quiet.wait().await;
        assert!(quiet.is_now());
    }
}
