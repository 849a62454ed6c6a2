//! The spool: a job's log as it is written, in append-only segments under `<job folder>/spool/`.
//!
//! A segment is a file named by the offset at which it starts, in 20 digits. Offsets count the bytes of all segments,
//! headers included, from the job's first; a record never spans two segments. One process writes, any number read, and
//! they share only the files and the **committed** offset the writer reports: what lies before it is whole.
//!
//! A record is a header and its payload, little-endian:
//!
//! ```text
//!  0  len      u32   bytes of payload, 1 to MAX_RECORD
//!  4  crc      u32   CRC-32C over every other byte of the record
//!  8  seq      u64   0, 1, 2 … over the whole job
//! 16  wall_us  i64   when it was read: microseconds since 1970
//! 24  mono_us  u64   when it was read: microseconds of the boot clock
//! 32  stream   u8    0 stdout, 1 stderr
//! 33  zeros    7
//! 40  payload
//! ```
//!
//! A writer that dies in the middle of a record leaves a torn tail, and a power loss one that is blank; [`end`], [`Reader`]
//! and [`Writer::resume`] stop before it. Damage anywhere else is an error of kind `InvalidData` that names the offset, never
//! wrong bytes; a reader can [skip](Reader::skip) it, and says how much that was.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

mod gap;
mod reader;
mod record;
mod segment;
mod sync;
mod unspooled;
mod writer;

pub use gap::Gap;
pub use reader::{Block, Reader, Record};
pub use record::{HEADER, Stream};
pub use sync::{SYNC_EVERY, SyncHandle};
pub use unspooled::Unspooled;
pub use writer::Writer;

/// The most bytes of payload in one record.
pub const MAX_RECORD: usize = 256 * 1024;

/// A segment is not grown past this many bytes. What is archived goes segment by segment: if the disk is nearly full, no
/// job has more than one of them in both places.
pub const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// A place between two records: where the next one starts. The default is the start of the spool.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position {
    /// Bytes of all segments before it, headers included.
    pub offset: u64,
    /// The number of the record that starts here.
    pub seq: u64,
}

/// The position of the first record that is still there; None when the spool has no segment.
///
/// # Errors
/// `NotFound` when there is no spool; `InvalidData` when its first record is damaged and so its number is not known.
pub fn first(folder: &Path) -> io::Result<Option<Position>> {
    let spool = segment::dir(folder);
    let Some(&start) = segment::starts(&spool)?.first() else {
        return Ok(None);
    };
    match reader::first_of(&spool, start)? {
        Some(position) => Ok(Some(position)),
        None if start == 0 => Ok(Some(Position::default())),
        None => Err(segment::damaged(
            start,
            "no whole record here, so its number is lost",
        )),
    }
}

/// The position after the last whole record, found by reading the last segment. For a spool that is no longer written.
///
/// # Errors
/// `NotFound` when there is no spool; `InvalidData` when no whole record is left and so the next number is not known.
pub fn end(folder: &Path) -> io::Result<Position> {
    let spool = segment::dir(folder);
    let starts = segment::starts(&spool)?;
    for &start in starts.iter().rev() {
        if let Some(first) = reader::first_of(&spool, start)? {
            return reader::scan(folder, first);
        }
    }
    match starts.first() {
        None | Some(0) => Ok(Position::default()),
        Some(&start) => Err(segment::damaged(
            start,
            "no whole record here, so its number is lost",
        )),
    }
}

/// As [`end`], but after the last whole record there is, whatever before it cannot be read.
///
/// # Errors
/// As there.
pub fn last(folder: &Path) -> io::Result<Position> {
    let from = match end(folder) {
        // There may be whole records after the first of a segment.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Position::default(),
        end => end?,
    };
    gap::scan(folder, from)
}

/// Removes the segments that end at or before `offset`, oldest first, and says how many bytes that freed.
///
/// The last segment stays, and so does the one before it while the last holds no whole record: the number of the next
/// record would be lost with them.
///
/// # Errors
/// Those of the file system; what was removed until then stays removed.
pub fn drop_before(folder: &Path, offset: u64) -> io::Result<u64> {
    let spool = segment::dir(folder);
    let mut starts = segment::starts(&spool)?;
    if let Some(&last) = starts.last()
        && reader::first_of(&spool, last)?.is_none()
    {
        starts.pop();
    }
    let mut freed = 0;
    for pair in starts.windows(2) {
        if pair[1] > offset {
            break;
        }
        std::fs::remove_file(segment::path(&spool, pair[0]))?;
        freed += pair[1] - pair[0];
    }
    Ok(freed)
}
