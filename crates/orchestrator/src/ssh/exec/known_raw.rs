//! That a host takes no wrapper, as far as its last commands have shown.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long it is remembered that a host takes no wrapper: its login shell may be another one by then.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Whether a host is known to take no wrapper: the next command then goes over as it is without a first try.
#[derive(Debug, Default)]
pub(in crate::ssh) struct KnownRaw(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What the host shows of itself before anybody logs in.
    host: Vec<u8>,
    complained_at: Option<Instant>,
}

impl KnownRaw {
    /// A login was made at the host that shows this of itself; what is known of another one is forgotten.
    pub(in crate::ssh) fn met(&self, host: Vec<u8>) {
        let mut known = self.0.lock();
        if known.host != host {
            *known = Known {
                host,
                complained_at: None,
            };
        }
    }

    /// The host has complained of the wrapper.
    pub(super) fn learn(&self) {
        self.0.lock().complained_at = Some(Instant::now());
    }

    /// Whether it has, not long ago.
    pub(super) fn is_known(&self) -> bool {
        let complained_at = self.0.lock().complained_at;
        complained_at.is_some_and(|at| at.elapsed() < REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_complained_is_known_until_another_is_met_there() {
        let known = KnownRaw::default();
        known.met(b"one".to_vec());
        assert!(!known.is_known());
        known.learn();
        known.met(b"one".to_vec());
        assert!(known.is_known());
        known.met(b"two".to_vec());
        assert!(!known.is_known());
    }
}
