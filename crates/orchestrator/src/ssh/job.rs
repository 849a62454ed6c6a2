//! One command on a host: its exec, what came of it, and its end by request.

use std::{
    io,
    sync::mpsc,
    time::{Duration, Instant},
};

use ssh2::Session;
use supervisor::exec::Grace;

use super::{
    control::{Control, Orders},
    failure::Refusal,
    marks::{Found, Marks, Nonce},
    tree,
    wire::{Stage, Wire},
    wrapper,
};
use crate::{
    job::{Exit, JobId},
    log::Stream,
};

/// How long the output of a command that has ended may stay open before its end is told all the same.
const DRAIN: Duration = Duration::from_secs(2);
/// Bytes of a login script's output that are worth a reason.
const NOISE_KEPT: usize = 400;

/// What to run.
#[derive(Debug, Clone)]
pub struct Exec {
    /// The job: its processes carry `VMO_JOB` with this.
    pub job: JobId,
    /// The shell command, verbatim.
    pub command: String,
    /// Rows and columns, where it gets a terminal; its output is then all stdout.
    pub pty: Option<(u16, u16)>,
    /// What cancel sends, in order.
    pub graces: Vec<Grace>,
}

/// Where a command's bytes go, in the order they were read. The session's thread calls it and waits for it, so a slow
/// one slows the host down. It is dropped when no more will come, which may be after [`Ended`] was told.
pub trait Output: Send {
    /// The command is about to run.
    fn started(&mut self, remote: &Remote);

    /// Bytes of the command's own.
    ///
    /// # Errors
    /// They could not be kept; the job is then lost.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()>;

    /// What the login shell's start files printed, which is none of the command's.
    fn noise(&mut self, bytes: &[u8]);
}

/// The command's first process on the host, enough to find its tree again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its process id; also its process group and session where `mode` is `own`.
    pub leader: u32,
    /// When it started, in the host's clock ticks since boot; `-` where the host does not say.
    pub started: String,
    /// `own` session, the terminal's (`pty`), or one `shared` with our wrapper where the host has no `setsid`.
    pub mode: String,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// Whether a cancel was asked for before that.
    pub canceled: bool,
    /// After a cancel: who is still there, as `pid command`, or why that is not known.
    pub survivors: Vec<String>,
    /// False while a process that outlived the command holds its output: more may come to [`Output`].
    pub complete: bool,
}

/// What a session makes of a task.
pub(super) enum Settled {
    Ended(Ended),
    /// It has not begun and wants another session.
    Again(Task),
}

/// A command that waits for its session.
pub(super) struct Task {
    pub(super) exec: Exec,
    pub(super) env: Vec<(String, String)>,
    pub(super) output: Box<dyn Output>,
    pub(super) orders: Orders,
    pub(super) reply: mpsc::Sender<Settled>,
}

impl Task {
    fn settle(self, exit: Exit, canceled: bool) {
        let ended = Ended {
            exit,
            canceled,
            survivors: Vec::new(),
            complete: true,
        };
        // The caller may have gone; then nobody wants to know.
        drop(self.reply.send(Settled::Ended(ended)));
    }

    /// It was canceled before anything ran.
    pub(super) fn settle_canceled(self) {
        let why = "canceled before it started".to_owned();
        self.settle(Exit::CouldNotStart { why }, true);
    }

    /// Its host was not reached.
    pub(super) fn settle_refused(self, refusal: Refusal) {
        self.settle(refusal.into(), false);
    }

    /// It goes back to be placed elsewhere.
    pub(super) fn send_back(self) {
        let reply = self.reply.clone();
        drop(reply.send(Settled::Again(self)));
    }
}

/// A command in its session.
pub(super) struct Job {
    task: Task,
    wire: Wire,
    out: Marks,
    err: Marks,
    seen: Seen,
    canceled: bool,
    ending: Option<Ending>,
    settled: bool,
}

/// What its output has said so far.
#[derive(Default)]
struct Seen {
    remote: Option<Remote>,
    exit: Option<(Exit, Instant)>,
    noise: Vec<u8>,
    failure: Option<String>,
}

/// A cancel on its way.
struct Ending {
    steps: std::vec::IntoIter<Grace>,
    signal: String,
    wire: Option<Wire>,
    /// Looks that a harder one has overtaken.
    overtaken: Vec<Wire>,
    text: Vec<u8>,
    survivors: Vec<String>,
    asked: Instant,
    over: Option<Instant>,
}

impl Job {
    /// Begins.
    pub(super) fn new(task: Task) -> Self {
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
        }
    }

    /// Whether nothing of it is left in the session.
    pub(super) fn is_over(&self) -> bool {
        self.settled
            && self.wire.stage() == Stage::Closed
            && self
                .ending
                .as_ref()
                .is_none_or(|ending| ending.wire.is_none() && ending.overtaken.is_empty())
    }

    /// Whether it is waiting for a channel to open; libssh2 opens one at a time.
    pub(super) fn is_opening(&self) -> bool {
        self.wire.stage() == Stage::Open
    }

    /// What to poll for a person's orders.
    pub(super) fn orders(&self) -> &Orders {
        &self.task.orders
    }

    /// Gives it back, where the host cannot have seen it.
    pub(super) fn into_unseen(self) -> Result<Task, Self> {
        if self.wire.stage() < Stage::Exec && !self.settled {
            Ok(self.task)
        } else {
            Err(self)
        }
    }

    /// Does what can be done without waiting.
    ///
    /// # Errors
    /// The host refused it a channel.
    pub(super) fn step(
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
                Control::Cancel { force } => self.cancel(force),
                Control::Input(bytes) => self.wire.type_in(&bytes),
                Control::EndInput => self.wire.end_input(),
                Control::Resize { rows, cols } => self.wire.resize(rows, cols),
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
        if earlier.is_some() && !force {
            self.ending = earlier;
            return;
        }
        let overtaken = earlier.map_or_else(Vec::new, |ending| {
            let mut wires = ending.overtaken;
            wires.extend(ending.wire);
            wires.iter_mut().for_each(Wire::close);
            wires
        });
        self.ending = Some(Ending {
            steps: steps.into_iter(),
            signal: String::new(),
            wire: None,
            overtaken,
            text: Vec::new(),
            survivors: Vec::new(),
            asked: Instant::now(),
            over: None,
        });
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
        let moved = wire.step(session, alone, buffer, &mut |stream, bytes| {
            let marks = match stream {
                Stream::Stdout => &mut *out,
                Stream::Stderr => &mut *err,
            };
            marks.feed(bytes, &mut |found| {
                seen.note(stream, &found, &mut *task.output)
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
            } else if ending.over.is_none() && ending.asked.elapsed() >= DRAIN {
                ending.survivors =
                    vec!["not known: the command never said that it began".to_owned()];
                ending.over = Some(Instant::now());
            }
            return false;
        };
        ending.step(session, may_open, buffer, remote, self.task.exec.job)
    }

    /// Tells the end, once it is certain.
    fn conclude(&mut self) -> bool {
        if self.settled {
            if self.canceled {
                self.wire.close();
            }
            return false;
        }
        let closed = self.wire.stage() == Stage::Closed;
        let looked = self.ending.as_ref().map(|ending| ending.over);
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

    /// When [`Self::conclude`] has to look again, if nothing happens before.
    pub(super) fn next_look(&self) -> Option<Instant> {
        if self.settled {
            return None;
        }
        let from = match &self.ending {
            Some(ending) if ending.over.is_some() => self.exited_at().or(ending.over),
            Some(ending) if self.seen.remote.is_none() => Some(ending.asked),
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
        let ended = Ended {
            exit,
            canceled: self.canceled,
            survivors: self
                .ending
                .as_mut()
                .map(|ending| std::mem::take(&mut ending.survivors))
                .unwrap_or_default(),
            complete,
        };
        drop(self.task.reply.send(Settled::Ended(ended)));
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
            Some(ending) if ending.survivors.is_empty() && !ending.signal.is_empty() => {
                Exit::Signal {
                    signal: ending.signal.clone(),
                    core: false,
                }
            }
            Some(_) => Exit::Lost {
                why: why("it did not end when it was canceled"),
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
        let said = noise.trim();
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
    pub(super) fn lose(mut self, why: &str) {
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
        if let Some(ending) = &mut self.ending
            && ending.over.is_none()
        {
            ending.survivors = vec![format!("not known: {why}")];
        }
        self.settle(exit, true);
    }

    /// The host refused it a channel.
    pub(super) fn refuse(self, why: &str) {
        if !self.settled {
            let why = format!("the host refused a channel: {why}");
            self.task.settle(Exit::CouldNotStart { why }, self.canceled);
        }
    }
}

impl Seen {
    fn note(&mut self, stream: Stream, found: &Found<'_>, output: &mut dyn Output) {
        match found {
            Found::Noise(bytes) => {
                output.noise(bytes);
                let room = NOISE_KEPT.saturating_sub(self.noise.len());
                self.noise
                    .extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            Found::Bytes(bytes) => {
                if self.failure.is_none()
                    && let Err(error) = output.write(stream, bytes)
                {
                    self.failure = Some(format!("its output could not be kept: {error}"));
                }
            }
            Found::Started(text) if stream == Stream::Stdout => {
                if let Some(remote) = remote(text) {
                    output.started(&remote);
                    self.remote = Some(remote);
                }
            }
            Found::Started(_) => {}
            Found::Ended(text) => {
                self.exit = exit(text).map(|exit| (exit, Instant::now()));
            }
        }
    }
}

/// The start mark's text: the leader, the mode, its start.
fn remote(text: &str) -> Option<Remote> {
    let mut words = text.split(' ');
    Some(Remote {
        leader: words.next()?.parse().ok()?,
        mode: words.next()?.to_owned(),
        started: words.next()?.to_owned(),
    })
}

/// The end mark's text: the code, the signal's name or `-`, `core` or `-`.
fn exit(text: &str) -> Option<Exit> {
    let mut words = text.split(' ');
    let code: u8 = words.next()?.parse().ok()?;
    let signal = words.next()?;
    let core = words.next()? == "core";
    Some(if signal == "-" {
        Exit::Code { code: code.into() }
    } else {
        Exit::Signal {
            signal: signal.to_owned(),
            core,
        }
    })
}

impl Ending {
    fn step(
        &mut self,
        session: &Session,
        may_open: &mut bool,
        buffer: &mut [u8],
        remote: &Remote,
        job: JobId,
    ) -> bool {
        let mut moved = false;
        for wire in &mut self.overtaken {
            moved |= step_look(wire, session, may_open, buffer, &mut Vec::new()).unwrap_or(true);
        }
        self.overtaken.retain(|wire| wire.stage() != Stage::Closed);
        if self.over.is_some() {
            return moved;
        }
        let Some(wire) = &mut self.wire else {
            let Some(grace) = self.steps.next() else {
                self.over = Some(Instant::now());
                return true;
            };
            let look = tree::end(remote, job, &grace.signal, grace.wait_ms);
            self.signal = grace.signal;
            self.wire = Some(Wire::new(look, &[], None));
            return true;
        };
        match step_look(wire, session, may_open, buffer, &mut self.text) {
            Ok(more) => moved |= more,
            Err(error) => {
                self.survivors = vec![format!("not known: {error}")];
                self.overtaken.extend(self.wire.take());
                self.over = Some(Instant::now());
                return true;
            }
        }
        if wire.stage() == Stage::Closed {
            self.wire = None;
            self.learn();
            moved = true;
        }
        moved
    }

    /// Takes in what the look saw.
    fn learn(&mut self) {
        match tree::survivors(&std::mem::take(&mut self.text)) {
            Some(left) if left.is_empty() => {
                self.survivors.clear();
                self.over = Some(Instant::now());
            }
            Some(left) => self.survivors = left,
            None => self.survivors = vec!["not known: the host could not look".to_owned()],
        }
    }
}

fn step_look(
    wire: &mut Wire,
    session: &Session,
    may_open: &mut bool,
    buffer: &mut [u8],
    text: &mut Vec<u8>,
) -> io::Result<bool> {
    let opening = wire.stage() == Stage::Open;
    if opening && !*may_open {
        return Ok(false);
    }
    let moved = wire.step(session, false, buffer, &mut |stream, bytes| {
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
