//! The loop: waits for whatever comes first, and does what follows from it.

use std::{io, os::fd::OwnedFd, time::Instant};

use rustix::process::{Pid, Signal};
use supervisor::{
    claims::Claims,
    control::{News, ToSupervisor},
    disk::{self, Disk},
    exec::Exec,
    exit::Exit,
    folder::Folder,
    mask::Secrets,
    spool::{Stream, Writer},
};

use self::wait::Woken;
use crate::{
    cancel::Cancel,
    child::{self, StartedChild},
    direnv_secrets::Handover,
    ending::{Stage, Verdict},
    exit_to_disk::Settle,
    input::Input,
    listeners::Listeners,
    orphans::Lineage,
    outputs::Outputs,
    own_log::complain,
    prompt::Prompts,
    pty,
    signals::Signals,
    syncing::Syncing,
    time_limit::Limit,
};

mod child_end;
mod wait;

/// All that is made before the child is started.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) folder: Folder,
    pub(crate) exec: Exec,
    pub(crate) signals: Signals,
    pub(crate) listeners: Listeners,
    pub(crate) spool: Writer,
    pub(crate) settle: Settle,
    /// What the job has to itself; given up when its child has ended, of what is ended by us when all of it has.
    pub(crate) claims: Option<Claims>,
}

/// All there is of a job while it is watched.
#[derive(Debug)]
pub(crate) struct Watch {
    ready: Ready,
    outputs: Outputs,
    input: Input,
    terminal: Option<OwnedFd>,
    handover: Option<Handover>,
    /// Kept out of what is said of the job's processes, too.
    secrets: Option<Secrets>,
    lineage: Lineage,
    cancel: Cancel,
    limit: Limit,
    disk: Disk,
    syncing: Syncing,
    prompts: Prompts,
    stage: Stage,
    news: News,
}

/// Free bytes to be kept. Who started us has looked at what a person set.
fn floor() -> u64 {
    disk::floor_of_environment()
        .ok()
        .flatten()
        .unwrap_or(disk::FLOOR)
}

impl Watch {
    /// A job whose child was started a moment ago, or could not be. No step fails from here on, so that no child is
    /// left alone.
    pub(crate) fn new(ready: Ready, start: Result<StartedChild, Exit>) -> Self {
        let (stage, outputs, input, terminal, handover) = match start {
            Ok(start) => (
                Stage::Running(start.child),
                start.outputs,
                start.input,
                start.terminal,
                start.handover,
            ),
            Err(ended) => {
                let stage = Stage::Draining {
                    verdict: Verdict::without_child(ended),
                    until: Instant::now(),
                    drained: true,
                };
                (stage, Outputs::none(), Input::none(), None, None)
            }
        };
        Self {
            cancel: Cancel::of(&ready.exec),
            limit: Limit::of(&ready.exec),
            disk: Disk::of(ready.folder.path(), floor()),
            syncing: Syncing::of_new_job(),
            prompts: Prompts::default(),
            secrets: child::secrets(&ready.exec, &[]),
            lineage: Lineage::new(Instant::now()),
            handover,
            ready,
            outputs,
            input,
            terminal,
            stage,
            news: News::default(),
        }
    }

    /// Watches the job to its end.
    pub(crate) fn run(mut self) -> io::Result<()> {
        loop {
            // What the last round changed is reported before anything waits: listeners must have heard of the end when
            // the socket closes.
            self.end_what_has_ended();
            self.report();
            if self.may_leave() {
                self.leave();
                return Ok(());
            }
            for woken in self.wait()? {
                self.act_on(woken);
            }
            // Orders come last: a signal of this round may have ended the child, whose group must then not be signaled.
            self.obey();
            self.tick(Instant::now());
            self.end_if_folder_deleted();
        }
    }

    fn report(&mut self) {
        self.news.committed = Some(self.ready.spool.position().offset);
        self.news.input_paused = self.input.paused();
        self.news.prompt = self.prompts.now().filter(|_| self.may_prompt());
        if self.news.unkillable.as_deref() != self.cancel.unkillable() {
            self.news.unkillable = self.cancel.unkillable().map(str::to_owned);
        }
        if self.news.last_signal.as_ref() != self.cancel.last_signal() {
            self.news.last_signal = self.cancel.last_signal().cloned();
        }
        if self.news.paused.as_deref() != self.disk.why_not() {
            self.news.paused = self.disk.why_not().map(str::to_owned);
        }
        self.ready.listeners.report(&self.news);
    }

    fn act_on(&mut self, woken: Woken) {
        match woken {
            Woken::Signals => {
                let caught = self.ready.signals.take();
                if caught.child {
                    self.reap();
                }
                if caught.end {
                    self.cancel.ask(false, self.group());
                }
            }
            Woken::Settled => {
                if matches!(self.stage, Stage::Settling) && self.ready.settle.is_settled() {
                    self.linger();
                }
            }
            Woken::Connection => self.ready.listeners.accept(),
            Woken::Listener(number) => self.ready.listeners.hear(number),
            Woken::Input => self.input.write(),
            Woken::Output(stream) => self.read(stream),
            Woken::Handover => self.take_over(),
        }
    }

    /// Takes the values in that a program in between has brought; the next one begins once they are kept out.
    fn take_over(&mut self) {
        let Some(handover) = self.handover.take_if(Handover::is_complete) else {
            return;
        };
        self.secrets = child::secrets(&self.ready.exec, &handover.values());
        if let Some(secrets) = &self.secrets
            && let Err(error) = self.outputs.learn(secrets, &mut self.ready.spool)
        {
            self.disk.refused(Instant::now(), &error);
        }
    }

    /// Whether the child may wait for a person.
    fn may_prompt(&self) -> bool {
        matches!(self.stage, Stage::Running(_)) && !self.cancel.is_requested()
    }

    fn may_read(&self) -> bool {
        self.disk.why_not().is_none() && !self.outputs.wait_for_spool()
    }

    fn read(&mut self, stream: Stream) {
        let offset = self.ready.spool.position().offset;
        let Some(turn) = self.disk.turn(Instant::now(), offset) else {
            return;
        };
        let lives = matches!(self.stage, Stage::Running(_));
        let read = self.outputs.read(stream, lives, &mut self.ready.spool);
        drop(turn);
        match read {
            // At once: who follows should not wait for the other output to be read.
            Ok(length @ 1..) => {
                let bytes = self.outputs.last_read(length);
                self.prompts.wrote(bytes, Instant::now());
                self.report();
            }
            Ok(0) => {}
            Err(error) => self.disk.refused(Instant::now(), &error),
        }
    }

    fn obey(&mut self) {
        while let Some(order) = self.ready.listeners.next_order(self.input.full()) {
            match order {
                ToSupervisor::Cancel { force } => self.cancel.ask(force, self.group()),
                ToSupervisor::Input(bytes) => {
                    self.input.take(&bytes);
                    self.prompts.typed(Instant::now());
                }
                ToSupervisor::EndInput => self.input.end(),
                ToSupervisor::Resize(size) => {
                    if let Some(terminal) = &self.terminal
                        && let Err(error) = pty::resize(terminal, size)
                    {
                        complain(format_args!("the terminal's size: {error}"));
                    }
                }
                ToSupervisor::Signal(number) => self.signal(number),
                // A program here asks at its own terminal.
                ToSupervisor::Answer(_) => {}
            }
        }
    }

    fn signal(&self, number: i32) {
        if let (Some(signal), Some(group)) = (Signal::from_named_raw(number), self.group()) {
            // An error means that no process that may be signaled is there any more.
            rustix::process::kill_process_group(group, signal).ok();
        }
    }

    fn tick(&mut self, now: Instant) {
        // What is being canceled ends as it is: a person was faster.
        if matches!(self.stage, Stage::Running(_))
            && !self.cancel.is_requested()
            && self.limit.is_over(now)
        {
            self.cancel.begin(self.group());
        }
        self.cancel.tick(now, self.group());
        if !matches!(self.stage, Stage::Settling | Stage::Lingering { .. }) {
            let has_looked = self.lineage.tick(now, &self.ready.folder, self.group());
            if has_looked {
                // A job that does not write would never come across it.
                self.disk.look_for_folder();
            }
        }
        if self.may_prompt() {
            self.prompts.tick(now, &self.input);
        }
        self.syncing.tick(now, &self.ready.spool);
        self.ready.listeners.tick(now);
        if let Err(error) = self.outputs.retry(now, &mut self.ready.spool) {
            self.disk.refused(now, &error);
        }
        if self.disk.look_at().is_some_and(|at| at <= now)
            && let Some(_turn) = self.disk.turn(now, self.ready.spool.position().offset)
            && let Err(error) = self.outputs.spool_again(&mut self.ready.spool)
        {
            self.disk.refused(now, &error);
        }
    }

    /// The child's process group, while the child is there and its number cannot be another's.
    fn group(&self) -> Option<Pid> {
        match &self.stage {
            Stage::Running(child) => Some(child.pid),
            _ => None,
        }
    }
}
