//! `vmo run` on many hosts: what it takes beside the command, and what each host writes, as it comes, at the end by
//! [`groups`], or into [`files`].

mod files;
mod groups;

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::Args;
use orchestrator::{
    batch::{Batch, HostState, OnHost, Order, Rules, Share, Waves},
    engine::{Engine, Log},
    fleet::fold,
    job::{Job, JobId, Status},
    visible::visible,
    wire,
};
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;

use super::{
    Failed, NEVER_RAN, Outcome, job_words, out, prompts,
    show_jobs::{archived, over, show, tell_pauses},
    terminal,
};

/// How a command is run on many hosts.
#[derive(Debug, Args)]
#[command(next_help_heading = "On many hosts")]
pub(crate) struct Many {
    /// On at most so many hosts at once, or such a share of them; 32 if not given
    #[arg(long, value_name = "N|N%")]
    limit: Option<Share>,
    /// One wave after the other, each when the one before is over: 1,10%,rest
    #[arg(long, value_name = "SIZES")]
    waves: Option<Waves>,
    /// Run this on the hosts of a wave before the next one starts; if it fails, the rest is held
    #[arg(long, value_name = "COMMAND", requires = "waves")]
    check: Option<String>,
    /// At the N-th failure start nothing more: what runs may end, the rest is held (vmo batch --let-go)
    #[arg(long, value_name = "N|N%")]
    stop_after: Option<Share>,
    /// Run it as root, by sudo: its password is asked for once, tried on one host, and kept in memory only
    #[arg(long, conflicts_with = "pty")]
    sudo: bool,
    /// Print at the end, and once for all hosts that wrote the same
    #[arg(long, conflicts_with_all = ["json", "detach"])]
    group: bool,
    /// Write what each host wrote into a file of its own in this folder, too
    #[arg(long, value_name = "FOLDER", conflicts_with = "detach")]
    out: Option<PathBuf>,
}

/// How a batch is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// Each host as JSON, once it is over.
    pub(crate) json: bool,
    /// All hosts at the end, by what they wrote.
    pub(crate) group: bool,
    /// The folder for a file of each host.
    pub(crate) out: Option<Arc<PathBuf>>,
}

impl Many {
    /// Whether any of it is given.
    pub(crate) fn any(&self) -> bool {
        self.limit.is_some()
            || self.waves.is_some()
            || self.check.is_some()
            || self.stop_after.is_some()
            || self.sudo
            || self.group
            || self.out.is_some()
    }

    /// How the hosts are shown; makes the folder for their files.
    ///
    /// # Errors
    /// If there can be no such folder.
    pub(crate) fn shown(&self, json: bool) -> Result<Shown, Failed> {
        if let Some(out) = &self.out {
            files::make_folder(out)?;
        }
        Ok(Shown {
            json,
            group: self.group,
            out: self.out.clone().map(Arc::new),
        })
    }

    /// The rules, for a set as it was written.
    pub(crate) fn rules(&self, chosen: String, timeout: Option<u64>) -> Rules {
        Rules {
            chosen,
            limit: self.limit,
            waves: self.waves.clone(),
            check: self.check.clone(),
            stop_after: self.stop_after,
            sudo: self.sudo,
            timeout,
            ..Rules::default()
        }
    }
}

/// Shows what the hosts of a batch write until it is over, and says how they ended. Of one that was
/// ordered something `since` so much had happened to it, what came before is not shown again.
pub(crate) async fn follow(engine: &Engine, id: Uuid, how: Shown, since: Option<u64>) -> Outcome {
    let Some(mut batch) = engine.watch_batch(id) else {
        return ended(&engine.find_batch(&id.to_string()).await?);
    };
    tokio::spawn(cancel_on_interrupt(engine.clone(), id));
    answer(engine, batch.clone());
    let (mut reported, mut shown) = (HashSet::new(), JoinSet::new());
    // What a program that is gone has started is not archived here, but by one of its own.
    let mut of_another: HashSet<JobId> = HashSet::new();
    if since.is_some() {
        let before = Arc::clone(&batch.borrow());
        let is_over = |host: &&OnHost| host.state != HostState::Running;
        of_another.extend(before.hosts.iter().filter_map(|host| host.job));
        let over = before.hosts.iter().filter(is_over);
        reported.extend(over.flat_map(|host| [host.job, host.check]).flatten());
    }
    share_input(engine, &batch.borrow());
    say_what_waits(&batch.borrow());
    loop {
        let now = Arc::clone(&batch.borrow_and_update());
        for host in &now.hosts {
            for (job, what) in [(host.job, ""), (host.check, " (check)")] {
                if let Some(job) = job.filter(|job| reported.insert(*job)) {
                    let prefix = format!("{}{what}", host.name);
                    shown.spawn(show_one(engine.clone(), job, prefix, how.clone()));
                }
            }
        }
        let is_ordered = since.is_none_or(|since| now.changes > since);
        if now.finished_at.is_some() && is_ordered {
            break;
        }
        tokio::select! {
            // It is dropped once it is over and in the store.
            changed = batch.changed() => if changed.is_err() { break },
            Some(one) = shown.join_next() => one??,
        }
    }
    while let Some(one) = shown.join_next().await {
        one??;
    }
    let now = Arc::clone(&batch.borrow());
    if how.group {
        groups::print(engine, &now).await?;
    }
    for host in now.hosts.iter().filter(|_| !how.json && !how.group) {
        if let Some(why) = host.why.as_ref().filter(|_| host.state != HostState::Done) {
            out::say(format_args!("{}: {why}", host.name));
        }
    }
    let jobs = now.hosts.iter().filter_map(|host| host.job);
    for job in jobs.filter(|job| !of_another.contains(job)) {
        archived(engine, job).await;
    }
    kept(engine, batch).await;
    if engine.has_left_over() {
        super::archive_in_background();
    }
    let code = ended(&now)?;
    Ok(match now.hosts.as_slice() {
        [host] => of_one(engine, host).await.unwrap_or(code),
        _ => code,
    })
}

/// The code to exit with of a command on one host, which is a batch for its rules alone: as without them, and 124 if its time
/// was over. None if that of the batch says more.
async fn of_one(engine: &Engine, host: &OnHost) -> Option<ExitCode> {
    let job = host.job.filter(|_| host.state == HostState::Error)?;
    let job = engine.jobs().get(job).await.ok()?;
    let code = match job.state.status() {
        // Nobody but the batch ended it.
        Status::Canceled => job_words::TIMED_OUT,
        // Its check failed.
        Status::Done => return None,
        _ => job_words::code(&job),
    };
    Some(ExitCode::from(code))
}

/// The jobs of a batch, once every host's job is started, or held: what is queued is started by a program that is there.
pub(crate) async fn started(engine: &Engine, id: Uuid) -> Result<Vec<Job>, Failed> {
    let Some(mut batch) = engine.watch_batch(id) else {
        return Ok(Vec::new());
    };
    out::say(format_args!("batch {id}"));
    // The next hosts may wait for what the first ones ask.
    answer(engine, batch.clone());
    let is_started = |batch: &Arc<Batch>| batch.counts().queued == 0;
    // It may be over and gone by then.
    let _started = batch.wait_for(is_started).await.is_ok();
    let all: Vec<JobId> = {
        let batch = batch.borrow();
        batch.hosts.iter().filter_map(|host| host.job).collect()
    };
    let mut jobs = Vec::with_capacity(all.len());
    for job in all {
        log_of(engine, job).await;
        jobs.push(engine.jobs().get(job).await?);
    }
    Ok(jobs)
}

/// Answers what the jobs of a batch ask, for as long as this program runs.
fn answer(engine: &Engine, batch: watch::Receiver<Arc<Batch>>) {
    let of_it = batch.clone();
    let is_host = move |name: &str| of_it.borrow().hosts.iter().any(|host| host.name == name);
    let is_ours = move |job: JobId| {
        let batch = batch.borrow();
        let is_of = |host: &OnHost| host.job == Some(job) || host.check == Some(job);
        batch.hosts.iter().any(is_of)
    };
    tokio::spawn(prompts::answer_at(engine.clone(), is_ours, is_host));
}

/// The log of a batch's job, which is in the batch's journal a moment before its folder is there.
async fn log_of(engine: &Engine, job: JobId) -> Log {
    loop {
        let log: Log = engine.logs().of(job);
        if log.live.is_some() || engine.jobs().get(job).await.is_ok() {
            return log;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Shows one job until it is over; in JSON, only then.
async fn show_one(engine: Engine, job: JobId, prefix: String, how: Shown) -> Result<(), Failed> {
    let log = log_of(&engine, job).await;
    tokio::spawn(tell_pauses(log.clone()));
    let job = if how.json || how.group {
        over(&engine, &log).await?
    } else {
        show(&engine, &log, Some(format!("{}: ", visible(&prefix)))).await?
    };
    if let Some(folder) = &how.out {
        files::write(&log, folder, &prefix).await?;
    }
    if how.json {
        return out::json_line(&wire::Job::from(job));
    }
    for line in job_words::left_by_cancel(&job) {
        out::say(format_args!("{prefix}: {line}"));
    }
    Ok(())
}

/// Writes the files of hosts whose jobs are over, if they are wanted.
///
/// # Errors
/// If a log cannot be read, or a file not be written.
pub(crate) async fn write_files(engine: &Engine, jobs: &[Job], how: &Shown) -> Result<(), Failed> {
    let Some(folder) = &how.out else {
        return Ok(());
    };
    for job in jobs {
        if let Some(host) = job.host() {
            files::write(&engine.logs().of(job.id), folder, host).await?;
        }
    }
    Ok(())
}

/// The hosts that wait for a reason of their own.
fn say_what_waits(batch: &Batch) {
    let waits = |host: &&OnHost| host.state == HostState::Queued && host.why.is_some();
    let names: Vec<&str> = batch
        .hosts
        .iter()
        .filter(waits)
        .map(|host| host.name.as_str())
        .collect();
    if !names.is_empty() {
        out::say(format_args!(
            "tried last, for they did not answer in the last ten minutes: {}",
            fold(names)
        ));
    }
}

/// What is piped in goes to every host, if all of them start at once. A person at a terminal types into none of them, nor does
/// a pipe into hosts that start one after the other: their input ends at once.
fn share_input(engine: &Engine, batch: &Batch) {
    let all: Vec<JobId> = batch.hosts.iter().filter_map(|host| host.job).collect();
    if batch.is_all_at_once() {
        terminal::share_input(engine.clone(), all);
    }
}

/// Waits until the batch is in the store for good, as long as the store answers.
async fn kept(engine: &Engine, mut batch: watch::Receiver<Arc<Batch>>) {
    if batch.borrow().counts().held > 0 {
        return;
    }
    let gone = async { while batch.changed().await.is_ok() {} };
    tokio::select! {
        () = gone => {}
        () = engine.store_failed() => {}
        () = tokio::time::sleep(super::show_jobs::ARCHIVING) => {}
    }
}

/// The last line, and the code to exit with: 0 if all went well, 255 if a host was never reached, else 1.
pub(crate) fn ended(batch: &Batch) -> Outcome {
    out::say(folded(batch));
    if let Some(why) = held(batch) {
        out::say(why);
    }
    let counts = batch.counts();
    Ok(if usize::try_from(counts.done) == Ok(batch.hosts.len()) {
        ExitCode::SUCCESS
    } else if counts.unreachable > 0 {
        ExitCode::from(NEVER_RAN)
    } else {
        ExitCode::from(1)
    })
}

/// Why hosts are held, and what to do.
pub(crate) fn held(batch: &Batch) -> Option<String> {
    let why = batch.held.as_ref()?;
    let id = batch.id;
    Some(format!(
        "held: {why}; to start them, vmo batch {id} --let-go; to leave them out, --drop"
    ))
}

/// `38 done · 2 error: web[03,17] · 1 login failed: db-1 · 1 unreachable: db-2`.
pub(crate) fn folded(batch: &Batch) -> String {
    let states = [
        HostState::Done,
        HostState::Error,
        HostState::Unreachable,
        HostState::Canceled,
        HostState::Held,
        HostState::Skipped,
        HostState::Running,
        HostState::Queued,
    ];
    let mut parts = Vec::new();
    for state in states {
        let mut by_word: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for host in batch.hosts.iter().filter(|host| host.state == state) {
            by_word.entry(host.word()).or_default().push(&host.name);
        }
        for (word, names) in by_word {
            let counted = format!("{} {word}", names.len());
            parts.push(match state {
                HostState::Done => counted,
                _ => format!("{counted}: {}", fold(names)),
            });
        }
    }
    parts.join(" · ")
}

/// Ctrl-C cancels the batch; a second one kills. A third leaves what goes on all the same.
async fn cancel_on_interrupt(engine: Engine, batch: Uuid) {
    for force in [false, true] {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        let order = Order::Cancel { force };
        if let Err(error) = engine.order_batch(batch, order).await {
            tracing::debug!(%error, "not canceled");
        }
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        out::say(format_args!("batch {batch} goes on; vmo batch {batch}"));
        terminal::restore();
        std::process::exit(128 + libc::SIGINT);
    }
}
