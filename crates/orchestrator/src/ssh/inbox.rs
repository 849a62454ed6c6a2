//! What a session's thread and those who give it jobs both hold: the jobs on their way, and how many it takes.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use rustix::event::{PollFd, PollFlags};

use super::{
    exec::{
        orders::{calm, wake, waker},
        task::Task,
    },
    poll::pause,
};

/// Jobs in one session. Servers commonly allow ten channels; a cancel needs one more for a moment.
const CHANNELS: usize = 8;

/// What a session's thread and those who give it jobs both hold.
#[derive(Debug)]
pub(super) struct Shared {
    inbox: Mutex<Inbox>,
    woken: io::PipeReader,
    wake: io::PipeWriter,
}

#[derive(Debug)]
struct Inbox {
    tasks: Vec<Task>,
    /// Jobs given to it that are not over.
    load: usize,
    capacity: usize,
    /// Whether a job has been in it and is over.
    served: bool,
    closed: bool,
}

impl Shared {
    pub(super) fn new() -> io::Result<Self> {
        let (woken, wake) = waker()?;
        Ok(Self {
            inbox: Mutex::new(Inbox {
                tasks: Vec::new(),
                load: 0,
                capacity: CHANNELS,
                served: false,
                closed: false,
            }),
            woken,
            wake,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock()
    }

    #[expect(
        clippy::result_large_err,
        reason = "a job that finds no room comes back as it was given"
    )]
    pub(super) fn give(&self, task: Task) -> Result<(), Task> {
        let mut inbox = self.lock();
        if inbox.closed || inbox.load >= inbox.capacity {
            return Err(task);
        }
        inbox.load += 1;
        inbox.tasks.push(task);
        drop(inbox);
        wake(&self.wake);
        Ok(())
    }

    pub(super) fn wait_for_first(&self) {
        let mut fds = [PollFd::from_borrowed_fd(self.wake_fd(), PollFlags::IN)];
        pause(&mut fds, Duration::from_secs(10));
    }

    /// The jobs that have come since it was last asked.
    pub(super) fn take(&self) -> Vec<Task> {
        calm(&self.woken);
        std::mem::take(&mut self.lock().tasks)
    }

    /// One job less.
    pub(super) fn let_go(&self) {
        let mut inbox = self.lock();
        inbox.load = inbox.load.saturating_sub(1);
        inbox.served = true;
    }

    /// Whether a job has been in it and is over.
    pub(super) fn has_served(&self) -> bool {
        self.lock().served
    }

    /// The host takes no more than this many jobs in a session.
    pub(super) fn limit(&self, jobs: usize) {
        self.lock().capacity = jobs.max(1);
    }

    /// What to poll for new jobs.
    pub(super) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// Takes no more jobs, and gives back those that the driver has not taken.
    pub(super) fn close(&self) -> Vec<Task> {
        let mut inbox = self.lock();
        inbox.closed = true;
        let tasks = std::mem::take(&mut inbox.tasks);
        drop(inbox);
        wake(&self.wake);
        tasks
    }

    /// Closes it if it has no jobs.
    pub(super) fn close_idle(&self) -> bool {
        let mut inbox = self.lock();
        inbox.closed |= inbox.load == 0;
        inbox.closed
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}
