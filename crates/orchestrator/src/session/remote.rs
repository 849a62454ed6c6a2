//! Supervises jobs on a host: the same folder, spool and control socket that a supervisor process keeps for a local job, so
//! that the engine that follows a job need not know the difference.
//!
//! A job has no thread of its own: its session's thread writes the spool ([`spooled`]), tasks wait for its end, serve its
//! socket ([`socket`]) and bring what is written onto the disk.

mod socket;
mod spooled;

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixListener as StdListener},
    sync::Arc,
    time::Duration,
};

use supervisor::{
    apart::SESSION,
    control::ToSupervisor,
    disk::Disk,
    exit::{ExitRecord, Survivor},
    folder::{self, Folder},
    identity::Identity,
    spool::{SYNC_EVERY, SyncHandle, Unspooled, Writer},
};
use tokio::{
    net::UnixListener,
    sync::{oneshot, watch},
    task::spawn_blocking,
};

use self::spooled::Spooled;
use super::{archiver, asking::Asking, census::JobCounted, order::Order, standing::Standing};
use crate::ssh::{self, Ask, Handle, Sessions};

/// Before how a job ended is written down again, if the disk did not take it.
const WRITE_AGAIN: Duration = Duration::from_secs(1);
/// Between two looks at whether a job's folder is there, and how often in a row it may be missed.
const LOOK_FOR_FOLDER: Duration = Duration::from_secs(5);
const MISSED: u32 = 3;

/// The file in a job's folder that says which process group it is on the host, so that it can be named when its session is
/// killed.
pub const LEADER: &str = "remote.json";

/// The process group on the host of a job whose session is gone, if it got so far.
#[must_use]
pub fn process_group(folder: &Folder) -> Option<u32> {
    folder.read_json(LEADER).ok().flatten()
}

/// A command to run on a host.
pub(super) struct RemoteJob {
    pub(super) sessions: Arc<Sessions>,
    pub(super) order: Order,
    pub(super) folder: Folder,
    /// This process, as the job's folder is to say.
    pub(super) holder: Identity,
    /// What the job has for itself.
    pub(super) turn: OwnedFd,
    /// Held until everything of the job is done.
    pub(super) counted: Arc<JobCounted>,
}

impl RemoteJob {
    /// Runs it until it is over. Returns at once.
    ///
    /// # Errors
    /// If the spool cannot be made, or the control socket cannot be served.
    pub(super) fn supervise(self, listener: StdListener) -> io::Result<()> {
        // Fails if another process was here before us, and leaves its files alone.
        let writer = Writer::create(self.folder.path())?;
        self.folder.write_json(SESSION, &self.holder)?;
        let sync = writer.sync_handle();
        let standing = watch::Sender::new(Standing::default());
        standing.send_modify(|standing| standing.news.committed = Some(0));
        let (orders, taken) = ssh::controls()?;
        listener.set_nonblocking(true)?;
        let listener = UnixListener::from_std(listener)?;
        let asking = Arc::new(Asking::of(standing.clone()));
        let job = socket::JobFeed {
            standing: standing.subscribe(),
            orders,
            asking: Arc::clone(&asking),
            counted: Arc::clone(&self.counted),
        };
        let gone = end_if_folder_deleted(self.folder.clone(), job.clone());
        tokio::spawn(socket::serve(listener, job));
        tokio::spawn(gone);
        tokio::spawn(keep_syncing(sync.clone(), standing.subscribe()));
        let (closed, no_more) = oneshot::channel();
        let output = Spooled {
            disk: Disk::of(self.folder.path(), self.order.floor),
            unspooled: Unspooled::default(),
            has_password: false,
            masks: None,
            writer,
            standing: standing.clone(),
            folder: self.folder.clone(),
            closed,
        };
        let (route, exec) = (&self.order.route, self.order.exec());
        let ask: Arc<dyn Ask> = asking;
        let job = self
            .sessions
            .submit(route, exec, Box::new(output), taken, &ask);
        tokio::spawn(self.settle(job, ask, standing, sync, no_more));
        Ok(())
    }

    /// Waits for the job's end, reports it, writes it down, and leaves it to be archived.
    async fn settle(
        self,
        job: Handle,
        ask: Arc<dyn Ask>,
        standing: watch::Sender<Standing>,
        sync: SyncHandle,
        no_more: oneshot::Receiver<()>,
    ) {
        let Self {
            folder,
            turn,
            order,
            counted,
            sessions,
            ..
        } = self;
        let ended = job.ended().await;
        // One look at a time: two looks at once with a writer in between would wait for ever.
        let spool_end = || {
            let now = standing.borrow();
            now.news.committed.unwrap_or_default()
        };
        let started_at = {
            let now = standing.borrow();
            now.started_at
        };
        let mut exit = ExitRecord {
            ended: ended.exit,
            canceled: ended.canceled,
            started_at,
            finished_at: crate::clock::now().timestamp_micros(),
            spool_end: spool_end(),
            complete: ended.complete,
            survivors: ended
                .survivors
                .into_iter()
                .map(|command| Survivor { pid: 0, command })
                .collect(),
            notes: ended.notes,
        };
        // Before the end is reported: its reader may start the next job.
        drop(turn);
        standing.send_modify(|standing| standing.news.exit = Some(exit.clone()));
        if !exit.complete {
            write_down(&folder, &exit, &sync).await;
            // A process that outlived the command holds its output; an error means that the output is closed.
            let _closed = no_more.await.is_err();
            (exit.complete, exit.spool_end) = (true, spool_end());
        }
        write_down(&folder, &exit, &sync).await;
        standing.send_modify(|standing| standing.news.complete = true);
        archiver::leave(&folder).await;
        if let Some(unfinished) = ended.unfinished {
            let is_done = sessions.finish(&order.route, unfinished, &ask).await;
            tracing::info!(is_done, "the rest of a cancel");
        }
        drop(counted);
    }
}

/// Brings a spool onto the disk at once, and then a moment after anything has changed, as a supervisor's own thread does.
/// A failure is met again when the end is written.
async fn keep_syncing(sync: SyncHandle, mut standing: watch::Receiver<Standing>) {
    loop {
        // As many at once as the process has threads for it; the others wait.
        let this = sync.clone();
        let _synced = spawn_blocking(move || this.sync()).await.is_ok();
        if standing.changed().await.is_err() || standing.borrow_and_update().news.complete {
            return;
        }
        tokio::time::sleep(SYNC_EVERY).await;
    }
}

/// Ends a job whose folder was deleted: nobody can read its log, cancel it or learn how it ended. One that was only
/// moved may be moved back in time.
async fn end_if_folder_deleted(folder: Folder, job: socket::JobFeed) {
    let mut over = job.standing.clone();
    let mut missed = 0;
    while missed < MISSED {
        tokio::select! {
            _over = over.wait_for(|standing| standing.news.complete) => return,
            () = tokio::time::sleep(LOOK_FOR_FOLDER) => {}
        }
        missed = if folder.path().exists() {
            0
        } else {
            missed + 1
        };
    }
    job.obey(ToSupervisor::Cancel { force: false });
}

/// Writes down how a job ended, after all that it wrote. What the disk refuses is tried again as long as the folder is
/// there.
async fn write_down(folder: &Folder, exit: &ExitRecord, sync: &SyncHandle) {
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
