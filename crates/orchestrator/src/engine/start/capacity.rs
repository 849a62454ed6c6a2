//! How many jobs this engine can hold at once: each keeps some files open from the making of its folder to its end in
//! the store. If the limit of open files is low, further jobs wait before anything is made of them, so that those
//! that are there never come short of one.

use std::{collections::HashSet, time::Duration};

use crate::{engine::EngineError, job::JobId, open_files};
use parking_lot::{Condvar, Mutex};

/// What the engine itself has open at most: the store's connections, pages, watches, and some to spare.
const OWN: u64 = 96;
/// What a job has open at most: its lock, both ends of its control socket, three readers and writers of its spool, its
/// supervisor.
const OF_A_JOB: u64 = 8;
/// How long a job waits for others to be over and archived.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Who is held.
#[derive(Debug)]
pub(in crate::engine) struct Capacity {
    most: usize,
    held: Mutex<HashSet<JobId>>,
    less: Condvar,
}

impl Capacity {
    /// As much as the limit of open files has now.
    pub(in crate::engine) fn new() -> Self {
        Self::of(open_files::open_files())
    }

    fn of(limit: Option<u64>) -> Self {
        let most = limit.map_or(u64::MAX, |limit| limit.saturating_sub(OWN) / OF_A_JOB);
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX).max(1),
            held: Mutex::default(),
            less: Condvar::new(),
        }
    }

    /// Waits until all of these can be held, on a thread that may block, and counts them in.
    pub(in crate::engine) fn admit(&self, jobs: &[JobId]) -> Result<(), EngineError> {
        if jobs.len() > self.most {
            return Err(self.refused(jobs.len()));
        }
        let is_full = |held: &mut HashSet<JobId>| held.len() + jobs.len() > self.most;
        let mut held = self.held.lock();
        let waited = self.less.wait_while_for(&mut held, is_full, LONGEST_WAIT);
        if waited.timed_out() {
            return Err(self.refused(jobs.len()));
        }
        held.extend(jobs);
        Ok(())
    }

    fn refused(&self, jobs: usize) -> EngineError {
        let limit = open_files::open_files().unwrap_or_default();
        EngineError::Refused(format!(
            "{jobs} more would be too many: with a limit of {limit} open files, {} jobs can be held at once; raise it (ulimit -n)",
            self.most
        ))
    }

    /// Counts a job out, whether or not it was counted in.
    pub(in crate::engine) fn leave(&self, job: JobId) {
        if self.held.lock().remove(&job) {
            self.less.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn whoever_does_not_fit_waits_until_one_has_left() {
        let room = Arc::new(Capacity::of(Some(OWN + 2 * OF_A_JOB + 1)));
        let [a, b, c] = [(); 3].map(|()| JobId::new());
        room.admit(&[a, b]).unwrap();
        let waiting = Arc::clone(&room);
        let third = thread::spawn(move || waiting.admit(&[c]));
        room.leave(c);
        assert!(!third.is_finished());
        room.leave(a);
        third.join().unwrap().unwrap();
        let many = room.admit(&[JobId::new(), JobId::new(), JobId::new()]);
        assert!(many.unwrap_err().to_string().contains("ulimit"));
        assert_eq!(Capacity::of(Some(10)).most, 1);
        assert_eq!(Capacity::of(None).most, usize::MAX);
    }
}
