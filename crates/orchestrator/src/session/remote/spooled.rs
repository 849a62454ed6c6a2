//! Takes the output of a job on a host in: first to the spool, then it is reported.

use std::{io, time::Instant};

use secrecy::{ExposeSecret, SecretString};
use supervisor::{
    control::LastSignal,
    disk::Disk,
    folder::Folder,
    mask::{Mask, Secrets},
    spool::{self, Unspooled, Writer},
};
use tokio::sync::{oneshot, watch};

use super::LEADER;
use crate::{
    log::Stream,
    session::{asking, standing::Standing},
    ssh::{self, Output},
};

/// A job's output, written by its session's thread.
pub(super) struct Spooled {
    pub(super) writer: Writer,
    pub(super) disk: Disk,
    pub(super) unspooled: Unspooled,
    pub(super) standing: watch::Sender<Standing>,
    pub(super) folder: Folder,
    /// Whether `sudo` was given a password.
    pub(super) has_password: bool,
    /// What keeps a secret out of stdout and stderr, if there is one.
    pub(super) masks: Option<[Mask; 2]>,
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

    fn append(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
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

    /// Writes what the masks hold back.
    fn let_go(&mut self) {
        let Some(masks) = &mut self.masks else {
            return;
        };
        let held = masks.each_mut().map(Mask::let_go);
        for (stream, bytes) in [Stream::Stdout, Stream::Stderr].into_iter().zip(held) {
            if let Err(error) = self.append(stream, &bytes) {
                tracing::error!(%error, "the last bytes of an SSH job could not be kept");
            }
        }
    }

    fn append_waiting(&mut self) -> io::Result<()> {
        let appended = self.unspooled.again(&mut self.writer);
        self.committed();
        appended
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        self.let_go();
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
        let taken = self.has_password.then(asking::taken).flatten();
        self.standing.send_modify(|standing| {
            standing.started_at = started_at;
            standing.news.asks = taken.or_else(|| standing.news.asks.take());
        });
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
        match &mut self.masks {
            None => self.append(stream, bytes),
            Some([out, err]) => {
                let mask = match stream {
                    Stream::Stdout => out,
                    Stream::Stderr => err,
                };
                let shown = mask.pass(bytes);
                self.append(stream, &shown)
            }
        }
    }

    fn mask(&mut self, secret: &SecretString) {
        self.has_password = true;
        let secrets = Secrets::of([secret.expose_secret().as_bytes()]);
        self.masks = secrets.map(|secrets| [Mask::new(secrets.clone()), Mask::new(secrets)]);
    }

    fn sent_signal(&mut self, last: Option<&LastSignal>) {
        self.standing.send_if_modified(|standing| {
            let is_news = standing.news.last_signal.as_ref() != last;
            if is_news {
                standing.news.last_signal = last.cloned();
            }
            is_news
        });
    }

    fn settles(&mut self) {
        self.let_go();
    }

    fn noise(&mut self, bytes: &[u8]) {
        tracing::debug!(bytes = bytes.len(), "a login script printed something");
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}
