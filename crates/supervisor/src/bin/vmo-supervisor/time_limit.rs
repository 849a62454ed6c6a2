//! How long the job may run.

use std::time::{Duration, Instant};

use supervisor::exec::Exec;

/// The time a job is given, from its child's start on.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Milliseconds.
    given: Option<u64>,
    /// When it is over; none if there is none, or it is over.
    until: Option<Instant>,
}

impl Limit {
    /// What `exec` says, from now on.
    pub(crate) fn of(exec: &Exec) -> Self {
        let timeout = exec.timeout_ms;
        let until =
            timeout.and_then(|timeout| Instant::now().checked_add(Duration::from_millis(timeout)));
        Self {
            given: timeout,
            until,
        }
    }

    /// When to call [`Self::is_over`].
    pub(crate) fn tick_at(&self) -> Option<Instant> {
        self.until
    }

    /// Whether the time is over. True once.
    pub(crate) fn is_over(&mut self, now: Instant) -> bool {
        self.until.take_if(|until| *until <= now).is_some()
    }

    /// The time that was given, in milliseconds, if it is over.
    pub(crate) fn passed(&self) -> Option<u64> {
        self.given.filter(|_| self.until.is_none())
    }
}
