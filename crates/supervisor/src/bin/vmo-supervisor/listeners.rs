//! Who listens on the control socket: each is sent the latest state whenever it can take it, and heard.

use std::{
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::{UnixListener, UnixStream},
    },
    time::{Duration, Instant},
};

use rustix::event::PollFlags;
use supervisor::control::{Decoder, News, ToSupervisor};

use crate::own_log::complain;

/// More are turned away.
const MOST: usize = 64;

/// No connection is accepted for this long after one could not be, as when the system is out of descriptors.
const DEAF: Duration = Duration::from_secs(1);

/// The socket and who is connected to it.
#[derive(Debug)]
pub(crate) struct Listeners {
    socket: UnixListener,
    deaf_until: Option<Instant>,
    all: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    stream: UnixStream,
    known: News,
    /// Frames that say `known`, as far as the socket has not taken them. At most one of each kind.
    unsent: Vec<u8>,
    orders: Decoder<ToSupervisor>,
    /// Input there is no room for. This listener is not read until there is.
    held: Option<Vec<u8>>,
    /// It takes no more messages; what it sent before is still heard to its end.
    mute: bool,
    /// It sent its last.
    gone: bool,
}

impl Listeners {
    pub(crate) fn on(socket: UnixListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            deaf_until: None,
            all: Vec::new(),
        })
    }

    /// Whether anybody is connected.
    pub(crate) fn any(&self) -> bool {
        self.all.iter().any(|listener| !listener.mute)
    }

    /// Whether everybody has been sent everything.
    pub(crate) fn know(&self, news: &News) -> bool {
        let knows = |listener: &Listener| {
            listener.mute || (listener.unsent.is_empty() && listener.known == *news)
        };
        self.all.iter().all(knows)
    }

    /// The socket to poll for new listeners.
    pub(crate) fn to_poll(&self) -> Option<BorrowedFd<'_>> {
        let deaf = self.deaf_until.is_some();
        Some(self.socket.as_fd()).filter(|_| !deaf)
    }

    /// When to call [`Self::tick`].
    pub(crate) fn tick_at(&self) -> Option<Instant> {
        self.deaf_until
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.deaf_until = self.deaf_until.filter(|until| now < *until);
    }

    /// What to poll of each listener, by the number [`Self::hear`] takes.
    pub(crate) fn each_to_poll(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>, PollFlags)> {
        self.all
            .iter()
            .enumerate()
            .filter_map(|(number, listener)| {
                let mut flags = PollFlags::empty();
                flags.set(PollFlags::IN, listener.held.is_none());
                flags.set(PollFlags::OUT, !listener.unsent.is_empty());
                // A socket polled for no event would still wake us when it hangs up, again and again.
                (!flags.is_empty()).then(|| (number, listener.stream.as_fd(), flags))
            })
    }

    /// Lets new listeners in.
    pub(crate) fn accept(&mut self) {
        loop {
            match self.socket.accept() {
                // Too many: dropped, which it sees as an end.
                Ok(_) if self.all.len() >= MOST => {}
                Ok((stream, _)) => match stream.set_nonblocking(true) {
                    Ok(()) => self.all.push(Listener::new(stream)),
                    Err(error) => complain(format_args!("a listener: {error}")),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    complain(format_args!("letting a listener in: {error}"));
                    self.deaf_until = Some(Instant::now() + DEAF);
                    return;
                }
            }
        }
    }

    /// Reads what a listener has sent.
    pub(crate) fn hear(&mut self, number: usize) {
        if let Some(listener) = self.all.get_mut(number) {
            listener.hear();
        }
    }

    /// The next order of anybody. Input is left where it is while there is no room for it.
    pub(crate) fn next_order(&mut self, input_full: bool) -> Option<ToSupervisor> {
        self.all
            .iter_mut()
            .find_map(|listener| listener.next_order(input_full))
    }

    /// Sends each listener what it does not know yet, and lets go of those who are gone.
    pub(crate) fn report(&mut self, news: &News) {
        for listener in &mut self.all {
            listener.report(news);
        }
        self.all.retain(|listener| !listener.gone);
    }
}

impl Listener {
    fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            known: News::default(),
            unsent: Vec::new(),
            orders: Decoder::new(),
            held: None,
            mute: false,
            gone: false,
        }
    }

    fn hear(&mut self) {
        let mut bytes = [0; 64 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.gone = true,
            Ok(n) => self.orders.push(&bytes[..n]),
            Err(error) if is_for_now(&error) => {}
            Err(_) => self.gone = true,
        }
    }

    fn next_order(&mut self, input_full: bool) -> Option<ToSupervisor> {
        if self.held.is_some() {
            return self.held.take_if(|_| !input_full).map(ToSupervisor::Input);
        }
        match self.orders.next() {
            Ok(Some(ToSupervisor::Input(bytes))) if input_full => {
                self.held = Some(bytes);
                None
            }
            Ok(order) => order,
            Err(error) => {
                complain(format_args!(
                    "a listener sent something that is not an order: {error}"
                ));
                self.orders = Decoder::new();
                self.gone = true;
                None
            }
        }
    }

    fn report(&mut self, news: &News) {
        self.send();
        if self.unsent.is_empty() && !self.mute && self.known != *news {
            self.unsent = news.changes_since(&self.known);
            self.known.clone_from(news);
            self.send();
        }
    }

    fn send(&mut self) {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(n) => drop(self.unsent.drain(..n)),
                Err(error) if is_for_now(&error) => return,
                Err(_) => {
                    self.mute = true;
                    self.unsent.clear();
                }
            }
        }
    }
}

fn is_for_now(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
