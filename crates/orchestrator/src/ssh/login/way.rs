//! What a session's bytes go over: a connection from here, a command's input and output, or a channel of a session with
//! another host.

use std::{
    io::{self, Read},
    net::TcpStream,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{ssh::config::command::shell, visible::visible};

/// As much of what a command writes to its standard error as is kept, in bytes: the last of it.
const WORDS: usize = 2048;

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
    /// Starts a command by the user's shell, as ssh does.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn by_command(line: &str) -> io::Result<Self> {
        let (ours, its) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (input, output): (OwnedFd, OwnedFd) = (its.try_clone()?.into(), its.into());
        let mut child = Command::new(shell())
            .args(["-c", &format!("exec {line}")])
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let words = Arc::new(Mutex::new(Vec::new()));
        if let Some(mut errors) = child.stderr.take() {
            let words = Arc::clone(&words);
            thread::Builder::new()
                .name("proxy command".to_owned())
                .spawn(move || {
                    let mut buffer = [0; 512];
                    while let Ok(count @ 1..) = errors.read(&mut buffer) {
                        let mut words = words.lock();
                        words.extend(&buffer[..count]);
                        let over = words.len().saturating_sub(WORDS);
                        words.drain(..over);
                    }
                })?;
        }
        Ok(Self::Command(ours, Helper { child, words }))
    }

    /// What the command on the way wrote, for a person who has to find out why nothing came of it.
    pub(super) fn words(&self) -> Option<Words> {
        match self {
            Self::Command(_, helper) => Some(Words(Arc::clone(&helper.words))),
            Self::Direct(_) | Self::Tunnel(_) => None,
        }
    }

    /// Whether a busy server may be at the other end that a second try would find less busy.
    pub(super) fn is_direct(&self) -> bool {
        matches!(self, Self::Direct(_))
    }
}

/// What a command on the way has written to its standard error so far.
#[derive(Debug)]
pub(super) struct Words(Arc<Mutex<Vec<u8>>>);

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.0.lock();
        let text = String::from_utf8_lossy(&words);
        match text.trim() {
            "" => Ok(()),
            text => write!(f, "; the ProxyCommand wrote: {}", visible(text)),
        }
    }
}

/// A command on the way, ended with its group when nobody needs it any more.
#[derive(Debug)]
pub(super) struct Helper {
    child: Child,
    words: Arc<Mutex<Vec<u8>>>,
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

/// Waits for a command that was told to end, and not for ever.
fn reap(child: &mut Child) {
    let group = Pid::from_child(child);
    for _ in 0..20 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(10));
    }
    kill_process_group(group, Signal::KILL).ok();
    child.wait().ok();
}
