//! `vmo db copy`: the history into another Postgres.

use std::{
    io::{IsTerminal, Read},
    process::ExitCode,
    time::Duration,
};

use orchestrator::{
    engine::{Engine, broke_off},
    store::Store,
    wire::{CopyEnd, HistoryCopy},
};
use tokio::sync::watch;

use crate::{Failed, Outcome, job_words, out, settled};

/// Between two lines of progress.
const BETWEEN: Duration = Duration::from_secs(2);
/// No address is longer.
const ADDRESS_BYTES: u64 = 64 * 1024;

pub(super) async fn copy(to: String, schema: Option<String>, json: bool) -> Outcome {
    let to = match &*to {
        "-" => {
            let mut line = String::new();
            std::io::stdin()
                .lock()
                .take(ADDRESS_BYTES)
                .read_to_string(&mut line)?;
            line
        }
        _ => to,
    };
    let engine = settled().await?;
    // An embedded server may have to be started first.
    tokio::select! {
        _store = engine.link().store() => {}
        () = engine.store_failed() => return Err(super::away(&engine)),
    }
    let other = engine.open_other(&to, schema.as_deref()).await?;
    let (shown, seen) = watch::channel(HistoryCopy::default());
    let end = run(&engine, &other, &shown).await;
    let mut copy = seen.borrow().clone();
    copy.end = Some(end);
    other.close().await;
    report(&copy, json)
}

/// Copies, and says how far it is, until it is over or Ctrl-C.
async fn run(engine: &Engine, other: &Store, shown: &watch::Sender<HistoryCopy>) -> CopyEnd {
    let mut copying = std::pin::pin!(engine.copy_history(other, shown));
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + BETWEEN, BETWEEN);
    loop {
        tokio::select! {
            copied = &mut copying => return match copied {
                Ok(()) => CopyEnd::Whole,
                Err(error) => CopyEnd::Failed { why: broke_off(&error, &shown.borrow()) },
            },
            _done = tokio::signal::ctrl_c() => return CopyEnd::Stopped,
            _at = ticks.tick() => {
                if std::io::stderr().is_terminal() {
                    let copy = shown.borrow().clone();
                    out::say(format_args!(
                        "{} of {}, {} of log",
                        copy.jobs,
                        job_words::jobs(copy.of_jobs),
                        job_words::size(copy.bytes)
                    ));
                }
            }
        }
    }
}

fn report(copy: &HistoryCopy, json: bool) -> Outcome {
    if json {
        out::json(copy)?;
    } else {
        out::line(summary(copy))?;
    }
    for (job, why) in &copy.failed {
        out::say(format_args!("job {job} was not copied: {why}"));
    }
    if copy.failures > copy.failed.len() as u64 {
        out::say(format_args!(
            "and {} more",
            copy.failures - copy.failed.len() as u64
        ));
    }
    match &copy.end {
        Some(CopyEnd::Failed { why }) => Err(Failed::new(why.clone())),
        Some(CopyEnd::Stopped) => Err(Failed::new("stopped: the same command goes on from there")),
        _ => Ok(ExitCode::from(u8::from(copy.failures > 0))),
    }
}

fn summary(copy: &HistoryCopy) -> String {
    let mut left = String::new();
    if copy.known > 0 {
        left += &format!("; {} there already", job_words::jobs(copy.known));
    }
    if copy.unended > 0 {
        left += &format!("; {} left out: not over yet", job_words::jobs(copy.unended));
    }
    format!(
        "copied {} with {} of log to {}{left}",
        job_words::jobs(copy.copied),
        job_words::size(copy.bytes),
        copy.to
    )
}
