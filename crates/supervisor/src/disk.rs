//! Whether there is room to write: a job must wait before the disk is full, for the database's sake and everybody's.
//! Who supervises a job asks before it reads more of the job's output.

use std::{
    env,
    fs::File,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

/// Looked at no more often than this while writing and waiting …
const EVERY: Duration = Duration::from_secs(1);
/// … or after this many bytes, which a fast child writes in less. All jobs look at the one disk, each for itself; between two
/// looks each of them may write so much. So it is a share of the room above the floor: a thousand jobs do not overrun it
/// before all of them have looked again.
const EVERY_BYTES: RangeInclusive<u64> = 256 * 1024..=4 * 1024 * 1024;
const SHARE: u64 = 1024;

/// Bytes above the floor from which on jobs write one after the other, each after a look of its own: however many there are,
/// together they overrun the floor by what one of them reads at once.
const NEAR: u64 = 256 * 1024 * 1024;

/// How long a turn is waited for: many times what those of a thousand jobs take together.
const LONGEST_TURN: Duration = Duration::from_secs(2);
/// Between two tries to get it.
const TURN_AGAIN: Duration = Duration::from_millis(1);

/// Free bytes of the disk below which jobs wait, unless a setting says otherwise, on a disk of whatever size: the
/// reserve of our own Postgres, which needs room to empty the spools. Twelve floods were seen to hold with half of it
/// (tests, `floods`).
pub const FLOOR: u64 = 64 * 1024 * 1024;

/// Files that a disk must have room for before a job is started: its own, and those of Postgres meanwhile.
pub const FILES: u64 = 64;

/// The variable that says otherwise, in bytes.
pub const FLOOR_VARIABLE: &str = "VMO_DISK_FLOOR";

/// The disk a job's folder is on.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Free bytes below which no output is written.
    floor: u64,
    next_look: Option<Instant>,
    /// The spool's offset at the last look.
    offset: u64,
    /// The next look is due after so many bytes.
    every: u64,
    /// Whether the floor was near at the last look.
    is_near: bool,
    /// The folder of all jobs' folders, whose lock is the turn.
    gate: Option<Arc<File>>,
    /// Why no output may be written now.
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
            is_near: false,
            gate: None,
            why_not: None,
            misses_folder: false,
        }
    }

    /// Why no output may be written now, as a fragment for a person.
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

    /// When to look again while there is no room; none while there is, since then each write looks.
    #[must_use]
    pub fn look_at(&self) -> Option<Instant> {
        self.next_look.filter(|_| self.why_not.is_some())
    }

    /// Looks, if it is time to, before more is written at `offset`. Whether there is room.
    pub fn has_room(&mut self, now: Instant, offset: u64) -> bool {
        let soon = self.next_look.is_some_and(|at| now < at);
        if !soon || offset - self.offset > self.every {
            self.look_now(now, offset);
        }
        self.why_not.is_none()
    }

    /// As [`Self::has_room`], and if the floor is near, a turn to write: no other job has one until it is dropped.
    pub fn turn(&mut self, now: Instant, offset: u64) -> Option<Turn> {
        if !self.has_room(now, offset) {
            return None;
        }
        if !self.is_near {
            return Some(Turn(None));
        }
        let turn = self.wait_for_turn();
        // Others have written since.
        self.look_now(now, offset);
        self.why_not.is_none().then_some(turn)
    }

    /// Waits for the others, and not for ever: one of them may have been stopped in its turn. Without a turn, as if there is
    /// no lock to be had, a job looks as often and writes at once.
    fn wait_for_turn(&mut self) -> Turn {
        if self.gate.is_none() {
            let open = self.folder.parent().and_then(|all| File::open(all).ok());
            self.gate = open.map(Arc::new);
        }
        let until = Instant::now() + LONGEST_TURN;
        let gate = self.gate.clone().filter(|gate| {
            loop {
                match flock(gate, FlockOperation::NonBlockingLockExclusive) {
                    Ok(()) => return true,
                    Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < until => {
                        thread::sleep(TURN_AGAIN);
                    }
                    Err(_) => return false,
                }
            }
        });
        Turn(gate)
    }

    fn look_now(&mut self, now: Instant, offset: u64) {
        self.next_look = Some(now + EVERY);
        self.offset = offset;
        self.why_not = self.look();
    }

    /// The spool could not be written: it is not tried again until the next look.
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
        // If a disk does not say, writing finds out.
        let free = free.ok()?;
        let (least, most) = (*EVERY_BYTES.start(), *EVERY_BYTES.end());
        let above = free.saturating_sub(self.floor);
        self.every = (above / SHARE).clamp(least, most);
        self.is_near = above < NEAR;
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

/// A turn to write to a disk that is nearly full.
#[derive(Debug)]
pub struct Turn(Option<Arc<File>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(gate) = &self.0 {
            // It goes with the file at the latest.
            flock(gate, FlockOperation::Unlock).ok();
        }
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

/// How many more files can be made on the disk that a folder is on, by us; none if the disk has no limit of its own.
///
/// # Errors
/// What the system says.
pub fn free_files(folder: &Path) -> Result<Option<u64>, Errno> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok((disk.f_files > 0).then_some(disk.f_favail))
}

/// The floor that the environment sets; none if it sets none.
///
/// # Errors
/// What the variable holds, if that is no number of bytes.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A job's folder on a disk whose floor is 100 MiB below what is free, and the folder of all jobs.
    fn near_the_floor() -> (tempfile::TempDir, Disk) {
        let all = tempfile::tempdir().unwrap();
        let folder = all.path().join("job");
        std::fs::create_dir(&folder).unwrap();
        let floor = free(&folder).unwrap() - 100 * 1024 * 1024;
        (all, Disk::of(&folder, floor))
    }

    #[test]
    fn near_the_floor_one_job_writes_at_a_time() {
        let (all, mut disk) = near_the_floor();
        let others = File::open(all.path()).unwrap();
        let turn = disk.turn(Instant::now(), 0).unwrap();
        let outcome = flock(&others, FlockOperation::NonBlockingLockExclusive);
        assert_eq!(outcome, Err(Errno::WOULDBLOCK));
        drop(turn);
        flock(&others, FlockOperation::NonBlockingLockExclusive).unwrap();
    }

    #[test]
    fn a_job_that_is_stopped_in_its_turn_stops_no_other() {
        let (all, mut disk) = near_the_floor();
        let others = File::open(all.path()).unwrap();
        flock(&others, FlockOperation::LockExclusive).unwrap();
        let begun = Instant::now();
        assert!(disk.turn(begun, 0).is_some());
        assert!(begun.elapsed() >= LONGEST_TURN);
    }
}
