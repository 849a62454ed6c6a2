//! What a process that outlives its starter must not keep of it: open files, pipes somebody waits at the other end of.
#![expect(
    unsafe_code,
    reason = "descriptors are handled here by their bare numbers"
)]

/// Closes every descriptor above the three standard ones. To be called before
/// any other is opened: it would be closed under its owner.
pub fn close() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: nothing in this process owns a descriptor above 2 yet.
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
