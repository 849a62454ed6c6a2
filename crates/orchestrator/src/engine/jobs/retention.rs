//! Letting go of what the history need not keep, in steps so small that no job's archive waits for them: when a person says
//! so, and by the rules of the settings every hour.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::Jobs;
use crate::{
    clock,
    engine::{Engine, EngineError},
    folders,
    job::{JobId, Kept, Outdated},
    settings::{self, Keep},
    store::Retention,
    wire::Event,
};

/// Between two times that the rules of the settings are applied, and from the start to the first: a short command leaves it
/// to the next engine.
const BETWEEN: Duration = Duration::from_secs(3600);
const FIRST: Duration = Duration::from_secs(60);

/// Jobs that are dropped in one step, at most, and bytes of their logs if they are more than one.
const JOBS: u32 = 500;
const BYTES: u64 = 64 * 1024 * 1024;

impl Jobs {
    /// What the rules would let go just now.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn outdated(&self, rules: &Retention) -> Result<Outdated, EngineError> {
        let outdated = self
            .link
            .ask(async |store| store.outdated(rules).await)
            .await?;
        Ok(outdated)
    }

    /// Drops what the rules let go, oldest first, and returns what has gone. `each` is called after each step with what has
    /// gone so far, and may end it.
    ///
    /// # Errors
    /// If the store does not answer: what has gone is gone, and the rest stays.
    pub async fn prune(
        &self,
        rules: &Retention,
        mut each: impl FnMut(&Outdated) -> ControlFlow<()>,
    ) -> Result<Outdated, EngineError> {
        let mut gone = Outdated::default();
        loop {
            let began = Instant::now();
            let oldest = self
                .link
                .ask(async |store| store.oldest_outdated(rules, JOBS).await)
                .await?;
            let mut left = BYTES;
            let step: Vec<_> = oldest
                .iter()
                .take_while(|(_, bytes)| {
                    let fits = left > 0;
                    left = left.saturating_sub(*bytes);
                    fits
                })
                .map(|(job, _)| *job)
                .collect();
            let (jobs, bytes) = self
                .link
                .ask(async |store| store.drop_jobs(&step).await)
                .await?;
            if jobs == 0 {
                return Ok(gone);
            }
            (gone.jobs, gone.bytes) = (gone.jobs + jobs, gone.bytes + bytes);
            if each(&gone).is_break() {
                return Ok(gone);
            }
            // Half of the server's time is for those who archive and read.
            tokio::time::sleep(began.elapsed()).await;
        }
    }

    /// Drops jobs of our own that are over and in the store, whatever the rules say, and returns those that have gone. Pinned
    /// and noted ones stay.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if there are more than 500; if the store does not answer.
    pub async fn delete(&self, jobs: &[JobId]) -> Result<Vec<JobId>, EngineError> {
        if jobs.len() > JOBS as usize {
            let why = format!("at most {JOBS} jobs can be deleted at once");
            return Err(EngineError::Refused(why));
        }
        // A job whose folder is here is not whole in the store yet.
        let is_here = |job: &&JobId| self.lives.get(**job).is_some();
        let stored: Vec<JobId> = jobs.iter().filter(|job| !is_here(job)).copied().collect();
        let owner = folders::owner();
        let gone = self
            .link
            .ask(async |store| store.delete_own(&stored, &owner).await)
            .await?;
        if !gone.is_empty() {
            self.events.report(Event::Removed);
        }
        Ok(gone)
    }

    /// What settings mean now, of our own jobs: for the projects with rules of their own, and for all others.
    #[must_use]
    pub fn rules_of(&self, retention: &settings::Retention) -> Vec<Retention> {
        rules_of(retention, &folders::owner(), clock::now())
    }

    /// What these settings would let go of our own jobs just now.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn outdated_by(
        &self,
        retention: &settings::Retention,
    ) -> Result<Outdated, EngineError> {
        let mut all = Outdated::default();
        for rules in self.rules_of(retention) {
            all.add(&self.outdated(&rules).await?);
        }
        Ok(all)
    }

    /// Drops what these settings let go of our own jobs, and returns what has gone.
    ///
    /// # Errors
    /// As [`Self::prune`].
    pub async fn prune_by(&self, retention: &settings::Retention) -> Result<Outdated, EngineError> {
        let mut all = Outdated::default();
        for rules in self.rules_of(retention) {
            all.add(&self.prune(&rules, |_| ControlFlow::Continue(())).await?);
        }
        if all.jobs > 0 {
            self.events.report(Event::Removed);
            self.reclaim(false).await?;
        }
        Ok(all)
    }

    /// Bytes that the history takes on the server's disk.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn size_on_disk(&self) -> Result<u64, EngineError> {
        let size = self.link.ask(async |store| store.size_on_disk().await);
        Ok(size.await?)
    }

    /// How much of the history there is.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn kept(&self) -> Result<Kept, EngineError> {
        let kept = self.link.ask(async |store| store.kept().await);
        Ok(kept.await?)
    }

    /// Makes the room of what has gone free for new logs, or gives it back to the disk. The latter keeps everybody from the
    /// history until it is done, and needs as much room as is left of it.
    ///
    /// # Errors
    /// If the store does not answer, or refuses.
    pub async fn reclaim(&self, on_the_disk: bool) -> Result<(), EngineError> {
        let reclaimed = self
            .link
            .ask(async |store| store.reclaim(on_the_disk).await);
        Ok(reclaimed.await?)
    }
}

/// The rules of settings, each for the projects that it is about. Those that keep everything are left out.
fn rules_of(retention: &settings::Retention, owner: &str, now: DateTime<Utc>) -> Vec<Retention> {
    let rules = |keep: &Keep| Retention {
        before: keep
            .days
            .and_then(|days| now.checked_sub_signed(TimeDelta::days(days.into()))),
        jobs: keep.jobs.map(Into::into),
        bytes: keep.mebibytes.map(|mebibytes| u64::from(mebibytes) << 20),
        owner: Some(owner.to_owned()),
        ..Retention::default()
    };
    let own = retention.projects.iter().map(|(project, keep)| {
        let project = Some(project.clone());
        (
            keep,
            Retention {
                project,
                ..rules(keep)
            },
        )
    });
    let but = retention.projects.keys().cloned().collect();
    let all = (
        &retention.keep,
        Retention {
            but,
            ..rules(&retention.keep)
        },
    );
    own.chain([all])
        .filter(|(keep, _)| !keep.is_all())
        .map(|(_, rules)| rules)
        .collect()
}

impl Engine {
    /// Applies the rules of the settings every hour, and as soon as a person has changed them.
    pub(in crate::engine) fn apply_retention(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut events = engine.events();
            let mut known = engine.catalog().settings().retention;
            let mut next = tokio::time::Instant::now() + FIRST;
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    event = events.recv() => match event {
                        Ok(Event::Settings(settings)) if settings.retention != known => {}
                        Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                        _ => continue,
                    },
                }
                next = tokio::time::Instant::now() + BETWEEN;
                known = engine.catalog().settings().retention;
                if known.is_all() {
                    continue;
                }
                // What did not go now goes in an hour.
                match engine.jobs().prune_by(&known).await {
                    Ok(gone) => tracing::info!(
                        jobs = gone.jobs,
                        bytes = gone.bytes,
                        "dropped by the rules of the settings"
                    ),
                    Err(error) => {
                        tracing::warn!(%error, "nothing was dropped by the rules of the settings");
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_project_has_its_own_rules_in_place_of_those_of_all() {
        let keep = |days| Keep {
            days,
            ..Keep::default()
        };
        let retention = settings::Retention {
            keep: keep(Some(30)),
            projects: BTreeMap::from([
                ("shop".into(), keep(Some(7))),
                ("infra".into(), keep(None)),
            ]),
        };
        let now = clock::now();
        let rules = rules_of(&retention, "ann@desk", now);
        let [shop, all] = rules.as_slice() else {
            panic!("{rules:?}")
        };
        assert_eq!(shop.project.as_deref(), Some("shop"));
        assert_eq!(shop.before, Some(now - TimeDelta::days(7)));
        assert_eq!(
            (&all.project, &all.but),
            (&None, &vec!["infra".to_owned(), "shop".to_owned()])
        );
        assert_eq!(all.before, Some(now - TimeDelta::days(30)));
        assert!(
            rules
                .iter()
                .all(|rules| rules.owner.as_deref() == Some("ann@desk"))
        );
        assert!(rules_of(&settings::Retention::default(), "ann@desk", now).is_empty());
    }
}
