//! Cuts a spool into the batches that the store takes.

use std::{io, sync::Arc};

use supervisor::spool::{Block, Position};

use crate::{
    engine::follow::{
        gaps::Reader,
        index,
        live::{Live, Mark},
    },
    log::Chunk,
    store::{self, Batch},
};

/// Bytes of one batch: the size at which Postgres stores a chunk well (PLATFORM.md: chunks of about 64 KiB).
const BATCH_BYTES: usize = 64 * 1024;
/// Bytes sent in one transaction at most, and so what one job's archiving holds in memory.
pub(super) const TRANSACTION_BYTES: usize = 1024 * 1024;

/// A job's spool, read for the store.
pub(super) struct Spool {
    live: Arc<Live>,
    reader: Option<Reader>,
}

/// Batches of a spool, and the mark after them.
pub(super) struct Cut {
    /// Where they begin.
    pub(super) from: Position,
    pub(super) batches: Vec<Batch>,
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

    /// The next batches of the spool, up to the offset `until`, as many as one transaction takes.
    ///
    /// # Errors
    /// If none can be read any more; what comes before that has been given.
    pub(super) fn cut(&mut self, mut at: Mark, until: u64) -> io::Result<Cut> {
        let from = at.at;
        let mut batches: Vec<Batch> = Vec::new();
        let mut size = 0;
        while size < TRANSACTION_BYTES {
            let block = match self.reader_at(at.at)?.read(until, BATCH_BYTES) {
                Ok(Some(block)) => block,
                Ok(None) if batches.is_empty() => {
                    return Err(index::cut_short(at.at.offset, until));
                }
                Err(error) if batches.is_empty() => return Err(error),
                Ok(None) | Err(_) => break,
            };
            size += block.bytes.len();
            batches.push(batch(&block, &mut at));
        }
        Ok(Cut {
            from,
            batches,
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

/// One batch from one block of spool; `at` moves behind it.
fn batch(block: &Block, at: &mut Mark) -> Batch {
    let mut batch = Batch {
        seq: at.at.seq,
        first_line: at.state.lines() + 1,
        state: at.state.to_bytes(),
        chunks: Vec::with_capacity(block.records.len()),
    };
    for record in &block.records {
        let bytes = &block.bytes[record.payload.clone()];
        let stream = index::stream(record.stream);
        at.state.advance(stream, bytes);
        at.bytes += bytes.len() as u64;
        batch.chunks.push(Chunk {
            seq: record.seq,
            stream,
            at: record.wall_us,
            bytes: bytes.to_vec(),
        });
    }
    at.at = block.end;
    batch
}

/// A mark as the store keeps it.
pub(super) fn mark_for_store(mark: &Mark) -> store::Mark {
    store::Mark {
        seq: mark.at.seq,
        offset: mark.at.offset,
        bytes: mark.bytes,
        lines: mark.state.lines(),
        state: mark.state.to_bytes(),
    }
}
