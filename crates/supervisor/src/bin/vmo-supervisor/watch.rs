//! The loop: waits for whatever comes first, and does what follows from it.

use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixListener,
    },
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, Signal, WaitOptions, wait},
};
use supervisor::{
    control::ToSupervisor,
    exec::Exec,
    exit::Ended,
    folder::Folder,
    spool::{Stream, Writer},
};

use crate::{
    cancel::Cancel,
    child::Start,
    complaints::complain,
    disk::Disk,
    ending::{self, DRAIN, LINGER, Stage, Verdict},
    input::Input,
    listeners::{Listeners, News},
    outputs::Outputs,
    pty,
    settle::Settle,
    signals::Signals,
};

/// All there is of a job while it is watched.
#[derive(Debug)]
pub(crate) struct Watch {
    folder: Folder,
    exec: Exec,
    signals: Signals,
    listeners: Listeners,
    spool: Writer,
    outputs: Outputs,
    input: Input,
    terminal: Option<OwnedFd>,
    cancel: Cancel,
    disk: Disk,
    settle: Settle,
    stage: Stage,
    news: News,
}

/// What woke us.
#[derive(Debug, Clone, Copy)]
enum Woken {
    Signals,
    Settled,
    Knock,
    Listener(usize),
    Input,
    Output(Stream),
}

impl Watch {
    pub(crate) fn new(
        folder: Folder,
        exec: Exec,
        signals: Signals,
        socket: UnixListener,
        spool: Writer,
        start: Result<Start, Ended>,
    ) -> io::Result<Self> {
        let (stage, outputs, input, terminal) = match start {
            Ok(start) => (
                Stage::Running(start.child),
                start.outputs,
                start.input,
                start.terminal,
            ),
            Err(ended) => {
                let stage = Stage::Draining {
                    verdict: Verdict::without_child(ended),
                    until: Instant::now(),
                };
                (stage, Outputs::none(), Input::none(), None)
            }
        };
        let news = News {
            committed: Some(spool.position().offset),
            ..News::default()
        };
        Ok(Self {
            listeners: Listeners::on(socket)?,
            cancel: Cancel::of(&exec),
            disk: Disk::of(folder.path()),
            settle: Settle::new(&folder, spool.sync_handle())?,
            folder,
            exec,
            signals,
            spool,
            outputs,
            input,
            terminal,
            stage,
            news,
        })
    }

    /// Watches the job to its end.
    pub(crate) fn run(mut self) -> io::Result<()> {
        loop {
            self.end_what_has_ended();
            self.tell();
            if self.may_leave() {
                return Ok(());
            }
            for woken in self.wait()? {
                self.act_on(woken);
            }
            self.obey();
            self.tick(Instant::now());
        }
    }

    fn tell(&mut self) {
        self.news.committed = Some(self.spool.position().offset);
        self.news.input_paused = self.input.paused();
        if self.news.paused.as_deref() != self.disk.why_not() {
            self.news.paused = self.disk.why_not().map(str::to_owned);
        }
        self.listeners.tell(&self.news);
    }

    fn wait(&self) -> io::Result<Vec<Woken>> {
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
            awaiting(Woken::Signals, self.signals.as_fd(), PollFlags::IN),
            awaiting(Woken::Settled, self.settle.as_fd(), PollFlags::IN),
        ];
        let knock = self.listeners.to_poll();
        all.extend(knock.map(|fd| awaiting(Woken::Knock, fd, PollFlags::IN)));
        let listeners = self.listeners.each_to_poll();
        all.extend(
            listeners.map(|(number, fd, flags)| awaiting(Woken::Listener(number), fd, flags)),
        );
        let input = self.input.to_poll();
        all.extend(input.map(|fd| awaiting(Woken::Input, fd, PollFlags::OUT)));
        if self.may_read() {
            let outputs = self.outputs.to_poll();
            all.extend(
                outputs.map(|(stream, fd)| awaiting(Woken::Output(stream), fd, PollFlags::IN)),
            );
        }
        all
    }

    fn next_tick(&self) -> Option<Instant> {
        let stage = match &self.stage {
            Stage::Draining { until, .. } if self.may_read() => Some(*until),
            Stage::Lingering { until } => Some(*until),
            _ => None,
        };
        let ticks = [
            stage,
            self.cancel.tick_at(),
            self.disk.look_at(),
            self.outputs.retry_at(),
            self.listeners.tick_at(),
        ];
        ticks.into_iter().flatten().min()
    }

    fn act_on(&mut self, woken: Woken) {
        match woken {
            Woken::Signals => {
                let caught = self.signals.take();
                if caught.child {
                    self.reap();
                }
                if caught.end {
                    self.cancel.ask(false, self.group());
                }
            }
            Woken::Settled => {
                if matches!(self.stage, Stage::Settling) && self.settle.is_settled() {
                    self.linger();
                }
            }
            Woken::Knock => self.listeners.accept(),
            Woken::Listener(number) => self.listeners.hear(number),
            Woken::Input => self.input.write(),
            Woken::Output(stream) => self.read(stream),
        }
    }

    fn may_read(&self) -> bool {
        self.disk.why_not().is_none() && !self.outputs.wait_for_spool()
    }

    fn read(&mut self, stream: Stream) {
        let offset = self.spool.position().offset;
        if !self.disk.has_room(Instant::now(), offset) {
            return;
        }
        let lives = matches!(self.stage, Stage::Running(_));
        match self.outputs.read(stream, lives, &mut self.spool) {
            // At once: who follows should not wait for the other output to be read.
            Ok(true) => self.tell(),
            Ok(false) => {}
            Err(error) => self.disk.refused(Instant::now(), &error),
        }
    }

    fn obey(&mut self) {
        while let Some(order) = self.listeners.next_order(self.input.full()) {
            match order {
                ToSupervisor::Cancel { force } => self.cancel.ask(force, self.group()),
                ToSupervisor::Input(bytes) => self.input.take(&bytes),
                ToSupervisor::EndInput => self.input.end(),
                ToSupervisor::Resize(size) => {
                    if let Some(terminal) = &self.terminal
                        && let Err(error) = pty::resize(terminal, size)
                    {
                        complain(format_args!("the terminal's size: {error}"));
                    }
                }
                ToSupervisor::Signal(number) => self.signal(number),
            }
        }
    }

    fn signal(&self, number: i32) {
        if let (Some(signal), Some(group)) = (Signal::from_named_raw(number), self.group()) {
            // An error means that nobody who may be signaled is there any more.
            rustix::process::kill_process_group(group, signal).ok();
        }
    }

    fn tick(&mut self, now: Instant) {
        self.cancel.tick(now, self.group());
        self.listeners.tick(now);
        self.outputs.retry(now);
        if self.disk.look_at().is_some_and(|at| at <= now)
            && self.disk.has_room(now, self.spool.position().offset)
            && let Err(error) = self.outputs.spool_again(&mut self.spool)
        {
            self.disk.refused(now, &error);
        }
    }

    /// The child's process group, while the child is there and nobody else can have its number.
    fn group(&self) -> Option<Pid> {
        match &self.stage {
            Stage::Running(child) => Some(child.pid),
            _ => None,
        }
    }

    /// Takes the statuses of all who have ended, our child's and those of its orphans, which are ours now.
    fn reap(&mut self) {
        let all = loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if let Stage::Running(child) = &self.stage
                        && child.pid == pid
                    {
                        let verdict = Verdict::of(child, status, self.cancel.asked());
                        self.child_ended(verdict);
                    }
                }
                Ok(None) => break false,
                // Nobody is left, and as their subreaper we would have everybody.
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

    fn child_ended(&mut self, verdict: Verdict) {
        if self.may_read()
            && let Err(error) = self.outputs.drain(&mut self.spool)
        {
            self.disk.refused(Instant::now(), &error);
        }
        self.stage = Stage::Draining {
            verdict,
            until: Instant::now() + DRAIN,
        };
    }

    /// Tells the child's end at once, and writes it down when nothing more comes or has come for too long.
    fn end_what_has_ended(&mut self) {
        let over = self.outputs.ended() && !self.cancel.is_underway();
        let late = |until: Instant| self.may_read() && until <= Instant::now();
        let stage = match &self.stage {
            Stage::Draining { verdict, .. } | Stage::Held(verdict) if over => {
                let exit = verdict.exit(self.spool.position().offset, true);
                self.news.exit = Some(exit.clone());
                self.settle.settle(exit);
                self.input.close();
                Stage::Settling
            }
            Stage::Draining { verdict, until } if late(*until) => {
                let exit = verdict.exit(self.spool.position().offset, false);
                self.news.exit = Some(exit.clone());
                self.settle.settle(exit);
                Stage::Held(verdict.clone())
            }
            Stage::Draining { verdict, .. } if self.news.exit.is_none() => {
                self.news.exit = Some(verdict.exit(self.spool.position().offset, false));
                return;
            }
            _ => return,
        };
        self.stage = stage;
    }

    fn linger(&mut self) {
        self.news.complete = true;
        let claimed = !self.listeners.any() && ending::is_claimed(&self.folder);
        let in_vain = claimed || (!self.listeners.any() && self.exec.archiver.is_empty());
        let until = Instant::now()
            + if in_vain {
                std::time::Duration::ZERO
            } else {
                LINGER
            };
        self.stage = Stage::Lingering { until };
    }

    /// Whether everything is done: told to whoever listens, or left to an engine or the archiver.
    fn may_leave(&mut self) -> bool {
        let Stage::Lingering { until } = &self.stage else {
            return false;
        };
        if self.cancel.is_underway() {
            return false;
        }
        let late = *until <= Instant::now();
        if self.listeners.any() {
            return late || self.listeners.know(&self.news);
        }
        if late && !ending::is_claimed(&self.folder) {
            ending::start_archiver(&self.folder, &self.exec.archiver, &self.exec.archiver_env);
        }
        late
    }
}

fn awaiting(who: Woken, fd: BorrowedFd<'_>, what: PollFlags) -> (Woken, PollFd<'_>) {
    (who, PollFd::from_borrowed_fd(fd, what))
}
