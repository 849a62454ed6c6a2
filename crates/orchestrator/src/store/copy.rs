//! Jobs of one store into another: their rows as they are, those of their logs, and what people say of them. A job is in
//! the other store whole or not at all: before it is committed there, the other server's checksum of it is compared with
//! that of ours.

use std::{collections::HashMap, time::Duration};

use sha2::{Digest, Sha256};
use sqlx::{Connection, postgres::PgRow};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Result, Store, StoreError,
    archive_sql::DURABLE,
    copy_sql::{self, Head, Listed},
};
use crate::job::JobId;

/// How long a step may take, however long a job's log is.
const TO_COPY: Duration = Duration::from_secs(6 * 3600);
/// Bytes of the logs of jobs that are copied in one transaction, if they are more than one.
const TOGETHER: i64 = 4 << 20;
/// Bytes of a log that are read at once, to compare it.
const READ: u64 = 4 << 20;
/// Pages of rows that wait for the other server.
const PAGES: usize = 1;

const DIFFERS: &str = "a job of this id that differs is there already, and was left as it is";

/// What came of a step.
#[derive(Debug, Default)]
pub struct CopyStep {
    /// The last job that was looked at: the next step goes on after it. None if there was no job.
    pub last: Option<JobId>,
    /// Jobs that are in the other store now and were not before.
    pub jobs: u64,
    /// Bytes of their logs.
    pub bytes: u64,
    /// Jobs that were there already.
    pub known: u64,
    /// Jobs that are not over.
    pub unended: u64,
    /// Jobs that were not copied, and why.
    pub failed: Vec<(JobId, String)>,
}

impl Store {
    /// How many jobs there are, and how many bytes of log they have.
    ///
    /// # Errors
    /// Any error of the server.
    pub async fn to_copy(&self) -> Result<(u64, u64)> {
        self.with(async |connection| copy_sql::total(connection, &self.tables).await)
            .await
    }

    /// Copies the next jobs after one, in the order of their ids: all that are over and that `to` has not yet. `came` is called
    /// with the bytes of log that have been read and are on their way.
    ///
    /// # Errors
    /// Any error of either server, whose address the error has. What was copied before is there.
    pub async fn copy_next(
        &self,
        to: &Self,
        after: Option<JobId>,
        mut came: impl FnMut(u64),
    ) -> Result<CopyStep> {
        let after = after.map_or_else(Uuid::nil, |job| job.0);
        let listed =
            self.with(async |connection| copy_sql::list(connection, &self.tables, after).await);
        let mut step = CopyStep::default();
        let mut together = Vec::new();
        let mut bytes = 0;
        for Listed { id, over, size } in listed.await? {
            if !together.is_empty() && bytes + size > TOGETHER {
                break;
            }
            step.last = Some(JobId(id));
            if over {
                bytes += size;
                together.push(id);
            } else {
                step.unended += 1;
            }
        }
        if together.is_empty() {
            return Ok(step);
        }
        match self.copy_these(to, &together, &mut came, &mut step).await {
            // One of them cannot be kept there: which, and the others can.
            Err(error) if together.len() > 1 && !error.is_of_the_server() => {
                for id in together {
                    let copied = self.copy_these(to, &[id], &mut came, &mut step).await;
                    refused(&mut step, id, copied)?;
                }
            }
            Err(error) => refused(&mut step, together[0], Err(error))?,
            Ok(()) => {}
        }
        Ok(step)
    }

    async fn copy_these(
        &self,
        to: &Self,
        ids: &[Uuid],
        came: &mut impl FnMut(u64),
        step: &mut CopyStep,
    ) -> Result<()> {
        let heads = self.heads(ids).await?;
        let there = to.heads(ids).await?;
        let there: HashMap<Uuid, Head> = there.into_iter().map(|head| (head.id, head)).collect();
        let (mut absent, mut noted) = (Vec::new(), Vec::new());
        for head in heads {
            match there.get(&head.id) {
                None => absent.push(head),
                Some(known) if self.is_same(to, &head, known).await? => {
                    step.known += 1;
                    if head.note.is_some() && head.note != known.note {
                        noted.push(head);
                    }
                }
                Some(_) => step.failed.push((JobId(head.id), DIFFERS.to_owned())),
            }
        }
        if !noted.is_empty() {
            to.write(async |connection| copy_sql::note(connection, &to.tables, &noted).await)
                .await?;
        }
        if absent.is_empty() {
            return Ok(());
        }
        let differ = self.send(to, &absent, came).await?;
        let is_in = |head: &&Head| !differ.contains(&head.id);
        for head in absent.iter().filter(is_in) {
            step.jobs += 1;
            step.bytes += head.bytes.cast_unsigned();
        }
        if differ.is_empty() {
            return Ok(());
        }
        // None of them was kept: those that are as they were can be.
        if absent.len() > 1 {
            let rest: Vec<Head> = absent
                .into_iter()
                .filter(|head| !differ.contains(&head.id))
                .collect();
            let again = match rest.is_empty() {
                true => Vec::new(),
                false => self.send(to, &rest, came).await?,
            };
            for head in rest.iter().filter(|head| again.contains(&head.id)) {
                step.jobs -= 1;
                step.bytes -= head.bytes.cast_unsigned();
            }
            step.failed
                .extend(again.into_iter().map(|id| (JobId(id), changed())));
        }
        step.failed
            .extend(differ.into_iter().map(|id| (JobId(id), changed())));
        Ok(())
    }

    /// Reads rows here and writes them there, in one transaction there; those that then are not as they are here, in which
    /// case none was kept.
    async fn send(
        &self,
        to: &Self,
        heads: &[Head],
        came: &mut impl FnMut(u64),
    ) -> Result<Vec<Uuid>> {
        let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
        let (give, mut pages) = mpsc::channel(PAGES);
        let reading = async {
            // It ends with the reading, so that the writer waits for no more.
            let give = give;
            let mut after = None;
            loop {
                let page = self.with_within(TO_COPY, async |connection| {
                    copy_sql::page(connection, &self.tables, &ids, after.as_ref()).await
                });
                let page = page.await?;
                came(page.bytes);
                after = page.next;
                // If it does not take them, its own error says why.
                let gone = give.send(Some(page.rows)).await.is_err();
                if gone || after.is_none() {
                    give.send(None).await.ok();
                    return Ok(());
                }
            }
        };
        let (read, written) = tokio::join!(reading, to.take(heads, &mut pages));
        read?;
        written
    }

    async fn take(
        &self,
        heads: &[Head],
        pages: &mut mpsc::Receiver<Option<Vec<PgRow>>>,
    ) -> Result<Vec<Uuid>> {
        let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
        let taken = self.write_within(TO_COPY, async |connection| {
            let mut transaction = connection.begin_with(DURABLE).await?;
            copy_sql::add_jobs(&mut transaction, &self.tables, heads).await?;
            loop {
                match pages.recv().await {
                    Some(Some(rows)) => {
                        copy_sql::add_rows(&mut transaction, &self.tables, &rows).await?;
                    }
                    Some(None) => break,
                    // The reader says why.
                    None => {
                        transaction.rollback().await?;
                        return Ok(Vec::new());
                    }
                }
            }
            let kept = copy_sql::heads(&mut transaction, &self.tables, &ids).await?;
            let kept: HashMap<Uuid, Head> = kept.into_iter().map(|head| (head.id, head)).collect();
            let differs = |head: &&Head| {
                let kept = kept.get(&head.id);
                kept.is_none_or(|kept| kept.row != head.row || kept.log != head.log)
            };
            let differ: Vec<Uuid> = heads.iter().filter(differs).map(|head| head.id).collect();
            if !differ.is_empty() {
                transaction.rollback().await?;
                return Ok(differ);
            }
            copy_sql::note(&mut transaction, &self.tables, heads).await?;
            transaction.commit().await?;
            Ok(differ)
        });
        let taken = taken.await;
        pages.close();
        taken
    }

    /// Copies the batches that are over, and returns how many were not there as they are here.
    ///
    /// # Errors
    /// As [`Self::copy_next`].
    pub async fn copy_batches(&self, to: &Self) -> Result<u64> {
        let (mut after, mut copied) = (Uuid::nil(), 0);
        loop {
            let batches = self
                .with(async |connection| copy_sql::batches(connection, &self.tables, after).await);
            let batches = batches.await?;
            let Some((last, _)) = batches.last() else {
                return Ok(copied);
            };
            after = *last;
            let add = to.write(async |connection| {
                copy_sql::add_batches(connection, &to.tables, &batches).await
            });
            copied += add.await?;
        }
    }

    async fn heads(&self, ids: &[Uuid]) -> Result<Vec<Head>> {
        self.with_within(TO_COPY, async |connection| {
            copy_sql::heads(connection, &self.tables, ids).await
        })
        .await
    }

    /// Whether a job there is the one that is here. One that was imported there has its log in other rows.
    async fn is_same(&self, to: &Self, here: &Head, there: &Head) -> Result<bool> {
        if here.status != there.status {
            return Ok(false);
        }
        let job = JobId(here.id);
        Ok(here.log == there.log || self.content(job).await? == to.content(job).await?)
    }

    /// A checksum of a log's chunks, in whichever rows they are.
    async fn content(&self, job: JobId) -> Result<Vec<u8>> {
        let (mut hash, mut seq) = (Sha256::new(), 0);
        loop {
            let blocks = self.blocks(job, seq, READ).await?;
            let chunks = blocks.iter().flat_map(|block| &block.chunks);
            let mut more = false;
            for chunk in chunks.filter(|chunk| chunk.seq >= seq) {
                more = true;
                let length = chunk.bytes.len() as u64;
                for number in [chunk.at.cast_unsigned(), length, chunk.stream as u64] {
                    hash.update(number.to_le_bytes());
                }
                hash.update(&chunk.bytes);
            }
            let last = blocks.last().and_then(|block| block.chunks.last());
            match last {
                Some(last) if more => seq = last.seq + 1,
                _ => return Ok(hash.finalize().to_vec()),
            }
        }
    }
}

fn changed() -> String {
    "what the other server would keep of it is not what is here: it was changed here meanwhile (copy once more), or a \
     trigger or rule there changes it"
        .to_owned()
}

/// Notes that a job cannot be kept there; an error of a server ends it all.
fn refused(step: &mut CopyStep, id: Uuid, copied: Result<()>) -> Result<()> {
    match copied {
        Err(error) if error.is_of_the_server() => Err(error),
        Err(error @ StoreError::Gone { .. }) => Err(error),
        Err(error) => {
            step.failed.push((JobId(id), format!("failed to {error}")));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
