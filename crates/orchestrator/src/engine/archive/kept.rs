//! What the disk has to hold before the store hears of it: the store keeps its word, and a power loss must not take back
//! what it says of a job.

use std::io;

use supervisor::folder;

use super::{Archiver, off_the_disk};

impl<F> Archiver<F> {
    /// Brings the folder onto the disk before the store hears of the job: a row whose folder a power loss takes would be
    /// running for ever.
    pub(super) async fn keep_start(&self) -> io::Result<()> {
        let folder = self.live.folder.clone();
        off_the_disk(move || folder.keep_made(folder::JOB)).await
    }

    /// Whether how the job ended is on the disk: what was told live may be told again, what the store says is for good.
    pub(super) async fn end_is_kept(&self) -> io::Result<bool> {
        if self.live.is_kept() {
            return Ok(true);
        }
        let folder = self.live.folder.clone();
        off_the_disk(move || folder.keep(folder::EXIT)).await
    }
}
