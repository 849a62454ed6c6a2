//! A job's folder: its files by name, and the lock that says who archives it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::identity::Identity;

/// What the engine knows of the job, and what to run: an [`crate::exec::Exec`] named `exec`, all the supervisor reads of
/// it. It is never written again, since its lock is the claim on the folder.
pub const JOB: &str = "job.json";
/// The same as [`JOB`], for the day when that cannot be read.
pub const JOB_COPY: &str = "job.copy.json";
/// What to run, if the folder was made by a version that had it apart.
pub const EXEC: &str = "exec.json";
/// The lock of folders made by versions that had it apart.
const LOCK: &str = "lock";
/// Who supervises: a [`Supervisor`].
pub const SUPERVISOR: &str = "supervisor.json";
/// Who of the job's processes has become its supervisor's own child, since its parent ended: [`Identity`]s.
pub const ORPHANS: &str = "orphans.json";
/// How it ended: an [`crate::exit::ExitRecord`].
pub const EXIT: &str = "exit.json";
/// The supervisor's own complaints, for a person.
pub const COMPLAINTS: &str = "supervisor.log";

/// The folder of one job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Folder(PathBuf);

/// Who supervises a job and who its child is: `supervisor.json`, written as soon as the child is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervisor {
    /// [`crate::exec::FORMAT`] of the writer.
    pub format: u32,
    /// The supervisor.
    pub supervisor: Identity,
    /// The job's child.
    pub child: Identity,
    /// The process group the child was given, which is its own.
    pub pgid: i32,
    /// The child's standard streams if they are pipes, as `/proc/PID/fd` shows them: whoever holds one open is of the
    /// job.
    #[serde(default)]
    pub pipes: Vec<String>,
}

/// The claim on a job's folder; dropping it, or dying, gives it up.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock, which closing it gives up")] File);

/// What the name of a folder ends in while it is dropped.
pub const GONE: &str = "gone";

/// What the name of a folder ends in that is kept because its spool is damaged.
pub const DAMAGED: &str = "damaged";

impl Folder {
    /// Makes the folder, 0700, in a folder that is there.
    ///
    /// # Errors
    /// `AlreadyExists` when it is there, and those of the file system.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// A folder that is there.
    ///
    /// # Errors
    /// `NotFound`, or `NotADirectory`.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        if fs::metadata(&path)?.is_dir() {
            Ok(Self(path))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where its spool is.
    #[must_use]
    pub fn spool_dir(&self) -> PathBuf {
        self.0.join("spool")
    }

    /// Where its control socket is. The path may be too long to bind or connect to: [`crate::control`] can.
    #[must_use]
    pub fn socket_path(&self) -> PathBuf {
        self.0.join(crate::control::SOCKET)
    }

    /// The contents of a file of this name; None when there is none.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_file(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a file of this name there in one step, so that a reader sees the old one or the new; 0600. A power loss
    /// may take it back.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.put(name, bytes, false)
    }

    /// As [`Self::write_file`], and no power loss takes it back.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_file_durably(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.put(name, bytes, true)
    }

    /// Writes a file that is not there, 0600, in a folder that no other process can find yet: for anybody else it would
    /// not be there in one step.
    ///
    /// # Errors
    /// `AlreadyExists`, and those of the file system.
    pub fn write_first(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new();
        let file = file.write(true).create_new(true).mode(0o600);
        file.open(self.0.join(name))?.write_all(bytes)
    }

    /// The value in a JSON file; None when there is no such file.
    ///
    /// # Errors
    /// `InvalidData` when it holds something else, and those of the file system.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        let Some(bytes) = self.read_file(name)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {error}")))
    }

    /// Writes a value as [`Self::write_file`] does.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        self.put(name, &serde_json::to_vec(value)?, false)
    }

    /// Writes a value as [`Self::write_file_durably`] does.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_json_durably<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        self.put(name, &serde_json::to_vec(value)?, true)
    }

    /// Claims the folder; None when another process has it. A supervisor without listeners has it for an instant at the
    /// job's end, to see whether an engine does: who must know waits by [`Self::lock_blocking`].
    ///
    /// # Errors
    /// Those of the file system.
    pub fn try_lock(&self) -> io::Result<Option<Lock>> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Claims the folder, waiting until it is free.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn lock_blocking(&self) -> io::Result<Lock> {
        let file = self.lock_file()?;
        file.lock()?;
        Ok(Lock(file))
    }

    /// Whether somebody has the claim. A folder without what is locked is being dropped by whoever had it; nothing is made
    /// in it, so that it can be.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn is_claimed(&self) -> io::Result<bool> {
        let Some(file) = self.open_locked(OpenOptions::new().read(true))? else {
            return Ok(true);
        };
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Brings a file of this name that is there onto the disk, with its name. False if there is none.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep(&self, name: &str) -> io::Result<bool> {
        match File::open(self.0.join(name)) {
            Ok(file) => file.sync_all()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
        File::open(&self.0)?.sync_all()?;
        Ok(true)
    }

    /// As [`Self::keep`], with the folder's own name in the one it is in. What is not there any more is no error: somebody
    /// is done with it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep_made(&self, name: &str) -> io::Result<()> {
        if self.keep(name)?
            && let Some(jobs) = self.0.parent()
        {
            File::open(jobs)?.sync_all()?;
        }
        Ok(())
    }

    /// Drops the folder with all in it. It is away in one step for all who go by its path, so that nobody claims what is
    /// half gone or puts a file in its way. A kill in the middle, or a file that cannot be removed now, leaves a folder of that
    /// name with `.gone` after it, for the next start to remove.
    ///
    /// # Errors
    /// Those of the file system, as long as it is there.
    pub fn remove(&self) -> io::Result<()> {
        let gone = self.0.with_added_extension(GONE);
        fs::rename(&self.0, &gone)?;
        // Who tried it again would look for a folder that is not there.
        drop(fs::remove_dir_all(gone));
        Ok(())
    }

    /// Keeps the folder as it is under another name, with `.damaged` after it, where no engine takes it for a job's.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn set_aside(&self) -> io::Result<()> {
        fs::rename(&self.0, self.0.with_added_extension(DAMAGED))
    }

    fn lock_file(&self) -> io::Result<File> {
        if let Some(file) = self.open_locked(OpenOptions::new().write(true))? {
            return Ok(file);
        }
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.0.join(LOCK))
    }

    /// The file whose lock is the claim: one of its own, if an earlier version made it, else the job's, or its copy if
    /// that one is gone.
    fn open_locked(&self, options: &OpenOptions) -> io::Result<Option<File>> {
        for name in [LOCK, JOB, JOB_COPY] {
            match options.open(self.0.join(name)) {
                // Or somebody has put a folder in its place.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory
                    ) => {}
                opened => return opened.map(Some),
            }
        }
        Ok(None)
    }

    fn put(&self, name: &str, bytes: &[u8], durably: bool) -> io::Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = self
            .0
            .join(format!(".{name}.{}.{number}", std::process::id()));
        let done = self.put_by(&new, name, bytes, durably);
        if done.is_err() {
            // The error is already being reported; a left-over is no harm.
            fs::remove_file(&new).ok();
        }
        done
    }

    fn put_by(&self, new: &Path, name: &str, bytes: &[u8], durably: bool) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(new)?;
        file.write_all(bytes)?;
        if durably {
            file.sync_all()?;
        }
        fs::rename(new, self.0.join(name))?;
        if durably {
            File::open(&self.0)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_are_for_their_owner_alone_and_appear_whole() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::create(scratch.path().join("job")).unwrap();
        assert_eq!(folder.read_file(JOB).unwrap(), None);
        folder.write_file(JOB, b"{}").unwrap();
        folder.write_json_durably(JOB, &[1, 2]).unwrap();
        assert_eq!(folder.read_json::<Vec<u8>>(JOB).unwrap().unwrap(), [1, 2]);
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().to_owned()), 0o700);
        assert_eq!(mode(folder.path().join(JOB)), 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        folder.write_file(JOB, b"[1,").unwrap();
        let error = folder.read_json::<Vec<u8>>(JOB).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().starts_with("job.json: "), "{error}");
    }

    #[test]
    fn one_claim_at_a_time() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::create(scratch.path().join("job")).unwrap();
        let claim = folder.try_lock().unwrap().unwrap();
        assert!(folder.try_lock().unwrap().is_none());
        drop(claim);
        assert!(folder.try_lock().unwrap().is_some());
        drop(folder.lock_blocking().unwrap());
    }

    #[test]
    fn the_claim_is_on_the_job_unless_an_earlier_version_made_a_lock() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::create(scratch.path().join("job")).unwrap();
        folder.write_first(JOB, b"{}").unwrap();
        let again = folder.write_first(JOB, b"{}").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert!(!folder.is_claimed().unwrap());
        let claim = folder.try_lock().unwrap().unwrap();
        assert!(folder.is_claimed().unwrap() && folder.try_lock().unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(claim);
        let old = File::create(folder.path().join(LOCK)).unwrap();
        old.try_lock().unwrap();
        assert!(folder.is_claimed().unwrap() && folder.try_lock().unwrap().is_none());
    }

    #[test]
    fn a_look_at_the_claim_leaves_nothing_and_a_dropped_folder_counts_as_claimed() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::create(scratch.path().join("job")).unwrap();
        assert!(folder.is_claimed().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let claim = folder.try_lock().unwrap();
        assert!(folder.is_claimed().unwrap());
        drop(claim);
        assert!(!folder.is_claimed().unwrap());
        folder.remove().unwrap();
        assert!(folder.is_claimed().unwrap());
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}
