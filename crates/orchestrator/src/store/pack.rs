//! Chunks as rows and back, byte for byte: pure functions. A block becomes a row for each stream that has bytes in it;
//! `meta` says where each chunk of the row's stream begins and ends, which number it has and when it was read.
//!
//! `meta`, version 1: the byte 1, and then for each chunk of the stream three varints (LEB128): how many chunks of the
//! other stream lie between it and the one before (or the block's start), its length in bytes, and how much later it was
//! read, in microseconds and zigzag coded since clocks jump; the first one's counts from 1970.

use std::{borrow::Cow, ops::Range};

use crate::log::{Chunk, Stream};

const VERSION: u8 = 1;

/// What one stream wrote in a block, as a row keeps it.
pub(super) struct Packed {
    pub(super) stream: Stream,
    /// When its first byte was read: microseconds since 1970.
    pub(super) at: i64,
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    pub(super) meta: Vec<u8>,
    /// Whether the block's first chunk is in it.
    pub(super) leads: bool,
}

impl Packed {
    /// The bytes as text, and whether that text is not the whole truth: text holds no NUL and no invalid UTF-8.
    pub(super) fn text(&self) -> (Cow<'_, str>, bool) {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if memchr::memchr(0, &self.bytes).is_none() => (text.into(), false),
            _ => {
                let text = String::from_utf8_lossy(&self.bytes).replace('\0', "\u{fffd}");
                (text.into(), true)
            }
        }
    }
}

/// One row for each stream that has chunks here, in the order of their first ones.
pub(super) fn pack(chunks: &[Chunk]) -> Vec<Packed> {
    let Some(first) = chunks.first() else {
        return Vec::new();
    };
    let other = match first.stream {
        Stream::Stdout => Stream::Stderr,
        Stream::Stderr => Stream::Stdout,
    };
    [first.stream, other]
        .into_iter()
        .filter_map(|stream| pack_stream(chunks, stream, first.seq))
        .collect()
}

fn pack_stream(chunks: &[Chunk], stream: Stream, start: u64) -> Option<Packed> {
    let own = || chunks.iter().filter(|chunk| chunk.stream == stream);
    let first = own().next()?;
    let mut packed = Packed {
        stream,
        at: first.at,
        bytes: Vec::with_capacity(own().map(|chunk| chunk.bytes.len()).sum()),
        meta: vec![VERSION],
        leads: first.seq == start,
    };
    let (mut next, mut at) = (start, 0);
    for chunk in own() {
        put(&mut packed.meta, chunk.seq - next);
        put(&mut packed.meta, chunk.bytes.len() as u64);
        put(&mut packed.meta, zigzag(chunk.at.wrapping_sub(at)));
        packed.bytes.extend_from_slice(&chunk.bytes);
        (next, at) = (chunk.seq + 1, chunk.at);
    }
    Some(packed)
}

/// A chunk of a row: its number, when it was read, and where it is in the row's bytes.
pub(super) struct Cut {
    pub(super) seq: u64,
    pub(super) at: i64,
    pub(super) bytes: Range<usize>,
}

/// Where the chunks of a row of `length` bytes are. `None` if `meta` is not what [`pack`] writes, or does not fit the bytes.
pub(super) fn cuts(start: u64, length: usize, meta: &[u8]) -> Option<Vec<Cut>> {
    let (&VERSION, mut meta) = meta.split_first()? else {
        return None;
    };
    let mut cuts = Vec::new();
    let (mut next, mut at, mut begin) = (start, 0_i64, 0_usize);
    while !meta.is_empty() {
        let seq = next.checked_add(take(&mut meta)?)?;
        let own = usize::try_from(take(&mut meta)?).ok()?;
        at = at.wrapping_add(unzigzag(take(&mut meta)?));
        let end = begin.checked_add(own).filter(|end| *end <= length)?;
        let bytes = begin..end;
        cuts.push(Cut { seq, at, bytes });
        (begin, next) = (end, seq.checked_add(1)?);
    }
    (begin == length).then_some(cuts)
}

/// The chunks of a row. `None` as in [`cuts`].
pub(super) fn unpack(start: u64, stream: Stream, bytes: &[u8], meta: &[u8]) -> Option<Vec<Chunk>> {
    let cuts = cuts(start, bytes.len(), meta)?.into_iter();
    let chunk = |cut: Cut| Chunk {
        seq: cut.seq,
        stream,
        at: cut.at,
        bytes: bytes[cut.bytes].to_vec(),
    };
    Some(cuts.map(chunk).collect())
}

/// Brings the rows of a block into the order they were read in. `None` if one is missing or doubled.
pub(super) fn weave(start: u64, rows: Vec<Vec<Chunk>>) -> Option<Vec<Chunk>> {
    let mut chunks: Vec<Chunk> = rows.into_iter().flatten().collect();
    chunks.sort_by_key(|chunk| chunk.seq);
    let whole = (start..).zip(&chunks).all(|(seq, chunk)| chunk.seq == seq);
    (whole && !chunks.is_empty()).then_some(chunks)
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunks() -> impl Strategy<Value = Vec<Chunk>> {
        let chunk = (
            any::<bool>(),
            prop_oneof![
                any::<i64>(),
                1_700_000_000_000_000..1_700_000_100_000_000_i64
            ],
            prop::collection::vec(any::<u8>(), 0..300),
        );
        (0..u64::from(u32::MAX), prop::collection::vec(chunk, 1..40)).prop_map(|(start, chunks)| {
            (start..)
                .zip(chunks)
                .map(|(seq, (out, at, bytes))| Chunk {
                    seq,
                    stream: if out { Stream::Stdout } else { Stream::Stderr },
                    at,
                    bytes,
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back_exactly(chunks in chunks()) {
            let start = chunks[0].seq;
            let rows: Option<Vec<_>> = pack(&chunks)
                .iter()
                .map(|row| unpack(start, row.stream, &row.bytes, &row.meta))
                .collect();
            prop_assert_eq!(weave(start, rows.unwrap()).unwrap(), chunks);
        }

        #[test]
        fn garbage_is_turned_away_and_not_believed(bytes: Vec<u8>, meta: Vec<u8>, start: u64) {
            if let Some(chunks) = unpack(start, Stream::Stdout, &bytes, &meta) {
                prop_assert_eq!(chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>(), bytes);
            }
        }
    }

    #[test]
    fn text_stands_for_the_bytes_wherever_it_can() {
        let text = |bytes: &[u8]| {
            let chunk = Chunk {
                seq: 0,
                stream: Stream::Stdout,
                at: 0,
                bytes: bytes.to_vec(),
            };
            let row = pack(&[chunk]).remove(0);
            let (text, lossy) = row.text();
            (text.into_owned(), lossy)
        };
        assert_eq!(
            text("grün\r\n\u{1b}[0m".as_bytes()),
            ("grün\r\n\u{1b}[0m".to_owned(), false)
        );
        assert_eq!(text(b"a\0b"), ("a\u{fffd}b".to_owned(), true));
        assert_eq!(text(b"a\xffb"), ("a\u{fffd}b".to_owned(), true));
    }

    #[test]
    fn a_missing_row_is_noticed() {
        let chunk = |seq, stream| Chunk {
            seq,
            stream,
            at: 0,
            bytes: vec![b'x'],
        };
        let chunks = [
            chunk(4, Stream::Stderr),
            chunk(5, Stream::Stdout),
            chunk(6, Stream::Stderr),
        ];
        let rows = pack(&chunks);
        assert!(rows[0].leads && !rows[1].leads);
        let only = |at: usize| {
            let row = &rows[at];
            vec![unpack(4, row.stream, &row.bytes, &row.meta).unwrap()]
        };
        assert_eq!(weave(4, only(0)), None);
        assert_eq!(weave(4, only(1)), None);
    }
}
