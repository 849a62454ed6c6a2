//! Processes whose parents have ended are our children, whatever session, group or environment they made for themselves.
//! They could not be found if we were killed, so they are written down as they come.

use std::time::{Duration, Instant};

use rustix::process::Pid;
use supervisor::{
    folder::{Folder, ORPHANS},
    identity::Identity,
};

use crate::{own_log::complain, tree};

/// The time between two looks: short after something was new, then twice as long each time. The kernel does not report
/// when a process comes to us.
const SOON: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(2);

/// Who has come to us.
#[derive(Debug)]
pub(crate) struct Lineage {
    /// Their process ids, sorted.
    known: Vec<i32>,
    look_at: Instant,
    pause: Duration,
}

impl Lineage {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            known: Vec::new(),
            look_at: now + SOON,
            pause: SOON,
        }
    }

    /// When to call [`Self::tick`].
    pub(crate) fn tick_at(&self) -> Instant {
        self.look_at
    }

    /// Looks who has come, and writes down who they are if that is news. Whether it was time to.
    pub(crate) fn tick(&mut self, now: Instant, folder: &Folder, child: Option<Pid>) -> bool {
        if now < self.look_at {
            return false;
        }
        let adopted = tree::adopted(child);
        self.pause = (self.pause * 2).min(LATE);
        if adopted != self.known {
            self.pause = SOON;
            let all = adopted.iter().filter_map(|pid| Identity::of(*pid).ok());
            let all: Vec<Identity> = all.collect();
            if let Err(error) = folder.write_json(ORPHANS, &all) {
                complain(format_args!("{ORPHANS}: {error}"));
            }
            self.known = adopted;
        }
        self.look_at = now + self.pause;
        true
    }
}
