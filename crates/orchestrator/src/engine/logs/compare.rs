//! Compares the logs of jobs, in spool and store alike.
//!
//! Each log is read once, by a thread, into a [`Digest`] of eight bytes a line; what differs is worked out from digests
//! alone. The digests of logs that are complete are kept for a while, so that another view of them, or the log of the next
//! failure, costs no reading of what is known. Texts are read when they are shown.

use std::sync::Arc;

use futures_util::future::{try_join, try_join_all};
use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

use crate::{
    compare::{
        Comparison, Digest, Digesting, GREEN, Run, TooLong, View, Wanted, around, line_by_line,
        new_lines,
    },
    engine::{EngineError, LINE_BYTES, Log, Logs, ReadError},
    job::{Job, JobId},
    log::{
        diff::{DiffLine, Side, pair, unchanged},
        normalise::{MaskedPart, Masks, Normaliser, OwnMasks},
    },
    settings::{self, Settings},
};

/// Logs that are read at once, of all comparisons; each takes a processor.
const AT_ONCE: usize = 2;
/// Bytes read at once.
const READ_BYTES: usize = 4 * 1024 * 1024;
/// Lines whose digests are kept: 128 MiB.
const KEPT: usize = 16 * 1024 * 1024;
/// Lines of one answer, at most.
const LINES: u64 = 1000;

/// What is known of logs that were compared, and room for reading more. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Digests(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    room: Semaphore,
    /// Those used last, the latest at the end.
    kept: Mutex<Vec<(Key, Arc<Digest>)>>,
}

/// A log, and what is left out of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    job: JobId,
    masks: Masks,
    names: Vec<String>,
    /// The rules of a person's own.
    own: Vec<String>,
}

impl Default for Digests {
    fn default() -> Self {
        Self(Arc::new(Shared {
            room: Semaphore::new(AT_ONCE),
            kept: Mutex::default(),
        }))
    }
}

impl Logs {
    /// Compares a job's log, as far as it is there, with another's or with those before it that ended well.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if a log is too long; if one of the jobs is not there, or the store does not answer.
    pub async fn compare(&self, wanted: &Wanted) -> Result<Comparison, EngineError> {
        let job = self.jobs.get(wanted.job).await?;
        let with = self.others(&job, wanted).await?;
        let masks = wanted.counted.iter().copied();
        let masks = masks.fold(Masks::default(), Masks::without);
        let own = self.catalog.settings().mask_rules;
        let digest = |job: &Job| {
            let key = Key {
                job: job.id,
                masks,
                names: names(job),
                own: own.clone(),
            };
            let (digests, log) = (self.digests.clone(), self.of(job.id));
            async move { digests.of(key, log).await }
        };
        let (log, others) = try_join(digest(&job), try_join_all(with.iter().map(digest))).await?;
        let (changes, view) = (
            with.first()
                .map(|old| around(old, &job))
                .unwrap_or_default(),
            wanted.view,
        );
        let with = with.iter().map(|job| job.id).collect();
        let compared = spawn_blocking(move || compared(view, &log, &others, with));
        let mut comparison = compared
            .await
            .map_err(|panic| EngineError::Io(panic.into()))?;
        comparison.changes = changes;
        Ok(comparison)
    }

    /// What of a line is left out when logs are compared, by these rules of a person's own beside ours.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if a rule cannot be used, or the line has more than 8,192 bytes.
    pub fn try_masks(
        &self,
        rules: Vec<String>,
        line: &str,
    ) -> Result<Vec<MaskedPart>, EngineError> {
        let settings = Settings {
            mask_rules: rules,
            ..Settings::default()
        };
        settings::in_range(&settings).map_err(|bad| EngineError::Refused(bad.why))?;
        if line.len() > LINE_BYTES {
            let why = format!("at most {LINE_BYTES} bytes of a line are tried");
            return Err(EngineError::Refused(why));
        }
        let own = OwnMasks::new(&settings.mask_rules);
        let normaliser = Normaliser::new(Masks::default(), Vec::new()).with_own(own);
        Ok(normaliser.parts(line))
    }

    /// The lines of runs of a comparison, with what changed in them; at most 1,000 of them, fewer if a log ends before.
    ///
    /// # Errors
    /// If a log is in the store and the store does not answer.
    pub async fn compared_lines(
        &self,
        job: JobId,
        with: Option<JobId>,
        runs: &[Run],
    ) -> Result<Vec<DiffLine>, EngineError> {
        let (mut lines, mut left) = (Vec::new(), LINES);
        for run in runs {
            let count = run.count.min(left);
            left -= count;
            let new = self.texts(Some(job), run.new, count).await?;
            let old = match run.side {
                // They are the same but for what was left out.
                Side::Same => Vec::new(),
                _ => self.texts(with, run.old, count).await?,
            };
            let texts = match run.side {
                Side::Removed => old.len(),
                Side::Added | Side::Same => new.len(),
            };
            for at in 0..texts {
                lines.push(line(run, at, old.get(at), new.get(at)));
            }
            if left == 0 {
                break;
            }
        }
        Ok(lines)
    }

    /// The jobs that one is compared with, newest first.
    async fn others(&self, job: &Job, wanted: &Wanted) -> Result<Vec<Job>, EngineError> {
        if let Some(other) = wanted.with {
            return Ok(vec![self.jobs.get(other).await?]);
        }
        let most = match wanted.view {
            View::New => GREEN,
            View::Lines => 1,
        };
        let mut green = Vec::new();
        for id in self.jobs.green(job, most).await? {
            match self.jobs.get(id).await {
                Ok(job) => green.push(job),
                // It was deleted in this moment.
                Err(EngineError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(green)
    }

    /// The texts of lines, as they are shown, from a number on.
    async fn texts(
        &self,
        job: Option<JobId>,
        first: Option<u64>,
        count: u64,
    ) -> Result<Vec<String>, ReadError> {
        let (Some(job), Some(first)) = (job, first) else {
            return Ok(Vec::new());
        };
        let (log, mut texts, mut next) = (self.of(job), Vec::new(), first.max(1));
        let end = next.saturating_add(count);
        while next < end {
            let lines = log.lines(next, end - next, LINE_BYTES).await?;
            let Some(last) = lines.last() else { break };
            // Lines that are gone have a place, too.
            for line in &lines {
                while next < line.number {
                    texts.push(String::new());
                    next += 1;
                }
                texts.push(line.spans.iter().map(|span| span.text.as_str()).collect());
                next += 1;
            }
            next = last.number + 1;
        }
        Ok(texts)
    }
}

/// Words that name where a job ran, which its log may say.
pub(super) fn names(job: &Job) -> Vec<String> {
    let machine = job.owner.rsplit_once('@').map(|(_, machine)| machine);
    let names = job.host().into_iter().chain(machine);
    names.map(ToOwned::to_owned).collect()
}

fn compared(view: View, log: &Digest, others: &[Arc<Digest>], with: Vec<JobId>) -> Comparison {
    let runs = match (view, others) {
        (View::Lines, [old, ..]) => line_by_line(&old.keys, &log.keys),
        _ => new_lines(others.iter().map(|other| &other.keys[..]), &log.keys),
    };
    Comparison {
        with,
        runs: runs.runs,
        cut: runs.cut,
        lines: log.keys.len() as u64,
        added: runs.added,
        removed: runs.removed,
        masked: log.masked.clone(),
        changes: Vec::new(),
    }
}

fn line(run: &Run, at: usize, old: Option<&String>, new: Option<&String>) -> DiffLine {
    let number = |first: Option<u64>| {
        let number = first?.saturating_add(at as u64);
        Some(u32::try_from(number).unwrap_or(u32::MAX))
    };
    let parts = match (run.side, old, new) {
        (Side::Removed, Some(old), Some(new)) => pair(old, new).0,
        (Side::Added, Some(old), Some(new)) => pair(old, new).1,
        (Side::Removed, old, _) => unchanged(old.map_or("", |text| text)),
        (_, _, new) => unchanged(new.map_or("", |text| text)),
    };
    DiffLine {
        side: run.side,
        old: number(run.old).filter(|_| run.side != Side::Added),
        new: number(run.new).filter(|_| run.side != Side::Removed),
        parts,
    }
}

impl Digests {
    /// The digest of a log: the one that is kept, or a new one.
    async fn of(&self, key: Key, log: Log) -> Result<Arc<Digest>, EngineError> {
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        // It is never closed.
        let _room = self.0.room.acquire().await;
        // Asked before reading: a log that is complete now is read to its end below.
        let is_whole = log.source().await?.extent().complete;
        let runtime = Handle::current();
        let digesting = Digesting::new(key.masks, key.names.clone());
        let digesting = digesting.with_own(OwnMasks::new(&key.own));
        let read = spawn_blocking(move || read(&log, digesting, &runtime));
        let read = read.await.map_err(|panic| EngineError::Io(panic.into()))?;
        let digest = Arc::new(read?);
        if is_whole {
            self.keep(key, &digest);
        }
        Ok(digest)
    }

    fn known(&self, key: &Key) -> Option<Arc<Digest>> {
        let mut kept = self.0.kept.lock();
        let at = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(at);
        let digest = Arc::clone(&found.1);
        kept.push(found);
        Some(digest)
    }

    fn keep(&self, key: Key, digest: &Arc<Digest>) {
        let mut kept = self.0.kept.lock();
        kept.retain(|(known, _)| *known != key);
        kept.push((key, Arc::clone(digest)));
        let mut lines: usize = kept.iter().map(|(_, digest)| digest.keys.len()).sum();
        while lines > KEPT {
            lines -= kept.remove(0).1.keys.len();
        }
    }
}

fn read(log: &Log, mut digesting: Digesting, runtime: &Handle) -> Result<Digest, EngineError> {
    let mut cursor = log.cursor(0).reading(READ_BYTES);
    while let Some(piece) = runtime.block_on(cursor.piece())? {
        if let Some(state) = cursor.take_jump() {
            digesting.jump(&state);
        }
        let mut fed = Ok(());
        piece.each(|_, stream, _, bytes| {
            if fed.is_ok() {
                fed = digesting.feed(stream, bytes);
            }
        });
        fed.map_err(|error: TooLong| EngineError::Refused(format!("job {}: {error}", log.id)))?;
    }
    Ok(digesting.end())
}
