//! A disk in a file whose power can be cut.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use rustix::process::Pid;

/// An ext4 on a loop device, mounted for as long as this lives.
pub(crate) struct LoopDisk {
    folder: PathBuf,
    image: PathBuf,
}

impl LoopDisk {
    /// None, reported on the standard error, if this user may not mount one.
    pub(crate) fn mount(mebibytes: u64) -> Option<Self> {
        let place = tempfile::Builder::new()
            .prefix("vmo-loop-")
            .tempdir()
            .unwrap();
        let disk = Self {
            folder: place.path().join("disk"),
            image: place.path().join("image"),
        };
        fs::create_dir(&disk.folder).unwrap();
        let image = File::create(&disk.image).unwrap();
        image.set_len(mebibytes << 20).unwrap();
        let status = Command::new("mkfs.ext4")
            .arg("-q")
            .arg(&disk.image)
            .output();
        let mounted = status.and_then(|status| {
            if status.status.success() {
                disk.up()
            } else {
                Ok(status)
            }
        });
        match mounted {
            Ok(output) if output.status.success() => {
                // From here on it is this disk that removes it.
                drop(place.keep());
                Some(disk)
            }
            other => {
                eprintln!("SKIPPED: no disk in a file may be mounted here: {other:?}");
                std::mem::forget(disk);
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// Cuts the power: what has not come onto the disk by now never does, not even the journal's last words
    /// (`FS_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`).
    pub(crate) fn cut(&self) {
        let cut = "open(my $disk, '<', $ARGV[0]) or die; my $flags = pack('L', 2); \
                   ioctl($disk, 0x8004587d, $flags) or die \"$!\"";
        let cut = Command::new("perl")
            .args(["-e", cut])
            .arg(&self.folder)
            .status();
        assert!(cut.unwrap().success());
    }

    /// Who was started with a place on it.
    pub(crate) fn users(&self) -> Vec<Pid> {
        let place = self.folder.as_os_str().as_encoded_bytes();
        let is_here = |line: &[u8]| line.windows(place.len()).any(|part| part == place);
        let pids = fs::read_dir("/proc").unwrap().flatten();
        pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| is_here(&fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()))
            .filter_map(Pid::from_raw)
            .collect()
    }

    /// Brings it back, as after a restart. Nobody may have anything open on it.
    pub(crate) fn again(&self) {
        crate::home::eventually("nobody has anything open there", || self.down());
        // Who had it in a mount namespace of its own may have gone in this moment, and the disk as it was goes with it: the
        // same device would be mounted again, without power.
        crate::home::eventually("its device is let go", || {
            let devices = Command::new("losetup").arg("-j").arg(&self.image).output();
            devices.is_ok_and(|devices| devices.stdout.is_empty())
        });
        let up = self.up().unwrap();
        assert!(up.status.success(), "{up:?}");
    }

    fn up(&self) -> std::io::Result<Output> {
        let mut mount = Command::new("mount");
        mount.args(["-o", "loop"]).args([&self.image, &self.folder]);
        mount.output()
    }

    fn down(&self) -> bool {
        let down = Command::new("umount").arg(&self.folder).output();
        down.is_ok_and(|output| output.status.success())
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // Lazily: a server may be on its way out.
        let down = Command::new("umount").arg("-l").arg(&self.folder).status();
        if down.is_ok_and(|status| status.success())
            && let Some(place) = self.image.parent()
        {
            fs::remove_dir_all(place).ok();
        }
    }
}
