//! Jobs that write all the time, and what the window is told meanwhile.

use std::time::{Duration, Instant};

use orchestrator::{
    job::{JobId, JobQuery, Status},
    wire::{Event, JobRequest, Reply, StoreHealth},
};

use crate::{
    home::Home,
    page::{App, Page},
    witness::{Counts, Plan, Witness},
};

/// How soon all has to be archived once Postgres is back (RELIABILITY.md, P5).
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(60);
/// How soon the window has to be told of trouble; what hangs is noticed after ten seconds, on a machine that is not busy.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

const JOBS: u64 = 4;
/// Together a bit more than 5 MB/s, if the machine can.
const PIECE: u64 = 20_000;
const PACE: u64 = 13_000;

/// An app with jobs that write until they are stopped.
pub(crate) struct Load {
    app: App,
    pub(crate) page: Page,
    jobs: Vec<(JobId, Witness)>,
    begun: Instant,
}

impl Load {
    /// Starts it, with its history in this database, and waits until Postgres has some of each log.
    pub(crate) async fn start(url: String) -> Self {
        let app = App::start(Home::new(Some(url)));
        let mut page = app.page().await;
        page.until_ready_again().await;
        let mut jobs = Vec::new();
        for number in 0..JOBS {
            let plan = Plan {
                seed: number,
                size: PIECE,
                pace: PACE,
                ..Plan::default()
            };
            let witness = Witness::new(&app.home.work(), &format!("job{number}"), plan);
            let job = page.start(&witness.command()).await;
            jobs.push((job.id, witness));
        }
        let mut load = Self {
            app,
            page,
            jobs,
            begun: Instant::now(),
        };
        load.goes_on(2 << 20).await;
        load
    }

    /// Waits until the jobs have written so many bytes more.
    pub(crate) async fn goes_on(&mut self, bytes: usize) {
        let before = self.written();
        let begun = Instant::now();
        while self.written() < before + bytes {
            assert!(begun.elapsed() < TOLD_WITHIN, "the jobs are held up");
            // The page answers pings meanwhile.
            let pause = Duration::from_millis(20);
            tokio::time::timeout(pause, self.page.idle()).await.ok();
        }
    }

    fn written(&self) -> usize {
        self.jobs.iter().map(|(_, witness)| witness.written()).sum()
    }

    /// Waits until the window is told of this; says after how long.
    pub(crate) async fn until_health(
        &mut self,
        is_it: impl Fn(&StoreHealth) -> bool,
    ) -> StoreHealth {
        let begun = Instant::now();
        let health = self.page.until(|event| match event {
            Event::Store(state) => is_it(&state.health).then(|| state.health.clone()),
            _ => None,
        });
        let health = tokio::time::timeout(TOLD_WITHIN, health)
            .await
            .expect("the window is told in time");
        println!("told after {:?}: {health:?}", begun.elapsed());
        health
    }

    /// Waits until the window is told that Postgres cannot be used, with these words among its reasons. That our sessions were
    /// ended may be told before.
    pub(crate) async fn until_trouble_with(&mut self, words: &str) {
        self.until_health(|health| match health {
            StoreHealth::Away { why } | StoreHealth::Refused { why } => why.contains(words),
            StoreHealth::Starting { .. } | StoreHealth::Ready { .. } => false,
        })
        .await;
    }

    /// Waits until the window is told that Postgres cannot be used, and says why.
    pub(crate) async fn until_trouble(&mut self) -> String {
        let trouble = self.until_health(|health| {
            matches!(
                health,
                StoreHealth::Away { .. } | StoreHealth::Refused { .. }
            )
        });
        match trouble.await {
            StoreHealth::Away { why } | StoreHealth::Refused { why } => why,
            other => panic!("{other:?}"),
        }
    }

    /// What `vmo doctor` says meanwhile of Postgres and the history; it has to call something broken.
    pub(crate) fn doctor(&self) -> String {
        let output = self.app.home.run(&["doctor"]);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stdout}");
        stdout
    }

    /// Asks for the list, which has all that runs and says that it may be short, and does not wait for Postgres.
    pub(crate) async fn lists_what_runs(&mut self) {
        let begun = Instant::now();
        let listed = self.page.ask(JobRequest::Jobs(JobQuery::default())).await;
        let took = begun.elapsed();
        let Ok(Reply::Jobs {
            jobs, incomplete, ..
        }) = listed
        else {
            panic!("{listed:?}");
        };
        let has = |id: &JobId| jobs.iter().any(|job| job.id == *id);
        assert!(self.jobs.iter().all(|(id, _)| has(id)), "{jobs:?}");
        assert!(incomplete.is_some());
        // It is given up after 5 s; Postgres itself would be after 30.
        assert!(took < Duration::from_secs(20), "{took:?}");
    }

    /// Waits until a job is said not to be in the history, and why.
    pub(crate) async fn trouble_at_a_job(&mut self) -> String {
        let ids: Vec<JobId> = self.jobs.iter().map(|(id, _)| *id).collect();
        loop {
            for id in &ids {
                if let Ok(Reply::Job(job)) = self.page.ask(JobRequest::Job { job: *id }).await
                    && let Some(why) = job.unarchived
                {
                    return why;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Postgres has been well from now on: the window is told so, the jobs end well, and all is archived in time.
    pub(crate) async fn heals(mut self, was_told: bool) {
        let well = Instant::now();
        if was_told {
            self.until_health(|health| matches!(health, StoreHealth::Ready { .. }))
                .await;
        }
        let rate = self.written() as f64 / self.begun.elapsed().as_secs_f64() / 1e6;
        for (_, witness) in &self.jobs {
            witness.stop();
        }
        for (id, _) in &self.jobs {
            let job = self.page.now_over(*id).await;
            assert_eq!(
                (job.status, job.exit_code),
                (Status::Done, Some(0)),
                "{job:?}"
            );
        }
        while !self.app.home.job_folders().is_empty() {
            assert!(
                well.elapsed() < CAUGHT_UP_WITHIN,
                "it does not catch up in time"
            );
            tokio::time::timeout(Duration::from_millis(20), self.page.idle())
                .await
                .ok();
        }
        println!(
            "{rate:.1} MB/s; all archived {:?} after Postgres was well",
            well.elapsed()
        );
        let mut counts = Counts::default();
        for (id, witness) in &self.jobs {
            let (kept, _) = self.page.read_raw(*id, 0, usize::MAX).await;
            let kept = [0, 1].map(|stream| kept.get(&stream).map_or(&[][..], Vec::as_slice));
            counts += witness.compare(kept, true);
        }
        assert_eq!(counts, Counts::default(), "{counts}");
    }
}
