//! A disk of a few megabytes, to be filled up.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// The beginning of the names of folders that disks are mounted on; the test's process id comes next.
const NAME: &str = "vmo-disk-";

/// A file system in memory, mounted on a folder of its own for as long as this lives.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None, reported on the standard error, if this user may not mount one.
    pub(crate) fn mount(mebibytes: u64) -> Option<Self> {
        sweep();
        let prefix = format!("{NAME}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap();
        let size = format!("size={mebibytes}m,mode=755");
        let args = ["-t", "tmpfs", "-o", &size, "none"];
        let disk = Self::mounted(Command::new("mount").args(args), folder.path())?;
        let _stays = folder.keep();
        Some(disk)
    }

    /// The same, on a folder that is there, and that only its owner may enter.
    pub(crate) fn mount_on(folder: &Path, mebibytes: u64) -> Option<Self> {
        let size = format!("size={mebibytes}m,mode=700");
        let args = ["-t", "tmpfs", "-o", &size, "none"];
        Self::mounted(Command::new("mount").args(args), folder)
    }

    /// The same, with room for so many files.
    pub(crate) fn mount_on_for(folder: &Path, files: u64) -> Option<Self> {
        let size = format!("size=100m,mode=700,nr_inodes={files}");
        let args = ["-t", "tmpfs", "-o", &size, "none"];
        Self::mounted(Command::new("mount").args(args), folder)
    }

    /// A folder of a disk, at another place, too.
    pub(crate) fn bind(folder: &Path, place: &Path) -> Option<Self> {
        Self::mounted(Command::new("mount").arg("--bind").arg(folder), place)
    }

    fn mounted(mount: &mut Command, folder: &Path) -> Option<Self> {
        match mount.arg(folder).output() {
            Ok(output) if output.status.success() => Some(Self(folder.to_owned())),
            other => {
                eprintln!("SKIPPED: no small disk may be mounted here: {other:?}");
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Fills it up to the last byte, and says how to make room again.
    pub(crate) fn fill(&self) -> Ballast {
        let path = self.0.join("ballast");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 20, 4096] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
        Ballast(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.0);
    }
}

/// What keeps a disk full, until this is dropped.
pub(crate) struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

fn unmount(folder: &Path) {
    // Lazily: a server may be on its way out.
    let unmounted = Command::new("umount").arg("-l").arg(folder).status();
    if unmounted.is_ok_and(|status| status.success()) {
        fs::remove_dir(folder).ok();
    }
}

/// Unmounts what tests left that were killed.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name
            .strip_prefix(NAME)
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            unmount(&entry.path());
        }
    }
}
