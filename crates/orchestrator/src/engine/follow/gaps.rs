//! Reading a job's spool over the gaps that were found in it when it was indexed. Who else reads it goes over the same ones,
//! so that every chunk has one number; damage that comes later ends the log for all who read it.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use supervisor::spool::{Block, Gap, Position, Reader as SpoolReader};

use super::live::Live;

/// A cursor over a spool with known gaps.
#[derive(Debug)]
pub(in crate::engine) struct Reader {
    live: Arc<Live>,
    spool: SpoolReader,
}

impl Reader {
    /// A cursor at `at`.
    ///
    /// # Errors
    /// As [`SpoolReader::open`].
    pub(in crate::engine) fn open(live: &Arc<Live>, at: Position) -> io::Result<Self> {
        let spool = SpoolReader::open_over_gaps(live.folder.path(), at)?;
        if spool.is_before_gap() && !live.has_gap(at.offset) {
            return Err(ErrorKind::NotFound.into());
        }
        let live = Arc::clone(live);
        Ok(Self { live, spool })
    }

    /// Where the next block starts.
    pub(in crate::engine) fn position(&self) -> Position {
        self.spool.position()
    }

    /// As [`SpoolReader::read`], over what is known not to be readable.
    ///
    /// # Errors
    /// As there.
    pub(in crate::engine) fn read(&mut self, until: u64, most: usize) -> io::Result<Option<Block>> {
        while self.live.has_gap(self.spool.position().offset) {
            if self.spool.skip()?.is_none() {
                break;
            }
        }
        self.spool.read(until, most)
    }
}

/// The text for a person about gaps: how many bytes, and after which line.
pub(super) fn words(gaps: &[(Gap, u64)]) -> Option<String> {
    let ((_, line), rest) = gaps.split_first()?;
    let bytes: u64 = gaps.iter().map(|(gap, _)| gap.bytes).sum();
    Some(match rest {
        [] => format!(
            "its log has a gap: the spool is damaged, and {bytes} bytes after line {line} are missing"
        ),
        rest => format!(
            "its log has {} gaps: the spool is damaged, and {bytes} bytes in all are missing, the first after line {line}",
            rest.len() + 1
        ),
    })
}
