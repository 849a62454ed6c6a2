//! A job's log: who writes it on, and where in it a line or a byte is.

use std::{io, sync::Arc};

use supervisor::spool;

use super::source::{Elsewhere, Source};
use crate::{
    engine::{archive::link::Link, follow::live::Live},
    job::JobId,
    log::{Encoding, lines},
    store::StoreError,
};

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
    /// What its lines are read in.
    pub encoding: Encoding,
}

/// A place to start reading at.
pub(super) struct Start {
    pub(super) seq: u64,
    pub(super) state: lines::State,
}

impl Log {
    /// The same log, its lines read in an encoding.
    #[must_use]
    pub const fn in_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
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
    /// If that part is in the store and the store does not answer.
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

    /// How many bytes of the log were in the store and are gone; 0 for a log that is whole in its folder.
    ///
    /// # Errors
    /// If the store does not answer.
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

    /// Where to start reading for a line: at the last mark or block before it. None if the log has none.
    pub(super) async fn before_line(&self, number: u64) -> Result<Option<Start>, ReadError> {
        if let Some(live) = &self.live
            && let Some(mark) = live.before_line(number)
        {
            return Ok(Some(Start {
                seq: mark.at.seq,
                state: mark.state,
            }));
        }
        let id = self.id;
        let block = self
            .link
            .ask(async |store| store.block_at_line(id, number).await)
            .await?;
        Ok(block.map(|block| Start {
            seq: block.seq,
            state: lines::State::from_bytes(&block.state).unwrap_or_default(),
        }))
    }
}
