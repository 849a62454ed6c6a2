//! A block: the chunks of a log that are archived as one. And marks: how far a log is archived.

use serde::{Deserialize, Serialize};

use crate::{job::JobId, log::Chunk};

/// Consecutive chunks archived as one, up to about 64 KiB or one large chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The number of its first chunk.
    pub seq: u64,
    /// Its chunks, numbered from `seq` without gaps; never empty.
    pub chunks: Vec<Chunk>,
    /// The number of the first line that starts in it, or of the next one to start if none does.
    pub first_line: u64,
    /// Where a reader of lines is at its start; opaque here.
    pub state: Vec<u8>,
}

/// How far a job's log can be read in the store: of one that is over, to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The job.
    pub job: JobId,
    /// The number of the chunk after the last.
    pub seq: u64,
    /// Lines, those without an end included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether the job is over.
    pub is_over: bool,
}

/// How far a job is archived. The default is the start of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveMark {
    /// The next chunk's number.
    pub seq: u64,
    /// Where that chunk is in the spool.
    pub offset: u64,
    /// Bytes archived. Only read: the store counts what it is given.
    pub bytes: u64,
    /// Lines that have begun so far.
    pub lines: u64,
    /// Where a reader of lines is there; opaque here, empty at the start.
    pub state: Vec<u8>,
}
