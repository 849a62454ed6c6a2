//! Every job there is, from job folders and the store together.

pub(super) mod heartbeat;
pub(super) mod notes;

use std::{collections::HashSet, time::Duration};

use super::{Engine, EngineError};
use crate::{
    folders,
    job::{Job, JobId, JobQuery},
    wire::Overview,
};

/// Jobs of one page where the query does not say.
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

impl Engine {
    /// Everything the frame shows.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let (projects, hosts) = (self.projects(), self.hosts());
        let mut active: Vec<Job> = self
            .lives()
            .iter()
            .map(|live| live.job())
            .filter(|job| !job.state.status().is_over())
            .collect();
        active.sort_by_key(|job| std::cmp::Reverse(job.id));
        Overview {
            projects: projects.found,
            project_problems: projects.problems,
            hosts: hosts.found,
            host_problems: hosts.problems,
            problems: self.problems(),
            active: active.into_iter().map(Into::into).collect(),
            prompts: self.0.prompts.waiting(),
            store: self.0.link.state(),
            seen_database: self.seen_database(),
            version: env!("CARGO_PKG_VERSION").into(),
            home: self.folders().home.display().to_string(),
            owner: folders::owner(),
        }
    }

    /// The jobs that are not over and that this engine sees to, newest first: those on hosts end with it, those here do
    /// not.
    #[must_use]
    pub fn own_active(&self) -> Vec<Job> {
        let own = self.0.archiving.lock();
        let own: HashSet<JobId> = own.keys().copied().collect();
        let lives = self.lives();
        let mut active: Vec<Job> = lives
            .iter()
            .filter(|live| own.contains(&live.id))
            .map(|live| live.job())
            .filter(|job| !job.state.status().is_over())
            .collect();
        active.sort_by_key(|job| std::cmp::Reverse(job.id));
        active
    }

    /// Jobs, newest first. While the store is away, those whose folders are there.
    ///
    /// # Errors
    /// Where the store refuses the query.
    pub async fn jobs(&self, query: &JobQuery) -> Result<Page, EngineError> {
        is_query(query)?;
        let limit = if query.limit == 0 {
            PAGE
        } else {
            query.limit.min(LARGEST_PAGE)
        } as usize;
        // Before the store is asked: a job that is archived meanwhile is in both, and in neither otherwise.
        let lives = self.lives();
        let page = &JobQuery {
            limit: u32::try_from(limit + 1).unwrap_or(LARGEST_PAGE),
            ..query.clone()
        };
        let asked = self.0.link.ask(async |store| store.jobs(page).await);
        // Those that run are known all the time, and are not kept waiting for those that were.
        let patience = if query.text.is_some() {
            TO_SEARCH
        } else {
            TO_LIST
        };
        let (mut archived, incomplete) = match tokio::time::timeout(patience, asked).await {
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
        // As they stand now: the store may have taken its time.
        let lives: Vec<Job> = lives.iter().map(|live| live.job()).collect();
        let known: HashSet<JobId> = lives.iter().map(|job| job.id).collect();
        // Pins are the store's alone.
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
            .collect();
        jobs.extend(archived.into_iter().filter(|job| !known.contains(&job.id)));
        jobs.sort_by_key(|job| job.id.listed());
        let more = jobs.len() > limit;
        jobs.truncate(limit);
        Ok(Page {
            jobs,
            more,
            incomplete,
        })
    }

    /// One job.
    ///
    /// # Errors
    /// Where there is none, or it lies in the store and that does not answer.
    pub async fn job(&self, id: JobId) -> Result<Job, EngineError> {
        if let Some(live) = self.live(id) {
            return Ok(live.job());
        }
        let job = self.0.link.ask(async |store| store.job(id).await).await?;
        let mut job = job.ok_or_else(|| EngineError::NotFound(format!("there is no job {id}")))?;
        self.mark_silent(std::slice::from_mut(&mut job)).await;
        Ok(job)
    }

    /// One job by its id, a unique prefix of it, or `last`.
    ///
    /// # Errors
    /// Where none or several fit, or the store does not answer.
    pub async fn find_job(&self, name: &str) -> Result<Job, EngineError> {
        if let Ok(id) = name.parse() {
            return self.job(id).await;
        }
        let is_prefix = |id: JobId| name == "last" || id.to_string().starts_with(name);
        let mut found: Vec<Job> = self
            .lives()
            .iter()
            .map(|live| live.job())
            .filter(|job| is_prefix(job.id))
            .collect();
        let archived = self.0.link.ask(async |store| match name {
            "last" => Ok(store.last_job(None).await?.into_iter().collect::<Vec<_>>()),
            prefix => store.jobs_by_prefix(prefix).await,
        });
        match archived.await {
            Ok(archived) => found.extend(archived),
            Err(error) if found.is_empty() => return Err(error.into()),
            Err(_) => {}
        }
        found.sort_by_key(|job| job.id.listed());
        found.dedup_by_key(|job| job.id);
        match found.as_slice() {
            [] => Err(EngineError::NotFound(format!(
                "no job's id starts with '{name}'"
            ))),
            [_, _, ..] if name != "last" => Err(EngineError::NotFound(format!(
                "several jobs' ids start with '{name}': give more of it"
            ))),
            [newest, ..] => Ok(newest.clone()),
        }
    }
}

/// Refuses what no text in Postgres holds.
fn is_query(query: &JobQuery) -> Result<(), EngineError> {
    let texts = [
        ("text", &query.text),
        ("project", &query.project),
        ("target", &query.target),
        ("host", &query.host),
        ("owner", &query.owner),
    ];
    for (name, text) in texts {
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            let why = format!("the {name} to look for cannot hold U+0000");
            return Err(EngineError::Refused(why));
        }
    }
    Ok(())
}
