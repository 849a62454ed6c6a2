//! A cancel: one signal after the other for a command's tree, each with its grace and a look at who is left. Or a look alone,
//! at what a command has left running.

use std::{io, sync::mpsc, time::Instant};

use rustix::event::PollFd;
use supervisor::{
    control::{LastSignal, NextSignal},
    exec::Grace,
};

use super::{
    channel::{ExecChannel, Stage},
    task::{Remote, Settled, Task},
    tree,
};
use crate::{
    log::Stream,
    ssh::{line::Link, session::window},
};

/// A cancel on its way.
pub(in crate::ssh) struct Ending {
    steps: std::vec::IntoIter<Grace>,
    /// The last one sent.
    signal: Option<String>,
    /// The same, and what comes after it.
    last_signal: Option<LastSignal>,
    look: Look,
    /// Looks that a harder one has overtaken.
    overtaken: Vec<ExecChannel>,
    survivors: Vec<String>,
    /// Who may be of the command as well.
    suspects: Vec<String>,
    /// Whether a signal met anybody, as far as is known.
    sent: bool,
    /// Whether it only looks and signals no process.
    looks: bool,
    requested_at: Instant,
    over: Option<Instant>,
}

/// The signal that only asks whether somebody is there (POSIX, `kill`).
const NONE: &str = "0";

/// A signal and a look at what it did: one exec.
enum Look {
    None,
    /// In the job's own session.
    Here(Box<ExecChannel>, Vec<u8>),
    /// In another one, because the host allows no further channel in this one.
    Elsewhere(mpsc::Receiver<Vec<u8>>),
}

impl Ending {
    /// With these signals, taking over from an earlier one.
    pub(in crate::ssh) fn new(graces: Vec<Grace>, earlier: Option<Self>) -> Self {
        let mut overtaken = Vec::new();
        let sent = earlier
            .as_ref()
            .is_some_and(|earlier| earlier.sent && !earlier.looks);
        if let Some(earlier) = earlier {
            overtaken = earlier.overtaken;
            if let Look::Here(mut wire, _) = earlier.look {
                wire.close();
                overtaken.push(*wire);
            }
        }
        Self {
            steps: graces.into_iter(),
            signal: None,
            last_signal: None,
            look: Look::None,
            overtaken,
            survivors: Vec::new(),
            suspects: Vec::new(),
            sent,
            looks: false,
            requested_at: Instant::now(),
            over: None,
        }
    }

    /// A look alone, which signals no process and waits for none.
    pub(in crate::ssh) fn look() -> Self {
        let looks = Grace {
            signal: NONE.to_owned(),
            wait_ms: 0,
        };
        Self {
            looks: true,
            ..Self::new(vec![looks], None)
        }
    }

    /// Whether it is [a look alone](Self::look).
    pub(in crate::ssh) fn only_looks(&self) -> bool {
        self.looks
    }

    /// When it was asked for.
    pub(in crate::ssh) fn requested_at(&self) -> Instant {
        self.requested_at
    }

    /// When there was no more to be done.
    pub(in crate::ssh) fn over(&self) -> Option<Instant> {
        self.over
    }

    /// The signal that was sent last, and what comes after it; none if no more of it is to come.
    pub(in crate::ssh) fn last_signal_sent(&self) -> Option<&LastSignal> {
        let sent = self.last_signal.as_ref();
        sent.filter(|_| self.over.is_none() && !self.looks)
    }

    /// What to poll besides a session's socket.
    pub(in crate::ssh) fn fds(&self) -> Vec<PollFd<'_>> {
        let look = match &self.look {
            Look::Here(wire, _) => Some(&**wire),
            _ => None,
        };
        let wires = self.overtaken.iter().chain(look);
        wires.flat_map(|wire| wire.fds(true)).collect()
    }

    /// Whether it holds no channel.
    pub(in crate::ssh) fn is_quiet(&self) -> bool {
        self.overtaken.is_empty() && !matches!(self.look, Look::Here(..))
    }

    /// Says that it ends without an answer.
    pub(in crate::ssh) fn give_up(&mut self, why: &str) {
        if self.over.is_none() {
            self.sent = true;
            self.survivors = vec![format!("not known: {why}")];
            self.over = Some(Instant::now());
        }
    }

    /// Whether a signal met anybody of the command's.
    pub(in crate::ssh) fn was_sent(&self) -> bool {
        self.sent
    }

    /// Who was left, as far as is known.
    pub(in crate::ssh) fn take_survivors(&mut self) -> Vec<String> {
        std::mem::take(&mut self.survivors)
    }

    /// Processes that may belong to the command, though no mark of it is left on them.
    pub(in crate::ssh) fn suspects(&self) -> &[String] {
        &self.suspects
    }

    /// The signal after which no process was left.
    pub(in crate::ssh) fn last_signal(&self) -> Option<&String> {
        self.signal.as_ref().filter(|_| self.survivors.is_empty())
    }

    /// Does what can be done without waiting.
    pub(in crate::ssh) fn step(
        &mut self,
        link: Link<'_>,
        may_open: &mut bool,
        buffer: &mut [u8],
        remote: &Remote,
        task: &Task,
        password: &[u8],
    ) -> bool {
        let mut moved = false;
        for wire in &mut self.overtaken {
            moved |= step_look(wire, link, may_open, buffer, &mut Vec::new()).unwrap_or(true);
        }
        self.overtaken.retain(|wire| wire.stage() != Stage::Closed);
        if self.over.is_some() {
            return moved;
        }
        match &mut self.look {
            Look::None => self.next(remote, task, password),
            Look::Here(wire, text) => match step_look(wire, link, may_open, buffer, text) {
                Ok(_) if wire.stage() == Stage::Closed => {
                    let text = std::mem::take(text);
                    self.learn(&text);
                    return true;
                }
                Ok(more) => return moved | more,
                Err(error) => {
                    tracing::debug!(%error, "no channel for a cancel");
                    self.go_elsewhere(remote, task, password);
                }
            },
            Look::Elsewhere(reply) => match reply.try_recv() {
                Ok(text) => self.learn(&text),
                Err(mpsc::TryRecvError::Empty) => return moved,
                Err(mpsc::TryRecvError::Disconnected) => {
                    self.give_up("the host could not be asked");
                }
            },
        }
        true
    }

    /// The next signal.
    fn next(&mut self, remote: &Remote, task: &Task, password: &[u8]) {
        let Some(grace) = self.steps.next() else {
            self.over = Some(Instant::now());
            return;
        };
        let exec = tree::end(remote, &task.exec, &grace.signal, grace.wait_ms);
        self.last_signal = Some(last_signal(&grace, self.steps.as_slice().first()));
        self.signal = Some(grace.signal);
        let mut wire = ExecChannel::new(exec, &[], None).with_input(password.to_vec());
        if task.exec.sudo {
            // If it wants what we do not have, it is not to wait for it.
            wire.end_input();
        }
        self.look = Look::Here(Box::new(wire), Vec::new());
    }

    /// The same signal, asked for through the one that waits for the job: it can open another session.
    fn go_elsewhere(&mut self, remote: &Remote, task: &Task, password: &[u8]) {
        let Look::Here(wire, _) = std::mem::replace(&mut self.look, Look::None) else {
            return;
        };
        self.overtaken.push(*wire);
        let signal = self.signal.as_deref().unwrap_or("KILL");
        let (sender, answer) = mpsc::channel();
        let is_asked = task.report(Settled::Look {
            command: tree::end(
                remote,
                &task.exec,
                signal,
                if self.looks { 0 } else { 3_000 },
            ),
            input: password.to_vec(),
            sender,
            wake: task.orders.controls(),
        });
        if is_asked {
            self.look = Look::Elsewhere(answer);
        } else {
            self.give_up("no program waits for the job any more");
        }
    }

    /// Takes in what a look saw.
    fn learn(&mut self, text: &[u8]) {
        self.look = Look::None;
        let left = tree::survivors(text);
        self.suspects = tree::suspects(text);
        self.sent |= tree::was_sent(text) || left.is_none();
        match left {
            Some(left) if left.is_empty() => {
                self.survivors.clear();
                self.over = Some(Instant::now());
            }
            Some(left) => self.survivors = left,
            None => self.survivors = vec!["not known: the host could not look".to_owned()],
        }
        // Who holds its output is known to be of it.
        self.suspects.retain(|one| !self.survivors.contains(one));
    }
}

/// What is said of a signal that is sent now, and of the one after it.
pub(super) fn last_signal(sent: &Grace, next: Option<&Grace>) -> LastSignal {
    let wait = i64::try_from(sent.wait_ms).unwrap_or(i64::MAX);
    let at = crate::clock::now()
        .timestamp_micros()
        .saturating_add(wait.saturating_mul(1000));
    LastSignal {
        signal: sent.signal.clone(),
        next: next.map(|next| NextSignal {
            signal: next.signal.clone(),
            at,
        }),
        requested: true,
    }
}

fn step_look(
    wire: &mut ExecChannel,
    link: Link<'_>,
    may_open: &mut bool,
    buffer: &mut [u8],
    text: &mut Vec<u8>,
) -> io::Result<bool> {
    let opening = wire.stage() == Stage::Open;
    if opening && !*may_open {
        return Ok(false);
    }
    let moved = wire.step(link, window::SHARED, true, buffer, &mut |stream, bytes| {
        if stream == Stream::Stdout {
            text.extend_from_slice(bytes);
        }
        Ok(())
    });
    *may_open &= wire.stage() != Stage::Open;
    if moved.is_err() {
        wire.close();
    }
    moved
}
