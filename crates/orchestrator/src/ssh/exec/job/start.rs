//! A start that is not reported. A login shell that became another one (`exec fish` in a start file) waits for input in place
//! of the command, and would do so for ever.

use std::time::{Duration, Instant};

use super::Job;
use crate::{job::Exit, ssh::exec::channel::Stage};

/// How long a host may be silent before a command begins: start files may be slow, and say nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// What ends a shell that nobody types into any more.
const HANG_UP: &str = "HUP";

impl Job {
    /// Ends it if its start is not reported in time; and what is there in its place at once, if it is canceled.
    pub(super) fn step_start(&mut self) -> bool {
        if self.sent_at.is_none() && self.wire.stage() >= Stage::Run {
            self.sent_at = Some(Instant::now());
        }
        let Some(due) = self.start_due() else {
            return false;
        };
        if self.canceled && !self.is_hung_up {
            self.hang_up();
            return true;
        }
        if self.canceled || due > Instant::now() {
            return false;
        }
        self.hang_up();
        let why = format!(
            "the host did not begin it within {} s; does a start file of its login shell wait, or start another shell (exec \
             fish in ~/.bashrc)?",
            SILENCE.as_secs()
        );
        // Closes the channel, once that has gone.
        self.progress.failure = Some(why.clone());
        self.settle(Exit::Lost { why }, true);
        true
    }

    fn hang_up(&mut self) {
        self.is_hung_up = true;
        self.wire.signal(HANG_UP);
        self.wire.end_input();
    }

    /// Until when its start has to be reported; none if that is not waited for.
    pub(super) fn start_due(&self) -> Option<Instant> {
        let is_awaited = self.wire.stage() == Stage::Run
            && self.progress.remote.is_none()
            && self.raw.is_none()
            && !self.settled;
        // A person may take their time.
        if !is_awaited || self.sudo.was_asked() {
            return None;
        }
        let heard_at = self.progress.heard_at.max(self.sent_at)?;
        Some(heard_at + SILENCE)
    }
}
