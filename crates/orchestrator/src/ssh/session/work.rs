//! What a session does for those who share it. Each kind of work moves on by steps that never wait, in channels of its own.

use std::{io, os::fd::BorrowedFd, time::Instant};

use rustix::event::PollFd;

use crate::ssh::{
    exec::{job::Job, task::Task},
    line::Link,
};

/// One piece of work in a session.
pub(super) enum Work {
    /// A command.
    Exec(Box<Job>),
}

impl Work {
    /// Begins a command.
    pub(super) fn exec(task: Task) -> Self {
        Self::Exec(Box::new(Job::new(task)))
    }

    /// Does what can be done without waiting; true if that was anything.
    ///
    /// # Errors
    /// The host refused it a channel.
    pub(super) fn step(
        &mut self,
        link: Link<'_>,
        window: u32,
        may_open: &mut bool,
        buffer: &mut [u8],
    ) -> io::Result<bool> {
        match self {
            Self::Exec(job) => job.step(link, window, may_open, buffer),
        }
    }

    /// Whether no part of it is left in the session.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Exec(job) => job.is_over(),
        }
    }

    /// Whether what the host sends for it is not read just now, for want of room.
    pub(super) fn is_paused(&self) -> bool {
        match self {
            Self::Exec(job) => job.is_paused(),
        }
    }

    /// When it has to be looked at again at the latest.
    pub(super) fn next_look(&self) -> Option<Instant> {
        match self {
            Self::Exec(job) => job.next_look(),
        }
    }

    /// What to poll for a person's orders.
    pub(super) fn orders_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Exec(job) => job.orders().fd(),
        }
    }

    /// What to poll besides a session's socket.
    pub(super) fn fds(&self) -> Vec<PollFd<'_>> {
        match self {
            Self::Exec(job) => job.fds(),
        }
    }

    /// Gives it back, if the host cannot have seen it.
    pub(super) fn into_unseen(self) -> Result<Task, Self> {
        match self {
            Self::Exec(job) => (*job).into_unseen().map_err(Self::Exec),
        }
    }

    /// The host gives it no channel, in no session.
    pub(super) fn refuse(self, why: &str) {
        match self {
            Self::Exec(job) => (*job).refuse(why),
        }
    }

    /// The link is lost.
    pub(super) fn lose(self, why: &str) {
        match self {
            Self::Exec(job) => (*job).lose(why),
        }
    }
}
