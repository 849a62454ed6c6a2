//! A command in its session, from the request for a channel to the word on how it ended.

use std::{
    io,
    time::{Duration, Instant},
};

use ssh2::Session;
use supervisor::{control::ToSupervisor, exec::Window};

use super::{
    cancel::Ending,
    channel::{Stage, Wire},
    markers::{Marks, Nonce},
    orders::Orders,
    report::Seen,
    task::{Ended, Settled, Task},
    wrapper,
};
use crate::{job::Exit, log::Stream, visible::visible};

/// How long the output of a command that has ended may stay open before its end is reported all the same.
const DRAIN: Duration = Duration::from_secs(2);

/// The command, its channel and its cancel.
pub(in crate::ssh) struct Job {
    task: Task,
    wire: Wire,
    out: Marks,
    err: Marks,
    seen: Seen,
    canceled: bool,
    ending: Option<Ending>,
    settled: bool,
    /// When to ask again whether there is room for its output; none if there was.
    full_until: Option<Instant>,
}

impl Job {
    /// Begins.
    pub(in crate::ssh) fn new(task: Task) -> Self {
        let nonce = Nonce::new();
        let exec = &task.exec;
        let text = wrapper::wrap(&exec.command, &nonce, exec.pty.is_some(), exec.job);
        Self {
            wire: Wire::new(text, &task.env, exec.pty),
            out: Marks::new(&nonce, true),
            err: Marks::new(&nonce, false),
            task,
            seen: Seen::default(),
            canceled: false,
            ending: None,
            settled: false,
            full_until: None,
        }
    }

    /// Whether its output is not read just now, for want of room.
    pub(in crate::ssh) fn is_paused(&self) -> bool {
        self.full_until.is_some()
    }

    /// Whether nothing of it is left in the session.
    pub(in crate::ssh) fn is_over(&self) -> bool {
        self.settled
            && self.wire.stage() == Stage::Closed
            && self.ending.as_ref().is_none_or(Ending::is_quiet)
    }

    /// Whether it is waiting for a channel to open; libssh2 opens one at a time.
    pub(in crate::ssh) fn is_opening(&self) -> bool {
        self.wire.stage() == Stage::Open
    }

    /// What to poll for a person's orders.
    pub(in crate::ssh) fn orders(&self) -> &Orders {
        &self.task.orders
    }

    /// Gives it back, if the host cannot have seen it.
    pub(in crate::ssh) fn into_unseen(self) -> Result<Task, Box<Self>> {
        if self.wire.stage() < Stage::Exec && !self.settled {
            Ok(self.task)
        } else {
            Err(Box::new(self))
        }
    }

    /// Does what can be done without waiting.
    ///
    /// # Errors
    /// The host refused it a channel.
    pub(in crate::ssh) fn step(
        &mut self,
        session: &Session,
        alone: bool,
        may_open: &mut bool,
        buffer: &mut [u8],
    ) -> io::Result<bool> {
        let mut moved = self.obey();
        if *may_open || !self.is_opening() {
            moved |= self.step_wire(session, alone, buffer)?;
            *may_open &= !self.is_opening();
        }
        moved |= self.step_ending(session, may_open, buffer);
        moved |= self.conclude();
        Ok(moved)
    }

    fn obey(&mut self) -> bool {
        let orders = self.task.orders.take();
        let moved = !orders.is_empty();
        for order in orders {
            match order {
                ToSupervisor::Cancel { force } => self.cancel(force),
                ToSupervisor::Input(bytes) => self.wire.type_in(&bytes),
                ToSupervisor::EndInput => self.wire.end_input(),
                ToSupervisor::Resize(Window { rows, cols }) => self.wire.resize(rows, cols),
                // Servers take a channel's signal seldom; what ends a command is its cancel.
                ToSupervisor::Signal(signal) => {
                    tracing::warn!(
                        signal,
                        "a signal alone cannot be sent to a command on a host"
                    );
                }
            }
        }
        moved
    }

    fn cancel(&mut self, force: bool) {
        if self.settled {
            return;
        }
        self.canceled = true;
        let mut steps = self.task.exec.graces.clone();
        if force {
            steps.retain(|grace| grace.signal == "KILL");
        }
        let earlier = self.ending.take();
        self.ending = if earlier.is_some() && !force {
            earlier
        } else {
            Some(Ending::new(steps, earlier))
        };
    }

    fn step_wire(&mut self, session: &Session, alone: bool, buffer: &mut [u8]) -> io::Result<bool> {
        let Self {
            task,
            wire,
            out,
            err,
            seen,
            ..
        } = self;
        let before = wire.stage();
        if self.full_until.is_none_or(|at| at <= Instant::now()) {
            self.full_until = task.output.full_until();
        }
        let reads = self.full_until.is_none();
        let moved = wire.step(session, alone, reads, buffer, &mut |stream, bytes| {
            let marks = match stream {
                Stream::Stdout => &mut *out,
                Stream::Stderr => &mut *err,
            };
            marks.feed(bytes, &mut |found| {
                seen.note(stream, &found, &mut *task.output);
            });
            Ok(())
        });
        let written = wire.take_written();
        if written > 0 {
            task.orders.sent(written);
        }
        if wire.stage() >= Stage::Close && before < Stage::Close {
            for (stream, marks) in [(Stream::Stdout, out), (Stream::Stderr, err)] {
                marks.end(&mut |found| seen.note(stream, &found, &mut *task.output));
            }
        }
        match moved {
            Err(error) if before < Stage::Exec => Err(error),
            Err(error) => {
                seen.failure.get_or_insert_with(|| error.to_string());
                wire.close();
                Ok(true)
            }
            Ok(moved) => {
                if seen.failure.is_some() {
                    wire.close();
                }
                Ok(moved)
            }
        }
    }

    fn step_ending(&mut self, session: &Session, may_open: &mut bool, buffer: &mut [u8]) -> bool {
        let Some(ending) = &mut self.ending else {
            return false;
        };
        let Some(remote) = &self.seen.remote else {
            // What may be about to begin gets a moment to say so; then closing the channel is all there is to do.
            if self.wire.stage() < Stage::Exec {
                self.wire.close();
            } else if ending.asked().elapsed() >= DRAIN {
                ending.give_up("the command never said that it began");
            }
            return false;
        };
        ending.step(session, may_open, buffer, remote, &self.task)
    }

    /// Reports the end, once it is certain.
    fn conclude(&mut self) -> bool {
        if self.settled {
            if self.canceled {
                self.wire.close();
            }
            return false;
        }
        let closed = self.wire.stage() == Stage::Closed;
        let looked = self.ending.as_ref().map(Ending::over);
        if looked == Some(None) && !(closed && self.seen.remote.is_none()) {
            return false;
        }
        // Of a tree that is gone, the wrapper's word is still on its way.
        let last = self.exited_at().or(looked.flatten());
        if !closed && last.is_none_or(|at| at.elapsed() < DRAIN) {
            return false;
        }
        let exit = match self.seen.exit.take() {
            Some((exit, _)) => exit,
            None => self.exit_without_mark(),
        };
        self.settle(exit, closed);
        true
    }

    /// When it has to be looked at again, if nothing happens before.
    pub(in crate::ssh) fn next_look(&self) -> Option<Instant> {
        let conclusion = self.next_conclusion();
        self.full_until.into_iter().chain(conclusion).min()
    }

    fn next_conclusion(&self) -> Option<Instant> {
        if self.settled {
            return None;
        }
        let from = match &self.ending {
            Some(ending) if ending.over().is_some() => self.exited_at().or(ending.over()),
            Some(ending) if self.seen.remote.is_none() => Some(ending.asked()),
            Some(_) => None,
            None => self.exited_at(),
        };
        from.map(|at| at + DRAIN)
    }

    fn exited_at(&self) -> Option<Instant> {
        self.seen.exit.as_ref().map(|(_, at)| *at)
    }

    fn settle(&mut self, exit: Exit, complete: bool) {
        self.settled = true;
        // What ended with a code of its own before any signal met it was not ended by the cancel, which came too late.
        let too_late = matches!(exit, Exit::Code { .. })
            && self.ending.as_ref().is_none_or(|ending| !ending.was_sent());
        let ended = Ended {
            exit,
            canceled: self.canceled && !too_late,
            survivors: self
                .ending
                .as_mut()
                .map(Ending::take_survivors)
                .unwrap_or_default(),
            complete,
        };
        self.task.report(Settled::Ended(ended));
    }

    /// What a channel without an end mark means. It is never an exit code.
    fn exit_without_mark(&self) -> Exit {
        let why = |why: &str| why.to_owned();
        if let Some(failure) = &self.seen.failure {
            return Exit::Lost {
                why: failure.clone(),
            };
        }
        if self.seen.remote.is_none() {
            return self.exit_without_start();
        }
        match &self.ending {
            Some(ending) => match ending.last_signal() {
                Some(signal) => Exit::Signal {
                    signal: signal.clone(),
                    core: false,
                },
                None => Exit::Lost {
                    why: why("it did not end when it was canceled"),
                },
            },
            None => Exit::Lost {
                why: why("the host closed the channel before the command's end was reported"),
            },
        }
    }

    fn exit_without_start(&self) -> Exit {
        if self.canceled {
            return Exit::CouldNotStart {
                why: "canceled before it started".to_owned(),
            };
        }
        let noise = String::from_utf8_lossy(&self.seen.noise);
        let said = visible(noise.trim());
        if !self.wire.failed() {
            let why =
                "the host closed the channel before the command's start was reported".to_owned();
            return Exit::Lost { why };
        }
        Exit::CouldNotStart {
            why: if said.is_empty() {
                "the host's login shell did not run it, and said nothing".to_owned()
            } else {
                format!("the host's login shell did not run it: {said}")
            },
        }
    }

    /// The link is gone.
    pub(in crate::ssh) fn lose(mut self, why: &str) {
        for (stream, marks) in [
            (Stream::Stdout, &mut self.out),
            (Stream::Stderr, &mut self.err),
        ] {
            let (seen, output) = (&mut self.seen, &mut *self.task.output);
            marks.end(&mut |found| seen.note(stream, &found, output));
        }
        if self.settled {
            return;
        }
        let exit = match self.seen.exit.take() {
            Some((exit, _)) => exit,
            None => Exit::Lost {
                why: why.to_owned(),
            },
        };
        if let Some(ending) = &mut self.ending {
            ending.give_up(why);
        }
        self.settle(exit, true);
    }

    /// The host refused it a channel.
    pub(in crate::ssh) fn refuse(self, why: &str) {
        if !self.settled {
            let why = format!("the host refused a channel: {why}");
            self.task.settle(Exit::CouldNotStart { why }, self.canceled);
        }
    }
}
