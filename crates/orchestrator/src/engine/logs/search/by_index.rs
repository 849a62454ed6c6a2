//! Reads by the index only what can hold a hit: the units that are left of it, newest first, and the logs that are not in it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{
    Looked, Part, Text,
    read_logs::{Enough, Read, Reader},
};
use crate::{
    job::{Job, JobId},
    log::lines::State,
    log_index::{Entry, Plan, key},
    store::{LogSize, Segment, Step, StoreError},
};

/// Jobs that are not in the index, at most: of more, listing all is as good.
const BESIDE: u32 = 5000;
/// Units that are asked about at once: first a few, so that what is newest is found soon, and each time twice as many.
const FIRST: usize = 2;
const UNITS: usize = 256;
/// Units of an index that is worth asking although most of its units are left.
const FEW: usize = 64;

/// A job that is to be read, and which parts of it; none for all of it.
struct Todo {
    job: Looked,
    parts: Vec<Entry>,
}

impl Reader<'_> {
    /// Reads what the index leaves. False, before anything is read, if there is none, or it says too little.
    pub(super) async fn by_index(&mut self) -> Result<bool, Enough> {
        // A store that does not answer is reported by who lists its jobs.
        let Some((mut todo, known, units)) = self.left().await.ok().flatten() else {
            return Ok(false);
        };
        self.shared.is_by_index();
        let (mut left, mut count) = (&units[..], FIRST);
        let mut parts = BTreeMap::<u64, Vec<Entry>>::new();
        loop {
            let window;
            (window, left) = left.split_at(count.min(left.len()));
            count = (count * 2).min(UNITS);
            let goes_on = self.entries(window, &mut parts).await?;
            // Older parts of a job come with it.
            let kept = goes_on.filter(|_| !left.is_empty());
            let kept = kept.and_then(|job| parts.remove_entry(&job));
            let now = std::mem::take(&mut parts);
            parts.extend(kept);
            todo.extend(self.jobs_of(now, &known).await?);
            todo.sort_by_key(|todo| todo.job.size.job.listed());
            for todo in todo.drain(..) {
                self.todo(todo).await?;
            }
            self.flush().await?;
            if left.is_empty() {
                self.rest_comes().await?;
                return Ok(true);
            }
        }
    }

    /// The jobs that are not in the index, the ids of all such jobs, whatever is asked for, and the units that are left.
    async fn left(&self) -> Result<Option<(Vec<Todo>, HashSet<JobId>, Vec<u64>)>, StoreError> {
        let logs = &self.shared.logs;
        let Some(plan) = Plan::of(self.shared.pattern.required()) else {
            return Ok(None);
        };
        let (link, scope) = (&logs.jobs.link, &self.shared.whole_scope());
        let asked = link.ask(async |store| store.index_slices(plan.bits()).await);
        let Some((coverage, segments)) = asked.await? else {
            return Ok(None);
        };
        let Some(units) = units(&plan, &segments) else {
            return Ok(None);
        };
        // After those that run here: one that is over by then is in the store.
        let lives = logs.jobs.lives.all();
        let lives: Vec<Job> = lives.iter().map(|live| live.job()).collect();
        let beside = link.ask(async |store| store.beside_index(&coverage, BESIDE).await);
        let Some(mut beside) = beside.await? else {
            return Ok(None);
        };
        let here: HashSet<JobId> = lives.iter().map(|job| job.id).collect();
        beside.extend(&here);
        let stored = link.ask(async |store| store.jobs_of(scope, &beside).await);
        let stored = stored.await?;
        // Only the store knows the pins.
        let pinned: HashSet<JobId> = stored.iter().map(|job| job.id).collect();
        let lives = lives
            .into_iter()
            .filter(|job| scope.matches(job) && (!scope.pinned || pinned.contains(&job.id)));
        let jobs = stored.into_iter().filter(|job| !here.contains(&job.id));
        let todo = jobs.chain(lives).map(|job| Todo {
            job: Arc::new(job).into(),
            parts: Vec::new(),
        });
        Ok(Some((todo.collect(), beside.into_iter().collect(), units)))
    }

    /// Adds what these units are of; the job of which older units have a part, too, if one has.
    async fn entries(
        &mut self,
        units: &[u64],
        parts: &mut BTreeMap<u64, Vec<Entry>>,
    ) -> Result<Option<u64>, Enough> {
        if units.is_empty() {
            return Ok(None);
        }
        let asked = self.ask(async |store| store.index_units(units).await);
        let Some(read) = asked.await.map(Option::unwrap_or_default) else {
            return Ok(None);
        };
        if read.is_empty() {
            let why = "the index of logs was built anew meanwhile: search again";
            self.shared.fails(why.into());
        }
        let oldest = read.last().and_then(|entries| entries.first());
        let goes_on = oldest
            .filter(|entry| entry.start > 0)
            .map(|entry| entry.job);
        for entry in read.into_iter().flatten() {
            parts.entry(entry.job).or_default().push(entry);
        }
        Ok(goes_on)
    }

    /// The jobs that these parts are of, as far as they are asked for and are not known otherwise.
    async fn jobs_of(
        &mut self,
        parts: BTreeMap<u64, Vec<Entry>>,
        known: &HashSet<JobId>,
    ) -> Result<Vec<Todo>, Enough> {
        let keys: Vec<u64> = parts.keys().copied().collect();
        let scope = self.shared.whole_scope();
        let mut todo = Vec::new();
        for keys in keys.chunks(BESIDE as usize) {
            let asked = self.ask(async |store| store.sizes_by_key(&scope, keys).await);
            let jobs = asked.await.unwrap_or_default();
            let of = |size: LogSize| Todo {
                parts: merged(
                    parts
                        .get(&key(size.job.0.as_u128()))
                        .cloned()
                        .unwrap_or_default(),
                ),
                job: size.into(),
            };
            todo.extend(
                jobs.into_iter()
                    .filter(|size| !known.contains(&size.job))
                    .map(of),
            );
        }
        Ok(todo)
    }

    async fn todo(&mut self, Todo { job, parts }: Todo) -> Result<(), Enough> {
        let is_here = self.shared.logs.jobs.lives.get(job.size.job).is_some();
        if is_here {
            return self.job(job).await;
        }
        if parts.first().is_none_or(Entry::is_whole) {
            return self.stored(job).await;
        }
        self.flush().await?;
        let last = parts.len() - 1;
        for (at, part) in parts.into_iter().enumerate() {
            self.read(Read::Part(job.clone(), part, at == last)).await?;
        }
        Ok(())
    }

    /// Sends a part of a log, of which a step has come, and which is the last or not.
    pub(super) async fn part(
        &mut self,
        job: &Looked,
        part: Entry,
        is_last: bool,
        mut step: Step,
    ) -> Result<(), Enough> {
        let (mut seq, mut from) = (part.from, Some(part.from));
        loop {
            let readable = |state: &[u8]| State::from_bytes(state).is_ok();
            let unreadable = step
                .blocks
                .first()
                .is_some_and(|first| from.is_some_and(|from| from > 0) && !readable(first.state()));
            if unreadable {
                // As an older version wrote it: only from its start can it be read.
                (seq, from) = (0, Some(0));
            } else {
                let last = step.blocks.last();
                let next = last.map_or(seq, |block| block.end.unwrap_or(block.seq + 1));
                let is_over = step.whole || next == seq;
                let text = Text::Part {
                    blocks: step.blocks,
                    begins: from.take().map(|from| (from, part.start)),
                    to_end: part.end.is_none(),
                };
                self.send(vec![Part {
                    job: job.clone(),
                    text,
                    is_last: is_over && is_last,
                }])
                .await?;
                if is_over {
                    return Ok(());
                }
                seq = next;
            }
            let (id, limit) = (job.size.job, self.step());
            let next = self.ask(async |store| store.sweep_on(id, seq, part.end, limit).await);
            let Some(next) = next.await else {
                return Ok(());
            };
            step = next;
        }
    }
}

/// The units that are left, newest first; none if those are too many to be of use, or slices are not as they should be.
fn units(plan: &Plan, segments: &[Segment]) -> Option<Vec<u64>> {
    let (mut left, mut all) = (Vec::new(), 0);
    for segment in segments {
        let slices: Vec<&[u8]> = segment.slices.iter().map(Vec::as_slice).collect();
        let units = plan.units(segment.units, &slices)?;
        left.extend(
            units
                .into_iter()
                .rev()
                .map(|unit| segment.first + unit as u64),
        );
        all += segment.units;
    }
    (all <= FEW || left.len() * 2 <= all).then_some(left)
}

/// Parts of one log in order, those that follow each other or overlap as one.
fn merged(mut parts: Vec<Entry>) -> Vec<Entry> {
    parts.sort_unstable_by_key(|part| part.start);
    let mut merged: Vec<Entry> = Vec::new();
    for part in parts {
        match merged.last_mut() {
            Some(last) if last.end.is_none_or(|end| part.start <= end) => {
                last.from = last.from.min(part.from);
                last.end = last
                    .end
                    .and_then(|end| part.end.map(|other| other.max(end)));
            }
            _ => merged.push(part),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_follow_or_overlap_are_read_as_one() {
        let part = |from, start, end| Entry {
            job: 1,
            from,
            start,
            end,
        };
        assert_eq!(
            merged(vec![
                part(9, 10, Some(20)),
                part(0, 0, Some(4)),
                part(3, 4, Some(6)),
                part(15, 20, None),
                part(22, 25, Some(30)),
            ]),
            [part(0, 0, Some(6)), part(9, 10, None)]
        );
    }
}
