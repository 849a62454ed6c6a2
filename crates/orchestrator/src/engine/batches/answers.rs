//! Reads what the hosts of a batch answered: each output once as it ends, as a hash, so that five hundred long ones are
//! grouped without being held; and two of them line by line if a person looks at their difference.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    batch::{
        Answer, Answers, Batch, Difference, Differs, Ended, Group, HostState, OnHost, grouped,
        has_run,
    },
    engine::{Engine, EngineError, ReadError},
    job::JobId,
    log::{
        Line, Stream, diff,
        normalise::{Mask, Masks, Normaliser},
        plain,
    },
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
/// Bytes at the end of an output, in which its last line is looked for.
const TAIL_BYTES: usize = 4096;
/// Bytes of a last line that are shown.
const LAST_BYTES: usize = 512;
/// Bytes of a line without an end that is normalised as one.
const OPEN_BYTES: usize = 1 << 20;

/// Outputs that are over, by job and by whether they were masked.
#[derive(Debug, Default)]
pub(super) struct Outputs(Mutex<HashMap<(JobId, bool), Output>>);

/// An output in short.
#[derive(Debug, Clone, Default)]
struct Output {
    hash: [u8; 32],
    lines: u64,
    last: Arc<str>,
}

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
            async move {
                let job = job?;
                let output = match state {
                    HostState::Running => self.output_so_far(job).await,
                    _ => self.output(job, masks).await,
                };
                Some((rank, output))
            }
        };
        let hosts: Vec<_> = batch.hosts.iter().enumerate().map(read).collect();
        let outputs: Vec<_> = stream::iter(hosts).buffered(AT_ONCE).collect().await;
        let (mut answers, mut ended) = (Vec::new(), Vec::new());
        for (rank, output) in outputs.into_iter().flatten() {
            let host = &batch.hosts[rank];
            let number = u32::try_from(rank).unwrap_or(u32::MAX);
            let output = output?;
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
        let mut sides = [Reading::default(), Reading::default()];
        while let Some(piece) = cursor.piece().await? {
            piece.each(|_, stream, _, bytes| {
                sides[stream as usize].read(bytes, masks.as_ref());
            });
        }
        let output = Reading::finish(sides, masks.as_ref());
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

/// The address of each host, which its own output may name.
struct Masking(HashMap<String, String>);

impl Masking {
    /// Masks what differs from run to run and from host to host. Numbers and words that a person asks hosts for stay.
    fn of(&self, hosts: &[&str]) -> Normaliser {
        let volatile = [
            Mask::Date,
            Mask::Time,
            Mask::Duration,
            Mask::Pid,
            Mask::TempPath,
            Mask::HostName,
        ];
        let stays = Mask::ALL
            .into_iter()
            .filter(|mask| !volatile.contains(mask));
        let names = hosts.iter().map(|name| (*name).to_owned());
        let addresses = hosts.iter().filter_map(|name| self.0.get(*name).cloned());
        Normaliser::new(
            stays.fold(Masks::default(), Masks::without),
            names.chain(addresses).collect(),
        )
    }
}

/// What the lines of two hosts are compared by.
fn keys(masking: Option<&Masking>, one: &str, other: &str) -> impl Fn(&str) -> String + use<> {
    let masks = masking.map(|masking| masking.of(&[one, other]));
    move |line| match &masks {
        Some(masks) => {
            let mut out = String::with_capacity(line.len());
            masks.normalise(line, &mut out);
            out
        }
        None => line.to_owned(),
    }
}

fn text(line: &Line) -> String {
    line.spans.iter().map(|span| span.text.as_str()).collect()
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

/// One stream of an output, as it is read.
#[derive(Debug, Default)]
struct Reading {
    hash: Sha256,
    newlines: u64,
    /// The last bytes.
    tail: Vec<u8>,
    /// The line that has no end yet, if lines are masked.
    open: Vec<u8>,
}

impl Reading {
    fn read(&mut self, bytes: &[u8], masks: Option<&Normaliser>) {
        self.newlines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        let last = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        let surplus = (self.tail.len() + last.len()).saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus.min(self.tail.len()));
        self.tail.extend_from_slice(last);
        let Some(masks) = masks else {
            self.hash.update(bytes);
            return;
        };
        self.open.extend_from_slice(bytes);
        let end = memchr::memrchr(b'\n', &self.open).map_or(0, |end| end + 1);
        let end = if self.open.len() - end > OPEN_BYTES {
            self.open.len()
        } else {
            end
        };
        let rest = self.open.split_off(end);
        let whole = std::mem::replace(&mut self.open, rest);
        self.hash_lines(&whole, masks);
    }

    fn hash_lines(&mut self, whole: &[u8], masks: &Normaliser) {
        let mut out = String::new();
        for line in plain(whole).lines() {
            out.clear();
            masks.normalise(line, &mut out);
            self.hash.update(out.as_bytes());
            self.hash.update(b"\n");
        }
    }

    fn finish(mut sides: [Self; 2], masks: Option<&Normaliser>) -> Output {
        let mut hash = Sha256::new();
        let mut output = Output::default();
        for side in &mut sides {
            if let Some(masks) = masks {
                let open = std::mem::take(&mut side.open);
                side.hash_lines(&open, masks);
            }
            hash.update(std::mem::take(&mut side.hash).finalize());
            let is_open = side.tail.last().is_some_and(|&last| last != b'\n');
            output.lines += side.newlines + u64::from(is_open);
        }
        // Of a command that wrote to both, what it printed is the answer.
        let lasts = sides.iter().map(|side| last_line(&side.tail));
        let mut lasts = lasts.filter(|last| !last.is_empty());
        output.last = lasts.next().unwrap_or_default().into();
        output.hash = hash.finalize().into();
        output
    }
}

fn last_line(tail: &[u8]) -> String {
    let text = plain(tail);
    let lines = text.lines().rev().map(str::trim);
    let last = lines.into_iter().find(|line| !line.is_empty());
    let last = last.unwrap_or_default();
    last[..last.floor_char_boundary(LAST_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &[&str], stderr: &str, masks: Option<&Normaliser>) -> Output {
        let mut sides = [Reading::default(), Reading::default()];
        for piece in stdout {
            sides[0].read(piece.as_bytes(), masks);
        }
        sides[1].read(stderr.as_bytes(), masks);
        Reading::finish(sides, masks)
    }

    #[test]
    fn an_output_is_the_same_in_whatever_pieces_it_came() {
        let whole = output(&["one\ntwo \x1b[1mbold\x1b[0m\n\n"], "aside", None);
        let pieces = output(&["one", "\ntwo \x1b[1mbold\x1b[0m", "\n\n"], "aside", None);
        assert_eq!(whole.hash, pieces.hash);
        assert_eq!((whole.lines, &*whole.last), (4, "two bold"));
        // The two streams are told apart.
        assert_ne!(
            whole.hash,
            output(&["one\ntwo \x1b[1mbold\x1b[0m\n\naside"], "", None).hash
        );
        let none = output(&[], "", None);
        assert_eq!((none.lines, &*none.last), (0, ""));
        assert_eq!(&*output(&["\n"], "only this\n", None).last, "only this");
    }

    #[test]
    fn what_is_masked_makes_no_difference() {
        let of = |name: &str, text: &str| {
            let masks = Masking(HashMap::new()).of(&[name]);
            let (first, rest) = text.split_at(text.len() / 2);
            output(&[first, rest], "", Some(&masks)).hash
        };
        let one = of("web-1", "web-1 up since 12:01:02, nginx[812] 1.27.4");
        assert_eq!(
            one,
            of("web-2", "web-2 up since 09:00:00, nginx[33] 1.27.4")
        );
        assert_ne!(
            one,
            of("web-2", "web-2 up since 09:00:00, nginx[33] 1.24.0")
        );
        assert_ne!(
            one,
            of("web-2", "web-1 up since 12:01:02, nginx[812] 1.27.4")
        );
    }

    #[test]
    fn a_last_line_is_short() {
        assert_eq!(last_line("é".repeat(4000).as_bytes()).len(), LAST_BYTES);
        assert_eq!(last_line(b"one\r\ntwo\r\n \n"), "two");
    }
}
