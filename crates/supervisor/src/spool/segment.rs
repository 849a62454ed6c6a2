//! The files a spool is made of: their names and their order.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// Where a job folder keeps its spool.
pub(super) fn dir(folder: &Path) -> PathBuf {
    folder.join("spool")
}

/// The file of the segment that starts at `start`.
pub(super) fn path(spool: &Path, start: u64) -> PathBuf {
    spool.join(format!("{start:020}"))
}

/// Opens a segment to be read. What is there and is no file, as a folder or a pipe that nobody writes to, is none: the
/// segment is gone.
pub(super) fn open(spool: &Path, start: u64) -> io::Result<File> {
    let mut open = OpenOptions::new();
    open.read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = open.open(path(spool, start))?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Where each segment starts, in order. Files with other names are not ours and are left out, and so is what is no file.
pub(super) fn starts(spool: &Path) -> io::Result<Vec<u64>> {
    let mut starts = Vec::new();
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(name) = name.to_str()
            && name.len() == 20
            && entry.file_type()?.is_file()
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
