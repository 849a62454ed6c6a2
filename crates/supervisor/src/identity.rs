//! Who a process is: a process id alone may be another's tomorrow, so it goes with its start and the boot it started in.

use std::io;

use serde::{Deserialize, Serialize};

/// A process, distinct from any later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: i32,
    /// When it started, in clock ticks since boot (`/proc/PID/stat`, field 22).
    pub start: u64,
    /// The boot it started in (`/proc/sys/kernel/random/boot_id`).
    pub boot: String,
}

impl Identity {
    /// Who has the id `pid` now.
    ///
    /// # Errors
    /// `NotFound` when no process has it; `Unsupported` on a system this is not written for yet.
    pub fn of(pid: i32) -> io::Result<Self> {
        Ok(Self {
            pid,
            start: system::start(pid)?.0,
            boot: system::boot()?,
        })
    }

    /// Whether this very process is still there and has not ended: one that waits to be reaped is not alive.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        system::boot().is_ok_and(|boot| boot == self.boot)
            && system::start(self.pid).is_ok_and(|(start, ended)| start == self.start && !ended)
    }
}

/// Which boot of the machine this is: another one after each loss of power.
///
/// # Errors
/// `Unsupported` on a system this is not written for yet.
pub fn this_boot() -> io::Result<String> {
    system::boot()
}

#[cfg(target_os = "linux")]
mod system {
    use std::{fs, io};

    pub(super) fn boot() -> io::Result<String> {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        Ok(id.trim_end().to_owned())
    }

    /// When a process started, and whether it has ended and waits to be reaped.
    pub(super) fn start(pid: i32) -> io::Result<(u64, bool)> {
        let stat = fs::read(format!("/proc/{pid}/stat"))?;
        let stat = crate::stat::Stat::parse(&stat).ok_or(io::ErrorKind::InvalidData)?;
        Ok((stat.start, stat.has_ended()))
    }
}

// Not yet: on macOS the start comes from `proc_pidinfo(PROC_PIDTBSDINFO)` and the boot from `kern.bootsessionuuid`.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    pub(super) fn boot() -> io::Result<String> {
        Err(not_yet())
    }

    pub(super) fn start(_pid: i32) -> io::Result<(u64, bool)> {
        Err(not_yet())
    }

    fn not_yet() -> io::Error {
        io::Error::new(
            io::ErrorKind::Unsupported,
            "telling processes apart is written for Linux only so far",
        )
    }
}
