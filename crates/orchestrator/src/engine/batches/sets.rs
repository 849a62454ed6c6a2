//! The hosts of a batch that were so: `@failed`, `@unreachable`, `@held`, `@canceled` and `@differ` of the last batch, or of one
//! that is named, as `@failed:0192`. The last one is the last that this installation started: a row names no hosts by coming last.

use super::MOST;
use crate::{
    batch::{Batch, HostState},
    engine::{Engine, EngineError, Names},
    fleet::Choice,
};

/// The hosts that ended well and wrote something else than most others.
const DIFFER: &str = "differ";

/// What a set is called, and which hosts of a batch are in it.
type OfBatch = (&'static str, fn(HostState) -> bool);

const SETS: [OfBatch; 4] = [
    ("failed", HostState::is_failure),
    ("unreachable", |state| state == HostState::Unreachable),
    ("held", |state| state == HostState::Held),
    ("canceled", |state| state == HostState::Canceled),
];

impl Engine {
    /// Finds the hosts that a line means, as the catalog does, and with the sets of batches.
    ///
    /// # Errors
    /// The line cannot be read, means no host, has a name that nothing knows (if it may not), or names a batch that is not there.
    pub async fn choose_hosts(&self, line: &str, of: Names) -> Result<Choice, EngineError> {
        let (mut sets, mut of_others) = (Vec::new(), Vec::new());
        let lines = self.with_saved_sets(line).await?;
        let mut seen: Vec<&str> = Vec::new();
        for word in lines.iter().flat_map(|line| words(line)) {
            if seen.contains(&word) {
                continue;
            }
            seen.push(word);
            let (name, batch) = word.split_once(':').unwrap_or((word, "last"));
            let known = SETS.iter().find(|(known, _)| *known == name);
            if known.is_none() && name != DIFFER {
                continue;
            }
            // Who was started for this one line has only begun to look for it.
            self.settled().await;
            let batch = match batch {
                "last" => self.last_started_here().await?,
                named => self.find_batch(named).await?,
            };
            let hosts: Vec<String> = match known {
                Some((_, is_meant)) => batch.names(is_meant).map(ToOwned::to_owned).collect(),
                None => self.differing(&batch).await?,
            };
            if hosts.is_empty() {
                let why = format!("choose hosts: no host of batch {} is in @{name}", batch.id);
                return Err(EngineError::NotFound(why));
            }
            sets.push((word.to_owned(), hosts));
            if self.batches_started_here(vec![batch.clone()]).is_empty() {
                of_others.push((batch.id, batch.owner));
            }
        }
        let choice = self.catalog().choose_hosts(line, sets, of).await?;
        Ok(Choice {
            of_others,
            ..choice
        })
    }

    /// A line, and those of the saved sets that it leads to.
    async fn with_saved_sets(&self, line: &str) -> Result<Vec<String>, EngineError> {
        let mut lines = vec![line.to_owned()];
        if !line.contains('@') {
            return Ok(lines);
        }
        let sets = self.catalog().saved_sets().await?;
        let mut next = 0;
        while let Some(line) = lines.get(next).cloned() {
            next += 1;
            for word in words(&line) {
                let set = sets.iter().find(|set| set.name == word);
                lines.extend(
                    set.map(|set| set.line.clone())
                        .filter(|new| !lines.contains(new)),
                );
            }
        }
        Ok(lines)
    }

    /// The hosts of a batch that ended well and wrote something else than the reference, times and the like aside.
    async fn differing(&self, batch: &Batch) -> Result<Vec<String>, EngineError> {
        let answers = self.batch_answers(batch.id, true).await?;
        let groups = answers
            .groups
            .iter()
            .skip(usize::from(answers.has_reference));
        let groups = groups.filter(|group| group.state == HostState::Done);
        let mut ranks: Vec<usize> = groups
            .flat_map(|group| group.hosts.iter().map(|host| *host as usize))
            .collect();
        ranks.sort_unstable();
        let hosts = ranks.into_iter().filter_map(|rank| batch.hosts.get(rank));
        Ok(hosts.map(|host| host.name.clone()).collect())
    }

    /// The newest batch that this installation started; if there is none, the newest of all.
    async fn last_started_here(&self) -> Result<Batch, EngineError> {
        let all = self.list_batches(MOST).await?;
        match self.batches_started_here(all).into_iter().next() {
            Some(last) => Ok(last),
            None => self.find_batch("last").await,
        }
    }
}

/// What comes after each `@` of a line, up to what ends a tag.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| matches!(c, ',' | '&' | '!' | '(' | ')' | '/') || c.is_whitespace();
    line.split('@').skip(1).map(move |rest| {
        let end = rest.find(ends).unwrap_or(rest.len());
        &rest[..end]
    })
}
