//! A piece of a log as it is read: a block of the spool, or chunks from the store.

use supervisor::spool::Block;

use crate::{
    engine::follow::index,
    log::{Chunk, Stream},
};

/// Consecutive chunks of a log, at least one.
#[derive(Debug)]
pub enum Piece {
    /// The chunks of a block of spool from `from` on, in the block's own bytes.
    Spooled {
        /// The block; its end is the piece's.
        block: Block,
        /// The first chunk that is wanted.
        from: u64,
    },
    /// Chunks from the store.
    Stored(Vec<Chunk>),
}

impl Piece {
    /// Calls `give` with each chunk: its number, its stream, when it was read (microseconds since 1970), its bytes.
    pub fn each(&self, mut give: impl FnMut(u64, Stream, i64, &[u8])) {
        match self {
            Self::Spooled { block, from } => {
                for record in block.records.iter().filter(|record| record.seq >= *from) {
                    let bytes = &block.bytes[record.payload.clone()];
                    give(
                        record.seq,
                        index::stream(record.stream),
                        record.wall_us,
                        bytes,
                    );
                }
            }
            Self::Stored(chunks) => {
                for chunk in chunks {
                    give(chunk.seq, chunk.stream, chunk.at, &chunk.bytes);
                }
            }
        }
    }

    /// The chunks, each with a copy of its bytes.
    pub(super) fn into_chunks(self) -> Vec<Chunk> {
        if let Self::Stored(chunks) = self {
            return chunks;
        }
        let mut chunks = Vec::new();
        self.each(|seq, stream, at, bytes| {
            chunks.push(Chunk {
                seq,
                stream,
                at,
                bytes: bytes.to_vec(),
            });
        });
        chunks
    }
}
