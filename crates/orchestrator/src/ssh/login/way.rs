//! What a session's bytes go over: a connection from here, a command's input and output, or a channel of a session with
//! another host.

use std::{
    io::{self, Read},
    net::TcpStream,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{ssh::config::command::shell, visible::visible};

/// As much of what a command writes to its standard error as is kept, in bytes: the last of it.
const WORDS: usize = 2048;
/// How long the end of what a command writes is awaited, once it is over: one that it left behind may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The way to a host, made. Dropped, it is closed, and its command ended.
#[derive(Debug)]
pub(super) enum Way {
    /// A connection from here.
    Direct(TcpStream),
    /// The input and output of a command.
    Command(UnixStream, Helper),
    /// A channel of a session with the last host on the way.
    Tunnel(UnixStream),
}

impl AsRawFd for Way {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Self::Direct(stream) => stream.as_raw_fd(),
            Self::Command(stream, _) | Self::Tunnel(stream) => stream.as_raw_fd(),
        }
    }
}

impl Way {
    /// Starts a command by the user's shell, as ssh does, in this folder if it is still there.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn by_command(line: &str, folder: Option<&Path>) -> io::Result<Self> {
        let (ours, its) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (input, output): (OwnedFd, OwnedFd) = (its.try_clone()?.into(), its.into());
        let mut command = Command::new(shell());
        if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
            command.current_dir(folder);
        }
        let mut child = command
            .args(["-c", &format!("exec {line}")])
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let words = Arc::new(Words::default());
        if let Some(errors) = child.stderr.take() {
            let words = Arc::clone(&words);
            thread::Builder::new()
                .name("proxy command".to_owned())
                .spawn(move || words.read(errors))?;
        }
        Ok(Self::Command(ours, Helper { child, words }))
    }

    /// What the command on the way wrote, for a person who has to find out why it failed.
    pub(super) fn words(&self) -> Option<Arc<Words>> {
        match self {
            Self::Command(_, helper) => Some(Arc::clone(&helper.words)),
            Self::Direct(_) | Self::Tunnel(_) => None,
        }
    }

    /// Whether a busy server may be at the other end that a second try would find less busy.
    pub(super) fn is_direct(&self) -> bool {
        matches!(self, Self::Direct(_))
    }
}

/// What a command on the way writes to its standard error.
#[derive(Debug, Default)]
pub(super) struct Words {
    written: Mutex<Written>,
    over: Condvar,
}

#[derive(Debug, Default)]
struct Written {
    last: Vec<u8>,
    is_over: bool,
}

impl Words {
    fn read(&self, mut errors: impl Read) {
        let mut buffer = [0; 512];
        while let Ok(count @ 1..) = errors.read(&mut buffer) {
            let last = &mut self.written.lock().last;
            last.extend(&buffer[..count]);
            let over = last.len().saturating_sub(WORDS);
            last.drain(..over);
        }
        self.written.lock().is_over = true;
        self.over.notify_all();
    }

    /// All of it, of a command that is over: its end may be known before its last words are. As the rest of a sentence;
    /// empty if it did not write.
    pub(super) fn at_the_end(&self) -> String {
        let mut written = self.written.lock();
        self.over
            .wait_while_for(&mut written, |written| !written.is_over, LAST_WORDS);
        let text = String::from_utf8_lossy(&written.last);
        match text.trim() {
            "" => String::new(),
            text => format!("; the ProxyCommand wrote: {}", visible(text)),
        }
    }
}

/// A command on the way, ended with its group when it is dropped.
#[derive(Debug)]
pub(super) struct Helper {
    child: Child,
    words: Arc<Words>,
}

impl Drop for Helper {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        // It may have ended by itself.
        kill_process_group(group, Signal::HUP).ok();
        if let Ok(None) = self.child.try_wait() {
            kill_process_group(group, Signal::TERM).ok();
        }
        reap(&mut self.child);
    }
}

/// Waits for a command that was sent a signal to end, for a bounded time.
pub(in crate::ssh) fn reap(child: &mut Child) {
    let group = Pid::from_child(child);
    for _ in 0..20 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    kill_process_group(group, Signal::KILL).ok();
    child.wait().ok();
}
