//! The end onto the disk: first the spool, then `exit.json`, in a thread that may wait for the disk as long as it takes.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use supervisor::{
    exit::ExitRecord,
    folder::{EXIT, Folder},
    spool::SyncHandle,
};

use crate::own_log::complain;

/// How long to wait before trying again, as when the disk is full.
const RETRY: Duration = Duration::from_secs(1);

/// Where an exit goes to be settled. At most two ever come: one that says more output may come, and the last.
#[derive(Debug)]
pub(crate) struct Settle {
    desk: Arc<Desk>,
    /// One byte when the last is on the disk.
    settled: PipeReader,
}

#[derive(Debug)]
struct Desk {
    folder: Folder,
    spool: SyncHandle,
    settled: PipeWriter,
    /// Whether the last was written, so that none before it is written over it.
    last_written: Mutex<bool>,
}

impl Settle {
    pub(crate) fn new(folder: &Folder, spool: SyncHandle) -> io::Result<Self> {
        let (settled, writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&settled, true)?;
        let desk = Arc::new(Desk {
            folder: folder.clone(),
            spool,
            settled: writer,
            last_written: Mutex::new(false),
        });
        Ok(Self { desk, settled })
    }

    /// Settles an exit, in a thread of its own; if there can be none, before it returns.
    pub(crate) fn settle(&self, exit: ExitRecord) {
        let (desk, same) = (Arc::clone(&self.desk), exit.clone());
        let thread = thread::Builder::new().name("settle".to_owned());
        if let Err(error) = thread.spawn(move || desk.write_down(&same)) {
            complain(format_args!("settling without a thread: {error}"));
            self.desk.write_down(&exit);
        }
    }

    /// Whether the last exit is on the disk. True once.
    pub(crate) fn is_settled(&mut self) -> bool {
        matches!(self.settled.read(&mut [0]), Ok(1))
    }
}

impl AsFd for Settle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.settled.as_fd()
    }
}

impl Desk {
    fn write_down(&self, exit: &ExitRecord) {
        let last_written = self.last_written.lock();
        let mut last_written = last_written.unwrap_or_else(PoisonError::into_inner);
        if *last_written {
            return;
        }
        let mut complained = false;
        while let Err(error) = self.try_to(exit) {
            if !self.folder.path().exists() {
                // The job's folder was removed: there is no place left to report in.
                break;
            }
            if !complained {
                complain(format_args!("{EXIT}: {error}"));
                complained = true;
            }
            thread::sleep(RETRY);
        }
        if exit.complete {
            *last_written = true;
            // The pipe is open as long as this is, and empty.
            (&self.settled).write_all(&[1]).ok();
        }
    }

    fn try_to(&self, exit: &ExitRecord) -> io::Result<()> {
        self.spool.sync()?;
        self.folder.write_json_durably(EXIT, exit)
    }
}
