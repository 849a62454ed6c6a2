//! The two clocks: the wall's, which people read and which may jump, and the boot's, which does not.

use std::time::SystemTime;

/// Microseconds since 1970; negative before.
#[must_use]
pub fn wall_us() -> i64 {
    let micros =
        |duration: std::time::Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(before) => -micros(before.duration()),
    }
}

/// Microseconds since the machine was started, sleep included if the system counts it.
#[must_use]
#[expect(unsafe_code, reason = "clock_gettime fills a struct of ours")]
pub fn boot_us() -> u64 {
    #[cfg(target_os = "linux")]
    const CLOCK: libc::clockid_t = libc::CLOCK_BOOTTIME;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec for the length of the call, and both clocks exist.
    unsafe { libc::clock_gettime(CLOCK, &raw mut now) };
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}
