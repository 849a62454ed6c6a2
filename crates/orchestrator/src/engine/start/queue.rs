//! Who may run now: at most so many jobs at once here, and never two that want the same thing for themselves.
//!
//! Both are claims on places of one file in the data folder, held by the job's supervisor: they bind all engines
//! on the folder and outlive any of them. A job that gets none waits in the order in which it came, and is looked at again
//! whenever a job is over. It knows no job beyond its id and its claims.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest, Sha256};
use supervisor::claims::Claims;
use tokio::sync::{oneshot, watch};

use crate::job::JobId;

/// Places below this are turns; those from here on are what jobs want for themselves.
const NAMED: u64 = 1 << 32;
/// Places end here: byte numbers of a file.
const PLACES: u64 = 1 << 62;

/// What a job wants for itself: a target of a folder, or all of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Claim {
    /// The folder, canonical.
    pub(in crate::engine) folder: PathBuf,
    /// The target; none means the whole project.
    pub(in crate::engine) target: Option<String>,
}

impl Claim {
    /// Its place in the file. Two things meet at one place by a chance of 1 in 2⁶¹.
    pub(in crate::engine) fn place(&self) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.folder.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update(self.target.as_deref().unwrap_or_default());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        NAMED + u64::from_le_bytes(first) % (PLACES - NAMED)
    }
}

/// What a job waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Wait {
    /// As many jobs run as may.
    Turn {
        /// That many.
        most: u32,
    },
    /// Another job has what this one wants for itself.
    Other(Claim),
}

/// A job's turn: while it is held, here or by the job's supervisor, the job counts as running.
pub(in crate::engine) struct Turn(Claims);

impl Turn {
    /// The same turn once more: it lasts until both are dropped.
    pub(in crate::engine) fn share(&self) -> io::Result<Self> {
        self.0.share().map(Self)
    }

    /// The open file that holds it, for a supervisor to hold on to.
    pub(in crate::engine) fn into_fd(self) -> std::os::fd::OwnedFd {
        self.0.into_fd()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn")
    }
}

/// The jobs of this engine that wait for their turn.
#[derive(Debug)]
pub(in crate::engine) struct Queue {
    file: PathBuf,
    most: AtomicU32,
    /// By id, and so in the order in which they were asked for. Bounded by the jobs a person starts.
    waiting: Mutex<BTreeMap<JobId, Waiter>>,
    /// What jobs have for themselves whose locks another engine took. If that engine and the supervisor are killed, the
    /// locks are gone at once; what the job left running is ended a moment later.
    others: Mutex<BTreeMap<JobId, Other>>,
}

/// Another engine's job.
#[derive(Debug)]
struct Other {
    places: Vec<u64>,
    runs: bool,
}

#[derive(Debug)]
struct Waiter {
    claims: Vec<Claim>,
    turn: oneshot::Sender<io::Result<Turn>>,
    why: watch::Sender<Option<Wait>>,
}

/// A place in the queue; dropping it leaves the queue.
#[derive(Debug)]
pub(in crate::engine) struct Place<'a> {
    queue: &'a Queue,
    job: JobId,
    /// The turn, when it has come.
    pub(in crate::engine) turn: oneshot::Receiver<io::Result<Turn>>,
    /// What is waited for.
    pub(in crate::engine) why: watch::Receiver<Option<Wait>>,
}

impl Queue {
    /// A queue of at most this many jobs at once, whose claims are kept in this file.
    pub(in crate::engine) fn new(file: PathBuf, most: u32) -> Self {
        Self {
            file,
            most: AtomicU32::new(most),
            waiting: Mutex::default(),
            others: Mutex::default(),
        }
    }

    /// Notes what another engine's job has for itself once it runs.
    pub(in crate::engine) fn know(&self, job: JobId, places: Vec<u64>) {
        if !places.is_empty() {
            self.others.lock().insert(
                job,
                Other {
                    places,
                    runs: false,
                },
            );
        }
    }

    /// The job runs: until it is over, no other job gets its claims, no matter who holds the locks.
    pub(in crate::engine) fn runs(&self, job: JobId) {
        if let Some(other) = self.others.lock().get_mut(&job) {
            other.runs = true;
        }
    }

    /// The job is over, with all that it left running.
    pub(in crate::engine) fn is_over(&self, job: JobId) {
        self.others.lock().remove(&job);
    }

    fn is_others(&self, claim: &Claim) -> bool {
        let place = claim.place();
        let others = self.others.lock();
        let mut running = others.values().filter(|other| other.runs);
        running.any(|other| other.places.contains(&place))
    }

    /// How many jobs may run at once from now on. Those that run already go on.
    pub(in crate::engine) fn set_most(&self, most: u32) {
        self.most.store(most, Ordering::Relaxed);
        self.serve();
    }

    /// Takes a place in the queue. If no other job is in the way, the turn has come when this returns.
    pub(in crate::engine) fn join(&self, job: JobId, claims: Vec<Claim>) -> Place<'_> {
        let ((turn_in, turn), (why_in, why)) = (oneshot::channel(), watch::channel(None));
        let waiter = Waiter {
            claims,
            turn: turn_in,
            why: why_in,
        };
        self.waiting().insert(job, waiter);
        self.serve();
        Place {
            queue: self,
            job,
            turn,
            why,
        }
    }

    /// The first of these claims that somebody has, or none.
    ///
    /// # Errors
    /// Those of the file system.
    pub(in crate::engine) fn taken(&self, claims: Vec<Claim>) -> io::Result<Option<Claim>> {
        let probe = Claims::on(&self.file)?;
        for claim in claims {
            if self.is_others(&claim) || !probe.try_take(claim.place())? {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }

    /// Gives turns to those who may have one. Called whenever somebody may have given one up.
    pub(in crate::engine) fn serve(&self) {
        let mut waiting = self.waiting();
        let most = self.most.load(Ordering::Relaxed);
        let mut is_full = false;
        let jobs: Vec<JobId> = waiting.keys().copied().collect();
        for job in jobs {
            let tried = if is_full {
                Ok(Err(Wait::Turn { most }))
            } else {
                self.try_turn(&waiting[&job].claims, most)
            };
            match tried {
                Ok(Err(wait)) => {
                    is_full |= matches!(wait, Wait::Turn { .. });
                    waiting[&job].why.send_if_modified(|why| {
                        let changed = why.as_ref() != Some(&wait);
                        *why = Some(wait);
                        changed
                    });
                }
                Ok(Ok(turn)) => answer(&mut waiting, job, Ok(turn)),
                Err(error) => answer(&mut waiting, job, Err(error)),
            }
        }
    }

    /// All of them or none, so that no job waits while it holds what another waits for.
    fn try_turn(&self, claims: &[Claim], most: u32) -> io::Result<Result<Turn, Wait>> {
        let taken = Claims::on(&self.file)?;
        for claim in claims {
            if self.is_others(claim) || !taken.try_take(claim.place())? {
                return Ok(Err(Wait::Other(claim.clone())));
            }
        }
        for turn in 0..most {
            if taken.try_take(turn.into())? {
                return Ok(Ok(Turn(taken)));
            }
        }
        Ok(Err(Wait::Turn { most }))
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<JobId, Waiter>> {
        self.waiting.lock()
    }
}

/// A job that has left meanwhile needs no turn: dropping it gives it up.
fn answer(waiting: &mut BTreeMap<JobId, Waiter>, job: JobId, turn: io::Result<Turn>) {
    if let Some(waiter) = waiting.remove(&job) {
        drop(waiter.turn.send(turn));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.waiting().remove(&self.job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(target: &str) -> Vec<Claim> {
        vec![Claim {
            folder: "/somewhere".into(),
            target: Some(target.into()),
        }]
    }

    fn has(place: &mut Place<'_>) -> Option<Turn> {
        place.turn.try_recv().ok().map(Result::unwrap)
    }

    #[test]
    fn turns_come_in_order_and_one_alone_is_not_passed() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("claims");
        let (queue, other) = (Queue::new(file.clone(), 2), Queue::new(file, 2));
        let mut first = queue.join(JobId::new(), claim("deploy"));
        let deploying = has(&mut first).unwrap();
        // Another engine on the folder is bound by it too, and is told by what.
        let mut second = other.join(JobId::new(), claim("deploy"));
        assert!(has(&mut second).is_none());
        assert_eq!(
            *second.why.borrow(),
            Some(Wait::Other(claim("deploy").remove(0)))
        );
        assert_eq!(other.taken(claim("deploy")).unwrap(), claim("deploy").pop());
        assert_eq!(other.taken(claim("test")).unwrap(), None);
        // A job without claims goes past the others, while there are turns.
        let testing = has(&mut queue.join(JobId::new(), Vec::new())).unwrap();
        let mut third = queue.join(JobId::new(), Vec::new());
        let mut fourth = queue.join(JobId::new(), Vec::new());
        assert!(has(&mut third).is_none() && has(&mut fourth).is_none());
        assert_eq!(*fourth.why.borrow(), Some(Wait::Turn { most: 2 }));
        drop(testing);
        queue.serve();
        let turn = has(&mut third).unwrap();
        assert!(has(&mut fourth).is_none(), "the third was first");
        drop(deploying);
        other.serve();
        assert!(has(&mut second).is_some());
        queue.set_most(3);
        assert!(has(&mut fourth).is_some());
        drop(turn);
    }

    #[test]
    fn who_leaves_is_in_nobodys_way() {
        let scratch = tempfile::tempdir().unwrap();
        let queue = Queue::new(scratch.path().join("claims"), 1);
        let running = has(&mut queue.join(JobId::new(), Vec::new())).unwrap();
        let leaving = queue.join(JobId::new(), Vec::new());
        let mut staying = queue.join(JobId::new(), Vec::new());
        drop(leaving);
        drop(running);
        queue.serve();
        assert!(has(&mut staying).is_some());
    }
}
