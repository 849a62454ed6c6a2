//! Whether the disk has room for a job's spool and for the server that empties it.

use supervisor::{disk, folder::Folder};

/// So little above what is kept free, and whatever can be dropped is: all that is in both places takes room.
const TIGHT: u64 = 1024 * 1024 * 1024;

/// How much room there is for a job's spool and the server that empties it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskRoom {
    Enough,
    Tight,
    /// Jobs wait.
    None,
}

impl DiskRoom {
    /// The disk is scarce below this many free bytes.
    pub(super) fn of(folder: &Folder, floor: u64) -> Self {
        match disk::free(folder.path()) {
            Ok(free) if free < floor => Self::None,
            Ok(free) if free < floor.saturating_add(TIGHT) => Self::Tight,
            Ok(_) | Err(_) => Self::Enough,
        }
    }
}
