//! Supervises SSH jobs inside this engine: the same folder, spool and control socket that a supervisor process keeps for
//! a local job, so that a follower of a job need not know the difference.
//!
//! A job has no thread of its own: its session's thread writes the spool ([`spooled`]), tasks wait for its end, serve its
//! socket ([`socket`]) and bring what is written onto the disk.

mod socket;
mod spooled;

use std::{io, os::unix::net::UnixListener as StdListener, sync::Arc, time::Duration};

use chrono::Utc;
use supervisor::{
    control::News,
    disk::Disk,
    exit::{Exit, Survivor},
    folder::{self, Folder},
    spool::{SYNC_EVERY, SyncHandle, Unspooled, Writer},
};
use tokio::{
    net::UnixListener,
    sync::{Semaphore, oneshot, watch},
    task::spawn_blocking,
};

use self::spooled::Spooled;
use crate::ssh::{self, Ask, Exec, Handle, Route, Sessions};

/// What listeners at the control socket are sent.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// When the command was seen to start, in microseconds since 1970.
    started_at: Option<i64>,
    news: News,
}

/// Before how a job ended is written down again, if the disk did not take it.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// Spools that are brought onto the disk at once, so that many jobs need few threads for it.
static SYNCS: Semaphore = Semaphore::const_new(8);

/// The file in a job's folder that says which process group it is on the host, so that the next engine can name it.
pub(crate) const LEADER: &str = "remote.json";

/// The process group on the host of a job whose engine is gone, if it got so far.
pub(crate) fn process_group(folder: &Folder) -> Option<u32> {
    folder.read_json(LEADER).ok().flatten()
}

/// A command to run on a host.
pub(crate) struct Remote {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) route: Route,
    pub(crate) exec: Exec,
    pub(crate) folder: Folder,
    pub(crate) ask: Arc<dyn Ask>,
    /// Free bytes of the disk below which it waits.
    pub(crate) floor: u64,
}

impl Remote {
    /// Runs it until it is over. Returns at once. `started` is called when it runs.
    ///
    /// # Errors
    /// If the spool cannot be made, or the control socket cannot be served.
    pub(crate) fn supervise(
        self,
        listener: StdListener,
        started: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let writer = Writer::create(self.folder.path())?;
        let sync = writer.sync_handle();
        let standing = watch::Sender::new(Standing::default());
        standing.send_modify(|standing| standing.news.committed = Some(0));
        let (orders, taken) = ssh::controls()?;
        listener.set_nonblocking(true)?;
        let listener = UnixListener::from_std(listener)?;
        tokio::spawn(socket::serve(listener, standing.subscribe(), orders));
        tokio::spawn(keep_syncing(sync.clone(), standing.subscribe()));
        let (closed, no_more) = oneshot::channel();
        let output = Spooled {
            disk: Disk::of(self.folder.path(), self.floor),
            unspooled: Unspooled::default(),
            writer,
            standing: standing.clone(),
            started: Some(Box::new(started)),
            folder: self.folder.clone(),
            closed,
        };
        let Self {
            sessions,
            route,
            exec,
            folder,
            ask,
            ..
        } = self;
        let job = sessions.submit(&route, exec, Box::new(output), taken, &ask);
        tokio::spawn(settle(job, folder, standing, sync, no_more));
        Ok(())
    }
}

/// Waits for a job's end, reports it and writes it down.
async fn settle(
    job: Handle,
    folder: Folder,
    standing: watch::Sender<Standing>,
    sync: SyncHandle,
    no_more: oneshot::Receiver<()>,
) {
    let ended = job.ended().await;
    let spool_end = || standing.borrow().news.committed.unwrap_or_default();
    // Each look at it is over before the next: two at once would wait for each other if a writer came between.
    let started_at = standing.borrow().started_at;
    let mut exit = Exit {
        ended: ended.exit,
        canceled: ended.canceled,
        started_at,
        finished_at: Utc::now().timestamp_micros(),
        spool_end: spool_end(),
        complete: ended.complete,
        survivors: ended
            .survivors
            .into_iter()
            .map(|command| Survivor { pid: 0, command })
            .collect(),
        notes: ended.notes,
    };
    standing.send_modify(|standing| standing.news.exit = Some(exit.clone()));
    if !exit.complete {
        write_down(&folder, &exit, &sync).await;
        // A process that outlived the command holds its output; an error means that the output is closed.
        let _closed = no_more.await.is_err();
        (exit.complete, exit.spool_end) = (true, spool_end());
    }
    write_down(&folder, &exit, &sync).await;
    standing.send_modify(|standing| standing.news.complete = true);
}

/// Brings a spool onto the disk at once, and then a moment after anything has changed, as a supervisor's own thread does.
/// What fails is met again by whoever writes the end down.
async fn keep_syncing(sync: SyncHandle, mut standing: watch::Receiver<Standing>) {
    loop {
        if let Ok(_turn) = SYNCS.acquire().await {
            let sync = sync.clone();
            let _synced = spawn_blocking(move || sync.sync()).await.is_ok();
        }
        if standing.changed().await.is_err() || standing.borrow_and_update().news.complete {
            return;
        }
        tokio::time::sleep(SYNC_EVERY).await;
    }
}

/// Writes down how a job ended, after all that it wrote. What the disk refuses is tried again as long as the folder is
/// there.
async fn write_down(folder: &Folder, exit: &Exit, sync: &SyncHandle) {
    let mut is_reported = false;
    loop {
        let (folder, exit, sync) = (folder.clone(), exit.clone(), sync.clone());
        let writing = spawn_blocking(move || {
            let written = sync
                .sync()
                .and_then(|()| folder.write_json_durably(folder::EXIT, &exit));
            written.map_err(|error| (error, folder.path().exists()))
        });
        match writing.await {
            Ok(Err((error, true))) => {
                if !std::mem::replace(&mut is_reported, true) {
                    tracing::error!(%error, "how an SSH job ended could not be written down yet");
                }
            }
            Ok(Ok(()) | Err((_, false))) | Err(_) => return,
        }
        tokio::time::sleep(WRITE_AGAIN).await;
    }
}
