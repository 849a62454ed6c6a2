//! Who writes a log on: a job whose folder is here, one whose folder is another engine's, or none any more.
//!
//! Of a log that is written elsewhere only the archive is seen, so the store is asked how far that is: each second, in one
//! query for all such logs that are followed here, and never while none is.

use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use parking_lot::Mutex;
use supervisor::spool::Position;
use tokio::sync::watch;

use crate::{
    engine::{
        archive::link::Link,
        follow::live::{Extent, Live},
    },
    job::JobId,
    store::Reach,
};

/// Between two looks at the archive of logs that are written elsewhere.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Who writes a log on.
#[derive(Debug, Clone)]
pub enum Source {
    /// The job's folder is here.
    Here(Arc<Live>),
    /// The job is not over, and another engine archives its log: how far that has come.
    Elsewhere(watch::Receiver<Extent>),
    /// The job is over, and the store has all that there is.
    Archived(Extent),
}

impl Source {
    /// How far the log reaches just now.
    #[must_use]
    pub fn extent(&self) -> Extent {
        match self {
            Self::Here(live) => live.extent(),
            Self::Elsewhere(extent) => *extent.borrow(),
            Self::Archived(extent) => *extent,
        }
    }

    /// Wakes whenever the log has grown or is complete, and fails once it cannot grow any more.
    #[must_use]
    pub fn growth(&self) -> watch::Receiver<Extent> {
        match self {
            Self::Here(live) => live.growth(),
            Self::Elsewhere(extent) => extent.clone(),
            Self::Archived(extent) => watch::Sender::new(*extent).subscribe(),
        }
    }
}

/// The logs written elsewhere that somebody follows here. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Elsewhere(Arc<Mutex<Followed>>);

#[derive(Debug, Default)]
struct Followed {
    logs: HashMap<JobId, watch::Sender<Extent>>,
    /// Whether a task looks at their archives.
    is_looked_at: bool,
}

impl Elsewhere {
    /// The source of a log whose job's folder is not here, as the store has just said.
    pub(super) fn source(&self, link: &Link, reach: &Reach) -> Source {
        let extent = extent_of(reach);
        if reach.is_over {
            return Source::Archived(extent);
        }
        let mut followed = self.0.lock();
        let log = followed.logs.entry(reach.job);
        let log = log.or_insert_with(|| watch::Sender::new(extent));
        grow(log, extent);
        let source = Source::Elsewhere(log.subscribe());
        if !mem::replace(&mut followed.is_looked_at, true) {
            tokio::spawn(self.clone().look(link.clone()));
        }
        source
    }

    /// Looks how far the archives are, until no log has a follower left.
    async fn look(self, link: Link) {
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            let Some(jobs) = self.followed() else { return };
            match link.ask(async |store| store.reaches(&jobs).await).await {
                Ok(found) => self.take(&jobs, &found),
                // Those who follow wait on: a server comes back, and what is read of the log says what is wrong.
                Err(error) => tracing::debug!(%error, "how far others' logs are is not known"),
            }
        }
    }

    /// The jobs whose logs are followed; none, and no more looks, if there are none.
    fn followed(&self) -> Option<Vec<JobId>> {
        let mut followed = self.0.lock();
        followed.logs.retain(|_, log| log.receiver_count() > 0);
        followed.is_looked_at = !followed.logs.is_empty();
        followed
            .is_looked_at
            .then(|| followed.logs.keys().copied().collect())
    }

    fn take(&self, jobs: &[JobId], found: &[Reach]) {
        let mut followed = self.0.lock();
        for job in jobs {
            let Some(log) = followed.logs.get(job) else {
                continue;
            };
            // A row that is gone is not written on.
            let known = found.iter().find(|reach| reach.job == *job);
            let extent = known.map_or_else(
                || Extent {
                    complete: true,
                    ..*log.borrow()
                },
                extent_of,
            );
            grow(log, extent);
            if extent.complete {
                followed.logs.remove(job);
            }
        }
    }
}

fn grow(log: &watch::Sender<Extent>, extent: Extent) {
    // Two may have asked at once, and the later answer come first.
    let is_news = |known: &Extent| extent.complete || extent.end.seq > known.end.seq;
    log.send_if_modified(|known| is_news(known) && mem::replace(known, extent) != extent);
}

fn extent_of(reach: &Reach) -> Extent {
    Extent {
        end: Position {
            seq: reach.seq,
            ..Position::default()
        },
        lines: reach.lines,
        bytes: reach.bytes,
        complete: reach.is_over,
        ..Extent::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Database, folders::Folders, store::Address};

    #[tokio::test]
    async fn the_store_is_asked_only_while_somebody_follows() {
        let nowhere = Address::parse("postgres:///x?host=/nowhere", None).unwrap();
        let folders = Folders {
            data: "/nowhere".into(),
            config: "/nowhere".into(),
            home: "/nowhere".into(),
            ssh_configs: Vec::new(),
            registry: "/nowhere".into(),
        };
        let link = Link::open(Database::Configured(Box::new(nowhere)), folders);
        let elsewhere = Elsewhere::default();
        let mut reach = Reach {
            job: JobId::new(),
            seq: 3,
            lines: 2,
            bytes: 9,
            is_over: false,
        };
        let one = elsewhere.source(&link, &reach);
        let other = elsewhere.source(&link, &Reach { seq: 2, ..reach });
        assert_eq!(
            other.extent().end.seq,
            3,
            "an earlier answer takes nothing back"
        );
        assert_eq!(elsewhere.followed(), Some(vec![reach.job]));
        // Both are told of the end, and get no news after it.
        let mut growth = one.growth();
        reach.is_over = true;
        elsewhere.take(&[reach.job], &[reach]);
        assert!(growth.changed().await.is_ok() && other.extent().complete);
        assert!(growth.changed().await.is_err());
        assert_eq!(elsewhere.followed(), None);

        // A row that is gone ends it, too; one without followers is not asked for.
        reach.is_over = false;
        let gone = elsewhere.source(&link, &reach);
        elsewhere.take(&[reach.job], &[]);
        assert!(gone.extent().complete && gone.extent().lines == 2);
        drop(elsewhere.source(&link, &reach));
        assert_eq!(elsewhere.followed(), None);
        assert!(!elsewhere.0.lock().is_looked_at);
    }
}
