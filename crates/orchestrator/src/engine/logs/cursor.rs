//! Reads a log in order, whether a piece of it is still in the spool, already in the store, or first one and then the other.
//!
//! Every reader is a cursor. There is no queue for it, so a slow one does not delay the others.

use std::{io, sync::Arc};

use supervisor::spool;
use tokio::sync::watch;

use super::{
    log::{Log, ReadError},
    piece::Piece,
};
use crate::{
    engine::follow::{
        gaps::Reader as SpoolReader,
        live::{Extent, Live},
    },
    log::{Chunk, lines},
};

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

impl Log {
    /// A cursor at chunk `seq`.
    #[must_use]
    pub fn cursor(&self, seq: u64) -> Cursor {
        Cursor {
            log: self.clone(),
            next: seq,
            at_once: READ_BYTES,
            spool: None,
            jumped: None,
            growth: None,
        }
    }
}

/// A place in a log that moves on as it is read.
#[derive(Debug)]
pub struct Cursor {
    log: Log,
    next: u64,
    at_once: usize,
    spool: Option<SpoolReader>,
    /// Where a reader of lines is at the start of the last piece, if rows before it are gone.
    jumped: Option<lines::State>,
    /// How far the log reaches, once somebody has waited for that.
    growth: Option<watch::Receiver<Extent>>,
}

impl Cursor {
    /// The seq of the chunk that comes next.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.next
    }

    /// The same cursor, reading about `bytes` at once. One that reads a whole log asks the store less often that way.
    #[must_use]
    pub const fn reading(mut self, bytes: usize) -> Self {
        self.at_once = bytes;
        self
    }

    /// Where a reader of lines is at the start of the last piece, if rows before that are gone; reported once.
    pub fn take_jump(&mut self) -> Option<lines::State> {
        self.jumped.take()
    }

    /// The same chunks as [`Cursor::piece`]; at the end of what is there, waits for more. None once the log is complete and
    /// all of it is read.
    ///
    /// # Errors
    /// As [`Log::source`] and [`Cursor::next`].
    pub async fn next_or_wait(&mut self) -> Result<Option<Piece>, ReadError> {
        loop {
            // Asked before reading: a log that is complete now has its end in the next read. Asked after it, the last chunks
            // could come in between and never be read.
            let complete = self.look().await?.complete;
            if let Some(piece) = self.piece().await? {
                return Ok(Some(piece));
            }
            if complete || !self.grown().await {
                return Ok(None);
            }
        }
    }

    /// How far the log reaches. [`Cursor::grown`] waits for more than that.
    ///
    /// # Errors
    /// As [`Log::source`].
    pub(super) async fn look(&mut self) -> Result<Extent, ReadError> {
        let growth = match &mut self.growth {
            Some(growth) => growth,
            none => none.insert(self.log.source().await?.growth()),
        };
        Ok(*growth.borrow_and_update())
    }

    /// Waits until the log has grown since the last look, or is complete; false if it cannot grow any more.
    pub(super) async fn grown(&mut self) -> bool {
        match &mut self.growth {
            Some(growth) => growth.changed().await.is_ok(),
            None => true,
        }
    }

    /// The next chunks, about 256 KiB of them unless [`Cursor::reading`] set another size, or none if the log reaches no further
    /// just now.
    ///
    /// # Errors
    /// If they are in the store and the store does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Chunk>>, ReadError> {
        Ok(self.piece().await?.map(Piece::into_chunks))
    }

    /// The same chunks as [`Cursor::next`], not copied.
    ///
    /// # Errors
    /// As there.
    pub async fn piece(&mut self) -> Result<Option<Piece>, ReadError> {
        if let Some(live) = self.log.live.clone() {
            match self.read_spool(&live) {
                Ok(piece) => return Ok(piece),
                // The segment has been archived and dropped meanwhile: the store has it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.spool = None,
                Err(error) => return Err(error.into()),
            }
        }
        let stored = self.read_store().await?;
        match &self.log.live.clone() {
            Some(live) if stored.is_none() && self.jump(live)? => Ok(self.read_spool(live)?),
            _ => Ok(stored),
        }
    }

    /// Jumps to the beginning of the spool, if the store has lost what came before; false if there is no such place.
    fn jump(&mut self, live: &Arc<Live>) -> io::Result<bool> {
        let first = match spool::first(live.folder.path()) {
            Ok(first) => first.filter(|first| first.seq > self.next),
            // The job was archived and its folder dropped in this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(first) = first else { return Ok(false) };
        self.spool = Some(SpoolReader::open(live, first)?);
        self.next = first.seq;
        self.jumped = live.before_offset(first.offset).map(|mark| mark.state);
        Ok(true)
    }

    fn read_spool(&mut self, live: &Arc<Live>) -> io::Result<Option<Piece>> {
        let extent = live.extent();
        if self.next >= extent.end.seq {
            return if extent.complete && live.goes_on_in_store() {
                Err(io::ErrorKind::NotFound.into())
            } else {
                Ok(None)
            };
        }
        if self.spool.is_none() {
            let mark = live.before_seq(self.next).ok_or(io::ErrorKind::NotFound)?;
            self.spool = Some(SpoolReader::open(live, mark.at)?);
        }
        let Some(spool) = &mut self.spool else {
            return Ok(None);
        };
        loop {
            let Some(block) = spool.read(extent.end.offset, self.at_once)? else {
                return Ok(None);
            };
            let from = self.next;
            if block.end.seq > from {
                self.next = block.end.seq;
                return Ok(Some(Piece::Spooled { block, from }));
            }
        }
    }

    async fn read_store(&mut self) -> Result<Option<Piece>, ReadError> {
        let (id, next, at_once) = (self.log.id, self.next, self.at_once as u64);
        let blocks = self
            .log
            .link
            .ask(async |store| store.blocks(id, next, at_once).await)
            .await?;
        // Only a block that begins after the wanted chunk is a jump. One that begins before has an earlier state.
        self.jumped = match blocks.first() {
            Some(block) if block.seq > next => lines::State::from_bytes(&block.state).ok(),
            _ => None,
        };
        let all = blocks.into_iter().flat_map(|block| block.chunks);
        let chunks: Vec<Chunk> = all.filter(|chunk| chunk.seq >= next).collect();
        let Some(last) = chunks.last() else {
            return Ok(None);
        };
        self.next = last.seq + 1;
        Ok(Some(Piece::Stored(chunks)))
    }
}

#[cfg(test)]
mod tests;
