//! What is in the file.

use std::io;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    job::{Job, JobId, Note},
    log::Stream,
};

/// The format that is written.
pub(super) const FORMAT: u32 = 1;
/// The entry that says what the file is.
pub(super) const HEAD: &str = "history.json";

/// What the file is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// The number of its format.
    pub(super) format: u32,
    /// The version of the app that wrote it.
    pub(super) app: String,
    /// When.
    pub(super) made_at: DateTime<Utc>,
    /// How many jobs it has.
    pub(super) jobs: u64,
}

/// A job, and what its log has to be.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) job: Job,
    /// What people say of it.
    pub(super) note: Option<Note>,
    /// The SHA-256 of its log, in hex.
    pub(super) sha256: String,
    /// Bytes of its log that were gone from the history when it was exported.
    #[serde(default)]
    pub(super) missing: u64,
}

/// A chunk without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) at: i64,
    pub(super) length: u32,
    pub(super) stream: Stream,
}

/// Bytes that a piece takes.
pub(super) const PIECE: usize = 16;

impl Piece {
    pub(super) fn to_bytes(self) -> [u8; PIECE] {
        let mut bytes = [0; PIECE];
        bytes[..8].copy_from_slice(&self.at.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[12..].copy_from_slice(&(self.stream as u32).to_le_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; PIECE]) -> io::Result<Self> {
        let (at, rest) = bytes.split_at(8);
        let (length, stream) = rest.split_at(4);
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap_or_default());
        let stream = match number(stream) {
            0 => Stream::Stdout,
            1 => Stream::Stderr,
            other => {
                let why = format!("there is no stream {other}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        };
        Ok(Self {
            at: i64::from_le_bytes(at.try_into().unwrap_or_default()),
            length: number(length),
            stream,
        })
    }
}

/// The name of a job's entry.
pub(super) fn name(job: JobId, what: &str) -> String {
    format!("jobs/{job}.{what}")
}

/// The job whose `what` an entry of this name is.
pub(super) fn job_of(name: &str, what: &str) -> Option<JobId> {
    let id = name.strip_prefix("jobs/")?.strip_suffix(what)?;
    id.strip_suffix('.')?.parse().ok()
}
