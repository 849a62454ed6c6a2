//! How far a job's log reaches.

use supervisor::spool::Position;

/// How far a log reaches just now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Where the spool ends: everything before is whole.
    pub end: Position,
    /// Lines, open ones included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether what runs has the whole screen of its terminal, or would have it in one, as far as was seen.
    pub full_screen: bool,
    /// Where the spool ended when the job was seen to end; 0 before that.
    pub ends_at: u64,
    /// Whether no more will come.
    pub complete: bool,
}

impl Extent {
    /// Whether all that was written before the job's end is known here. A status does not wait for a long log to be read.
    #[must_use]
    pub fn reaches_end(&self) -> bool {
        self.complete || self.end.offset >= self.ends_at
    }
}
