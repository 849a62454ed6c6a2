//! Waiting for a host while somebody still wants the answer: a session's thread polls its socket together with the
//! orders of the jobs that wait for it, so that a cancel ends a slow connect at once.

use std::{
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags};

use crate::ssh::{
    exec::task::Task,
    failure::{Reason, Refusal},
    inbox::Shared,
    poll::{again, interest, pause, socket},
    session::transport,
};

/// The jobs that wait for a session that is being made.
pub(in crate::ssh) struct Patience<'a> {
    shared: &'a Shared,
    waiting: Mutex<Vec<Task>>,
}

/// Why an operation of libssh2 did not come to its end.
#[derive(Debug)]
pub(in crate::ssh) enum Stopped {
    /// Time is up.
    Late,
    /// Nobody waits any more.
    Unwanted(Refusal),
    /// libssh2 says why.
    Failed(ssh2::Error),
}

impl<'a> Patience<'a> {
    /// With the jobs that `shared` has for now; later ones join.
    pub(in crate::ssh) fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            waiting: Mutex::default(),
        }
    }

    /// The jobs that still wait.
    pub(in crate::ssh) fn into_tasks(self) -> Vec<Task> {
        self.waiting.into_inner()
    }

    /// Waits until one of `fds` is ready, for this long at most, and says which are.
    ///
    /// # Errors
    /// Nobody waits any more.
    pub(in crate::ssh) fn wait(
        &self,
        fds: &[(BorrowedFd<'_>, PollFlags)],
        most: Duration,
    ) -> Result<Vec<bool>, Refusal> {
        self.wanted()?;
        let waiting = self.waiting.lock();
        let mut polled: Vec<_> = fds
            .iter()
            .map(|(fd, flags)| PollFd::from_borrowed_fd(*fd, *flags))
            .collect();
        polled.push(PollFd::from_borrowed_fd(
            self.shared.wake_fd(),
            PollFlags::IN,
        ));
        polled.extend(
            waiting
                .iter()
                .map(|task| PollFd::from_borrowed_fd(task.orders.fd(), PollFlags::IN)),
        );
        pause(&mut polled, most);
        let ready = polled
            .iter()
            .take(fds.len())
            .map(|fd| !fd.revents().is_empty())
            .collect();
        drop(polled);
        drop(waiting);
        self.wanted()?;
        Ok(ready)
    }

    /// Repeats an operation of a non-blocking session until it has come to its end.
    ///
    /// # Errors
    /// It failed, or time is up, or no job waits any more.
    pub(in crate::ssh) fn until<T>(
        &self,
        session: &ssh2::Session,
        deadline: Instant,
        mut operation: impl FnMut() -> Result<T, ssh2::Error>,
    ) -> Result<T, Stopped> {
        loop {
            transport::refill();
            match operation() {
                Err(error) if again(&error) => {}
                Err(error) => return Err(Stopped::Failed(error)),
                Ok(value) => return Ok(value),
            }
            self.ready(session, deadline)?;
        }
    }

    /// Waits until a session can go on.
    ///
    /// # Errors
    /// Time is up, or no job waits any more.
    pub(in crate::ssh) fn ready(
        &self,
        session: &ssh2::Session,
        deadline: Instant,
    ) -> Result<(), Stopped> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(Stopped::Late);
        }
        self.wait(&[(socket(session), interest(session))], remaining)
            .map(drop)
            .map_err(Stopped::Unwanted)
    }

    /// Takes in new jobs and lets go of canceled ones.
    fn wanted(&self) -> Result<(), Refusal> {
        let mut waiting = self.waiting.lock();
        waiting.extend(self.shared.take());
        for at in (0..waiting.len()).rev() {
            if waiting[at].orders.canceled() {
                waiting.remove(at).settle_canceled();
                self.shared.let_go();
            }
        }
        if waiting.is_empty() {
            return Err(Refusal::new(
                Reason::LinkLost,
                "canceled before it was connected",
            ));
        }
        Ok(())
    }
}
