//! Chunks as binary messages, laid out as `wire.rs` says, with as little copying as there can be.

use bytes::{BufMut, Bytes, BytesMut};
use supervisor::spool::{self, Block};

use crate::{engine::Piece, log::Stream};

/// Chunks this large on average go in a message each, without a copy; smaller ones are copied into one message.
const LARGE: usize = 16 * 1024;

/// What a message begins with, and what is before each chunk in it.
const SUBSCRIPTION: usize = 4;
const HEADER: usize = 24;
/// Both fit if the spool has its own header.
const _: () = assert!(SUBSCRIPTION + HEADER <= spool::HEADER);

/// Chunks as `wire.rs` lays them out.
pub(super) fn of(subscription: u32, piece: Piece) -> Vec<Bytes> {
    match piece {
        Piece::Spooled { block, from } if block.bytes.len() >= LARGE * block.records.len() => {
            in_place(subscription, block, from)
        }
        piece => vec![copied(subscription, &piece)],
    }
}

/// A message for each record of a block from chunk `from` on: parts of the block, with our headers in place of the spool's.
fn in_place(subscription: u32, block: Block, from: u64) -> Vec<Bytes> {
    let mut bytes = block.bytes;
    let wanted = block.records.iter().filter(|record| record.seq >= from);
    let places: Vec<_> = wanted
        .map(|record| {
            let (start, end) = (record.payload.start, record.payload.end);
            let message = start - SUBSCRIPTION - HEADER..end;
            let mut place = &mut bytes[message.start..start];
            place.put_u32_le(subscription);
            put_header(
                &mut place,
                record.seq,
                record.wall_us,
                record.payload.len(),
                record.stream == spool::Stream::Stderr,
            );
            message
        })
        .collect();
    let bytes = Bytes::from(bytes);
    let part = |message| bytes.slice(message);
    places.into_iter().map(part).collect()
}

/// One message with all of a piece.
fn copied(subscription: u32, piece: &Piece) -> Bytes {
    let mut size = SUBSCRIPTION;
    piece.each(|_, _, _, bytes| size += HEADER + bytes.len());
    let mut message = BytesMut::with_capacity(size);
    message.put_u32_le(subscription);
    piece.each(|seq, stream, at, bytes| {
        put_header(&mut message, seq, at, bytes.len(), stream == Stream::Stderr);
        message.put_slice(bytes);
    });
    message.freeze()
}

fn put_header(place: &mut impl BufMut, seq: u64, at: i64, length: usize, is_stderr: bool) {
    place.put_u64_le(seq);
    place.put_i64_le(at);
    place.put_u32_le(u32::try_from(length).expect("a chunk is at most 256 KiB"));
    place.put_u32_le(u32::from(is_stderr));
}

#[cfg(test)]
mod tests {
    use supervisor::spool::{Position, Reader, Writer};

    use super::*;

    #[test]
    fn in_place_and_copied_say_the_same() {
        let scratch = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(scratch.path()).unwrap();
        for (number, size) in [1, 20_000, 70_000, 3].into_iter().enumerate() {
            let stream = match number % 2 {
                0 => spool::Stream::Stdout,
                _ => spool::Stream::Stderr,
            };
            writer
                .append(stream, &vec![b'a' + number as u8; size])
                .unwrap();
        }
        let block = || {
            let mut reader = Reader::open(scratch.path(), Position::default()).unwrap();
            reader.read(u64::MAX, 1 << 20).unwrap().unwrap()
        };
        for from in 0..4 {
            let copied = copied(
                7,
                &Piece::Spooled {
                    block: block(),
                    from,
                },
            );
            let each = in_place(7, block(), from);
            assert_eq!(each.len() as u64, 4 - from);
            let all: Vec<u8> = each.iter().flat_map(|one| one[4..].to_vec()).collect();
            assert!(copied[4..] == all, "from {from}");
            assert!(each.iter().all(|one| one[..4] == copied[..4]));
        }
        assert_eq!(
            of(
                7,
                Piece::Spooled {
                    block: block(),
                    from: 0
                }
            )
            .len(),
            4
        );
        assert_eq!(of(7, Piece::Stored(Vec::new())).len(), 1);
    }
}
