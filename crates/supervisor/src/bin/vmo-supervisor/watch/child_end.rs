//! From the child's end to ours.

use std::time::{Duration, Instant};

use rustix::{
    io::Errno,
    process::{WaitOptions, wait},
};

use supervisor::exit::ExitRecord;

use super::{Ready, Watch};
use crate::{
    ending::{self, DRAIN, LINGER, Stage, Verdict},
    outputs::Outputs,
    own_log::complain,
    tree,
};

impl Watch {
    /// Takes the statuses of all who have ended, our child's and those of its orphans, which are ours now.
    pub(super) fn reap(&mut self) {
        let all = loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if let Stage::Running(child) = &self.stage
                        && child.pid == pid
                    {
                        let ended = match self.limit.passed() {
                            Some(after) => ending::timed_out(status, after),
                            None => ending::ended(status),
                        };
                        let canceled = self.cancel.has_ended(&ended);
                        let verdict = Verdict::of(child, ended, canceled);
                        self.child_ended(verdict);
                    }
                }
                Ok(None) => break false,
                // No process is left: as their subreaper we would have all of them.
                Err(Errno::CHILD) => break true,
                Err(Errno::INTR) => {}
                Err(error) => {
                    complain(format_args!("waiting for children: {error}"));
                    break false;
                }
            }
        };
        self.cancel.some_ended(all, self.group());
    }

    /// Ends the job if its folder was deleted: its log cannot be read, it cannot be canceled, and it
    /// would wait for ever for the log to be written. One that was only moved may be moved back.
    pub(super) fn end_if_folder_deleted(&mut self) {
        if !self.disk.misses_folder() || !self.ready.spool.is_deleted().unwrap_or(false) {
            return;
        }
        self.outputs = Outputs::none();
        self.input.close();
        if let Stage::Running(child) = &self.stage {
            self.cancel.ask(false, Some(child.pid));
        }
    }

    fn child_ended(&mut self, verdict: Verdict) {
        self.stage = Stage::Draining {
            verdict,
            until: Instant::now() + DRAIN,
            drained: false,
        };
    }

    /// Reads what the child itself wrote, once it has ended and if there is room: that is in the pipes by now. Whoever
    /// else holds them has its time from then on.
    fn drain(&mut self) {
        let Stage::Draining {
            until,
            drained: drained @ false,
            ..
        } = &mut self.stage
        else {
            return;
        };
        if self.outputs.wait_for_spool() {
            // A tick gives it to the spool once there is room; a look from here would take the tick's cause away.
            return;
        }
        let offset = self.ready.spool.position().offset;
        let turn = self.disk.turn(Instant::now(), offset);
        // What is canceled does not wait for room: no more comes than the pipes hold.
        if turn.is_none() && !self.cancel.is_requested() {
            return;
        }
        match self.outputs.drain(&mut self.ready.spool) {
            Ok(()) => (*until, *drained) = (Instant::now() + DRAIN, true),
            Err(error) => self.disk.refused(Instant::now(), &error),
        }
    }

    /// Reports the child's end as soon as all it wrote is in the spool, and writes it down when no more comes or has
    /// come for too long.
    pub(super) fn end_what_has_ended(&mut self) {
        self.drain();
        let over = self.outputs.ended() && !self.cancel.is_underway();
        let late = |until: Instant| self.may_read() && until <= Instant::now();
        match &self.stage {
            Stage::Draining { verdict, .. } | Stage::Held { verdict, .. } if over => {
                self.settle(self.exit(verdict, true));
                self.input.close();
                self.stage = Stage::Settling;
            }
            Stage::Draining {
                verdict,
                until,
                drained: true,
            } if late(*until) => {
                let verdict = verdict.clone();
                self.hold(verdict);
            }
            Stage::Held {
                verdict,
                named: false,
            } if !self.cancel.is_underway() => {
                // Who holds the output is one whom no signal of ours ended.
                let verdict = verdict.clone();
                self.hold(verdict);
            }
            Stage::Draining {
                verdict,
                drained: true,
                ..
            } if self.news.exit.is_none() => {
                self.news.exit = Some(self.exit(verdict, false));
            }
            _ => {}
        }
    }

    /// Writes the end down, though more may come.
    fn hold(&mut self, verdict: Verdict) {
        self.settle(self.exit(&verdict, false));
        let named = !self.cancel.is_underway();
        self.stage = Stage::Held { verdict, named };
    }

    /// The exit as it is now.
    fn exit(&self, verdict: &Verdict, complete: bool) -> ExitRecord {
        let spool_end = self.ready.spool.position().offset;
        // While survivors are being ended, none is named and there is nothing to wait for.
        let struck = self.cancel.has_begun() && !self.cancel.is_underway();
        let mut exit = verdict.exit(spool_end, complete, struck, self.secrets.as_ref());
        if self.cancel.is_underway() {
            exit.survivors.clear();
        }
        exit
    }

    fn settle(&mut self, exit: ExitRecord) {
        // Before the end is reported: its reader may start the next job. What was to be ended is over when all of it is.
        if !self.cancel.is_underway() && (exit.survivors.is_empty() || !self.cancel.has_begun()) {
            self.ready.claims = None;
        }
        self.news.exit = Some(exit.clone());
        // A waiter for the end should not wait for the disk.
        self.report();
        self.ready.settle.settle(exit);
    }

    /// The end is on the disk: waits for an engine to claim the job, unless one has or there is no archiver to call.
    pub(super) fn linger(&mut self) {
        self.news.complete = true;
        let in_vain = self.ready.exec.archiver.is_empty() || ending::is_claimed(&self.ready.folder);
        let wait = if in_vain && !self.ready.listeners.any() {
            Duration::ZERO
        } else {
            LINGER
        };
        self.stage = Stage::Lingering {
            until: Instant::now() + wait,
        };
    }

    /// Whether everything is done: reported to the listeners, and left to the engine that claims the job or the archiver.
    /// One who only listens is no engine: the job is not left to it.
    pub(super) fn may_leave(&mut self) -> bool {
        let Stage::Lingering { until } = &self.stage else {
            return false;
        };
        let late = *until <= Instant::now();
        let all_know = !self.ready.listeners.any() || self.ready.listeners.know(&self.news);
        if self.cancel.is_underway() || !(all_know || late) {
            return false;
        }
        let claimed = ending::is_claimed(&self.ready.folder);
        if late && !claimed {
            ending::start_archiver(&self.ready.folder, &self.ready.exec);
        }
        late || claimed
    }

    /// Lets go of everything, and of what the job has to itself once no process of it lives any more that could not be
    /// ended.
    pub(super) fn leave(self) {
        let Ready {
            claims,
            listeners,
            spool,
            ..
        } = self.ready;
        drop((listeners, spool, self.outputs, self.input));
        // A descendant that loses its parent becomes our child.
        while claims.is_some() && !tree::is_gone() {
            if matches!(wait(WaitOptions::empty()), Err(Errno::CHILD)) {
                return;
            }
        }
    }
}
