//! Chance that can be had again: a seed from `VMO_SEED`, or a new one, which a failing test prints.

use std::time::{Duration, SystemTime};

/// A generator of numbers (splitmix64, Steele, Lea, Flood 2014).
pub(crate) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    pub(crate) fn new() -> Self {
        let now = || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap().as_micros() as u64 % 1_000_000_000
        };
        Self::of(number("VMO_SEED").unwrap_or_else(now))
    }

    /// Those of this seed.
    pub(crate) fn of(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Whether one in `many` comes up.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// A time below so many milliseconds, most of them short: what goes wrong early is told apart by less.
    pub(crate) fn moment(&mut self, milliseconds: u64) -> Duration {
        let share = self.below(1000) * self.below(1000);
        Duration::from_micros(milliseconds * share / 1000)
    }
}

impl Drop for Dice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the dice: VMO_SEED={}", self.seed);
        }
    }
}

/// How often each victim is killed: 25 times, or `VMO_KILLS`.
pub(crate) fn kills() -> usize {
    number("VMO_KILLS").map_or(25, |kills| kills as usize)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
