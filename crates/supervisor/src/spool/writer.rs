//! Writing a spool: each read of the child's output becomes a record at once.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, IoSlice, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::process::{Resource, getrlimit};

use super::{
    HEADER, MAX_RECORD, Position, SEGMENT_BYTES, Stream,
    record::Header,
    segment,
    sync::{SyncHandle, Unsynced},
};
use crate::clock;

/// No more segments wait to be synced, each of them open.
const MOST_UNSYNCED: usize = 128;

/// The one writer of a spool.
#[derive(Debug)]
pub struct Writer {
    spool: PathBuf,
    file: Arc<File>,
    /// Where the open segment starts.
    start: u64,
    at: Position,
    /// No segment is grown past this many bytes.
    largest: u64,
    /// A write failed half-way and what it left could not be cut off yet.
    torn: bool,
    unsynced: Arc<Unsynced>,
}

impl Writer {
    /// Makes an empty spool in a job folder.
    ///
    /// # Errors
    /// `AlreadyExists` when the folder has a spool: somebody else writes it, or did.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let spool = segment::dir(folder);
        DirBuilder::new().mode(0o700).create(&spool)?;
        let file = new_segment(&spool, 0)?;
        Ok(Self::at(spool, file, 0, Position::default()))
    }

    /// Goes on with a spool whose writer has died: cuts a torn tail off at the last good record and appends there.
    ///
    /// # Errors
    /// As [`super::end`].
    pub fn resume(folder: &Path) -> io::Result<Self> {
        let spool = segment::dir(folder);
        let end = super::end(folder)?;
        let mut start = None;
        for segment_start in segment::starts(&spool)? {
            if segment_start <= end.offset {
                start = Some(segment_start);
            } else {
                fs::remove_file(segment::path(&spool, segment_start))?;
            }
        }
        let Some(start) = start else {
            let file = new_segment(&spool, 0)?;
            return Ok(Self::at(spool, file, 0, end));
        };
        let file = OpenOptions::new()
            .write(true)
            .open(segment::path(&spool, start))?;
        cut(&file, end.offset - start)?;
        Ok(Self::at(spool, file, start, end))
    }

    fn at(spool: PathBuf, file: File, start: u64, at: Position) -> Self {
        let unsynced = Arc::new(Unsynced::new(&spool));
        Self {
            spool,
            file: Arc::new(file),
            start,
            at,
            largest: largest_segment(),
            torn: false,
            unsynced,
        }
    }

    /// Where the next record goes: the committed offset, and the number of records so far.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// The most bytes of payload in one record here: [`MAX_RECORD`], or less if no file may grow as large.
    #[must_use]
    pub fn most(&self) -> usize {
        let room = usize::try_from(self.largest).unwrap_or(usize::MAX);
        room.saturating_sub(HEADER).clamp(1, MAX_RECORD)
    }

    /// Whether what is written goes nowhere any more: somebody deleted the segment that is written.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn is_deleted(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() == 0)
    }

    /// What brings the spool onto the disk; see there.
    #[must_use]
    pub fn sync_handle(&self) -> SyncHandle {
        SyncHandle::new(Arc::clone(&self.unsynced))
    }

    /// Appends what was read of one stream just now, as one record for each [`Self::most`] bytes, and says the offset
    /// after it. Both clocks are read here. An empty payload is not appended.
    ///
    /// # Errors
    /// Those of the file system, as a full disk. A record is there whole or not at all, so a payload of up to
    /// [`Self::most`] bytes can be given again later.
    pub fn append(&mut self, stream: Stream, payload: &[u8]) -> io::Result<u64> {
        for part in payload.chunks(self.most()) {
            self.append_record(stream, part)?;
        }
        Ok(self.at.offset)
    }

    fn append_record(&mut self, stream: Stream, payload: &[u8]) -> io::Result<()> {
        let len = (HEADER + payload.len()) as u64;
        if self.torn {
            self.cut()?;
        }
        if self.at.offset - self.start + len > self.largest {
            self.roll()?;
        }
        let header = Header {
            seq: self.at.seq,
            wall_us: clock::wall_us(),
            mono_us: clock::boot_us(),
            stream,
        };
        if let Err(error) = write_all(&self.file, &header.encode(payload), payload) {
            self.torn = true;
            // A second failure is met again at the next append, which cuts first.
            self.cut().ok();
            return Err(error);
        }
        self.at.offset += len;
        self.at.seq += 1;
        self.unsynced.wrote(&self.file);
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        cut(&self.file, self.at.offset - self.start)?;
        self.torn = false;
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        if self.unsynced.segments() >= MOST_UNSYNCED {
            // The disk is that far behind; what the kernel does not hold up is held up here.
            self.unsynced.sync()?;
        }
        self.file = Arc::new(new_segment(&self.spool, self.at.offset)?);
        self.start = self.at.offset;
        self.unsynced.rolled();
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.unsynced.close();
    }
}

/// A user may have limited how large files grow (`ulimit -f`); then there are more of them.
fn largest_segment() -> u64 {
    let limit = getrlimit(Resource::Fsize).current;
    limit.map_or(SEGMENT_BYTES, |limit| limit.min(SEGMENT_BYTES))
}

fn new_segment(spool: &Path, start: u64) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(segment::path(spool, start))
}

/// Cuts a segment to `len` bytes and goes on writing there.
fn cut(mut file: &File, len: u64) -> io::Result<()> {
    file.set_len(len)?;
    file.seek(SeekFrom::Start(len))?;
    Ok(())
}

/// Writes both parts in one call, in more if the system takes less.
fn write_all(mut file: &File, header: &[u8], payload: &[u8]) -> io::Result<()> {
    let mut parts = [IoSlice::new(header), IoSlice::new(payload)];
    let mut rest = &mut parts[..];
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => IoSlice::advance_slices(&mut rest, n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
