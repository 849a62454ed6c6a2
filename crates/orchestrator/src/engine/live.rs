//! A job whose folder is there: where it stands, how far its log reaches, and marks to start reading it from.
//!
//! One [`Live`] is shared by the task that follows the job, the task that archives it and everyone who reads its log.
//! It knows no store and no socket.

use std::sync::Mutex;

use supervisor::{control::ToSupervisor, folder::Folder, spool::Position};
use tokio::sync::{mpsc, watch};

use crate::{
    job::{Job, JobId},
    log::lines,
};

/// Bytes of log between two marks; a line is found by reading at most this much before it.
const MARK_EVERY: u64 = 64 * 1024;

/// How far a log reaches just now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Where the spool ends: everything before is whole.
    pub end: Position,
    /// Lines, open ones included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether no more will come.
    pub complete: bool,
}

/// A place in a log to start reading from; the log's start by default.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    /// The next chunk.
    pub at: Position,
    /// Bytes of log before it.
    pub bytes: u64,
    /// Lines and styles there.
    pub state: lines::State,
}

/// A job whose folder is there.
#[derive(Debug)]
pub struct Live {
    /// The job's id.
    pub id: JobId,
    /// Its folder.
    pub folder: Folder,
    job: watch::Sender<Job>,
    extent: watch::Sender<Extent>,
    marks: Mutex<Vec<Mark>>,
    orders: mpsc::Sender<ToSupervisor>,
}

impl Live {
    /// A job at the start of its log, or at `from`; and the orders that whoever holds its control socket must pass on.
    pub(crate) fn new(
        job: Job,
        folder: Folder,
        from: Mark,
    ) -> (Self, mpsc::Receiver<ToSupervisor>) {
        // A person's clicks and key strokes; where 64 wait, the next one waits too.
        let (orders, passed_on) = mpsc::channel(64);
        let extent = Extent {
            end: from.at,
            lines: from.state.lines(),
            bytes: from.bytes,
            complete: false,
        };
        let live = Self {
            id: job.id,
            folder,
            job: watch::Sender::new(job),
            extent: watch::Sender::new(extent),
            marks: Mutex::new(vec![from]),
            orders,
        };
        (live, passed_on)
    }

    /// The job as it is now.
    #[must_use]
    pub fn job(&self) -> Job {
        let mut job = self.job.borrow().clone();
        let extent = *self.extent.borrow();
        (job.lines, job.bytes) = (extent.lines, extent.bytes);
        job
    }

    /// The job's status, without its other fields.
    #[must_use]
    pub fn job_status(&self) -> crate::job::Status {
        self.job.borrow().state.status()
    }

    /// Changes the job and wakes who waits for that.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Job)) -> Job {
        self.job.send_modify(change);
        self.job()
    }

    /// Wakes at each change of the job.
    #[must_use]
    pub fn job_changes(&self) -> watch::Receiver<Job> {
        self.job.subscribe()
    }

    /// How far the log reaches.
    #[must_use]
    pub fn extent(&self) -> Extent {
        *self.extent.borrow()
    }

    /// Wakes whenever the log has grown or is complete.
    #[must_use]
    pub fn growth(&self) -> watch::Receiver<Extent> {
        self.extent.subscribe()
    }

    /// Tells that the log reaches up to `mark`.
    pub(crate) fn grew(&self, mark: &Mark) {
        {
            let mut marks = self.marks.lock().expect("no panic holds it");
            let last = marks.last().map_or(0, |last| last.bytes);
            if mark.bytes >= last + MARK_EVERY {
                marks.push(mark.clone());
            }
        }
        self.extent.send_modify(|extent| {
            extent.end = mark.at;
            extent.lines = mark.state.lines();
            extent.bytes = mark.bytes;
        });
    }

    /// Tells that no more will come.
    pub(crate) fn completed(&self) {
        self.extent.send_modify(|extent| extent.complete = true);
    }

    /// The last mark before line `number` starts, from 1; none where what we know begins after it.
    #[must_use]
    pub fn before_line(&self, number: u64) -> Option<Mark> {
        self.last_mark(|mark| mark.state.lines() < number)
    }

    /// The last mark at or before chunk `seq`; none where what we know begins after it.
    #[must_use]
    pub fn before_seq(&self, seq: u64) -> Option<Mark> {
        self.last_mark(|mark| mark.at.seq <= seq)
    }

    fn last_mark(&self, is_before: impl Fn(&Mark) -> bool) -> Option<Mark> {
        let marks = self.marks.lock().expect("no panic holds it");
        let after = marks.partition_point(is_before);
        marks.get(after.checked_sub(1)?).cloned()
    }

    /// Sends an order to whoever supervises the job.
    ///
    /// # Errors
    /// Where nobody does any more.
    pub async fn order(&self, order: ToSupervisor) -> Result<(), Gone> {
        self.orders.send(order).await.map_err(|_| Gone)
    }
}

/// Nobody supervises the job any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the job is over")]
pub struct Gone;
