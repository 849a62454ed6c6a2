//! The lines of all hosts of a batch by time.

use futures_util::{StreamExt, stream};
use uuid::Uuid;

use super::{AT_ONCE, LINE_BYTES, text};
use crate::{
    batch::{Merged, MergedLine},
    engine::{Engine, EngineError, ReadError},
    job::JobId,
    log::Line,
};

impl Engine {
    /// The last lines of all hosts of a batch, in the order in which they came.
    ///
    /// # Errors
    /// If there is no such batch, or logs are in the store and it does not answer.
    pub async fn batch_merged(&self, id: Uuid) -> Result<Merged, EngineError> {
        let batch = self.find_batch(&id.to_string()).await?;
        let each = Merged::of_each(batch.hosts.len());
        let jobs = batch.hosts.iter().enumerate();
        let jobs = jobs.filter_map(|(rank, host)| Some((u32::try_from(rank).ok()?, host.job?)));
        let read = |(host, job)| self.last_lines(host, job, each);
        let read: Vec<_> = jobs.map(read).collect();
        let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).collect().await;
        let mut hosts = Vec::with_capacity(read.len());
        for lines in read {
            match lines {
                Ok(lines) => hosts.push(lines),
                // A job that was deleted takes no other host's lines away.
                Err(ReadError::NoJob(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Merged::of(hosts))
    }

    /// The last lines of a job, and how many there are before.
    async fn last_lines(
        &self,
        host: u32,
        job: JobId,
        most: u64,
    ) -> Result<(u64, Vec<MergedLine>), ReadError> {
        let log = self.logs().of(job);
        let all = log.source().await?.extent().lines;
        let before = all.saturating_sub(most);
        let mut lines: Vec<Line> = Vec::new();
        // One answer holds so many bytes of them.
        while (lines.len() as u64) < most {
            let first = lines.last().map_or(before, |line| line.number) + 1;
            let more = log.lines(first, most - lines.len() as u64, LINE_BYTES);
            let more = more.await?;
            if more.is_empty() {
                break;
            }
            lines.extend(more);
        }
        let line = |line: &Line| MergedLine {
            host,
            number: line.number,
            stream: line.stream,
            at: line.at,
            text: text(line),
        };
        Ok((before, lines.iter().map(line).collect()))
    }
}
