//! From a prepared job to one that runs: its turn, its supervisor, and the tasks that follow and archive it.

use std::{
    collections::HashMap,
    ffi::OsString,
    io,
    os::unix::net::{UnixListener, UnixStream},
    sync::Arc,
    time::Duration,
};

use supervisor::{
    control::{self, ToSupervisor},
    exec::Grace,
    exit::ExitRecord,
};

use super::{
    job_folder::{self, Plan, Prepared},
    queue::{Claim, Turn, Wait},
};
use crate::{
    engine::{
        Engine,
        follow::{
            self,
            index::Indexer,
            live::{Live, Mark, OrderQueues},
            lost,
        },
    },
    job::{Exit, Job, JobId, State, Status, Waits, What},
    session, ssh,
};

/// While a job waits for its turn, the claims of jobs that this engine does not follow are looked at again this often.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The file in the folder of a job that waits for its turn by which another engine cancels it.
pub(in crate::engine) const CANCEL: &str = "cancel";

impl Engine {
    /// Registers a prepared job and sets everything about it going.
    pub(in crate::engine) fn launch(&self, prepared: Prepared, plan: Plan) -> Job {
        let Prepared {
            job,
            folder,
            lock,
            listener,
        } = prepared;
        let (live, orders) = Live::new(job, folder, Some(Mark::default()));
        let live = Arc::new(live);
        self.register(&live);
        let job = live.job();
        self.job_changed(job.clone());
        let noted = self.note_commit(&live);
        self.archive(Arc::clone(&live), Some(lock), noted);
        let engine = self.clone();
        tokio::spawn(async move { engine.begin(live, orders, listener, plan).await });
        job
    }

    /// Waits for the job's turn, starts it and follows it to its end.
    async fn begin(
        self,
        live: Arc<Live>,
        mut orders: OrderQueues,
        listener: UnixListener,
        plan: Plan,
    ) {
        let turn = match self.turn(&live, &mut orders, plan.claims()).await {
            Ok(Some(turn)) => turn,
            Ok(None) => {
                let why = "canceled before it started";
                return self.ended_early(&live, why.into(), true);
            }
            Err(error) => {
                let why = format!("{}: {error}", self.folders().claims().display());
                return self.ended_early(&live, why, false);
            }
        };
        // Before anything runs: from here on, what runs is followed.
        match self.begin_now(&live, listener, turn, plan).await {
            Ok(connection) => {
                let indexer = Indexer::new(live, Mark::default());
                follow::follow(indexer, connection, orders, Arc::new(self), ()).await;
            }
            Err(error) => self.ended_early(&live, error.to_string(), false),
        }
    }

    /// Starts the supervisor of the job, and gives a connection to them.
    async fn begin_now(
        &self,
        live: &Arc<Live>,
        listener: UnixListener,
        turn: Turn,
        plan: Plan,
    ) -> io::Result<UnixStream> {
        let connection = control::connect(live.folder.path())?;
        let shared = turn.share()?;
        self.keep_turn(live.id, turn);
        match plan {
            Plan::Local { environment, .. } => {
                self.begin_local(live, listener, shared, environment)?;
            }
            Plan::Remote { route } => self.begin_remote(live, listener, shared, *route).await?,
        }
        Ok(connection)
    }

    /// Keeps a job's turn until the job is over: if its supervisor is killed, until what that left is ended, too.
    fn keep_turn(&self, job: JobId, turn: Turn) {
        let mut turns = self.0.turns.lock();
        turns.insert(job, turn);
    }

    /// Gives a job's turn to the next one.
    pub(in crate::engine) fn give_turn_back(&self, job: JobId) {
        let turn = self.0.turns.lock().remove(&job);
        drop(turn);
        self.0.queue.is_over(job);
        self.0.queue.serve();
    }

    fn begin_local(
        &self,
        live: &Arc<Live>,
        listener: UnixListener,
        turn: Turn,
        environment: HashMap<OsString, OsString>,
    ) -> io::Result<()> {
        let floor = self.catalog().disk_floor();
        let start = job_folder::SupervisorStart::of(
            &live.folder,
            listener,
            turn,
            environment,
            live.id,
            floor,
        );
        self.0.fork_server.start(start)?;
        self.now_running(live);
        Ok(())
    }

    /// Hands the job to the process that holds its host's session; that it runs is seen by what is heard of it.
    async fn begin_remote(
        &self,
        live: &Arc<Live>,
        listener: UnixListener,
        turn: Turn,
        route: ssh::Route,
    ) -> io::Result<()> {
        let job = live.job();
        let window = self.window();
        let start = session::JobStart {
            order: session::Order {
                job: job.id,
                route,
                sudo: job.sudo(),
                in_batch: self.place_of(&job),
                command: job.command,
                pty: job.pty.then_some((window.rows, window.cols)),
                graces: Grace::usual(),
                floor: self.catalog().disk_floor(),
            },
            store: self.0.link.key(),
            folder: live.folder.clone(),
            listener,
            turn: turn.into_fd(),
        };
        let processes = Arc::clone(&self.0.processes);
        let _place = self.0.beginning.acquire().await.map_err(io::Error::other)?;
        tokio::task::spawn_blocking(move || processes.start(&start))
            .await
            .map_err(io::Error::other)?
    }

    fn now_running(&self, live: &Live) {
        if live.job_status() != Status::Queued {
            return;
        }
        let started_at = crate::clock::now();
        let job = live.change(|job| job.state = State::Running { started_at });
        self.job_changed(job);
    }

    /// A turn to run, or none if the job was canceled before it got one. Input waits; so does the window's size.
    async fn turn(
        &self,
        live: &Live,
        orders: &mut OrderQueues,
        claims: Vec<Claim>,
    ) -> io::Result<Option<Turn>> {
        let mut place = self.0.queue.join(live.id, claims);
        let mut later = None;
        let turn = loop {
            tokio::select! {
                biased;
                turn = &mut place.turn => break turn.unwrap_or(Err(io::ErrorKind::BrokenPipe.into()))?,
                Some(order) = orders.now.recv() => match order {
                    ToSupervisor::Cancel { .. } => return Ok(None),
                    other => later = Some(other),
                },
                Ok(()) = place.why.changed() => {
                    let why = place.why.borrow_and_update().clone();
                    let waits = why.map(|wait| self.waits_for(wait));
                    let job = live.change(|job| job.state = State::Queued { waits });
                    self.job_changed(job);
                }
                () = tokio::time::sleep(LOOK_AGAIN) => {
                    if live.folder.path().join(CANCEL).exists() {
                        return Ok(None);
                    }
                    self.0.queue.serve();
                }
            }
        };
        if let Some(Err(error)) = later.map(|order| live.offer(order)) {
            tracing::debug!(job = %live.id, %error, "the window's size is not passed on");
        }
        Ok(Some(turn))
    }

    /// What a job waits for, as a person sees it.
    pub(in crate::engine) fn waits_for(&self, wait: Wait) -> Waits {
        match wait {
            Wait::Turn { most } => Waits::Turn { most },
            Wait::Other(claim) => {
                let holder = self.holder(&claim);
                Waits::Exclusive {
                    folder: claim.folder.display().to_string(),
                    target: claim.target,
                    job: holder.as_ref().map(|job| job.id),
                    command: holder.map(|job| job.command),
                }
            }
        }
    }

    /// The job that has this for itself, as far as its targets tell.
    fn holder(&self, claim: &Claim) -> Option<Job> {
        self.lives().into_iter().map(|live| live.job()).find(|job| {
            let folder = job.cwd().and_then(|cwd| cwd.canonicalize().ok());
            let wanted = claim.target.as_ref();
            let is_of_it = matches!(&job.what, What::Target { targets, .. }
                if wanted.is_none_or(|wanted| targets.contains(wanted)));
            job.state.status() == Status::Running
                && is_of_it
                && folder.as_ref() == Some(&claim.folder)
        })
    }

    /// Ends a job that has no supervisor yet. Its folder says so too, for an engine that finds it before it is archived.
    fn ended_early(&self, live: &Live, why: String, canceled: bool) {
        let now = crate::clock::now();
        let record = ExitRecord {
            ended: Exit::CouldNotStart { why },
            canceled,
            started_at: None,
            finished_at: now.timestamp_micros(),
            spool_end: 0,
            complete: true,
            survivors: Vec::new(),
            notes: Vec::new(),
        };
        lost::write_down(&live.folder, &record);
        let state = State::Ended {
            started_at: None,
            finished_at: now,
            exit: record.ended,
            canceled,
        };
        let job = live.change(|job| job.state = state);
        self.job_changed(job);
        live.completed();
    }

    pub(in crate::engine) fn register(&self, live: &Arc<Live>) {
        self.0.jobs.lives.add(live);
    }

    pub(in crate::engine) fn forget(&self, job: JobId) {
        self.0.jobs.lives.remove(job);
        self.0.jobs.archiving.lock().remove(&job);
        self.0.known.lock().remove(&job);
        self.0.capacity.leave(job);
        self.0.forgotten.notify_waiters();
        self.give_turn_back(job);
    }
}
