//! Who a process is: a process id alone may be another's tomorrow, so it goes with its start and the boot it started in.

use serde::{Deserialize, Serialize};

/// A process, told apart from any later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: i32,
    /// When it started, in clock ticks since boot (`/proc/PID/stat`, field 22).
    pub start: u64,
    /// The boot it started in (`/proc/sys/kernel/random/boot_id`).
    pub boot: String,
}
