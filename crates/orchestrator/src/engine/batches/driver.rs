//! Drives one batch: starts what is next, hears how it ends, takes orders, and sees to the batch's row in the store.
//!
//! It is one task, however many hosts there are, with a small one for each job that runs. What it is about to do is in the
//! journal before it does it.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use super::{
    Watched,
    folder::{BatchFolder, Claim, Journal},
    jobs::{report, save},
};
use crate::{
    batch::{Batch, End, Entry, HostState, Order, Step},
    engine::{Engine, EngineError, archive::link::Backoff, start::draft},
    job::{Job, JobId},
    ssh::Route,
};

/// Between two looks for orders of other programs.
const LOOK_FOR_ORDERS: Duration = Duration::from_millis(500);
/// What has ended.
struct Over {
    host: usize,
    is_check: bool,
    /// The job; none if there was no sign of it.
    job: Option<Box<Job>>,
    /// How long it was given, if that was too short.
    timed_out: Option<Duration>,
}

/// Drives one batch.
pub(in crate::engine) struct Driver {
    engine: Engine,
    place: BatchFolder,
    claim: Claim,
    batch: watch::Sender<Arc<Batch>>,
    ordered: Arc<Notify>,
    is_of_earlier_boot: bool,
    /// Whether nobody drove it before: what waits is held then.
    is_left: bool,
    /// The ways to hosts whose turn has not come, as far as they are known.
    routes: HashMap<usize, Route>,
    running: JoinSet<Over>,
    /// Whether the store has its last state, held hosts aside.
    rests: bool,
}

impl Driver {
    /// Of a batch whose claim is ours.
    pub(in crate::engine) fn new(
        engine: &Engine,
        place: BatchFolder,
        claim: Claim,
        found: Journal,
    ) -> Self {
        let (batch, progress) = watch::channel(Arc::new(found.batch));
        let ordered = Arc::new(Notify::new());
        let watched = Watched {
            batch: progress,
            ordered: Arc::clone(&ordered),
            is_driven: true,
        };
        engine.0.batches.add(batch.borrow().id, watched);
        Self {
            engine: engine.clone(),
            place,
            claim,
            batch,
            ordered,
            is_of_earlier_boot: found.is_of_earlier_boot,
            is_left: false,
            routes: HashMap::new(),
            running: JoinSet::new(),
            rests: false,
        }
    }

    /// Keeps the ways to the hosts.
    pub(in crate::engine) fn with_routes(mut self, routes: HashMap<usize, Route>) -> Self {
        self.routes = routes;
        self
    }

    /// Holds what waits, if nobody drove it before.
    pub(in crate::engine) fn held_if(mut self, is_left: bool) -> Self {
        self.is_left = is_left;
        self
    }

    /// Drives it, in the background.
    pub(in crate::engine) fn go(mut self) {
        tokio::spawn(report(self.engine.clone(), self.batch.subscribe()));
        tokio::spawn(save(self.engine.clone(), self.batch.subscribe()));
        tokio::spawn(async move {
            let id = self.now().id;
            if let Err(error) = self.drive().await {
                tracing::error!(batch = %id, %error, "a batch goes on when the app is started anew");
            }
            self.engine.0.batches.remove(id);
            self.engine.0.batches.passwords.forget(id);
        });
    }

    fn now(&self) -> Arc<Batch> {
        Arc::clone(&self.batch.borrow())
    }

    async fn drive(&mut self) -> io::Result<()> {
        if let Some(held) = self.now().left().filter(|_| self.is_left) {
            self.happened(&[held])?;
        }
        self.take_up();
        loop {
            self.take_orders().await?;
            match self.now().next() {
                Step::Start(hosts) => {
                    self.start(&hosts, false).await?;
                    continue;
                }
                Step::Check(hosts) => {
                    self.start(&hosts, true).await?;
                    continue;
                }
                Step::Wait => {}
                Step::Rest => {
                    if self.rest().await? {
                        return Ok(());
                    }
                }
            }
            tokio::select! {
                Some(over) = self.running.join_next() => {
                    self.over(over.map_err(io::Error::other)?)?;
                    // Whatever else has ended meanwhile makes room at the same time.
                    while let Some(over) = self.running.try_join_next() {
                        self.over(over.map_err(io::Error::other)?)?;
                    }
                }
                () = self.ordered.notified() => {}
                () = tokio::time::sleep(LOOK_FOR_ORDERS) => {}
            }
        }
    }

    /// Writes down what happens, and lets everybody know.
    fn happened(&mut self, happened: &[Entry]) -> io::Result<()> {
        self.claim.note(happened)?;
        self.batch.send_modify(|batch| {
            let batch = Arc::make_mut(batch);
            happened.iter().for_each(|entry| batch.apply(entry));
        });
        Ok(())
    }

    /// Follows the jobs that are there, ours or of whoever drove it before.
    fn take_up(&mut self) {
        let batch = self.now();
        for (host, on) in batch.hosts.iter().enumerate() {
            if let Some(job) = on.job.filter(|_| on.state == HostState::Running) {
                self.follow(host, job, false);
            }
            if let Some(job) = on.check.filter(|_| on.is_in_check()) {
                self.follow(host, job, true);
            }
        }
    }

    /// Starts the command or the check on hosts whose turn has come.
    async fn start(&mut self, hosts: &[usize], is_check: bool) -> io::Result<()> {
        let batch = self.now();
        let (mut jobs, mut happened) = (Vec::new(), Vec::new());
        for host in hosts {
            let job = draft::in_batch(&batch, *host, is_check).job();
            happened.push(if is_check {
                Entry::Checking {
                    host: *host,
                    job: job.id,
                }
            } else {
                Entry::Started {
                    host: *host,
                    job: job.id,
                }
            });
            let route = self.routes.get(host).filter(|_| !is_check).cloned();
            jobs.push((*host, job, route));
        }
        self.happened(&happened)?;
        let started = self.engine.blocking(move |engine| {
            let start = |(host, job, route)| (host, engine.start_one(job, route));
            Ok(jobs.into_iter().map(start).collect::<Vec<_>>())
        });
        for (host, started) in started.await.map_err(io::Error::other)? {
            match started {
                Ok(job) => self.follow(host, job, is_check),
                Err(error) => self.could_not_start(host, is_check, &error)?,
            }
        }
        self.hold_if_it_stops()
    }

    fn could_not_start(
        &mut self,
        host: usize,
        is_check: bool,
        error: &EngineError,
    ) -> io::Result<()> {
        let why = Some(error.to_string());
        self.happened(&[if is_check {
            Entry::Checked { host, why }
        } else {
            Entry::ended(host, End::new(HostState::Error, why))
        }])
    }

    /// Waits for the end of a job, and ends it itself if its time is over.
    fn follow(&mut self, host: usize, job: JobId, is_check: bool) {
        let engine = self.engine.clone();
        let batch = self.now();
        let timeout = batch.rules.timeout.map(Duration::from_millis);
        if is_check || !batch.is_all_at_once() {
            // A person cannot type into hosts that start one after the other, and a command that reads its input would
            // wait for ever.
            let engine = engine.clone();
            tokio::spawn(async move { engine.input_bytes(job, Vec::new()).await });
        }
        self.running.spawn(async move {
            let timed_out = match timeout {
                None => None,
                Some(timeout) => engine.ended_in_time(job, timeout).await,
            };
            Over {
                host,
                is_check,
                job: engine.job_of_batch(job).await.map(Box::new),
                timed_out,
            }
        });
    }

    /// Takes in what has ended.
    fn over(&mut self, over: Over) -> io::Result<()> {
        let Over {
            host,
            is_check,
            job,
            timed_out,
        } = over;
        let Some(job) = job else {
            return self.never_was(host, is_check);
        };
        let was_withheld = self.engine.sudo_is_over(self.now().id, &job);
        if was_withheld && !is_check {
            // It was not begun: it is as if its turn had not come.
            self.happened(&[Entry::Requeued { host }])?;
            return self.hold_if_it_stops();
        }
        let unknown = || End::new(HostState::Error, Some("it is not over".into()));
        let mut end = End::of(&job).unwrap_or_else(unknown);
        if let Some(timeout) = timed_out.filter(|_| end.state == HostState::Canceled) {
            let why = format!("not done after {} s", timeout.as_secs_f64());
            end = End::new(HostState::Error, Some(why));
        }
        if !is_check {
            self.happened(&[Entry::ended(host, end)])?;
            return self.hold_if_it_stops();
        }
        let End { state, why, .. } = end;
        let why = (state != HostState::Done).then(|| why.unwrap_or_else(|| state.word().into()));
        self.happened(&[Entry::Checked {
            host,
            why: why.clone(),
        }])?;
        let batch = self.now();
        let is_new = batch.held.is_none() && batch.counts().queued > 0;
        match why.filter(|_| is_new) {
            Some(why) => {
                let why = format!("the check failed on {}: {why}", batch.hosts[host].name);
                self.happened(&[Entry::Held { why }])
            }
            None => self.hold_if_it_stops(),
        }
    }

    /// Of a job that was about to be started there is neither a folder nor a row: whoever was about to was killed. If the
    /// machine went down since, the folder may have been there: its command is not run a second time.
    fn never_was(&mut self, host: usize, is_check: bool) -> io::Result<()> {
        let lost = "the machine went down, and nothing of its job is left";
        let why = || Some(lost.to_owned());
        self.happened(&[match (is_check, self.is_of_earlier_boot) {
            (true, _) => Entry::Checked { host, why: why() },
            (false, true) => Entry::ended(host, End::new(HostState::Error, why())),
            (false, false) => Entry::Requeued { host },
        }])?;
        // It waits as all others do.
        match self.now().held.clone() {
            Some(why) => self.happened(&[Entry::Held { why }]),
            None => Ok(()),
        }
    }

    fn hold_if_it_stops(&mut self) -> io::Result<()> {
        let batch = self.now();
        let waits = batch.counts().queued > 0;
        let refused = self.engine.0.batches.passwords.refused(batch.id);
        match batch.stops().or(refused.filter(|_| waits)) {
            Some(why) => self.happened(&[Entry::Held { why }]),
            None => Ok(()),
        }
    }

    async fn take_orders(&mut self) -> io::Result<()> {
        let place = self.place.clone();
        let orders = self.engine.blocking(move |_| Ok(place.orders()));
        for (name, order) in orders.await.map_err(io::Error::other)? {
            self.rests = false;
            match order {
                Order::LetGo => {
                    self.engine.0.batches.passwords.again(self.now().id);
                    self.happened(&[Entry::Released])?;
                }
                Order::Drop => self.happened(&[Entry::Dropped])?,
                Order::Cancel { force } => {
                    self.happened(&[Entry::Canceled])?;
                    for host in &self.now().hosts {
                        let job = match host.state {
                            HostState::Running => host.job,
                            _ if host.is_in_check() => host.check,
                            _ => None,
                        };
                        let Some(job) = job else { continue };
                        if let Err(error) = self.engine.cancel(job, force).await {
                            tracing::debug!(%job, %error, "not canceled");
                        }
                    }
                }
            }
            self.place.carried_out(&name);
        }
        Ok(())
    }

    /// The batch is over: the store gets its end, and the folder is dropped unless hosts are held. True then.
    async fn rest(&mut self) -> io::Result<bool> {
        if self.rests {
            return Ok(false);
        }
        self.engine.0.batches.passwords.forget(self.now().id);
        if self.now().finished_at.is_none() {
            self.happened(&[Entry::Rested {
                at: crate::clock::now(),
            }])?;
        }
        let batch = self.now();
        let mut waits = Backoff::new();
        loop {
            let saved = self.engine.0.link.insist_on_writing(|store| {
                let batch = Arc::clone(&batch);
                async move { store.save_batch(&batch).await }
            });
            tokio::select! {
                saved = saved => match saved {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::error!(batch = %batch.id, %error, "a batch is not in the history yet");
                        tokio::time::sleep(waits.next()).await;
                    }
                },
                // What a person wants of it does not wait for the store.
                () = self.ordered.notified() => return Ok(false),
            }
        }
        self.rests = true;
        if batch.counts().held > 0 || !self.place.orders().is_empty() {
            return Ok(false);
        }
        self.place.remove()?;
        Ok(true)
    }
}
