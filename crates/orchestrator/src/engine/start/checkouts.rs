//! A project's folder on hosts, looked for there: by a job on each host, which is kept as all jobs are, and in no list of
//! a person's.

use std::{path::Path, sync::Arc, time::Duration};

use uuid::Uuid;

use super::Consent;
use crate::{
    batch::{HostState, OnHost, Rules},
    engine::{Engine, EngineError},
    job::{Job, JobId},
    launch::{
        Sought, Start, Unreached,
        checkout::{self, Checkout, Here},
    },
    log::Stream,
    make,
    project::{Project, Scan},
    settings::Checkouts,
};

/// How long looking may take on one host.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an answer that are read.
const ANSWER: usize = 256 << 10;
/// Folders in which projects usually are, on a host. `~/` is the home folder there.
const USUAL: [&str; 11] = [
    "~",
    "~/src",
    "~/git",
    "~/code",
    "~/projects",
    "~/work",
    "~/repos",
    "/srv",
    "/opt",
    "/var/www",
    "/usr/local/src",
];
/// Characters of a host's own words that are shown.
const SAID: usize = 200;
/// Folders of other hosts in which a project was found before, at most.
const REMEMBERED: usize = 20;

impl Engine {
    /// Begins to look for a project's folder on hosts. The jobs are one batch, also on one host.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub async fn look_on_hosts(
        &self,
        sought: &Sought,
        consent: Consent,
    ) -> Result<Vec<Job>, EngineError> {
        let wanted = sought.clone();
        let command = self.blocking(move |engine| {
            let project = engine.runnable(&wanted.project, consent)?;
            let scan = engine.catalog().known_targets(&project);
            let known = Checkouts::read(engine.catalog().config()).0;
            let folders = match &wanted.folder {
                Some(given) => vec![given.clone()],
                None => {
                    let hosts = wanted.hosts.iter();
                    let kept = hosts.filter_map(|host| known.on(&project.path, host));
                    places(&project.path, &engine.folders().home, kept)
                }
            };
            let targets = explicit(&scan, &wanted.targets);
            let nul = || EngineError::Refused("a name cannot hold U+0000".into());
            checkout::look(&folders, &targets).ok_or_else(nul)
        });
        let start = Start::Command {
            command: command.await?,
            hosts: sought.hosts.clone(),
            cwd: None,
            pty: false,
            confirmed: Vec::new(),
            rules: Rules {
                timeout: u64::try_from(PATIENCE.as_millis()).ok(),
                looks: true,
                // It only looks, and only that was asked for.
                agreed: true,
                ..Rules::default()
            },
        };
        self.start(start, consent).await
    }

    /// What was found, host by host in the order asked for, once all have answered or could not. Where the project is, is
    /// remembered.
    ///
    /// # Errors
    /// If the project or the jobs' batch is unknown.
    pub async fn looked(
        &self,
        sought: &Sought,
        jobs: &[Job],
    ) -> Result<Vec<Checkout>, EngineError> {
        let none = || EngineError::NotFound("nothing looked for it".into());
        let batch = jobs.first().and_then(|job| job.batch).ok_or_else(none)?;
        let hosts = self.over_on(batch).await?;
        let (name, targets) = (sought.project.clone(), sought.targets.clone());
        let (project, here) = self
            .blocking(move |engine| {
                let project = engine.catalog().project(&name)?;
                let scan = engine.catalog().known_targets(&project);
                let here = Here {
                    project: project.name.clone(),
                    remotes: make::git::remotes(&project.path),
                    commit: make::git::commit_asked_for(&project.path, || project.trusted),
                    targets: explicit(&scan, &targets),
                };
                Ok((project, here))
            })
            .await?;
        let mut found = Vec::with_capacity(hosts.len());
        for name in &sought.hosts {
            let Some(host) = hosts.iter().find(|host| host.name == *name) else {
                continue;
            };
            let mut checkout = match host.job.filter(|_| host.state == HostState::Done) {
                Some(job) => {
                    let answer = self.answer_of(job).await?;
                    Checkout::read(name, &answer, &here, sought.folder.as_deref())
                }
                None => Checkout {
                    host: name.clone(),
                    problem: Some(self.why_not_looked(host).await),
                    unreached: unreached(host),
                    ..Checkout::default()
                },
            };
            checkout.job = host.job;
            found.push(checkout);
        }
        self.remember_checkouts(&project, found.clone()).await?;
        Ok(found)
    }

    /// Why nobody could look on a host, with its own words if it has any: a login without a shell says so itself.
    async fn why_not_looked(&self, host: &OnHost) -> String {
        let why = match &host.why {
            Some(why) => why.clone(),
            None => format!("looking for it there ended: {}", host.state.word()),
        };
        let job = host.job.filter(|_| host.state == HostState::Error);
        let said = match job {
            Some(job) => self.printed_by(job, |_| true).await.unwrap_or_default(),
            None => String::new(),
        };
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        match last {
            Some(last) => {
                let last: String = last.chars().take(SAID).collect();
                format!("{why}; it says: {last}")
            }
            None => why,
        }
    }

    async fn remember_checkouts(
        &self,
        project: &Project,
        found: Vec<Checkout>,
    ) -> Result<(), EngineError> {
        let project = project.path.clone();
        self.blocking(move |engine| {
            let ready = found.iter().filter(|one| one.problem.is_none());
            let folders = ready.filter_map(|one| Some((one.host.as_str(), one.folder.as_deref()?)));
            let kept = Checkouts::remember(engine.catalog().config(), &project, folders);
            if let Err(error) = kept {
                tracing::warn!(%error, "where a project is on hosts is not remembered");
            }
            Ok(())
        })
        .await
    }

    /// The hosts of a batch, once it is over.
    async fn over_on(&self, batch: Uuid) -> Result<Vec<OnHost>, EngineError> {
        if let Some(mut watched) = self.watch_batch(batch) {
            loop {
                let now = Arc::clone(&watched.borrow_and_update());
                // Once it is over and in the store, nobody drives it any more.
                if now.finished_at.is_some() || watched.changed().await.is_err() {
                    return Ok(now.hosts.clone());
                }
            }
        }
        Ok(self.find_batch(&batch.to_string()).await?.hosts)
    }

    /// What a job answered.
    async fn answer_of(&self, job: JobId) -> Result<String, EngineError> {
        let is_answer = |stream: Stream| stream == Stream::Stdout;
        self.printed_by(job, is_answer).await
    }

    /// What a job printed.
    async fn printed_by(
        &self,
        job: JobId,
        is_meant: impl Fn(Stream) -> bool,
    ) -> Result<String, EngineError> {
        let log = self.logs().of(job);
        let mut cursor = log.cursor(0);
        let mut answer = Vec::new();
        while let Some(chunks) = cursor.next().await? {
            let printed = chunks.iter().filter(|chunk| is_meant(chunk.stream));
            printed.for_each(|chunk| answer.extend_from_slice(&chunk.bytes));
            if answer.len() > ANSWER {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

fn unreached(host: &OnHost) -> Option<Unreached> {
    let reason = host.unreachable.clone()?;
    let why = host.why.clone().unwrap_or_default();
    (host.state == HostState::Unreachable).then_some(Unreached { why, reason })
}

/// The targets that a makefile has to name itself: none that a pattern makes, and no words that a target takes as its own.
fn explicit(scan: &Scan, targets: &[String]) -> Vec<String> {
    let first = targets.first().and_then(|first| scan.target(first));
    let of_first = first.is_some_and(|first| first.extra_words);
    let named = targets
        .iter()
        .take(if of_first { 1 } else { targets.len() });
    let is_plain = |target: &&String| {
        let is_made = scan.target(target).is_some_and(|target| target.pattern);
        !is_made && !target.contains(char::is_whitespace)
    };
    named.filter(is_plain).cloned().collect()
}

/// Where a project may be on a host: as it was found before, at the same place as here, or in a usual folder.
fn places<'a>(project: &Path, home: &Path, kept: impl Iterator<Item = &'a str>) -> Vec<String> {
    let root = make::git::work_tree(project);
    let inside = root.as_deref().and_then(|root| {
        let project = project.canonicalize().ok()?;
        let inside = project.strip_prefix(root).ok()?.display().to_string();
        Some(inside).filter(|inside| !inside.is_empty())
    });
    let root = root.as_deref().unwrap_or(project);
    let mut roots = Vec::new();
    let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
    if let Ok(rest) = root.strip_prefix(&home) {
        roots.push(format!("~/{}", rest.display()));
    }
    if let Some(name) = root.file_name() {
        let name = name.to_string_lossy();
        roots.extend(USUAL.map(|folder| format!("{folder}/{name}")));
    }
    roots.push(root.display().to_string());
    let mut places: Vec<String> = Vec::new();
    let usual = roots.into_iter().map(|root| match &inside {
        Some(inside) => format!("{root}/{inside}"),
        None => root,
    });
    for place in kept.take(REMEMBERED).map(str::to_owned).chain(usual) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_looked_for_where_it_is_here_and_where_projects_usually_are() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let api = home.join("team/shop/api");
        std::fs::create_dir_all(&api).unwrap();
        let of = |project: &Path| places(project, &home, ["/data/shop"].into_iter());
        let alone = of(&api);
        assert_eq!(alone[..3], ["/data/shop", "~/team/shop/api", "~/api"]);
        assert_eq!(alone.last(), Some(&api.display().to_string()));
        // A part of a work tree is in the same part of it there.
        std::fs::create_dir_all(home.join("team/shop/.git")).unwrap();
        let part = of(&api);
        assert_eq!(part[..3], ["/data/shop", "~/team/shop/api", "~/shop/api"]);
        assert!(part.contains(&"/srv/shop/api".to_owned()), "{part:?}");
    }
}
