//! Going over what cannot be read of a spool: a damaged record, a segment that is gone. What is whole after it is found by
//! its checksum.

use std::{fs::File, io, path::Path};

use super::{
    HEADER, MAX_RECORD, Position,
    reader::Reader,
    record::{self, Header, Parsed},
    segment,
};

/// What cannot be read of a spool any more, before a record that can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins. What comes after it goes on with this number.
    pub at: Position,
    /// The offset at which it ends.
    pub until: u64,
    /// How many bytes the job wrote in it, as the numbers of the records around it tell.
    pub bytes: u64,
}

/// A whole record after a gap.
struct WholeRecord {
    file: File,
    start: u64,
    offset: u64,
    /// Its number as it was written.
    number: u64,
}

impl Reader {
    /// A cursor at `at`, if records before it may have been lost, so that those after it have higher numbers than `at`
    /// says; if the segment with `at` is gone, before that gap, to be [skipped](Self::skip).
    ///
    /// # Errors
    /// `NotFound` when there is no spool, or it ends before `at`.
    pub fn open_over_gaps(folder: &Path, at: Position) -> io::Result<Self> {
        let spool = segment::dir(folder);
        let starts = segment::starts(&spool)?;
        let before = starts.iter().rev().find(|start| **start <= at.offset);
        let start = before.or(starts.first()).copied();
        let start = start.ok_or(io::ErrorKind::NotFound)?;
        Ok(Self {
            file: segment::open(&spool, start)?,
            spool,
            start,
            at,
            lost: (at.seq == 0).then_some(0),
        })
    }

    /// Whether the segment with the next record is gone.
    #[must_use]
    pub fn is_before_gap(&self) -> bool {
        self.start > self.at.offset
    }

    /// Goes over what cannot be read here to the next record that is whole; none if there is no such record, and then it
    /// stays.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn skip(&mut self) -> io::Result<Option<Gap>> {
        let Some(next) = self.find()? else {
            return Ok(None);
        };
        let expected = self.at.seq + self.lost.unwrap_or(0);
        let records = next.number.saturating_sub(expected);
        let gap = Gap {
            at: self.at,
            until: next.offset,
            bytes: (next.offset - self.at.offset).saturating_sub(records * HEADER as u64),
        };
        (self.file, self.start) = (next.file, next.start);
        self.at.offset = next.offset;
        self.lost = Some(next.number - self.at.seq);
        Ok(Some(gap))
    }

    fn find(&self) -> io::Result<Option<WholeRecord>> {
        let starts = segment::starts(&self.spool)?;
        for start in starts {
            let file = match segment::open(&self.spool, start) {
                // Another dropped it in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            // What is here has been tried.
            let from = match self.at.offset.checked_sub(start) {
                Some(before) if start == self.start => before + 1,
                Some(before) => before,
                None => 0,
            };
            let length = file.metadata()?.len();
            if from >= length {
                continue;
            }
            if let Some((offset, number)) = self.find_in(&file, start, from)? {
                return Ok(Some(WholeRecord {
                    file,
                    start,
                    offset,
                    number,
                }));
            }
        }
        Ok(None)
    }

    /// The first whole record in a segment from a byte of it on: its offset and number.
    fn find_in(&self, file: &File, start: u64, from: u64) -> io::Result<Option<(u64, u64)>> {
        let bytes = read_from(file, from)?;
        let is_whole = |at: usize| {
            let rest = bytes.get(at..)?;
            if !record::may_begin(rest) {
                return None;
            }
            let Parsed::Whole { header, .. } = Header::parse(rest) else {
                return None;
            };
            let offset = start + from + at as u64;
            self.may_be(header.seq, offset)
                .then_some((offset, header.seq))
        };
        // If the damaged record's length is right, the next one begins after it; a log may hold what looks like a record.
        let likely = (start == self.start && self.at.offset + 1 == start + from)
            .then(|| self.fetch(HEADER))
            .transpose()?
            .map(|header| record::claimed(&header) - 1);
        let likely = likely.and_then(is_whole);
        Ok(likely.or_else(|| (0..bytes.len()).find_map(is_whole)))
    }

    /// Whether a record of this number can be at this offset: each one before it has a header and a byte at least.
    fn may_be(&self, number: u64, offset: u64) -> bool {
        let expected = self.at.seq + self.lost.unwrap_or(0);
        let most = (offset - self.at.offset) / (HEADER as u64 + 1);
        number > expected && number <= expected + most
            || (self.lost.is_none() && number >= expected)
    }
}

/// Reads on from `from`, over whatever cannot be read, to where the last whole record ends.
pub(super) fn scan(folder: &Path, from: Position) -> io::Result<Position> {
    let mut reader = Reader::open_over_gaps(folder, from)?;
    loop {
        match reader.read(u64::MAX, 4 * (HEADER + MAX_RECORD)) {
            Ok(Some(_)) => continue,
            Ok(None) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::NotFound
                ) => {}
            Err(error) => return Err(error),
        }
        if reader.skip()?.is_none() {
            return Ok(reader.position());
        }
    }
}

fn read_from(file: &File, from: u64) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let length = file.metadata()?.len().saturating_sub(from);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let mut read = 0;
    while read < bytes.len() {
        match file.read_at(&mut bytes[read..], from + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(read);
    Ok(bytes)
}
