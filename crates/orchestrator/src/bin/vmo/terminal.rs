//! The terminal we run in: raw while a job has a terminal of its own, unseen while a secret is typed, and as it was
//! again however we end.

use std::{
    fs::File,
    io::{BufRead, BufReader, IsTerminal, Read, Write},
    os::fd::AsFd,
};

use orchestrator::{engine::Engine, job::JobId, visible::visible_lines};
use parking_lot::Mutex;
use rustix::{
    process::{Pid, getpgrp},
    termios::{
        LocalModes, OptionalActions, Termios, Winsize, tcgetattr, tcgetpgrp, tcgetwinsize,
        tcsetattr,
    },
};
use tokio::signal::unix::{SignalKind, signal};

use super::out;

/// How the terminal was before we changed it.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Changes the terminal's modes, until [`restore`].
fn change(terminal: impl AsFd, change: impl FnOnce(&mut Termios)) -> rustix::io::Result<()> {
    let now = tcgetattr(&terminal)?;
    let mut changed = now.clone();
    change(&mut changed);
    BEFORE.lock().get_or_insert(now);
    tcsetattr(&terminal, OptionalActions::Drain, &changed)
}

/// Puts the terminal back as it was before we changed it, if we did.
pub(crate) fn restore() {
    let before = BEFORE.lock().take();
    if let Some(before) = before
        && let Ok(terminal) = open()
        && let Err(error) = tcsetattr(&terminal, OptionalActions::Drain, &before)
    {
        tracing::error!(%error, "the terminal's modes could not be restored; try: stty sane");
    }
}

fn open() -> std::io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// Whether a program in the background would be stopped for what we are about to do.
fn is_foreground(terminal: impl AsFd) -> bool {
    let ours: Pid = getpgrp();
    tcgetpgrp(terminal).is_ok_and(|group| group == ours)
}

/// Whether what a person types comes to our standard input.
pub(crate) fn has_typist() -> bool {
    let stdin = std::io::stdin();
    stdin.is_terminal() && is_foreground(stdin)
}

/// Whether our standard input comes from a file or a program.
pub(crate) fn is_piped_in() -> bool {
    !std::io::stdin().is_terminal()
}

/// The size of the terminal a person sees, as rows and columns.
pub(crate) fn size() -> Option<(u16, u16)> {
    let rows_and_columns = |size: Winsize| (size.ws_row > 0).then_some((size.ws_row, size.ws_col));
    let shown = tcgetwinsize(out::shown()).ok().and_then(rows_and_columns);
    shown.or_else(|| {
        tcgetwinsize(std::io::stdin())
            .ok()
            .and_then(rows_and_columns)
    })
}

/// A terminal whose every key goes to a job. As it was again when this is dropped.
pub(crate) struct Raw(tokio::task::JoinHandle<()>);

impl Raw {
    /// Hands the terminal over to a job, with its size from now on; none if no person types there.
    pub(crate) fn begin(engine: &Engine, job: JobId) -> Option<Self> {
        if !has_typist() {
            return None;
        }
        if let Err(error) = change(std::io::stdin(), Termios::make_raw) {
            tracing::warn!(%error, "the terminal cannot be made raw");
            return None;
        }
        Some(Self(tokio::spawn(keep_size(engine.clone(), job))))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.0.abort();
        restore();
    }
}

/// Sends a job each size the terminal gets, and leaves in order when we are ended.
async fn keep_size(engine: Engine, job: JobId) {
    let caught = |kind| signal(kind).ok();
    let (Some(mut window), Some(mut terminate), Some(mut hang_up)) = (
        caught(SignalKind::window_change()),
        caught(SignalKind::terminate()),
        caught(SignalKind::hangup()),
    ) else {
        return;
    };
    loop {
        if let Some((rows, cols)) = size()
            && engine.resize(job, rows, cols).await.is_err()
        {
            return;
        }
        let number = tokio::select! {
            _changed = window.recv() => continue,
            _told = terminate.recv() => libc::SIGTERM,
            _gone = hang_up.recv() => libc::SIGHUP,
        };
        restore();
        std::process::exit(128 + number);
    }
}

/// Asks for a line at the terminal, unseen if it is a secret; none if no person is there. The label may have several
/// lines, of which each says who asks.
pub(crate) fn ask(label: &str, echo: bool) -> Option<String> {
    let mut terminal = open().ok().filter(|terminal| is_foreground(terminal))?;
    // Before the question: who sees it may have typed the answer already.
    if !echo {
        change(&terminal, |modes| {
            modes.local_modes.remove(LocalModes::ECHO);
        })
        .ok()?;
    }
    let mut line = String::new();
    let asked = write!(terminal, "{} ", visible_lines(label));
    let read = asked.and_then(|()| BufReader::new(&terminal).read_line(&mut line));
    if !echo {
        restore();
        writeln!(terminal).ok()?;
    }
    read.ok().filter(|length| *length > 0)?;
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Sends what is typed or piped in to the job, on a thread of its own: reading a terminal cannot be called off.
pub(crate) fn forward_input(engine: Engine, job: JobId) {
    let stdin = std::io::stdin();
    if stdin.is_terminal() && !has_typist() {
        return;
    }
    copy_input(engine, vec![job], stdin);
}

/// Sends what is piped in to every one of several jobs. What a person types goes to none of them, so it ends at once:
/// a command that reads its input would otherwise wait for ever.
pub(crate) fn share_input(engine: Engine, jobs: Vec<JobId>) {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        copy_input(engine, jobs, std::io::empty());
    } else {
        copy_input(engine, jobs, stdin);
    }
}

/// Copies all of `from` to the jobs, and then its end. A job that is over leaves the others theirs; one that does not
/// read holds the copying up, as a full pipe does.
fn copy_input(engine: Engine, mut jobs: Vec<JobId>, mut from: impl Read + Send + 'static) {
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        while !jobs.is_empty() {
            let length = from.read(&mut buffer).unwrap_or(0);
            jobs.retain(|job| {
                let sent = engine.input_bytes(*job, buffer[..length].to_vec());
                runtime.block_on(sent).is_ok()
            });
            if length == 0 {
                return;
            }
        }
    });
}
