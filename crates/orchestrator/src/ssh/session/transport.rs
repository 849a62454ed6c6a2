//! The bytes under a session: what libssh2 reads and sends goes through here, so that we know when the host was last
//! heard of and so that a broken connection does not cost what had arrived before it broke.
//!
//! libssh2 reads all it can get before it hands anything out, and gives up at once when that ends in a broken
//! connection: what it has just read would be lost. So a broken connection looks like a silent one to it, and the
//! session's thread, which polls anyway, asks [`broken`]. Last heard of is also what `TCP_INFO` calls
//! `tcpi_last_data_recv`, told without a call for it and on every system; keepalives alone are answered by no error
//! while a host is frozen.
//!
//! A session lives on one thread, so what is known of its link is that thread's own.

use std::{
    cell::{Cell, RefCell},
    ffi::{c_char, c_int, c_void},
    io, slice,
    time::Instant,
};

thread_local! {
    static BROKEN: RefCell<Option<String>> = const { RefCell::new(None) };
    static LAST_RECEIVED: Cell<Option<Instant>> = const { Cell::new(None) };
    static CLOSED: Cell<bool> = const { Cell::new(false) };
    static RECEIVED: Cell<u64> = const { Cell::new(0) };
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<bool> = const { Cell::new(false) };
    /// The first bytes of the session that is being made, before anything is encrypted.
    static GREETING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// How much has come before the session's banner.
    static BEFORE: Cell<Preface> = const { Cell::new(Preface::OVER) };
    /// Why the host says that it hangs up.
    static FAREWELL: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Bytes of a host's first ones that are kept: its lines, and what it offers for the key exchange.
const GREETING_KEPT: usize = 16 << 10;
/// Bytes that a host may send before its banner.
pub(in crate::ssh) const PREFACE: usize = 64 << 10;
/// Bytes of its last words that are kept.
const FAREWELL_KEPT: usize = 300;

/// What comes before the line that begins with `SSH-`.
#[derive(Clone, Copy)]
struct Preface {
    bytes: usize,
    /// How much of that beginning this line has, if it has nothing else.
    begun: Option<usize>,
    is_over: bool,
}

impl Preface {
    const NONE: Self = Self {
        bytes: 0,
        begun: Some(0),
        is_over: false,
    };
    /// Of a session that was made on another thread.
    const OVER: Self = Self {
        is_over: true,
        ..Self::NONE
    };

    fn take(&mut self, bytes: &[u8]) {
        const BANNER: &[u8] = b"SSH-";
        for byte in bytes {
            if self.is_over {
                return;
            }
            self.bytes += 1;
            self.begun = match self.begun {
                _ if *byte == b'\n' => Some(0),
                Some(at) if BANNER[at] == *byte => Some(at + 1),
                _ => None,
            };
            if self.begun == Some(BANNER.len()) {
                (self.is_over, self.bytes) = (true, 0);
            }
        }
    }
}

/// Bytes that libssh2 may read until it is let read more. It reads all that is there before it gives any of it out, and makes
/// room at the host only then: a fast host would have it read for a tenth of a second, and then wait for a round trip.
const STEP: usize = 256 << 10;

/// `LIBSSH2_CALLBACK_DISCONNECT`, `LIBSSH2_CALLBACK_SEND` and `LIBSSH2_CALLBACK_RECV` of libssh2.h.
const DISCONNECT: c_int = 2;
const SEND: c_int = 5;
const RECV: c_int = 6;

type Raw = libssh2_sys::LIBSSH2_SESSION;

#[expect(
    unsafe_code,
    reason = "libssh2-sys binds no way to set these callbacks; the version is pinned and checked at start"
)]
unsafe extern "C" {
    fn libssh2_session_callback_set2(
        session: *mut Raw,
        kind: c_int,
        callback: *mut c_void,
    ) -> *mut c_void;
}

/// Sets one of libssh2's callbacks; `callback` is a function with the signature that libssh2.h gives for `kind`.
#[expect(
    unsafe_code,
    reason = "the session is locked while it is changed; the callers name functions of the right signature"
)]
pub(super) fn set_callback(session: &ssh2::Session, kind: c_int, callback: *mut c_void) {
    let mut raw = session.raw();
    unsafe {
        libssh2_session_callback_set2(&raw mut *raw, kind, callback);
    }
}

/// Bounds what a call of libssh2 reads until the session is made. Some of its calls end only when the server pauses: one
/// that sends lines before its banner without a pause would be read for ever, past every limit and every cancel.
#[expect(
    unsafe_code,
    reason = "the session is locked while it is changed, and the callback has the signature of LIBSSH2_RECV_FUNC"
)]
pub(in crate::ssh) fn bound(session: &ssh2::Session) {
    GREETING.with_borrow_mut(Vec::clear);
    BEFORE.set(Preface::NONE);
    FAREWELL.set(None);
    let mut raw = session.raw();
    unsafe {
        libssh2_session_callback_set2(&raw mut *raw, DISCONNECT, farewell as *mut c_void);
        libssh2_session_callback_set2(&raw mut *raw, RECV, receive_some as *mut c_void);
    }
}

/// The first bytes of the session that is being made on this thread.
pub(in crate::ssh) fn greeting() -> Vec<u8> {
    GREETING.with_borrow(Clone::clone)
}

/// Whether more came before the banner than any server sends.
pub(in crate::ssh) fn is_endless() -> bool {
    BEFORE.get().bytes > PREFACE
}

/// Why the host says that it hangs up, if it has; raw, as it came.
pub(in crate::ssh) fn last_words() -> Option<String> {
    FAREWELL.with_borrow(Clone::clone)
}

/// Lets the next call of libssh2 read; one that has read [`STEP`] bytes gets `EAGAIN` until then.
pub(in crate::ssh) fn refill() {
    LEFT.set(STEP);
}

/// Does this without any byte of the host's read from the socket meanwhile.
pub(in crate::ssh) fn held<T>(call: impl FnOnce() -> T) -> T {
    HELD.set(true);
    let done = call();
    HELD.set(false);
    done
}

/// Lets the next call of libssh2 send, and read nothing.
pub(in crate::ssh) fn hold() {
    LEFT.set(0);
}

/// Puts this module under a session, for as long as it lives on this thread.
#[expect(
    unsafe_code,
    reason = "the session is locked while it is changed, and the callbacks have the signatures of LIBSSH2_RECV_FUNC and LIBSSH2_SEND_FUNC"
)]
pub(in crate::ssh) fn install(session: &ssh2::Session) {
    BROKEN.set(None);
    LAST_RECEIVED.set(Some(Instant::now()));
    RECEIVED.set(0);
    let mut raw = session.raw();
    unsafe {
        libssh2_session_callback_set2(&raw mut *raw, RECV, receive as *mut c_void);
        libssh2_session_callback_set2(&raw mut *raw, SEND, send as *mut c_void);
    }
}

/// Why the connection is at its end, once everything that came was read.
pub(in crate::ssh) fn broken() -> Option<String> {
    BROKEN.with_borrow(Clone::clone)
}

/// Says that the link is given up.
pub(in crate::ssh) fn give_up(why: &str) {
    BROKEN.with_borrow_mut(|broken| {
        broken.get_or_insert_with(|| why.to_owned());
    });
}

/// Bytes that have come from the host since the session was made.
pub(in crate::ssh) fn received() -> u64 {
    RECEIVED.get()
}

/// When the host was last heard of.
pub(in crate::ssh) fn last_received() -> Instant {
    LAST_RECEIVED.get().unwrap_or_else(Instant::now)
}

/// Lets libssh2 see the end, so that it frees what it holds instead of waiting for answers.
pub(in crate::ssh) fn mark_closed() {
    give_up("it is over");
    CLOSED.set(true);
}

#[expect(
    unsafe_code,
    reason = "libssh2 gives a buffer of the length it says, and the socket is its own"
)]
extern "C" fn receive_some(
    socket: c_int,
    buffer: *mut c_void,
    length: usize,
    flags: c_int,
    _abstract: *mut *mut c_void,
) -> isize {
    let budget = LEFT.get();
    if budget == 0 {
        return -again();
    }
    let mut before = BEFORE.get();
    if before.bytes > PREFACE {
        return -isize::try_from(libc::ECONNABORTED).unwrap_or(1);
    }
    let got = unsafe { libc::recv(socket, buffer, length.min(budget), flags) };
    match usize::try_from(got) {
        Ok(length) => {
            LEFT.set(budget - length);
            before.take(unsafe { slice::from_raw_parts(buffer.cast(), length) });
            BEFORE.set(before);
            GREETING.with_borrow_mut(|greeting| {
                let kept = length.min(GREETING_KEPT.saturating_sub(greeting.len()));
                greeting.extend_from_slice(unsafe { slice::from_raw_parts(buffer.cast(), kept) });
            });
            got
        }
        Err(_) => {
            let error = io::Error::last_os_error().raw_os_error();
            -error.map_or_else(again, |error| isize::try_from(error).unwrap_or(1))
        }
    }
}

#[expect(
    unsafe_code,
    reason = "libssh2 gives a text of the length it says, with the signature of LIBSSH2_DISCONNECT_FUNC"
)]
extern "C" fn farewell(
    _: *mut Raw,
    _reason: c_int,
    text: *const c_char,
    length: c_int,
    _language: *const c_char,
    _language_length: c_int,
    _abstract: *mut *mut c_void,
) {
    let length = usize::try_from(length)
        .unwrap_or_default()
        .min(FAREWELL_KEPT);
    if text.is_null() || length == 0 {
        return;
    }
    let bytes = unsafe { slice::from_raw_parts(text.cast::<u8>(), length) };
    FAREWELL.set(Some(String::from_utf8_lossy(bytes).into_owned()));
}

#[expect(
    unsafe_code,
    reason = "libssh2 gives a buffer of the length it says, and the socket is its own"
)]
extern "C" fn receive(
    socket: c_int,
    buffer: *mut c_void,
    length: usize,
    flags: c_int,
    _abstract: *mut *mut c_void,
) -> isize {
    if CLOSED.get() {
        return 0;
    }
    if is_broken() {
        return -again();
    }
    let budget = LEFT.get();
    if budget == 0 || HELD.get() {
        return -again();
    }
    let got = unsafe { libc::recv(socket, buffer, length.min(budget), flags) };
    if let Ok(count @ 1..) = usize::try_from(got) {
        LEFT.set(budget - count);
        LAST_RECEIVED.set(Some(Instant::now()));
        RECEIVED.set(RECEIVED.get() + count as u64);
        return got;
    }
    if got == 0 {
        give_up("the host closed the connection");
    } else {
        blame(&io::Error::last_os_error());
    }
    -again()
}

#[expect(
    unsafe_code,
    reason = "libssh2 gives a buffer of the length it says, and the socket is its own"
)]
extern "C" fn send(
    socket: c_int,
    buffer: *const c_void,
    length: usize,
    flags: c_int,
    _abstract: *mut *mut c_void,
) -> isize {
    if !is_broken() {
        let sent = unsafe { libc::send(socket, buffer, length, flags | libc::MSG_NOSIGNAL) };
        if sent >= 0 {
            return sent;
        }
        let error = io::Error::last_os_error();
        if matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
        ) {
            return -again();
        }
        // Reading goes on: what the host sent before it went is still there.
        tracing::debug!(%error, "sending to the host failed");
    }
    // To a link that is gone, everything is sent: a window that cannot be enlarged must not stop the reading.
    isize::try_from(length).unwrap_or(isize::MAX)
}

fn is_broken() -> bool {
    BROKEN.with_borrow(Option::is_some)
}

fn blame(error: &io::Error) {
    if !matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    ) {
        give_up(&format!("the connection broke: {error}"));
    }
}

/// What libssh2 takes for "try again".
fn again() -> isize {
    isize::try_from(libc::EAGAIN).unwrap_or(11)
}
