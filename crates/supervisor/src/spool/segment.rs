//! The files a spool is made of: their names and their order.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where a job folder keeps its spool.
pub(super) fn dir(folder: &Path) -> PathBuf {
    folder.join("spool")
}

/// The file of the segment that starts at `start`.
pub(super) fn path(spool: &Path, start: u64) -> PathBuf {
    spool.join(format!("{start:020}"))
}

/// Where each segment starts, in order. Files with other names are not ours and are left out.
pub(super) fn starts(spool: &Path) -> io::Result<Vec<u64>> {
    let mut starts = Vec::new();
    for entry in fs::read_dir(spool)? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str()
            && name.len() == 20
            && let Ok(start) = name.parse()
        {
            starts.push(start);
        }
    }
    starts.sort_unstable();
    Ok(starts)
}

/// The error for bytes at `offset` that no writer of ours left there.
pub(super) fn damaged(offset: u64, why: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the spool is damaged at byte {offset}: {why}"),
    )
}
