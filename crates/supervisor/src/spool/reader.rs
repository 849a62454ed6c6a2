//! Reading a spool: blocks of whole, checked records, from any position on.

use std::{
    fs::File,
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    HEADER, MAX_RECORD, Position, Stream,
    record::{self, Header, Parsed},
    segment,
};

/// So many zeros at a segment's end were never written: a payload may end in some.
const BLANK: usize = 8;

/// One record of a [`Block`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number in the job, from 0.
    pub seq: u64,
    /// When it was read from the child: microseconds since 1970.
    pub wall_us: i64,
    /// When it was read from the child: microseconds of the boot clock, which no clock change moves.
    pub mono_us: u64,
    /// Which output it came from.
    pub stream: Stream,
    /// Where its payload lies in [`Block::bytes`].
    pub payload: Range<usize>,
}

/// Consecutive whole records, at least one, as they are in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The file's bytes: headers and payloads.
    pub bytes: Vec<u8>,
    /// The records in them, in order.
    pub records: Vec<Record>,
    /// Where the first record starts.
    pub start: Position,
    /// Where the last one ends.
    pub end: Position,
}

/// A cursor over a spool.
#[derive(Debug)]
pub struct Reader {
    pub(super) spool: PathBuf,
    /// The segment that holds `at`, and where it starts.
    pub(super) file: File,
    pub(super) start: u64,
    pub(super) at: Position,
    /// How many records before `at` cannot be read any more, so that later ones have lower numbers here than they had; none
    /// as the next record says.
    pub(super) lost: Option<u64>,
}

impl Reader {
    /// A cursor at `at`, which a writer or a reader gave earlier.
    ///
    /// # Errors
    /// `NotFound` when the segment is gone, archived and dropped, or when there is no spool.
    pub fn open(folder: &Path, at: Position) -> io::Result<Self> {
        let spool = segment::dir(folder);
        let start = segment::starts(&spool)?
            .into_iter()
            .rev()
            .find(|start| *start <= at.offset)
            .ok_or_else(|| gone(at.offset))?;
        let file = segment::open(&spool, start)?;
        Ok(Self {
            spool,
            file,
            start,
            at,
            lost: Some(0),
        })
    }

    /// Where the next block starts.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// The next records that end at or before the offset `until`, in at most `max_bytes` bytes of file, or one record
    /// if that alone is longer; [`MAX_RECORD`] or more reads fastest. None when no record is whole.
    ///
    /// `until` is the committed offset; for a spool that is no longer written, `u64::MAX` or [`super::end`] do.
    ///
    /// # Errors
    /// `InvalidData` at a damaged record, after every good one before it was given; `NotFound` when the segment is gone.
    pub fn read(&mut self, until: u64, max_bytes: usize) -> io::Result<Option<Block>> {
        if self.is_before_gap() {
            return Err(gone(self.at.offset));
        }
        loop {
            let room = usize::try_from(until.saturating_sub(self.at.offset)).unwrap_or(usize::MAX);
            if room == 0 {
                return Ok(None);
            }
            // One header more than is asked for: who asks for the payload of the longest record gets it in one go.
            let bytes = self.fetch(room.min(max_bytes.saturating_add(HEADER)))?;
            if bytes.is_empty() {
                if self.enter_next()? {
                    continue;
                }
                return Ok(None);
            }
            // A record longer than what was fetched is fetched again whole, unless its end is not committed yet.
            let block = match self.block(bytes, max_bytes) {
                Ok(Err(need)) if need <= room => self.block(self.fetch(need)?, max_bytes),
                block => block,
            };
            return match block {
                // A torn tail is no damage: the writer, or the next one, goes on before it.
                Err(error) if error.kind() == io::ErrorKind::InvalidData && self.is_torn()? => {
                    Ok(None)
                }
                block => Ok(block?.ok()),
            }
            .inspect(|block| self.advance(block.as_ref()));
        }
    }

    /// Whether what is here is the last that was written, as a power loss leaves it: the file is as long as it was, and the
    /// last of it is blank.
    fn is_torn(&self) -> io::Result<bool> {
        if segment::starts(&self.spool)?.last() != Some(&self.start) {
            return Ok(false);
        }
        let before = self.at.offset - self.start;
        let remaining = self.file.metadata()?.len().saturating_sub(before);
        let rest = self.fetch(usize::try_from(remaining).unwrap_or(usize::MAX))?;
        let used = rest
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        let is_blank = rest.len() - used >= BLANK;
        Ok(is_blank && used <= record::claimed(&rest))
    }

    fn advance(&mut self, block: Option<&Block>) {
        if let Some(block) = block {
            self.at = block.end;
        }
    }

    /// Up to `want` bytes from here to the segment's end.
    pub(super) fn fetch(&self, want: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(want);
        let from = self.at.offset - self.start;
        while bytes.len() < want {
            let at = from + bytes.len() as u64;
            let n =
                match rustix::io::pread(&self.file, rustix::buffer::spare_capacity(&mut bytes), at)
                {
                    Err(rustix::io::Errno::INTR) => continue,
                    other => other?,
                };
            if n == 0 {
                break;
            }
        }
        bytes.truncate(want);
        Ok(bytes)
    }

    /// Goes over to the segment that starts here, if there is one.
    fn enter_next(&mut self) -> io::Result<bool> {
        match segment::open(&self.spool, self.at.offset) {
            Ok(file) if self.start != self.at.offset => {
                self.file = file;
                self.start = self.at.offset;
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let later = segment::starts(&self.spool)?.last() > Some(&self.at.offset);
                if later {
                    Err(gone(self.at.offset))
                } else {
                    Ok(false)
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a record of this number comes next, which is the one of number `seq` here.
    fn is_next(&mut self, number: u64, seq: u64) -> bool {
        let lost = match self.lost {
            Some(lost) => lost,
            None => match number.checked_sub(seq) {
                Some(lost) => *self.lost.insert(lost),
                None => return false,
            },
        };
        number == seq + lost
    }

    /// The whole records at the start of `bytes`, the first and as many as fit into `max_bytes`; or how many bytes the
    /// first needs at least.
    fn block(&mut self, mut bytes: Vec<u8>, max_bytes: usize) -> io::Result<Result<Block, usize>> {
        let mut records = Vec::new();
        let mut end = self.at;
        let mut used = 0;
        loop {
            match Header::parse(&bytes[used..]) {
                Parsed::Whole { len, .. }
                    if !records.is_empty() && used + HEADER + len > max_bytes =>
                {
                    break;
                }
                Parsed::Whole { header, len } if self.is_next(header.seq, end.seq) => {
                    let start = used + HEADER;
                    used = start + len;
                    records.push(Record {
                        seq: end.seq,
                        wall_us: header.wall_us,
                        mono_us: header.mono_us,
                        stream: header.stream,
                        payload: start..used,
                    });
                    end.offset += (HEADER + len) as u64;
                    end.seq += 1;
                }
                // One record may be longer than the buffer: the caller reads again, as much as this one needs.
                Parsed::Short { need } if records.is_empty() && need > bytes.len() => {
                    return Ok(Err(need));
                }
                // What is whole is given first; the next call meets the damage, or the rest of a record, at its
                // start.
                _ if !records.is_empty() => break,
                Parsed::Bad(why) => return Err(segment::damaged(end.offset, why)),
                Parsed::Whole { .. } | Parsed::Short { .. } => {
                    return Err(segment::damaged(
                        end.offset,
                        "a record with another's number",
                    ));
                }
            }
        }
        bytes.truncate(used);
        Ok(Ok(Block {
            bytes,
            records,
            start: self.at,
            end,
        }))
    }
}

/// The position of the first record of a segment; None when it holds no whole one.
pub(super) fn first_of(spool: &Path, start: u64) -> io::Result<Option<Position>> {
    let reader = Reader {
        file: segment::open(spool, start)?,
        spool: spool.to_owned(),
        start,
        at: Position {
            offset: start,
            seq: 0,
        },
        lost: Some(0),
    };
    let bytes = reader.fetch(HEADER + MAX_RECORD)?;
    Ok(match Header::parse(&bytes) {
        Parsed::Whole { header, .. } => Some(Position {
            offset: start,
            seq: header.seq,
        }),
        Parsed::Short { .. } | Parsed::Bad(_) => None,
    })
}

/// Reads on from `from` to where whole records end.
pub(super) fn scan(folder: &Path, from: Position) -> io::Result<Position> {
    let mut reader = Reader::open(folder, from)?;
    loop {
        match reader.read(u64::MAX, 4 * (HEADER + MAX_RECORD)) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(reader.position()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Ok(reader.position());
            }
            Err(error) => return Err(error),
        }
    }
}

fn gone(offset: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        format!("the spool's segment with byte {offset} is gone"),
    )
}
