//! The jobs of one test, what is known of each, and how it is judged.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use orchestrator::{
    job::{JobId, JobQuery, Status},
    session,
    wire::{Job, JobRequest, Reply},
};
use rustix::process::Pid;
use supervisor::{
    exit::ExitRecord,
    folder::{EXIT, Folder, SUPERVISOR, Supervisor},
    spool::{Position, Reader, Stream},
};

use crate::{
    dice::Dice,
    home::{Home, is_alive},
    page::Page,
    witness::{Counts, Plan, Witness},
};

/// How soon every status has to be right (RELIABILITY.md, P2 and P3).
pub(crate) const RIGHT_WITHIN: Duration = Duration::from_secs(2);

/// One job with its witness.
pub(crate) struct Role {
    pub(crate) id: JobId,
    pub(crate) witness: Witness,
    pub(crate) folder: PathBuf,
    /// What a page has been sent of its log, across restarts: bytes by stream, and the seq after them.
    pub(crate) read: (HashMap<u32, Vec<u8>>, u64),
    /// Its supervisor was killed, with this much in the spool.
    pub(crate) orphaned: Option<[u64; 2]>,
    /// It runs on a host, and whoever holds the session there supervises it.
    pub(crate) on_host: bool,
    /// Something failed under it, so that it may be lost; what else is told of it has to be true.
    pub(crate) tried: bool,
}

impl Role {
    pub(crate) fn new(home: &Home, id: JobId, witness: Witness) -> Self {
        Self {
            id,
            witness,
            folder: home.data().join("jobs").join(id.to_string()),
            read: Default::default(),
            orphaned: None,
            on_host: false,
            tried: false,
        }
    }

    pub(crate) fn open(&self) -> Option<Folder> {
        Folder::open(&self.folder).ok()
    }

    /// Its supervisor, if it is known.
    pub(crate) fn supervisor(&self) -> Option<Supervisor> {
        self.open()?.read_json(SUPERVISOR).ok().flatten()
    }

    /// Whether somebody supervises it just now.
    pub(crate) fn is_supervised(&self) -> bool {
        if self.on_host {
            return self.open().is_some_and(|folder| session::is_held(&folder));
        }
        let supervisor = self.supervisor();
        supervisor.is_some_and(|supervisor| supervisor.supervisor.is_alive())
    }

    /// The process that supervises it, from its first moment on.
    pub(crate) fn supervisor_process(&self) -> Option<Pid> {
        let folder = self.folder.canonicalize().ok()?;
        let ours = [b"\0", folder.as_os_str().as_encoded_bytes(), b"\0"].concat();
        let pids = fs::read_dir("/proc").unwrap().flatten();
        let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let pid = pids.find(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.ends_with(&ours) && is_alive(*pid)
        })?;
        Pid::from_raw(pid)
    }

    /// How many bytes of each stream are in the spool.
    pub(crate) fn spooled(&self) -> [u64; 2] {
        let mut spooled = [0, 0];
        let Ok(mut reader) = Reader::open(&self.folder, Position::default()) else {
            return spooled;
        };
        while let Ok(Some(block)) = reader.read(u64::MAX, 1 << 20) {
            for record in &block.records {
                spooled[usize::from(record.stream == Stream::Stderr)] +=
                    record.payload.len() as u64;
            }
        }
        spooled
    }

    /// Whether it has this end, by its supervisor's own hand.
    fn is_settled(&self) -> bool {
        let Some(folder) = self.open() else {
            return true;
        };
        let exit: Option<ExitRecord> = folder.read_json(EXIT).ok().flatten();
        exit.is_some_and(|exit| exit.complete)
    }

    /// Whether a job may be said to stand so, by what was certain before it was asked for.
    fn may_be(&self, job: &Job, settled: bool, supervised: bool) -> bool {
        match job.status {
            // A host's word on the start comes after it.
            Status::Queued => !settled && (self.on_host || !self.witness.has_begun()),
            Status::Running => !settled && supervised,
            Status::Done | Status::Error if self.witness.has_ended() => {
                job.exit_code == Some(self.witness.code())
            }
            // Killed with the app, before its child was there.
            Status::Error => !self.witness.has_begun() && job.exit_code.is_none(),
            Status::Lost => self.orphaned.is_some() || self.tried,
            Status::Done | Status::Canceled => false,
        }
    }

    /// Whether its end is told right.
    pub(crate) fn has_right_end(&self, job: &Job) -> bool {
        job.status.is_over() && self.may_be(job, true, false)
    }

    /// Compares the log of the job with the record, as far as it must be there.
    pub(crate) fn judge(&self, job: Option<&Job>, kept: [&[u8]; 2]) -> Counts {
        let is_lost = || job.is_some_and(|job| job.status == Status::Lost);
        let whole = self.orphaned.is_none() && !(self.tried && is_lost());
        let mut counts = self.witness.compare(kept, whole);
        for (kept, sure) in kept.iter().zip(self.orphaned.unwrap_or_default()) {
            // What was in the spool when its supervisor was killed.
            counts.lost += usize::from((kept.len() as u64) < sure);
        }
        counts
    }
}

/// The jobs of one test.
#[derive(Default)]
pub(crate) struct Cast {
    pub(crate) roles: Vec<Role>,
    pub(crate) counts: Counts,
}

/// A child of random length, pace and end, known by its number.
pub(crate) fn plan(dice: &mut Dice) -> Plan {
    let quick = dice.one_in(2);
    Plan {
        seed: dice.below(1 << 30),
        pieces: if quick {
            200 + dice.below(2000)
        } else {
            50 + dice.below(400)
        },
        pace: if quick { 0 } else { 20_000 },
        code: if dice.one_in(2) { 0 } else { 3 },
        ..Plan::default()
    }
}

impl Cast {
    /// Starts a job by way of a page.
    pub(crate) async fn start(&mut self, home: &Home, page: &mut Page, plan: Plan) -> usize {
        self.start_on(home, page, plan, None).await
    }

    /// The same on a host, if one is named.
    pub(crate) async fn start_on(
        &mut self,
        home: &Home,
        page: &mut Page,
        plan: Plan,
        host: Option<&str>,
    ) -> usize {
        let number = self.roles.len();
        let witness = Witness::new(&home.work(), &format!("job{number}"), plan);
        let job = page.start_on(host, &witness.command()).await;
        let role = Role::new(home, job.id, witness);
        let on_host = host.is_some();
        self.roles.push(Role { on_host, ..role });
        number
    }

    /// Sees to it that every job is said to stand as it does; counts those that are not, 2 s after `begun`.
    pub(crate) async fn statuses_are_right(&mut self, page: &mut Page, begun: Instant) -> Duration {
        self.statuses_are_right_within(page, begun, RIGHT_WITHIN)
            .await
    }

    /// The same, so long after `begun`.
    pub(crate) async fn statuses_are_right_within(
        &mut self,
        page: &mut Page,
        begun: Instant,
        within: Duration,
    ) -> Duration {
        loop {
            let before: Vec<_> = self
                .roles
                .iter()
                .map(|role| {
                    let alive = role
                        .supervisor()
                        .is_none_or(|known| known.supervisor.is_alive());
                    (role.is_settled(), alive)
                })
                .collect();
            let (jobs, whole) = all_jobs(page).await;
            let is_right = |role: &Role, (settled, alive): (bool, bool)| {
                // Only Postgres knows of those that are archived.
                jobs.get(&role.id)
                    .map_or(!whole && !role.folder.exists(), |job| {
                        role.may_be(job, settled, alive)
                    })
            };
            let wrong: Vec<_> = self
                .roles
                .iter()
                .zip(before)
                .filter(|(role, before)| !is_right(role, *before))
                .map(|(role, before)| (role.id, before, jobs.get(&role.id)))
                .collect();
            if wrong.is_empty() {
                return begun.elapsed();
            }
            if begun.elapsed() > within {
                eprintln!("wrong statuses: {wrong:?}");
                self.counts.wrong_status += wrong.len();
                return begun.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A page that has been sent nothing yet comes next.
    pub(crate) fn forget_seen(&mut self) {
        for role in &mut self.roles {
            role.read = Default::default();
        }
    }

    /// Reads on in one job's log, where a page was before, for some frames.
    pub(crate) async fn read_on(&mut self, page: &mut Page, role: usize, frames: usize) {
        let role = &mut self.roles[role];
        let (bytes, seq) = page.read_raw(role.id, role.read.1, frames).await;
        role.read.1 = seq;
        for (stream, bytes) in bytes {
            role.read.0.entry(stream).or_default().extend(bytes);
        }
    }

    /// Waits until every job is over and archived, and compares all with the records: nothing may be wrong.
    pub(crate) async fn judge(&mut self, page: &mut Page) {
        let counts = self.verdict(page).await;
        assert_eq!(counts, Counts::default(), "{counts}");
    }

    /// The same, and says what is wrong.
    pub(crate) async fn verdict(&mut self, page: &mut Page) -> Counts {
        page.until_ready_again().await;
        for number in 0..self.roles.len() {
            self.read_on(page, number, usize::MAX).await;
        }
        let begun = Instant::now();
        while self.roles.iter().any(|role| role.folder.exists()) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "some are never archived"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (jobs, _) = all_jobs(page).await;
        for role in &self.roles {
            let job = jobs.get(&role.id);
            if !job.is_some_and(|job| role.has_right_end(job)) {
                eprintln!("wrong end: {job:?}");
                self.counts.wrong_status += 1;
            }
            let (archived, _) = page.read_raw(role.id, 0, usize::MAX).await;
            for all in [&role.read.0, &archived] {
                let kept = [0, 1].map(|stream| all.get(&stream).map_or(&[][..], Vec::as_slice));
                let counts = role.judge(job, kept);
                if counts != Counts::default() {
                    eprintln!("job {}: {counts}", role.id);
                }
                self.counts += counts;
            }
        }
        self.counts
    }
}

/// Every job there is, and whether Postgres was there to say so.
pub(crate) async fn all_jobs(page: &mut Page) -> (HashMap<JobId, Job>, bool) {
    let query = JobQuery {
        limit: 500,
        ..JobQuery::default()
    };
    match page.ask(JobRequest::Jobs(query)).await {
        Ok(Reply::Jobs {
            jobs, incomplete, ..
        }) => {
            let jobs = jobs.into_iter().map(|job| (job.id, job)).collect();
            (jobs, incomplete.is_none())
        }
        other => panic!("{other:?}"),
    }
}
