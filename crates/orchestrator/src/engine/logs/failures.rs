//! What made jobs fail, as their logs say it, and whether earlier runs failed the same.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::{runtime::Handle, task::spawn_blocking};

use super::compare::names;
use crate::{
    compare::{Failure, Seen, fingerprint, history, telling},
    engine::{EngineError, LINE_BYTES, Log, Logs, ReadError},
    job::{Job, JobId, Status},
    log::{normalise::OwnMasks, outline::Outliner},
};

/// Earlier runs that are looked at, and how many of those that failed.
const EARLIER: u32 = 200;
const FAILED: usize = 20;
/// Bytes of a log in which its first error is looked for; in one of which that is not enough, its last line counts.
const FAR: u64 = 64 * 1024 * 1024;
/// Lines around the first error that are looked at, before and after it.
const BEFORE: u64 = 20;
const AFTER: u64 = 200;
/// Jobs of which it is kept what they failed with.
const KEPT: usize = 10_000;

/// What jobs failed with, by their ids. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<Mutex<Found>>);

#[derive(Debug, Default)]
struct Found {
    /// The rules of a person's own by which it was found.
    rules: Vec<String>,
    by_job: HashMap<JobId, Option<u64>>,
}

/// What a log says of a failure.
struct ErrorLine {
    line: u64,
    text: String,
}

impl Logs {
    /// What made a job fail, and which earlier runs of the same failed so; none of a job that has not failed, or wrote
    /// nothing.
    ///
    /// # Errors
    /// If there is no such job, or its log or the earlier ones are in the store and that does not answer.
    pub async fn failure(&self, job: JobId) -> Result<Option<Failure>, EngineError> {
        let job = self.jobs.get(job).await?;
        if job.status() != Status::Error {
            return Ok(None);
        }
        let Some(found_line) = self.error_line(&job).await? else {
            return Ok(None);
        };
        let rules = self.catalog.settings().mask_rules;
        let masks = OwnMasks::new(&rules);
        {
            let mut known = self.failures.0.lock();
            if known.rules != rules {
                known.by_job.clear();
                known.rules = rules;
            }
        }
        let own = fingerprint(&found_line.text, names(&job), &masks);
        let (of, link) = (&job, &self.jobs.link);
        let earlier = link.ask(async |store| store.earlier(of, None, EARLIER).await);
        let earlier = earlier.await?;
        let mut same = Vec::new();
        let failed = earlier.iter().filter(|run| run.status == Status::Error);
        for run in failed.take(FAILED) {
            if self.failed_with(run.id, &masks).await? == Some(own) {
                same.push(run.id);
            }
        }
        let (kind, ids, healed) = history(&earlier, |id| same.contains(&id));
        let mut seen = Vec::new();
        for id in ids {
            let job = self.jobs.get(id).await?;
            seen.push(Seen {
                job: id,
                at: job.queued_at,
                host: job.host().map(ToOwned::to_owned),
            });
        }
        Ok(Some(Failure {
            line: found_line.line,
            text: found_line.text,
            kind,
            seen,
            healed,
        }))
    }

    /// The fingerprint of what a job that is over failed with.
    async fn failed_with(&self, id: JobId, own: &OwnMasks) -> Result<Option<u64>, EngineError> {
        if let Some(known) = self.failures.0.lock().by_job.get(&id) {
            return Ok(*known);
        }
        let job = self.jobs.get(id).await?;
        let found_line = self.error_line(&job).await?;
        let found = found_line.map(|found_line| fingerprint(&found_line.text, names(&job), own));
        let mut known = self.failures.0.lock();
        if known.by_job.len() >= KEPT {
            known.by_job.clear();
        }
        known.by_job.insert(id, found);
        Ok(found)
    }

    /// The line that says best what failed.
    async fn error_line(&self, job: &Job) -> Result<Option<ErrorLine>, EngineError> {
        let log = self.of(job.id);
        let (first, runtime) = (log.clone(), Handle::current());
        let error = spawn_blocking(move || first_error(&first, &runtime));
        let error = error
            .await
            .map_err(|panic| EngineError::Io(panic.into()))??;
        let from = match error {
            Some(line) => line.saturating_sub(BEFORE).max(1),
            None => job.lines.saturating_sub(BEFORE).max(1),
        };
        let mut lines = log.lines(from, BEFORE + AFTER, LINE_BYTES).await?;
        lines.retain(|line| line.number >= from);
        let texts: Vec<String> = lines
            .iter()
            .map(|line| line.spans.iter().map(|span| span.text.as_str()).collect())
            .collect();
        let at = match error {
            Some(error) => {
                let at = lines.iter().position(|line| line.number == error);
                at.map(|at| telling(&texts, at))
            }
            None => texts.iter().rposition(|text| !text.trim().is_empty()),
        };
        Ok(at.map(|at| ErrorLine {
            line: lines[at].number,
            text: texts[at].clone(),
        }))
    }
}

/// The first line that reports an error.
fn first_error(log: &Log, runtime: &Handle) -> Result<Option<u64>, ReadError> {
    let mut cursor = log.cursor(0);
    let mut outliner = Outliner::new(Vec::new(), Vec::new());
    let mut left = FAR;
    while left > 0 {
        let Some(piece) = runtime.block_on(cursor.piece())? else {
            outliner.end();
            break;
        };
        piece.each(|_, stream, at, bytes| {
            outliner.feed(stream, at, bytes);
            left = left.saturating_sub(bytes.len() as u64);
        });
        if outliner.first_error().is_some() {
            break;
        }
    }
    Ok(outliner.first_error())
}
