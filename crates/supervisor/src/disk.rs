//! Whether there is room to write: a job must wait before the disk is full, for the database's sake and everybody's.
//! Who supervises a job asks before it reads more of the job's output.

use std::{
    env,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::io::Errno;

/// Looked at no more often than this while writing and waiting …
const EVERY: Duration = Duration::from_secs(1);
/// … or after this many bytes, which a fast child writes in less. All jobs look at the one disk, each for itself; between two
/// looks each of them may write so much. So it is a share of the room above the floor: a thousand jobs do not overrun it
/// before all of them have looked again, and near the floor each writes no more than one read brings.
const EVERY_BYTES: RangeInclusive<u64> = 256 * 1024..=4 * 1024 * 1024;
const SHARE: u64 = 1024;

/// Free bytes of the disk below which jobs wait, where nobody says otherwise: room for the database's own files, on a disk
/// of whatever size.
pub const FLOOR: u64 = 256 * 1024 * 1024;

/// The variable that says otherwise, in bytes.
pub const FLOOR_VARIABLE: &str = "VMO_DISK_FLOOR";

/// The disk a job's folder is on.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Free bytes below which nothing is written.
    floor: u64,
    next_look: Option<Instant>,
    /// The spool's offset at the last look.
    offset: u64,
    /// The next look is due after so many bytes.
    every: u64,
    /// Why nothing may be written now.
    why_not: Option<String>,
    /// The folder was not in its place at the last look.
    misses_folder: bool,
}

impl Disk {
    /// Of the job whose folder this is, with so many bytes to be kept free.
    #[must_use]
    pub fn of(folder: &Path, floor: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            floor,
            next_look: None,
            offset: 0,
            every: *EVERY_BYTES.start(),
            why_not: None,
            misses_folder: false,
        }
    }

    /// Why nothing may be written now, as a fragment for a person.
    #[must_use]
    pub fn why_not(&self) -> Option<&str> {
        self.why_not.as_deref()
    }

    /// Whether the job's folder was not in its place at the last look.
    #[must_use]
    pub fn misses_folder(&self) -> bool {
        self.misses_folder
    }

    /// Looks whether the folder is in its place.
    pub fn look_for_folder(&mut self) {
        self.misses_folder = !self.folder.exists();
    }

    /// When to look again, where that is not told by more to write.
    #[must_use]
    pub fn look_at(&self) -> Option<Instant> {
        self.next_look.filter(|_| self.why_not.is_some())
    }

    /// Looks, where it is time to, before more is written at `offset`. Whether there is room.
    pub fn has_room(&mut self, now: Instant, offset: u64) -> bool {
        let soon = self.next_look.is_some_and(|at| now < at);
        if !soon || offset - self.offset > self.every {
            self.next_look = Some(now + EVERY);
            self.offset = offset;
            self.why_not = self.look();
        }
        self.why_not.is_none()
    }

    /// The spool could not be written: nothing is until the next look.
    pub fn refused(&mut self, now: Instant, error: &std::io::Error) {
        self.next_look = Some(now + EVERY);
        self.misses_folder = !self.folder.exists();
        self.why_not = Some(match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                "disk full".to_owned()
            }
            _ => format!("the log cannot be written: {error}"),
        });
    }

    fn look(&mut self) -> Option<String> {
        let free = free(&self.folder);
        self.misses_folder = matches!(free, Err(Errno::NOENT));
        // Where a disk does not say, writing finds out.
        let free = free.ok()?;
        let (least, most) = (*EVERY_BYTES.start(), *EVERY_BYTES.end());
        self.every = (free.saturating_sub(self.floor) / SHARE).clamp(least, most);
        (free < self.floor).then(|| {
            let mib = 1024 * 1024;
            format!(
                "disk full: {} MiB free where {} is, {} MiB are kept free",
                free / mib,
                self.folder.parent().unwrap_or(&self.folder).display(),
                self.floor / mib
            )
        })
    }
}

/// Free bytes of the disk that a folder is on, for us.
///
/// # Errors
/// What the system says.
pub fn free(folder: &Path) -> Result<u64, Errno> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The floor that the environment sets; none where it sets none.
///
/// # Errors
/// What the variable holds, where that is no number of bytes.
pub fn floor_of_environment() -> Result<Option<u64>, String> {
    let Some(bytes) = env::var_os(FLOOR_VARIABLE) else {
        return Ok(None);
    };
    let bytes = bytes.to_string_lossy();
    bytes
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| bytes.into_owned())
}
