//! A job whose folder is there: where it is, how far its log reaches, and marks to start reading it from.
//!
//! One [`Live`] is shared by the task that follows the job, the task that archives it and everyone who reads its log.
//! It knows no store and no socket.

mod extent;
mod marks;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use supervisor::{control::ToSupervisor, folder::Folder};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    watch,
};

use self::marks::Marks;
use crate::job::{Job, JobId};

pub use self::extent::Extent;
pub(crate) use self::marks::Mark;

/// Pieces of input, of at most 64 KiB each, that wait for a job that does not read.
const INPUT: usize = 16;

/// A job whose folder is there.
#[derive(Debug)]
pub struct Live {
    /// The job's id.
    pub id: JobId,
    /// Its folder.
    pub folder: Folder,
    job: watch::Sender<Job>,
    extent: watch::Sender<Extent>,
    /// Whether the store knows how it ended.
    settled: watch::Sender<bool>,
    /// How often archiving it has failed.
    tries: watch::Sender<u64>,
    /// Whether the job's end is on the disk, as its supervisor said.
    kept: AtomicBool,
    /// Whether the job was started with another store, which alone may get it.
    elsewhere: AtomicBool,
    /// Whether the log goes on in the store after the last that was read here.
    goes_on_in_store: AtomicBool,
    marks: Mutex<Marks>,
    /// The offsets at which what cannot be read of the spool begins.
    gaps: Mutex<BTreeSet<u64>>,
    orders: mpsc::Sender<ToSupervisor>,
    input: mpsc::Sender<ToSupervisor>,
}

/// What the holder of a job's control socket must pass on.
#[derive(Debug)]
pub(crate) struct OrderQueues {
    /// Cancel and window size: at once.
    pub(crate) now: mpsc::Receiver<ToSupervisor>,
    /// Input and its end, in order: while the job reads.
    pub(crate) input: mpsc::Receiver<ToSupervisor>,
}

impl Live {
    /// A job at the start of its log, or at `from`; if only the store knows what is left of it, without a start until
    /// [`Live::begins_at`]; and the orders that the holder of its control socket must pass on.
    pub(crate) fn new(job: Job, folder: Folder, from: Option<Mark>) -> (Self, OrderQueues) {
        // A person's clicks; if 64 wait, the next one waits too.
        let (orders, now) = mpsc::channel(64);
        let (input, typed) = mpsc::channel(INPUT);
        let marks = Marks::from(from.clone());
        let from = from.unwrap_or_default();
        let extent = Extent {
            end: from.at,
            lines: from.state.lines(),
            bytes: from.bytes,
            full_screen: false,
            ends_at: 0,
            complete: false,
        };
        let live = Self {
            id: job.id,
            folder,
            job: watch::Sender::new(job),
            extent: watch::Sender::new(extent),
            settled: watch::Sender::new(false),
            tries: watch::Sender::new(0),
            kept: AtomicBool::new(false),
            elsewhere: AtomicBool::new(false),
            goes_on_in_store: AtomicBool::new(false),
            marks: Mutex::new(marks),
            gaps: Mutex::default(),
            orders,
            input,
        };
        (live, OrderQueues { now, input: typed })
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

    /// Why it is not archived, without its other fields.
    pub(crate) fn unarchived(&self) -> Option<String> {
        self.job.borrow().unarchived.clone()
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

    /// Reports where the spool ended when the job was seen to end, before the job itself says so.
    pub(crate) fn ends_at(&self, offset: u64) {
        self.extent.send_modify(|extent| extent.ends_at = offset);
    }

    /// Reports where what is left of the spool begins, of a log that has not been read yet.
    pub(crate) fn begins_at(&self, mark: &Mark) {
        self.marks.lock().begin_at(mark);
        self.grew(mark, false);
    }

    /// Reports that the log reaches up to `mark`, and which screen is shown there.
    pub(crate) fn grew(&self, mark: &Mark, full_screen: bool) {
        self.marks.lock().add(mark);
        self.extent.send_modify(|extent| {
            extent.end = mark.at;
            extent.lines = mark.state.lines();
            extent.bytes = mark.bytes;
            extent.full_screen = full_screen;
        });
    }

    /// Reports that something cannot be read from this offset on, before what comes after it is reported.
    pub(crate) fn found_gap(&self, offset: u64) {
        self.gaps.lock().insert(offset);
    }

    /// Whether something that cannot be read begins at this offset.
    pub(crate) fn has_gap(&self, offset: u64) -> bool {
        self.gaps.lock().contains(&offset)
    }

    /// Reports, before [`Live::completed`], that another engine archived more than was read here, and dropped the folder.
    pub(crate) fn archived_elsewhere(&self) {
        self.goes_on_in_store.store(true, Ordering::Release);
    }

    /// Whether only the store has the log's end, of one that is complete.
    pub(crate) fn goes_on_in_store(&self) -> bool {
        self.goes_on_in_store.load(Ordering::Acquire)
    }

    /// Reports that the job waits for another store than the one in use: it is seen and canceled here, and not archived.
    pub(crate) fn waits_elsewhere(&self, store: &str) {
        self.elsewhere.store(true, Ordering::Release);
        let why = format!(
            "it was started with another database, {store}, and waits for it; vmo move {} archives it in this one",
            self.id
        );
        self.change(|job| job.unarchived = Some(why));
    }

    /// Whether that was reported.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.elsewhere.load(Ordering::Acquire)
    }

    /// Reports that the job's end is on the disk, and all of its log.
    pub(crate) fn set_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// Whether that was reported.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// Reports that no more will come.
    pub(crate) fn completed(&self) {
        self.extent.send_modify(|extent| extent.complete = true);
    }

    /// Reports that the store knows how it ended.
    pub(crate) fn settled(&self) {
        self.settled.send_replace(true);
    }

    /// Reports that archiving it has failed once more.
    pub(crate) fn failed_again(&self) {
        self.tries.send_modify(|tries| *tries += 1);
    }

    /// Wakes whenever that was reported.
    pub(crate) fn tries(&self) -> watch::Receiver<u64> {
        self.tries.subscribe()
    }

    /// Wakes when the store knows how it ended.
    pub(crate) fn settling(&self) -> watch::Receiver<bool> {
        self.settled.subscribe()
    }

    /// The last mark before line `number` starts, from 1; none if what we know begins after it.
    #[must_use]
    pub fn before_line(&self, number: u64) -> Option<Mark> {
        self.last_mark(|mark| mark.state.lines() < number)
    }

    /// The last mark at or before chunk `seq`; none if what we know begins after it.
    #[must_use]
    pub fn before_seq(&self, seq: u64) -> Option<Mark> {
        self.last_mark(|mark| mark.at.seq <= seq)
    }

    /// The last mark at or before byte `byte`; none if what we know begins after it.
    #[must_use]
    pub fn before_byte(&self, byte: u64) -> Option<Mark> {
        self.last_mark(|mark| mark.bytes <= byte)
    }

    /// The last mark at or before this offset of the spool.
    #[must_use]
    pub fn before_offset(&self, offset: u64) -> Option<Mark> {
        self.last_mark(|mark| mark.at.offset <= offset)
    }

    fn last_mark(&self, is_before: impl Fn(&Mark) -> bool) -> Option<Mark> {
        self.marks.lock().last(is_before).cloned()
    }

    /// Sends an order to the job's supervisor, when there is room for it.
    ///
    /// # Errors
    /// If the supervisor is gone.
    pub async fn order(&self, order: ToSupervisor) -> Result<(), NotTaken> {
        let way = if is_input(&order) {
            &self.input
        } else {
            &self.orders
        };
        way.send(order).await.map_err(|_| NotTaken::Over)
    }

    /// Sends an order without waiting for it to be carried out.
    ///
    /// # Errors
    /// If the job's supervisor is gone, or the channel is full.
    pub fn offer(&self, order: ToSupervisor) -> Result<(), NotTaken> {
        let way = if is_input(&order) {
            &self.input
        } else {
            &self.orders
        };
        way.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Closed(_) => NotTaken::Over,
        })
    }
}

fn is_input(order: &ToSupervisor) -> bool {
    matches!(order, ToSupervisor::Input(_) | ToSupervisor::EndInput)
}

/// Why an order could not be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The job's supervisor is gone.
    #[error("the job is over")]
    Over,
    /// The job does not read its input, and as much as may wait for it waits.
    #[error("the job does not read its input, and enough of it waits")]
    Full,
}
