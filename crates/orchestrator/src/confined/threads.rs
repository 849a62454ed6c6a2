//! Landlock's rules for every thread of this process. The system call restricts the thread that makes it; that all threads are
//! restricted at once came with Linux 7.0. So each thread is sent a signal, whose handler makes the call.
#![expect(
    unsafe_code,
    reason = "signals to threads and Landlock's own call have no safe ones; what runs in the handler are system calls alone"
)]

use std::{
    collections::HashSet,
    fs, io, mem,
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
    ptr,
    sync::atomic::{AtomicI32, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long a thread may take to be restricted.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at whether it is.
const AGAIN: Duration = Duration::from_micros(50);

/// The rules, for the handler; how many threads have them, and the number of an error, if one could not.
static RULES: AtomicI32 = AtomicI32::new(-1);
static RESTRICTED: AtomicUsize = AtomicUsize::new(0);
static FAILED: AtomicI32 = AtomicI32::new(0);

/// Restricts all threads by these rules; those that come later inherit that.
///
/// # Errors
/// If a thread could not be.
pub(super) fn restrict(ruleset: &OwnedFd) -> io::Result<()> {
    RULES.store(ruleset.as_raw_fd(), Ordering::SeqCst);
    // Below it are the C library's own.
    let signal = libc::SIGRTMIN() + 7;
    handle(signal, restrict_this as extern "C" fn(libc::c_int) as usize)?;
    let own = rustix::thread::gettid().as_raw_nonzero().get();
    let mut done = HashSet::from([own]);
    let outcome = loop {
        let new: Vec<i32> = threads()?
            .into_iter()
            .filter(|thread| done.insert(*thread))
            .collect();
        // A thread that was started by one without the rules is seen the next time.
        if new.is_empty() {
            break Ok(());
        }
        if let Err(error) = new.into_iter().try_for_each(|thread| send(thread, signal)) {
            break Err(error);
        }
    };
    // Last of all, since a restricted thread cannot list the others.
    restrict_this(signal);
    handle(signal, libc::SIG_IGN)?;
    RULES.store(-1, Ordering::SeqCst);
    match FAILED.load(Ordering::SeqCst) {
        0 => outcome,
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

fn threads() -> io::Result<Vec<i32>> {
    let entries = fs::read_dir("/proc/self/task")?;
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect())
}

/// Has one thread restrict itself, and waits until it has.
fn send(thread: i32, signal: libc::c_int) -> io::Result<()> {
    let before = RESTRICTED.load(Ordering::SeqCst);
    // SAFETY: it takes numbers alone.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal) };
    if sent != 0 {
        let error = io::Error::last_os_error();
        // It has ended since it was listed.
        return if error.raw_os_error() == Some(libc::ESRCH) {
            Ok(())
        } else {
            Err(error)
        };
    }
    let begun = Instant::now();
    while RESTRICTED.load(Ordering::SeqCst) == before {
        if !Path::new(&format!("/proc/self/task/{thread}")).exists() {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(AGAIN);
    }
    Ok(())
}

fn handle(signal: libc::c_int, handler: usize) -> io::Result<()> {
    // SAFETY: a zeroed action is a valid one, and the handler has the signature for these flags.
    let set = unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(signal, &raw const action, ptr::null_mut())
    };
    if set == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Restricts the thread that it runs on.
extern "C" fn restrict_this(_: libc::c_int) {
    let rules = RULES.load(Ordering::SeqCst);
    // SAFETY: system calls that take numbers alone; what was interrupted finds its own errno.
    unsafe {
        let errno = libc::__errno_location();
        let kept = *errno;
        let is_restricted = libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::syscall(libc::SYS_landlock_restrict_self, rules, 0) == 0;
        if !is_restricted {
            FAILED.store(*errno, Ordering::SeqCst);
        }
        *errno = kept;
    }
    RESTRICTED.fetch_add(1, Ordering::SeqCst);
}
