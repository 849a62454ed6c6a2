//! `vmo export` and `vmo import`: jobs of the history as one file, and back.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use orchestrator::{
    engine::Engine,
    folders,
    job::{JobId, JobQuery},
};

use super::{Failed, Outcome, job_words, out, settled};

/// Jobs that are listed at once.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The jobs: their ids, the starts of these, or `last`
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    jobs: Vec<String>,
    /// All jobs that are over
    #[arg(long)]
    all: bool,
    /// With --all, only jobs of this project
    #[arg(short, long, requires = "all")]
    project: Option<String>,
    /// With --all, those of others who share this history, too
    #[arg(long, requires = "all")]
    everyone: bool,
    /// The file; without, vmo-history-DATE.zip in this folder
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file that `vmo export` wrote
    file: PathBuf,
}

pub(crate) async fn export(export: Export) -> Outcome {
    let engine = settled().await?;
    let jobs = match export.all {
        true => all(&engine, &export).await?,
        false => named(&engine, &export.jobs).await?,
    };
    let to = export.output.unwrap_or_else(|| {
        let day = chrono::Local::now().format("%Y-%m-%d-%H%M%S");
        PathBuf::from(format!("vmo-history-{day}.zip"))
    });
    let exported = engine.export(jobs, &to).await?;
    let mut left = String::new();
    if exported.unended > 0 {
        left += &format!(
            "; {} left out: not over yet",
            job_words::jobs(exported.unended)
        );
    }
    if exported.torn > 0 {
        left += &format!(
            "; of {} the history has not all of the log any more",
            job_words::jobs(exported.torn)
        );
    }
    out::line(format_args!(
        "{} with {} of log in {}{left}",
        job_words::jobs(exported.jobs),
        job_words::size(exported.bytes),
        to.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn named(engine: &Engine, names: &[String]) -> Result<Vec<JobId>, Failed> {
    let mut jobs = Vec::new();
    for name in names {
        let job = engine.jobs().find(name).await?.id;
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }
    Ok(jobs)
}

async fn all(engine: &Engine, export: &Export) -> Result<Vec<JobId>, Failed> {
    let mut query = JobQuery {
        project: export.project.clone(),
        owner: (!export.everyone).then(folders::owner),
        limit: PAGE,
        ..JobQuery::default()
    };
    let mut jobs = Vec::new();
    loop {
        let page = engine.jobs().list(&query).await?;
        if let Some(why) = page.incomplete {
            return Err(Failed::new(why));
        }
        query.before = page.jobs.last().map(|job| job.id);
        jobs.extend(page.jobs.iter().map(|job| job.id));
        if !page.more || query.before.is_none() {
            return Ok(jobs);
        }
    }
}

pub(crate) async fn import(import: Import) -> Outcome {
    let engine = settled().await?;
    let imported = engine.import(&import.file).await?;
    let known = match imported.known {
        0 => String::new(),
        known => format!("; {} here already", job_words::jobs(known)),
    };
    out::line(format_args!(
        "took {} with {} of log{known}",
        job_words::jobs(imported.jobs),
        job_words::size(imported.bytes)
    ))?;
    for (job, why) in &imported.failed {
        out::say(format_args!("job {job} was not taken: {why}"));
    }
    Ok(ExitCode::from(u8::from(!imported.failed.is_empty())))
}
