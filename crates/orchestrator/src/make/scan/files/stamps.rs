//! What the files and folders of a scan were like, to know whether another scan would find anything else.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sha2::{Digest, Sha256};

/// A file that changed this shortly before the scan may change again without its times telling.
const RACY: Duration = Duration::from_millis(50);

/// What a scan looked at, and what each was like just before.
#[derive(Debug, Clone, Default)]
pub struct Stamps {
    looked_at: Vec<(PathBuf, Option<Stamp>)>,
    read: Sha256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    file: u64,
    size: u64,
    /// When it was last changed in any way, in nanoseconds since 1970.
    changed: i128,
    racy: bool,
}

impl Stamps {
    pub(in crate::make::scan) fn look_at(&mut self, path: &Path) {
        self.looked_at.push((path.to_owned(), stamp(path)));
    }

    /// Takes in what was read of a file.
    pub(in crate::make::scan) fn read(&mut self, name: &str, bytes: &[u8]) {
        // Where a name ends and where its text does is part of what is read.
        for part in [name.as_bytes(), bytes] {
            self.read.update((part.len() as u64).to_le_bytes());
            self.read.update(part);
        }
    }

    /// The digest of all the files that were read, with their names: another one means that something in them is other.
    /// SHA-256 in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        let digest = self.read.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether all of it is as it was.
    #[must_use]
    pub fn hold(&self) -> bool {
        self.looked_at
            .iter()
            .all(|(path, then)| !then.is_some_and(|then| then.racy) && stamp(path) == *then)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    let changed = i128::from(found.ctime()) * 1_000_000_000 + i128::from(found.ctime_nsec());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_nanos();
    let age = i128::try_from(now).ok()? - changed;
    Some(Stamp {
        device: found.dev(),
        file: found.ino(),
        size: found.size(),
        changed,
        racy: age < i128::try_from(RACY.as_nanos()).ok()?,
    })
}
