//! Outlines: the sections and errors of a log. A log is read for its outline when somebody asks for that, and read on from
//! there at the next question.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Mutex as Turn, task::spawn_blocking};

use crate::{
    engine::{Cursor, EngineError, Logs, ReadError, start::echoes::echoes},
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
pub(in crate::engine) struct Outlines(Mutex<Vec<(JobId, Held)>>);

/// What is known of one log, for whose turn it is; nothing until it is read for the first time.
type Held = Arc<Turn<Option<Reading>>>;

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
        let mut held = self.outlines.of(job).lock_owned().await;
        let rules = self.catalog.settings().error_rules;
        let mut reading = match held.take().filter(|known| known.rules == rules) {
            Some(reading) => reading,
            None => self.reading(job, rules).await?,
        };
        if let Some(outline) = &reading.whole {
            let outline = outline.clone();
            *held = Some(reading);
            return Ok(outline);
        }
        // Asked before reading: a log that is complete now is read to its end below, one that grows meanwhile may not be.
        let complete = reading.cursor.look().await?.complete;
        let runtime = Handle::current();
        let read = spawn_blocking(move || {
            let outline = reading.catch_up(complete, &runtime);
            *held = Some(reading);
            outline
        });
        let read = read.await;
        let read = read.map_err(|panic| EngineError::Io(panic.into()))?;
        Ok(read?)
    }

    /// At the start of a job's log, with what its makefile lets expect in it.
    async fn reading(&self, job: JobId, rules: Vec<String>) -> Result<Reading, EngineError> {
        // Without its row a log can be read as well.
        let row = self.jobs.get(job).await.ok();
        let expected = self
            .catalog
            .blocking(move |catalog| Ok(row.map(|row| echoes(catalog, &row)).unwrap_or_default()));
        let patterns = rules.iter().filter_map(|rule| pattern(rule)).collect();
        Ok(Reading {
            cursor: self.of(job).cursor(0),
            outliner: Outliner::new(patterns, expected.await?),
            rules,
            whole: None,
        })
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
    fn of(&self, job: JobId) -> Held {
        let mut all = self.0.lock();
        let known = all.iter().position(|(other, _)| *other == job);
        let own = match known {
            Some(at) => all.remove(at).1,
            None => Arc::default(),
        };
        all.push((job, Arc::clone(&own)));
        let past = all.len().saturating_sub(KEPT);
        all.drain(..past);
        own
    }
}
