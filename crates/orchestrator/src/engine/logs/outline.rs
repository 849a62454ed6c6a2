//! Outlines: the sections and errors of a log. A log is read for its outline when somebody asks for that, and read on from
//! there at the next question.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Mutex as Turn, task::spawn_blocking};

use crate::{
    engine::{Cursor, EngineError, Logs, ReadError},
    job::JobId,
    log::{
        find::{Pattern, Query},
        outline::{Outline, Outliner},
    },
};

/// Outlines that are kept to be read on. Past that, the one that was not asked for the longest is dropped.
const KEPT: usize = 16;

/// The outlines that were asked for last, the latest at the end.
#[derive(Debug, Default)]
pub(in crate::engine) struct Outlines(Mutex<Vec<(JobId, Arc<Turn<Reading>>)>>);

/// An outline, and the cursor that reads on.
#[derive(Debug)]
struct Reading {
    cursor: Cursor,
    outliner: Outliner,
    rules: Vec<String>,
    /// The outline of a log that is complete.
    whole: Option<Outline>,
}

impl Logs {
    /// The outline of a job's log, as far as the log is there.
    ///
    /// # Errors
    /// If it is in the store and the store does not answer.
    pub async fn outline(&self, job: JobId) -> Result<Outline, EngineError> {
        let reading = self.outlines.of(job, || self.reading(job));
        let mut reading = reading.lock_owned().await;
        if reading.rules != self.catalog.settings().error_rules {
            *reading = self.reading(job);
        }
        if let Some(outline) = &reading.whole {
            return Ok(outline.clone());
        }
        // Asked before reading: a log that is complete now is read to its end below, one that grows meanwhile may not be.
        let complete = reading.cursor.look().await?.complete;
        let runtime = Handle::current();
        let read = spawn_blocking(move || reading.catch_up(complete, &runtime)).await;
        let read = read.map_err(|panic| EngineError::Io(panic.into()))?;
        Ok(read?)
    }

    fn reading(&self, job: JobId) -> Reading {
        let rules = self.catalog.settings().error_rules;
        Reading {
            cursor: self.of(job).cursor(0),
            outliner: Outliner::new(rules.iter().filter_map(|rule| pattern(rule)).collect()),
            rules,
            whole: None,
        }
    }
}

/// The pattern of a person's rule. None if it cannot be read: then it was typed into the settings' file by hand, as the
/// app refuses to save it.
fn pattern(rule: &str) -> Option<Pattern> {
    let query = Query {
        text: rule.to_owned(),
        regex: true,
        ..Query::default()
    };
    Pattern::new(&query).ok()
}

impl Reading {
    fn catch_up(&mut self, complete: bool, runtime: &Handle) -> Result<Outline, ReadError> {
        while let Some(chunks) = runtime.block_on(self.cursor.next())? {
            for chunk in &chunks {
                self.outliner.feed(chunk.stream, chunk.at, &chunk.bytes);
            }
        }
        if complete {
            self.outliner.end();
        }
        let outline = self.outliner.outline();
        if complete {
            self.whole = Some(outline.clone());
        }
        Ok(outline)
    }
}

impl Outlines {
    fn of(&self, job: JobId, make: impl FnOnce() -> Reading) -> Arc<Turn<Reading>> {
        let mut all = self.0.lock();
        let known = all.iter().position(|(other, _)| *other == job);
        let own = match known {
            Some(at) => all.remove(at).1,
            None => Arc::new(Turn::new(make())),
        };
        all.push((job, Arc::clone(&own)));
        let past = all.len().saturating_sub(KEPT);
        all.drain(..past);
        own
    }
}
