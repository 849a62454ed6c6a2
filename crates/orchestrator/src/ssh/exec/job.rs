//! A command in its session, from the request for a channel to the word on how it ended.

mod end;
mod start;
mod sudo;

use std::{
    io, mem,
    time::{Duration, Instant},
};

use rustix::event::PollFd;
use supervisor::{control::ToSupervisor, exec::Window};

use super::{
    cancel::Ending,
    channel::{ExecChannel, Stage, is_denied},
    markers::{Marks, Nonce},
    orders::Orders,
    raw::Raw,
    report::Progress,
    task::Task,
    wrapper,
};
use crate::{job::Exit, log::Stream, ssh::line::Link};

/// How long the output of a command that has ended may stay open before its end is reported all the same.
const DRAIN: Duration = Duration::from_secs(2);
/// The same of one whose end was reported: time for the channel's own end, which follows on its heels.
const SOON: Duration = Duration::from_millis(500);

/// What ctrl-c types.
const CTRL_C: u8 = 3;

/// The command, its channel and its cancel.
pub(in crate::ssh) struct Job {
    task: Task,
    wire: ExecChannel,
    out: Marks,
    err: Marks,
    progress: Progress,
    canceled: bool,
    ending: Option<Ending>,
    sudo: sudo::Sudo,
    /// How it is run on a host that takes no wrapper.
    raw: Option<Raw>,
    /// Input that waits until the command begins: a login shell that does not run the wrapper must not swallow it.
    held: Vec<ToSupervisor>,
    /// When it was sent; and whether what is there in its place was hung up.
    sent_at: Option<Instant>,
    is_hung_up: bool,
    /// Whether the host has been sent the end of the input.
    input_ended: bool,
    settled: bool,
    /// Whether its link is gone.
    is_cut: bool,
    /// By which algorithms its link is kept secret.
    algorithms: Option<String>,
    /// When to ask again whether there is room for its output; none if there was.
    full_until: Option<Instant>,
}

impl Job {
    /// Begins.
    pub(in crate::ssh) fn new(task: Task) -> Self {
        let nonce = Nonce::new();
        let exec = &task.exec;
        let (pty, in_batch) = (exec.pty.is_some(), exec.in_batch.as_ref());
        let wrapped = wrapper::wrap(&exec.command, &nonce, pty, exec.sudo, exec.job, in_batch);
        let progress = Progress::of(exec.sudo);
        let is_raw = !exec.sudo && task.known_raw.is_known() && Raw::fits(&exec.command).is_ok();
        let mut job = Self {
            wire: ExecChannel::new(wrapped.exec, &task.env, exec.pty)
                .with_agent(task.forwards_agent)
                .with_input(wrapped.input),
            out: Marks::new(&nonce, true),
            err: Marks::new(&nonce, false).with_prompts(&nonce),
            task,
            progress,
            canceled: false,
            ending: None,
            sudo: sudo::Sudo::default(),
            raw: None,
            held: Vec::new(),
            sent_at: None,
            is_hung_up: false,
            input_ended: false,
            settled: false,
            is_cut: false,
            algorithms: None,
            full_until: None,
        };
        if is_raw {
            job.go_raw(Raw::at_once());
        }
        job
    }

    /// Whether its output is not read just now, for want of room.
    pub(in crate::ssh) fn is_paused(&self) -> bool {
        self.full_until.is_some()
    }

    /// Whether no part of it is left in the session.
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
            let mut orders = self.held;
            if self.input_ended {
                orders.push(ToSupervisor::EndInput);
            }
            self.task.orders.put_back(orders);
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
        link: Link<'_>,
        window: u32,
        may_open: &mut bool,
        buffer: &mut [u8],
    ) -> io::Result<bool> {
        let mut moved = self.obey();
        if self.algorithms.is_none() {
            self.algorithms = link.algorithms();
        }
        let rests = self.raw.as_mut().is_some_and(Raw::is_resting);
        if !rests && (*may_open || !self.is_opening()) {
            match self.step_wire(link, window, buffer) {
                Err(_) if self.raw.as_mut().is_some_and(Raw::tries_again) => self.send_raw(),
                stepped => moved |= stepped?,
            }
            *may_open &= !self.is_opening() || self.raw.as_mut().is_some_and(Raw::is_resting);
        }
        moved |= self.step_sudo();
        moved |= self.step_start();
        moved |= self.release();
        moved |= self.step_ending(link, may_open, buffer);
        moved |= self.conclude();
        Ok(moved)
    }

    fn obey(&mut self) -> bool {
        let orders = self.task.orders.take();
        let moved = !orders.is_empty();
        for order in orders {
            match order {
                ToSupervisor::Cancel { force } => self.cancel(force),
                ToSupervisor::Input(bytes) => {
                    self.progress.interrupted |= self.wire.is_terminal() && bytes.contains(&CTRL_C);
                    self.held.push(ToSupervisor::Input(bytes));
                }
                // A shell that waits for input in place of the command is not to wait for ever.
                // What `sudo` asks for comes before that.
                ToSupervisor::EndInput if self.held.is_empty() && !self.task.exec.sudo => {
                    self.input_ended = true;
                    self.wire.end_input();
                }
                ToSupervisor::EndInput => self.held.push(ToSupervisor::EndInput),
                ToSupervisor::Resize(Window { rows, cols }) => self.wire.resize(rows, cols),
                // Servers take a channel's signal seldom; what ends a command is its cancel.
                ToSupervisor::Signal(signal) => {
                    tracing::warn!(
                        signal,
                        "a signal alone cannot be sent to a command on a host"
                    );
                }
                // Of a question that was answered already.
                ToSupervisor::Answer(_) => {}
            }
        }
        moved
    }

    /// Lets the command have the input that waited for its begin.
    fn release(&mut self) -> bool {
        // A channel for it as it is may still be refused, and is then asked for again.
        let runs_raw = self.raw.is_some() && self.wire.stage() >= Stage::Run;
        if self.held.is_empty() || (self.progress.remote.is_none() && !runs_raw) {
            return false;
        }
        for order in mem::take(&mut self.held) {
            match order {
                ToSupervisor::Input(bytes) => self.wire.type_in(&bytes),
                _ => self.wire.end_input(),
            }
        }
        true
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
        self.progress.interrupted |= steps.iter().any(|grace| grace.signal == "INT");
        if let Some(raw) = &mut self.raw {
            return raw.cancel(steps);
        }
        let earlier = self.ending.take();
        let is_underway = earlier
            .as_ref()
            .is_some_and(|earlier| !earlier.only_looks());
        self.ending = if is_underway && !force {
            earlier
        } else {
            Some(Ending::new(steps, earlier))
        };
    }

    fn step_wire(&mut self, link: Link<'_>, window: u32, buffer: &mut [u8]) -> io::Result<bool> {
        let Self {
            task,
            wire,
            out,
            err,
            progress,
            ..
        } = self;
        let before = wire.stage();
        if self.full_until.is_none_or(|at| at <= Instant::now()) {
            self.full_until = task.output.full_until();
        }
        // If the log's disk is full, the host has to wait: libssh2's window then stops it.
        let reads = self.full_until.is_none();
        let moved = wire.step(link, window, reads, buffer, &mut |stream, bytes| {
            let marks = match stream {
                Stream::Stdout => &mut *out,
                Stream::Stderr => &mut *err,
            };
            marks.feed(bytes, &mut |found| {
                progress.note(stream, &found, &mut *task.output);
            });
            Ok(())
        });
        if wire.stage() >= Stage::Run {
            progress.begin_raw(&mut *task.output);
        }
        let written = wire.take_written();
        if written > 0 {
            task.orders.sent(written);
        }
        // The beginning of a marker that never went on is output after all.
        if wire.stage() >= Stage::Close && before < Stage::Close {
            for (stream, marks) in [(Stream::Stdout, out), (Stream::Stderr, err)] {
                marks.end(&mut |found| progress.note(stream, &found, &mut *task.output));
            }
        }
        match moved {
            // Before the exec the command has not begun, so the job can go to another session; after it, it is lost, unless
            // the host says that it does not run it.
            Err(error) if wire.stage() < Stage::Exec => Err(error),
            Err(error) if wire.stage() == Stage::Exec && is_denied(&error) => Err(error),
            Err(error) => {
                progress.failure.get_or_insert_with(|| error.to_string());
                wire.close();
                Ok(true)
            }
            Ok(moved) => {
                if progress.failure.is_some() {
                    wire.close();
                }
                Ok(moved)
            }
        }
    }

    fn step_ending(&mut self, link: Link<'_>, may_open: &mut bool, buffer: &mut [u8]) -> bool {
        let moved = self.step_signals(link, may_open, buffer);
        if moved {
            let sent = match &self.raw {
                Some(raw) => raw.last_signal_sent(),
                None => self.ending.as_ref().and_then(Ending::last_signal_sent),
            };
            self.task.output.sent_signal(sent);
        }
        moved
    }

    fn step_signals(&mut self, link: Link<'_>, may_open: &mut bool, buffer: &mut [u8]) -> bool {
        if let Some(raw) = &mut self.raw {
            return raw.step(&mut self.wire);
        }
        let Some(ending) = &mut self.ending else {
            return false;
        };
        let Some(remote) = &self.progress.remote else {
            // What may be about to begin gets a moment to say so; then closing the channel is all there is to do.
            if self.wire.stage() < Stage::Exec {
                self.wire.close();
            } else if ending.requested_at().elapsed() >= DRAIN {
                ending.give_up("the command's start was never reported");
            }
            return false;
        };
        let password = self.sudo.line();
        ending.step(link, may_open, buffer, remote, &self.task, &password)
    }

    /// When it has to be looked at again at the latest.
    pub(in crate::ssh) fn next_look(&self) -> Option<Instant> {
        let conclusion = self.next_conclusion();
        let due = self.raw.as_ref().and_then(Raw::due);
        let all = self.full_until.into_iter().chain(conclusion).chain(due);
        all.chain(self.start_due()).min()
    }

    /// What to poll besides a session's socket.
    pub(in crate::ssh) fn fds(&self) -> Vec<PollFd<'_>> {
        let mut fds = self.wire.fds(!self.is_paused());
        fds.extend(self.ending.iter().flat_map(Ending::fds));
        fds
    }

    fn next_conclusion(&self) -> Option<Instant> {
        if self.settled {
            return None;
        }
        if let Some(raw) = &self.raw {
            return raw.reported_at().map(|at| at + SOON);
        }
        match &self.ending {
            // Of a tree that is gone, the wrapper's word is still on its way.
            Some(ending) if ending.over().is_some() => match self.exited_at() {
                Some(at) => Some(at + SOON),
                None => ending.over().map(|at| at + DRAIN),
            },
            Some(ending) if self.progress.remote.is_none() => Some(ending.requested_at() + DRAIN),
            Some(_) => None,
            None => self.exited_at().map(|at| at + SOON),
        }
    }

    fn exited_at(&self) -> Option<Instant> {
        self.progress.exit.as_ref().map(|(_, at)| *at)
    }

    /// The link is gone.
    pub(in crate::ssh) fn lose(mut self, why: &str) {
        self.is_cut = true;
        for (stream, marks) in [
            (Stream::Stdout, &mut self.out),
            (Stream::Stderr, &mut self.err),
        ] {
            let (progress, output) = (&mut self.progress, &mut *self.task.output);
            marks.end(&mut |found| progress.note(stream, &found, output));
        }
        if self.settled {
            return;
        }
        let reported = self.raw.as_ref().and_then(Raw::reported_at);
        let exit = match (self.progress.exit.take(), &mut self.raw) {
            (Some((exit, _)), _) => exit,
            (None, Some(raw)) if reported.is_some() => raw.take_exit(),
            (None, _) => self.progress.lost(why),
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
