//! Copies one job's spool into the store, and drops from disk what has arrived there.
//!
//! It reads the spool on its own, from where the archive ends, so the store may be away for as long as it likes: that
//! costs disk, not bytes. It knows no subscriber.

mod catch_up;
mod claim;
mod cut;
mod disk_room;
mod durable;
pub(super) mod link;
pub(super) mod unarchived;

use std::{io, sync::Arc, time::Duration};

use tokio::{sync::OwnedSemaphorePermit, task::JoinHandle};

use self::{
    catch_up::Dropped,
    cut::{Cut, Spool, TRANSACTION_BYTES, mark_for_store},
    link::Link,
};
pub(crate) use super::follow::archived::{ARCHIVED, dropped_before, mark_of_store};
use super::follow::{
    index,
    live::{Live, Mark},
};
use crate::{
    job::{Commit, State},
    store::{Store, StoreError},
};

/// How long output waits for more, from the first of it that the store lacks. Small blocks grow by it, and a burst is
/// with whoever looks on before the store, which packs it, asks for a processor: the spool holds it meanwhile.
const BLOCK_TIME: Duration = Duration::from_secs(1);

/// How long a new job is kept from the store: most are over by then, and are written in one go.
const SHORT: Duration = Duration::from_millis(50);
/// Bytes of spool of a job that is written in one go, at most.
const SHORT_BYTES: u64 = 256 * 1024;

/// While a job's end is reported and not on the disk yet, and no process reports when it is, it is looked for this often.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Why a job could not be archived for good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The store refuses.
    #[error("failed to {0}")]
    Store(#[from] StoreError),
    /// The spool cannot be read.
    #[error("failed to read the spool: {0}")]
    Spool(#[from] io::Error),
}

pub(crate) use self::durable::beginning;

/// Jobs that are over and archived at once. Each holds some files open.
pub(super) const LATE: usize = 32;

/// Archives a job until it is over and all of it has arrived, and removes its folder then. After an error it may be
/// called again, and goes on from what the store has; `goes_on` is called whenever something has arrived. `floor` is how many
/// bytes of the disk jobs leave free.
pub(crate) async fn archive(
    live: Arc<Live>,
    link: Link,
    floor: u64,
    goes_on: impl Fn() + Send + Sync,
) -> Result<(), ArchiveError> {
    let mut archiver = Archiver {
        at: Mark::default(),
        spool: Spool::of(Arc::clone(&live)),
        ahead: None,
        live,
        link,
        turn: None,
        floor,
        goes_on,
        saved: None,
        settled: false,
        damaged: false,
        dropped: 0,
    };
    if archiver.is_short().await && archiver.write_whole().await? {
        return Ok(archiver.drop_folder().await?);
    }
    archiver.keep_start().await?;
    archiver.save().await?;
    archiver.go_back().await?;
    archiver.run().await
}

struct Archiver<F> {
    live: Arc<Live>,
    link: Link,
    /// A turn to send a lot, kept while the disk is nearly full.
    turn: Option<OwnedSemaphorePermit>,
    /// Free bytes of the disk below which jobs wait.
    floor: u64,
    goes_on: F,
    spool: Spool,
    /// What comes next, while it is read beside the sending of what came before.
    ahead: Option<JoinHandle<(Spool, io::Result<Cut>)>>,
    at: Mark,
    /// The job as it was last written to the store, beside its log.
    saved: Option<(State, Option<Commit>)>,
    settled: bool,
    /// Whether the rest of the spool cannot be read.
    damaged: bool,
    /// The spool's first offset that may still be there.
    dropped: u64,
}

impl<F: Fn() + Send + Sync> Archiver<F> {
    async fn run(&mut self) -> Result<(), ArchiveError> {
        let mut growth = self.live.growth();
        let mut changes = self.live.job_changes();
        let mut caught_up = true;
        loop {
            let extent = *growth.borrow_and_update();
            let over = changes.borrow_and_update().state.status().is_over();
            if !over {
                self.save().await?;
            }
            if extent.end.offset > self.at.at.offset && !self.damaged {
                if caught_up {
                    self.gather(&mut growth).await;
                }
                self.send().await?;
                caught_up = self.live.extent().end.offset <= self.at.at.offset;
            } else if let Some(turn) = self.turn.take() {
                drop(turn);
            } else if extent.complete {
                // What could not be written to the folder is kept by the store first.
                self.end_is_kept().await?;
                if self.settle().await? {
                    return Ok(self.drop_folder().await?);
                }
            } else if over && !self.settled && extent.reaches_end() && self.end_is_kept().await? {
                // A process that outlived the job still holds its output; the status does not wait for it.
                self.settle().await?;
            } else {
                (self.goes_on)();
                let woken = tokio::select! {
                    woken = growth.changed() => woken,
                    woken = changes.changed() => woken,
                    () = tokio::time::sleep(LOOK_AGAIN), if over && !self.settled => Ok(()),
                };
                if woken.is_err() {
                    return Ok(());
                }
            }
        }
    }

    /// Waits a moment, and says whether the job is over by then, with a log that is small and here from its start.
    async fn is_short(&self) -> bool {
        let mut growth = self.live.growth();
        let complete = growth.wait_for(|extent| extent.complete);
        let is_complete = matches!(tokio::time::timeout(SHORT, complete).await, Ok(Ok(_)));
        is_complete
            && self.live.job_status().is_over()
            && self.live.extent().end.offset <= SHORT_BYTES
            && self.live.before_seq(0).is_some()
            && !self.live.goes_on_in_store()
    }

    /// Writes the job with all its log; false if the store has some of it, or the log cannot be read to its end.
    async fn write_whole(&mut self) -> Result<bool, ArchiveError> {
        let end = self.live.extent().end;
        let (blocks, at) = match end.offset {
            0 => (Vec::new(), Mark::default()),
            _ => match self.cut() {
                Ok(cut) if cut.next.at == end => (cut.blocks, cut.next),
                // What is wrong with it is met again on the usual way.
                Ok(_) | Err(_) => return Ok(false),
            },
        };
        self.end_is_kept().await?;
        let mark = mark_for_store(&at);
        let mut job = self.live.job();
        (job.lines, job.bytes) = (at.state.lines(), at.bytes);
        let (ended, all, up_to) = (&job, &blocks, &mark);
        let written = self
            .link
            .insist_on_writing(|store| async move { store.write_whole(ended, all, up_to).await })
            .await?;
        if written {
            self.live.settled();
        }
        Ok(written)
    }

    /// A folder whose spool is damaged is kept beside, for a person to look at what else is in it.
    async fn drop_folder(&self) -> io::Result<()> {
        let (folder, damaged) = (self.live.folder.clone(), self.live.job().damage.is_some());
        off_the_disk(move || {
            if damaged {
                folder.set_aside()
            } else {
                folder.remove()
            }
        })
        .await
    }

    /// Writes the job as it is, if the store does not know that yet. How it ended is [`Self::settle`]'s to write,
    /// after the log.
    async fn save(&mut self) -> Result<(), ArchiveError> {
        let live = &self.live;
        let now = || {
            let mut job = live.job();
            if let State::Ended { started_at, .. } = job.state {
                job.state = started_at.map_or(State::Queued { waits: None }, |started_at| {
                    State::Running { started_at }
                });
            }
            job
        };
        let job = now();
        if self.saved.as_ref() == Some(&(job.state.clone(), job.commit().cloned())) {
            return Ok(());
        }
        let save = |store: Store| {
            let job = now();
            async move {
                let saved = (job.state.clone(), job.commit().cloned());
                store.save_job(&job).await.map(|()| saved)
            }
        };
        self.saved = Some(self.link.insist_on_writing(save).await?);
        Ok(())
    }

    /// Waits until a second has passed, or the job is over.
    async fn gather(&self, growth: &mut tokio::sync::watch::Receiver<super::follow::live::Extent>) {
        let live = &self.live;
        let over = growth.wait_for(|extent| extent.complete || live.job_status().is_over());
        // Either way there is something to send.
        let _waited = tokio::time::timeout(BLOCK_TIME, over).await.is_ok();
    }

    async fn send(&mut self) -> Result<(), ArchiveError> {
        // Before it is read, so that who waits holds no memory.
        let waiting = self.live.extent().end.offset - self.at.at.offset;
        let much = waiting >= (TRANSACTION_BYTES / 2) as u64;
        let turn = match self.turn.take() {
            None if much => self.turn().await,
            turn => turn,
        };
        let cut = match self.next_cut().await {
            Err(error) if index::is_damage(&error) => {
                self.found_damage(&error);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.pass_gap(error).await;
            }
            cut => cut?,
        };
        let Cut { blocks, next, .. } = cut;
        if much {
            self.read_ahead(&next);
        }
        let mark = mark_for_store(&next);
        let id = self.live.id;
        let (sending, up_to) = (&blocks, &mark);
        let sent = self
            .link
            .insist_on_writing(|store| async move { store.archive(id, sending, up_to).await })
            .await;
        match sent {
            Ok(()) => {
                self.at = next;
                (self.goes_on)();
                if self.drop_what_is_durable().await? == Dropped::NotYet {
                    // What is in both places takes room that there is not: no other job's turn begins before it is
                    // dropped.
                    self.turn = turn;
                }
                Ok(())
            }
            Err(error) => self.recover(error).await,
        }
    }

    /// The spool was whole when it was indexed, and is not any more: what has been read is all there will be.
    fn found_damage(&mut self, error: &io::Error) {
        tracing::error!(job = %self.live.id, %error, "the rest of a log cannot be archived");
        self.damaged = true;
        self.settled = false;
        self.live.change(|job| {
            job.damage.get_or_insert_with(|| index::damage(error));
        });
    }

    /// A turn to send a lot. If others wait for one, what was read ahead is dropped, and read again.
    async fn turn(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Some(turn) = self.link.bulk_now() {
            return Some(turn);
        }
        self.ahead = None;
        self.link.bulk().await
    }

    /// What is to be sent next: what was read ahead, if it begins where the archive ends.
    async fn next_cut(&mut self) -> io::Result<Cut> {
        if let Some(ahead) = self.ahead.take() {
            let (spool, cut) = ahead.await.map_err(io::Error::other)?;
            self.spool = spool;
            if let Ok(cut) = cut
                && cut.from == self.at.at
            {
                return Ok(cut);
            }
        }
        self.cut()
    }

    /// Reads on from a mark, as far as the log reaches now, while that mark is on its way to the store.
    fn read_ahead(&mut self, from: &Mark) {
        let until = self.live.extent().end.offset;
        if until < from.at.offset + (TRANSACTION_BYTES / 2) as u64 {
            return;
        }
        let (mut spool, from) = (self.spool.take(), from.clone());
        self.ahead = Some(tokio::task::spawn_blocking(move || {
            let cut = spool.cut(from, until);
            (spool, cut)
        }));
    }

    fn cut(&mut self) -> io::Result<Cut> {
        let until = self.live.extent().end.offset;
        self.spool.cut(self.at.clone(), until)
    }

    /// Writes how the job ended; false if the server turned out to lack some of the log.
    async fn settle(&mut self) -> Result<bool, ArchiveError> {
        let mark = mark_for_store(&self.at);
        let mut job = self.live.job();
        (job.lines, job.bytes) = (self.at.state.lines(), self.at.bytes);
        let (ended, up_to) = (&job, &mark);
        match self
            .link
            .insist_on_writing(|store| async move { store.settle(ended, up_to).await })
            .await
        {
            Ok(()) => {
                self.settled = true;
                self.live.settled();
                Ok(true)
            }
            Err(error) => self.recover(error).await.map(|()| false),
        }
    }
}

/// Drops files, on a thread that may block: the kernel waits for those of their pages that are on their way to the disk,
/// seconds if that is busy, and meanwhile every log would stand still.
async fn off_the_disk<T: Send + 'static>(
    drops: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(drops)
        .await
        .map_err(io::Error::other)?
}
