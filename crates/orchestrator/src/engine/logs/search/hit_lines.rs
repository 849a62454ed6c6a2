//! Gives the lines with hits and those around them, as any reader of the log has them: with their styles, from wherever they
//! are now.

use std::{
    ops::Range,
    sync::{Arc, atomic::Ordering},
};

use tokio::sync::mpsc;

use super::{Hits, Shared};
use crate::{
    engine::{
        LINE_BYTES,
        logs::lines::{ANSWER_BYTES, fitting},
    },
    job::{Job, JobId, JobQuery},
    log::{
        Line,
        find::{Hit, hits_in_line},
    },
    search::{Context, Found},
};

/// Nobody takes what is found, or as much of it as is wanted has been given.
struct Enough;

/// Gives what is found until no more is, nobody takes it, or it is as much as was wanted.
pub(super) async fn give(
    shared: &Arc<Shared>,
    mut hits: mpsc::Receiver<Hits>,
    found: &mpsc::Sender<Found>,
) {
    let mut giver = Giver {
        shared,
        found,
        job: None,
        near: Context::default(),
        given: 0,
    };
    while let Some(some) = hits.recv().await {
        if giver.job(some).await.is_err() {
            shared.stopped.store(true, Ordering::Relaxed);
            return;
        }
    }
}

struct Giver<'a> {
    shared: &'a Shared,
    found: &'a mpsc::Sender<Found>,
    /// Whose lines are given.
    job: Option<Arc<Job>>,
    near: Context,
    /// Lines with hits, of all jobs.
    given: u64,
}

impl Giver<'_> {
    async fn job(&mut self, mut hits: Hits) -> Result<(), Enough> {
        let id = hits.job.size.job;
        let known = self.job.take().filter(|job| job.id == id);
        if known.is_none() {
            self.near = Context::default();
        }
        let known = hits.job.job.take().or(known);
        let job = match known {
            Some(job) => job,
            None => match self.whole(id).await {
                Some(job) => job,
                None => return Ok(()),
            },
        };
        self.job = Some(Arc::clone(&job));
        let wanted = &self.shared.wanted;
        let left = match wanted.limit {
            0 => u64::MAX,
            limit => u64::from(limit) - self.given,
        };
        let is_full = hits.lines.len() as u64 >= left;
        hits.lines
            .truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.given += hits.lines.len() as u64;
        let ranges = self.near.lines(&hits.lines, wanted.context.into());
        self.lines(&job, &hits, ranges).await?;
        if is_full {
            self.shared.end.lock().full = true;
            return Err(Enough);
        }
        Ok(())
    }

    /// All of a job of which only the size was read; none if it is gone, or cannot be read.
    async fn whole(&self, id: JobId) -> Option<Arc<Job>> {
        let link = &self.shared.logs.jobs.link;
        let all = JobQuery::default();
        match link
            .ask(async |store| store.jobs_of(&all, &[id]).await)
            .await
        {
            Ok(mut jobs) => {
                let job = jobs.pop().map(Arc::new);
                self.shared.end.lock().gone += u64::from(job.is_none());
                job
            }
            Err(error) => {
                self.shared.fails(format!("failed to {error}"));
                None
            }
        }
    }

    /// Gives these lines; at least one answer, which has the count.
    async fn lines(
        &self,
        job: &Arc<Job>,
        hits: &Hits,
        ranges: Vec<Range<u64>>,
    ) -> Result<(), Enough> {
        let log = self.shared.logs.of(job.id);
        let (mut lines, mut is_gone) = (Vec::new(), false);
        for range in ranges {
            let mut next = range.start;
            while next < range.end {
                match log.lines(next, range.end - next, LINE_BYTES).await {
                    Ok(some) if some.is_empty() => break,
                    Ok(some) => {
                        next = some.last().map_or(range.end, |last| last.number + 1);
                        lines.extend(some);
                    }
                    Err(error) => {
                        self.shared.fails(error.to_string());
                        return self.send(job, hits, lines).await;
                    }
                }
                if fitting(&lines, ANSWER_BYTES / 2) < lines.len() {
                    self.send(job, hits, std::mem::take(&mut lines)).await?;
                }
            }
            // Lines after the last may not be there yet; one that was seen to hold something was.
            is_gone |= hits.lines.iter().any(|hit| (next..range.end).contains(hit));
        }
        if is_gone {
            self.shared.end.lock().gone += 1;
        }
        self.send(job, hits, lines).await
    }

    async fn send(&self, job: &Arc<Job>, hits: &Hits, lines: Vec<Line>) -> Result<(), Enough> {
        let marks = lines.iter().flat_map(|line| {
            let mut marks = hits_in_line(&self.shared.pattern, line);
            if marks.is_empty() && line.cut && hits.lines.contains(&line.number) {
                marks.push(after(line));
            }
            marks
        });
        let found = Found {
            job: Arc::clone(job),
            hits: marks.collect(),
            lines,
            count: hits.count,
        };
        self.found.send(found).await.map_err(|_| Enough)
    }
}

/// What is found in the part of a line that is not shown: a hit after its text.
fn after(line: &Line) -> Hit {
    let units = line
        .spans
        .iter()
        .map(|span| span.text.encode_utf16().count());
    let start = u32::try_from(units.sum::<usize>()).unwrap_or(u32::MAX - 1);
    Hit {
        line: line.number,
        start,
        end: start + 1,
    }
}
