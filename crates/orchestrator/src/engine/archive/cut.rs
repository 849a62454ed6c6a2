//! Cuts a spool into the blocks that the store takes.

use std::{io, sync::Arc};

use supervisor::spool::{self, Position};

use crate::{
    engine::follow::{
        gaps::Reader,
        index,
        live::{Live, Mark},
    },
    log::Chunk,
    store::{self, Block},
};

/// Bytes of one block: the size at which Postgres stores a chunk well (PLATFORM.md: chunks of about 64 KiB).
const BLOCK_BYTES: usize = 64 * 1024;
/// Bytes sent in one transaction at most, and so what one job's archiving holds in memory.
pub(super) const TRANSACTION_BYTES: usize = 1024 * 1024;

/// A job's spool, read for the store.
pub(super) struct Spool {
    live: Arc<Live>,
    reader: Option<Reader>,
}

/// Blocks of a spool, and the mark after them.
pub(super) struct Cut {
    /// Where they begin.
    pub(super) from: Position,
    pub(super) blocks: Vec<Block>,
    pub(super) next: Mark,
}

impl Spool {
    pub(super) fn of(live: Arc<Live>) -> Self {
        Self { live, reader: None }
    }

    /// The reader, to be used elsewhere; this one opens another when it has to.
    pub(super) fn take(&mut self) -> Self {
        Self {
            live: Arc::clone(&self.live),
            reader: self.reader.take(),
        }
    }

    /// The next blocks of the spool, up to the offset `until`, as many as one transaction takes.
    ///
    /// # Errors
    /// If none can be read any more; what comes before that has been given.
    pub(super) fn cut(&mut self, mut at: Mark, until: u64) -> io::Result<Cut> {
        let from = at.at;
        let mut blocks: Vec<Block> = Vec::new();
        let mut size = 0;
        while size < TRANSACTION_BYTES {
            let spooled = match self.reader_at(at.at)?.read(until, BLOCK_BYTES) {
                Ok(Some(spooled)) => spooled,
                Ok(None) if blocks.is_empty() => {
                    return Err(index::cut_short(at.at.offset, until));
                }
                Err(error) if blocks.is_empty() => return Err(error),
                Ok(None) | Err(_) => break,
            };
            size += spooled.bytes.len();
            blocks.push(block(&spooled, &mut at));
        }
        Ok(Cut {
            from,
            blocks,
            next: at,
        })
    }

    fn reader_at(&mut self, at: Position) -> io::Result<&mut Reader> {
        let reader = match self.reader.take().filter(|reader| reader.position() == at) {
            Some(reader) => reader,
            None => Reader::open(&self.live, at)?,
        };
        Ok(self.reader.insert(reader))
    }
}

/// A block of the archive from a block of the spool, with the spool's numbers; `at` moves behind it.
fn block(spooled: &spool::Block, at: &mut Mark) -> Block {
    let mut block = Block {
        seq: at.at.seq,
        first_line: at.state.lines() + 1,
        state: at.state.to_bytes(),
        chunks: Vec::with_capacity(spooled.records.len()),
    };
    for record in &spooled.records {
        let bytes = &spooled.bytes[record.payload.clone()];
        let stream = index::stream(record.stream);
        at.state.advance(stream, bytes);
        at.bytes += bytes.len() as u64;
        block.chunks.push(Chunk {
            seq: record.seq,
            stream,
            at: record.wall_us,
            bytes: bytes.to_vec(),
        });
    }
    at.at = spooled.end;
    block
}

/// A mark as the store keeps it.
pub(super) fn mark_for_store(mark: &Mark) -> store::ArchiveMark {
    store::ArchiveMark {
        seq: mark.at.seq,
        offset: mark.at.offset,
        bytes: mark.bytes,
        lines: mark.state.lines(),
        state: mark.state.to_bytes(),
    }
}
