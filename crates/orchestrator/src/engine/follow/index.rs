//! Reads a job's spool once, as it grows: counts its lines, sets marks to read from later, and keeps make's last words.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use supervisor::{
    exit::{Exit, ExitRecord},
    spool::{self, Block, Gap, Reader},
};
use tokio::sync::oneshot;

use super::{
    archived, gaps,
    live::{Live, Mark},
};
use crate::{
    job::{Cause, What},
    log::{Stream, outline::Spot, screen::Screen},
    make,
    project::Place,
};

/// Bytes of spool read at once; also the finest grain of marks.
const READ_BYTES: usize = 256 * 1024;
/// Bytes kept of the end of what make and its recipes write if make complains.
const LAST_WORDS: usize = 16 * 1024;

/// Reads one spool from a mark on.
pub(in crate::engine) struct Indexer {
    pub(in crate::engine) live: Arc<Live>,
    pub(in crate::engine) mark: Mark,
    reader: Option<Reader>,
    /// Answers where what is left of the spool begins; none once that is known.
    beginning: Option<oneshot::Receiver<Mark>>,
    /// How the job ended, as its supervisor last said.
    pub(in crate::engine) exit_record: Option<ExitRecord>,
    /// What keeps the rest of the spool from being read.
    damage: Option<String>,
    /// What was gone over, each with the lines before it.
    gaps: Vec<(Gap, u64)>,
    /// Where make complains; none of a job that is no make.
    complaints: Option<Stream>,
    /// What it does to the screen that it has, or would have in a terminal.
    screen: Screen,
    has_terminal: bool,
    last_words: Vec<u8>,
}

impl Indexer {
    pub(in crate::engine) fn new(live: Arc<Live>, from: Mark) -> Self {
        let job = live.job();
        let complaints = match job.what {
            What::Target { .. } if job.pty => Some(Stream::Stdout),
            What::Target { .. } => Some(Stream::Stderr),
            What::Command => None,
        };
        Self {
            live,
            mark: from,
            reader: None,
            beginning: None,
            exit_record: None,
            damage: None,
            gaps: Vec::new(),
            complaints,
            screen: Screen::default(),
            has_terminal: job.pty,
            last_words: Vec::new(),
        }
    }

    /// The same, of a spool whose beginning only the store knows: it is not read until the store has answered.
    pub(in crate::engine) fn beginning_at(
        live: Arc<Live>,
        beginning: oneshot::Receiver<Mark>,
    ) -> Self {
        Self {
            beginning: Some(beginning),
            ..Self::new(live, Mark::default())
        }
    }

    /// Whether it is known where what is left of the spool begins.
    pub(in crate::engine) fn has_beginning(&self) -> bool {
        self.beginning.is_none()
    }

    /// Waits until that is known: for ever if the store cannot say. May be dropped and called again.
    pub(in crate::engine) async fn begin(&mut self) {
        let Some(beginning) = &mut self.beginning else {
            return;
        };
        let Ok(mark) = beginning.await else {
            // Only while the runtime goes down: who asks holds on to its end.
            return std::future::pending().await;
        };
        self.live.begins_at(&mark);
        (self.mark, self.beginning) = (mark, None);
    }

    /// Whether there is something to read before the offset `until`.
    pub(in crate::engine) fn is_behind(&self, until: u64) -> bool {
        self.has_beginning() && self.damage.is_none() && self.mark.at.offset < until
    }

    /// Whether all is read that was written before the job ended so, or can be read of it.
    pub(in crate::engine) fn has_read(&self, exit_record: &ExitRecord) -> bool {
        self.has_beginning() && !self.is_behind(exit_record.spool_end)
    }

    /// Reads up to the offset `until`, or to the first damage: what comes after that is not read.
    ///
    /// # Errors
    /// If the system refuses.
    #[cfg(test)]
    pub(in crate::engine) fn catch_up(&mut self, until: u64) -> io::Result<()> {
        while self.is_behind(until) {
            self.step(until)?;
        }
        Ok(())
    }

    /// Reads one piece on towards the offset `until`, or finds that the spool is damaged: reading stops there. Whoever
    /// has much to read does something else between two pieces: threads are few, and other jobs' statuses are due.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::engine) fn step(&mut self, until: u64) -> io::Result<()> {
        let at = self.mark.at.offset;
        let read = self.read_on(until).and_then(|more| {
            if more {
                Ok(())
            } else {
                Err(cut_short(at, until))
            }
        });
        self.note_damage(read)
    }

    /// Reads all whole records of a spool that is no longer written.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::engine) async fn read_to_end(&mut self) -> io::Result<()> {
        self.begin().await;
        while self.damage.is_none() {
            match self.read_on(u64::MAX) {
                Ok(true) => tokio::task::yield_now().await,
                Ok(false) => return Ok(()),
                // It never began to write.
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) => self.note_damage(Err(error))?,
            }
        }
        Ok(())
    }

    fn note_damage(&mut self, read: io::Result<()>) -> io::Result<()> {
        match read {
            Err(error) if is_damage(&error) => {
                tracing::error!(job = %self.live.id, %error, "the rest of a log cannot be read");
                self.damage = Some(damage(&error));
                Ok(())
            }
            read => read,
        }
    }

    /// Reads one piece; false if there is none before `until`.
    fn read_on(&mut self, until: u64) -> io::Result<bool> {
        let Some(block) = self.next_block(until)? else {
            return Ok(false);
        };
        for record in &block.records {
            let bytes = &block.bytes[record.payload.clone()];
            let stream = stream(record.stream);
            self.mark.state.advance(stream, bytes);
            self.mark.bytes += bytes.len() as u64;
            self.screen.feed(bytes);
            if self.complaints == Some(stream) {
                keep_end(&mut self.last_words, bytes);
            }
        }
        self.mark.at = block.end;
        let redraws = self.screen.redraws() && !self.has_terminal;
        let full_screen = self.screen.is_alternate() || redraws;
        self.live.grew(&self.mark, full_screen);
        Ok(true)
    }

    /// The next block, after what cannot be read of the spool if something whole comes after it.
    fn next_block(&mut self, until: u64) -> io::Result<Option<Block>> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(Reader::open_over_gaps(
                self.live.folder.path(),
                self.mark.at,
            )?),
        };
        let read = if reader.is_before_gap() {
            Err(ErrorKind::NotFound.into())
        } else {
            reader.read(until, READ_BYTES)
        };
        let may_be_gap = match &read {
            Ok(Some(_)) => false,
            Ok(None) => true,
            // Or another engine has archived it and dropped it.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                archived::dropped_before(&self.live.folder)
                    .is_none_or(|mark| mark.at.offset <= self.mark.at.offset)
            }
            Err(error) => is_damage(error),
        };
        if !may_be_gap || self.mark.at.offset >= until {
            return read;
        }
        // A segment may be large, and is looked through byte by byte.
        let Some(gap) = reader.skip()? else {
            return read;
        };
        if gap.until >= until {
            self.reader = None;
            return read;
        }
        tracing::error!(job = %self.live.id, ?gap, "a part of a log cannot be read");
        self.live.found_gap(gap.at.offset);
        self.gaps.push((gap, self.mark.state.lines()));
        self.mark.at.offset = gap.until;
        reader.read(until, READ_BYTES)
    }

    /// What was found to be wrong with the spool.
    pub(in crate::engine) fn found_damage(&self) -> Option<String> {
        self.damage.clone()
    }

    /// What is wrong with the log of a job that ended so.
    pub(in crate::engine) fn damage(&self, exit_record: &ExitRecord) -> Option<String> {
        let at = self.mark.at.offset;
        let short = || damage(&cut_short(at, exit_record.spool_end));
        let early = self.found_damage();
        let early = early.or_else(|| (at < exit_record.spool_end).then(short));
        let all: Vec<_> = gaps::words(&self.gaps).into_iter().chain(early).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// The recipe that made make fail, as make itself said at its end; none of a job that ended otherwise.
    pub(in crate::engine) fn cause(&self, exit_record: &ExitRecord) -> Option<Cause> {
        if !matches!(exit_record.ended, Exit::Code { code: 1.. }) {
            return None;
        }
        let make::Failure { place, how } = make::failure(&self.last_words)?;
        Some(Cause {
            text: how.to_string(),
            spot: place.map(|Place { file, line }| Spot {
                file,
                line,
                column: None,
            }),
        })
    }
}

/// Whether what was written is not there any more, in whatever way we try to read it.
pub(in crate::engine) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    )
}

/// The text for a person about it.
pub(in crate::engine) fn damage(error: &io::Error) -> String {
    format!("its log ends early: {error}")
}

/// The error for a spool of which less can be read than was written.
pub(in crate::engine) fn cut_short(at: u64, until: u64) -> io::Error {
    let why = format!(
        "the spool is damaged at byte {at}: {until} bytes were written, and no whole record is there"
    );
    io::Error::new(ErrorKind::UnexpectedEof, why)
}

/// Appends `bytes` and keeps the last [`LAST_WORDS`] of all.
fn keep_end(kept: &mut Vec<u8>, bytes: &[u8]) {
    kept.extend_from_slice(&bytes[bytes.len().saturating_sub(LAST_WORDS)..]);
    kept.drain(..kept.len().saturating_sub(LAST_WORDS));
}

/// The spool's word for a stream in ours.
pub(in crate::engine) fn stream(stream: spool::Stream) -> Stream {
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
