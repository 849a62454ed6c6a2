//! What the files and folders of a scan were like, to know whether another scan would find anything else.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A file that changed this shortly before the scan may change again without its times telling.
const RACY: Duration = Duration::from_millis(50);

/// What a scan looked at, and what each was like just before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

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
    pub(super) fn look_at(&mut self, path: &Path) {
        self.0.push((path.to_owned(), stamp(path)));
    }

    /// Whether all of it is as it was.
    #[must_use]
    pub fn hold(&self) -> bool {
        self.0
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
