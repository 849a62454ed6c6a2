//! Supervises SSH jobs inside this engine: the same folder, spool and control socket that a supervisor process keeps for
//! a local job, so that whoever follows a job need not know the difference.

use std::{
    io,
    os::unix::net::UnixListener as StdListener,
    sync::{Arc, mpsc},
    time::Instant,
};

use chrono::Utc;
use supervisor::{
    control::{Decoder, Frame, ToEngine, ToSupervisor},
    disk::Disk,
    exit::{Exit, Survivor},
    folder::{self, Folder},
    spool::{self, SyncHandle, Writer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
};

use crate::{
    log::Stream,
    ssh::{self, Ask, Control, Exec, Orders, Output, Route, Sessions},
};

/// What listeners at the control socket are told.
#[derive(Debug, Clone, Default)]
struct Told {
    started_at: Option<i64>,
    offset: u64,
    exit: Option<Exit>,
    complete: bool,
    /// Why its output is not read just now.
    paused: Option<String>,
}

/// Between two looks at whether a command has read the input that waits for it.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(50);

/// Before how a job ended is written down again, where the disk did not take it.
const WRITE_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// The file in a job's folder that says which process group it is on the host, so that the next engine can name it.
pub(crate) const LEADER: &str = "remote.json";

/// The process group on the host of a job whose engine is gone, where it got so far.
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
    /// Runs it, on a thread of its own, until it is over. Returns at once. `started` is called when it runs.
    ///
    /// # Errors
    /// Where the spool cannot be made, the control socket cannot be served, or no thread is to be had.
    pub(crate) fn supervise(
        self,
        listener: StdListener,
        started: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let writer = Writer::create(self.folder.path())?;
        let sync = writer.sync_handle();
        sync.clone().keep_syncing()?;
        let told = watch::Sender::new(Told::default());
        let (orders, taken) = ssh::controls()?;
        listener.set_nonblocking(true)?;
        tokio::spawn(serve(
            UnixListener::from_std(listener)?,
            told.subscribe(),
            orders,
        ));
        let (closed, no_more) = mpsc::channel();
        let output = Spooled {
            disk: Disk::of(self.folder.path(), self.floor),
            waiting: Vec::new(),
            writer,
            told: told.clone(),
            started: Some(Box::new(started)),
            folder: self.folder.clone(),
            closed,
        };
        let supervise = move || self.run(taken, output, &told, &sync, &no_more);
        std::thread::Builder::new()
            .name("ssh job".into())
            .spawn(supervise)?;
        Ok(())
    }

    fn run(
        self,
        orders: Orders,
        output: Spooled,
        told: &watch::Sender<Told>,
        sync: &SyncHandle,
        no_more: &mpsc::Receiver<()>,
    ) {
        let ended = self
            .sessions
            .run(&self.route, self.exec, Box::new(output), orders, &self.ask);
        let mut exit = Exit {
            ended: ended.exit,
            canceled: ended.canceled,
            started_at: told.borrow().started_at,
            finished_at: Utc::now().timestamp_micros(),
            spool_end: told.borrow().offset,
            complete: ended.complete,
            survivors: ended
                .survivors
                .into_iter()
                .map(|command| Survivor { pid: 0, command })
                .collect(),
        };
        told.send_modify(|told| told.exit = Some(exit.clone()));
        if !exit.complete {
            write_down(&self.folder, &exit, sync);
            // A process that outlived the command holds its output; an error means that the output is closed.
            let _closed = no_more.recv().is_err();
            (exit.complete, exit.spool_end) = (true, told.borrow().offset);
        }
        write_down(&self.folder, &exit, sync);
        told.send_modify(|told| told.complete = true);
    }
}

/// Writes down how a job ended, after all that it wrote. What the disk refuses is tried again as long as the folder is
/// there.
fn write_down(folder: &Folder, exit: &Exit, sync: &SyncHandle) {
    let write = || {
        sync.sync()
            .and_then(|()| folder.write_json_durably(folder::EXIT, exit))
    };
    let mut told = false;
    while let Err(error) = write() {
        if !folder.path().exists() {
            return;
        }
        if !std::mem::replace(&mut told, true) {
            tracing::error!(%error, "how an SSH job ended could not be written down yet");
        }
        std::thread::sleep(WRITE_AGAIN);
    }
}

/// Takes a job's output in: first to the spool, then to whoever listens.
struct Spooled {
    writer: Writer,
    disk: Disk,
    /// What was read and found no room: no more than was on its way when that showed, as nothing is read from then on.
    waiting: Vec<(spool::Stream, Vec<u8>)>,
    told: watch::Sender<Told>,
    started: Option<Box<dyn FnOnce() + Send>>,
    folder: Folder,
    /// Dropped with this, when no more output will come.
    #[expect(dead_code, reason = "its end is the message")]
    closed: mpsc::Sender<()>,
}

impl Spooled {
    fn append(&mut self, stream: spool::Stream, bytes: &[u8]) -> io::Result<()> {
        let offset = self.writer.append(stream, bytes)?;
        self.told.send_modify(|told| told.offset = offset);
        Ok(())
    }

    fn append_waiting(&mut self) -> io::Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        while let Some((stream, bytes)) = waiting.next() {
            if let Err(error) = self.append(stream, &bytes) {
                self.waiting = std::iter::once((stream, bytes)).chain(waiting).collect();
                return Err(error);
            }
        }
        Ok(())
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

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

impl Output for Spooled {
    fn started(&mut self, remote: &ssh::Remote) {
        if let Err(error) = self.folder.write_json(LEADER, &remote.leader) {
            tracing::warn!(%error, "the process group of an SSH job could not be written down");
        }
        self.writer.sync_handle().note(LEADER);
        self.told
            .send_modify(|told| told.started_at = Some(Utc::now().timestamp_micros()));
        if let Some(started) = self.started.take() {
            started();
        }
    }

    fn full_until(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if self.disk.has_room(now, self.writer.position().offset)
            && let Err(error) = self.append_waiting()
        {
            self.disk.refused(now, &error);
        }
        let why_not = self.disk.why_not();
        self.told.send_if_modified(|told| {
            let is_news = told.paused.as_deref() != why_not;
            if is_news {
                told.paused = why_not.map(ToOwned::to_owned);
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
        if !self.waiting.is_empty() {
            self.waiting.push((stream, bytes.to_vec()));
            return Ok(());
        }
        match self.append(stream, bytes) {
            Err(error) if is_full(&error) => {
                self.disk.refused(Instant::now(), &error);
                self.waiting.push((stream, bytes.to_vec()));
                Ok(())
            }
            appended => appended,
        }
    }

    fn noise(&mut self, bytes: &[u8]) {
        tracing::debug!(bytes = bytes.len(), "a login script printed something");
    }
}

/// Serves the control socket until the job is over and everyone has been told.
async fn serve(listener: UnixListener, told: watch::Receiver<Told>, orders: ssh::Controls) {
    let mut over = told.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, _)) => {
                    tokio::spawn(talk(connection, told.clone(), orders.clone()));
                }
                Err(error) => tracing::warn!(%error, "a listener could not connect to an SSH job"),
            },
            _over = over.wait_for(|told| told.complete) => return,
        }
    }
}

async fn talk(connection: UnixStream, mut told: watch::Receiver<Told>, orders: ssh::Controls) {
    let (mut input, mut output) = connection.into_split();
    let mut decoder = Decoder::<ToSupervisor>::default();
    let mut buffer = vec![0; 16 * 1024];
    let (mut said, mut paused) = (None, false);
    told.mark_changed();
    loop {
        let mut frames = Vec::new();
        if paused != orders.is_filling(paused) {
            paused = !paused;
            ToEngine::InputPaused(paused).encode(&mut frames);
        }
        if output.write_all(&frames).await.is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN), if paused => {}
            changed = told.changed() => {
                if changed.is_err() {
                    return;
                }
                let now = told.borrow_and_update().clone();
                if output.write_all(&news(said.as_ref(), &now)).await.is_err() || now.complete {
                    return;
                }
                said = Some(now);
            }
            read = input.read(&mut buffer) => {
                let Ok(length @ 1..) = read else { return };
                decoder.push(&buffer[..length]);
                while let Ok(Some(order)) = decoder.next() {
                    if let Some(control) = control(order)
                        && let Err(error) = orders.send(control)
                    {
                        tracing::warn!(%error, "what was typed is dropped");
                    }
                }
            }
        }
    }
}

/// What has changed, as frames; the first ones say how it stands.
fn news(said: Option<&Told>, now: &Told) -> Vec<u8> {
    let mut frames = Vec::new();
    let known = |told: &Told| (told.started_at, told.offset);
    if said.map(known) != Some(known(now)) {
        ToEngine::Committed { offset: now.offset }.encode(&mut frames);
    }
    if said.and_then(|said| said.paused.as_ref()) != now.paused.as_ref() {
        ToEngine::Paused(now.paused.clone()).encode(&mut frames);
    }
    if let Some(exit) = &now.exit
        && said.is_none_or(|said| said.exit.is_none())
    {
        ToEngine::Exit(exit.clone()).encode(&mut frames);
    }
    if now.complete {
        ToEngine::Complete.encode(&mut frames);
    }
    frames
}

fn control(order: ToSupervisor) -> Option<Control> {
    Some(match order {
        ToSupervisor::Cancel { force } => Control::Cancel { force },
        ToSupervisor::Input(bytes) => Control::Input(bytes),
        ToSupervisor::EndInput => Control::EndInput,
        ToSupervisor::Resize(window) => Control::Resize {
            rows: window.rows,
            cols: window.cols,
        },
        ToSupervisor::Signal(_) => return None,
    })
}
