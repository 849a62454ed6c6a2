//! What a process that outlives its starter must not keep of it: open files, pipes somebody waits at the other end of, its
//! session. Nor may anybody look into it.
#![expect(
    unsafe_code,
    reason = "descriptors are handled here by their bare numbers"
)]

use std::{
    fs::File,
    io,
    ops::Range,
    os::fd::{AsFd, AsRawFd, OwnedFd},
};

use rustix::{io::Errno, process};

/// Leaves the session of the process that started us.
///
/// # Errors
/// Those of the system.
pub fn leave_session() -> io::Result<()> {
    match process::setsid() {
        // The process that started us made us a leader already.
        Ok(_) | Err(Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What the process that started us left on our standard input and output, which still lead there.
///
/// # Errors
/// If no descriptors are left for it.
pub fn handed() -> io::Result<(OwnedFd, OwnedFd)> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    Ok((input, io::stdout().as_fd().try_clone_to_owned()?))
}

/// Points these standard streams at `/dev/null` from now on.
///
/// # Errors
/// Those of the system.
pub fn leave_streams(standard: Range<i32>) -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for standard in standard {
        // SAFETY: dup2 takes any two numbers; 0, 1 and 2 belong to the standard streams, which stay open so.
        if unsafe { libc::dup2(null.as_raw_fd(), standard) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Has the system write no core dump of us, and let only the administrator read our memory, which may hold
/// secrets. What we start has its own, as ever.
///
/// # Errors
/// Those of the system.
pub fn leave_no_core() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    process::set_dumpable_behavior(process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Closes every descriptor above the three standard ones. To be called before
/// any other is opened: it would be closed under its owner.
pub fn close() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: no part of this process owns a descriptor above 2 yet.
        let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
        if closed == 0 {
            return;
        }
    }
    let listed = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let open: Vec<i32> = std::fs::read_dir(listed)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // SAFETY: as above; the one that listed them is closed already, and closing it again is an error we ignore.
        unsafe { libc::close(fd) };
    }
}
