//! How long a host may be silent.

use std::time::Duration;

use crate::ssh::config::route::Route;

/// How long a host may be silent before it is asked for a sign of life.
const SILENCE: Duration = Duration::from_secs(5);
/// The least of that: libssh2 sends no two questions within two seconds, and what was not asked is not answered.
const SHORTEST_SILENCE: Duration = Duration::from_secs(2);
/// How long the answer may take before the link is given up; with the silence before, below the 20 s promised.
const PATIENCE: Duration = Duration::from_secs(10);

/// When a silent host is asked for a sign of life, and how long it has for that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alive {
    pub(super) silence: Duration,
    pub(super) patience: Duration,
}

impl Alive {
    /// As `ServerAliveInterval` and `ServerAliveCountMax` say; by default the app's own measure, since `ssh` has none.
    pub(super) fn of(route: &Route) -> Self {
        match route.alive_interval {
            Some(silence) => Self {
                silence: silence.max(SHORTEST_SILENCE),
                patience: silence * route.alive_count.max(1),
            },
            None => Self {
                silence: SILENCE,
                patience: PATIENCE,
            },
        }
    }
}
