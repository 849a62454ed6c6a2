//! `vmo projects`, `targets`, `hosts` and `jobs`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orchestrator::{
    job::{Job, JobQuery, Status, survivor as survivor_words},
    project::{Project, Scan, Summary, SummaryBy, Target},
    visible::visible,
    wire,
};

use super::{Failed, Outcome, engine, job_words, out, settled};

#[derive(Debug, Args)]
pub(crate) struct Projects {
    #[command(subcommand)]
    change: Option<Change>,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Change {
    /// Add a folder with a makefile
    Add {
        /// The folder
        path: String,
    },
    /// Set whether at most one job of a project runs at once
    Exclusive {
        /// Its name
        name: String,
        /// `on` or `off`
        #[arg(value_parser = ["on", "off"])]
        whether: String,
    },
    /// Let a project's targets be run from the window: its makefile is code that runs as you
    Trust {
        /// Its name
        name: String,
    },
    /// Remove an added project from the list; its folder is not touched
    Rm {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Targets {
    /// The project: its name or its folder
    #[arg(short, long, default_value = ".")]
    project: String,
    /// Print all targets, also those that the window shows under "Other"
    #[arg(short, long)]
    all: bool,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// Show this one whole: its id, the start of it, or `last`
    #[arg(conflicts_with_all = ["status", "batch"])]
    job: Option<String>,
    /// Only jobs of these statuses, separated by commas
    #[arg(long, value_delimiter = ',')]
    status: Vec<Status>,
    /// Only jobs of this batch: its id, the start of it, or `last`
    #[arg(long)]
    batch: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

pub(crate) fn warn(problems: &[String]) {
    for problem in problems {
        out::say(problem);
    }
}

pub(crate) async fn projects(projects: Projects) -> Outcome {
    let engine = engine().await?;
    match projects.change {
        Some(Change::Add { path }) => {
            let path = std::path::absolute(path)?.display().to_string();
            out::line(engine.catalog().add_project(&path).await?.name)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Change::Rm { name }) => {
            engine.catalog().remove_project(&name).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Change::Trust { name }) => {
            engine.catalog().trust_project(&name).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Change::Exclusive { name, whether }) => {
            engine
                .catalog()
                .set_exclusive(&name, whether == "on")
                .await?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let listed = engine.catalog().projects().await?;
    warn(&listed.problems);
    if projects.json {
        out::json(&listed.found)?;
    } else {
        let row = |project: &Project| {
            [
                project.name.clone(),
                project.path.display().to_string(),
                project.problem.clone().unwrap_or_default(),
            ]
        };
        out::table(&listed.found.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn targets(targets: Targets) -> Outcome {
    let engine = engine().await?;
    let scan = engine.catalog().targets_by_make(&targets.project).await?;
    for problem in &scan.problems {
        out::say(format_args!(
            "{}:{}: {}",
            problem.place.file, problem.place.line, problem.what
        ));
    }
    if targets.json {
        out::json(&scan)?;
    } else {
        let row = |target: &Target| [target.name.clone(), text(target)];
        let is_shown = |target: &&Target| targets.all || target.listed;
        let shown: Vec<_> = scan.targets.iter().filter(is_shown).map(row).collect();
        out::table(&shown)?;
        for advice in advice(&scan, scan.targets.len() - shown.len()) {
            out::say(advice);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a target does: its help, else what is known of it, a command behind the sign of a shell.
fn text(target: &Target) -> String {
    match (&target.doc, &target.summary) {
        (Some(doc), _) => doc.clone(),
        (None, Some(Summary { text, by })) if *by == SummaryBy::Command => format!("$ {text}"),
        (None, Some(summary)) => summary.text.clone(),
        (None, None) => String::new(),
    }
}

/// What may help beside the list: how many targets are not in it, a missing dotenv file, hints.
fn advice(scan: &Scan, hidden: usize) -> Vec<String> {
    let mut all: Vec<String> = scan
        .hints
        .iter()
        .map(|hint| format!("{}:{}: {}", hint.place.file, hint.place.line, hint.what))
        .collect();
    all.extend(scan.dotenv_sample.as_ref().map(|missing| {
        let (file, sample) = (&missing.file, &missing.sample);
        format!("{file} is missing, and {sample} is here: cp {sample} {file}")
    }));
    let targets = if hidden == 1 {
        "target is"
    } else {
        "targets are"
    };
    let rest = format!("{hidden} more {targets} listed by --all");
    all.extend((hidden > 0).then_some(rest));
    all
}

/// Allows a command of the SSH config, or no longer; without one, lists those that are.
pub(crate) async fn trust(command: Option<&str>, remove: bool) -> Outcome {
    let engine = super::engine().await?;
    let Some(command) = command else {
        for command in engine.catalog().allowed_commands().await?.iter() {
            out::line(visible(command))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let changed = engine.catalog().allow_command(command, !remove).await?;
    let words = match (remove, changed) {
        (false, _) => "may run here for the SSH config",
        (true, true) => "may run here no longer",
        (true, false) => {
            return Err(Failed::new(
                "that command is not among those that may run here",
            ));
        }
    };
    out::say(format_args!("'{}' {words}", visible(command)));
    Ok(ExitCode::SUCCESS)
}

/// `vmo move`: hands jobs over that wait for another database.
pub(crate) async fn move_here(names: &[String], all: bool) -> Outcome {
    let engine = settled().await?;
    let mut ids = if all {
        engine.waiting_elsewhere()
    } else {
        Vec::new()
    };
    for name in names {
        ids.push(engine.jobs().find(name).await?.id);
    }
    for id in ids {
        engine.move_here(id).await?;
        out::line(id)?;
    }
    super::archive_in_background();
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn jobs(jobs: Jobs) -> Outcome {
    let engine = settled().await?;
    if let Some(name) = &jobs.job {
        return show(&engine.jobs().find(name).await?, jobs.json);
    }
    let batch = match &jobs.batch {
        Some(name) => Some(engine.find_batch(name).await?.id),
        None => None,
    };
    let query = JobQuery {
        batch,
        statuses: jobs.status,
        limit: jobs.limit,
        ..JobQuery::default()
    };
    let page = engine.jobs().list(&query).await?;
    warn(&engine.jobs().skipped());
    // A script must not take what is here for all there is.
    let code = ExitCode::from(u8::from(page.incomplete.is_some()));
    warn(&page.incomplete.into_iter().collect::<Vec<_>>());
    if jobs.json {
        out::json(
            &page
                .jobs
                .into_iter()
                .map(wire::Job::from)
                .collect::<Vec<_>>(),
        )?;
    } else {
        let rows = page.jobs.iter().map(|job| {
            [
                job.id.to_string(),
                queued(job),
                job_words::span(job),
                job_words::place(job),
                job_words::end(job),
                job.command.clone(),
            ]
        });
        out::listing(&rows.collect::<Vec<_>>())?;
    }
    Ok(code)
}

fn queued(job: &Job) -> String {
    let when = job.queued_at.with_timezone(&chrono::Local);
    when.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Shows one job, with every word of it.
fn show(job: &Job, json: bool) -> Outcome {
    if json {
        out::json(&wire::Job::from(job.clone()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let cwd = job.here().and_then(|here| here.cwd.as_ref());
    let place = match (job.host(), cwd) {
        (None, Some(cwd)) => format!("{}, in {}", job_words::place(job), cwd.display()),
        _ => job_words::place(job),
    };
    let batch = job.batch.map(|batch| ("batch", batch.to_string()));
    let notes = job.notes.iter().map(|note| ("note", note.clone()));
    let left = job.survivors.iter();
    let left = left.map(|survivor| ("left running", survivor_words(survivor)));
    let rows = [
        ("job", job.id.to_string()),
        ("command", job.command.clone()),
        ("place", place),
        ("queued", queued(job)),
        ("took", job_words::span(job)),
        ("status", job_words::end(job)),
    ];
    let rows = rows.into_iter().chain(batch).chain(left).chain(notes);
    let rows: Vec<_> = rows.map(|(what, text)| [what.to_owned(), text]).collect();
    out::table(&rows)?;
    Ok(ExitCode::SUCCESS)
}
