//! `vmo run`, `vmo make`, `vmo archive`.

mod make_form;
mod start;
mod there;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use orchestrator::{
    engine::{Consent, Engine, EngineError, Log},
    job::{Job, JobId, Status, Survivor, survivor as survivor_words},
    launch::Start,
    make, wire,
};
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};

use self::{
    make_form::{MakeFlags, Prefilled},
    start::start_of,
};
use super::{
    Failed, NEVER_RAN, Outcome,
    current_folder::here,
    engine, host_set, job_words,
    many_hosts::{self, Many},
    out, prompts,
    show_jobs::{archived, away, over, show, tell_pauses},
    terminal::{self, Raw},
};

/// How long what a job left running may take to end by itself before it is named.
const MOMENT: Duration = Duration::from_millis(150);

#[derive(Debug, Args)]
#[command(
    override_usage = "vmo run [-p PROJECT] [--on HOSTS] [OPTIONS] TARGET… [NAME=value…]\n       vmo run [--on HOSTS] [OPTIONS] -- COMMAND"
)]
pub(crate) struct Run {
    /// The project: its name or its folder
    #[arg(short, long, default_value = ".")]
    project: String,
    /// Run on hosts of the SSH config: web-1,web-2 · web[01-37] · 'db*' · @production · @file:PATH · -
    ///
    /// A comma is or, & is and, ! is not, read from left to right; brackets go first. SET/3 is the first three, SET/10% a
    /// tenth that is the same each time. '*' is all, and asks.
    #[arg(long, value_name = "HOSTS")]
    on: Vec<String>,
    /// The project's folder on those hosts, if it is not to be found by its git remote: /srv/shop, or '~/shop' there
    #[arg(long, value_name = "FOLDER", requires = "on", conflicts_with_all = ["command", "script"])]
    dir: Option<String>,
    /// Run on all hosts without being asked
    #[arg(long)]
    yes: bool,
    /// Run it in a terminal
    #[arg(long)]
    pty: bool,
    /// Print the job's id and leave it running
    #[arg(long)]
    detach: bool,
    /// Do not wait if the target is exclusive and runs already
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Wait then, even if the settings say otherwise
    #[arg(long)]
    wait: bool,
    /// Print the job as JSON when it is over, and not its log
    #[arg(long)]
    json: bool,
    /// Run this script instead of a command, by the program that its first line names; what is after `--` is its
    /// arguments; at most 48 KiB
    #[arg(long, value_name = "FILE", conflicts_with = "targets")]
    script: Option<PathBuf>,
    /// Targets, and NAME=value for make
    targets: Vec<String>,
    /// A shell line instead of targets; several words are a program and its arguments, passed on as they are
    #[arg(last = true)]
    command: Vec<String>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    make: MakeFlags,
    #[command(flatten)]
    filled: Prefilled,
}

pub(crate) async fn run(run: Run) -> Outcome {
    let jobs = async {
        let engine = engine().await?;
        let how = run.many.shown(run.json)?;
        let start = start_of(&run, &engine).await?;
        if let Some((rows, cols)) = terminal::size() {
            engine.set_window(rows, cols);
        }
        let problem = say_problems(&engine, &start).await?;
        let begin = async || engine.start(start.clone(), Consent::Given).await;
        let jobs = allowed(&engine, begin).await;
        let jobs = jobs.map_err(|failed| unless_said(failed.into(), problem.as_deref()));
        let jobs = jobs.map_err(start::with_advice)?;
        // The process may be gone before it is written down otherwise.
        engine.catalog().write_launches().await?;
        Ok((engine, jobs, how))
    };
    let (engine, jobs, how) = jobs.await.map_err(never_ran)?;
    say_what_is_shown(&jobs);
    if let Some(batch) = jobs.first().and_then(|job| job.batch) {
        return if run.detach {
            leave(
                &engine,
                &many_hosts::started(&engine, batch).await?,
                run.json,
            )
            .await
        } else {
            many_hosts::follow(&engine, batch, how, None).await
        };
    }
    if run.detach {
        return detach(&engine, &jobs, run.json).await;
    }
    let ended = finish(&engine, jobs.clone(), run.json).await;
    many_hosts::write_files(&engine, &jobs, &how).await?;
    ended
}

/// Starts it; a command of the SSH config that has to be allowed first is asked about at the terminal.
pub(crate) async fn allowed(
    engine: &Engine,
    start: impl AsyncFn() -> Result<Vec<Job>, EngineError>,
) -> Result<Vec<Job>, EngineError> {
    loop {
        match start().await {
            Err(EngineError::NeedsConsent {
                host,
                unallowed,
                why,
            }) => {
                if !prompts::is_allowed(&host, &unallowed).await {
                    return Err(EngineError::NeedsConsent {
                        host,
                        unallowed,
                        why,
                    });
                }
                let command = &unallowed.command;
                engine.catalog().allow_command(command, true).await?;
            }
            done => return done,
        }
    }
}

/// Secrets that a person may take for hidden.
fn say_what_is_shown(jobs: &[Job]) {
    let changes = jobs
        .iter()
        .filter_map(Job::here)
        .flat_map(|here| &here.environment);
    for one in changes.filter(|one| one.by == make::environment::NOT_MASKED) {
        out::say(format_args!("{}: {}", one.name, one.by));
    }
}

/// Says what could not be read if the job's project or host is looked up, in one line; gives the first of it.
async fn say_problems(engine: &Engine, start: &Start) -> Result<Option<String>, Failed> {
    let problems = match start {
        Start::Target { .. } | Start::TargetOnHosts { .. } => {
            engine.catalog().projects().await?.problems
        }
        Start::Command { hosts, .. } if !hosts.is_empty() => {
            engine.catalog().hosts().await?.problems
        }
        Start::Command { .. } => return Ok(None),
    };
    match problems.as_slice() {
        [] => {}
        [one] => out::say(one),
        [first, rest @ ..] => {
            out::say(format_args!(
                "{first} (and {} more: vmo doctor)",
                rest.len()
            ));
        }
    }
    Ok(problems.into_iter().next())
}

/// The same failure, without its words if they were just said.
fn unless_said(failed: Failed, said: Option<&str>) -> Failed {
    Failed {
        message: failed.message.filter(|words| Some(&**words) != said),
        ..failed
    }
}

/// `vmo make ARGS…`: make in this folder.
pub(crate) async fn make(args: Vec<String>) -> Outcome {
    let started = async {
        let here = here()?;
        let engine = engine().await?;
        let job = engine
            .start_make(Path::new(&here), args, Consent::Given)
            .await?;
        Ok((engine, job))
    };
    let (engine, job) = started.await.map_err(never_ran)?;
    let jobs = vec![job];
    say_what_is_shown(&jobs);
    finish(&engine, jobs, false).await
}

fn never_ran(failed: Failed) -> Failed {
    match failed.code {
        host_set::REFUSED => failed,
        _ => Failed {
            code: NEVER_RAN,
            ..failed
        },
    }
}

/// Leaves jobs to their supervisors, once those need no engine any more: a login may have something to ask.
async fn detach(engine: &Engine, jobs: &[Job], json: bool) -> Outcome {
    let all: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    let is_ours = move |job| all.contains(&job);
    tokio::spawn(prompts::answer_all(engine.clone(), is_ours));
    leave(engine, jobs, json).await
}

/// The same, of jobs whose questions somebody answers already.
async fn leave(engine: &Engine, jobs: &[Job], json: bool) -> Outcome {
    for job in jobs {
        // Once its supervisor runs, it needs us no more.
        let job = engine.jobs().begun(job.id).await?;
        print_job(&job, json)?;
        if !engine.let_go(job.id).await {
            super::archive_in_background();
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a job until it is over, and exits as it did.
async fn finish(engine: &Engine, mut jobs: Vec<Job>, json: bool) -> Outcome {
    let Some(job) = jobs.pop() else {
        return Err(Failed::new("nothing was started"));
    };
    let (id, log) = (job.id, engine.logs().of(job.id));
    tokio::spawn(tell_pauses(log.clone()));
    let host = job.host().map(ToOwned::to_owned);
    let is_host = move |one: &str| host.as_deref() == Some(one);
    tokio::spawn(prompts::answer_at(
        engine.clone(),
        move |asking| asking == id,
        is_host,
    ));
    tokio::spawn(cancel_on_interrupt(engine.clone(), id));
    let raw = hand_over(engine, &job, &log, json).await?;
    let mut job = if json {
        over(engine, &log).await?
    } else {
        show(engine, &log, None).await?
    };
    drop(raw);
    if job.state.status() == Status::Canceled || job_words::is_timed_out(&job) {
        job = engine.jobs().ended_whole(id).await?;
    }
    if json {
        print_job(&job, true)?;
    } else {
        let place = job.host().map(|host| format!("{host}: "));
        let place = place.unwrap_or_default();
        if job_words::code(&job) != 0 {
            out::say(format_args!("{place}{}", job_words::end(&job)));
        }
        let left = job_words::left_by_cancel(&job);
        for line in &left {
            out::say(format_args!("{place}{line}"));
        }
        if left.is_empty() {
            for survivor in still_there(&job).await {
                let words = survivor_words(survivor);
                out::say(format_args!("{place}left running: {words}"));
            }
        }
    }
    archived(engine, id).await;
    if engine.has_left_over() {
        // Of earlier commands, whose Postgres was away.
        super::archive_in_background();
    }
    Ok(ExitCode::from(job_words::code(&job)))
}

/// Of those that a job left running, who still is: here some are gone a moment after its end.
async fn still_there(job: &Job) -> Vec<&Survivor> {
    let is_here = job.host().is_none();
    if is_here && !job.survivors.is_empty() {
        tokio::time::sleep(MOMENT).await;
    }
    let is_named = |one: &&Survivor| !is_here || !is_gone(one.pid);
    job.survivors.iter().filter(is_named).collect()
}

/// Whether a process has ended; one that nobody has waited for yet has no command line any more.
fn is_gone(pid: i32) -> bool {
    match std::fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => line.is_empty(),
        Err(_) => Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH)),
    }
}

/// Lets a person type into a single job, once it runs: until then, what is typed may be an answer to a login.
async fn hand_over(
    engine: &Engine,
    job: &Job,
    log: &Log,
    json: bool,
) -> Result<Option<Raw>, Failed> {
    // What is piped in answers no login. Its end ends a shell on the host that waits for input in place of the command.
    if job.host().is_some() && !job.pty && terminal::is_piped_in() {
        terminal::forward_input(engine.clone(), job.id);
        return Ok(None);
    }
    let begun = match log.begun().await {
        Some(job) => job,
        None => engine.jobs().begun(job.id).await?,
    };
    if begun.state.status().is_over() {
        return Ok(None);
    }
    let raw = if job.pty && !json {
        Raw::begin(engine, job.id)
    } else {
        None
    };
    terminal::forward_input(engine.clone(), job.id);
    Ok(raw)
}

fn print_job(job: &Job, json: bool) -> Result<(), Failed> {
    if json {
        out::json_line(&wire::Job::from(job.clone()))
    } else {
        out::line(job.id)
    }
}

/// Ctrl-C cancels; a second one kills. A third leaves what goes on all the same.
async fn cancel_on_interrupt(engine: Engine, job: JobId) {
    for force in [false, true] {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        if let Err(error) = engine.cancel(job, force).await {
            tracing::debug!(%error, "not canceled");
        }
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        for live in engine.lives().iter().filter(|live| live.id == job) {
            if !live.job_status().is_over() {
                out::say(format_args!("job {job} goes on; vmo log {job}"));
            }
        }
        terminal::restore();
        std::process::exit(128 + libc::SIGINT);
    }
}

/// `vmo archive`: archives the jobs that are over and that no engine archives, and ends. Started by a supervisor whose
/// job no engine follows, and by programs that come across such jobs.
pub(crate) async fn archive() -> Outcome {
    let engine = engine().await?;
    engine.settled().await;
    let left = engine.archive_left_over().await?;
    let archived = async {
        engine.settle_batches().await;
        for job in left {
            engine.archived_or_not(job).await;
        }
    };
    tokio::select! {
        () = archived => Ok(ExitCode::SUCCESS),
        () = engine.store_failed() => Err(Failed::new(format!(
            "{}; the next program that runs archives the job",
            away(&engine)
        ))),
    }
}
