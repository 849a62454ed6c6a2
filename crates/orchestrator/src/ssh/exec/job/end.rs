//! The end of a command in its session: what the marks, the channel and the host's report make of it.

use std::time::Instant;

use super::{Job, SOON};
use crate::{
    confined,
    job::Exit,
    ssh::exec::{
        cancel::Ending,
        channel::{ExecChannel, Stage},
        complaint,
        markers::Marks,
        raw::{self, Raw, Verdict},
        task::{Remote, RemoteExit, Settled, Unfinished},
        tree,
    },
    visible::visible,
};

/// What is said of a canceled job whose link broke.
const UNFINISHED: &str =
    "what still runs on the host is ended once the host is back, if that is within the hour";

impl Job {
    /// Reports the end, once it is certain.
    pub(super) fn conclude(&mut self) -> bool {
        if self.settled {
            if self.canceled {
                self.wire.close();
            }
            return false;
        }
        let closed = self.wire.stage() == Stage::Closed;
        if let Some(raw) = &mut self.raw {
            let is_due = raw.reported_at().is_some_and(|at| at.elapsed() >= SOON);
            if !closed && !is_due {
                return false;
            }
            let exit = match &self.progress.failure {
                Some(why) => Exit::Lost { why: why.clone() },
                None => raw.take_exit(),
            };
            self.settle(exit, closed);
            return true;
        }
        if closed
            && self.progress.remote.is_none()
            && !self.canceled
            && self.progress.failure.is_none()
        {
            return self.conclude_unstarted();
        }
        let looked = self.ending.as_ref().map(Ending::over);
        if looked == Some(None) && !(closed && self.progress.remote.is_none()) {
            return false;
        }
        let is_late = self.exited_at().is_some_and(|at| at.elapsed() >= SOON);
        // Somebody goes on, by the wrapper's word or because the output is held.
        if self.ending.is_none() && (self.progress.leaves || (is_late && !closed)) {
            self.ending = Some(Ending::look());
            return true;
        }
        if !closed && self.next_conclusion().is_none_or(|at| at > Instant::now()) {
            return false;
        }
        let exit = match self.progress.exit.take() {
            Some((exit, _)) => exit,
            None => self.exit_without_mark(),
        };
        self.settle(exit, closed);
        true
    }

    /// The login shell has not run the wrapper.
    fn conclude_unstarted(&mut self) -> bool {
        if let Some(refusal) = self.wire.refusal() {
            self.settle(refusal.into(), true);
            return true;
        }
        let report = self.wire.report();
        if self.task.exec.sudo {
            let exit = self.not_let_in(report.is_some());
            self.settle(exit, true);
            return true;
        }
        let exit = match raw::judge(self.progress.noise(), report.as_ref()) {
            Verdict::TryAsItIs => match Raw::fits(&self.task.exec.command) {
                Ok(()) => {
                    self.progress.forget_noise();
                    self.task.known_raw.learn();
                    self.go_raw(Raw::default());
                    return true;
                }
                Err(why) => Exit::CouldNotStart { why },
            },
            Verdict::Answered(exit) => {
                self.raw = Some(Raw::answered());
                let output = &mut *self.task.output;
                output.started(&Raw::remote());
                let (wrapper, command) = (self.wire.command(), &self.task.exec.command);
                self.progress.take_noise_for_output(output, |printed| {
                    complaint::without_wrapper(printed, wrapper, command)
                });
                match &self.progress.failure {
                    Some(why) => Exit::Lost { why: why.clone() },
                    None => exit,
                }
            }
            Verdict::Lost => Exit::Lost {
                why: "the host closed the channel before the command's start was reported; does a start file of its \
                      login shell end it, or start another shell (exec fish in ~/.bashrc)?"
                    .to_owned(),
            },
        };
        self.settle(exit, true);
        true
    }

    /// Has the command run as it is.
    pub(super) fn go_raw(&mut self, raw: Raw) {
        (self.out, self.err) = (Marks::none(), Marks::none());
        self.raw = Some(raw);
        self.progress.begins_raw = true;
        self.send_raw();
    }

    /// Asks for a channel for the command as it is.
    pub(super) fn send_raw(&mut self) {
        let exec = &self.task.exec;
        self.wire = ExecChannel::new(exec.command.clone(), &self.task.env, exec.pty)
            .with_agent(self.task.forwards_agent);
        if self.input_ended {
            self.wire.end_input();
        }
    }

    pub(super) fn settle(&mut self, exit: Exit, complete: bool) {
        self.settled = true;
        self.task.output.settles();
        // What ended with a code of its own before any signal met it was not ended by the cancel, which came too late.
        let too_late = matches!(exit, Exit::Code { .. })
            && self.raw.is_none()
            && self.ending.as_ref().is_none_or(|ending| !ending.was_sent());
        let ended = RemoteExit {
            exit,
            canceled: self.canceled && !too_late,
            survivors: match (&mut self.ending, &self.raw) {
                (Some(ending), None) => ending.take_survivors(),
                (_, Some(raw)) => raw.survivors(),
                (None, None) => Vec::new(),
            },
            complete,
            unfinished: self.unfinished(),
            notes: self.notes(),
        };
        self.task.report(Settled::Ended(ended));
    }

    /// The signals that a cancel owes to what runs on behind a link that broke.
    fn unfinished(&self) -> Option<Unfinished> {
        let is_cut = self.is_cut || self.wire.refusal().is_some();
        let remote = self.progress.remote.as_ref();
        let remote = remote.filter(|_| is_cut && self.canceled && self.raw.is_none())?;
        // By the time that the host is back, what was a pipe of the command's may be a stranger's.
        let remote = Remote {
            outputs: "-".to_owned(),
            ..remote.clone()
        };
        let exec = &*self.task.exec;
        let commands = exec
            .graces
            .iter()
            .map(|grace| tree::end(&remote, exec, &grace.signal, grace.wait_ms));
        Some(Unfinished {
            commands: commands.collect(),
        })
    }

    /// What a person may want to know of how it ran.
    fn notes(&self) -> Vec<String> {
        let noise = self.progress.noise_shown();
        let noise =
            (!noise.is_empty()).then(|| format!("the login shell printed before it: {noise}"));
        let raw = self.raw.as_ref().map(|raw| raw.note().to_owned());
        let agent = self.task.forwards_agent.then(|| {
            "the host could use your SSH agent while it ran, as its config asks (ForwardAgent)"
                .to_owned()
        });
        let suspects = self.ending.as_ref().map_or(&[][..], Ending::suspects);
        let suspects = (!suspects.is_empty()).then(|| {
            let all = visible(&suspects.join(", ")).into_owned();
            format!("started on the host since then, perhaps by this job: {all}")
        });
        let is_unfinished = self.unfinished().is_some();
        let unfinished = is_unfinished.then(|| UNFINISHED.to_owned());
        let own = self.task.own_ssh.as_ref();
        let own = own.map(|line| format!("run by your own ssh, as you allowed: {line}"));
        raw.into_iter()
            .chain(own)
            .chain(unfinished)
            .chain(agent)
            .chain(suspects)
            .chain(noise)
            .chain(self.algorithms.clone())
            .chain(confined::remark())
            .collect()
    }

    /// What a channel without an end mark means. It is never an exit code.
    fn exit_without_mark(&self) -> Exit {
        let why = |why: &str| why.to_owned();
        if let Some(failure) = &self.progress.failure {
            return Exit::Lost {
                why: failure.clone(),
            };
        }
        if self.progress.remote.is_none() {
            return self.exit_without_start();
        }
        if let Some(refusal) = self.wire.refusal() {
            return self.progress.lost(&refusal.why);
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
        Exit::Lost {
            why: "the host closed the channel before the command's start was reported".to_owned(),
        }
    }
}
