//! Reads a log, wherever it lies: still in the spool, already in the store, or first one and then the other.
//!
//! Every reader is a cursor. Nothing is queued for it, so a slow one costs nobody anything.

use std::{io, sync::Arc};

use supervisor::spool::{self, Block};
use tokio::sync::watch;

use crate::{
    engine::{
        archive::link::Link,
        follow::{
            gaps::Reader as SpoolReader,
            index,
            live::{Extent, Live},
        },
        logs::source::{Elsewhere, Source},
    },
    job::JobId,
    log::{Chunk, Line, Stream, lines},
    store::StoreError,
};

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;
/// Bytes of one line that are shown before a person asks for all of it.
pub const LINE_BYTES: usize = 8 * 1024;
/// Bytes of lines given at once; the rest is asked for again.
pub(super) const ANSWER_BYTES: usize = 512 * 1024;

/// Bytes read for lines that have begun and not ended; what a person asked to see whole is read further.
const AFTER_BEGUN: usize = 16 * 1024 * 1024;

/// A log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is in the store, and the store does not answer.
    #[error("failed to {0}")]
    Store(#[from] StoreError),
    /// The spool cannot be read.
    #[error("failed to read the spool: {0}")]
    Spool(#[from] io::Error),
    /// So many bytes of it are not in the store any more; all others were read.
    #[error(
        "{0} bytes of this log are in the history no more: rows of it are gone, and what is left is shown"
    )]
    Missing(u64),
    /// The job is neither here nor in the store.
    #[error("there is no job {0}")]
    NoJob(JobId),
}

/// A job's log, to be read from any place.
#[derive(Debug, Clone)]
pub struct Log {
    /// The job.
    pub id: JobId,
    /// The job's folder, if that was here when this was made.
    pub live: Option<Arc<Live>>,
    /// The way to the store.
    pub(in crate::engine) link: Link,
    /// What is followed of others' logs.
    pub(in crate::engine) elsewhere: Elsewhere,
}

/// A place to start reading at.
struct Start {
    seq: u64,
    state: lines::State,
}

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

    /// Who writes the log on, if anybody does: of a job whose folder is not here, the store is asked.
    ///
    /// # Errors
    /// If the store does not answer, or does not know the job.
    pub async fn source(&self) -> Result<Source, ReadError> {
        if let Some(live) = &self.live {
            return Ok(Source::Here(Arc::clone(live)));
        }
        let id = self.id;
        let reaches = self.link.ask(async |store| store.reaches(&[id]).await);
        let reach = reaches.await?.pop().ok_or(ReadError::NoJob(id))?;
        Ok(self.elsewhere.source(&self.link, &reach))
    }

    /// The chunk from which on about `bytes` of what is there come, of a log that has `size` in all.
    ///
    /// # Errors
    /// Where that part lies in the store and it does not answer.
    pub async fn seq_before_end(&self, bytes: u64, size: u64) -> Result<u64, ReadError> {
        let Some(byte) = size.checked_sub(bytes) else {
            return Ok(0);
        };
        if let Some(live) = &self.live
            && let Some(mark) = live.before_byte(byte)
        {
            return Ok(mark.at.seq);
        }
        let id = self.id;
        let seq = self
            .link
            .ask(async |store| store.seq_at_byte(id, byte).await);
        Ok(seq.await?.unwrap_or_default())
    }

    /// Lines `first` and on, from 1, at most `count` of them and 512 KiB, each cut after `limit` bytes; fewer where the
    /// log ends before.
    ///
    /// # Errors
    /// Where they lie in the store and it does not answer.
    pub async fn lines(
        &self,
        first: u64,
        count: u64,
        limit: usize,
    ) -> Result<Vec<Line>, ReadError> {
        let Some(start) = self.before_line(first).await? else {
            return Ok(Vec::new());
        };
        let mut window = lines::Window::new(start.state, first, count, limit);
        let mut cursor = self.cursor(start.seq);
        // Once all of them have begun, one that stays open, as a prompt does, is not waited for to the log's end.
        let mut patience = AFTER_BEGUN;
        let mut found = Vec::new();
        while !window.is_full() && patience > 0 {
            let Some(piece) = cursor.piece().await? else {
                break;
            };
            if let Some(state) = cursor.take_jump() {
                // Rows are gone: the lines after them have the numbers that they had.
                let (next, last) = (first.max(state.lines() + 1), first.saturating_add(count));
                let rest = lines::Window::new(state, next, last.saturating_sub(next), limit);
                found.extend(std::mem::replace(&mut window, rest).finish());
                if next >= last {
                    break;
                }
            }
            piece.each(|_, stream, at, bytes| {
                window.feed(stream, at, bytes);
                if window.has_begun() {
                    patience = patience.saturating_sub(bytes.len());
                }
            });
        }
        found.extend(window.finish());
        found.truncate(fitting(&found, ANSWER_BYTES));
        Ok(found)
    }

    /// How many bytes of the log the store has had and has no more; of one that is whole in its folder, 0.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn missing(&self) -> Result<u64, ReadError> {
        let first = self
            .live
            .as_ref()
            .and_then(|live| spool::first(live.folder.path()).ok()?);
        if self.live.is_some() && first.is_none_or(|first| first.offset == 0) {
            return Ok(0);
        }
        let id = self.id;
        let missing = self.link.ask(async |store| store.missing(id).await);
        Ok(missing.await?)
    }

    async fn before_line(&self, number: u64) -> Result<Option<Start>, ReadError> {
        if let Some(live) = &self.live
            && let Some(mark) = live.before_line(number)
        {
            return Ok(Some(Start {
                seq: mark.at.seq,
                state: mark.state,
            }));
        }
        let id = self.id;
        let batch = self
            .link
            .ask(async |store| store.batch_at_line(id, number).await)
            .await?;
        Ok(batch.map(|batch| Start {
            seq: batch.seq,
            state: lines::State::from_bytes(&batch.state).unwrap_or_default(),
        }))
    }
}

/// How many of these lines fit into so many bytes; one at least.
pub(super) fn fitting(lines: &[Line], bytes: usize) -> usize {
    let mut left = bytes;
    let fit = lines.iter().take_while(|line| {
        let size = 64
            + line
                .spans
                .iter()
                .map(|span| span.text.len() + 64)
                .sum::<usize>();
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    fit.count().max(1).min(lines.len())
}

/// Consecutive chunks of a log, at least one.
#[derive(Debug)]
pub enum Piece {
    /// Those of a block of spool from chunk `from` on, where they were read.
    Spooled {
        /// The block; it ends with the piece.
        block: Block,
        /// The first chunk that is wanted.
        from: u64,
    },
    /// As the store gave them.
    Stored(Vec<Chunk>),
}

impl Piece {
    /// Gives each chunk: its number, its stream, when it was read, its bytes.
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

    /// The chunks, with bytes of their own.
    fn into_chunks(self) -> Vec<Chunk> {
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

/// A place in a log that moves on as it is read.
#[derive(Debug)]
pub struct Cursor {
    log: Log,
    next: u64,
    at_once: usize,
    spool: Option<SpoolReader>,
    /// Where a reader of lines is at the start of the last piece, where what was before it is gone.
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

    /// The same, which reads about so many bytes at once: what reads all of a log asks the store less often.
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
            // Looked at before reading: what is complete then is read to its end.
            let complete = self.look().await?.complete;
            if let Some(piece) = self.piece().await? {
                return Ok(Some(piece));
            }
            if complete || !self.grown().await {
                return Ok(None);
            }
        }
    }

    /// How far the log reaches; what comes after this look is what [`Cursor::grown`] waits for.
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

    /// The next chunks, about 256 KiB of them where nothing else was said, or none where the log reaches no further just now.
    ///
    /// # Errors
    /// Where they lie in the store and it does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Chunk>>, ReadError> {
        Ok(self.piece().await?.map(Piece::into_chunks))
    }

    /// The same chunks as [`Cursor::next`], where they lie.
    ///
    /// # Errors
    /// As there.
    pub async fn piece(&mut self) -> Result<Option<Piece>, ReadError> {
        if let Some(live) = self.log.live.clone() {
            match self.read_spool(&live) {
                Ok(piece) => return Ok(piece),
                // The segment has been archived and dropped meanwhile.
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

    /// Goes on where the spool begins, where the store has nothing before that any more; false where there is no such place.
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
        let batches = self
            .log
            .link
            .ask(async |store| store.batches(id, next, at_once).await)
            .await?;
        // A batch that only goes on before what is wanted begins there, and its state is none of ours.
        self.jumped = match batches.first() {
            Some(batch) if batch.seq > next => lines::State::from_bytes(&batch.state).ok(),
            _ => None,
        };
        let all = batches.into_iter().flat_map(|batch| batch.chunks);
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
