//! `vmo run`, `vmo make`, `vmo archive`.

use std::{path::Path, process::ExitCode};

use clap::Args;
use orchestrator::{
    engine::{Consent, Engine, EngineError, Log},
    fleet::Choice,
    job::{Job, JobId, Status, survivor as survivor_words},
    launch::{Start, WhenBusy, argv},
    make, wire,
};

use super::{
    Failed, NEVER_RAN, Outcome, engine,
    fill::{MakeFlags, Prefilled, Typed},
    here::here,
    many::{self, Many},
    on, out, prompts,
    show::{archived, away, over, show, tell_pauses},
    terminal::{self, Raw},
    words,
};

#[derive(Debug, Args)]
#[command(
    override_usage = "vmo run [-p PROJECT] [OPTIONS] TARGET… [NAME=value…]\n       vmo run [--on HOSTS] [OPTIONS] -- COMMAND"
)]
pub(crate) struct Run {
    /// The project: its name or its folder
    #[arg(short, long, default_value = ".")]
    project: String,
    /// Run the command on hosts of the SSH config: web-1,web-2 · web[01-37] · 'db*' · @production · @file:PATH · -
    ///
    /// A comma is or, & is and, ! is not, read from left to right; brackets go first. SET/3 is the first three, SET/10% a
    /// tenth that is the same each time. '*' is all, and asks.
    #[arg(long, value_name = "HOSTS")]
    on: Vec<String>,
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
        let start = start_of(&run, &engine).await?;
        if let Some((rows, cols)) = terminal::size() {
            engine.set_window(rows, cols);
        }
        say_problems(&engine, &start).await?;
        let jobs = started(&engine, start).await?;
        Ok((engine, jobs))
    };
    let (engine, jobs) = jobs.await.map_err(never_ran)?;
    say_what_is_shown(&jobs);
    if let Some(batch) = jobs.first().and_then(|job| job.batch) {
        return if run.detach {
            detach(&engine, &many::started(&engine, batch).await?, run.json).await
        } else {
            many::follow(&engine, batch, run.json, None).await
        };
    }
    if run.detach {
        return detach(&engine, &jobs, run.json).await;
    }
    finish(&engine, jobs, run.json).await
}

/// Starts it; a command of the SSH config that has to be allowed first is asked about at the terminal.
async fn started(engine: &Engine, start: Start) -> Result<Vec<Job>, EngineError> {
    loop {
        match engine.start(start.clone(), Consent::Given).await {
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
            Err(error) => return Err(error),
            Ok(jobs) => {
                // The process may be gone before it is written down otherwise.
                engine.catalog().write_launches().await?;
                return Ok(jobs);
            }
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

/// What could not be read if the job's project or host is looked up, in one line.
async fn say_problems(engine: &Engine, start: &Start) -> Result<(), Failed> {
    let problems = match start {
        Start::Target { .. } => engine.catalog().projects().await?.problems,
        Start::Command { hosts, .. } if !hosts.is_empty() => {
            engine.catalog().hosts().await?.problems
        }
        Start::Command { .. } => return Ok(()),
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
    Ok(())
}

async fn start_of(run: &Run, engine: &Engine) -> Result<Start, Failed> {
    if !run.command.is_empty() {
        if run.make.any() || run.filled.any() {
            return Err(Failed::new(
                "-j, -k, -B, -n, --raw, --reserved, --preset and --last are for targets, and this is a command",
            ));
        }
        if !run.targets.is_empty() {
            return Err(Failed::new(
                "give either targets or a command after --, not both",
            ));
        }
        let line = run.on.join(",");
        let cwd = match line.as_str() {
            "" => Some(here()?),
            _on_hosts => None,
        };
        let timeout = run.make.timeout();
        if line.is_empty() && (run.many.any() || timeout.is_some()) {
            return Err(Failed::new(
                "--limit, --waves, --check, --stop-after and a command's --timeout are for commands on hosts: add --on",
            ));
        }
        let choice = if line.is_empty() {
            Choice::default()
        } else {
            on::hosts(engine, &line, run.yes).await?
        };
        return Ok(Start::Command {
            command: shell_line(&run.command, choice.hosts.is_empty())?,
            hosts: choice.hosts,
            cwd,
            pty: run.pty,
            // Typing a host's name is saying so; a set is not.
            confirmed: choice.typed,
            rules: run.many.rules(line, timeout),
        });
    }
    if !run.on.is_empty() || run.many.any() {
        return Err(Failed::new(
            "--on needs a command after --: vmo run --on HOST -- uptime",
        ));
    }
    targets(run, engine).await
}

/// One word is a shell's line, as it was typed. Several are a program and its arguments, as our own shell took them apart:
/// quoted, so that the shell that runs them, here or on a host, finds the same words again.
fn shell_line(words: &[String], is_here: bool) -> Result<String, Failed> {
    let line = match words {
        [line] => Some(line.clone()),
        words if is_here => argv::line_of_sh(words),
        words => argv::line_of(words),
    };
    line.ok_or_else(|| Failed::new("a word of the command has a NUL byte in it"))
}

/// Targets, and what they are given: by what is typed, and beside it by an earlier form.
async fn targets(run: &Run, engine: &Engine) -> Result<Start, Failed> {
    let (mut targets, mut variables) = (Vec::new(), Vec::new());
    for word in &run.targets {
        // No target holds '=': make would take it as a variable, whatever is before it.
        match word.split_once('=') {
            Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
            None => targets.push(word.clone()),
        }
    }
    let typed = Typed {
        targets,
        variables,
        options: run.make.options(),
        pty: run.pty,
    };
    let typed = run.filled.fill(engine, &run.project, typed).await?;
    Ok(Start::Target {
        project: run.project.clone(),
        targets: typed.targets,
        variables: typed.variables,
        pty: typed.pty,
        options: typed.options,
        when_busy: match (run.wait, run.no_wait) {
            (true, _) => Some(WhenBusy::Wait),
            (_, true) => Some(WhenBusy::Refuse),
            _ => None,
        },
    })
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
    finish(&engine, vec![job], false).await
}

fn never_ran(failed: Failed) -> Failed {
    Failed {
        code: NEVER_RAN,
        ..failed
    }
}

/// Leaves jobs to their supervisors, once those need no engine any more: a login may have something to ask.
async fn detach(engine: &Engine, jobs: &[Job], json: bool) -> Outcome {
    let all: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    let is_ours = move |job| all.contains(&job);
    tokio::spawn(prompts::answer_all(engine.clone(), is_ours));
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
    tokio::spawn(prompts::answer_all(engine.clone(), move |job| job == id));
    tokio::spawn(cancel_on_interrupt(engine.clone(), id));
    let raw = hand_over(engine, &job, &log, json).await?;
    let mut job = if json {
        over(engine, &log).await?
    } else {
        show(engine, &log, None).await?
    };
    drop(raw);
    if job.state.status() == Status::Canceled || words::is_timed_out(&job) {
        job = engine.jobs().ended_whole(id).await?;
    }
    if json {
        print_job(&job, true)?;
    } else {
        let place = job.host().map(|host| format!("{host}: "));
        let place = place.unwrap_or_default();
        if words::code(&job) != 0 {
            out::say(format_args!("{place}{}", words::end(&job)));
        }
        let left = words::left_by_cancel(&job);
        for line in &left {
            out::say(format_args!("{place}{line}"));
        }
        for survivor in job.survivors.iter().filter(|_| left.is_empty()) {
            let words = survivor_words(survivor);
            out::say(format_args!("{place}left running: {words}"));
        }
    }
    archived(engine, id).await;
    if engine.has_left_over() {
        // Of earlier commands, whose Postgres was away.
        super::archive_in_background();
    }
    Ok(ExitCode::from(words::code(&job)))
}

/// Lets a person type into a single job, once it runs: until then, what is typed may be an answer to a login.
async fn hand_over(
    engine: &Engine,
    job: &Job,
    log: &Log,
    json: bool,
) -> Result<Option<Raw>, Failed> {
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
