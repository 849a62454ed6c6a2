//! One record's bytes: made, taken apart, checked.

use serde::{Deserialize, Serialize};

use super::MAX_RECORD;

/// Bytes of header before each payload.
pub const HEADER: usize = 40;

/// Which of the child's outputs bytes came from. A terminal has one: `Stdout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Stream {
    /// Standard output.
    Stdout = 0,
    /// Standard error.
    Stderr = 1,
}

impl Stream {
    /// The stream with this number on disk, if there is one.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Stdout),
            1 => Some(Self::Stderr),
            _ => None,
        }
    }
}

/// A record's header, without its length and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) seq: u64,
    pub(super) wall_us: i64,
    pub(super) mono_us: u64,
    pub(super) stream: Stream,
}

/// What is at the start of some bytes.
pub(super) enum Parsed {
    /// A whole record with a payload of `len` bytes.
    Whole { header: Header, len: usize },
    /// The start of a record; `need` bytes are known to belong to it.
    Short { need: usize },
    /// No record of ours.
    Bad(&'static str),
}

/// How many bytes the record at the start of `bytes` says it has, header included; no more than a record can have.
pub(super) fn claimed(bytes: &[u8]) -> usize {
    let len = bytes.first_chunk::<4>().copied().map(u32::from_le_bytes);
    HEADER + len.map_or(0, |len| len as usize).min(MAX_RECORD)
}

/// Whether a record can begin here, judged by what each has at the same place, without its checksum.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    bytes.len() > HEADER
        && bytes[32] <= Stream::Stderr as u8
        && bytes[33..HEADER].iter().all(|byte| *byte == 0)
}

impl Header {
    /// The header's bytes for `payload`, which holds 1 to [`MAX_RECORD`] bytes.
    pub(super) fn encode(self, payload: &[u8]) -> [u8; HEADER] {
        let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let mut bytes = [0; HEADER];
        bytes[0..4].copy_from_slice(&len.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.seq.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.wall_us.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.mono_us.to_le_bytes());
        bytes[32] = self.stream as u8;
        let crc = checksum(&bytes, payload);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The record at the start of `bytes`, checked.
    pub(super) fn parse(bytes: &[u8]) -> Parsed {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
            return Parsed::Short { need: HEADER };
        };
        let len = u32::from_le_bytes(field(header, 0)) as usize;
        if len == 0 || len > MAX_RECORD {
            return Parsed::Bad("a record of an impossible length");
        }
        let Some(payload) = rest.get(..len) else {
            return Parsed::Short { need: HEADER + len };
        };
        if u32::from_le_bytes(field(header, 4)) != checksum(header, payload) {
            return Parsed::Bad("a checksum does not match");
        }
        let Some(stream) = Stream::from_u8(header[32]) else {
            return Parsed::Bad("a stream of an unknown number");
        };
        let header = Self {
            seq: u64::from_le_bytes(field(header, 8)),
            wall_us: i64::from_le_bytes(field(header, 16)),
            mono_us: u64::from_le_bytes(field(header, 24)),
            stream,
        };
        Parsed::Whole { header, len }
    }
}

/// CRC-32C over all of a record but the checksum's own four bytes.
fn checksum(header: &[u8; HEADER], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&header[..4]);
    let crc = crc32c::crc32c_append(crc, &header[8..]);
    crc32c::crc32c_append(crc, payload)
}

fn field<const N: usize>(header: &[u8; HEADER], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&header[at..at + N]);
    bytes
}
