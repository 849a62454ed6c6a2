//! `vmo run`, `vmo make`, `vmo archive`.

use std::{
    io::{IsTerminal, Read, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use orchestrator::{
    engine::{Consent, Engine},
    job::{Job, JobId},
    log::Stream,
    wire,
    wire::{Answer, Event, Question, Start},
};

use super::{Failed, NEVER_RAN, Outcome, engine, words};

/// How long `vmo` waits at its end for a log to arrive in Postgres, while Postgres answers.
const ARCHIVING: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(
    override_usage = "vmo run [-p PROJECT] TARGET… [NAME=value…]\n       vmo run [--on HOST[,HOST…]] -- COMMAND"
)]
pub(crate) struct Run {
    /// The project: its name or its folder
    #[arg(short, long, default_value = ".")]
    project: String,
    /// Run the command on these hosts of the SSH config
    #[arg(long, value_delimiter = ',', value_name = "HOST")]
    on: Vec<String>,
    /// Run it in a terminal
    #[arg(long)]
    pty: bool,
    /// Print the job's id and leave it running
    #[arg(long)]
    detach: bool,
    /// Print the job as JSON when it is over, and not its log
    #[arg(long)]
    json: bool,
    /// Targets, and NAME=value for make
    targets: Vec<String>,
    /// A shell command instead of targets
    #[arg(last = true)]
    command: Vec<String>,
}

pub(crate) async fn run(run: Run) -> Outcome {
    let start = asked(&run)?;
    let engine = engine().await?;
    let jobs = engine.start(start, Consent::Given).map_err(never_ran)?;
    finish(&engine, jobs, run.detach, run.json).await
}

fn asked(run: &Run) -> Result<Start, Failed> {
    if !run.command.is_empty() {
        if !run.targets.is_empty() {
            return Err(Failed::new(
                "give either targets or a command after --, not both",
            ));
        }
        let cwd = Some(std::env::current_dir()?.display().to_string());
        return Ok(Start::Command {
            command: run.command.join(" "),
            hosts: run.on.clone(),
            cwd,
            pty: run.pty,
        });
    }
    if !run.on.is_empty() {
        return Err(Failed::new(
            "--on needs a command after --: vmo run --on HOST -- uptime",
        ));
    }
    let (mut targets, mut variables) = (Vec::new(), Vec::new());
    for word in &run.targets {
        // No target holds '=': make would take it as a variable, whatever stands before it.
        match word.split_once('=') {
            Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
            None => targets.push(word.clone()),
        }
    }
    Ok(Start::Target {
        project: run.project.clone(),
        targets,
        variables,
        pty: run.pty,
    })
}

/// `vmo make ARGS…`: make in this folder.
pub(crate) async fn make(args: Vec<String>) -> Outcome {
    let here = std::env::current_dir()?;
    let engine = engine().await?;
    let project = here
        .file_name()
        .map_or_else(|| "/".into(), |name| name.to_string_lossy().into_owned());
    let job = engine
        .start_make(&project, &here, args)
        .map_err(never_ran)?;
    finish(&engine, vec![job], false, false).await
}

fn never_ran(error: impl std::error::Error) -> Failed {
    Failed {
        message: error.to_string(),
        code: NEVER_RAN,
    }
}

/// Shows jobs until they are over, and exits as they did.
async fn finish(engine: &Engine, jobs: Vec<Job>, detach: bool, json: bool) -> Outcome {
    if detach {
        for job in jobs {
            // Once its supervisor runs, it needs us no more.
            let job = engine.begun(job.id).await?;
            print_job(&job, json)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    tokio::spawn(answer_prompts(engine.clone()));
    tokio::spawn(cancel_on_interrupt(
        engine.clone(),
        jobs.iter().map(|job| job.id).collect(),
    ));
    if let [job] = jobs.as_slice() {
        forward_input(engine.clone(), job.id);
    }
    let many = jobs.len() > 1;
    let shown = jobs.iter().map(|job| {
        let prefix = job.host().filter(|_| many).map(ToOwned::to_owned);
        let (engine, id) = (engine.clone(), job.id);
        tokio::spawn(async move {
            if json {
                engine.over(id).await
            } else {
                show(&engine, id, prefix).await
            }
        })
    });
    let mut worst = 0;
    for ended in shown.collect::<Vec<_>>() {
        let job = ended.await??;
        if json {
            print_job(&job, true)?;
        } else if words::code(&job) != 0 {
            let place = job
                .host()
                .map(|host| format!("{host}: "))
                .unwrap_or_default();
            eprintln!("vmo: {place}{}", words::end(&job));
        }
        worst = worst.max(words::code(&job));
        archived(engine, job.id).await;
    }
    Ok(ExitCode::from(worst))
}

fn print_job(job: &Job, json: bool) -> Result<(), Failed> {
    if json {
        println!("{}", serde_json::to_string(&wire::Job::from(job.clone()))?);
    } else {
        println!("{}", job.id);
    }
    Ok(())
}

/// Copies a job's log to our own outputs as it comes, and gives the job when it is over.
async fn show(
    engine: &Engine,
    id: JobId,
    prefix: Option<String>,
) -> Result<Job, orchestrator::engine::EngineError> {
    let log = engine.log(id);
    let mut growth = log.live.as_ref().map(|live| live.growth());
    let mut cursor = log.cursor(0);
    let mut lines = Prefixed {
        prefix,
        open: [Vec::new(), Vec::new()],
    };
    loop {
        // The job is over before its log is where a process that outlived it holds its output: that is not waited for.
        let over = log
            .live
            .as_ref()
            .is_none_or(|live| live.job_status().is_over());
        if let Some(growth) = &mut growth {
            growth.borrow_and_update();
        }
        if let Some(chunks) = cursor.next().await? {
            for chunk in &chunks {
                lines.write(chunk.stream, &chunk.bytes)?;
            }
        } else if over {
            lines.end()?;
            return engine.over(id).await;
        } else if let (Some(growth), Some(live)) = (&mut growth, &log.live) {
            let mut changes = live.job_changes();
            tokio::select! {
                _grown = growth.changed() => {}
                _over = changes.wait_for(|job| job.state.status().is_over()) => {}
            }
        }
    }
}

/// Output of one of several jobs: whole lines, each with its host before it. Of a single job: the bytes as they are.
struct Prefixed {
    prefix: Option<String>,
    open: [Vec<u8>; 2],
}

impl Prefixed {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> std::io::Result<()> {
        let Some(prefix) = &self.prefix else {
            return put(stream, bytes);
        };
        let open = &mut self.open[stream as usize];
        open.extend_from_slice(bytes);
        while let Some(end) = open.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = open.drain(..=end).collect();
            put(stream, &[prefix.as_bytes(), b": ", &line].concat())?;
        }
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if !self.open[stream as usize].is_empty() {
                self.write(stream, b"\n")?;
            }
        }
        Ok(())
    }
}

fn put(stream: Stream, bytes: &[u8]) -> std::io::Result<()> {
    match stream {
        Stream::Stdout => {
            let mut out = std::io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        }
        Stream::Stderr => std::io::stderr().lock().write_all(bytes),
    }
}

/// Waits until the log is in Postgres, as long as Postgres answers; else says that it is kept and will be.
async fn archived(engine: &Engine, id: JobId) {
    let waited = tokio::select! {
        waited = tokio::time::timeout(ARCHIVING, engine.archived(id)) => waited.is_ok(),
        () = engine.store_failed() => false,
    };
    if !waited {
        eprintln!(
            "vmo: Postgres is away; the log is kept in {} and archived when it is back",
            engine.folders().jobs().join(id.to_string()).display()
        );
    }
}

/// Ctrl-C cancels; a second one kills.
async fn cancel_on_interrupt(engine: Engine, jobs: Vec<JobId>) {
    let mut force = false;
    while tokio::signal::ctrl_c().await.is_ok() {
        for job in &jobs {
            if let Err(error) = engine.cancel(*job, force).await {
                tracing::debug!(%error, "not canceled");
            }
        }
        force = true;
    }
}

/// A host key is never accepted on the command line; a secret is asked for where there is a terminal.
async fn answer_prompts(engine: Engine) {
    let mut events = engine.events();
    for prompt in engine.overview().prompts {
        answer(&engine, prompt).await;
    }
    while let Ok(event) = events.recv().await {
        if let Event::Asked(prompt) = event {
            answer(&engine, prompt).await;
        }
    }
}

async fn answer(engine: &Engine, prompt: wire::Prompt) {
    let answer = match &prompt.question {
        Question::HostKey {
            fingerprint,
            key_type,
            address,
        } => {
            eprintln!(
                "vmo: {} ({address}) is not in known_hosts; it shows the {key_type} key {fingerprint}.\n     \
                 Compare it with the host's own, then accept it in the app or with: ssh {}",
                prompt.host, prompt.host
            );
            Answer::Refuse
        }
        Question::Secret { label, echo } => {
            let (label, echo) = (label.clone(), *echo);
            let typed = tokio::task::spawn_blocking(move || super::words::ask(&label, echo)).await;
            typed
                .ok()
                .flatten()
                .map_or(Answer::Refuse, |text| Answer::Text { text })
        }
    };
    if let Err(error) = engine.answer(prompt.id, answer) {
        tracing::debug!(%error, "not answered");
    }
}

/// Sends what is typed or piped in to the job, on a thread of its own: reading a terminal cannot be called off.
fn forward_input(engine: Engine, id: JobId) {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() && !words::is_foreground() {
        return;
    }
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = stdin.read(&mut buffer).unwrap_or(0);
            let sent = runtime.block_on(engine.input_bytes(id, buffer[..read].to_vec()));
            if read == 0 || sent.is_err() {
                return;
            }
        }
    });
}

/// `vmo archive JOB`, started by a supervisor whose job nobody follows.
pub(crate) async fn archive(job: &str) -> Outcome {
    let id: JobId = job.parse()?;
    let engine = super::open(true).await?;
    tokio::select! {
        () = engine.archived(id) => Ok(ExitCode::SUCCESS),
        () = engine.store_failed() => Err(Failed::new("Postgres is away; the next start of the app archives the job")),
    }
}
