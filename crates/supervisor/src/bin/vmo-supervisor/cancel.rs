//! Ending the tree: one signal after the other, each with its grace. A person asks for it, or the job's time is over.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use supervisor::{
    clock,
    control::{LastSignal, NextSignal},
    exec::{Exec, Grace},
    exit::Exit,
};

use crate::{own_log::complain, tree, words};

/// How long the tree has to end after a KILL without a grace of its own.
const LAST: Duration = Duration::from_secs(1);

/// Between two looks for processes that are left after the last signal.
const AGAIN: Duration = Duration::from_millis(100);

/// A cancel: asked for, begun without, or neither.
#[derive(Debug)]
pub(crate) struct Cancel {
    steps: Vec<Step>,
    underway: Option<Underway>,
    is_requested: bool,
    /// Whether any signal was sent.
    has_begun: bool,
    /// Whether a signal met the child while it was there and could act on it otherwise than by dying of it.
    heeded: bool,
    /// Why the child cannot be ended, if that is so.
    unkillable: Option<String>,
    /// What was sent last, while it is underway.
    last_signal: Option<LastSignal>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    signal: Signal,
    grace: Duration,
}

#[derive(Debug)]
struct Underway {
    /// The step whose signal was sent last.
    step: usize,
    /// When its grace is over.
    until: Instant,
}

impl Cancel {
    /// What `exec` says a cancel sends. What it says last is followed by a KILL, if it is none.
    pub(crate) fn of(exec: &Exec) -> Self {
        let mut steps: Vec<Step> = exec.graces.iter().filter_map(step).collect();
        if steps.last().is_none_or(|step| step.signal != Signal::KILL) {
            steps.push(Step {
                signal: Signal::KILL,
                grace: LAST,
            });
        }
        Self {
            steps,
            underway: None,
            is_requested: false,
            has_begun: false,
            heeded: false,
            unkillable: None,
            last_signal: None,
        }
    }

    /// The signal that was sent last, and what comes after it; none if no more of it is to come.
    pub(crate) fn last_signal(&self) -> Option<&LastSignal> {
        self.last_signal.as_ref().filter(|_| self.is_underway())
    }

    /// Why the child does not end, though it was to: no signal of ours reaches it.
    pub(crate) fn unkillable(&self) -> Option<&str> {
        self.unkillable.as_deref()
    }

    /// Whether the tree was to end, by a person's word or because its time was over.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether it was asked for.
    pub(crate) fn is_requested(&self) -> bool {
        self.is_requested
    }

    /// Whether it was asked for and is why the child ended. A code is the child's own if no signal met it in time, or
    /// none but such that it would have died of: then the cancel came too late.
    pub(crate) fn has_ended(&self, ended: &Exit) -> bool {
        self.is_requested && (self.heeded || !matches!(ended, Exit::Code { .. }))
    }

    /// Whether signals are still to come or to be waited for.
    pub(crate) fn is_underway(&self) -> bool {
        self.underway.is_some()
    }

    /// When to call [`Self::tick`].
    pub(crate) fn tick_at(&self) -> Option<Instant> {
        self.underway.as_ref().map(|underway| underway.until)
    }

    /// The job's time is over: begins with the first signal, as a cancel does.
    pub(crate) fn begin(&mut self, group: Option<Pid>) {
        if self.underway.is_none() {
            self.send(0, group);
        }
    }

    /// Begins with the first signal, or with the last if it is to be at once. Asking again has no effect, but
    /// may make it be at once. `group` is the child's, while the child is there.
    pub(crate) fn ask(&mut self, at_once: bool, group: Option<Pid>) {
        self.is_requested = true;
        if let Some(sent) = &mut self.last_signal {
            sent.requested = true;
        }
        let last = self.steps.len() - 1;
        match &self.underway {
            None => self.send(if at_once { last } else { 0 }, group),
            Some(underway) if at_once && underway.step < last => self.send(last, group),
            Some(_) => {}
        }
    }

    /// The next signal, when a grace is over. After the last it is over once no process is left that could be ended:
    /// a process met in the last look is sent the signal once more, and looked for again.
    pub(crate) fn tick(&mut self, now: Instant, group: Option<Pid>) {
        let Some(underway) = self
            .underway
            .as_ref()
            .filter(|underway| underway.until <= now)
        else {
            return;
        };
        let (step, last) = (underway.step, self.steps.len() - 1);
        if step < last {
            self.send(step + 1, group);
        } else if tree::kill(group) {
            self.underway = Some(Underway {
                step,
                until: now + AGAIN,
            });
        } else {
            self.underway = None;
        }
    }

    /// Some of the tree have ended: all of it, or some whose children a KILL has not met yet.
    pub(crate) fn some_ended(&mut self, all: bool, group: Option<Pid>) {
        self.unkillable = self
            .unkillable
            .take()
            .and(group)
            .and_then(tree::why_unkillable);
        let Some(underway) = &self.underway else {
            return;
        };
        if all || tree::is_gone() {
            self.underway = None;
        } else if self.steps[underway.step].signal == Signal::KILL {
            tree::kill(group);
        }
    }

    fn send(&mut self, step: usize, group: Option<Pid>) {
        let Step { signal, grace } = self.steps[step];
        // Right before, since one that is on its way out is met by no signal.
        self.heeded |= group.is_some_and(|child| tree::heeds(child, signal));
        if signal == Signal::KILL {
            tree::kill(group);
        } else {
            tree::signal(group, signal);
        }
        self.has_begun = true;
        self.last_signal = Some(LastSignal {
            signal: words::signal_name(signal.as_raw()),
            next: self.steps.get(step + 1).map(|next| NextSignal {
                signal: words::signal_name(next.signal.as_raw()),
                at: clock::wall_us().saturating_add_unsigned(micros(grace)),
            }),
            requested: self.is_requested,
        });
        self.unkillable = group.and_then(tree::why_unkillable);
        self.underway = Some(Underway {
            step,
            until: Instant::now() + grace,
        });
    }
}

fn micros(grace: Duration) -> u64 {
    u64::try_from(grace.as_micros()).unwrap_or(u64::MAX)
}

fn step(grace: &Grace) -> Option<Step> {
    let Some(signal) = words::signal_named(&grace.signal) else {
        complain(format_args!(
            "there is no signal {}, so a cancel skips it",
            grace.signal
        ));
        return None;
    };
    Some(Step {
        signal,
        grace: Duration::from_millis(grace.wait_ms),
    })
}
