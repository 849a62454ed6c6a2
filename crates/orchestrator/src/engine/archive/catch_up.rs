//! Where the archive and the spool meet: what the store has for good is dropped here, and what it has lost is sent again.

use std::io;

use supervisor::spool;

use super::{
    ARCHIVED, ArchiveError, Archiver, StoreError, cut::mark_for_store, disk_room::DiskRoom,
    durable, mark_of_store, off_the_disk,
};
use crate::engine::follow::live::Mark;

/// Bytes of spool that are dropped at once; the store has to have brought them onto its disk before, which takes its time.
const AT_ONCE: u64 = 32 * 1024 * 1024;

/// Whether a job gave back room for what it took in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// As much as it should.
    Enough,
    /// There is little room, and no segment is over.
    NotYet,
}

impl<F: Fn() + Send + Sync> Archiver<F> {
    /// A server that crashed lost what it had not made durable, and a person may have deleted the job; the spool still
    /// has what the store lacks.
    pub(super) async fn recover(&mut self, error: StoreError) -> Result<(), ArchiveError> {
        match error {
            StoreError::Behind { .. } => {}
            StoreError::Gone { .. } => {
                self.saved = None;
                self.save().await?;
            }
            error => return Err(error.into()),
        }
        self.go_back().await
    }

    /// Drops whole segments of the spool, once the server has what is in them on its disk; if the disk is nearly full,
    /// as soon as one is over.
    pub(super) async fn drop_what_is_durable(&mut self) -> Result<Dropped, ArchiveError> {
        let room = DiskRoom::of(&self.live.folder, self.floor);
        if room == DiskRoom::Enough && self.at.at.offset < self.dropped + AT_ONCE {
            return Ok(Dropped::Enough);
        }
        let mut freed = 0;
        let id = self.live.id;
        let durable = self
            .link
            .insist_on_writing(|store| async move { store.make_durable(id).await })
            .await?;
        if let Some(durable) = durable {
            // First written down: from then on only this and the store say where what is left of the spool begins. On a full
            // disk it is the store alone: dropping makes room.
            let (folder, offset) = (self.live.folder.clone(), durable.offset);
            freed = off_the_disk(move || {
                if let Err(error) = folder.write_json_durably(ARCHIVED, &durable) {
                    tracing::warn!(job = %id, %error, "where its spool begins is known to the store alone");
                }
                spool::drop_before(folder.path(), durable.offset)
            })
            .await?;
            self.dropped = offset;
        }
        if room == DiskRoom::None {
            self.link.make_room().await;
        }
        let is_all = self.live.extent().end.offset <= self.at.at.offset;
        Ok(match room {
            DiskRoom::Tight | DiskRoom::None if freed == 0 && !is_all => Dropped::NotYet,
            _ => Dropped::Enough,
        })
    }

    pub(super) async fn go_back(&mut self) -> Result<(), ArchiveError> {
        let id = self.live.id;
        let mark = self
            .link
            .insist(|store| async move { store.mark(id).await })
            .await?;
        self.at = mark.as_ref().map_or_else(Mark::default, mark_of_store);
        self.ahead = None;
        drop(self.spool.take());
        self.damaged = false;
        Ok(())
    }

    /// The store lacks more than the spool has: it went back in time, or its rows were deleted, after it had kept them and
    /// the spool's start was dropped. What the spool has goes on where it begins, and the store knows how much is missing.
    pub(super) async fn pass_gap(&mut self, missing: io::Error) -> Result<(), ArchiveError> {
        let mark_before = |offset| self.live.before_offset(offset);
        let Some(next) = durable::beginning(&self.live.folder, &self.at, mark_before)? else {
            return Err(missing.into());
        };
        let (id, from, mark) = (self.live.id, self.at.at.seq, mark_for_store(&next));
        tracing::error!(job = %id, bytes = next.bytes - self.at.bytes, "a part of a log is neither in its spool nor in the store any more");
        let up_to = &mark;
        let passed = self
            .link
            .insist_on_writing(|store| async move { store.pass(id, from, up_to).await })
            .await;
        match passed {
            Ok(()) => {
                self.at = next;
                Ok(())
            }
            Err(error) => self.recover(error).await,
        }
    }
}
