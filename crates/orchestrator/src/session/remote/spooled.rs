//! Takes the output of a job on a host in: first to the spool, then it is reported.

use std::{io, time::Instant};

use supervisor::{
    disk::Disk,
    folder::Folder,
    spool::{self, Unspooled, Writer},
};
use tokio::sync::{oneshot, watch};

use super::LEADER;
use crate::{
    log::Stream,
    session::standing::Standing,
    ssh::{self, Output},
};

/// A job's output, written by its session's thread.
pub(super) struct Spooled {
    pub(super) writer: Writer,
    pub(super) disk: Disk,
    pub(super) unspooled: Unspooled,
    pub(super) standing: watch::Sender<Standing>,
    pub(super) folder: Folder,
    /// Dropped with this, when no more output will come.
    #[expect(dead_code, reason = "its end is the message")]
    pub(super) closed: oneshot::Sender<()>,
}

impl Spooled {
    /// Reports how far the spool is.
    fn committed(&self) {
        let offset = Some(self.writer.position().offset);
        self.standing.send_if_modified(|standing| {
            std::mem::replace(&mut standing.news.committed, offset) != offset
        });
    }

    fn append_waiting(&mut self) -> io::Result<()> {
        let appended = self.unspooled.again(&mut self.writer);
        self.committed();
        appended
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // The link broke while the disk was full.
        if let Err(error) = self.append_waiting() {
            tracing::error!(%error, "the last bytes of an SSH job could not be kept");
        }
    }
}

impl Output for Spooled {
    fn started(&mut self, remote: &ssh::Remote) {
        if let Err(error) = self.folder.write_json(LEADER, &remote.leader) {
            tracing::warn!(%error, "the process group of an SSH job could not be written down");
        }
        self.writer.sync_handle().note(LEADER);
        let started_at = Some(crate::clock::now().timestamp_micros());
        self.standing
            .send_modify(|standing| standing.started_at = started_at);
    }

    fn full_until(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if self.disk.has_room(now, self.writer.position().offset)
            && let Err(error) = self.append_waiting()
        {
            self.disk.refused(now, &error);
        }
        let why_not = self.disk.why_not();
        self.standing.send_if_modified(|standing| {
            let is_news = standing.news.paused.as_deref() != why_not;
            if is_news {
                standing.news.paused = why_not.map(ToOwned::to_owned);
            }
            is_news
        });
        self.disk.look_at()
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let stream = match stream {
            Stream::Stdout => spool::Stream::Stdout,
            Stream::Stderr => spool::Stream::Stderr,
        };
        let appended = self.unspooled.append(&mut self.writer, stream, bytes);
        self.committed();
        match appended {
            Err(error) if is_full(&error) => {
                self.disk.refused(Instant::now(), &error);
                Ok(())
            }
            appended => appended,
        }
    }

    fn noise(&mut self, bytes: &[u8]) {
        tracing::debug!(bytes = bytes.len(), "a login script printed something");
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}
