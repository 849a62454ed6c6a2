//! Searches the logs of many jobs, in spool and store alike, newest job first.
//!
//! Three stages, each at most a step ahead of the next: one task [reads](read_logs) the logs, the store's in large steps, and of
//! those in the index only what [can hold a hit](by_index); a thread
//! [looks](hits) through them and keeps the numbers of lines that hold a hit; another task [gives](hit_lines) those lines, read
//! once more as any reader of lines has them. So memory is bounded by a few steps, however many logs there are, and whoever
//! takes what is found sets the pace. Dropping a [`Searching`] ends all three.

mod by_index;
mod hit_lines;
mod hits;
mod read_logs;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::{JoinSet, spawn_blocking},
};

use super::Logs;
use crate::{
    engine::{EngineError, jobs::is_query},
    job::{Job, JobQuery},
    log::{find::Pattern, lines::State},
    search::{CONTEXT, End, Found, Progress, Wanted},
    store::{LogSize, RawBlock},
};

use super::piece::Piece;

/// Searches that read at once, of all pages; the next one waits. Each takes a processor.
const AT_ONCE: usize = 2;
/// What is found and not taken yet, each at most 512 KiB.
const FOUND: usize = 2;

/// How long a search takes before all that it is of is counted, which reads every job's row: who waits so long wants to see
/// how far it is, and one that is over by then has not been slowed down.
const TO_COUNT: Duration = Duration::from_secs(1);

/// A search of many logs under way, or over; ended when dropped.
#[derive(Debug)]
pub struct Searching {
    shared: Arc<Shared>,
    found: mpsc::Receiver<Found>,
    /// They end with it.
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    wanted: Wanted,
    pattern: Arc<Pattern>,
    logs: Logs,
    progress: watch::Sender<Progress>,
    stopped: AtomicBool,
    /// Whether an index says which logs need not be read.
    by_index: AtomicBool,
    /// How it will have ended.
    end: parking_lot::Mutex<End>,
}

/// A job whose log is read.
#[derive(Debug, Clone)]
struct Looked {
    size: LogSize,
    /// All of it, if it is known: of most jobs nothing is found, and no more need be read than that.
    job: Option<Arc<Job>>,
}

/// A part of a job's log, as it was read.
#[derive(Debug)]
struct Part {
    job: Looked,
    text: Text,
    /// Whether no more of the job's log comes.
    is_last: bool,
}

#[derive(Debug)]
enum Text {
    /// Of a folder here; and where a reader of lines is, if what comes before is gone.
    Spooled(Box<Piece>, Option<Box<State>>),
    /// Of the store.
    Stored(Vec<RawBlock>),
    /// Of a part of it.
    Part {
        blocks: Vec<RawBlock>,
        /// The chunk it is read from, and that from which on lines count, at its first blocks.
        begins: Option<(u64, u64)>,
        /// Whether it goes to the log's end.
        to_end: bool,
    },
    /// None that can be read; or none is left.
    None,
}

/// Lines of a job that hold a hit.
#[derive(Debug)]
struct Hits {
    job: Looked,
    /// Their numbers, as far as they are to be shown.
    lines: Vec<u64>,
    /// How many of the job there are so far.
    count: u64,
}

/// Turns for searches. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct SearchSlots(Arc<Semaphore>);

impl Default for SearchSlots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Logs {
    /// Looks for something in the logs of many jobs, as far as they go now, until the [`Searching`] is dropped.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if the pattern cannot be read, with the place in it; if a text of the scope holds U+0000.
    pub fn search(&self, wanted: &Wanted) -> Result<Searching, EngineError> {
        let pattern = Pattern::new(&wanted.query);
        let pattern = pattern.map_err(|bad| EngineError::Refused(bad.to_string()))?;
        is_query(&wanted.scope)?;
        let mut wanted = wanted.clone();
        wanted.context = wanted.context.min(CONTEXT);
        let (give, found) = mpsc::channel(FOUND);
        let shared = Arc::new(Shared {
            wanted,
            pattern: Arc::new(pattern),
            logs: self.clone(),
            progress: watch::Sender::default(),
            stopped: AtomicBool::new(false),
            by_index: AtomicBool::new(false),
            end: parking_lot::Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(run(Arc::clone(&shared), give));
        Ok(Searching {
            shared,
            found,
            _tasks: tasks,
        })
    }
}

/// Runs the three stages until they are through.
async fn run(shared: Arc<Shared>, give: mpsc::Sender<Found>) {
    let room = shared.logs.searches.0.clone();
    // It is never closed.
    let Ok(_room) = room.acquire_owned().await else {
        return;
    };
    let (parts_in, parts) = mpsc::channel(1);
    let (hits_in, hits) = mpsc::channel(1);
    let looking = Arc::clone(&shared);
    let looking = spawn_blocking(move || hits::look(&looking, parts, &hits_in));
    let through = async {
        tokio::join!(
            read_logs::read(&shared, parts_in),
            hit_lines::give(&shared, hits, &give)
        );
        // It ends with the stages around it.
        looking.await.is_ok()
    };
    let count = async {
        tokio::time::sleep(TO_COUNT).await;
        shared.count().await;
    };
    tokio::pin!(through);
    let is_whole = tokio::select! {
        // A search that is over does not wait for its size to be known.
        is_whole = &mut through => is_whole,
        () = count => through.await,
    };
    shared.over(is_whole);
}

impl From<Arc<Job>> for Looked {
    fn from(job: Arc<Job>) -> Self {
        Self {
            size: LogSize {
                job: job.id,
                bytes: job.bytes,
                is_over: job.status().is_over(),
            },
            job: Some(job),
        }
    }
}

impl From<LogSize> for Looked {
    fn from(size: LogSize) -> Self {
        Self { size, job: None }
    }
}

impl Searching {
    /// The next lines that are found, those of one job together; none once it is over, and
    /// [`Progress::end`] then says how.
    pub async fn next(&mut self) -> Option<Found> {
        self.found.recv().await
    }

    /// Wakes as the search proceeds.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn is_by_index(&self) {
        self.by_index.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Counts what there is to be looked through, beside looking. A store that does not answer is reported by who reads it.
    async fn count(&self) {
        let scope = &self.wanted.scope;
        let counted = self
            .logs
            .jobs
            .link
            .ask(async |store| store.extent(scope).await);
        if let Ok(of) = counted.await {
            self.progress.send_modify(|progress| progress.of = Some(of));
        }
    }

    /// Reports how it ended. A thread that looks and panics leaves the rest unseen.
    fn over(&self, is_whole: bool) {
        if !is_whole {
            self.fails("the search met a fault of the app itself: please report it".into());
        }
        let end = self.end.lock().clone();
        self.progress.send_modify(|progress| {
            if !end.full && end.why.is_none() {
                // All that there is has been looked through, or is known to hold nothing.
                let by_index = self.by_index.load(Ordering::Relaxed);
                let of = progress.of.filter(|_| by_index).unwrap_or_default();
                progress.jobs = progress.jobs.max(of.0);
                progress.bytes = progress.bytes.max(of.1);
                // By an index it has met a few of them, and how many there are may not be counted yet.
                if progress.of.is_some() || !by_index {
                    progress.of = Some((progress.jobs, progress.bytes));
                }
            }
            progress.end = Some(end);
        });
    }

    /// Reports why not all can be looked through; the first reason counts.
    fn fails(&self, why: String) {
        self.end.lock().why.get_or_insert(why);
    }

    /// The scope.
    fn whole_scope(&self) -> JobQuery {
        self.page(self.wanted.scope.before, 0)
    }

    /// The scope, from after `before` on.
    fn page(&self, before: Option<crate::job::JobId>, limit: u32) -> JobQuery {
        JobQuery {
            before,
            limit,
            ..self.wanted.scope.clone()
        }
    }
}
