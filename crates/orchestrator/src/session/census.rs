//! Who needs the process: the jobs that it has, and the engines that are connected to it.

use tokio::sync::watch;

/// How many there are of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) jobs: usize,
    pub(super) engines: usize,
    /// No job is taken any more.
    closed: bool,
}

/// Counts them.
#[derive(Debug, Clone, Default)]
pub(super) struct Census(watch::Sender<Count>);

/// One job, until everything of it is done.
#[derive(Debug)]
pub(super) struct JobCounted(Census);

/// One engine, as long as it is connected.
#[derive(Debug)]
pub(super) struct EngineCounted(Census);

impl Census {
    /// One job more; none if the process is about to end.
    pub(super) fn job(&self) -> Option<JobCounted> {
        let counted = self.0.send_if_modified(|count| {
            count.jobs += usize::from(!count.closed);
            !count.closed
        });
        counted.then(|| JobCounted(self.clone()))
    }

    /// One engine more.
    pub(super) fn engine(&self) -> EngineCounted {
        self.0.send_modify(|count| count.engines += 1);
        EngineCounted(self.clone())
    }

    /// The numbers as they change.
    pub(super) fn changes(&self) -> watch::Receiver<Count> {
        self.0.subscribe()
    }

    /// Takes no job any more; false if there is one.
    pub(super) fn close(&self) -> bool {
        self.0.send_if_modified(|count| {
            count.closed |= count.jobs == 0;
            count.closed
        })
    }
}

impl Drop for JobCounted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| count.jobs -= 1);
    }
}

impl Drop for EngineCounted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| count.engines -= 1);
    }
}
