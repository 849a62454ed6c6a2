//! Waiting for whatever comes first.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use supervisor::spool::Stream;

use super::Watch;
use crate::ending::Stage;

/// What woke us.
#[derive(Debug, Clone, Copy)]
pub(super) enum Woken {
    Signals,
    Settled,
    Connection,
    Listener(usize),
    Input,
    Output(Stream),
    Handover,
}

impl Watch {
    /// Sleeps until something happened or is due, and says what happened.
    pub(super) fn wait(&self) -> io::Result<Vec<Woken>> {
        let (who, mut fds): (Vec<Woken>, Vec<PollFd<'_>>) = self.to_poll().into_iter().unzip();
        let timeout = self
            .next_tick()
            .map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
        let woken = who.into_iter().zip(&fds);
        Ok(woken
            .filter(|(_, fd)| !fd.revents().is_empty())
            .map(|(who, _)| who)
            .collect())
    }

    fn to_poll(&self) -> Vec<(Woken, PollFd<'_>)> {
        let mut all = vec![
            awaiting(Woken::Signals, self.ready.signals.as_fd(), PollFlags::IN),
            awaiting(Woken::Settled, self.ready.settle.as_fd(), PollFlags::IN),
        ];
        let knock = self.ready.listeners.to_poll();
        all.extend(knock.map(|fd| awaiting(Woken::Connection, fd, PollFlags::IN)));
        let listeners = self.ready.listeners.each_to_poll();
        all.extend(
            listeners.map(|(number, fd, flags)| awaiting(Woken::Listener(number), fd, flags)),
        );
        let input = self.input.to_poll();
        all.extend(input.map(|fd| awaiting(Woken::Input, fd, PollFlags::OUT)));
        if self.may_read() {
            let handover = self.handover.iter();
            all.extend(handover.map(|one| awaiting(Woken::Handover, one.as_fd(), PollFlags::IN)));
            let outputs = self.outputs.to_poll();
            all.extend(
                outputs.map(|(stream, fd)| awaiting(Woken::Output(stream), fd, PollFlags::IN)),
            );
        }
        all
    }

    fn next_tick(&self) -> Option<Instant> {
        let stage = match &self.stage {
            Stage::Running(_) if !self.cancel.is_requested() => self.limit.tick_at(),
            Stage::Draining {
                until,
                drained: true,
                ..
            } if self.may_read() => Some(*until),
            Stage::Lingering { until } => Some(*until),
            _ => None,
        };
        let is_over = matches!(self.stage, Stage::Settling | Stage::Lingering { .. });
        let ticks = [
            stage,
            self.cancel.tick_at(),
            Some(self.lineage.tick_at()).filter(|_| !is_over),
            self.disk.look_at(),
            self.syncing.tick_at(),
            self.prompts.look_at().filter(|_| self.may_prompt()),
            self.outputs.retry_at(),
            self.ready.listeners.tick_at(),
        ];
        ticks.into_iter().flatten().min()
    }
}

fn awaiting(who: Woken, fd: BorrowedFd<'_>, what: PollFlags) -> (Woken, PollFd<'_>) {
    (who, PollFd::from_borrowed_fd(fd, what))
}
