//! What the disk has to hold before the store hears of it: the store keeps its word, and a power loss must not take back
//! what it says of a job.

use std::io;

use supervisor::{
    folder::{self, Folder},
    spool,
};

use super::{Archiver, dropped_before, off_the_disk};
use crate::engine::follow::live::Mark;

/// Where what is left of a spool begins, if that is after `at`. Its lines are counted from the last place before that at
/// which they are known, so some may be missing in the count.
pub(crate) fn beginning(
    folder: &Folder,
    at: &Mark,
    mark_before: impl FnOnce(u64) -> Option<Mark>,
) -> io::Result<Option<Mark>> {
    let first = spool::first(folder.path())?;
    let Some(first) = first.filter(|first| first.offset > at.at.offset) else {
        return Ok(None);
    };
    let written = dropped_before(folder).filter(|mark| mark.at.offset <= first.offset);
    let near = [mark_before(first.offset), written].into_iter().flatten();
    let near = near.max_by_key(|mark| mark.at.offset);
    Ok(Some(Mark {
        at: first,
        bytes: first.offset - first.seq * spool::HEADER as u64,
        state: near.map_or_else(|| at.state.clone(), |mark| mark.state),
    }))
}

impl<F> Archiver<F> {
    /// Brings the folder onto the disk before the store hears of the job: a row whose folder a power loss takes would be
    /// running for ever.
    pub(super) async fn keep_start(&self) -> io::Result<()> {
        let folder = self.live.folder.clone();
        off_the_disk(move || folder.keep_made(folder::JOB)).await
    }

    /// Whether how the job ended is on the disk: what was reported live may be reported again, what the store says is for good.
    pub(super) async fn end_is_kept(&self) -> io::Result<bool> {
        if self.live.is_kept() {
            return Ok(true);
        }
        let folder = self.live.folder.clone();
        off_the_disk(move || folder.keep(folder::EXIT)).await
    }
}
