//! Reads a job's spool once, as it grows: counts its lines, sets marks to read from later, and keeps make's last words.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use supervisor::{
    exit::{Ended, Exit as Seen},
    spool::{self, Reader},
};

use super::live::{Live, Mark};
use crate::{job::What, log::Stream, make};

/// Bytes of spool read at once; also the finest grain of marks.
const READ_BYTES: usize = 256 * 1024;
/// Bytes kept of the end of what make and its recipes write where make complains.
const LAST_WORDS: usize = 16 * 1024;

/// Reads one spool from a mark on.
pub(super) struct Indexer {
    pub(super) live: Arc<Live>,
    pub(super) mark: Mark,
    reader: Option<Reader>,
    /// Where make complains; none of a job that is no make.
    complaints: Option<Stream>,
    last_words: Vec<u8>,
}

impl Indexer {
    pub(super) fn new(live: Arc<Live>, from: Mark) -> Self {
        let job = live.job();
        let complaints = match job.what {
            What::Target { .. } if job.pty => Some(Stream::Stdout),
            What::Target { .. } => Some(Stream::Stderr),
            What::Command { .. } => None,
        };
        Self {
            live,
            mark: from,
            reader: None,
            complaints,
            last_words: Vec::new(),
        }
    }

    /// Reads up to the offset `until`.
    ///
    /// # Errors
    /// Where the spool cannot be read so far.
    pub(super) fn catch_up(&mut self, until: u64) -> io::Result<()> {
        if until <= self.mark.at.offset {
            return Ok(());
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(Reader::open(self.live.folder.path(), self.mark.at)?),
        };
        while let Some(block) = reader.read(until, READ_BYTES)? {
            for record in &block.records {
                let bytes = &block.bytes[record.payload.clone()];
                let stream = stream(record.stream);
                self.mark.state.advance(stream, bytes);
                self.mark.bytes += bytes.len() as u64;
                if self.complaints == Some(stream) {
                    keep_end(&mut self.last_words, bytes);
                }
            }
            self.mark.at = block.end;
            self.live.grew(&self.mark);
        }
        if self.mark.at.offset < until {
            return Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                format!(
                    "{until} bytes were told of, {} are there",
                    self.mark.at.offset
                ),
            ));
        }
        Ok(())
    }

    /// The recipe that made make fail, as make itself said at its end; none of a job that ended otherwise.
    pub(super) fn cause(&self, seen: &Seen) -> Option<String> {
        if !matches!(seen.ended, Ended::Code { code: 1.. }) {
            return None;
        }
        make::failure(&self.last_words).map(|failure| failure.to_string())
    }
}

/// Appends `bytes` and keeps the last [`LAST_WORDS`] of all.
fn keep_end(kept: &mut Vec<u8>, bytes: &[u8]) {
    kept.extend_from_slice(&bytes[bytes.len().saturating_sub(LAST_WORDS)..]);
    kept.drain(..kept.len().saturating_sub(LAST_WORDS));
}

/// The spool's word for a stream in ours.
pub(super) fn stream(stream: spool::Stream) -> Stream {
    match stream {
        spool::Stream::Stdout => Stream::Stdout,
        spool::Stream::Stderr => Stream::Stderr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_the_last_ones() {
        let mut kept = Vec::new();
        for piece in [vec![b'a'; 10], vec![b'b'; LAST_WORDS - 5], vec![b'c'; 2]] {
            keep_end(&mut kept, &piece);
        }
        assert_eq!(kept.len(), LAST_WORDS);
        assert!(kept.starts_with(b"aaab") && kept.ends_with(b"bcc"));
        keep_end(&mut kept, &vec![b'd'; 2 * LAST_WORDS]);
        assert_eq!(kept, vec![b'd'; LAST_WORDS]);
    }
}
