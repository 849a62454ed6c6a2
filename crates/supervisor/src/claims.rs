//! Claims on what only so many jobs may have at once: single bytes of one file, each locked by its holder.
//!
//! The lock belongs to the open file (`F_OFD_SETLK`, fcntl(2) "Open file description locks"), so it goes with it to
//! another process, and is given up when the last that holds it closes it or dies. An engine takes a job's claims and
//! hands them to the job's supervisor as its standard output: they last as long as the job, whatever becomes of the
//! engine. What a place in the file means is the engine's to say.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::OpenOptionsExt,
    },
    path::Path,
};

/// The claims of one job.
#[derive(Debug)]
pub struct Claims(File);

impl Claims {
    /// None yet, in a file that is made if it is not there; 0600.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn on(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.mode(0o600).open(path)?))
    }

    /// What our starter left on our standard output, if that is a file.
    ///
    /// # Errors
    /// If there is no descriptor left for it.
    pub fn handed() -> io::Result<Option<Self>> {
        let stdout = io::stdout();
        let kind = rustix::fs::fstat(&stdout)
            .map(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file());
        if !matches!(kind, Ok(true)) {
            return Ok(None);
        }
        Ok(Some(Self(stdout.as_fd().try_clone_to_owned()?.into())))
    }

    /// Takes a place, if it is free.
    ///
    /// # Errors
    /// `InvalidInput` if there can be no such place, and those of the file system.
    pub fn try_take(&self, place: u64) -> io::Result<bool> {
        match self.set(place, libc::F_WRLCK) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a place back.
    ///
    /// # Errors
    /// As [`Self::try_take`].
    pub fn give_back(&self, place: u64) -> io::Result<()> {
        self.set(place, libc::F_UNLCK)
    }

    /// The same claims once more: they last until both are dropped.
    ///
    /// # Errors
    /// If there is no descriptor left for it.
    pub fn share(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// The open file that holds them.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        self.0.into()
    }

    #[expect(
        unsafe_code,
        reason = "there is no safe call for locks that go with the open file"
    )]
    fn set(&self, place: u64, kind: impl TryInto<libc::c_short>) -> io::Result<()> {
        let invalid = || io::Error::from(io::ErrorKind::InvalidInput);
        let range = libc::flock {
            l_type: kind.try_into().map_err(|_| invalid())?,
            l_whence: 0,
            l_start: place.try_into().map_err(|_| invalid())?,
            l_len: 1,
            l_pid: 0,
        };
        // SAFETY: the descriptor is open and `range` outlives the call, which only reads it.
        let set = unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_OFD_SETLK, &raw const range) };
        if set < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_place_is_one_jobs_and_goes_with_its_process() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("claims");
        let (first, second) = (Claims::on(&path).unwrap(), Claims::on(&path).unwrap());
        let far = (1 << 62) - 1;
        assert!(first.try_take(3).unwrap() && first.try_take(far).unwrap());
        assert!(!second.try_take(3).unwrap() && !second.try_take(far).unwrap());
        assert!(second.try_take(4).unwrap());
        first.give_back(3).unwrap();
        assert!(second.try_take(3).unwrap());

        let mut holder = Command::new("sleep")
            .arg("1000")
            .stdout(Stdio::from(first.into_fd()))
            .spawn()
            .unwrap();
        assert!(!second.try_take(far).unwrap(), "the child has it");
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(second.try_take(far).unwrap());
        assert_eq!(
            second.try_take(u64::MAX).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }
}
