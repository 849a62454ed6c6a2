//! The agent here for jobs on a host, if the host's config asks for that (`ForwardAgent`): the host opens a channel for
//! each of its requests, whose bytes go to the agent's socket and back.

use std::{
    cell::RefCell,
    ffi::{c_int, c_void},
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    path::Path,
    ptr::NonNull,
};

use ssh2::Session;

use super::transport::set_callback;
use crate::{
    confined,
    ssh::{channel::Channel, login::tunnel::Backlog},
};

/// `LIBSSH2_CALLBACK_AUTHAGENT` of libssh2.h.
const AUTH_AGENT: c_int = 7;
/// Channels that may wait to be taken; more are closed at once.
const MOST: usize = 16;

type RawChannel = libssh2_sys::LIBSSH2_CHANNEL;

thread_local! {
    static OPENED: RefCell<Vec<NonNull<RawChannel>>> = const { RefCell::new(Vec::new()) };
}

/// Lets the host of a session open such channels.
pub(super) fn allow(session: &Session) {
    set_callback(session, AUTH_AGENT, opened as *mut c_void);
}

/// Called by libssh2 in the middle of a read, so the channel cannot be used yet.
extern "C" fn opened(
    _: *mut libssh2_sys::LIBSSH2_SESSION,
    channel: *mut RawChannel,
    _abstract: *mut *mut c_void,
) {
    OPENED.with_borrow_mut(|opened| opened.extend(NonNull::new(channel)));
}

/// The channels that were opened since it was last asked, each joined to the agent.
pub(super) fn accept(session: &Session, agent: &Path) -> Vec<Forwarded> {
    let opened = OPENED.take();
    let channels = opened.into_iter().map(|raw| Channel::adopt(raw, session));
    channels
        .take(MOST)
        .filter_map(|channel| {
            let joined = confined::connect(agent).and_then(|socket| {
                socket.set_nonblocking(true)?;
                Ok(socket)
            });
            match joined {
                Ok(socket) => Some(Forwarded {
                    channel,
                    socket,
                    inbound: Backlog::new(),
                    outbound: Backlog::new(),
                    is_over: false,
                }),
                Err(error) => {
                    tracing::warn!(%error, "the agent that a host asks for cannot be reached");
                    None
                }
            }
        })
        .collect()
}

/// One request of a host's to the agent here.
pub(super) struct Forwarded {
    channel: Channel,
    socket: UnixStream,
    /// From the host to the agent.
    inbound: Backlog,
    /// From the agent to the host.
    outbound: Backlog,
    is_over: bool,
}

impl Forwarded {
    /// Moves what can be moved without waiting; true if that was anything.
    pub(super) fn step(&mut self) -> bool {
        if self.is_over {
            return false;
        }
        self.carry().unwrap_or_else(|error| {
            tracing::debug!(%error, "a request to the agent ended");
            self.is_over = true;
            true
        })
    }

    fn carry(&mut self) -> io::Result<bool> {
        let there = self.inbound.fill(&mut self.channel)?;
        let ended = !there && self.channel.eof();
        let mut moved = self.inbound.drain(&mut self.socket)?;
        if self.outbound.fill(&mut self.socket)? {
            moved |= self.outbound.drain(&mut self.channel)?;
        } else {
            self.is_over = true;
        }
        self.is_over |= ended && self.inbound.is_empty();
        if self.is_over {
            self.channel
                .close()
                .map_err(|error| io::Error::other(error.message().to_owned()))?;
        }
        Ok(moved || self.is_over)
    }

    /// Whether it is over.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What to poll for the agent's answer.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
