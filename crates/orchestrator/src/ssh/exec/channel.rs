//! One exec in a session: opened, run and closed step by step, never waiting. Everything that would block comes back to
//! the same call with the same arguments at the next step, as libssh2 wants it.

use std::io;

use rustix::event::PollFd;

use crate::{
    log::Stream,
    ssh::{
        channel::Report,
        failure::Refusal,
        line::{Line, Link},
    },
};

/// The largest packet that a host may send.
const PACKET: u32 = 32 << 10;
/// Reads in a row of one channel before the others have their turn.
const TURN: usize = 8;

/// Where an exec is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::ssh) enum Stage {
    /// No channel is open.
    Open,
    /// Its variables go over, one by one.
    Env,
    /// It may use the agent here, if it is to.
    Agent,
    /// It gets a terminal.
    Pty,
    /// The command goes over. From here on it may run.
    Exec,
    /// Bytes go to and fro.
    Run,
    /// The host has no more to say.
    Close,
    /// It is over.
    Closed,
}

/// What is to be run in a channel.
pub(in crate::ssh) struct ExecChannel {
    stage: Stage,
    line: Option<Line>,
    command: String,
    env: Vec<(String, String)>,
    pty: Option<(u16, u16)>,
    forwards_agent: bool,
    input: Vec<u8>,
    written: usize,
    /// Bytes of `input` that are our own.
    own: usize,
    ending: InputEnd,
    resize: Option<(u16, u16)>,
    /// Signals that are to be sent, the next one last.
    signals: Vec<String>,
    report: Option<Report>,
    refusal: Option<Refusal>,
}

/// Whether more input may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputEnd {
    Open,
    Wanted,
    Sent,
}

impl ExecChannel {
    /// An exec to come; rows and columns if it gets a terminal.
    pub(in crate::ssh) fn new(
        command: String,
        env: &[(String, String)],
        pty: Option<(u16, u16)>,
    ) -> Self {
        Self {
            stage: Stage::Open,
            line: None,
            command,
            env: env.iter().rev().cloned().collect(),
            pty,
            forwards_agent: false,
            input: Vec::new(),
            written: 0,
            own: 0,
            ending: InputEnd::Open,
            resize: None,
            signals: Vec::new(),
            report: None,
            refusal: None,
        }
    }

    /// The same; `forwards` is whether it may use the agent here.
    pub(in crate::ssh) fn with_agent(mut self, forwards: bool) -> Self {
        self.forwards_agent = forwards;
        self
    }

    /// The same with input of our own, which goes before all other and is not counted.
    pub(in crate::ssh) fn with_input(mut self, input: Vec<u8>) -> Self {
        self.own = input.len();
        self.input = input;
        self
    }

    /// How the host says that the command ended; none if it has not said so yet.
    pub(in crate::ssh) fn report(&self) -> Option<Report> {
        let open = self.line.as_ref();
        open.and_then(Line::report).or_else(|| self.report.clone())
    }

    /// Why the user's own `ssh` gave up, if it did.
    pub(in crate::ssh) fn refusal(&self) -> Option<Refusal> {
        let open = self.line.as_ref();
        open.and_then(Line::refusal)
            .or_else(|| self.refusal.clone())
    }

    /// What to poll besides a session's socket; if `reads` is false the output is left alone.
    pub(in crate::ssh) fn fds(&self, reads: bool) -> Vec<PollFd<'_>> {
        let open = self.line.as_ref();
        open.map_or_else(Vec::new, |line| line.fds(reads, !self.input.is_empty()))
    }

    /// Whether it runs in a terminal.
    pub(in crate::ssh) fn is_terminal(&self) -> bool {
        self.pty.is_some()
    }

    /// Has a signal sent, by its name without `SIG`. Few servers do anything about one.
    pub(in crate::ssh) fn signal(&mut self, name: &str) {
        self.signals.insert(0, name.to_owned());
    }

    /// What is run.
    pub(in crate::ssh) fn command(&self) -> &str {
        &self.command
    }

    /// Where it is.
    pub(in crate::ssh) fn stage(&self) -> Stage {
        self.stage
    }

    /// Puts bytes in line for its standard input.
    pub(in crate::ssh) fn type_in(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Says that no more input will come; in a terminal that is what ctrl-d types.
    pub(in crate::ssh) fn end_input(&mut self) {
        if self.pty.is_some() {
            self.input.push(4);
        } else if self.ending == InputEnd::Open {
            self.ending = InputEnd::Wanted;
        }
    }

    /// Changes the size of its terminal.
    pub(in crate::ssh) fn resize(&mut self, rows: u16, cols: u16) {
        if self.pty.is_some() {
            self.resize = Some((rows, cols));
        }
    }

    /// Ends it from our side.
    pub(in crate::ssh) fn close(&mut self) {
        self.stage = match self.stage {
            Stage::Closed => Stage::Closed,
            // The request to open it may be on its way, and its answer has to be waited for.
            Stage::Open if self.line.is_none() => Stage::Closed,
            _ => Stage::Close,
        };
    }

    /// Does what can be done without waiting, and says whether anything moved. `window` is how many bytes the host may send
    /// ahead if the channel is opened now; `sink` gets the bytes and may refuse them; if `reads` is false they are left with the host.
    ///
    /// # Errors
    /// The host refused the channel or the command, or `sink` failed.
    pub(in crate::ssh) fn step(
        &mut self,
        link: Link<'_>,
        window: u32,
        reads: bool,
        buffer: &mut [u8],
        sink: &mut dyn FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<bool> {
        let mut moved = false;
        loop {
            let before = self.stage;
            moved |= match self.stage {
                Stage::Open => self.open(link, window)?,
                Stage::Env => self.send_env()?,
                Stage::Agent => self.request_agent()?,
                Stage::Pty => self.request_pty()?,
                Stage::Exec => self.exec()?,
                Stage::Run if reads => self.run(buffer, sink)?,
                Stage::Run => self.write()?,
                Stage::Close => self.shut(),
                Stage::Closed => false,
            };
            if self.stage == before {
                return Ok(moved);
            }
        }
    }

    fn open(&mut self, link: Link<'_>, window: u32) -> io::Result<bool> {
        let Some(line) = Line::open(link, window, PACKET)? else {
            return Ok(false);
        };
        self.line = Some(line);
        self.stage = Stage::Env;
        Ok(true)
    }

    fn line(&mut self) -> io::Result<&mut Line> {
        self.line
            .as_mut()
            .ok_or_else(|| io::Error::other("the channel is not open"))
    }

    fn send_env(&mut self) -> io::Result<bool> {
        while let Some((name, value)) = self.env.last().cloned() {
            match self.line()?.set_variable(&name, &value) {
                Ok(None) => return Ok(false),
                // A server takes only the names that its config allows, and ssh does not report that either.
                Err(error) if is_denied(&error) => tracing::debug!(name, "variable not taken"),
                Err(error) => return Err(error),
                Ok(Some(())) => {}
            }
            self.env.pop();
        }
        self.stage = Stage::Agent;
        Ok(true)
    }

    fn request_agent(&mut self) -> io::Result<bool> {
        if self.forwards_agent {
            match self.line()?.request_agent() {
                Ok(None) => return Ok(false),
                // The command runs without it, as with ssh.
                Err(error) if is_denied(&error) => tracing::debug!("the host takes no agent"),
                Err(error) => return Err(error),
                Ok(Some(())) => {}
            }
        }
        self.stage = Stage::Pty;
        Ok(true)
    }

    fn request_pty(&mut self) -> io::Result<bool> {
        if let Some((rows, cols)) = self.pty
            && self.line()?.request_terminal(rows, cols)?.is_none()
        {
            return Ok(false);
        }
        self.stage = Stage::Exec;
        Ok(true)
    }

    fn exec(&mut self) -> io::Result<bool> {
        let command = std::mem::take(&mut self.command);
        let sent = self.line()?.exec(&command);
        self.command = command;
        if sent?.is_none() {
            return Ok(false);
        }
        self.stage = Stage::Run;
        Ok(true)
    }

    fn run(
        &mut self,
        buffer: &mut [u8],
        sink: &mut dyn FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<bool> {
        let mut moved = self.write()?;
        for stream in [Stream::Stdout, Stream::Stderr] {
            moved |= self.read(stream, buffer, sink)?;
        }
        if self.line()?.eof() {
            self.stage = Stage::Close;
            moved = true;
        }
        Ok(moved)
    }

    fn read(
        &mut self,
        stream: Stream,
        buffer: &mut [u8],
        sink: &mut dyn FnMut(Stream, &[u8]) -> io::Result<()>,
    ) -> io::Result<bool> {
        let line = self.line()?;
        for turn in 0..TURN {
            match line.read(stream, buffer) {
                Ok(0) => return Ok(turn > 0),
                Ok(length) => sink(stream, &buffer[..length])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(turn > 0),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn write(&mut self) -> io::Result<bool> {
        let mut moved = false;
        if let Some((rows, cols)) = self.resize {
            if self.line()?.resize(rows, cols)?.is_none() {
                return Ok(false);
            }
            self.resize = None;
            moved = true;
        }
        while let Some(name) = self.signals.last().cloned() {
            if self.line()?.signal(&name)?.is_none() {
                return Ok(moved);
            }
            self.signals.pop();
            moved = true;
        }
        while !self.input.is_empty() {
            let input = std::mem::take(&mut self.input);
            let wrote = self.line()?.write(&input);
            self.input = input;
            match wrote {
                Ok(0) => return Ok(moved),
                Ok(length) => {
                    self.input.drain(..length);
                    self.count_written(length);
                    moved = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(moved),
                // The command has ended its input; what it does not want is not its failure.
                Err(error) => {
                    tracing::debug!(%error, "input not taken");
                    self.count_written(self.input.len());
                    self.input.clear();
                }
            }
        }
        if self.ending == InputEnd::Wanted {
            if self.line()?.send_eof()?.is_none() {
                return Ok(moved);
            }
            self.ending = InputEnd::Sent;
            moved = true;
        }
        Ok(moved)
    }

    fn count_written(&mut self, length: usize) {
        let own = self.own.min(length);
        self.own -= own;
        self.written += length - own;
    }

    /// Bytes of input that have gone since it was last asked.
    pub(in crate::ssh) fn take_written(&mut self) -> usize {
        std::mem::take(&mut self.written)
    }

    fn shut(&mut self) -> bool {
        if let Some(line) = &mut self.line {
            match line.close() {
                Ok(None) => return false,
                Err(error) => tracing::debug!(%error, "close"),
                Ok(Some(())) => {}
            }
            self.report = line.report();
            self.refusal = line.refusal();
        }
        self.line = None;
        self.stage = Stage::Closed;
        true
    }
}

/// Whether the host itself refused what was asked of it.
pub(in crate::ssh) fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}
