//! The list of jobs, from job folders and the store together.

pub(super) mod heartbeat;
pub(super) mod notes;
mod retention;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::{
    EngineError,
    archive::link::Link,
    events::Events,
    follow::{lives::Lives, skipped::Skipped},
};
use crate::{
    folders,
    job::{Job, JobId, JobQuery},
    store::StoreError,
};

/// Jobs of one page, if the query does not say.
const PAGE: u32 = 50;
/// Jobs of one page at most.
const LARGEST_PAGE: u32 = 500;

/// How long the store may take to list jobs, and to look for a text in them.
const TO_LIST: Duration = Duration::from_secs(3);
const TO_SEARCH: Duration = Duration::from_secs(20);

/// A page of jobs.
#[derive(Debug, Clone)]
pub struct Page {
    /// Newest first.
    pub jobs: Vec<Job>,
    /// Whether there are older ones.
    pub more: bool,
    /// Why the list may be short.
    pub incomplete: Option<String>,
}

/// The tasks that archive jobs, each with the job's lock.
pub(super) type Archiving = Arc<Mutex<HashMap<JobId, JoinHandle<()>>>>;

/// The jobs there are. Clones share them.
#[derive(Debug, Clone)]
pub struct Jobs {
    pub(super) lives: Lives,
    pub(super) archiving: Archiving,
    pub(super) link: Link,
    pub(super) events: Events,
    pub(super) skipped: Skipped,
}

impl Jobs {
    /// The jobs that this engine archives and that are not over, newest first. None of them ends with it.
    #[must_use]
    pub fn own_active(&self) -> Vec<Job> {
        let own = self.archiving.lock();
        let own: HashSet<JobId> = own.keys().copied().collect();
        let lives = self.lives.all();
        let mut active: Vec<Job> = lives
            .iter()
            .filter(|live| own.contains(&live.id))
            .map(|live| live.job())
            .filter(|job| !job.state.status().is_over())
            .collect();
        active.sort_by_key(|job| std::cmp::Reverse(job.id));
        active
    }

    /// Jobs, newest first. While the store is away, those whose folders are here.
    ///
    /// # Errors
    /// If the store refuses the query.
    pub async fn list(&self, query: &JobQuery) -> Result<Page, EngineError> {
        is_query(query)?;
        let limit = if query.limit == 0 {
            PAGE
        } else {
            query.limit.min(LARGEST_PAGE)
        } as usize;
        // Read before the store is: a job that is archived in between is in both lists then, and not in neither.
        let lives = self.lives.all();
        let page = &JobQuery {
            limit: u32::try_from(limit + 1).unwrap_or(LARGEST_PAGE),
            ..query.clone()
        };
        let answer = self.link.ask(async |store| store.jobs(page).await);
        // Jobs that run are known without the store, and are not kept waiting for it.
        let patience = if query.text.is_some() {
            TO_SEARCH
        } else {
            TO_LIST
        };
        let (mut archived, incomplete) = match tokio::time::timeout(patience, answer).await {
            Ok(Ok(jobs)) => (jobs, None),
            Ok(Err(error)) if error.is_transient() => {
                (Vec::new(), Some(format!("failed to {error}")))
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {
                let seconds = patience.as_secs();
                (
                    Vec::new(),
                    Some(format!(
                        "Postgres has not listed its jobs for {seconds} s: vmo doctor"
                    )),
                )
            }
        };
        self.mark_silent(&mut archived).await;
        // Their state as of now: the store may have taken its time.
        let lives: Vec<Job> = lives.iter().map(|live| live.job()).collect();
        let live_ids: HashSet<JobId> = lives.iter().map(|job| job.id).collect();
        // Only the store knows the pins.
        let pinned: Option<HashSet<JobId>> = query
            .pinned
            .then(|| archived.iter().map(|job| job.id).collect());
        let mut jobs: Vec<Job> = lives
            .into_iter()
            .filter(|job| {
                pinned
                    .as_ref()
                    .is_none_or(|pinned| pinned.contains(&job.id))
            })
            .filter(|job| query.matches(job))
            // As the store has it.
            .filter(|job| query.batch.is_some() || !job.looks())
            .collect();
        jobs.extend(
            archived
                .into_iter()
                .filter(|job| !live_ids.contains(&job.id)),
        );
        jobs.sort_by_key(|job| job.id.listed());
        let more = jobs.len() > limit;
        jobs.truncate(limit);
        Ok(Page {
            jobs,
            more,
            incomplete,
        })
    }

    /// The job folders that are skipped: a line for each database, and one for each folder that cannot be read.
    #[must_use]
    pub fn skipped(&self) -> Vec<String> {
        self.skipped.lines()
    }

    /// Of these, the lines for folders that cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> Vec<String> {
        self.skipped.unreadable()
    }

    /// One job.
    ///
    /// # Errors
    /// If there is none, or it is in the store and that does not answer.
    pub async fn get(&self, id: JobId) -> Result<Job, EngineError> {
        if let Some(live) = self.lives.get(id) {
            return Ok(live.job());
        }
        let job = self.link.ask(async |store| store.job(id).await).await?;
        let mut job = job.ok_or_else(|| EngineError::NotFound(format!("there is no job {id}")))?;
        self.mark_silent(std::slice::from_mut(&mut job)).await;
        Ok(job)
    }

    /// One job by its id, a unique prefix of it, or `last`.
    ///
    /// # Errors
    /// If none or several fit, or the store does not answer.
    pub async fn find(&self, name: &str) -> Result<Job, EngineError> {
        if let Ok(id) = name.parse() {
            match self.get(id).await {
                // A row that cannot be read is found as the list finds it: its log can be read.
                Err(EngineError::Store(StoreError::Corrupt { .. })) => {}
                found => return found,
            }
        }
        let is_prefix = |id: JobId| name == "last" || id.to_string().starts_with(name);
        let mut jobs: Vec<Job> = self
            .lives
            .all()
            .iter()
            .map(|live| live.job())
            .filter(|job| is_prefix(job.id) && !(name == "last" && job.looks()))
            .collect();
        let has_own = !jobs.is_empty();
        let archived = self.link.ask(async |store| match name {
            // What a person ran last, and what anybody did only if they never ran anything.
            "last" => {
                let own = store.last_job(Some(&folders::owner())).await?;
                let last = match own {
                    None if !has_own => store.last_job(None).await?,
                    own => own,
                };
                Ok(last.into_iter().collect::<Vec<_>>())
            }
            prefix => store.jobs_by_prefix(prefix).await,
        });
        match archived.await {
            Ok(archived) => jobs.extend(archived),
            Err(error) if jobs.is_empty() => return Err(error.into()),
            Err(_) => {}
        }
        jobs.sort_by_key(|job| job.id.listed());
        jobs.dedup_by_key(|job| job.id);
        match jobs.as_slice() {
            [] => Err(EngineError::NotFound(format!(
                "no job's id starts with '{name}'"
            ))),
            [_, _, ..] if name != "last" => Err(EngineError::NotFound(format!(
                "several jobs' ids start with '{name}': give more of the id"
            ))),
            [newest, ..] => Ok(newest.clone()),
        }
    }
}

/// Refuses a query with U+0000, which no text in Postgres can hold.
pub(super) fn is_query(query: &JobQuery) -> Result<(), EngineError> {
    let texts = [
        ("text", &query.text),
        ("project", &query.project),
        ("target", &query.target),
        ("host", &query.host),
        ("owner", &query.owner),
    ];
    let hosts = query.hosts.iter().map(|host| ("host", Some(host)));
    for (name, text) in texts
        .iter()
        .map(|(name, text)| (*name, text.as_ref()))
        .chain(hosts)
    {
        if text.is_some_and(|text| text.contains('\0')) {
            let why = format!("the {name} to look for cannot hold U+0000");
            return Err(EngineError::Refused(why));
        }
    }
    Ok(())
}
