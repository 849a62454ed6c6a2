//! What stands out in the logs of jobs that somebody looks at: read when it is asked for, and on from there when it is
//! asked for again.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Mutex as Turn, task::spawn_blocking};

use crate::{
    engine::{Cursor, Engine, EngineError, ReadError},
    job::JobId,
    log::{
        find::{Pattern, Query},
        outline::{Outline, Outliner},
    },
};

/// Logs whose outlines are kept to read on from; past that the one asked for least lately goes.
const KEPT: usize = 16;

/// The outlines of the logs that were looked at last, the latest at the end.
#[derive(Debug, Default)]
pub(in crate::engine) struct Outlines(Mutex<Vec<(JobId, Arc<Turn<Reading>>)>>);

/// Where the reader of one log stands.
#[derive(Debug)]
struct Reading {
    cursor: Cursor,
    outliner: Outliner,
    rules: Vec<String>,
    /// The outline of a log that is complete.
    whole: Option<Outline>,
}

impl Engine {
    /// What stands out in a job's log, as far as it is there.
    ///
    /// # Errors
    /// Where it lies in the store and it does not answer.
    pub async fn outline(&self, job: JobId) -> Result<Outline, EngineError> {
        let reading = self.0.outlines.of(job, || self.reading(job));
        let mut reading = reading.lock_owned().await;
        if reading.rules != self.catalog().settings().error_rules {
            *reading = self.reading(job);
        }
        if let Some(outline) = &reading.whole {
            return Ok(outline.clone());
        }
        // Looked at before reading: what is complete then is read to its end.
        let complete = reading.cursor.look().await?.complete;
        let runtime = Handle::current();
        let read = spawn_blocking(move || reading.catch_up(complete, &runtime)).await;
        let read = read.map_err(|panic| EngineError::Io(panic.into()))?;
        Ok(read?)
    }

    fn reading(&self, job: JobId) -> Reading {
        let rules = self.catalog().settings().error_rules;
        Reading {
            cursor: self.log(job).cursor(0),
            outliner: Outliner::new(rules.iter().filter_map(|rule| pattern(rule)).collect()),
            rules,
            whole: None,
        }
    }
}

/// A person's rule; one that cannot be used was refused before, or is in a file that was edited by hand.
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
