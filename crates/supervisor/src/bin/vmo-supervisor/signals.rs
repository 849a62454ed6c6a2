//! Signals to the supervisor, as bytes in a pipe that can be polled with everything else.
#![expect(unsafe_code, reason = "a signal handler is installed by sigaction")]

use std::{
    io::{self, PipeReader, Read},
    mem,
    os::fd::{AsFd, BorrowedFd, IntoRawFd},
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

/// Where the handler writes; open as long as the process.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// The last signal there is (signal(7)).
const LAST: i32 = if cfg!(target_os = "linux") { 64 } else { 31 };

/// Caught signals, as they come in.
#[derive(Debug)]
pub(crate) struct Signals(PipeReader);

/// What came in since the last look.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Caught {
    /// A child has ended.
    pub(crate) child: bool,
    /// Somebody wants us to end, so the job is to be canceled.
    pub(crate) end: bool,
}

impl Signals {
    /// Catches SIGCHLD, SIGTERM and SIGINT, outlives SIGHUP and SIGXFSZ (writing says so too), and takes every other
    /// signal back to its default: what was ignored or blocked where we were started must not reach the child so.
    pub(crate) fn catch() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&reader, true)?;
        rustix::io::ioctl_fionbio(&writer, true)?;
        PIPE.store(writer.into_raw_fd(), Ordering::Relaxed);
        for signal in 1..=LAST {
            let action = match signal {
                libc::SIGCHLD | libc::SIGTERM | libc::SIGINT | libc::SIGHUP | libc::SIGXFSZ => {
                    note as *const () as usize
                }
                // A peer that is gone is an error of write; the standard library gives the child the default.
                libc::SIGPIPE => libc::SIG_IGN,
                _ => libc::SIG_DFL,
            };
            set(signal, action);
        }
        // SAFETY: an empty set is made and then read; no old set is asked for.
        unsafe {
            let mut none = mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        }
        Ok(Self(reader))
    }

    /// Loses what comes in until they are caught again, since the pipe is closed with all that was inherited.
    pub(crate) fn forget(self) {
        PIPE.store(-1, Ordering::Relaxed);
    }

    /// What came in.
    pub(crate) fn take(&mut self) -> Caught {
        let mut caught = Caught::default();
        let mut bytes = [0; 64];
        while let Ok(n @ 1..) = self.0.read(&mut bytes) {
            for byte in &bytes[..n] {
                match i32::from(*byte) {
                    libc::SIGCHLD => caught.child = true,
                    libc::SIGTERM | libc::SIGINT => caught.end = true,
                    _ => {}
                }
            }
        }
        caught
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn set(signal: i32, action: usize) {
    // SAFETY: the struct is filled before it is read. KILL, STOP and the two the C library keeps
    // to itself are refused, which is the same.
    unsafe {
        let mut new: libc::sigaction = mem::zeroed();
        new.sa_sigaction = action;
        new.sa_flags = libc::SA_RESTART | libc::SA_NOCLDSTOP;
        libc::sigemptyset(&raw mut new.sa_mask);
        libc::sigaction(signal, &raw const new, ptr::null_mut());
    }
}

/// The handler: one byte into the pipe. A full pipe already wakes its reader, who then looks at everything.
extern "C" fn note(signal: libc::c_int) {
    let byte = signal.to_le_bytes()[0];
    // SAFETY: write may be called in a handler, the byte outlives the call, and errno is put back.
    unsafe {
        let errno = errno_place();
        let kept = *errno;
        libc::write(PIPE.load(Ordering::Relaxed), (&raw const byte).cast(), 1);
        *errno = kept;
    }
}

fn errno_place() -> *mut libc::c_int {
    // SAFETY: each returns the calling thread's own place, valid as long as the thread.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::__errno_location()
    }
    #[cfg(not(target_os = "linux"))]
    unsafe {
        libc::__error()
    }
}
