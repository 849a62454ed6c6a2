//! Finds text in a job's log, in spool and store alike, and goes on as the log grows.
//!
//! One thread reads the log through a cursor, as all readers do, and keeps the place of each hit. A question for hits is
//! answered from what has been found so far and never waits for that thread. Dropping a [`Find`] ends it.

mod hits;
mod read_log;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use tokio::{sync::watch, task::AbortHandle};

use self::hits::Hits;
pub use self::hits::Nearest;
use crate::{
    engine::{
        EngineError, LINE_BYTES, Log, Logs, ReadError,
        logs::lines::{ANSWER_BYTES, fitting},
    },
    job::JobId,
    log::{
        Encoding, Line,
        find::{Hit, Pattern, Query, hits_in_line},
    },
    wire::HitMarks,
};

/// How far a find has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Hits so far.
    pub hits: u64,
    /// Lines looked at so far.
    pub lines: u64,
    /// Whether all that there is of the log has been looked at.
    pub caught_up: bool,
    /// Whether no more of the log will come.
    pub complete: bool,
    /// Why it stopped early.
    pub why: Option<String>,
}

/// A find under way, or over; ended when dropped.
#[derive(Debug)]
pub struct Find {
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    log: Log,
    pattern: Arc<Pattern>,
    found: Mutex<Hits>,
    progress: watch::Sender<Progress>,
    ended: AtomicBool,
}

impl Drop for Find {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

impl Logs {
    /// Looks for the query in a job's log as an encoding shows it, until the [`Find`] is dropped.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if the pattern cannot be read, with the place in it.
    pub fn find(&self, job: JobId, query: &Query, encoding: Encoding) -> Result<Find, EngineError> {
        let pattern = Pattern::new(query).map_err(|bad| EngineError::Refused(bad.to_string()))?;
        Ok(Find::begin(self.of(job).in_encoding(encoding), pattern))
    }
}

impl Find {
    fn begin(log: Log, pattern: Pattern) -> Self {
        let shared = Arc::new(Shared {
            log,
            pattern: Arc::new(pattern),
            found: Mutex::default(),
            progress: watch::Sender::default(),
            ended: AtomicBool::new(false),
        });
        let task = tokio::spawn(read_log::run(Arc::clone(&shared))).abort_handle();
        Self { shared, task }
    }

    /// Wakes as the find proceeds.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// The next hit after a place, or the last one before it; from the other end if there is none and the whole log has been
    /// searched.
    #[must_use]
    pub fn nearest(&self, line: u64, start: u32, back: bool) -> Option<Nearest> {
        let wraps = self.shared.progress.borrow().caught_up;
        self.found(|found| found.nearest((line, start), back, wraps))
    }

    /// How many lines come before `line` among those with hits and up to `around` lines from one.
    #[must_use]
    pub fn row(&self, line: u64, around: u64) -> u64 {
        let end = self.shared.progress.borrow().lines;
        self.found(|found| found.row(line, around, end))
    }

    /// The hits in lines `first` and on, `count` of them.
    ///
    /// # Errors
    /// If there were too many hits to keep them all, and the lines cannot be read.
    pub async fn hits(&self, first: u64, count: u64) -> Result<Vec<Hit>, ReadError> {
        if let Some(hits) = self.found(|found| found.hits(first, count)) {
            return Ok(hits);
        }
        let (mut hits, mut next) = (Vec::new(), first);
        while next < first.saturating_add(count) {
            let left = first.saturating_add(count) - next;
            let lines = self.shared.log.lines(next, left, LINE_BYTES).await?;
            let Some(last) = lines.last() else { break };
            next = last.number + 1;
            let pattern = &self.shared.pattern;
            hits.extend(lines.iter().flat_map(|line| hits_in_line(pattern, line)));
        }
        Ok(hits)
    }

    /// Of the lines with hits and those up to `around` lines from one, in order, `count` from the `skip`th on, of long ones
    /// fewer; the hits in them; and how many such lines there are in all.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn lines(
        &self,
        around: u64,
        skip: u64,
        count: u64,
    ) -> Result<(Vec<Line>, Vec<Hit>, u64), ReadError> {
        let end = self.shared.progress.borrow().lines;
        let (ranges, total) = self.found(|found| found.near(around, end, skip, count));
        let (mut lines, mut hits) = (Vec::new(), Vec::new());
        'answer: for range in ranges {
            hits.extend(self.hits(range.start, range.end - range.start).await?);
            let mut next = range.start;
            while next < range.end {
                let log = &self.shared.log;
                let some = log.lines(next, range.end - next, LINE_BYTES).await?;
                let Some(last) = some.last() else { break };
                next = last.number + 1;
                lines.extend(some);
                // A line's place in the answer says which row it is, so none is left out before another.
                let fit = fitting(&lines, ANSWER_BYTES);
                if fit < lines.len() {
                    lines.truncate(fit);
                    break 'answer;
                }
            }
        }
        let last = lines.last().map_or(0, |line| line.number);
        hits.retain(|hit| hit.line <= last);
        Ok((lines, hits, total))
    }

    /// Where in the log hits are, for a ruler.
    #[must_use]
    pub fn marks(&self) -> HitMarks {
        self.found(|found| found.marks())
    }

    fn found<T>(&self, ask: impl FnOnce(&Hits) -> T) -> T {
        ask(&self.shared.found.lock())
    }
}

#[cfg(test)]
mod tests;
