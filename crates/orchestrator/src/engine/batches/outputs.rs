//! Reads what the hosts of a batch answered: each output once as it ends, as a hash, so that five hundred long ones are
//! grouped without being held; and two of them line by line if a person looks at their difference.

mod digest;
mod last_time;
mod masking;
mod merged;

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use uuid::Uuid;

use self::{
    digest::{LAST_BYTES, Output, OutputReader},
    masking::{Masking, keys},
};
use crate::{
    batch::{
        Answer, Answers, Batch, Difference, Differs, Ended, Group, HostState, OnHost, grouped,
        has_run,
    },
    engine::{Engine, EngineError, ReadError},
    job::JobId,
    log::{Line, Stream, diff, normalise::Normaliser},
};

/// Outputs that are read at once.
const AT_ONCE: usize = 16;
/// Outputs that are remembered: two batches of the largest size, with and without masks.
const MOST_KEPT: usize = 4000;
/// Lines of an output that are compared with another's.
const MOST_LINES: usize = 2000;
/// Bytes of a line that are compared and shown.
const LINE_BYTES: usize = 1024;
/// Groups whose difference to the reference is counted.
const MOST_COMPARED: usize = 64;
/// Outputs that are over, by job and by whether they were masked.
#[derive(Debug, Default)]
pub(super) struct Outputs(Mutex<HashMap<(JobId, bool), Output>>);

impl Engine {
    /// What the hosts of a batch answered so far, and which of them the same. With `masked`, times, durations, process ids,
    /// temporary files and each host's own name and address make no difference.
    ///
    /// # Errors
    /// If there is no such batch, or outputs are in the store and it does not answer.
    pub async fn batch_answers(&self, id: Uuid, masked: bool) -> Result<Answers, EngineError> {
        let batch = self.find_batch(&id.to_string()).await?;
        let masking = self.masking(masked).await?;
        self.answers_of(&batch, masking.as_ref()).await
    }

    async fn answers_of(
        &self,
        batch: &Batch,
        masking: Option<&Masking>,
    ) -> Result<Answers, EngineError> {
        let read = |(rank, host): (usize, &OnHost)| {
            let (job, state) = (host.job, host.state);
            let masks = masking.map(|masking| masking.of(&[&host.name]));
            let engine = self.clone();
            async move {
                let job = job?;
                // A task each: to hash hundreds of long outputs takes every processor that is free.
                let output = tokio::spawn(async move {
                    match state {
                        HostState::Running => engine.output_so_far(job).await,
                        _ => engine.output(job, masks).await,
                    }
                });
                let output = output
                    .await
                    .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
                Some((rank, output))
            }
        };
        let hosts: Vec<_> = batch.hosts.iter().enumerate().map(read).collect();
        let outputs: Vec<_> = stream::iter(hosts).buffered(AT_ONCE).collect().await;
        let (mut answers, mut ended) = (Vec::new(), Vec::new());
        for (rank, output) in outputs.into_iter().flatten() {
            let host = &batch.hosts[rank];
            let number = u32::try_from(rank).unwrap_or(u32::MAX);
            let output = match output {
                Ok(output) => output,
                // A job that was deleted takes no other host's answer away.
                Err(ReadError::NoJob(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            answers.push(Answer {
                host: number,
                lines: output.lines,
                last: output.last.as_ref().to_owned(),
            });
            if host.state.is_over() {
                ended.push(Ended {
                    host: number,
                    state: host.state,
                    why: host.why.clone(),
                    output: output.hash,
                });
            }
        }
        let (mut groups, has_reference) = grouped(&ended);
        if has_reference {
            self.count_differences(batch, &mut groups, masking).await?;
        }
        Ok(Answers {
            answers,
            groups,
            has_reference,
        })
    }

    /// A host's output beside that of the reference. `masked` is as in [`Self::batch_answers`].
    ///
    /// # Errors
    /// If there is no such batch or host, nothing was started there, or outputs are in the store and it does not answer.
    pub async fn batch_difference(
        &self,
        id: Uuid,
        name: &str,
        masked: bool,
    ) -> Result<Difference, EngineError> {
        let batch = self.find_batch(&id.to_string()).await?;
        let masking = self.masking(masked).await?;
        let answers = self.answers_of(&batch, masking.as_ref()).await?;
        let none = || EngineError::NotFound(format!("batch {id} has no host {name}"));
        let rank = batch.hosts.iter().position(|host| host.name == name);
        let rank = rank.ok_or_else(none)?;
        let number = u32::try_from(rank).unwrap_or(u32::MAX);
        let reference = answers.groups.first().filter(|group| {
            // What did not run to its end has no answer to be compared.
            answers.has_reference
                && has_run(batch.hosts[rank].state)
                && !group.hosts.contains(&number)
        });
        let (lines, is_cut) = self.lines_of(&batch, rank).await?;
        let reference = reference.and_then(|group| group.hosts.first().copied());
        let Some(other) = reference.map(|other| other as usize) else {
            let texts = texts(&lines);
            return Ok(Difference {
                host: name.to_owned(),
                reference: None,
                lines: diff::diff(&texts, &texts, ToOwned::to_owned),
                cut: is_cut,
            });
        };
        let (of_reference, other_is_cut) = self.lines_of(&batch, other).await?;
        let reference = batch.hosts[other].name.clone();
        let keys = keys(masking.as_ref(), &reference, name);
        Ok(Difference {
            host: name.to_owned(),
            lines: diff::diff(&texts(&of_reference), &texts(&lines), keys),
            reference: Some(reference),
            cut: is_cut || other_is_cut,
        })
    }

    async fn count_differences(
        &self,
        batch: &Batch,
        groups: &mut [Group],
        masking: Option<&Masking>,
    ) -> Result<(), EngineError> {
        let Some((reference, others)) = groups.split_first_mut() else {
            return Ok(());
        };
        let first = |group: &Group| group.hosts.first().map(|host| *host as usize);
        let Some(rank) = first(reference) else {
            return Ok(());
        };
        let others = others.iter_mut().filter(|group| has_run(group.state));
        let compared: Vec<&mut Group> = others.take(MOST_COMPARED).collect();
        if compared.is_empty() {
            return Ok(());
        }
        let (old, is_cut) = self.lines_of(batch, rank).await?;
        for group in compared {
            let Some(other) = first(group) else { continue };
            let (new, other_is_cut) = self.lines_of(batch, other).await?;
            if is_cut || other_is_cut {
                continue;
            }
            let [old_name, new_name] = [rank, other].map(|rank| &batch.hosts[rank].name);
            let keys = keys(masking, old_name, new_name);
            let (removed, added) = diff::count(&texts(&old), &texts(&new), keys);
            group.differs = Some(Differs { added, removed });
        }
        Ok(())
    }

    /// What is masked in outputs of hosts; none if nothing is to be.
    async fn masking(&self, masked: bool) -> Result<Option<Masking>, EngineError> {
        if !masked {
            return Ok(None);
        }
        let hosts = self.catalog().hosts().await?.found.into_iter();
        let addresses = hosts.map(|host| (host.name, host.hostname));
        Ok(Some(Masking(addresses.collect())))
    }

    /// The output of a job that is over.
    async fn output(&self, job: JobId, masks: Option<Normaliser>) -> Result<Output, ReadError> {
        let key = (job, masks.is_some());
        if let Some(known) = self.0.batches.outputs.0.lock().get(&key) {
            return Ok(known.clone());
        }
        let log = self.logs().of(job);
        let is_whole = log.source().await?.extent().complete;
        let mut cursor = log.cursor(0);
        let mut sides = [OutputReader::default(), OutputReader::default()];
        while let Some(piece) = cursor.piece().await? {
            piece.each(|_, stream, _, bytes| {
                sides[stream as usize].read(bytes, masks.as_ref());
            });
        }
        let output = OutputReader::finish(sides, masks.as_ref());
        if is_whole {
            let mut kept = self.0.batches.outputs.0.lock();
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(key, output.clone());
        }
        Ok(output)
    }

    /// The last line of a job that runs. It has no hash, for it is no answer yet.
    async fn output_so_far(&self, job: JobId) -> Result<Output, ReadError> {
        let log = self.logs().of(job);
        let lines = log.source().await?.extent().lines;
        let last = log
            .lines(lines.saturating_sub(2).max(1), 3, LAST_BYTES)
            .await?;
        let texts = last.iter().rev().map(text);
        let shown = texts
            .map(|text| text.trim().to_owned())
            .find(|text| !text.is_empty());
        Ok(Output {
            lines,
            last: shown.unwrap_or_default().into(),
            ..Output::default()
        })
    }

    /// The first lines of a host's output, those of standard error last, and whether there are more.
    async fn lines_of(
        &self,
        batch: &Batch,
        rank: usize,
    ) -> Result<(Vec<String>, bool), EngineError> {
        let host = &batch.hosts[rank];
        let none = || EngineError::NotFound(format!("nothing was started on {}", host.name));
        let log = self.logs().of(host.job.ok_or_else(none)?);
        let mut lines: Vec<Line> = Vec::new();
        while lines.len() <= MOST_LINES {
            let first = lines.last().map_or(1, |line| line.number + 1);
            let more = log.lines(first, MOST_LINES as u64 + 1, LINE_BYTES).await?;
            if more.is_empty() {
                break;
            }
            lines.extend(more);
        }
        let is_cut = lines.len() > MOST_LINES;
        lines.truncate(MOST_LINES);
        // Which of the two streams came first is chance, and no difference.
        lines.sort_by_key(|line| line.stream == Stream::Stderr);
        Ok((lines.iter().map(text).collect(), is_cut))
    }
}

fn text(line: &Line) -> String {
    line.spans.iter().map(|span| span.text.as_str()).collect()
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}
